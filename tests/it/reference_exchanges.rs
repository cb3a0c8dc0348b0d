//! The listings of four real exchanges import through the shipped mappings, with every row accounted for.
//!
//! Truth: the counts that the collection publishes, and its authors' own tidied prices and sizes.

use std::path::Path;

use datasets::import::{ImportOptions, Imported, import};
use datasets::mapping::Mapping;
use datasets::scan::Scan;
use datasets::schema::Trade;
use datasets::store::Store;
use rust_decimal::prelude::ToPrimitive;
use tests::program::python_prints;
use tests::reference;
use valuation::terms::{PriceState, UpdateFrequency};
use valuation::unit::PriceUnit;

struct Exchange {
    name: &'static str,
    rows: u64,
    priced: usize,
    free: usize,
    negotiable: usize,
}

/// Rows and priced rows as published; of the others, what the raw price texts say.
const EXCHANGES: [Exchange; 4] = [
    Exchange { name: "zhejiang", rows: 838, priced: 833, free: 0, negotiable: 5 },
    Exchange { name: "guangzhou", rows: 792, priced: 14, free: 0, negotiable: 778 },
    Exchange { name: "guiyang", rows: 669, priced: 51, free: 142, negotiable: 476 },
    Exchange { name: "shanghai", rows: 447, priced: 0, free: 0, negotiable: 0 },
];

fn imported(data: &Path, name: &str, store: &Store) -> Imported {
    let file = data.join(format!("dadada/raw/{name}.csv"));
    let options = ImportOptions::at("2024-06-30T00:00:00Z".parse().expect("a moment"));
    import(&file, &Mapping::find(name).expect("a shipped mapping"), store, &options).expect("the file imports")
}

fn loaded(data: &Path, name: &str) -> (Imported, Vec<Trade>) {
    let dir = tempfile::tempdir().expect("a folder");
    let store = Store::open(dir.path()).expect("a store");
    let done = imported(data, name, &store);
    (done, store.trades_known(&Scan::default()).expect("the store reads"))
}

fn count(trades: &[Trade], state: PriceState) -> usize {
    trades.iter().filter(|trade| trade.price_state == state).count()
}

#[test]
fn the_four_exchanges_import_with_the_published_counts() {
    let Some(data) = reference::folder("four_exchanges_counts") else { return };
    for exchange in EXCHANGES {
        let (done, trades) = loaded(&data, exchange.name);
        let Exchange { name, rows, priced, free, negotiable } = exchange;
        assert_eq!((done.read, done.imported, done.rejected, done.duplicates), (rows, rows, 0, 0), "{name}");
        assert_eq!(done.by_kind.get("listing"), Some(&rows), "{name}");
        assert_eq!(trades.len() as u64, rows, "{name}");
        let states = [PriceState::Priced, PriceState::Free, PriceState::Negotiable].map(|s| count(&trades, s));
        assert_eq!(states, [priced, free, negotiable], "{name}");
        let rest = rows as usize - priced - free - negotiable;
        assert_eq!(count(&trades, PriceState::NotStated), rest, "{name}");
        assert!(trades.iter().all(|t| t.price_unit.is_some() == (t.price_state == PriceState::Priced)), "{name}");
    }
}

#[test]
fn prices_and_sizes_are_those_of_the_tidied_files() {
    let Some(data) = reference::folder("four_exchanges_tidied") else { return };
    // The authors masked some sizes; those print as nan here.
    let script = "import sys, pandas\n\
                  t = pandas.read_csv(sys.argv[1])\n\
                  for p, s in zip(t.price, pandas.to_numeric(t['size'], errors='coerce')): print(float(p), float(s))";
    for exchange in EXCHANGES {
        let tidied = data.join(format!("dadada/preprocess/{}.csv", exchange.name));
        let printed = python_prints(script, &[tidied.to_str().expect("a path")]);
        let (_, mut trades) = loaded(&data, exchange.name);
        trades.sort_by_key(|trade| trade.source_line);
        assert_eq!(printed.lines().count(), trades.len());
        for (trade, line) in trades.iter().zip(printed.lines()) {
            let (price, size) = line.split_once(' ').expect("two numbers");
            let (price, size): (f64, f64) = (price.parse().expect("a price"), size.parse().expect("a size"));
            // The authors state subscriptions by the year, and an absent price or size as 0.
            let a_year = match trade.price_unit {
                Some(PriceUnit::Day) => 365.0,
                Some(PriceUnit::Month) => 12.0,
                _ => 1.0,
            };
            let ours = trade.price.and_then(|p| p.to_f64()).unwrap_or_default() * a_year;
            let close = |ours: f64, theirs: f64| (ours - theirs).abs() <= 1e-9 * theirs;
            assert!(close(ours, price), "{} line {}: {ours} {price}", exchange.name, trade.source_line);
            let bytes = trade.size_mb.unwrap_or_default() * 1_048_576.0;
            // One size is printed in PB, a unit that the authors' tidying does not know.
            let petabytes = size == 0.0 && bytes >= 1_125_899_906_842_624.0;
            let same = size.is_nan() || petabytes || close(bytes, size);
            assert!(same, "{} line {}: {bytes} {size}", exchange.name, trade.source_line);
        }
    }
}

