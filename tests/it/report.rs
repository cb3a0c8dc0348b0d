//! The report of a valuation: every section and disclosure is there, in both languages, in one file that needs no other.

use std::io::Cursor;
use std::sync::OnceLock;

use api::report::{self, Format, compose::compose};
use calamine::{Data, Reader, Xlsx, open_workbook_from_rs};
use rust_decimal::prelude::ToPrimitive;
use serde_json::Value;
use tests::sample::{self, weather};
use valuation::case::{Case, PriceModels};
use valuation::record::Valuation;
use valuation::value::value;

/// The shipped example, valued.
fn record() -> &'static Valuation {
    static RECORD: OnceLock<Valuation> = OnceLock::new();
    RECORD.get_or_init(|| valued(&weather()))
}

fn valued(case: &Value) -> Valuation {
    value(&Case::from_value(case).expect("a case"), &PriceModels::new()).expect("valued")
}

fn html(record: &Valuation) -> String {
    String::from_utf8(report::write(record, Format::Html).expect("a page")).expect("text")
}

fn anchors(record: &Valuation) -> Vec<String> {
    compose(record).expect("a report").sections.into_iter().map(|section| section.anchor).collect()
}

const SECTIONS: [&str; 15] = [
    "statement",
    "summary",
    "subject",
    "engagement",
    "method",
    "estimate-1",
    "estimate-2",
    "estimate-3",
    "evidence",
    "assumptions",
    "conclusion",
    "simulation",
    "special",
    "validity",
    "verification",
];

#[test]
fn the_report_has_the_sections_of_the_standard_in_order() {
    assert_eq!(anchors(record()), SECTIONS);
}

#[test]
fn without_an_uncertain_input_nothing_is_said_about_a_simulation() {
    let mut case = weather();
    for holder in sample::holders(&case, "distribution") {
        case = sample::without(&case, &holder, "distribution");
    }
    case.as_object_mut().expect("an object").shift_remove("dependence");
    let certain = valued(&case);
    let expected: Vec<&str> = SECTIONS.into_iter().filter(|anchor| *anchor != "simulation").collect();
    assert_eq!(anchors(&certain), expected);
    let json: Value = serde_json::from_slice(&report::write(&certain, Format::Json).expect("JSON")).expect("JSON");
    assert_eq!(json.get("simulation"), None);
    let paper = paper(&certain);
    assert!(!paper.sheet_names().iter().any(|name| name == "模拟结果"), "{:?}", paper.sheet_names());
}

#[test]
fn the_report_discloses_what_the_guidance_asks_for() {
    let record = record();
    let page = html(record);
    let case = &record.case;
    let mut told = vec![case.asset.name.as_str(), &case.asset.information.size, &case.asset.value.quality];
    told.extend(["数据资源持有权", "数据加工使用权", "数据产品经营权", "人民币", "使用有效期", "假设"]);
    told.extend(case.evidence.iter().map(|evidence| evidence.title.as_str()));
    told.extend([case.reconcile.reason.as_str(), &record.valuation_id, &record.hash, "hengshu verify", "2027-06-29"]);
    for text in told {
        assert!(page.contains(text), "the report does not say {text}");
    }
}

#[test]
fn the_report_stands_alone_and_speaks_words_only() {
    let page = html(record());
    for outside in ["<script", "<link", "<img", "url(", "@import"] {
        assert!(!page.contains(outside), "the page refers to something outside: {outside}");
    }
    // A missing word would print as its key.
    for family in ["report.", "row.", "sheet.", "method.", "notation.", "unit.", "right.", "check."] {
        let bare = |at: usize| page[at + family.len()..].starts_with(|c: char| c.is_ascii_lowercase());
        let at = page.match_indices(family).map(|(at, _)| at).find(|at| bare(*at) && !page[..*at].ends_with('_'));
        assert!(at.is_none(), "a key without a word: {}", at.map_or("", |at| &page[at..(at + 40).min(page.len())]));
    }
}

#[test]
fn the_same_record_gives_the_same_bytes_in_every_format() {
    for format in Format::ALL {
        let (one, two) =
            (report::write(record(), format).expect("a file"), report::write(record(), format).expect("a file"));
        assert!(one == two, "{} differs", format.ending());
    }
}

