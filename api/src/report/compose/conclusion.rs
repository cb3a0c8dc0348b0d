//! The summary and the conclusion: one definite amount, its interval, and how the estimates lead to it.

use rust_decimal::prelude::ToPrimitive;
use valuation::estimate::Interval;
use valuation::money::Money;
use valuation::unit::Unit;
use valuation::words::Language;
use valuation::workbook::RowRef;

use super::derivation::{money, tables};
use super::{Source, name_of, section};
use crate::report::charts;
use crate::report::document::{Amount, Block, Column, Fact, Figure, Row, Said, Section, Table};
use crate::report::{numerals, words};

/// 摘要
pub fn summary(source: &Source) -> Section {
    let case = &source.valuation.case;
    let facts = vec![
        Fact::new("report.asset.name", Said::plain(&case.asset.name)),
        Fact::new("report.fact.purpose", Said::word(&format!("purpose.{}", name_of(&case.purpose)))),
        Fact::new("report.fact.basis", Said::word(&format!("basis.{}", name_of(&case.basis)))),
        Fact::new("report.fact.valuation_date", Said::plain(case.valuation_date.to_string())),
    ];
    let mut blocks = vec![Block::Amount(amount(source)), Block::Facts(facts), estimates(source), field(source)];
    blocks.push(Block::Text(Said::word("report.summary.extract")));
    section("summary", blocks)
}

/// 评估结论
pub fn conclusion(source: &Source) -> Section {
    let case = &source.valuation.case;
    let said = Said::filled(
        "report.conclusion.text",
        &[
            ("date", &Said::plain(case.valuation_date.to_string())),
            ("asset", &Said::plain(&case.asset.name)),
            ("basis", &Said::word(&format!("basis.{}", name_of(&case.basis)))),
            ("amount", &money(&source.valuation.conclusion.value)),
        ],
    );
    let reconcile = &case.reconcile;
    let how = if reconcile.select.is_some() { "report.conclusion.selected" } else { "report.conclusion.weighted" };
    let mut facts = vec![
        Fact::new("report.conclusion.how", Said::word(how)),
        Fact::new("report.conclusion.reason", Said::plain(&reconcile.reason)),
        Fact::new("report.conclusion.round_to", Said::plain(numerals::decimals(reconcile.round_to, 0, 2))),
    ];
    for (key, who) in [("report.heading.author", &reconcile.author), ("report.heading.reviewer", &reconcile.reviewer)] {
        facts.extend(who.as_ref().map(|who| Fact::new(key, Said::plain(who))));
    }
    let mut blocks = vec![Block::Text(said), Block::Amount(amount(source)), Block::Facts(facts)];
    if let Some(last) = source.valuation.outputs.last() {
        let blocks_of_sheet = source.valuation.workbook.sheets.get(last.sheet as usize).map_or(0, |s| s.blocks.len());
        for block in 0..blocks_of_sheet {
            blocks.extend(tables(source, RowRef { sheet: last.sheet, block: block as u32, row: 0 }));
        }
    }
    section("conclusion", blocks)
}

fn amount(source: &Source) -> Amount {
    let conclusion = &source.valuation.conclusion;
    Amount {
        label: Said::word("report.fact.conclusion"),
        figure: money(&conclusion.value).zh,
        capitals: numerals::capitals(&conclusion.value).unwrap_or_default(),
        interval: interval(&conclusion.interval),
    }
}

/// An interval with its probability.
pub(super) fn interval(interval: &Interval) -> Said {
    let level = Said::plain(format!("{}%", (interval.level * 1e4).round() / 1e2));
    let (low, high) = (Said::plain(numerals::amount(&interval.low)), money(&interval.high));
    Said::filled("report.interval", &[("level", &level), ("low", &low), ("high", &high)])
}

fn estimates(source: &Source) -> Block {
    let all = &source.valuation.estimates;
    let mut rows: Vec<Row> = all
        .iter()
        .map(|estimate| {
            let method = Said::word(&format!("method.{}", estimate.method.text()));
            let value = Said::plain(numerals::amount(&estimate.value));
            row(vec![Said::word(estimate.approach.word()), method, value], &estimate.interval, false)
        })
        .collect();
    let conclusion = &source.valuation.conclusion;
    let value = Said::plain(numerals::amount(&conclusion.value));
    let first = vec![Said::word("report.fact.conclusion"), Said::plain("—"), value];
    rows.push(row(first, &conclusion.interval, true));
    let columns = vec![
        Column::text("report.method.approach"),
        Column::text("report.method.methods"),
        Column::number(Said::word("report.fact.value")),
        Column::number(Said::word("report.heading.low")),
        Column::number(Said::word("report.heading.high")),
    ];
    Block::Table(Table { columns, rows, ..Table::default() })
}

fn row(mut cells: Vec<Said>, interval: &Interval, strong: bool) -> Row {
    cells.push(Said::plain(numerals::amount(&interval.low)));
    cells.push(Said::plain(numerals::amount(&interval.high)));
    Row { cells, strong }
}

/// The football field of all estimates and the conclusion.
fn field(source: &Source) -> Block {
    let range = |label: Said, value: &Money, interval: &Interval, strong| charts::Range {
        label: label.zh,
        sublabel: label.en,
        low: scaled(&interval.low),
        value: scaled(value),
        high: scaled(&interval.high),
        strong,
    };
    let mut ranges: Vec<charts::Range> = Vec::new();
    for estimate in &source.valuation.estimates {
        let label = Said::word(&format!("method.{}", estimate.method.text()));
        ranges.push(range(label, &estimate.value, &estimate.interval, false));
    }
    let conclusion = &source.valuation.conclusion;
    ranges.push(range(Said::word("report.fact.conclusion"), &conclusion.value, &conclusion.interval, true));
    let caption = Said::word("report.figure.football_field");
    let svg = charts::football_field(&caption.zh, &axis_unit(source), &ranges, charts::Room::PAGE);
    Block::Figure(Figure { caption, svg })
}

/// Ten thousand of the currency, as Chinese readers count.
pub(super) fn scaled(money: &Money) -> f64 {
    money.amount().to_f64().unwrap_or(f64::NAN) / 1e4
}

pub(super) fn axis_unit(source: &Source) -> String {
    let unit = Unit::Money(source.valuation.case.currency);
    let currency = Said { zh: words::unit(&unit, Language::Zh), en: words::unit(&unit, Language::En) };
    let said = Said::filled("report.figure.unit", &[("currency", &currency)]);
    format!("{} · {}", said.zh, said.en)
}
