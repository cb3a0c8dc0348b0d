//! Every row of a file is accounted for, and what is wrong is named with its line and field.

use std::path::{Path, PathBuf};

use chrono::{DateTime, Utc};
use datasets::error::DataError;
use datasets::import::{ImportOptions, Imported, import};
use datasets::mapping::Mapping;
use datasets::scan::Scan;
use datasets::schema::Trade;
use datasets::store::Store;
use datasets::{synthetic, trades_csv};
use proptest::prelude::*;
use valuation::fault::Fault;
use valuation::terms::{PriceState, TradeKind};
use valuation::unit::PriceUnit;
use valuation::words::{self, Language};

const HEADER: &str = "exchange,kind,traded_on,product_id,price,currency,price_unit,term_start,term_end,recorded_at";

fn now() -> DateTime<Utc> {
    "2024-06-01T00:00:00Z".parse().unwrap()
}

struct Place {
    dir: tempfile::TempDir,
    store: Store,
}

impl Place {
    fn new() -> Place {
        let dir = tempfile::tempdir().unwrap();
        let store = Store::open(dir.path().join("store")).unwrap();
        Place { dir, store }
    }

    fn file(&self, name: &str, bytes: impl AsRef<[u8]>) -> PathBuf {
        let path = self.dir.path().join(name);
        std::fs::write(&path, bytes).unwrap();
        path
    }

    fn import(&self, file: &Path, mapping: &Mapping) -> Result<Imported, DataError> {
        let done = import(file, mapping, &self.store, &ImportOptions::at(now()));
        if let Ok(done) = &done {
            assert_eq!(done.imported + done.rejected + done.duplicates, done.read);
            assert_eq!(done.by_kind.values().sum::<u64>(), done.imported);
            for reject in &done.rejects {
                assert!(words::has(&format!("reject.{}", reject.reason)), "no words for {}", reject.reason);
            }
        }
        done
    }

    fn trades(&self) -> Vec<Trade> {
        self.store.trades_known(&Scan::default()).unwrap()
    }
}

fn plain() -> Mapping {
    Mapping::find("hengshu").unwrap()
}

fn mapping(text: &str) -> Result<Mapping, DataError> {
    Mapping::parse("m.toml", text)
}

/// The rejects of a file of these lines under [`HEADER`], as `line field reason`.
fn rejects(lines: &[&str]) -> Vec<String> {
    let place = Place::new();
    let file = place.file("t.csv", format!("{HEADER}\n{}\n", lines.join("\n")));
    let done = place.import(&file, &plain()).unwrap();
    done.rejects.iter().map(|r| format!("{} {} {}", r.line, r.field, r.reason)).collect()
}

#[test]
fn what_is_wrong_with_a_row_is_named() {
    let good = "x,trade,2024-05-20,P1,0.5,CNY,call,,,2024-05-21T00:00:00Z";
    let cases = [
        (good, ""),
        ("x,trade,2024-05-20,P1,-0.5,CNY,call,,,2024-05-21", "price negative_price"),
        ("x,trade,2024-05-20,P1,NaN,CNY,call,,,2024-05-21", "price not_a_number"),
        ("x,trade,2024-05-20,P1,dear,CNY,call,,,2024-05-21", "price unreadable_number"),
        ("x,trade,2024-05-20,P1,1e300,CNY,call,,,2024-05-21", "price price_too_large"),
        ("x,trade,2024-02-30,P1,0.5,CNY,call,,,2024-05-21", "traded_on unreadable_date"),
        ("x,trade,,P1,0.5,CNY,call,,,2024-05-21", "traded_on missing_value"),
        ("x,gift,2024-05-20,P1,0.5,CNY,call,,,2024-05-21", "kind unknown_word"),
        ("x,trade,2024-05-20,P1,0.5,yuan,call,,,2024-05-21", "currency unknown_currency"),
        ("x,trade,2024-05-20,P1,0.5,CNY,barrel,,,2024-05-21", "price_unit unknown_word"),
        ("x,trade,2024-05-20,P1,0.5,CNY,call,2024-06-01,2024-05-01,2024-05-21", "term_end term_out_of_order"),
        ("x,trade,2024-05-20,P1,0.5,CNY,call,,,2024-05-18T00:00:00Z", "recorded_at recorded_before_traded"),
        ("x,trade,2024-05-20,P1,0.5,CNY,call,,,soon", "recorded_at unreadable_moment"),
        ("x,trade,2024-05-20,P1,0.5,CNY,call,,", " ragged_row"),
        ("x,trade,2024-05-20,P1,0.5,CNY,call,,,2024-05-21,extra", " ragged_row"),
    ];
    let lines: Vec<&str> = cases.iter().map(|(line, _)| *line).collect();
    let expected: Vec<String> =
        cases.iter().enumerate().filter(|(_, c)| !c.1.is_empty()).map(|(i, c)| format!("{} {}", i + 2, c.1)).collect();
    assert_eq!(rejects(&lines), expected);
}

