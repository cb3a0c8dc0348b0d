//! The error table: every error of every crate has one code, and each code one HTTP status and one exit code.
//!
//! The order is the precedence: of two faults in one request the one nearer the top is reported. `api/DESIGN.md` lists the
//! same names in the same order. The words are `error.<name>.message` and `error.<name>.remedy`.

mod store;
mod table;

pub use table::{CODES, Code};

use std::path::{Path, PathBuf};

use datasets::error::DataError;
use pricing_models::error::ModelError;
use valuation::error::ValuationError;
use valuation::fault::{Fault, Place};
use valuation::judgement::error::JudgementError;
use valuation::recognition::error::BookError;

use crate::certificate::CertificateError;
use crate::refusal::Refusal;
use crate::register::RegisterError;
use crate::report::ReportError;

/// What can go wrong in the program, its own faults and those of the crates below it.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    #[error("{said}")]
    WrongUsage { said: String },
    #[error("{address} is in use")]
    PortInUse { address: String },
    #[error("{} cannot be written", path.display())]
    ReadOnly { path: PathBuf },
    #[error("{} is not there", path.display())]
    FileNotFound { path: PathBuf },
    #[error("{file:?} line {line:?}: {said}")]
    BrokenFile { file: Option<String>, line: Option<u64>, said: String },
    #[error("unknown field {field}")]
    UnknownField { file: Option<String>, line: Option<u64>, field: String, nearest: String },
    #[error("{field:?}: {said}")]
    WrongValue { file: Option<String>, line: Option<u64>, field: Option<String>, said: String },
    #[error("the body is longer than {limit} bytes")]
    BodyTooLarge { limit: u64 },
    #[error("no schema is called {name}")]
    SchemaNotFound { name: String, nearest: String },
    #[error("no {kind} is called {id}")]
    RecordNotFound { kind: &'static str, id: String },
    #[error("nothing is at {path}")]
    RouteNotFound { path: String },
    #[error("{method} is not served at {path}")]
    MethodNotAllowed { method: String, path: String },
    #[error("all compute places are taken")]
    Busy { retry_after_s: u64 },
    #[error("{} cannot be written: the disk is full", path.display())]
    DiskFull { path: PathBuf },
    #[error("{cause}")]
    Internal { cause: String },
    #[error(transparent)]
    Refused(#[from] Refusal),
    #[error(transparent)]
    Register(#[from] RegisterError),
    #[error("{file:?}: {fault}")]
    Case { file: Option<String>, line: Option<u64>, fault: ValuationError },
    #[error("{file:?}: {fault}")]
    Judgement { file: Option<String>, fault: JudgementError },
    #[error("{file:?} line {line:?}: {fault}")]
    Book { file: Option<String>, line: Option<u64>, fault: BookError },
    #[error(transparent)]
    Report(#[from] ReportError),
    #[error(transparent)]
    Certificate(#[from] CertificateError),
    #[error(transparent)]
    Data(DataError),
    #[error(transparent)]
    Model(#[from] ModelError),
}

impl Error {
    /// What is wrong with a case that was read from `file` and says `text`: the line is that of the field.
    pub fn of_case(file: Option<String>, text: &str, fault: ValuationError) -> Error {
        let place = fault.place();
        let line = place.field.and_then(|field| valuation::case::read::line_of_field(text, &field));
        Error::Case { file, line: place.line.or(line), fault }
    }

    /// Our own mistake.
    pub fn internal(cause: impl ToString) -> Error {
        Error::Internal { cause: cause.to_string() }
    }

    /// The error where one of the crates below has the words.
    fn inner(&self) -> Option<&dyn Fault> {
        match self {
            Error::Refused(inner) => Some(inner),
            Error::Register(inner) => Some(inner),
            Error::Case { fault, .. } => Some(fault),
            Error::Judgement { fault, .. } => Some(fault),
            Error::Book { fault, .. } => Some(fault),
            Error::Report(inner) => Some(inner),
            Error::Data(inner) => Some(inner),
            Error::Certificate(inner) => Some(inner),
            Error::Model(inner) => Some(inner),
            _ => None,
        }
    }

    /// The line of the error table.
    pub fn table(&self) -> &'static Code {
        Code::named(self.code())
    }
}

impl Fault for Error {
    fn code(&self) -> &'static str {
        match self {
            Error::WrongUsage { .. } => "wrong_usage",
            Error::PortInUse { .. } => "port_in_use",
            Error::ReadOnly { .. } => "read_only",
            Error::FileNotFound { .. } => "file_not_found",
            Error::BrokenFile { .. } => "broken_file",
            Error::UnknownField { .. } => "unknown_field",
            Error::WrongValue { .. } => "wrong_value",
            Error::BodyTooLarge { .. } => "body_too_large",
            Error::SchemaNotFound { .. } => "schema_not_found",
            Error::RecordNotFound { .. } => "record_not_found",
            Error::RouteNotFound { .. } => "route_not_found",
            Error::MethodNotAllowed { .. } => "method_not_allowed",
            Error::Busy { .. } => "busy",
            Error::DiskFull { .. } => "disk_full",
            Error::Internal { .. } => "internal",
            Error::Refused(inner) => inner.code(),
            Error::Register(inner) => inner.code(),
            Error::Case { fault, .. } => fault.code(),
            Error::Judgement { fault, .. } => fault.code(),
            Error::Book { fault, .. } => fault.code(),
            Error::Report(inner) => inner.code(),
            Error::Data(inner) => inner.code(),
            Error::Certificate(inner) => inner.code(),
            Error::Model(inner) => inner.code(),
        }
    }

    fn place(&self) -> Place {
        if let Some(inner) = self.inner() {
            let place = inner.place();
            return match self {
                Error::Case { file, line, .. } => {
                    Place { file: place.file.or_else(|| file.clone()), line: place.line.or(*line), ..place }
                }
                Error::Book { file, line, .. } => Place { file: file.clone(), line: *line, ..place },
                Error::Judgement { file, .. } => Place { file: place.file.or_else(|| file.clone()), ..place },
                _ => place,
            };
        }
        let at_path = |path: &Path| Place { file: Some(path.display().to_string()), ..Place::default() };
        match self {
            Error::ReadOnly { path } | Error::FileNotFound { path } | Error::DiskFull { path } => at_path(path),
            Error::BrokenFile { file, line, .. } => Place { file: file.clone(), line: *line, field: None },
            Error::UnknownField { file, line, field, .. } => {
                Place { file: file.clone(), line: *line, field: Some(field.clone()) }
            }
            Error::WrongValue { file, line, field, .. } => {
                Place { file: file.clone(), line: *line, field: field.clone() }
            }
            _ => Place::default(),
        }
    }

    fn places(&self) -> Vec<(&'static str, String)> {
        if let Some(inner) = self.inner() {
            return inner.places();
        }
        match self {
            Error::WrongUsage { said } | Error::BrokenFile { said, .. } => vec![("said", said.clone())],
            Error::PortInUse { address } => vec![("address", address.clone())],
            Error::ReadOnly { path } | Error::FileNotFound { path } | Error::DiskFull { path } => {
                vec![("file", path.display().to_string())]
            }
            Error::UnknownField { field, nearest, .. } => {
                vec![("field", field.clone()), ("name", field.clone()), ("nearest", nearest.clone())]
            }
            Error::WrongValue { field, said, .. } => {
                vec![("field", field.clone().unwrap_or_default()), ("said", said.clone())]
            }
            Error::BodyTooLarge { limit } => vec![("limit", limit.to_string())],
            Error::SchemaNotFound { name, nearest } => vec![("name", name.clone()), ("nearest", nearest.clone())],
            Error::RecordNotFound { kind, id } => vec![("kind", (*kind).to_owned()), ("id", id.clone())],
            Error::RouteNotFound { path } => vec![("path", path.clone())],
            Error::MethodNotAllowed { method, path } => vec![("method", method.clone()), ("path", path.clone())],
            Error::Busy { retry_after_s } => vec![("seconds", retry_after_s.to_string())],
            Error::Internal { cause } => vec![("cause", cause.clone())],
            Error::Refused(_)
            | Error::Register(_)
            | Error::Case { .. }
            | Error::Judgement { .. }
            | Error::Book { .. }
            | Error::Report(_)
            | Error::Data(_)
            | Error::Certificate(_)
            | Error::Model(_) => Vec::new(),
        }
    }
}