#[test]
fn single_listings_read_as_they_are_printed() {
    let Some(data) = reference::folder("four_exchanges_single_listings") else { return };
    let find = |trades: &[Trade], title: &str| {
        trades.iter().find(|t| t.product_title == title).unwrap_or_else(|| panic!("{title} is listed")).clone()
    };
    let (_, zhejiang) = loaded(&data, "zhejiang");
    let call = find(&zhejiang, "新运营商三要素验证(身份证+姓名+手机)");
    assert_eq!(call.price.map(|p| p.to_string()).as_deref(), Some("0.5"));
    assert_eq!((call.price_unit, call.size_mb), (Some(PriceUnit::Call), Some(104_857_600.0)));
    assert_eq!((call.product_id.as_str(), call.source_line), ("1458736983698976770", 2));
    assert_eq!(call.update_frequency, UpdateFrequency::Irregular);
    assert_eq!(call.deals, Some(0.0));

    let (_, guiyang) = loaded(&data, "guiyang");
    let artefact = guiyang.iter().find(|t| t.price.is_some_and(|p| p.to_string() == "754300.0000000001"));
    assert_eq!(artefact.and_then(|t| t.price_unit), Some(PriceUnit::Call));
    let weather = find(&guiyang, "气象数据（离线数据）");
    assert_eq!(weather.traded_on.to_string(), "2022-04-22");

    let (_, shanghai) = loaded(&data, "shanghai");
    let survey = find(&shanghai, "航空公司净推荐值（NPS）研究分析报告");
    assert_eq!((survey.fields, survey.size_mb), (Some(209.0), Some(15.0)));
    assert_eq!(survey.update_frequency, UpdateFrequency::HalfYearly);
    assert_eq!((survey.traded_on.to_string().as_str(), survey.price_state), ("2024-04-30", PriceState::NotStated));

    let (_, guangzhou) = loaded(&data, "guangzhou");
    assert_eq!(guangzhou.iter().filter(|t| t.price_unit == Some(PriceUnit::Month)).count(), 3);
    assert_eq!(guangzhou.iter().filter(|t| t.update_frequency == UpdateFrequency::OnDemand).count(), 444);
}

#[test]
fn most_of_zhejiang_stands_in_title_families_at_one_price() {
    let Some(data) = reference::folder("zhejiang_title_families") else { return };
    let (_, trades) = loaded(&data, "zhejiang");
    let thousand = |t: &&Trade| t.price.is_some_and(|p| p == 1000.into()) && t.price_unit == Some(PriceUnit::OneOff);
    let at_thousand: Vec<&Trade> = trades.iter().filter(thousand).collect();
    // As published: 55 % of the priced listings are exactly 1000 in title families.
    assert!((at_thousand.len() as f64 / 833.0 - 0.55).abs() < 0.015, "{}", at_thousand.len());
    let mut families: Vec<&str> = at_thousand.iter().map(|t| t.title_family.as_str()).collect();
    families.sort_unstable();
    families.dedup();
    assert!(families.len() <= 60, "{} families", families.len());
}

#[test]
fn all_four_share_one_store_and_importing_again_adds_nothing() {
    let Some(data) = reference::folder("four_exchanges_twice") else { return };
    let dir = tempfile::tempdir().expect("a folder");
    let store = Store::open(dir.path()).expect("a store");
    for exchange in EXCHANGES {
        assert_eq!(imported(&data, exchange.name, &store).imported, exchange.rows);
    }
    let before = store.manifest().expect("a manifest");
    assert_eq!(before.rows(), 2_746);
    for exchange in EXCHANGES {
        assert_eq!(imported(&data, exchange.name, &store).duplicates, exchange.rows);
    }
    assert_eq!(store.manifest().expect("a manifest"), before);
    assert_eq!(store.verify().expect("it verifies").failures, vec![]);
}
