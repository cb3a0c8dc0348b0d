//! Measured quality through the binary: tables with a known truth, known duplicates, a file computed by pandas, bad files.

use serde_json::{Value, json};
use tests::app::House;
use tests::program::python_prints;

fn close(found: &Value, wanted: f64, tolerance: f64, what: &str) {
    let found = found.as_f64().unwrap_or(f64::NAN);
    assert!((found - wanted).abs() <= tolerance, "{what}: {found} instead of {wanted}");
}

#[test]
fn tables_with_a_truth_have_their_known_accuracy() {
    let Some(data) = tests::reference::folder("cell accuracy") else { return };
    let house = House::new();
    for (name, accuracy) in [("raha_beers", 0.835458), ("raha_rayyan", 0.913818)] {
        let path = |file: &str| data.join(name).join(file).display().to_string();
        let measured = house.done(&["quality", &path("dirty.csv"), "--truth", &path("clean.csv")]);
        close(&measured["indicators"]["accuracy.cell"]["value"], accuracy, 5e-7, name);
        let found = &measured["found"];
        println!("{name}: precision {}, recall {}", found["precision"], found["recall"]);
        assert!(found["right"].as_u64() <= found["errors"].as_u64().min(found["flagged"].as_u64()), "{found}");
        assert!(found["recall"].as_f64() > Some(0.2), "{name}: {found}");
    }
}

#[test]
fn known_duplicates_are_counted_as_found_or_missed() {
    let Some(data) = tests::reference::folder("near duplicates") else { return };
    let house = House::new();
    let file = data.join("febrl/dataset1.csv");
    let measured = house.done(&["quality", &file.display().to_string(), "--near-duplicates", "0.8"]);
    let text = std::fs::read_to_string(&file).expect("text");
    let ids: Vec<&str> = text.lines().skip(1).filter_map(|line| line.split(',').next()).collect();
    let original = |row: u64| ids[row as usize - 1].split('-').nth(1).expect("rec-N-…");
    let pairs = measured["near_duplicates"]["list"].as_array().expect("pairs");
    let right = pairs
        .iter()
        .filter(|pair| original(pair[0].as_u64().expect("a row")) == original(pair[1].as_u64().expect("a row")))
        .count();
    println!("febrl: {right} of 500 duplicates found, {} pairs wrong", pairs.len() - right);
    assert!(right >= 480 && pairs.len() - right <= 10, "{right} right of {} pairs", pairs.len());
}

const PANDAS: &str = r#"
import json, sys
import numpy as np, pandas as pd
rng = np.random.default_rng(3)
n = 120000
d = pd.DataFrame({"id": np.arange(n), "amount": np.round(rng.normal(100, 30, n), 2).astype(str),
    "city": rng.choice(["贵阳", "遵义", "安顺", ""], n, p=[.5, .3, .15, .05]),
    "day": pd.date_range("2020-01-01", periods=n, freq="min").strftime("%Y-%m-%d %H:%M:%S")})
d.loc[rng.choice(n, 700, replace=False), "amount"] = "about 100"
d["zone"] = d.city.map({"贵阳": "A1", "遵义": "B2", "安顺": "C3", "": ""})
d.loc[rng.choice(n, 400, replace=False), "zone"] = "Z9"
d = pd.concat([d, d.sample(900, random_state=1)])
d.to_csv(sys.argv[1], index=False)
d.astype(str).to_parquet(sys.argv[2], index=False)
t = pd.read_csv(sys.argv[1], dtype=str, keep_default_na=False)
missing = (t == "").sum()
print(json.dumps(dict(rows=len(t), missing={k: int(v) for k, v in missing.items()}, distinct={k: int(t[k][t[k] != ""].nunique()) for k in t},
    duplicates=int(t.duplicated().sum()), words=int(pd.to_numeric(t.amount, errors="coerce").isna().sum()))))
"#;

#[test]
fn pandas_counts_the_same() {
    let house = House::new();
    let [csv, parquet] = ["t.csv", "t.parquet"].map(|name| house.path().join(name).display().to_string());
    let peer: Value = serde_json::from_str(&python_prints(PANDAS, &[&csv, &parquet])).expect("JSON");
    let mut both = Vec::new();
    for file in ["t.csv", "t.parquet"] {
        let mut measured = house.done(&["quality", file, "--threads", "2"]);
        let rows = peer["rows"].as_u64().expect("a count");
        assert_eq!(measured["rows"], peer["rows"]);
        for column in measured["by_column"].as_array().expect("columns") {
            let name = column["name"].as_str().expect("a name");
            assert_eq!(column["missing"], peer["missing"][name], "{name}");
            let (ours, exact) =
                (column["distinct"].as_f64().expect("a count"), peer["distinct"][name].as_f64().expect("one"));
            // Exact below 65,536; beyond, HyperLogLog with a standard error of 0.81 %: five of them.
            let tolerance = if exact <= 65_536.0 { 0.0 } else { 0.041 * exact };
            close(&json!(ours), exact, tolerance, name);
        }
        let indicators = &measured["indicators"];
        let share = |part: &str| peer[part].as_u64().expect("a count") as f64;
        close(&indicators["accuracy.duplication"]["value"], share("duplicates") / rows as f64, 1e-12, "duplicates");
        let amount = measured["by_column"][1].clone();
        assert_eq!((&amount["expectation"]["kind"], &amount["unexpected"]), (&json!("decimal"), &peer["words"]));
        let kept = measured["dependencies"].as_array().expect("dependencies").iter();
        assert!(kept.clone().any(|own| own["determinant"] == "city" && own["dependent"] == "zone"), "{measured}");
        assert_eq!(measured.to_string(), house.done(&["quality", file, "--threads", "8"]).to_string(), "threads");
        for own in ["file", "sha256"] {
            measured.as_object_mut().expect("an object").remove(own);
        }
        both.push(measured);
    }
    assert_eq!(both[0], both[1], "CSV and Parquet say the same");
}

#[test]
fn bad_tables_are_told_and_a_threshold_refuses() {
    let house = House::new();
    let cases: [(&str, &[u8], &str); 4] = [
        ("empty.csv", b"", "file_empty"),
        ("head.csv", b"a,b\n", "file_without_rows"),
        ("broken.csv", b"a,b\n1,\xff\xff\xff\n", "broken_text"),
        ("short.parquet", b"PAR1\x00\x00PAR1", "bad_parquet"),
    ];
    for (name, bytes, code) in cases {
        let file = house.write(name, bytes);
        let (ended, printed) = house.run(&["quality", &file]);
        assert_eq!((printed["error"]["code"].as_str(), ended), (Some(code), 3), "{printed}");
    }
    house.write("a.csv", "a,b\n1,x\n2,\n");
    house.write("b.csv", "a,b\n1,x\n");
    let (ended, printed) = house.run(&["quality", "a.csv", "--truth", "b.csv"]);
    assert_eq!((printed["error"]["code"].as_str(), ended), (Some("truth_unlike"), 3), "{printed}");
    let (ended, printed) = house.run(&["quality", "a.csv", "--least-score", "0.99"]);
    assert_eq!((printed["rows"].as_u64(), ended), (Some(2), 4));
    let (_, personal) = house.run(&["quality", &house.write("p.csv", "n\n11010519491231002X\n13800138000\nx\n")]);
    assert_eq!(personal["personal_information"], json!({"identity_number": 1, "phone": 1}));
}