#[test]
fn line_numbers_hold_across_quoted_line_breaks_and_blank_lines() {
    let good = |title: &str| format!("x,trade,2024-05-20,\"{title}\",0.5,CNY,call,,,2024-05-21\n");
    let bad = "x,trade,2024-05-20,P,-1,CNY,call,,,2024-05-21\n";
    let text = format!("{HEADER}\n{}\n\n{bad}{}{bad}", good("a\nb\n\nc"), good("say \"\"x,\ny\"\""));
    let lines = |text: &str| {
        let place = Place::new();
        let done = place.import(&place.file("t.csv", text), &plain()).unwrap();
        assert_eq!((done.read, done.imported), (4, 2));
        assert_eq!(place.trades().len(), 2);
        done.rejects.iter().map(|reject| reject.line).collect::<Vec<_>>()
    };
    assert_eq!(lines(&text), [8, 11]);
    assert_eq!(lines(&text.replace('\n', "\r\n")), [8, 11]);
    assert_eq!(lines(text.trim_end()), [8, 11]);
}

#[test]
fn a_quote_that_never_ends_rejects_its_record() {
    assert_eq!(
        rejects(&[
            "x,trade,2024-05-20,P1,1,CNY,call,,,2024-05-21",
            "x,trade,2024-05-20,\"P1,1,CNY,call,,,2024-05-21",
            "more"
        ]),
        ["3  unclosed_quote"]
    );
}

#[test]
fn the_same_file_twice_adds_nothing() {
    let place = Place::new();
    let row = "x,trade,2024-05-20,P1,0.50,CNY,call,,,2024-05-21";
    let same = "x,trade,2024-05-20,P1,0.5,CNY,call,,,2024-05-21T00:00:00+08:00";
    let file = place.file("t.csv", format!("{HEADER}\n{row}\n{same}\nx,ask,2024-05-20,P1,0.5,CNY,call,,,2024-05-21\n"));
    let first = place.import(&file, &plain()).unwrap();
    assert_eq!((first.imported, first.duplicates), (2, 1));
    let before = place.store.manifest().unwrap();
    let second = place.import(&file, &plain()).unwrap();
    assert_eq!((second.imported, second.duplicates), (0, 3));
    assert_eq!(place.store.manifest().unwrap(), before);
    let counts: Vec<(&str, u64)> = first.by_kind.iter().map(|(kind, rows)| (kind.as_str(), *rows)).collect();
    assert_eq!(counts, [("ask", 1), ("trade", 1)]);
}

#[test]
fn a_dry_run_counts_and_changes_nothing() {
    let place = Place::new();
    let mut csv = Vec::new();
    trades_csv::write(&mut csv, &synthetic::market(4, 2_000)).unwrap();
    let file = place.file("t.csv", csv);
    let options = ImportOptions { dry_run: true, ..ImportOptions::at(now()) };
    let dry = import(&file, &plain(), &place.store, &options).unwrap();
    assert_eq!(place.store.manifest().unwrap().sequence, 0);
    assert_eq!(place.trades(), vec![]);
    let wet = place.import(&file, &plain()).unwrap();
    assert_eq!((dry.imported, dry.duplicates, dry.by_kind), (wet.imported, wet.duplicates, wet.by_kind));
}