fn paper(record: &Valuation) -> Xlsx<Cursor<Vec<u8>>> {
    open_workbook_from_rs(Cursor::new(report::write(record, Format::Xlsx).expect("a paper"))).expect("readable")
}

/// The simulation of the report says what the record says: the plan, the failed checks, and at 5 % and 95 % the interval.
#[test]
fn the_simulation_is_told_in_every_format_and_agrees_with_the_record() {
    let record = record();
    assert!((record.case.simulation.level - 0.9).abs() < 1e-12, "5 % and 95 % are the ends of the interval");
    let json: Value = serde_json::from_slice(&report::write(record, Format::Json).expect("JSON")).expect("JSON");
    let told = &json["simulation"];
    let plan = &record.case.simulation;
    assert_eq!((told["draws"].as_u64(), told["seed"].as_u64()), (Some(u64::from(plan.draws)), Some(plan.seed)));
    assert_eq!(told["sampling"], serde_json::to_value(plan.sampling).expect("JSON"));
    assert_eq!(told["not_finite"].as_u64(), Some(record.not_finite));
    assert_eq!(told["failed_checks"], serde_json::to_value(&record.failed_checks).expect("JSON"));
    let outputs = told["outputs"].as_array().expect("outputs");
    assert_eq!(outputs.len(), record.estimates.len() + 1);
    let mut intervals: Vec<_> = record.estimates.iter().map(|estimate| estimate.interval.clone()).collect();
    intervals.push(record.conclusion.interval.clone());
    let sheets = paper(record).worksheet_range("模拟结果").expect("a sheet of the simulation");
    let numbers: Vec<f64> = sheets.cells().filter_map(|(_, _, cell)| float(cell)).collect();
    for (output, interval) in outputs.iter().zip(intervals) {
        let quantile = |index: usize| output["quantiles"][index]["value"].as_f64().expect("a number");
        for (found, recorded) in [(quantile(0), interval.low), (quantile(4), interval.high)] {
            let recorded = recorded.amount().to_f64().expect("an amount");
            assert!((found - recorded).abs() <= 0.005 + 1e-9, "{found} for {recorded}");
        }
        let steps: Vec<f64> = (0..5).map(quantile).collect();
        assert!(steps.is_sorted(), "{steps:?}");
        for statistic in ["mean", "sd", "std_error"].map(|name| output[name].as_f64().expect("a number")) {
            assert!(numbers.contains(&statistic), "the working paper does not hold {statistic}");
        }
        assert!(steps.iter().all(|step| numbers.contains(step)), "the working paper lacks a quantile");
    }
    let counted: u64 = told["histogram"].as_array().expect("classes").iter().filter_map(|b| b["count"].as_u64()).sum();
    assert_eq!(Some(counted), outputs.last().and_then(|output| output["count"].as_u64()));
    let page = html(record);
    let section =
        page.split("id=\"simulation\"").nth(1).expect("the section").split("</section>").next().expect("text");
    for word in ["均值", "标准差", "随机种子", "未通过的校验", "相关系数", "<svg"] {
        assert!(section.contains(word), "the section does not say {word}");
    }
    assert!(section.contains(&plan.seed.to_string()));
}

fn float(cell: &Data) -> Option<f64> {
    match cell {
        Data::Float(value) => Some(*value),
        Data::Int(value) => Some(*value as f64),
        _ => None,
    }
}

/// A failed check is counted and printed: a perpetuity whose growth reaches the rate in some draws.
#[test]
fn failed_checks_are_printed_with_their_draws() {
    let mut case = weather();
    let growth = serde_json::json!({
        "value": 0.03, "evidence": "E1", "distribution": {"normal": {"mean": 0.03, "sd": 0.06}}
    });
    case["methods"][1]["perpetuity"] = serde_json::json!({ "growth": growth });
    case["methods"][1]["life"] = serde_json::json!({"reason": "授权到期后自动续展"});
    let record = valued(&case);
    let failed = record.failed_checks.get("perpetuity_exists").copied().unwrap_or(0);
    assert!(failed > 0, "{:?}", record.failed_checks);
    let page = html(&record);
    let count = report::numerals::decimals(failed.into(), 0, 0);
    assert!(page.contains(&format!("永续增长率须低于折现率: {count}")), "{failed} draws are printed");
}
