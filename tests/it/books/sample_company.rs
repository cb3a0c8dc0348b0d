//! A year of a sample company with twelve data assets, from events to vouchers to notes.

use std::fs;

use calamine::{Data, Reader, Xlsx, open_workbook_from_rs};
use serde_json::{Value, json};
use tests::app::House;
use tests::project;
use tests::recalculate::converted;

pub const ID: &str = "yunshan-2025";

/// The books after the whole year, each month closed.
pub fn year() -> House {
    let house = House::new();
    let read = |name: &str| project::read(&format!("api/demo/books/{name}")).expect("text");
    let (setup, events) = (house.write("setup.json", read("setup.json")), house.write("e.jsonl", read("events.jsonl")));
    house.done(&["book", "open", &setup]);
    let recorded = house.done(&["book", "record", ID, &events]);
    assert_eq!(recorded["recorded"], recorded["read"]);
    // Once more: nothing new.
    assert_eq!(house.done(&["book", "record", ID, &events])["recorded"], 0);
    house.done(&["book", "close", ID, "2025-12"]);
    house
}

fn text(value: &Value) -> f64 {
    value.as_str().expect("an amount").parse().expect("a number")
}

/// The row `key` that comes after the heading `block`.
fn row(table: &Value, block: &str, key: &str) -> Value {
    let rows = table["rows"].as_array().expect("rows");
    let mut within = rows.iter().skip_while(|row| row["level"] != 0 || row["key"] != block).skip(1);
    within.find(|row| row["key"] == key).cloned().unwrap_or_else(|| panic!("{block} {key}"))
}

#[test]
fn the_notes_foot_and_say_what_the_events_say() {
    let house = year();
    let verified = house.done(&["book", "verify", ID]);
    assert_eq!(verified["failures"], json!([]), "{verified}");
    let notes = house.done(&["book", "disclose", ID, "--book", "cas"]);
    let table = &notes["intangible"];
    // Bought in 2025: 648,000 + 480,000 + 72,000 + 240,000 + 150,000 + 360,000.
    assert_eq!(text(&row(table, "cost", "purchase")["total"]), 1_950_000.0);
    // Developed: 120,000 + 30,000 + 150,000 + 12,000 of D03 (appraisal-only 15,000 left out) and 260,000 of D04.
    assert_eq!(text(&row(table, "cost", "internal_rd")["total"]), 572_000.0);
    assert_eq!(text(&row(table, "cost", "other_increase")["total"]), 900_000.0);
    assert_eq!(text(&row(table, "cost", "disposal")["total"]), 150_000.0);
    assert_eq!(text(&row(table, "cost", "lapse")["total"]), 72_000.0);
    // D02: 480,000 × 16/24 = 320,000 carried at the end of September; 268,000 recoverable.
    assert_eq!(text(&row(table, "impairment", "charge")["total"]), 52_000.0);
    let line = |name: &str| notes["lines"][name].clone();
    assert_eq!(line("intangible"), row(table, "carrying", "carrying_closing")["total"]);
    assert_eq!(line("development"), Value::Null, "blank where nothing is recognised");
    // Goods: 360,000 less 400 of 1,000 sold; 600 at (372 − 20) = 211,200 against 216,000.
    let goods = &notes["inventory"];
    assert_eq!(text(&row(goods, "carrying", "carrying_closing")["total"]), 211_200.0 + 32_000.0);
    assert_eq!(text(&row(goods, "write_down", "charge")["total"]), 30_000.0);
    assert_eq!(notes["unrecognised"].as_array().map(Vec::len), Some(1));
    let ifrs = house.done(&["book", "disclose", ID, "--book", "ifrs"]);
    assert_eq!(ifrs["unrecognised"].as_array().map(Vec::len), Some(2), "IAS 38.63");
    let memo = house.done(&["book", "memo", ID, "D04"]);
    let rules: Vec<&Value> = memo["decisions"].as_array().expect("decisions").iter().map(|d| &d["rule"]).collect();
    assert_eq!(rules, ["development_met", "customer_list", "development_met"]);
    let conditions = |at: usize| memo["decisions"][at]["development"].as_array().map(Vec::len);
    assert_eq!((conditions(0), conditions(1)), (Some(5), Some(6)), "CAS 6 counts five, IAS 38.57 six");
}

#[test]
fn libreoffice_recalculates_the_notes_to_the_same_cells() {
    let house = year();
    house.done(&["book", "disclose", ID, "--book", "cas", "--to", "xlsx", "-o", "notes.xlsx"]);
    let ours = fs::read(house.path().join("notes.xlsx")).expect("written");
    // The same notes with a wrong number in every formula cell.
    let json = house.done(&["book", "disclose", ID, "--book", "cas"]);
    let notes: valuation::recognition::disclosure::Notes = serde_json::from_value(json).expect("notes");
    let wrong = api::report::xlsx::Cached::Wrong(12345.0);
    let wrong = api::report::notes::write(&notes, valuation::words::Language::Zh, wrong).expect("a workbook");
    let theirs = converted(&[("notes", wrong)]).remove(0);
    let open = |bytes: Vec<u8>| open_workbook_from_rs::<Xlsx<_>, _>(std::io::Cursor::new(bytes)).expect("readable");
    let (mut ours, mut theirs) = (open(ours), open(theirs));
    let mut compared = 0;
    for sheet in ours.sheet_names() {
        let formulas = ours.worksheet_formula(&sheet).expect("formulas");
        let (mine, found) =
            (ours.worksheet_range(&sheet).expect("ours"), theirs.worksheet_range(&sheet).expect("theirs"));
        let Some((top, left)) = formulas.start() else { continue };
        for (row, column, text) in formulas.used_cells().filter(|(_, _, text)| !text.is_empty()) {
            let place = (row as u32 + top, column as u32 + left);
            let number = |data: Option<&Data>| match data {
                Some(Data::Float(value)) => *value,
                Some(Data::Int(value)) => *value as f64,
                other => panic!("{sheet} {place:?} ={text}: {other:?}"),
            };
            let (mine, found) = (number(mine.get_value(place)), number(found.get_value(place)));
            assert_eq!(mine, found, "{sheet} {place:?} ={text}");
            compared += 1;
        }
    }
    assert!(compared > 100, "{compared} formulas");
}
