//! What a valuation is handed out as: the working paper (XLSX), the report (HTML, JSON) and its charts.

pub mod words;
pub mod xlsx;

use thiserror::Error;
use valuation::fault::{Fault, Place};
use valuation::workbook::RowRef;

/// Why a document could not be written.
#[derive(Debug, Error)]
pub enum ReportError {
    #[error("a formula refers to a row that its place cannot see: {row:?}")]
    Reference { row: RowRef },
    #[error("sheet {sheet} has {columns} columns, more than a spreadsheet holds")]
    TooWide { sheet: String, columns: usize },
    #[error("the spreadsheet could not be written: {0}")]
    Spreadsheet(#[from] rust_xlsxwriter::XlsxError),
}

impl Fault for ReportError {
    fn code(&self) -> &'static str {
        match self {
            ReportError::Reference { .. } => "report_reference",
            ReportError::TooWide { .. } => "report_too_wide",
            ReportError::Spreadsheet(_) => "report_spreadsheet",
        }
    }

    fn place(&self) -> Place {
        Place::default()
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
        }
    }
}
