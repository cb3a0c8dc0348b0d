//! The main journey on the user's own input, through the program as it is installed.

use std::io::Cursor;
use std::sync::OnceLock;

use calamine::{Reader, Xlsx, open_workbook_from_rs};
use datasets::synthetic::market;
use rust_decimal::Decimal;
use serde_json::{Value, json};
use tests::journey::{Journey, case, trade_file};
use tests::program::python_prints;

const ROWS: usize = 4_000;

/// Taken once; no test changes it.
fn journey() -> &'static Journey {
    static JOURNEY: OnceLock<Journey> = OnceLock::new();
    JOURNEY.get_or_init(|| Journey::take(ROWS, 2))
}

fn has(answer: &Value, members: &[&str]) {
    for member in members {
        assert!(answer.get(*member).is_some(), "{member} is missing in {answer}");
    }
}

fn decimal(value: &Value) -> Decimal {
    value.as_str().expect("decimal text").parse().expect("a number")
}

#[test]
fn an_import_accounts_for_every_line() {
    let imported = &journey().imported;
    has(imported, &["read", "imported", "rejected", "duplicates", "rejects", "by_kind", "censored"]);
    let count = |name: &str| imported[name].as_u64().expect("a count");
    assert_eq!(count("imported") + count("rejected") + count("duplicates"), count("read"));
    // Python's reader of CSV counts the records and those that are unlike every earlier one and whole.
    let script = "import csv, sys\n\
        rows = list(csv.reader(open(sys.argv[1], encoding='utf-8', newline='')))\n\
        body = [tuple(row) for row in rows[1:]]\n\
        whole = [row for row in body if len(row) == len(rows[0])]\n\
        print(len(body), len(body) - len(whole), len(set(whole)))";
    let file = journey().house.path().join("trades.csv");
    let printed = python_prints(script, &[&file.to_string_lossy()]);
    assert_eq!(printed.trim(), format!("{} {} {}", count("read"), count("rejected"), count("imported")));
    assert!(count("rejected") == 1 && count("duplicates") >= 1, "one line is cut short, one repeated");
    let reject = &imported["rejects"][0];
    has(reject, &["line", "field", "reason", "raw"]);
    assert_eq!((&reject["line"], &reject["reason"]), (&json!(ROWS + 3), &json!("ragged_row")));
    let kinds: u64 = imported["by_kind"].as_object().expect("kinds").values().filter_map(Value::as_u64).sum();
    assert_eq!(kinds, count("imported"), "every imported row has a kind");
}

#[test]
fn a_fit_answers_its_card() {
    let fitted = &journey().fitted;
    has(fitted, &["n", "dropped", "coefficients", "r2", "r2_within", "rmse", "condition_number", "model_id", "data"]);
    has(&fitted["data"], &["hash", "cut_off", "window", "screened_out"]);
    assert!(fitted["n"].as_u64().is_some_and(|n| n > 1_000 && n < ROWS as u64));
    for (name, line) in fitted["coefficients"].as_object().expect("coefficients") {
        has(line, &["estimate", "std_error", "t", "p", "low", "high"]);
        assert!(line["low"].as_f64() < line["estimate"].as_f64(), "{name}");
    }
    let house = &journey().house;
    let id = fitted["model_id"].as_str().expect("an id");
    assert_eq!(house.done(&["model", "card", id]), *fitted, "the recorded card is the one that was answered");
}

#[test]
fn a_case_is_valued_by_three_approaches_in_json_and_in_toml() {
    let Journey { house, valued, case, .. } = journey();
    has(valued, &["valuation_id", "estimates", "conclusion", "contradictions", "hash", "seed"]);
    let estimates = valued["estimates"].as_array().expect("estimates");
    let approaches = estimates.iter().filter_map(|estimate| estimate["approach"].as_str());
    let approaches: std::collections::BTreeSet<&str> = approaches.collect();
    assert!(approaches.into_iter().eq(["cost", "income", "market"]));
    for estimate in estimates {
        has(estimate, &["method", "approach", "value", "interval", "sheet"]);
        has(&estimate["interval"], &["low", "high", "level", "how"]);
        let at = |pointer: &str| decimal(estimate.pointer(pointer).expect("there"));
        assert!(at("/interval/low/amount") < at("/value/amount"), "{estimate}");
        assert!(at("/value/amount") < at("/interval/high/amount"), "{estimate}");
        assert_eq!(estimate["value"]["currency"], "CNY");
    }
    // Replacement cost is the sum of its lines times the adjustment, P = C × δ; the conclusion the weighted mean, rounded.
    let lines = case["methods"][0]["lines"].as_array().expect("lines");
    let cost: Decimal = lines.iter().map(|line| decimal(&line["cost"]["amount"])).sum();
    let delta: Decimal = case["methods"][0]["adjustment"]["value"].to_string().parse().expect("a number");
    assert_eq!(decimal(&estimates[0]["value"]["amount"]), (cost * delta).round_dp(2));
    let weights = case["reconcile"]["weights"].as_object().expect("weights");
    let mean: Decimal = estimates
        .iter()
        .filter_map(|estimate| {
            // Methods without a weight corroborate.
            let weight = weights.get(estimate["method"].as_str().expect("a name"))?;
            Some(decimal(&estimate["value"]["amount"]) * decimal(weight))
        })
        .sum();
    let concluded = decimal(&valued["conclusion"]["value"]["amount"]);
    let step = decimal(&case["reconcile"]["round_to"]);
    assert_eq!(concluded % step, Decimal::ZERO);
    assert!((concluded - mean).abs() <= step / Decimal::TWO + Decimal::new(1, 2), "{concluded} for {mean}");

    let toml = house.write("case.toml", toml::to_string(case).expect("TOML"));
    assert_eq!(house.done(&["value", &toml]), *valued, "the same case in TOML is the same valuation");
}

