//! A workbook as a working paper: live formulas with the engine's results beside them, every input with its source.

mod appendix;
mod calculation;
pub mod formula;
pub mod layout;
mod simulation;
pub(crate) mod style;

use chrono::NaiveDate;
use rust_xlsxwriter::{DocProperties, ExcelDateTime, Workbook as Spreadsheet};
use valuation::evidence::Evidence;
use valuation::words::{Language, text};
use valuation::workbook::{Bindings, Point, Workbook};

use crate::report::ReportError;
use crate::report::simulation::Summary;
use layout::Layout;

/// Everything a working paper is made of.
#[derive(Clone, Debug)]
pub struct Paper<'a> {
    /// What is valued or calculated.
    pub title: &'a str,
    /// Also the document's date of creation: the clock is never read.
    pub valuation_date: NaiveDate,
    pub workbook: &'a Workbook,
    pub bindings: &'a Bindings,
    /// The point values of `workbook` under `bindings`.
    pub point: &'a Point,
    pub evidence: &'a [Evidence],
    /// Lines on the workbook itself, such as (`report.fact.hash`, …): the key of a word and a value.
    pub facts: &'a [(&'a str, String)],
    /// Absent where no input is uncertain.
    pub simulated: Option<&'a Summary>,
    pub cached: Cached,
}

/// What is written as each formula's cached result.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub enum Cached {
    /// The engine's value.
    #[default]
    Engine,
    /// A wrong number, so that a recalculation that did not happen is seen.
    Wrong(f64),
}

/// A written working paper.
#[derive(Clone, Debug)]
pub struct Written {
    pub bytes: Vec<u8>,
    /// Cells that hold an engine value without a live formula.
    pub engine_cells: Vec<EngineCell>,
}

/// A cell whose number cannot be recalculated by the spreadsheet.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EngineCell {
    pub sheet: String,
    /// Such as `E7`, or a range.
    pub cell: String,
    /// The key of the row, or of the statistic of a simulation.
    pub key: String,
    pub why: EngineReason,
}

/// Why a cell holds an engine value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum EngineReason {
    Kernel,
    Root,
    Simulation,
}

impl EngineReason {
    fn word(self) -> &'static str {
        match self {
            EngineReason::Kernel => "report.engine.kernel",
            EngineReason::Root => "report.engine.root",
            EngineReason::Simulation => "report.engine.simulation",
        }
    }
}

/// Writes the working paper: the sheet on the workbook itself, one sheet for each sheet of the workbook, the simulation, the
/// evidence and the assumptions. The same paper gives the same bytes.
///
/// # Errors
/// [`ReportError::Reference`] for a workbook that the kernel would refuse, [`ReportError::TooWide`] beyond 16,000 columns,
/// [`ReportError::Spreadsheet`] from the writer.
pub fn write(paper: &Paper) -> Result<Written, ReportError> {
    let names = ["about", "simulation", "evidence", "assumptions"];
    let names = names.map(|name| text(&format!("report.sheet.{name}"), Language::Zh));
    let layout = Layout::of(paper.workbook, &names)?;
    let mut spreadsheet = Spreadsheet::new();
    spreadsheet.set_properties(&properties(paper)?);
    let [about, simulated, evidence, assumptions] = &names;
    let calculations = layout.sheets.iter().map(|sheet| &sheet.name);
    let simulated = paper.simulated.map(|_| simulated);
    for name in [about].into_iter().chain(calculations).chain(simulated).chain([evidence, assumptions]) {
        spreadsheet.add_worksheet().set_name(name)?;
    }
    let mut engine_cells = Vec::new();
    for index in 0..paper.workbook.sheets.len() {
        let worksheet = spreadsheet.worksheet_from_index(index + 1)?;
        calculation::write(paper, &layout, index as u32, worksheet, &mut engine_cells)?;
    }
    let mut last = paper.workbook.sheets.len() + 1;
    if let Some(summary) = paper.simulated {
        simulation::write(paper, summary, &layout, spreadsheet.worksheet_from_index(last)?, &mut engine_cells)?;
        last += 1;
    }
    appendix::evidence(paper, spreadsheet.worksheet_from_index(last)?)?;
    appendix::assumptions(paper, spreadsheet.worksheet_from_index(last + 1)?)?;
    appendix::about(paper, spreadsheet.worksheet_from_index(0)?, &engine_cells)?;
    Ok(Written { bytes: spreadsheet.save_to_buffer()?, engine_cells })
}

fn properties(paper: &Paper) -> Result<DocProperties, ReportError> {
    let created = ExcelDateTime::parse_from_str(&paper.valuation_date.to_string())?;
    let title = format!("{} {}", paper.title, text("report.paper", Language::Zh));
    Ok(DocProperties::new().set_title(title).set_author("Hengshu 衡数").set_creation_datetime(&created))
}