#[test]
fn csv_in_any_encoding_and_parquet_give_the_same_trades() {
    let market = synthetic::market(9, 3_000);
    let mut csv = Vec::new();
    trades_csv::write(&mut csv, &market).unwrap();
    let text = String::from_utf8(csv.clone()).unwrap();
    let direct = Place::new();
    direct.store.append(&market).unwrap();
    let strip = |trades: Vec<Trade>| -> Vec<Trade> {
        let plain = |t| Trade { source_sha256: String::new(), source_line: 0, ..t };
        trades.into_iter().map(plain).collect()
    };
    let expected = strip(direct.trades());

    let utf8 = Place::new();
    let done = utf8.import(&utf8.file("t.csv", &csv), &plain()).unwrap();
    assert_eq!(done.encoding, "utf-8");
    assert!(strip(utf8.trades()) == expected);
    let line_of = |trade: &Trade| text.lines().nth(trade.source_line as usize - 1).unwrap().to_owned();
    assert!(utf8.trades().iter().all(|trade| line_of(trade).starts_with(&trade.trade_id)));
    assert!(utf8.trades().iter().all(|trade| trade.source_sha256 == done.source_sha256));

    let marked = Place::new();
    marked.import(&marked.file("t.csv", [b"\xef\xbb\xbf", csv.as_slice()].concat()), &plain()).unwrap();
    assert!(strip(marked.trades()) == expected);

    let gb18030 = Place::new();
    let (bytes, _, _) = encoding_rs::GB18030.encode(&text);
    let done = gb18030.import(&gb18030.file("t.csv", &bytes), &plain()).unwrap();
    assert_eq!(done.encoding, "gb18030");
    assert!(strip(gb18030.trades()) == expected);

    // The files of the store are themselves Parquet with these columns.
    let parquet = Place::new();
    for segment in direct.store.manifest().unwrap().segments {
        let done = parquet.import(&direct.store.segment_path(&segment), &plain()).unwrap();
        assert_eq!((done.encoding, done.rejected), ("parquet", 0));
    }
    assert!(strip(parquet.trades()) == expected);
}

#[test]
fn files_that_are_none_are_clear_errors_and_leave_the_store_as_it_was() {
    let place = Place::new();
    let good = format!("{HEADER}\nx,trade,2024-05-20,P1,0.5,CNY,call,,,2024-05-21\n");
    let check = |name: &str, bytes: &[u8], mapping: &Mapping, code: &str| {
        let error = place.import(&place.file(name, bytes), mapping).unwrap_err();
        assert_eq!(error.code(), code, "{error}");
        for language in [Language::Zh, Language::En] {
            assert!(!error.message(language).contains(['{', '}']), "{}", error.message(language));
            assert!(!error.remedy(language).contains(['{', '}']), "{}", error.remedy(language));
        }
        assert_eq!(place.store.manifest().unwrap().sequence, 0);
        assert!(!place.store.dir().join(".staging").exists());
        error
    };
    check("empty.csv", b"", &plain(), "file_empty");
    check("blank.csv", b"\n\n", &plain(), "file_empty");
    check("header.csv", format!("{HEADER}\n").as_bytes(), &plain(), "file_without_rows");
    check("broken.csv", &[good.as_bytes(), b"x,trade,\xff\xff\n"].concat(), &plain(), "broken_text");
    let declared = Mapping { encoding: datasets::mapping::Encoding::Utf8, ..plain() };
    let error = check("gb.csv", &[good.as_bytes(), b"x,\xd6\xd0\n"].concat(), &declared, "broken_text");
    assert_eq!(error.place().line, Some(3));
    let declared = Mapping { encoding: datasets::mapping::Encoding::Gb18030, ..plain() };
    let error = check("gb.csv", &[good.as_bytes(), b"a\nx,\xff\n"].concat(), &declared, "broken_text");
    assert_eq!(error.place().line, Some(4));
    let error = check("lack.csv", good.replace("price,", "prize,").as_bytes(), &plain(), "missing_column");
    assert!(matches!(error, DataError::MissingColumn { nearest, .. } if nearest == "prize"));
    check("twice.csv", good.replace("term_start,", "price,").as_bytes(), &plain(), "repeated_column");
    check("cut.parquet", b"PAR1 but no more", &plain(), "bad_parquet");
    let long = [good.as_bytes(), b"x,\"", &vec![b'a'; 20 << 20]].concat();
    check("long.csv", &long, &plain(), "record_too_long");
    let missing = place.import(&place.dir.path().join("none.csv"), &plain()).unwrap_err();
    assert_eq!(missing.code(), "file_unreadable");

    // A sound Parquet file, cut short.
    let other = Place::new();
    other.store.append(&synthetic::market(1, 50)).unwrap();
    let path = other.store.segment_path(&other.store.manifest().unwrap().segments[0]);
    let bytes = std::fs::read(path).unwrap();
    check("short.parquet", &bytes[..bytes.len() - 20], &plain(), "bad_parquet");
}

