//! How each estimate comes about: every row with its formula, value and source, read from the workbook itself.

use valuation::estimate::Estimate;
use valuation::unit::Unit;
use valuation::words::Language;
use valuation::workbook::{Axis, Cell, RowRef};

use super::{Source, section};
use crate::report::charts;
use crate::report::document::{Block, Column, Fact, Figure, Row, Said, Section, Table};
use crate::report::{notation, numerals, words};

/// Value columns that fit beside label and formula on a page.
const COLUMNS: usize = 4;

/// One section for each estimate, 评估技术说明.
pub fn estimates(source: &Source) -> Vec<Section> {
    let all = &source.valuation.estimates;
    all.iter().enumerate().map(|(index, estimate)| one(source, index, estimate)).collect()
}

fn one(source: &Source, index: usize, estimate: &Estimate) -> Section {
    let how = Said::word(&format!("interval.{}", super::name_of(&estimate.interval.how)));
    let mut blocks = vec![Block::Facts(vec![
        Fact::new("report.fact.approach", Said::word(estimate.approach.word())),
        Fact::new("report.fact.value", money(&estimate.value)),
        Fact::new("report.fact.interval", super::conclusion::interval(&estimate.interval)),
        Fact::new("report.fact.interval_source", how),
    ])];
    if let Some(sheet) = source.valuation.outputs.get(index).map(|row| row.sheet) {
        let workbook = &source.valuation.workbook;
        let blocks_of_sheet = workbook.sheets.get(sheet as usize).map_or(0, |found| found.blocks.len());
        for block in 0..blocks_of_sheet {
            let first = RowRef { sheet, block: block as u32, row: 0 };
            blocks.extend(tables(source, first));
            blocks.extend(chart(source, first));
        }
    }
    let heading = Said::word(&format!("method.{}", estimate.method.text()));
    let lead = Said::word("report.section.estimate");
    let heading = Said { zh: format!("{}：{}", lead.zh, heading.zh), en: format!("{}: {}", lead.en, heading.en) };
    Section { heading, ..section(&format!("estimate-{}", index + 1), blocks) }
}

pub(super) fn money(money: &valuation::money::Money) -> Said {
    Said::plain(format!("{} {}", numerals::amount(money), money.currency()))
}

/// The rows of one block, over as many tables as its columns need.
pub(super) fn tables(source: &Source, first: RowRef) -> Vec<Block> {
    let Some(block) = source.valuation.workbook.block(first) else { return Vec::new() };
    let columns: Vec<usize> = (0..block.axis.len()).collect();
    let chunks = columns.chunks(COLUMNS);
    chunks.map(|columns| Block::Table(table(source, first, &block.axis, &block.rows, columns))).collect()
}

fn table(source: &Source, first: RowRef, axis: &Axis, rows: &[valuation::workbook::Row], columns: &[usize]) -> Table {
    let mut headings = vec![Column::text("report.heading.item"), Column::text("report.heading.how")];
    headings.extend(columns.iter().map(|column| {
        Column::number(match axis {
            Axis::One => Said::word("report.heading.value"),
            Axis::Time(schedule) => period(&schedule.label(*column as u32)),
            Axis::Items(keys) => Said::plain(&keys[*column]),
        })
    }));
    let rows = rows.iter().enumerate().map(|(index, row)| {
        let at = RowRef { row: index as u32, ..first };
        let mut cells = vec![labelled(row), how(source, at, row)];
        cells.extend(columns.iter().map(|column| {
            let number = source.point.number(at, *column);
            Said::plain(match (&row.cell, number.real() == 1.0) {
                (Cell::Check { .. }, true) => "✓".to_owned(),
                (Cell::Check { .. }, false) => "✗".to_owned(),
                _ => numerals::number(number, &row.unit),
            })
        }));
        Row { cells, strong: source.valuation.outputs.contains(&at) }
    });
    Table { columns: headings, rows: rows.collect(), derivation: true, ..Table::default() }
}

/// A period's heading; its last day stands below its first.
fn period(label: &str) -> Said {
    match label.split_once('/') {
        Some((begin, end)) => Said { zh: begin.to_owned(), en: format!("– {end}") },
        None => Said::plain(label),
    }
}

fn labelled(row: &valuation::workbook::Row) -> Said {
    let label = |language| {
        let unit = match &row.unit {
            Unit::Ratio | Unit::Flag => String::new(),
            unit => format!("（{}）", words::unit(unit, language)),
        };
        words::row_label(row, language) + &unit
    };
    Said { zh: label(Language::Zh), en: label(Language::En).replace('（', " (").replace('）', ")") }
}

/// The formula of a row, or what an input rests on; then the rule it follows.
fn how(source: &Source, at: RowRef, row: &valuation::workbook::Row) -> Said {
    let said = |language: Language| {
        let mut parts = Vec::new();
        parts.extend(notation::row(&source.valuation.workbook, at, language));
        if let Cell::Input(id) = &row.cell {
            match source.valuation.bindings.inputs.get(id) {
                Some(binding) => {
                    parts.push(words::support(&binding.support, language));
                    parts.extend(words::distribution(&binding.quantity, language));
                }
                None => parts.push(valuation::words::text("report.heading.joint", language)),
            }
        }
        if let (Some(cite), Language::Zh) = (&row.cite, language) {
            parts.push(format!("{}{}", cite.document, cite.place.as_deref().unwrap_or_default()));
        }
        parts.join(if language == Language::Zh { "；" } else { "; " })
    };
    Said { zh: said(Language::Zh), en: said(Language::En) }
}

/// The present values of a forecast as bars.
fn chart(source: &Source, first: RowRef) -> Option<Block> {
    let block = source.valuation.workbook.block(first)?;
    let Axis::Time(schedule) = &block.axis else { return None };
    let index = block.rows.iter().position(|row| row.key == "present_value")?;
    let at = RowRef { row: index as u32, ..first };
    let points = (0..schedule.count).map(|column| charts::Point {
        label: schedule.begin(column).map_or(String::new(), |begin| begin.format("%Y-%m").to_string()),
        value: source.point.number(at, column as usize).real() / 1e4,
    });
    let caption = Said::word("report.figure.present_value");
    let unit = super::conclusion::axis_unit(source);
    let svg = charts::bars(&caption.zh, &unit, &points.collect::<Vec<_>>());
    Some(Block::Figure(Figure { caption, svg }))
}
