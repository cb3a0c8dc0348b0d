//! One recorded valuation on the page: its estimates, its conclusion, its picture and its files.

use rust_decimal::Decimal;
use rust_decimal::prelude::ToPrimitive;
use valuation::estimate::Interval;
use valuation::method::Approach;
use valuation::money::Money;
use valuation::words::{self, Language};

use super::amount::{Amount, Scale};
use crate::report::Format;
use crate::report::charts::{Range, Room, football_field};
use crate::report::compose::name_of;
use crate::work::valuation::{ValuationRecord, ValuationSummary};

/// A valuation as the page shows it.
pub struct Valued {
    pub id: String,
    pub asset: String,
    pub purpose: String,
    pub basis: String,
    pub date: String,
    pub recorded_on: String,
    /// The values of the cost, the income and the market approach, in this order.
    pub approaches: Vec<Approached>,
    pub conclusion: Value,
    /// The football field, as SVG.
    pub picture: String,
    /// What speaks against it, in words.
    pub contradictions: Vec<String>,
    pub files: Vec<File>,
}

/// What one approach says.
pub struct Approached {
    pub name: String,
    /// One a method, with the method's name.
    pub values: Vec<(String, Value)>,
}

/// A value and its interval.
pub struct Value {
    pub amount: Amount,
    pub range: String,
    /// The interval with its level and its exact ends.
    pub interval: String,
}

/// A file of a valuation.
pub struct File {
    pub word: String,
    pub path: String,
}

impl Value {
    fn of(value: &Money, interval: &Interval, language: Language) -> Value {
        let exact = |money: &Money| Amount::of(money, language).exact;
        let level = format!("{}%", (interval.level * 1e4).round() / 1e2);
        let ends = [("level", level.as_str()), ("low", &exact(&interval.low)), ("high", &exact(&interval.high))];
        Value {
            amount: Amount::of(value, language),
            range: Amount::range(&interval.low, &interval.high, language),
            interval: words::format("report.interval", language, &ends),
        }
    }
}

impl Valued {
    pub fn of(record: &ValuationRecord, language: Language) -> Valued {
        let valuation = &record.valuation;
        let approach = |approach: Approach| Approached {
            name: words::text(approach.word(), language),
            values: valuation
                .estimates
                .iter()
                .filter(|estimate| estimate.approach == approach)
                .map(|estimate| {
                    let method = words::text(&format!("method.{}", estimate.method.text()), language);
                    (method, Value::of(&estimate.value, &estimate.interval, language))
                })
                .collect(),
        };
        let said = |code: &str| words::text(&format!("contradiction.{code}"), language);
        let file = |format: Format| File {
            word: words::text(&format!("page.file.{}", format.ending()), language),
            path: format!("/v1/valuations/{}/report.{}", valuation.valuation_id, format.ending()),
        };
        Valued {
            id: valuation.valuation_id.clone(),
            asset: valuation.asset.clone(),
            purpose: words::text(&format!("purpose.{}", name_of(&valuation.purpose)), language),
            basis: words::text(&format!("basis.{}", name_of(&valuation.basis)), language),
            date: valuation.valuation_date.to_string(),
            recorded_on: record.kept.recorded_at.get(..10).unwrap_or_default().to_owned(),
            approaches: [Approach::Cost, Approach::Income, Approach::Market].map(approach).into(),
            conclusion: Value::of(&valuation.conclusion.value, &valuation.conclusion.interval, language),
            picture: picture(valuation, language),
            contradictions: valuation.contradictions.iter().map(|found| said(&found.code)).collect(),
            files: [Format::Html, Format::Xlsx, Format::Json].map(file).into(),
        }
    }
}

/// The football field of the estimates and the conclusion.
fn picture(valuation: &ValuationSummary, language: Language) -> String {
    let conclusion = &valuation.conclusion;
    let intervals = valuation.estimates.iter().map(|estimate| &estimate.interval).chain([&conclusion.interval]);
    let largest = intervals.map(|interval| interval.high.amount()).max().unwrap_or_default();
    let scale = Scale::of(largest, language, true);
    let scaled = |money: &Money| (money.amount() / Decimal::from(scale.divisor)).to_f64().unwrap_or(f64::NAN);
    let range = |label: String, value: &Money, interval: &Interval, strong| Range {
        label,
        sublabel: scale.figure(value),
        low: scaled(&interval.low),
        value: scaled(value),
        high: scaled(&interval.high),
        strong,
    };
    let short = |approach: Approach| words::text(&format!("page.{}", approach.word()), language);
    let mut ranges: Vec<Range> = valuation
        .estimates
        .iter()
        .map(|estimate| range(short(estimate.approach), &estimate.value, &estimate.interval, false))
        .collect();
    ranges.push(range(words::text("page.conclusion", language), &conclusion.value, &conclusion.interval, true));
    let title = format!("{} · {}", valuation.asset, words::text("report.figure.football_field", language));
    football_field(&title, &scale.unit(&conclusion.value, language), &ranges, Room::CARD)
}