#[test]
fn mappings_say_what_is_wrong_with_them() {
    let check = |text: &str, code: &str, line: Option<u64>, word: &str| {
        let error = mapping(text).unwrap_err();
        assert_eq!((error.code(), error.place().line), (code, line), "{error}");
        let said = format!("{} {}", error.message(Language::En), error.remedy(Language::En));
        assert!(said.contains(word), "{said}");
    };
    check("encodin = \"utf-8\"", "unknown_field", Some(1), "encoding");
    check("[fields]\nprise = { column = \"p\" }", "unknown_field", Some(2), "price");
    check("[fields]\nprice = { colum = \"p\" }", "unknown_field", Some(2), "column");
    check("[fields]\nprice = { column = \"p\", as = \"price_txt\" }", "mapping_value", Some(2), "price_text");
    check(
        "[fields]\nkind = { constant = \"listing\", words = { a = \"offer\" } }",
        "mapping_value",
        Some(2),
        "listing",
    );
    check("[fields]\nprice = { as = \"decimal\" }", "mapping_value", Some(2), "column");
    check("encoding = \"utf-7\"", "mapping_value", Some(1), "gb18030");
    check("[fields\n", "mapping_syntax", Some(1), "");
    check("[fields]\nprice = { column = \"p\" }", "mapping_incomplete", None, "exchange");
    for name in Mapping::shipped() {
        Mapping::find(name).unwrap();
    }
}

#[test]
fn price_texts_become_prices_units_and_named_absences() {
    let rules = "[fields]\nexchange = { constant = \"x\" }\nkind = { constant = \"listing\" }\n\
                 traded_on = { constant = \"2024-05-01\" }\nproduct_id = { column = \"id\" }\n\
                 currency = { constant = \"CNY\" }\nprice = { column = \"price\", as = \"price_text\" }\n\
                 size_mb = { column = \"size\", as = \"size\", unreadable = \"absent\" }\n\
                 update_frequency = { column = \"often\", words = { \"动态(每日更新)\" = \"daily\" }, otherwise = \"irregular\" }\n\
                 [attributes]\nviews = { column = \"views\", as = \"number\" }\n";
    let rules = mapping(rules).unwrap();
    let place = Place::new();
    let rows = "id,price,size,often,views\n1,0.50元/次,1.5 GB,\"动态\n(每日更新)\",7\n2,350000.00元,10 条,有时,\n3,面议,,,\n4,免费,,,\n\
                5,1000元起,,,\n6,待完善,,,\n7,30美元/月,,,\n8,十元,,,\n9,1-3万元/年,,,\n";
    let done = place.import(&place.file("t.csv", rows), &rules).unwrap();
    let reasons: Vec<String> = done.rejects.iter().map(|r| format!("{} {} {}", r.line, r.reason, r.raw)).collect();
    assert_eq!(reasons, ["9 currency_mismatch 30美元/月 ≠ USD", "10 unreadable_price 十元"]);
    assert_eq!((done.read, done.censored), (9, 2));
    let mut trades = place.trades();
    trades.sort_by(|a, b| a.product_id.cmp(&b.product_id));
    let states: Vec<PriceState> = trades.iter().map(|t| t.price_state).collect();
    use PriceState::*;
    assert_eq!(states, [Priced, Priced, Negotiable, Free, Censored, NotStated, Censored]);
    let units: Vec<Option<PriceUnit>> = trades.iter().map(|t| t.price_unit).collect();
    use PriceUnit::*;
    assert_eq!(units, [Some(Call), Some(OneOff), None, None, Some(OneOff), None, Some(Year)]);
    assert_eq!(trades[0].size_mb, Some(1536.0));
    assert_eq!(trades[1].size_mb, None);
    assert_eq!(trades[0].attributes.as_deref(), Some("{\"views\":7.0}"));
    assert!(trades.iter().all(|t| t.kind == TradeKind::Listing && t.recorded_at == now() && t.trade_id.len() == 24));
}

