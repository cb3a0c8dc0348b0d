//! Why the register refused.

use std::path::{Path, PathBuf};

use sqlx::postgres::PgDatabaseError;
use thiserror::Error;
use valuation::fault::{Fault, Place};

/// Why the register refused.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum RegisterError {
    #[error("{} cannot be written", file.display())]
    ReadOnly { file: PathBuf },
    #[error("{} cannot be written: the disk is full", file.display())]
    DiskFull { file: PathBuf },
    #[error("{kind} {id} is there with other content")]
    Conflict { kind: &'static str, id: String },
    #[error("{id} was superseded by {by}")]
    AlreadySuperseded { id: String, by: String },
    #[error("{id} is to be superseded without a reason")]
    ReasonMissing { id: String },
    #[error("no {kind} is called {id}")]
    NotFound { kind: &'static str, id: String },
    #[error("{}: {what}", file.display())]
    Damaged { file: PathBuf, what: String },
    #[error("{} is of version {found}, this build knows {known}", file.display())]
    Newer { file: PathBuf, found: i64, known: i64 },
    #[error("{} is held by another process", file.display())]
    Held { file: PathBuf },
    #[error("{} does not answer: {cause}", file.display())]
    Unreachable { file: PathBuf, cause: String },
    #[error("{}: {cause}", file.display())]
    Unexpected { file: PathBuf, cause: String },
}

/// Primary result codes of SQLite, <https://www.sqlite.org/rescode.html>.
const BUSY: i32 = 5;
const LOCKED: i32 = 6;
const READONLY: i32 = 8;
const IO: i32 = 10;
const CORRUPT: i32 = 11;
const FULL: i32 = 13;
const CANNOT_OPEN: i32 = 14;
const NOT_A_DATABASE: i32 = 26;
/// Extended codes: a write, a sync, a truncation or the shared memory file that the system refused, for example beyond a
/// quota.
const IO_REFUSED: [i32; 5] = [778, 1034, 1546, 4618, 4874];

impl RegisterError {
    /// A failed file operation beside the database.
    pub fn of_file(file: &Path, cause: &std::io::Error) -> RegisterError {
        use std::io::ErrorKind;
        let file = file.to_owned();
        match cause.kind() {
            ErrorKind::PermissionDenied | ErrorKind::ReadOnlyFilesystem => RegisterError::ReadOnly { file },
            ErrorKind::StorageFull | ErrorKind::QuotaExceeded | ErrorKind::FileTooLarge => {
                RegisterError::DiskFull { file }
            }
            // The data folder is a file, or lies below one.
            ErrorKind::NotADirectory | ErrorKind::AlreadyExists => RegisterError::ReadOnly { file },
            _ => RegisterError::Unexpected { file, cause: cause.to_string() },
        }
    }

    /// A failed statement: the database's result code decides.
    pub fn of_database(file: &Path, cause: &sqlx::Error) -> RegisterError {
        let file = file.to_owned();
        let said = cause.to_string();
        if let sqlx::Error::Database(inner) = cause
            && inner.try_downcast_ref::<PgDatabaseError>().is_some()
        {
            return RegisterError::of_state(file, inner.code().as_deref().unwrap_or_default(), said);
        }
        let code = match cause {
            sqlx::Error::Io(_) | sqlx::Error::PoolTimedOut | sqlx::Error::PoolClosed | sqlx::Error::Tls(_) => {
                return RegisterError::Unreachable { file, cause: said };
            }
            // An address that cannot be read; its text may hold a password.
            sqlx::Error::Configuration(_) => {
                return RegisterError::Unreachable { file, cause: "postgres://USER@HOST/DATABASE".to_owned() };
            }
            sqlx::Error::Database(inner) => inner.code().and_then(|code| code.parse::<i32>().ok()),
            // A column that does not decode holds bytes we never wrote.
            sqlx::Error::ColumnDecode { .. } | sqlx::Error::Decode(_) => Some(CORRUPT),
            _ => None,
        };
        let Some(code) = code else {
            return RegisterError::Unexpected { file, cause: cause.to_string() };
        };
        match code & 0xff {
            BUSY | LOCKED => RegisterError::Held { file },
            READONLY | CANNOT_OPEN => RegisterError::ReadOnly { file },
            FULL => RegisterError::DiskFull { file },
            IO if IO_REFUSED.contains(&code) => RegisterError::DiskFull { file },
            CORRUPT | NOT_A_DATABASE => RegisterError::Damaged { file, what: cause.to_string() },
            // A table or a column of ours is missing.
            1 => RegisterError::Damaged { file, what: cause.to_string() },
            _ => RegisterError::Unexpected { file, cause: cause.to_string() },
        }
    }
}

impl RegisterError {
    /// A statement that PostgreSQL refused, by its SQLSTATE: <https://www.postgresql.org/docs/current/errcodes-appendix.html>.
    fn of_state(file: PathBuf, state: &str, said: String) -> RegisterError {
        match state {
            "25006" | "42501" => RegisterError::ReadOnly { file },
            "53100" => RegisterError::DiskFull { file },
            "23505" | "40001" | "40P01" | "55P03" => RegisterError::Held { file },
            // A table or column of ours is missing, or the database says itself that it is damaged.
            "42P01" | "42703" | "XX001" | "XX002" => RegisterError::Damaged { file, what: said },
            _ if ["08", "28", "3D", "53", "57"].iter().any(|class| state.starts_with(class)) => {
                RegisterError::Unreachable { file, cause: said }
            }
            _ => RegisterError::Unexpected { file, cause: said },
        }
    }
}

impl Fault for RegisterError {
    fn code(&self) -> &'static str {
        match self {
            RegisterError::ReadOnly { .. } => "read_only",
            RegisterError::DiskFull { .. } => "disk_full",
            RegisterError::Conflict { .. } => "id_conflict",
            RegisterError::AlreadySuperseded { .. } => "already_superseded",
            RegisterError::ReasonMissing { .. } => "reason_missing",
            RegisterError::NotFound { .. } => "record_not_found",
            RegisterError::Damaged { .. } => "register_damaged",
            RegisterError::Newer { .. } => "register_newer",
            RegisterError::Held { .. } => "register_held",
            RegisterError::Unreachable { .. } => "register_unreachable",
            RegisterError::Unexpected { .. } => "internal",
        }
    }

    fn place(&self) -> Place {
        match self {
            RegisterError::ReadOnly { file }
            | RegisterError::DiskFull { file }
            | RegisterError::Damaged { file, .. }
            | RegisterError::Newer { file, .. }
            | RegisterError::Held { file }
            | RegisterError::Unreachable { file, .. }
            | RegisterError::Unexpected { file, .. } => {
                Place { file: Some(file.display().to_string()), ..Place::default() }
            }
            RegisterError::Conflict { .. } => Place { field: Some("id".to_owned()), ..Place::default() },
            RegisterError::AlreadySuperseded { .. } | RegisterError::NotFound { .. } => Place::default(),
            RegisterError::ReasonMissing { .. } => Place { field: Some("reason".to_owned()), ..Place::default() },
        }
    }

    fn places(&self) -> Vec<(&'static str, String)> {
        match self {
            RegisterError::ReadOnly { file } | RegisterError::DiskFull { file } | RegisterError::Held { file } => {
                vec![("file", file.display().to_string())]
            }
            RegisterError::Conflict { kind, id } | RegisterError::NotFound { kind, id } => {
                vec![("kind", (*kind).to_owned()), ("id", id.clone())]
            }
            RegisterError::AlreadySuperseded { id, by } => vec![("id", id.clone()), ("by", by.clone())],
            RegisterError::ReasonMissing { id } => vec![("id", id.clone())],
            RegisterError::Damaged { file, what } => {
                vec![("file", file.display().to_string()), ("what", what.clone())]
            }
            RegisterError::Newer { file, found, known } => {
                vec![("file", file.display().to_string()), ("found", found.to_string()), ("known", known.to_string())]
            }
            RegisterError::Unreachable { file, cause } => {
                vec![("file", file.display().to_string()), ("said", cause.clone())]
            }
            RegisterError::Unexpected { cause, .. } => vec![("cause", cause.clone())],
        }
    }
}
