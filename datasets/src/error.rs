//! Why reading, importing or storing trades failed.

use std::io;
use std::path::{Path, PathBuf};

use thiserror::Error;
use valuation::fault::{Fault, Place};

/// Why an operation on trades failed. The store is unchanged after every one of them.
#[derive(Debug, Error)]
pub enum DataError {
    #[error("{} cannot be read: {source}", file.display())]
    Unreadable { file: PathBuf, source: io::Error },
    #[error("{} is empty", file.display())]
    EmptyFile { file: PathBuf },
    #[error("{} has a header but no rows", file.display())]
    NoRows { file: PathBuf },
    #[error("{} line {line} is not {encoding} text", file.display())]
    BrokenText { file: PathBuf, line: u64, encoding: String },
    #[error("{} line {line}: a record is longer than {limit} bytes", file.display())]
    RecordTooLong { file: PathBuf, line: u64, limit: usize },
    #[error("{} has no column `{column}`", file.display())]
    MissingColumn { file: PathBuf, column: String, nearest: String },
    #[error("{} names the column `{column}` twice", file.display())]
    RepeatedColumn { file: PathBuf, column: String },
    #[error("{} is not a readable Parquet file: {reason}", file.display())]
    BadParquet { file: PathBuf, reason: String },
    #[error("there is no mapping `{name}`")]
    UnknownMapping { name: String, nearest: String },
    #[error("{file} line {line} is not TOML: {reason}")]
    MappingSyntax { file: String, line: u64, reason: String },
    #[error("{file} line {line}: unknown field `{field}`")]
    MappingField { file: String, line: u64, field: String, nearest: String },
    #[error("{file} line {line}: `{value}` cannot stand under `{field}`")]
    MappingValue { file: String, line: u64, field: String, value: String, expected: String },
    #[error("{file}: the mapping says nothing about `{field}`")]
    MappingIncomplete { file: String, field: String },
    #[error("trades have no column `{column}`")]
    UnknownColumn { column: String, nearest: String },
    #[error("{} cannot be written: {source}", path.display())]
    StoreWrite { path: PathBuf, source: io::Error },
    #[error("another program is writing to {}", dir.display())]
    StoreBusy { dir: PathBuf },
    #[error("{} is damaged: {reason}", file.display())]
    StoreDamaged { file: PathBuf, reason: String },
    #[error("{} is not the same table: {reason}", file.display())]
    TruthUnlike { file: PathBuf, reason: String },
    #[error("trade {trade_id}: {reason}")]
    BadTrade { trade_id: String, reason: String },
}

impl DataError {
    pub(crate) fn read(file: &Path) -> impl FnOnce(io::Error) -> DataError + '_ {
        |source| DataError::Unreadable { file: file.to_owned(), source }
    }

    pub(crate) fn write(path: &Path) -> impl FnOnce(io::Error) -> DataError + '_ {
        |source| DataError::StoreWrite { path: path.to_owned(), source }
    }

    pub(crate) fn damaged(file: &Path, reason: impl ToString) -> DataError {
        DataError::StoreDamaged { file: file.to_owned(), reason: reason.to_string() }
    }
}

