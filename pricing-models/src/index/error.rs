//! Why an index is not computed.

use thiserror::Error;
use valuation::fault::{Fault, Place};

/// Words: `error.<code>.message` and `error.<code>.remedy`.
#[derive(Clone, Debug, PartialEq, Error)]
pub enum IndexError {
    #[error("no row has a period, a product and a positive price")]
    NoRows,
    #[error("row {row}: `{value}` is not a date")]
    NotADate { row: usize, value: String },
    #[error("no period is called `{period}`")]
    UnknownPeriod { period: String, nearest: String },
    #[error("{method} needs quantities")]
    QuantityNeeded { method: String },
    #[error("{method} needs a formula")]
    FormulaNeeded { method: String },
    #[error("{method} needs products")]
    ProductNeeded { method: String },
    #[error("a window of {window} periods, at least {least} are needed")]
    WindowTooShort { window: usize, least: usize },
    #[error("no product is sold twice")]
    NoPairs,
}

impl Fault for IndexError {
    fn code(&self) -> &'static str {
        match self {
            IndexError::NoRows => "index_no_rows",
            IndexError::NotADate { .. } => "index_not_a_date",
            IndexError::UnknownPeriod { .. } => "index_unknown_period",
            IndexError::QuantityNeeded { .. } => "index_quantity_needed",
            IndexError::FormulaNeeded { .. } => "index_formula_needed",
            IndexError::ProductNeeded { .. } => "index_product_needed",
            IndexError::WindowTooShort { .. } => "index_window_too_short",
            IndexError::NoPairs => "index_no_pairs",
        }
    }

    fn place(&self) -> Place {
        match self {
            // A table's first row of data stands on line 2.
            IndexError::NotADate { row, .. } => Place { line: Some(*row as u64 + 2), ..Place::default() },
            _ => Place::default(),
        }
    }

    fn places(&self) -> Vec<(&'static str, String)> {
        match self {
            IndexError::NotADate { value, .. } => vec![("value", value.clone())],
            IndexError::UnknownPeriod { period, nearest } => {
                vec![("period", period.clone()), ("nearest", nearest.clone())]
            }
            IndexError::QuantityNeeded { method }
            | IndexError::FormulaNeeded { method }
            | IndexError::ProductNeeded { method } => vec![("method", method.clone())],
            IndexError::WindowTooShort { window, least } => {
                vec![("window", window.to_string()), ("least", least.to_string())]
            }
            IndexError::NoRows | IndexError::NoPairs => Vec::new(),
        }
    }
}
