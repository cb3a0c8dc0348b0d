//! What a valuation is handed out as: the working paper (XLSX), the report (HTML, JSON) and its charts.

pub mod charts;
pub mod compose;
pub mod document;
pub mod html;
pub mod json;
pub mod notation;
pub mod numerals;
pub mod simulation;
pub mod words;
pub mod xlsx;

use thiserror::Error;
use valuation::fault::{Fault, Place};
use valuation::record::Valuation;
use valuation::words::Language;
use valuation::workbook::{RowRef, WorkbookError, calculate};

use simulation::Summary;
use xlsx::{Cached, Paper};

/// The kinds of file a valuation is handed out as.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    Html,
    Json,
    Xlsx,
}

impl Format {
    /// Every format.
    pub const ALL: [Format; 3] = [Format::Html, Format::Json, Format::Xlsx];

    /// The file's ending, which also names the format on the command line.
    pub fn ending(self) -> &'static str {
        match self {
            Format::Html => "html",
            Format::Json => "json",
            Format::Xlsx => "xlsx",
        }
    }

    pub fn media_type(self) -> &'static str {
        match self {
            Format::Html => "text/html; charset=utf-8",
            Format::Json => "application/json",
            Format::Xlsx => "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
        }
    }
}

/// Writes a recorded valuation as a file; the same record gives the same bytes.
///
/// # Errors
/// See [`ReportError`].
pub fn write(valuation: &Valuation, format: Format) -> Result<Vec<u8>, ReportError> {
    match format {
        Format::Html => Ok(html::write(&compose::compose(valuation)?)?.into_bytes()),
        Format::Json => json::write(&compose::compose(valuation)?),
        Format::Xlsx => Ok(working_paper(valuation)?.bytes),
    }
}

/// The working paper of a recorded valuation.
///
/// # Errors
/// See [`ReportError`].
pub fn working_paper(valuation: &Valuation) -> Result<xlsx::Written, ReportError> {
    let point = calculate(&valuation.workbook, &valuation.bindings)?;
    let simulated = Summary::of(valuation)?;
    let command = format!("hengshu verify {}", valuation.valuation_id);
    let mut facts = vec![
        ("report.fact.valuation_id", valuation.valuation_id.clone()),
        ("report.fact.hash", valuation.hash.clone()),
        ("report.fact.engine", valuation.engine_version.clone()),
        ("report.fact.verify", valuation::words::format("report.verify.how", Language::Zh, &[("command", &command)])),
    ];
    for not in &valuation.case.not_used {
        let key = not.method.map_or(not.approach.word().to_owned(), |method| format!("method.{}", method.text()));
        let name = valuation::words::text(&key, Language::Zh);
        facts.push(("report.method.not_used", format!("{name}：{}", not.reason)));
    }
    xlsx::write(&Paper {
        title: &valuation.case.asset.name,
        valuation_date: valuation.case.valuation_date,
        workbook: &valuation.workbook,
        bindings: &valuation.bindings,
        point: &point,
        evidence: &valuation.case.evidence,
        facts: &facts,
        simulated: simulated.as_ref(),
        cached: Cached::Engine,
    })
}

/// Why a document could not be written.
#[derive(Debug, Error)]
pub enum ReportError {
    #[error("a formula refers to a row that its place cannot see: {row:?}")]
    Reference { row: RowRef },
    #[error("sheet {sheet} has {columns} columns, more than a spreadsheet holds")]
    TooWide { sheet: String, columns: usize },
    #[error("the spreadsheet could not be written: {0}")]
    Spreadsheet(#[from] rust_xlsxwriter::XlsxError),
    #[error("the page could not be filled: {0}")]
    Page(#[from] askama::Error),
    #[error("the report could not be serialised: {0}")]
    Json(#[from] serde_json::Error),
    #[error(transparent)]
    Workbook(#[from] WorkbookError),
}

impl Fault for ReportError {
    fn code(&self) -> &'static str {
        match self {
            ReportError::Reference { .. } => "report_reference",
            ReportError::TooWide { .. } => "report_too_wide",
            ReportError::Spreadsheet(_) => "report_spreadsheet",
            ReportError::Page(_) => "report_page",
            ReportError::Json(_) => "report_json",
            ReportError::Workbook(error) => error.code(),
        }
    }

    fn place(&self) -> Place {
        match self {
            ReportError::Workbook(error) => error.place(),
            _ => Place::default(),
        }
    }

    fn places(&self) -> Vec<(&'static str, String)> {
        match self {
            ReportError::Reference { row } => {
                vec![("row", format!("{}.{}.{}", row.sheet + 1, row.block + 1, row.row + 1))]
            }
            ReportError::TooWide { sheet, columns } => {
                vec![("sheet", sheet.clone()), ("columns", columns.to_string())]
            }
            ReportError::Spreadsheet(error) => vec![("reason", error.to_string())],
            ReportError::Page(error) => vec![("reason", error.to_string())],
            ReportError::Json(error) => vec![("reason", error.to_string())],
            ReportError::Workbook(error) => error.places(),
        }
    }
}