#[test]
fn evidence_and_assumptions_reach_every_report() {
    let journey = journey();
    let case = &journey.case;
    let mut told: Vec<String> = Vec::new();
    for evidence in case["evidence"].as_array().expect("evidence") {
        told.extend(["title", "source", "known_on"].map(|name| evidence[name].as_str().expect("text").to_owned()));
    }
    collect(case, &["author", "reason", "reviewer"], &mut told);
    told.push(journey.fitted["model_id"].as_str().expect("an id").to_owned());
    told.sort();
    told.dedup();
    assert!(told.len() > 12, "{told:?}");
    let html = String::from_utf8(journey.report("html", 2)).expect("text");
    let json = String::from_utf8(journey.report("json", 2)).expect("text");
    let paper = cells(journey.report("xlsx", 2));
    for text in &told {
        assert!(html.contains(text), "the page does not say {text}");
        assert!(json.contains(text), "the JSON report does not say {text}");
        assert!(paper.contains(text), "the working paper does not say {text}");
    }
    let amount = journey.valued["conclusion"]["value"]["amount"].as_str().expect("text");
    let amount = api::cli::value::amount(&valuation::money::Money::new(
        amount.parse().expect("a number"),
        valuation::money::Currency::CNY,
    ));
    assert!(html.contains(&amount) && json.contains(&amount), "the conclusion {amount} is printed");
}

/// Every text under one of `names`.
fn collect(value: &Value, names: &[&str], found: &mut Vec<String>) {
    match value {
        Value::Object(members) => {
            for (name, member) in members {
                match member {
                    Value::String(text) if names.contains(&name.as_str()) => found.push(text.clone()),
                    _ => collect(member, names, found),
                }
            }
        }
        Value::Array(items) => items.iter().for_each(|item| collect(item, names, found)),
        _ => {}
    }
}

/// Every text of a workbook, one a line.
fn cells(bytes: Vec<u8>) -> String {
    let mut book = open_workbook_from_rs::<Xlsx<_>, _>(Cursor::new(bytes)).expect("a workbook");
    let mut text = String::new();
    for (_, range) in book.worksheets() {
        text.extend(range.cells().map(|(_, _, cell)| format!("{cell}\n")));
    }
    text
}

#[test]
fn what_was_recorded_verifies_whole_and_one_by_one() {
    let journey = journey();
    let whole = journey.house.done(&["verify"]);
    has(&whole, &["checked", "failures", "engine_version"]);
    // The import, the model, the valuation.
    assert_eq!((&whole["checked"], &whole["recalculated"], &whole["failures"]), (&json!(3), &json!(1), &json!([])));
    assert!(whole["files"].as_u64().is_some_and(|files| files >= 36), "a file for every month: {whole}");
    let one = journey.house.done(&["verify", journey.id()]);
    // The valuation and the model it rests on, and the trade files behind that.
    assert_eq!((&one["checked"], &one["recalculated"], &one["failures"]), (&json!(2), &json!(1), &json!([])));
    assert!(one["files"].as_u64() > Some(0) && one["files"].as_u64() <= whole["files"].as_u64(), "{one}");
}

#[test]
fn a_second_import_adds_nothing_and_records_nothing() {
    let journey = Journey::take(600, 1);
    let before = journey.house.state();
    let again = journey.house.done(&["trades", "import", "trades.csv", "--mapping", "hengshu"]);
    assert_eq!((&again["imported"], &again["rejected"]), (&json!(0), &json!(1)));
    assert_eq!(again["duplicates"].as_u64(), Some(601));
    assert_eq!(journey.house.state(), before);
}

#[test]
fn a_dry_run_says_what_would_happen_and_changes_nothing() {
    let house = tests::app::House::new();
    house.write("trades.csv", trade_file(&market(17, 300)));
    let arguments = ["trades", "import", "trades.csv", "--mapping", "hengshu"];
    let mut dry = house.done(&[&arguments[..], &["--dry-run"]].concat());
    assert_eq!(house.done(&["verify"])["checked"], json!(0));
    assert_eq!(dry["dry_run"], json!(true));
    dry["dry_run"] = json!(false);
    assert_eq!(house.done(&arguments), dry);
}

#[test]
fn a_comparable_traded_after_the_valuation_date_is_refused() {
    let journey = journey();
    let trades = market(17, ROWS);
    let mut late = case(journey.fitted["model_id"].as_str().expect("an id"), &trades);
    late["methods"][2]["by_model"]["comparables"][0]["traded_on"] = json!("2026-01-02");
    let file = journey.house.write("late.json", late.to_string());
    let (exit, printed) = journey.house.run(&["value", &file]);
    assert_eq!((exit, &printed["error"]["code"]), (3, &json!("evidence_too_late")), "{printed}");
}
