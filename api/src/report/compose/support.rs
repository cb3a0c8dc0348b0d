//! What the numbers rest on: the evidence, the price models, the assumptions.

use valuation::assumption::Assumption;
use valuation::evidence::Support;
use valuation::words::Language;
use valuation::workbook::{Cell, InputId, RowRef};

use super::{Source, section};
use crate::report::document::{Block, Column, Row, Said, Section, Table};
use crate::report::xlsx::layout::sheet_label;
use crate::report::{numerals, words};

/// 评估依据
pub fn evidence(source: &Source) -> Section {
    let keys = ["evidence_id", "evidence_title", "evidence_source", "known_on", "sha256"];
    let rows = source.valuation.case.evidence.iter().map(|item| {
        let sha256 = item.sha256.clone().unwrap_or_else(|| "—".to_owned());
        let cells = [item.id.clone(), item.title.clone(), item.source.clone(), item.known_on.to_string(), sha256];
        Row { cells: cells.map(Said::plain).to_vec(), strong: false }
    });
    let rows: Vec<Row> = rows.collect();
    let mut blocks = vec![Block::Text(Said::word("report.evidence.rule"))];
    if rows.is_empty() {
        blocks.push(Block::Text(Said::word("report.evidence.none")));
    } else {
        blocks.push(Block::Table(Table { columns: headings(&keys), rows, ..Table::default() }));
    }
    blocks.extend(price_models(source));
    section("evidence", blocks)
}

fn headings(keys: &[&str]) -> Vec<Column> {
    keys.iter().map(|key| Column::text(&format!("report.heading.{key}"))).collect()
}

/// The price models the case refers to.
fn price_models(source: &Source) -> Vec<Block> {
    let models = &source.valuation.price_models;
    if models.is_empty() {
        return Vec::new();
    }
    let rows = models.iter().map(|(id, model)| {
        let cut_off = model.cut_off.to_string();
        let cells = [id.clone(), model.formula.clone(), cut_off, format!("{:.4}", model.residual_sd)];
        Row { cells: cells.map(Said::plain).to_vec(), strong: false }
    });
    let columns = headings(&["model_id", "model_formula", "cut_off", "residual_sd"]);
    let table = Table { columns, rows: rows.collect(), ..Table::default() };
    vec![Block::Heading(Said::word("report.price_models")), Block::Table(table)]
}

/// 评估假设
pub fn assumptions(source: &Source) -> Section {
    let mut rows = Vec::new();
    for (id, binding) in &source.valuation.bindings.inputs {
        for assumption in words::assumptions(&binding.support) {
            let (label, value) = input(source, id, assumption);
            let cells = vec![
                label,
                Said::plain(value),
                Said::plain(&assumption.reason),
                Said::plain(&assumption.author),
                Said::plain(&assumption.reviewer),
            ];
            rows.push(Row { cells, strong: false });
        }
    }
    for dependence in &source.valuation.case.dependence {
        if let Some(assumption) = &dependence.assumption {
            let pair = super::simulation::pair(source, dependence);
            let cells = vec![
                Said::filled("report.simulation.correlation_of", &[("pair", &pair)]),
                Said::plain(dependence.correlation.to_string()),
                Said::plain(&assumption.reason),
                Said::plain(&assumption.author),
                Said::plain(&assumption.reviewer),
            ];
            rows.push(Row { cells, strong: false });
        }
    }
    let mut blocks = vec![Block::Text(Said::word("report.assumptions.rule"))];
    if rows.is_empty() {
        blocks.push(Block::Text(Said::word("report.assumptions.none")));
    } else {
        let columns = headings(&["input", "value", "reason", "author", "reviewer"]);
        blocks.push(Block::Table(Table { columns, rows, ..Table::default() }));
    }
    section("assumptions", blocks)
}

/// The row that first holds an input.
fn first_row(source: &Source, id: &InputId) -> Option<RowRef> {
    source.valuation.workbook.sheets.iter().enumerate().find_map(|(s, sheet)| {
        sheet.blocks.iter().enumerate().find_map(|(b, block)| {
            let row = block.rows.iter().position(|row| matches!(&row.cell, Cell::Input(found) if found == id))?;
            Some(RowRef { sheet: s as u32, block: b as u32, row: row as u32 })
        })
    })
}

/// The label of the row that first holds an input, with its sheet.
pub(super) fn labelled(source: &Source, id: &InputId) -> Said {
    let workbook = &source.valuation.workbook;
    let found = first_row(source, id).and_then(|at| Some((workbook.row(at)?, workbook.sheets.get(at.sheet as usize)?)));
    let Some((row, sheet)) = found else { return Said::plain(&id.0) };
    let label = |language: Language| words::row_label(row, language);
    let zh = format!("{}〔{}〕", label(Language::Zh), sheet_label(sheet, Language::Zh));
    Said { zh, en: label(Language::En) }
}

/// The label of an input and its numbers that rest on `assumption`.
fn input(source: &Source, id: &InputId, assumption: &Assumption) -> (Said, String) {
    let support = source.valuation.bindings.inputs.get(id).map(|binding| &binding.support);
    let rests = |column: usize| match support {
        Some(Support::Each(each)) => {
            each.get(column).is_some_and(|support| words::assumptions(support).contains(&assumption))
        }
        _ => true,
    };
    let workbook = &source.valuation.workbook;
    let found = first_row(source, id).and_then(|at| Some((at, workbook.row(at)?, workbook.block(at)?)));
    let Some((at, row, block)) = found else { return (labelled(source, id), "—".to_owned()) };
    let columns = (0..block.axis.len()).filter(|column| rests(*column));
    let numbers = columns.map(|column| numerals::number(source.point.number(at, column), &row.unit));
    (labelled(source, id), numbers.collect::<Vec<_>>().join("；"))
}
