//! The report of a valuation: every section and disclosure is there, in both languages, in one file that needs no other.

use api::report::{self, Format, compose::compose};
use tests::project;
use valuation::case::{Case, PriceModels, read};
use valuation::conclusion::Conclusion;
use valuation::contradiction::contradictions;
use valuation::estimate::{Estimate, Interval, IntervalSource};
use valuation::money::Money;
use valuation::record::Valuation;
use valuation::value::draft;
use valuation::workbook::calculate;

/// The shipped example at its point values; intervals are the values themselves.
fn record() -> Valuation {
    let text = project::read("valuation/examples/weather.json").expect("the shipped example");
    let case = Case::from_text(&text, read::Format::Json).expect("a case");
    let draft = draft(&case, &PriceModels::new()).expect("a workbook");
    let point = calculate(&draft.workbook, &draft.bindings).expect("point values");
    let value = |index: usize| {
        let number = point.number(draft.outputs[index], 0).real();
        Money::from_model(number, case.currency).expect("an amount")
    };
    let interval =
        |value: Money| Interval { low: value, high: value, level: 0.9, how: IntervalSource::NoUncertainInput };
    let estimates = case.methods.iter().zip(&draft.names).enumerate().map(|(index, (method, name))| Estimate {
        method: method.name(),
        approach: method.name().approach(),
        value: value(index),
        interval: interval(value(index)),
        sheet: name.clone(),
    });
    let estimates: Vec<Estimate> = estimates.collect();
    let concluded = value(estimates.len() + 1);
    let mut record = Valuation {
        valuation_id: "V-0123456789abcdef".to_owned(),
        engine_version: "0.1.0".to_owned(),
        price_models: PriceModels::new(),
        estimates,
        conclusion: Conclusion { value: concluded, interval: interval(concluded) },
        contradictions: contradictions(&case),
        uncertainty: None,
        failed_checks: Default::default(),
        not_finite: 0,
        workbook: draft.workbook,
        bindings: draft.bindings,
        outputs: draft.outputs,
        hash: String::new(),
        case,
    };
    record.hash = record.content_hash();
    record
}

fn html(record: &Valuation) -> String {
    String::from_utf8(report::write(record, Format::Html).expect("a page")).expect("text")
}

#[test]
fn the_report_has_the_sections_of_the_standard_in_order() {
    let composed = compose(&record()).expect("a report");
    let anchors: Vec<&str> = composed.sections.iter().map(|section| section.anchor.as_str()).collect();
    let expected = [
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
        "special",
        "validity",
        "verification",
    ];
    assert_eq!(anchors, expected);
}

#[test]
fn the_report_discloses_what_the_guidance_asks_for() {
    let record = record();
    let page = html(&record);
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
    let page = html(&record());
    for outside in ["<script", "<link", "<img", "url(", "@import"] {
        assert!(!page.contains(outside), "the page refers to something outside: {outside}");
    }
    // A missing word would print as its key.
    for family in ["report.", "row.", "sheet.", "method.", "notation.", "unit.", "right."] {
        let bare = |at: usize| page[at + family.len()..].starts_with(|c: char| c.is_ascii_lowercase());
        let at = page.match_indices(family).map(|(at, _)| at).find(|at| bare(*at) && !page[..*at].ends_with('_'));
        assert!(at.is_none(), "a key without a word: {}", at.map_or("", |at| &page[at..(at + 40).min(page.len())]));
    }
}

#[test]
fn the_same_record_gives_the_same_bytes_in_every_format() {
    let record = record();
    for format in Format::ALL {
        let (one, two) =
            (report::write(&record, format).expect("a file"), report::write(&record, format).expect("a file"));
        assert!(one == two, "{} differs", format.ending());
    }
}
