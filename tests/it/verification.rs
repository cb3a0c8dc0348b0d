//! `verify` names what is not as it was recorded, wherever the byte stands, and ends with exit code 6.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::sync::OnceLock;

use api::register;
use serde_json::{Value, json};
use tests::app::House;
use tests::journey::Journey;
use tests::program;

fn journey() -> &'static Journey {
    static JOURNEY: OnceLock<Journey> = OnceLock::new();
    JOURNEY.get_or_init(|| Journey::take(1_200, 2))
}

/// What `verify` reports: code and subject of each finding. Fails unless the exit code is 6.
fn reported(house: &House, arguments: &[&str]) -> Vec<(String, String)> {
    let all: Vec<&str> = ["verify"].into_iter().chain(arguments.iter().copied()).collect();
    let (exit, printed) = house.run(&all);
    assert_eq!(exit, 6, "{printed}");
    let text = |finding: &Value, name: &str| finding[name].as_str().expect("text").to_owned();
    let failures = printed["failures"].as_array().expect("a list");
    assert!(!failures.is_empty());
    failures.iter().map(|finding| (text(finding, "code"), text(finding, "subject"))).collect()
}

fn assert_names(found: &[(String, String)], code: &str, subject: &str) {
    assert!(
        found.iter().any(|(c, s)| c.starts_with(code) && s.contains(subject)),
        "{code} of {subject} is not in {found:?}"
    );
}

fn flip(file: &Path, at: usize, mask: u8) {
    let mut bytes = std::fs::read(file).expect("read");
    bytes[at] ^= mask;
    std::fs::write(file, bytes).expect("written");
}

fn trade_files(house: &House) -> Vec<PathBuf> {
    let files = house.state().into_iter().map(|(name, _)| PathBuf::from(name));
    files.filter(|file| file.extension().is_some_and(|ending| ending == "parquet")).collect()
}

/// The name of a file as findings give it.
fn short(house: &House, file: &Path) -> String {
    file.strip_prefix(house.data()).expect("below the data folder").display().to_string()
}

#[test]
fn a_changed_trade_file_is_named_whole_and_for_the_valuation_that_rests_on_it() {
    let id = journey().id();
    let files = trade_files(&journey().house);
    for (index, mask) in [(0, 0x01), (files.len() / 2, 0x80), (files.len() - 1, 0x10)] {
        let house = journey().house.copy();
        let file = &trade_files(&house)[index];
        let length = std::fs::metadata(file).expect("there").len() as usize;
        flip(file, [0, length / 2, length - 1][index % 3], mask);
        let name = short(&house, file);
        assert_names(&reported(&house, &[]), "file_changed", &name);
        assert_names(&reported(&house, &[id]), "file_changed", &name);
    }
    let house = journey().house.copy();
    let file = trade_files(&house).remove(3);
    let whole = std::fs::read(&file).expect("read");
    std::fs::write(&file, &whole[..whole.len() / 2]).expect("cut short");
    assert_names(&reported(&house, &[]), "file_changed", &short(&house, &file));
    std::fs::remove_file(&file).expect("removed");
    assert_names(&reported(&house, &[]), "file_changed", &short(&house, &file));
    assert_names(&reported(&house, &[id]), "file_changed", &short(&house, &file));
    // A fit does not read past a damaged store either.
    let (exit, printed) = house.run(&["model", "fit", "--formula", "log(price) ~ quality"]);
    assert_eq!((exit, &printed["error"]["code"]), (6, &json!("store_damaged")), "{printed}");
}

#[test]
fn a_file_that_no_import_wrote_is_named() {
    let house = journey().house.copy();
    let file = trade_files(&house).remove(0);
    let stranger = file.with_file_name("999999-000.parquet");
    std::fs::copy(&file, &stranger).expect("copied");
    assert_names(&reported(&house, &[]), "file_unexpected", &short(&house, &stranger));
}

#[test]
fn a_changed_or_missing_manifest_is_named() {
    let whole = std::fs::read(journey().house.data_file("trades/manifest.json")).expect("read");
    for at in [0, 20, whole.len() / 2, whole.len() - 2] {
        let house = journey().house.copy();
        flip(&house.data_file("trades/manifest.json"), at, 0x01);
        assert_names(&reported(&house, &[]), "not_readable", "trades/manifest.json");
        assert_names(&reported(&house, &[journey().id()]), "not_readable", "trades/manifest.json");
    }
    let house = journey().house.copy();
    std::fs::remove_file(house.data_file("trades/manifest.json")).expect("removed");
    assert_names(&reported(&house, &[]), "import_missing", "append 1");
    assert_names(&reported(&house, &[journey().id()]), "import_missing", "append 1");
}

