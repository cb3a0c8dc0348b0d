//! The sheet of the simulation: its plan, the statistics of every output, and a histogram of the conclusion.

use rust_xlsxwriter::{Chart, ChartType, Worksheet};
use valuation::unit::Unit;
use valuation::words::Language;

use super::appendix::{headings, page, texts};
use super::layout::{Layout, letters};
use super::style::{self, Kind};
use super::{EngineCell, EngineReason, Paper};
use crate::report::simulation::{Bin, Output, Summary};
use crate::report::{ReportError, words};

const WIDTHS: [f64; 12] = [34.0, 22.0, 11.0, 14.0, 16.0, 15.0, 15.0, 15.0, 15.0, 15.0, 15.0, 15.0];
/// The height of headings that take three lines.
const HEADING: f64 = 46.0;
/// The statistics stand from this column on.
const FIRST: u16 = 2;

/// Writes the sheet; its numbers are the engine's and do not recalculate.
pub fn write(
    paper: &Paper,
    summary: &Summary,
    layout: &Layout,
    worksheet: &mut Worksheet,
    engine_cells: &mut Vec<EngineCell>,
) -> Result<(), ReportError> {
    page(worksheet, "report.sheet.simulation", &WIDTHS)?;
    let mut line = plan(summary, worksheet)?;
    let keys = ["simulated", "simulated_cell", "draws", "not_finite", "mean", "sd", "std_error"];
    headings(worksheet, line, &keys)?;
    worksheet.set_row_height(line, HEADING)?;
    for (index, quantile) in summary.outputs.first().map_or(&[][..], |output| &output.quantiles).iter().enumerate() {
        let column = keys.len() as u16 + index as u16;
        let head = format!("{}%", (quantile.probability * 100.0).round());
        worksheet.write_with_format(line, column, head, &style::number_heading())?;
    }
    for output in &summary.outputs {
        line += 1;
        self::output(paper, output, layout, worksheet, line)?;
        let (from, to) = (letters(FIRST), letters(WIDTHS.len() as u16 - 1));
        engine_cells.push(EngineCell {
            sheet: words::text_zh("report.sheet.simulation"),
            cell: format!("{from}{}:{to}{}", line + 1, line + 1),
            key: output.sheet.clone(),
            why: EngineReason::Simulation,
        });
    }
    if let Some(unit) = summary.outputs.last().and_then(|output| paper.workbook.row(output.cell.row)).map(|r| r.unit) {
        histogram(&summary.histogram, unit, worksheet, line + 2, engine_cells)?;
    }
    Ok(())
}

/// What was drawn and what failed; answers the next free line.
fn plan(summary: &Summary, worksheet: &mut Worksheet) -> Result<u32, ReportError> {
    let sampling = words::both(&format!("report.sampling.{}", crate::report::compose::name_of(&summary.sampling)));
    let facts = [
        ("report.fact.draws", summary.draws.to_string()),
        ("report.fact.sampling", sampling),
        ("report.fact.seed", summary.seed.to_string()),
        ("report.heading.not_finite", summary.not_finite.to_string()),
    ];
    let mut lines: Vec<[String; 2]> = facts.map(|(key, value)| [words::both(key), value]).to_vec();
    let failed = words::both("report.fact.failed_checks");
    for (code, draws) in &summary.failed_checks {
        lines.push([failed.clone(), format!("{}: {draws}", words::check(code, Language::Zh))]);
    }
    if summary.failed_checks.is_empty() {
        lines.push([failed, words::both("report.simulation.no_failed_check")]);
    }
    for dependence in &summary.dependence {
        let inputs = format!("{} ~ {}", dependence.inputs[0], dependence.inputs[1]);
        let support = dependence.evidence.clone().or_else(|| Some(dependence.assumption.as_ref()?.reason.clone()));
        let said = format!("{inputs}: {} ({})", dependence.correlation, support.unwrap_or_default());
        lines.push([words::both("report.simulation.dependence"), said]);
    }
    for (index, line) in lines.iter().enumerate() {
        let at = index as u32 + 2;
        worksheet.write_with_format(at, 0, &line[0], &style::label())?;
        worksheet.write_with_format(at, 1, &line[1], &style::remark())?;
    }
    Ok(lines.len() as u32 + 3)
}

fn output(
    paper: &Paper,
    output: &Output,
    layout: &Layout,
    worksheet: &mut Worksheet,
    line: u32,
) -> Result<(), ReportError> {
    let at = output.cell.row;
    let row = paper.workbook.row(at).ok_or(ReportError::Reference { row: at })?;
    let sheet = paper.workbook.sheets.get(at.sheet as usize).ok_or(ReportError::Reference { row: at })?;
    let label =
        format!("{}〔{}〕", words::row_label(row, Language::Zh), super::layout::sheet_label(sheet, Language::Zh));
    let place = layout.cell(at, output.cell.column as u16, u32::MAX)?;
    texts(worksheet, line, &WIDTHS, &[label, place])?;
    let counts = [output.count, output.not_finite].map(|count| (count as f64, Unit::Count));
    let moments = [output.mean, output.sd, output.std_error].map(|value| (value, row.unit));
    let quantiles = output.quantiles.map(|quantile| (quantile.value, row.unit));
    for (offset, (number, unit)) in counts.into_iter().chain(moments).chain(quantiles).enumerate() {
        // A statistic over no finite draw has no value; the cell stays empty.
        if number.is_finite() {
            let format = style::value(&unit, Kind::Engine);
            worksheet.write_with_format(line, FIRST + offset as u16, number, &format)?;
        }
    }
    Ok(())
}

/// The classes of the histogram with their chart beside them.
fn histogram(
    bins: &[Bin],
    unit: Unit,
    worksheet: &mut Worksheet,
    line: u32,
    engine_cells: &mut Vec<EngineCell>,
) -> Result<(), ReportError> {
    if bins.is_empty() {
        return Ok(());
    }
    let sheet = words::text_zh("report.sheet.simulation");
    let heads = ["report.heading.class_low", "report.heading.class_high", "report.heading.class_count"];
    for (column, key) in heads.iter().enumerate() {
        worksheet.write_with_format(line, column as u16, words::both(key), &style::heading())?;
    }
    worksheet.set_row_height(line, HEADING)?;
    let first = line + 1;
    for (index, bin) in bins.iter().enumerate() {
        let at = first + index as u32;
        let amount = style::value(&unit, Kind::Engine);
        worksheet.write_with_format(at, 0, bin.low, &amount)?;
        worksheet.write_with_format(at, 1, bin.high, &amount)?;
        worksheet.write_with_format(at, 2, bin.count as f64, &style::value(&Unit::Count, Kind::Engine))?;
    }
    let last = first + bins.len() as u32 - 1;
    engine_cells.push(EngineCell {
        sheet: sheet.clone(),
        cell: format!("A{}:C{}", first + 1, last + 1),
        key: "histogram".to_owned(),
        why: EngineReason::Simulation,
    });
    let mut chart = Chart::new(ChartType::Column);
    chart
        .add_series()
        .set_categories((sheet.as_str(), first, 0, last, 0))
        .set_values((sheet.as_str(), first, 2, last, 2))
        .set_gap(4);
    chart.legend().set_hidden();
    chart.title().set_name(&words::both("report.simulation.histogram"));
    chart.x_axis().set_num_format("#,##0");
    chart.set_width(900).set_height(320);
    worksheet.insert_chart(line, 4, &chart)?;
    Ok(())
}
