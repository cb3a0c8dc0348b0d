//! The table beside its truth: how many cells are right, and which of the wrong ones the expectations find.

use std::collections::HashSet;
use std::path::Path;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::dependency::Inferred;
use super::expectation::Expectation;
use super::rows::{SAMPLE_ROWS, read};
use super::{Pass, cell};
use crate::error::DataError;

/// How well errors are found.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Found {
    /// Cells that differ from the truth.
    pub errors: u64,
    /// Cells that are missing, not as expected, or break a dependency.
    pub flagged: u64,
    /// Cells that are both.
    pub right: u64,
    /// Of the flagged, those that are errors.
    pub precision: f64,
    /// Of the errors, those that are flagged.
    pub recall: f64,
}

pub(super) struct Compared {
    pub right: u64,
    pub cells: u64,
    pub found: Found,
}

/// Compares cell by cell as text, row by row.
///
/// Errors: those of reading; another number of rows or columns, or more rows than are kept.
pub(super) fn compare(
    pass: &Pass,
    clean: &Path,
    expected: &[Expectation],
    dependencies: &[Inferred],
) -> Result<Compared, DataError> {
    let truth = read(clean)?;
    let unlike = |reason: String| DataError::TruthUnlike { file: clean.to_owned(), reason };
    if truth.rows != pass.rows || truth.names.len() != pass.names.len() {
        let size = |pass: &Pass| format!("{} × {}", pass.rows, pass.names.len());
        return Err(unlike(format!("{} ≠ {}", size(&truth), size(pass))));
    }
    if pass.rows > SAMPLE_ROWS as u64 {
        return Err(unlike(format!("> {SAMPLE_ROWS}")));
    }
    let breaking: HashSet<(usize, usize)> =
        dependencies.iter().flat_map(|own| own.violating.iter().map(|row| (*row, own.dependent))).collect();
    let (mut right, mut errors, mut flagged, mut both) = (0, 0, 0, 0);
    for (row, (dirty, clean)) in pass.sample.rows.iter().zip(&truth.sample.rows).enumerate() {
        for (at, (given, true_text)) in dirty.iter().zip(clean).enumerate() {
            let wrong = given != true_text;
            let missing = cell::is_missing(given) && pass.columns[at].is_nearly_always_filled(pass.rows);
            let unexpected = !cell::is_missing(given) && !expected[at].allows(given);
            let dirty_cell = cell::is_missing_word(given) || (!cell::is_missing(given) && cell::is_dirty(given));
            let flag = missing || dirty_cell || unexpected || breaking.contains(&(row, at));
            right += u64::from(!wrong);
            errors += u64::from(wrong);
            flagged += u64::from(flag);
            both += u64::from(flag && wrong);
        }
    }
    let ratio = |part: u64, whole: u64| if whole > 0 { part as f64 / whole as f64 } else { 1.0 };
    let found = Found { errors, flagged, right: both, precision: ratio(both, flagged), recall: ratio(both, errors) };
    Ok(Compared { right, cells: right + errors, found })
}
