//! Bad input through the binary: each case gives its code and exit code, a remedy, and leaves store and register as they were.

use serde_json::{Value, json};
use tests::app::{House, TestApp};
use tests::{project, sample};

/// A case file without its market comparison, which needs a model.
fn case() -> Value {
    let text = project::read("api/demo/credit.json").expect("text");
    let mut case: Value = serde_json::from_str(&text).expect("JSON");
    case["methods"].as_array_mut().expect("methods").truncate(2);
    case["reconcile"]["weights"] = json!({"replacement_cost": "0.3", "relief_from_royalty": "0.7"});
    case
}

/// Runs a command that must be refused, and looks at what it leaves behind.
fn refused(house: &House, arguments: &[&str], code: &str, exit: i32) -> Value {
    let before = house.state();
    let (ended, printed) = house.run(arguments);
    let error = &printed["error"];
    assert_eq!((error["code"].as_str(), ended), (Some(code), exit), "hengshu {arguments:?}: {printed}");
    for member in ["code", "message", "file", "line", "field", "remedy"] {
        assert!(error.get(member).is_some(), "{member} of {code}");
    }
    assert!(error["remedy"].as_str().is_some_and(|remedy| !remedy.is_empty()), "{code} has a remedy");
    assert_eq!(house.state(), before, "{code} left store and register as they were");
    error.clone()
}