#[test]
fn all_rejects_go_to_their_file() {
    let place = Place::new();
    let bad = "x,trade,2024-05-20,\"a,\"\"b\",-1,CNY,call,,,2024-05-21\n";
    let file = place.file("t.csv", format!("{HEADER}\n{}", bad.repeat(12_000)));
    let list = place.dir.path().join("rejects.csv");
    let options = ImportOptions { rejects_file: Some(&list), ..ImportOptions::at(now()) };
    let done = import(&file, &plain(), &place.store, &options).unwrap();
    assert_eq!((done.rejected, done.rejects.len()), (12_000, datasets::import::REJECTS_KEPT));
    let mut reader = csv::Reader::from_path(&list).unwrap();
    let lines: Vec<u64> = reader.records().map(|r| r.unwrap()[0].parse().unwrap()).collect();
    assert_eq!(lines, (2..=12_001).collect::<Vec<u64>>());
}

#[test]
fn any_number_of_threads_writes_the_same_bytes() {
    let mut csv = Vec::new();
    trades_csv::write(&mut csv, &synthetic::market(5, 30_000)).unwrap();
    let write = |threads: usize| {
        let place = Place::new();
        let file = place.file("t.csv", &csv);
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
        let done = pool.install(|| place.import(&file, &plain()).unwrap());
        (done, place.store.manifest().unwrap())
    };
    let one = write(1);
    assert!(one == write(2));
    assert!(one == write(8));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    /// Our blocks and lines against the `csv` crate, which reads the file as one.
    #[test]
    fn records_are_those_of_the_csv_crate(titles in prop::collection::vec("[a-z\" ,\n\r汉]{0,9}", 1..400), windows in any::<bool>()) {
        let end = if windows { "\r\n" } else { "\n" };
        let mut text = format!("exchange,kind,traded_on,product_id,product_title,price,currency,price_unit{end}");
        let mut lines = Vec::new();
        for (number, title) in titles.iter().enumerate() {
            lines.push(text.matches('\n').count() as u64 + 1);
            let title = title.replace('"', "\"\"");
            text.push_str(&format!("x,ask,2024-05-20,P{number},\"{title}\",1,CNY,call{end}"));
        }
        let place = Place::new();
        let file = place.file("t.csv", &text);
        let done = place.import(&file, &plain()).unwrap();
        prop_assert_eq!(done.imported, titles.len() as u64);
        let mut reader = csv::Reader::from_path(&file).unwrap();
        let titles = reader.records().map(|record| record.unwrap()[4].trim().to_owned());
        let expected: Vec<(u64, String)> = lines.into_iter().zip(titles).collect();
        let mut found: Vec<(u64, String)> =
            place.trades().into_iter().map(|t| (t.source_line, t.product_title)).collect();
        found.sort();
        prop_assert_eq!(found, expected);
    }
}
