//! The yearly operating report (年度运营情况报告) and the fee schedule, as a document.

use rust_decimal::Decimal;
use valuation::money::Money;
use valuation::public_data::operation::{BaseTerms, Operated, Operation, VatBasis};
use valuation::words::Language;

use super::Revenue;
use crate::report::document::{Block, Column, Fact, Report, Row, Said, Section, Table};
use crate::report::{numerals, words};

/// Composes the report; nothing but the filing is read.
pub fn compose(operation: &Operation, done: &Operated, answer: &Revenue) -> Report {
    let cover = vec![
        Fact::new("public_data.operator", Said::plain(&operation.operator)),
        Fact::new("public_data.authorised_by", Said::plain(&operation.authorised_by)),
        Fact::new("public_data.periods", Said::plain(answer.periods.join("；"))),
        Fact::new("report.fact.hash", Said::plain(&answer.hash)),
    ];
    Report {
        title: Said::word("public_data.report"),
        subject: operation.operator.clone(),
        cover,
        sections: vec![
            section("rule", vec![Block::Text(Said::word("public_data.rule")), Block::Facts(rule(operation))]),
            section("costs", vec![costs(operation, answer)]),
            section("revenue", vec![revenue(answer)]),
            section("products", products(operation, answer)),
            section("free", vec![free(operation)]),
            section("schedule", vec![Block::Text(vat(operation)), schedule(operation)]),
            section("checks", vec![Block::Text(checks(done))]),
            section("sources", vec![sources(operation)]),
        ],
        simulation: None,
    }
}

fn section(anchor: &str, blocks: Vec<Block>) -> Section {
    Section { anchor: anchor.to_owned(), heading: Said::word(&format!("public_data.section.{anchor}")), blocks }
}

fn plain(cells: impl IntoIterator<Item = String>) -> Vec<Said> {
    cells.into_iter().map(Said::plain).collect()
}

fn rule(operation: &Operation) -> Vec<Fact> {
    let base = match operation.profit.base {
        BaseTerms::NetCost => "public_data.base.net_cost",
        BaseTerms::Assets(_) => "public_data.base.assets",
    };
    vec![
        Fact::new("public_data.base", Said::word(base)),
        Fact::new("public_data.profit_source", Said::plain(&operation.profit.source)),
        Fact::new("public_data.ceiling_vat", vat(operation)),
        Fact::new("public_data.trial_periods", Said::plain(operation.trial_periods.to_string())),
    ]
}

fn vat(operation: &Operation) -> Said {
    match &operation.ceiling_vat {
        VatBasis::Excluded => Said::word("public_data.vat.excluded"),
        VatBasis::Included(rate) => {
            let percent = Said::plain((rate.value * Decimal::ONE_HUNDRED).normalize().to_string());
            Said::filled("public_data.vat.included", &[("percent", &percent)])
        }
    }
}

/// Columns of a table over the periods.
fn over_periods(first: &str, answer: &Revenue) -> Vec<Column> {
    let mut columns = vec![Column::text(first)];
    columns.extend(answer.periods.iter().map(|period| Column::number(Said::plain(period.replace('/', " – ")))));
    columns
}

fn costs(operation: &Operation, answer: &Revenue) -> Block {
    let mut columns = over_periods("report.heading.item", answer);
    columns.insert(1, Column::text("public_data.eligible"));
    let mut rows: Vec<Row> = operation
        .costs
        .iter()
        .map(|line| {
            let kind = |language| format!("{} {}", line.item.label(language), line.name);
            let name = Said { zh: kind(Language::Zh), en: kind(Language::En) };
            let eligible = match (line.eligible, &line.reason) {
                (true, _) => Said::word("public_data.yes"),
                (false, reason) => Said::plain(reason.clone().unwrap_or_default()),
            };
            let mut cells = vec![name, eligible];
            cells.extend(plain(line.amounts.value.iter().map(|amount| numerals::decimals(*amount, 2, 2))));
            Row { cells, strong: false }
        })
        .collect();
    for (key, amounts) in
        [("row.eligible_cost", &answer.eligible_cost), ("row.ineligible_cost", &answer.ineligible_cost)]
    {
        let mut cells = vec![Said::word(key), Said::plain("")];
        cells.extend(plain(amounts.iter().map(numerals::amount)));
        rows.push(Row { cells, strong: true });
    }
    Block::Table(Table { columns, rows, ..Table::default() })
}