/// A store whose manifest is whole in itself but is not the one that was recorded.
#[test]
fn a_store_swapped_for_another_is_seen_by_what_was_recorded() {
    let house = journey().house.copy();
    let other = Journey::take(900, 1).house;
    std::fs::remove_dir_all(house.data_file("trades")).expect("removed");
    let moved = std::fs::rename(other.data_file("trades"), house.data_file("trades"));
    moved.expect("moved");
    let found = reported(&house, &[]);
    assert_names(&found, "import_missing", "append 1");
    assert_names(&found, "store_changed", "append 1");
}

#[test]
fn an_append_that_nobody_recorded_is_named_and_recorded_by_the_next_import() {
    let house = journey().house.copy();
    // As after a stop between the append and its record.
    let store = datasets::store::Store::open(house.data_file("trades")).expect("a store");
    store.append(&datasets::synthetic::market(99, 50)).expect("appended");
    assert_eq!(reported(&house, &[]), [("import_unrecorded".to_owned(), "append 2".to_owned())]);
    // What was valued before does not rest on it.
    assert_eq!(house.done(&["verify", journey().id()])["failures"], json!([]));
    house.done(&["trades", "import", "trades.csv", "--mapping", "hengshu"]);
    assert_eq!(house.done(&["verify"])["failures"], json!([]));
}

/// Each change of a row, and what must be among the findings.
#[test]
fn a_changed_removed_or_exchanged_row_is_named_without_the_seal() {
    let id = journey().id();
    let valuation = format!("valuation {id}");
    let model = journey().fitted["model_id"].as_str().expect("an id");
    let swap = "UPDATE audit SET number = -1 WHERE number = 2; UPDATE audit SET number = 2 WHERE number = 3; \
                UPDATE audit SET number = 3 WHERE number = -1;";
    let record = "UPDATE record SET document = replace(document, '0', '1') WHERE kind = 'valuation'";
    let changes = [
        (record, "record_changed", valuation.as_str()),
        ("UPDATE record SET hash = replace(hash, 'a', 'b') WHERE kind = 'valuation'", "record_changed", &valuation),
        ("UPDATE record SET document = '{}' WHERE kind = 'model'", "record_changed", model),
        ("UPDATE audit SET record_hash = replace(record_hash, 'a', 'b') WHERE number = 1", "chain_broken", "local #1"),
        ("UPDATE audit SET actor = 'x' WHERE number = 3", "chain_broken", "local #3"),
        ("DELETE FROM record WHERE kind = 'model'", "link_missing", "local #2"),
        ("DELETE FROM audit WHERE number = 1", "link_missing", "local #1"),
        ("DELETE FROM record WHERE number = 3; DELETE FROM audit WHERE number = 3", "chain_end_missing", "local #3"),
        (swap, "chain_broken", "local #2"),
        (swap, "record_changed", model),
    ];
    for (change, code, subject) in changes {
        let house = journey().house.copy();
        house.sql(change);
        house.unseal();
        assert_names(&reported(&house, &[]), code, subject);
    }
    // With the seal in place the file itself is named as well.
    let house = journey().house.copy();
    house.sql(record);
    assert_names(&reported(&house, &[]), "register_changed", register::FILE);
    // Nothing is made from a changed record.
    let (exit, printed) = house.run(&["report", id, "--to", "html"]);
    assert_eq!((exit, &printed["error"]["code"]), (6, &json!("register_damaged")), "{printed}");
    assert!(printed["error"]["message"].as_str().is_some_and(|said| said.contains(id)), "{printed}");
}

#[test]
fn one_valuation_is_checked_with_what_it_rests_on() {
    let id = journey().id();
    let model = journey().fitted["model_id"].as_str().expect("an id");
    let cases = [
        ("UPDATE record SET document = replace(document, '0', '1') WHERE kind = 'valuation'", "record_changed", id),
        ("UPDATE record SET document = replace(document, '0', '1') WHERE kind = 'model'", "record_changed", model),
        ("DELETE FROM record WHERE kind = 'model'", "evidence_missing", model),
    ];
    for (change, code, subject) in cases {
        let house = journey().house.copy();
        house.sql(change);
        house.unseal();
        assert_names(&reported(&house, &[id]), code, subject);
    }
}

#[test]
fn a_removed_register_or_anchor_is_named() {
    let house = journey().house.copy();
    std::fs::remove_file(house.data_file(register::FILE)).expect("removed");
    assert_names(&reported(&house, &[]), "file_missing", register::FILE);
    let house = journey().house.copy();
    std::fs::remove_file(house.data_file("register.anchor")).expect("removed");
    assert_names(&reported(&house, &[]), "anchor_damaged", "register.anchor");
}