impl Fault for DataError {
    fn code(&self) -> &'static str {
        match self {
            DataError::Unreadable { .. } => "file_unreadable",
            DataError::EmptyFile { .. } => "file_empty",
            DataError::NoRows { .. } => "file_without_rows",
            DataError::BrokenText { .. } => "broken_text",
            DataError::RecordTooLong { .. } => "record_too_long",
            DataError::MissingColumn { .. } => "missing_column",
            DataError::RepeatedColumn { .. } => "repeated_column",
            DataError::BadParquet { .. } => "bad_parquet",
            DataError::UnknownMapping { .. } => "unknown_mapping",
            DataError::MappingSyntax { .. } => "mapping_syntax",
            DataError::MappingField { .. } => "unknown_field",
            DataError::MappingValue { .. } => "mapping_value",
            DataError::MappingIncomplete { .. } => "mapping_incomplete",
            DataError::UnknownColumn { .. } => "unknown_trade_column",
            DataError::StoreWrite { .. } => "store_not_writable",
            DataError::StoreBusy { .. } => "store_busy",
            DataError::StoreDamaged { .. } => "store_damaged",
            DataError::TruthUnlike { .. } => "truth_unlike",
            DataError::BadTrade { .. } => "bad_trade",
        }
    }

    fn place(&self) -> Place {
        let at = |file: String| Place { file: Some(file), ..Place::default() };
        let path = |file: &Path| at(file.display().to_string());
        match self {
            DataError::Unreadable { file, .. }
            | DataError::EmptyFile { file }
            | DataError::NoRows { file }
            | DataError::BadParquet { file, .. }
            | DataError::TruthUnlike { file, .. }
            | DataError::StoreDamaged { file, .. } => path(file),
            DataError::BrokenText { file, line, .. } | DataError::RecordTooLong { file, line, .. } => {
                Place { line: Some(*line), ..path(file) }
            }
            DataError::MissingColumn { file, column, .. } | DataError::RepeatedColumn { file, column } => {
                Place { line: Some(1), field: Some(column.clone()), ..path(file) }
            }
            DataError::UnknownMapping { name, .. } => at(name.clone()),
            DataError::MappingSyntax { file, line, .. } => Place { line: Some(*line), ..at(file.clone()) },
            DataError::MappingField { file, line, field, .. } | DataError::MappingValue { file, line, field, .. } => {
                Place { line: Some(*line), field: Some(field.clone()), ..at(file.clone()) }
            }
            DataError::MappingIncomplete { file, field } => Place { field: Some(field.clone()), ..at(file.clone()) },
            DataError::UnknownColumn { column, .. } => Place { field: Some(column.clone()), ..Place::default() },
            DataError::StoreWrite { path: file, .. } | DataError::StoreBusy { dir: file } => path(file),
            DataError::BadTrade { trade_id, .. } => Place { field: Some(trade_id.clone()), ..Place::default() },
        }
    }

    fn places(&self) -> Vec<(&'static str, String)> {
        let place = self.place();
        let mut places = vec![
            ("file", place.file.unwrap_or_default()),
            ("line", place.line.map(|line| line.to_string()).unwrap_or_default()),
            ("field", place.field.clone().unwrap_or_default()),
            ("name", place.field.unwrap_or_default()),
        ];
        let mut say = |name: &'static str, value: &dyn std::fmt::Display| places.push((name, value.to_string()));
        match self {
            DataError::Unreadable { source, .. } | DataError::StoreWrite { source, .. } => say("reason", source),
            DataError::BrokenText { encoding, .. } => say("encoding", encoding),
            DataError::RecordTooLong { limit, .. } => say("limit", limit),
            DataError::MissingColumn { nearest, .. }
            | DataError::UnknownMapping { nearest, .. }
            | DataError::MappingField { nearest, .. }
            | DataError::UnknownColumn { nearest, .. } => say("nearest", nearest),
            DataError::MappingSyntax { reason, .. }
            | DataError::BadParquet { reason, .. }
            | DataError::StoreDamaged { reason, .. }
            | DataError::TruthUnlike { reason, .. }
            | DataError::BadTrade { reason, .. } => say("reason", reason),
            DataError::MappingValue { value, expected, .. } => {
                say("value", value);
                say("expected", expected);
            }
            _ => {}
        }
        places
    }
}

/// The known name closest to `word`, for a message that asks "did you mean …".
pub(crate) fn nearest<'a>(word: &str, known: impl IntoIterator<Item = &'a str>) -> String {
    let score = |name: &str| strsim::jaro_winkler(&word.to_lowercase(), &name.to_lowercase());
    let best = known.into_iter().max_by(|a, b| score(a).total_cmp(&score(b)));
    best.unwrap_or_default().to_owned()
}