fn revenue(answer: &Revenue) -> Block {
    let lines: [(&str, &Vec<Money>, bool); 6] = [
        ("row.before_clawback", &answer.before_clawback, false),
        ("row.clawback_applied", &answer.clawback, false),
        ("row.maximum_permitted_revenue", &answer.maximum_permitted_revenue, true),
        ("row.ceiling_revenue", &answer.ceiling_revenue, false),
        ("row.revenue_earned", &answer.revenue, false),
        ("row.excess_revenue", &answer.excess, false),
    ];
    let rows = lines.map(|(key, amounts, strong)| {
        let mut cells = vec![Said::word(key)];
        cells.extend(plain(amounts.iter().map(numerals::amount)));
        Row { cells, strong }
    });
    let columns = over_periods("report.heading.item", answer);
    Block::Table(Table { columns, rows: rows.to_vec(), ..Table::default() })
}

fn products(operation: &Operation, answer: &Revenue) -> Vec<Block> {
    let mut blocks = Vec::new();
    for product in operation.products.iter().filter(|product| product.purpose.chargeable()) {
        let unit = words::unit(&valuation::unit::Unit::UnitPrice(operation.currency, product.per), Language::Zh);
        blocks.push(Block::Heading(Said::plain(format!("{}（{unit}）", product.name))));
        let lines = [
            ("row.ceiling_rate", &product.ceiling.value),
            ("row.charged_rate", &product.charged_rate.value),
            ("row.forecast_volume", &product.forecast_volume.value),
            ("row.sold_volume", &product.sold_volume.value),
        ];
        let rows = lines.map(|(key, numbers)| {
            let mut cells = vec![Said::word(key)];
            cells.extend(plain(numbers.iter().map(|number| numerals::decimals(*number, 0, 10))));
            Row { cells, strong: false }
        });
        let columns = over_periods("report.heading.item", answer);
        blocks.push(Block::Table(Table { columns, rows: rows.to_vec(), ..Table::default() }));
    }
    blocks
}

/// Free uses by purpose, with their volumes.
fn free(operation: &Operation) -> Block {
    let free: Vec<_> = operation.products.iter().filter(|product| !product.purpose.chargeable()).collect();
    if free.is_empty() {
        return Block::Text(Said::word("public_data.free.none"));
    }
    let rows = free.into_iter().map(|product| {
        let volumes: Vec<String> = product.sold_volume.value.iter().map(|n| numerals::decimals(*n, 0, 10)).collect();
        let purpose = Said { zh: product.purpose.label(Language::Zh), en: product.purpose.label(Language::En) };
        Row { cells: vec![Said::plain(&product.name), purpose, Said::plain(volumes.join("；"))], strong: false }
    });
    let columns = ["public_data.product", "public_data.purpose", "row.sold_volume"].map(Column::text).to_vec();
    Block::Table(Table { columns, rows: rows.collect(), ..Table::default() })
}

/// The rates in force in the last period, for publication (收费公示表).
fn schedule(operation: &Operation) -> Block {
    let last = operation.periods.count.saturating_sub(1) as usize;
    let rows = operation.products.iter().map(|product| {
        let unit = words::unit(&valuation::unit::Unit::UnitPrice(operation.currency, product.per), Language::Zh);
        let purpose = Said { zh: product.purpose.label(Language::Zh), en: product.purpose.label(Language::En) };
        let rate = |numbers: &[Decimal]| match (product.purpose.chargeable(), numbers.get(last)) {
            (true, Some(rate)) => Said::plain(numerals::decimals(*rate, 2, 10)),
            _ => Said::word("public_data.free_of_charge"),
        };
        let cells = vec![
            Said::plain(&product.name),
            purpose,
            Said::plain(unit),
            rate(&product.ceiling.value),
            rate(&product.charged_rate.value),
        ];
        Row { cells, strong: false }
    });
    let columns = vec![
        Column::text("public_data.product"),
        Column::text("public_data.purpose"),
        Column::text("public_data.unit"),
        Column::number(Said::word("row.ceiling_rate")),
        Column::number(Said::word("row.charged_rate")),
    ];
    Block::Table(Table { columns, rows: rows.collect(), ..Table::default() })
}

fn checks(done: &Operated) -> Said {
    let failed: Vec<&str> = done.point.failed_checks().iter().map(|check| check.code.as_str()).collect();
    if failed.is_empty() { Said::word("public_data.checks.hold") } else { Said::plain(failed.join(", ")) }
}

fn sources(operation: &Operation) -> Block {
    let rows = operation.evidence.iter().map(|item| {
        let cells = [item.id.clone(), item.title.clone(), item.source.clone(), item.known_on.to_string()];
        Row { cells: plain(cells), strong: false }
    });
    let keys = ["evidence_id", "evidence_title", "evidence_source", "known_on"];
    let columns = keys.map(|key| Column::text(&format!("report.heading.{key}"))).to_vec();
    Block::Table(Table { columns, rows: rows.collect(), ..Table::default() })
}
