//! The sheets beside the calculation: the workbook itself, the evidence, the assumptions.

use rust_xlsxwriter::Worksheet;
use valuation::unit::Unit;
use valuation::words::Language;

use super::style::{self, Kind};
use super::{EngineCell, Paper};
use crate::report::{ReportError, words};

pub(super) fn page(worksheet: &mut Worksheet, title: &str, widths: &[f64]) -> Result<(), ReportError> {
    for (column, width) in widths.iter().enumerate() {
        worksheet.set_column_width(column as u16, *width)?;
    }
    worksheet.write_with_format(0, 0, words::both(title), &style::title())?;
    worksheet.set_row_height(0, 24)?;
    worksheet.set_landscape().set_paper_size(9).set_print_fit_to_pages(1, 0);
    worksheet.set_footer("&L&A&R&P / &N");
    Ok(())
}

pub(super) fn headings(worksheet: &mut Worksheet, line: u32, keys: &[&str]) -> Result<(), ReportError> {
    for (column, key) in keys.iter().enumerate() {
        worksheet.write_with_format(line, column as u16, words::heading(key), &style::heading())?;
    }
    Ok(())
}

pub(super) fn texts(worksheet: &mut Worksheet, line: u32, widths: &[f64], texts: &[String]) -> Result<(), ReportError> {
    let wrapped: Vec<(&str, f64)> = texts.iter().map(String::as_str).zip(widths.iter().copied()).collect();
    worksheet.set_row_height(line, style::height(&wrapped))?;
    for (column, text) in texts.iter().enumerate() {
        let format = if column == 0 { style::label() } else { style::quiet() };
        worksheet.write_with_format(line, column as u16, text, &format)?;
    }
    Ok(())
}

const ABOUT: [f64; 2] = [44.0, 90.0];
const EVIDENCE: [f64; 5] = [10.0, 44.0, 36.0, 16.0, 70.0];
const ASSUMPTIONS: [f64; 5] = [34.0, 16.0, 60.0, 16.0, 34.0];

/// The list of evidence.
pub fn evidence(paper: &Paper, worksheet: &mut Worksheet) -> Result<(), ReportError> {
    page(worksheet, "report.sheet.evidence", &EVIDENCE)?;
    headings(worksheet, 2, &["evidence_id", "evidence_title", "evidence_source", "known_on", "sha256"])?;
    for (index, item) in paper.evidence.iter().enumerate() {
        let sha256 = item.sha256.clone().unwrap_or_else(|| "—".to_owned());
        let row = [item.id.clone(), item.title.clone(), item.source.clone(), item.known_on.to_string(), sha256];
        texts(worksheet, index as u32 + 3, &EVIDENCE, &row)?;
    }
    Ok(())
}

/// The list of inputs that rest on assumptions.
pub fn assumptions(paper: &Paper, worksheet: &mut Worksheet) -> Result<(), ReportError> {
    page(worksheet, "report.sheet.assumptions", &ASSUMPTIONS)?;
    headings(worksheet, 2, &["input", "author", "reason", "reviewer", "distribution"])?;
    let mut line = 3;
    for (id, binding) in &paper.bindings.inputs {
        let distribution = words::distribution(&binding.quantity, Language::Zh).unwrap_or_else(|| "—".to_owned());
        for assumption in words::assumptions(&binding.support) {
            let said = [&id.0, &assumption.author, &assumption.reason, &assumption.reviewer, &distribution];
            texts(worksheet, line, &ASSUMPTIONS, &said.map(String::clone))?;
            line += 1;
        }
    }
    for dependence in paper.simulated.iter().flat_map(|summary| &summary.dependence) {
        if let Some(assumption) = &dependence.assumption {
            let inputs = dependence.inputs.join(" ~ ");
            let joint = format!("{} {}", words::both("report.heading.correlation"), dependence.correlation);
            let said = [&inputs, &assumption.author, &assumption.reason, &assumption.reviewer, &joint];
            texts(worksheet, line, &ASSUMPTIONS, &said.map(String::clone))?;
            line += 1;
        }
    }
    Ok(())
}

/// The sheet on the workbook itself: what it is, its legend, and the cells without a live formula.
pub fn about(paper: &Paper, worksheet: &mut Worksheet, engine_cells: &[EngineCell]) -> Result<(), ReportError> {
    page(worksheet, "report.sheet.about", &ABOUT)?;
    texts(worksheet, 2, &ABOUT, &[words::both("report.fact.title"), paper.title.to_owned()])?;
    texts(worksheet, 3, &ABOUT, &[words::both("report.fact.valuation_date"), paper.valuation_date.to_string()])?;
    let mut line = 4;
    for (key, value) in paper.facts {
        texts(worksheet, line, &ABOUT, &[words::both(key), value.clone()])?;
        line += 1;
    }
    line = legend(worksheet, line + 1)?;
    if !engine_cells.is_empty() {
        worksheet.write_with_format(line + 1, 0, words::both("report.engine.list"), &style::heading())?;
        worksheet.write_with_format(line + 1, 1, words::both("report.engine.why"), &style::heading())?;
        line += 2;
        for cell in engine_cells {
            let place = format!("{}!{} ({})", cell.sheet, cell.cell, cell.key);
            texts(worksheet, line, &ABOUT, &[place, words::both(cell.why.word())])?;
            line += 1;
        }
    }
    Ok(())
}

fn legend(worksheet: &mut Worksheet, line: u32) -> Result<u32, ReportError> {
    worksheet.write_with_format(line, 0, words::both("report.legend"), &style::heading())?;
    worksheet.write_blank(line, 1, &style::heading())?;
    let kinds = [
        (Kind::Input, "report.legend.input"),
        (Kind::Formula, "report.legend.formula"),
        (Kind::Engine, "report.legend.engine"),
        (Kind::Check, "report.legend.check"),
    ];
    for (index, (kind, key)) in kinds.iter().enumerate() {
        let at = line + 1 + index as u32;
        worksheet.write_with_format(at, 0, 1.0, &style::value(&Unit::Ratio, *kind))?;
        worksheet.set_row_height(at, 16)?;
        worksheet.write_with_format(at, 1, words::both(key), &style::quiet())?;
    }
    Ok(line + 5)
}