#[test]
fn what_the_demonstration_wrote_is_watched_over() {
    let house = House::new();
    house.done(&["demo", "--trades", "1500"]);
    let verified = house.done(&["verify"]);
    // The append, the model, three assets, three valuations, three sets of files.
    assert_eq!((&verified["checked"], &verified["failures"]), (&json!(11), &json!([])));
    let files = house.state();
    let report = files.iter().map(|(name, _)| name).find(|name| name.ends_with(".xlsx")).expect("a working paper");
    let report = PathBuf::from(report);
    for (file, code) in [(report, "file_changed"), (trade_files(&house).remove(0), "file_changed")] {
        let damaged = house.copy();
        let there = damaged.data().join(short(&house, &file));
        flip(&there, 40, 0x02);
        assert_names(&reported(&damaged, &[]), code, &short(&house, &file));
        std::fs::remove_file(&there).expect("removed");
        assert_names(&reported(&damaged, &[]), "file_", &short(&house, &file));
    }
    let damaged = house.copy();
    std::fs::remove_dir_all(damaged.data_file("trades")).expect("removed");
    assert_names(&reported(&damaged, &[]), "import_missing", "append 1");
    // Making it again adds nothing and records nothing.
    house.done(&["demo", "--trades", "1500"]);
    assert_eq!(house.done(&["verify"]), verified);
}

/// Every text of the tables with the numbers of the rows that hold it and the places of its bytes in the database file.
fn payloads(house: &House) -> Vec<(BTreeSet<i64>, std::ops::Range<usize>)> {
    let script = "import sqlite3, sys, json\n\
        c = sqlite3.connect(sys.argv[1])\n\
        rows = [(r[1], x) for t in ('record', 'audit') for r in c.execute(f'select * from {t}') for x in r \
        if isinstance(x, str) and len(x) > 3]\n\
        print(json.dumps(rows))";
    let database = house.data_file(register::FILE);
    let printed = program::python_prints(script, &[&database.to_string_lossy()]);
    let rows: Vec<(i64, String)> = serde_json::from_str(&printed).expect("rows");
    let bytes = std::fs::read(&database).expect("read");
    let mut holders: BTreeMap<String, BTreeSet<i64>> = BTreeMap::new();
    for (number, text) in rows {
        holders.entry(text).or_default().insert(number);
    }
    let mut found = Vec::new();
    for (text, numbers) in holders {
        let text = text.as_bytes();
        let places = bytes.windows(text.len()).enumerate().filter(|(_, window)| *window == text);
        found.extend(places.map(|(at, _)| (numbers.clone(), at..at + text.len())));
    }
    found
}

/// Seeded, so that a failure repeats: bytes of documents, hashes, names and moments in the tables, each changed in one or more
/// bits, are found by the chain alone and the place is named.
#[test]
fn any_changed_byte_of_records_and_audit_rows_is_found_and_placed() {
    let house = House::new();
    for number in 1..=6 {
        let asset =
            json!({"asset": {"name": format!("气象观测数据集 {number}"), "information": {}, "legal": {}, "value": {}}});
        let file = house.write("asset.json", asset["asset"].to_string());
        house.done(&["asset", "add", &file, "--id", &format!("ASSET-{number}")]);
    }
    house.unseal();
    assert_eq!(house.done(&["verify"])["failures"], json!([]));
    let payloads = payloads(&house);
    assert!(payloads.len() > 60, "{}", payloads.len());
    let database = house.data_file(register::FILE);
    let whole = std::fs::read(&database).expect("read");
    let mut random = 0x9e37_79b9_7f4a_7c15_u64;
    let mut next = |below: usize| {
        random = random.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (random >> 33) as usize % below
    };
    for round in 0..tests::soak::rounds(60) {
        let (numbers, range) = &payloads[next(payloads.len())];
        let at = range.start + next(range.len());
        let mask = 1 + next(255) as u8;
        let mut changed = whole.clone();
        changed[at] ^= mask;
        std::fs::write(&database, &changed).expect("written");
        house.unseal();
        let (exit, printed) = house.run(&["verify"]);
        assert_eq!(exit, 6, "round {round}: byte {at} of row {numbers:?} was changed by {mask} unseen: {printed}");
        let failures = printed["failures"].as_array().expect("a list");
        // A text may stand in an index as well; a change there is one of the file's structure.
        let named = failures.iter().any(|finding| {
            let says = |name: &str, place: &str| finding[name].as_str().is_some_and(|said| said == place);
            let here = |number: &i64| format!("local #{number}");
            numbers.iter().map(here).any(|place| says("subject", &place) || says("detail", &place))
                || finding["code"] == "register_structure"
        });
        assert!(named, "round {round}: byte {at} of row {numbers:?} changed by {mask}: {printed}");
    }
}
