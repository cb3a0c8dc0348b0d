//! Bad input through the binary: each case gives its code and exit code, its place, a remedy in both languages, and leaves
//! store and register as they were.

use serde_json::{Value, json};
use tests::app::{House, TestApp};
use tests::{project, sample};

mod disks;
mod trades;

/// A case file without its market comparison, which needs a model.
fn case() -> Value {
    let text = project::read("api/demo/credit.json").expect("text");
    let mut case: Value = serde_json::from_str(&text).expect("JSON");
    case["methods"].as_array_mut().expect("methods").truncate(2);
    case["reconcile"]["weights"] = json!({"replacement_cost": "0.3", "relief_from_royalty": "0.7"});
    case
}

/// Runs a command that must be refused, in both languages, and looks at what it leaves behind.
fn refused(house: &House, arguments: &[&str], code: &str, exit: i32) -> Value {
    let before = house.state();
    let told = |language: &str| {
        let all: Vec<&str> = arguments.iter().copied().chain(["--lang", language]).collect();
        let (ended, printed) = house.run(&all);
        let error = printed["error"].clone();
        assert_eq!((error["code"].as_str(), ended), (Some(code), exit), "hengshu {arguments:?}: {printed}");
        for member in ["code", "message", "file", "line", "field", "remedy"] {
            assert!(error.get(member).is_some(), "{member} of {code}");
        }
        for member in ["message", "remedy"] {
            let said = error[member].as_str().unwrap_or_default();
            assert!(!said.is_empty() && !said.contains('{'), "{member} of {code} in {language}: {said}");
        }
        error
    };
    let (zh, en) = (told("zh"), told("en"));
    let chinese = |error: &Value, member: &str| {
        error[member].as_str().is_some_and(|said| said.chars().any(|c| ('\u{4e00}'..='\u{9fff}').contains(&c)))
    };
    assert!(chinese(&zh, "message") && chinese(&zh, "remedy"), "{code} is told in Chinese: {zh}");
    assert!(zh["message"] != en["message"] && zh["remedy"] != en["remedy"], "{code} is told in English: {en}");
    for place in ["file", "line", "field"] {
        assert_eq!(zh[place], en[place], "{place} of {code}");
    }
    assert_eq!(house.state(), before, "{code} left store and register as they were");
    zh
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

/// The line of the member at `pointer` in the text of the case: where a mark put in its place stands.
fn line_of(case: &Value, pointer: &str) -> Option<u64> {
    let mut marked = case.clone();
    *marked.pointer_mut(pointer)? = json!("the mark");
    let text = serde_json::to_string_pretty(&marked).expect("JSON");
    text.lines().position(|line| line.contains("the mark")).map(|line| line as u64 + 1)
}

/// `methods[1].royalty_rate` as `/methods/1/royalty_rate`.
fn pointer_of(field: &str) -> String {
    format!("/{}", field.replace('[', "/").replace(']', "").replace('.', "/"))
}

/// Changes one place of the case.
type Change = (&'static str, &'static str, Value);

#[test]
fn a_bad_case_is_refused_with_its_file_line_and_field() {
    let house = house();
    let perpetuity = json!({"growth": {"value": 0.2, "evidence": "E4"}});
    let changes: Vec<Change> = vec![
        ("missing_evidence", "/methods/1/royalty_rate", json!({"value": 0.09})),
        ("unknown_evidence", "/methods/1/royalty_rate/evidence", json!("E99")),
        ("mixed_currency", "/methods/0/lines/0/cost/currency", json!("USD")),
        ("mixed_currency", "/methods/1/revenue/currency", json!("EUR")),
        ("negative_value", "/methods/0/lines/2/cost/amount", json!("-1")),
        ("negative_value", "/methods/1/revenue/first", json!("-1350000.00")),
        ("rate_basis_mismatch", "/methods/1/discount_rate/basis/tax", json!("pre_tax")),
        ("rate_basis_mismatch", "/methods/1/discount_rate/basis/price_level", json!("real")),
        ("rate_basis_mismatch", "/methods/1/discount_rate/basis/timing", json!("end_of_period")),
        ("out_of_range", "/methods/1/royalty_rate/value", json!(1.5)),
        ("out_of_range", "/methods/1/years", json!(0)),
        ("out_of_range", "/simulation", json!({"draws": 3})),
        ("growth_not_below_rate", "/methods/1/perpetuity", perpetuity),
        ("evidence_too_late", "/evidence/0/known_on", json!("2030-01-01")),
        ("right_expired", "/asset/legal/rights/1/until", json!("2025-12-30")),
        ("weights_not_one", "/reconcile/weights/replacement_cost", json!("0.5")),
        ("unknown_method", "/reconcile/weights", json!({"replacement_costs": "1"})),
        ("unknown_input", "/dependence/0/inputs/0", json!("relief_from_royalty.revenue")),
        ("malformed_value", "/valuation_date", json!("2025-13-01")),
        ("malformed_value", "/methods/0/lines/1/cost/amount", json!("NaN")),
        ("malformed_value", "/methods/1/revenue", json!({"currency": "CNY", "evidence": "E2"})),
        ("missing_field", "/methods/1/discount_rate", json!({"value": 0.145, "evidence": "E4"})),
    ];
    for (code, pointer, value) in changes {
        let (holder, member) = pointer.rsplit_once('/').expect("a pointer");
        let bad = match member.parse::<usize>() {
            Ok(_) => {
                let mut bad = case();
                *bad.pointer_mut(pointer).expect("an item") = value;
                bad
            }
            Err(_) => sample::with(&case(), holder, member, value),
        };
        let file = house.write("case.json", serde_json::to_string_pretty(&bad).expect("JSON"));
        let error = refused(&house, &["value", &file], code, 3);
        assert_eq!(error["file"], "case.json", "{code} {pointer}");
        let field = error["field"].as_str().unwrap_or_else(|| panic!("{code} {pointer} names no field: {error}"));
        let line = error["line"].as_u64().unwrap_or_else(|| panic!("{code} {pointer} names no line: {error}"));
        // Where the field itself is not there, the line is that of the member which should hold it.
        let mut named = pointer_of(field);
        while bad.pointer(&named).is_none() {
            named.truncate(named.rfind('/').expect("a holder"));
        }
        assert_eq!(Some(line), line_of(&bad, &named).or(Some(1)), "{code}: the line of {field} in {pointer}");
    }
}

#[test]
fn numbers_that_are_not_finite_are_refused_with_their_field_and_line() {
    let house = house();
    let toml = toml::to_string(&case()).expect("TOML");
    for number in ["nan", "inf", "-inf"] {
        let bad = toml.replacen("value = 0.09", &format!("value = {number}"), 1);
        assert_ne!(bad, toml);
        let line = bad.lines().position(|line| line == format!("value = {number}")).expect("there") as u64 + 1;
        let file = house.write("case.toml", &bad);
        let error = refused(&house, &["value", &file], "not_finite", 3);
        let place = ["file", "line", "field"].map(|name| error[name].clone());
        assert_eq!(place, [json!("case.toml"), json!(line), json!("methods[1].royalty_rate.value")]);
    }
    // JSON has no such numbers: the text cannot be read.
    let text = serde_json::to_string_pretty(&case()).expect("JSON").replacen("0.09", "NaN", 1);
    let line = text.lines().position(|line| line.contains("NaN")).expect("there") as u64 + 1;
    let file = house.write("case.json", text);
    assert_eq!(refused(&house, &["value", &file], "case_unreadable", 3)["line"].as_u64(), Some(line));
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
    let toml = toml::to_string(&case()).expect("TOML").replace("royalty_rate]", "royalti_rate]");
    let file = house.write("case.toml", toml);
    let error = refused(&house, &["value", &file], "unknown_field", 3);
    assert!(error["line"].is_u64() && error["remedy"].as_str().expect("text").contains("royalty_rate"), "{error}");
    let asset = house.write("bad.json", "{\n\"name\": \"x\",\n\"informaton\": {}}");
    let error = refused(&house, &["asset", "add", &asset], "unknown_field", 3);
    assert_eq!((error["file"].as_str(), error["line"].as_u64()), (Some("bad.json"), Some(3)));
    assert!(error["remedy"].as_str().expect("text").contains("information"));
    let broken = house.write("broken.json", "{\n  \"asset\": \n");
    refused(&house, &["value", &broken], "case_unreadable", 3);
    let latin = house.write("latin.json", b"{\n\"a\": \"\xff\"}");
    assert_eq!(refused(&house, &["value", &latin], "broken_file", 3)["line"], 2);
}

#[test]
fn a_model_that_is_not_registered_is_named_with_its_place() {
    let house = house();
    let mut case = case();
    let whole: Value = serde_json::from_str(&project::read("api/demo/credit.json").expect("text")).expect("JSON");
    case["methods"].as_array_mut().expect("methods").push(whole["methods"][2].clone());
    case["methods"][2]["by_model"]["model"] = json!("sha256:none");
    let file = house.write("case.json", serde_json::to_string_pretty(&case).expect("JSON"));
    let error = refused(&house, &["value", &file], "unknown_model", 5);
    assert_eq!(error["field"], "methods[2].by_model.model");
    assert_eq!(error["line"].as_u64(), line_of(&case, "/methods/2/by_model/model"));
    refused(&house, &["model", "card", "sha256:none"], "record_not_found", 5);
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
    refused(&house, &["value", "none.json"], "file_not_found", 5);
    let other = house.write("asset.json", r#"{"name": "其他", "information": {}, "legal": {}, "value": {}}"#);
    refused(&house, &["asset", "add", &other, "--id", "A-1"], "id_conflict", 3);
    refused(&house, &["asset", "add", &other, "--id", "../x"], "wrong_value", 3);
}

#[test]
fn a_port_in_use_is_told() {
    let app = TestApp::start();
    let house = house();
    let error = refused(&house, &["serve", "--bind", &app.address], "port_in_use", 2);
    assert!(error["message"].as_str().is_some_and(|said| said.contains(&app.address)), "{error}");
}
