//! Ratio studies through the binary: published figures of the IAAO sample, the bootstrap by NumPy, and bad tables.

use serde_json::Value;
use tests::app::House;
use tests::program::python_prints;
use tests::project;

fn close(found: &Value, wanted: f64, tolerance: f64, what: &str) {
    let found = found.as_f64().unwrap_or(f64::NAN);
    assert!((found - wanted).abs() <= tolerance, "{what}: {found} instead of {wanted}");
}

#[test]
fn the_iaao_sample_gives_its_published_figures() {
    let house = House::new();
    let table = house.write("sales.csv", project::read("tests/fixtures/reference/iaao_54_sales.csv").expect("text"));
    let head = project::read("tests/fixtures/reference/iaao_54_sales.csv").expect("text");
    let columns: Vec<&str> = head.lines().next().expect("a line").split(',').collect();
    let (assessed, sale) = (columns[columns.len() - 2], columns[columns.len() - 1]);
    let study = house.done(&["evaluate", "ratios", "--data", &table, "--assessed", assessed, "--sale", sale]);
    close(&study["median"], 0.8678, 5e-5, "median");
    close(&study["weighted_mean"], 0.900298, 5e-7, "weighted mean");
    close(&study["cod"], 24.65112, 5e-6, "COD");
    close(&study["prb"]["value"], 0.187127, 5e-7, "PRB");
    close(&study["mki"], 1.069437, 5e-7, "MKI");
    close(&study["ki"], 0.015402, 5e-7, "KI");
    let vei = &study["vei"];
    close(&vei["value"], 48.53, 5e-3, "VEI");
    close(&vei["significance"], 17.57, 5e-3, "significance");
    let medians = [0.7280, 0.8620, 0.7537, 1.1491];
    let proxies = [302_708.8, 436_450.2, 571_061.4, 902_511.6];
    let sizes: Vec<u64> = (0..4).filter_map(|group| vei["groups"][group]["n"].as_u64()).collect();
    assert_eq!(sizes, [14, 13, 13, 14]);
    for group in 0..4 {
        close(&vei["groups"][group]["median_ratio"], medians[group], 5e-5, "group median");
        close(&vei["groups"][group]["median_proxy"], proxies[group], 0.05, "group proxy");
    }
    close(&vei["groups"][0]["high"], 0.8476, 5e-5, "upper bound of the cheapest");
    close(&vei["groups"][3]["low"], 1.0, 5e-5, "lower bound of the dearest");
}

const BOOTSTRAP: &str = r#"
import json, sys
import numpy as np
rng = np.random.default_rng(2)
n = 300
s = np.exp(rng.normal(12, 1, n)); a = s * np.exp(rng.normal(-0.05, 0.2, n)) * (s / 2e5) ** -0.03
open(sys.argv[1], "w").write("a,s\n" + "".join(f"{float(x)!r},{float(y)!r}\n" for x, y in zip(a, s)))
def gini(x): return 2 * (np.arange(1, n + 1) @ x) / (n * x.sum()) - (n + 1) / n
def one(a, s):
    r = a / s; m = np.median(r)
    x = np.log2(0.5 * a / m + 0.5 * s); y = (r - m) / m
    k = np.argsort(s, kind="stable"); ga, gs = gini(a[k]), gini(s[k])
    w = a.sum() / s.sum()
    return [m, r.mean(), w, 100 * np.abs(r - m).mean() / m, r.mean() / w, np.polyfit(x - x.mean(), y, 1)[0], ga - gs, ga / gs]
reps = np.array([one(a[i], s[i]) for i in rng.integers(0, n, (4000, n))])
names = ["median", "mean", "weighted_mean", "cod", "prd", "prb", "ki", "mki"]
print(json.dumps({k: dict(value=v, low=l, high=h, sd=sd) for k, v, l, h, sd in
    zip(names, one(a, s), *np.quantile(reps, [.025, .975], axis=0), reps.std(0))}))
"#;

#[test]
fn numpy_gives_the_same_statistics_and_the_same_intervals_up_to_chance() {
    let house = House::new();
    let path = house.path().join("pairs.csv").display().to_string();
    let peer: Value = serde_json::from_str(&python_prints(BOOTSTRAP, &[&path])).expect("JSON");
    let arguments = ["evaluate", "ratios", "--data", "pairs.csv", "--assessed", "a", "--sale", "s"];
    let on = |threads: &str| house.done(&[&arguments[..], &["--replicates", "4000", "--threads", threads]].concat());
    let study = on("2");
    for (name, peer) in peer.as_object().expect("statistics") {
        let number = |key: &str| peer[key].as_f64().expect("a number");
        let ours = if name == "prb" { &study["prb"]["value"] } else { &study[name] };
        close(ours, number("value"), 1e-9 * number("value").abs(), name);
        // A 2.5 % quantile of 4,000 replicates has a standard error of about 0.042 standard deviations; two of them differ
        // by less than five times 0.06, save once in a million.
        for (place, bound) in ["low", "high"].iter().enumerate() {
            close(&study["ci"][name][place], number(bound), 0.3 * number("sd"), &format!("{name} {bound}"));
        }
    }
    assert_eq!(study, on("8"), "any number of threads gives the same");
}

#[test]
fn a_table_that_cannot_be_studied_is_told() {
    let house = House::new();
    let table = house.write("few.csv", "a,s,t\n1,1,x\n2,2,y\n-3,3,z\n");
    for (sale, code) in [("s", "too_few_rows"), ("t", "column_not_numeric"), ("ss", "unknown_column")] {
        let (ended, printed) = house.run(&["evaluate", "ratios", "--data", &table, "--assessed", "a", "--sale", sale]);
        assert_eq!((printed["error"]["code"].as_str(), ended), (Some(code), 3), "{printed}");
    }
}