fn house() -> House {
    let house = House::new();
    let file = house.write("asset.json", r#"{"name": "气象", "information": {}, "legal": {}, "value": {}}"#);
    house.done(&["asset", "add", &file, "--id", "A-1"]);
    let trades = house.write(
        "good.csv",
        "exchange,kind,traded_on,product_id,price,currency,price_unit\ndemo,trade,2024-05-20,P1,0.50,CNY,call\n",
    );
    let done = house.done(&["trades", "import", &trades, "--mapping", "hengshu"]);
    assert_eq!((done["read"].as_u64(), done["imported"].as_u64()), (Some(1), Some(1)));
    assert_eq!(house.done(&["verify", "--all"])["failures"], json!([]));
    house
}

/// Changes one place of the case.
type Change = (&'static str, &'static str, Value);

#[test]
fn a_bad_case_is_refused_with_its_field() {
    let house = house();
    let perpetuity = json!({"growth": {"value": 0.2, "evidence": "E4"}});
    let changes: Vec<Change> = vec![
        ("missing_evidence", "/methods/1/royalty_rate", json!({"value": 0.09})),
        ("unknown_evidence", "/methods/1/royalty_rate/evidence", json!("E99")),
        ("mixed_currency", "/methods/0/lines/0/cost/currency", json!("USD")),
        ("negative_value", "/methods/0/lines/0/cost/amount", json!("-1")),
        ("rate_basis_mismatch", "/methods/1/discount_rate/basis/tax", json!("pre_tax")),
        ("out_of_range", "/methods/1/royalty_rate/value", json!(1.5)),
        ("growth_not_below_rate", "/methods/1/perpetuity", perpetuity),
        ("evidence_too_late", "/evidence/0/known_on", json!("2030-01-01")),
        ("weights_not_one", "/reconcile/weights/replacement_cost", json!("0.5")),
        ("malformed_value", "/valuation_date", json!("2025-13-01")),
    ];
    for (code, pointer, value) in changes {
        let (holder, member) = pointer.rsplit_once('/').expect("a pointer");
        let bad = sample::with(&case(), holder, member, value);
        let file = house.write("case.json", bad.to_string());
        let error = refused(&house, &["value", &file], code, 3);
        assert_eq!(error["file"], "case.json", "{code}");
        assert!(error["field"].is_string(), "{code}");
    }
}

#[test]
fn an_unknown_field_names_line_and_nearest() {
    let house = house();
    let text = serde_json::to_string_pretty(&case()).expect("JSON").replace("\"royalty_rate\"", "\"royalti_rate\"");
    let line = text.lines().position(|line| line.contains("royalti_rate")).expect("there") as u64 + 1;
    let file = house.write("case.json", text);
    let error = refused(&house, &["value", &file], "unknown_field", 3);
    assert_eq!((error["file"].as_str(), error["line"].as_u64()), (Some("case.json"), Some(line)));
    assert!(error["remedy"].as_str().expect("text").contains("royalty_rate"));
    let toml = house.write("case.toml", "valuation_date = nan\n");
    refused(&house, &["value", &toml], "not_finite", 3);
    let broken = house.write("broken.json", "{\n  \"asset\": \n");
    refused(&house, &["value", &broken], "case_unreadable", 3);
    let latin = house.write("latin.json", b"{\n\"a\": \"\xff\"}");
    assert_eq!(refused(&house, &["value", &latin], "broken_file", 3)["line"], 2);
}

#[test]
fn a_bad_file_of_trades_changes_nothing() {
    let house = house();
    let import = |name: &str| ["trades".to_owned(), "import".to_owned(), name.to_owned()];
    let cases: Vec<(&str, Vec<u8>, &str)> = vec![
        ("empty.csv", Vec::new(), "file_empty"),
        ("header.csv", b"exchange,kind,traded_on,product_id,price,currency,price_unit\n".to_vec(), "file_without_rows"),
        ("broken.csv", b"exchange,kind\na,\xff\xff\xff\n".to_vec(), "broken_text"),
        ("short.parquet", b"PAR1\x00\x00PAR1".to_vec(), "bad_parquet"),
        ("other.csv", b"a,b\n1,2\n".to_vec(), "missing_column"),
    ];
    for (name, bytes, code) in cases {
        let file = house.write(name, bytes);
        let arguments = import(&file);
        let arguments: Vec<&str> = arguments.iter().map(String::as_str).chain(["--mapping", "hengshu"]).collect();
        let error = refused(&house, &arguments, code, 3);
        assert!(error["file"].as_str().is_some_and(|named| named.ends_with(name)), "{code} names the file");
    }
    refused(&house, &["trades", "import", "none.csv", "--mapping", "hengshu"], "file_not_found", 5);
    refused(&house, &["trades", "import", "good.csv", "--mapping", "hengshv"], "unknown_mapping", 5);
    // A ragged row is not the file's end: it is rejected by name, and every row is accounted for.
    let ragged = "exchange,kind,traded_on,product_id,price,currency,price_unit\ndemo,trade,2024-05-21\n";
    let ragged = house.write("ragged.csv", ragged);
    let done = house.done(&["trades", "import", &ragged, "--mapping", "hengshu"]);
    assert_eq!((done["read"].as_u64(), done["rejected"].as_u64()), (Some(1), Some(1)));
    assert_eq!((&done["rejects"][0]["reason"], &done["rejects"][0]["line"]), (&json!("ragged_row"), &json!(2)));
}

#[test]
fn what_is_not_there_is_told_as_such() {
    let house = house();
    refused(&house, &["asset", "show", "A-9"], "record_not_found", 5);
    refused(&house, &["report", "V-9", "--to", "html"], "record_not_found", 5);
    refused(&house, &["verify", "V-9"], "record_not_found", 5);
    refused(&house, &["schema", "cases"], "schema_not_found", 5);
    refused(&house, &["valu"], "wrong_usage", 2);
    refused(&house, &["asset", "add", "none.json"], "file_not_found", 5);
    let other = house.write("asset.json", r#"{"name": "其他", "information": {}, "legal": {}, "value": {}}"#);
    refused(&house, &["asset", "add", &other, "--id", "A-1"], "id_conflict", 3);
    refused(&house, &["asset", "add", &other, "--id", "../x"], "wrong_value", 3);
}

#[test]
fn a_port_in_use_and_a_folder_that_cannot_be_written_are_told() {
    let app = TestApp::start();
    let house = house();
    refused(&house, &["serve", "--bind", &app.address], "port_in_use", 2);
    house.write("a-file", "no folder");
    let mut command = std::process::Command::new(tests::program::hengshu());
    command.args(["asset", "add", "asset.json", "--format", "json", "--data-dir"]).arg(house.path().join("a-file/x"));
    let output = command.current_dir(house.path()).output().expect("hengshu runs");
    let printed = tests::app::json(&output);
    assert_eq!((printed["error"]["code"].as_str(), output.status.code()), (Some("read_only"), Some(2)), "{printed}");
}

#[cfg(unix)]
#[test]
fn a_full_disk_leaves_everything_as_it_was() {
    let house = house();
    let before = house.state();
    let long = "行".repeat(200_000);
    let asset = json!({"name": long, "information": {}, "legal": {}, "value": {}});
    house.write("long.json", asset.to_string());
    // A limit on the length of files stands for a full disk: both are refused writes of the system.
    let script = "trap '' XFSZ; ulimit -f 100; exec \"$@\"";
    let command = house.command(&["asset", "add", "long.json", "--id", "A-2"]);
    let mut limited = std::process::Command::new("bash");
    limited.args(["-c", script, "bash"]).arg(command.get_program()).args(command.get_args());
    let output = limited.current_dir(house.path()).output().expect("bash runs");
    let printed = tests::app::json(&output);
    assert_eq!((printed["error"]["code"].as_str(), output.status.code()), (Some("disk_full"), Some(1)), "{printed}");
    assert_eq!(house.done(&["verify", "--all"])["failures"], json!([]));
    assert_eq!(house.done(&["asset", "list"])["items"].as_array().map(Vec::len), Some(1));
    let digest = |state: &[(String, String)]| -> Vec<String> { state.iter().map(|(name, _)| name.clone()).collect() };
    assert_eq!(digest(&house.state()), digest(&before), "no file came or went");
}

#[test]
fn one_changed_byte_of_a_trade_file_is_reported() {
    let house = house();
    let files = house.state();
    let segment = files.iter().map(|(name, _)| name).find(|name| name.ends_with(".parquet")).expect("a trade file");
    let whole = std::fs::read(segment).expect("read");
    for at in [0, whole.len() / 2, whole.len() - 1] {
        let mut changed = whole.clone();
        changed[at] ^= 1;
        std::fs::write(segment, &changed).expect("written");
        let (exit, printed) = house.run(&["verify", "--all"]);
        assert_eq!((exit, printed["failures"].as_array().map(Vec::len)), (6, Some(1)), "byte {at}: {printed}");
    }
    std::fs::write(segment, &whole).expect("written");
    assert_eq!(house.done(&["trades", "verify"])["failures"], json!([]));
}
