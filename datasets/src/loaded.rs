//! Partial success: what was loaded, and what was not with the reason.

use std::fs::File;
use std::io::{BufWriter, Write};
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};
use valuation::words::{self, Language};

use crate::error::DataError;

/// A row that was not taken.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Reject {
    /// The line of the file where the record starts, counted from 1 (row number in a Parquet file).
    pub line: u64,
    /// The column or field at fault; empty where it is the whole row.
    pub field: String,
    /// A stable code; its words are `reject.<reason>`.
    pub reason: String,
    /// The text at fault, at most [`RAW_CHARS`] characters of it.
    pub raw: String,
}

/// Characters of the text at fault that are kept.
pub const RAW_CHARS: usize = 200;

impl Reject {
    pub(crate) fn new(line: u64, field: &str, reason: &str, raw: &str) -> Reject {
        let raw = raw.chars().take(RAW_CHARS).collect();
        Reject { line, field: field.to_owned(), reason: reason.to_owned(), raw }
    }

    /// The reason for a reader.
    pub fn explain(&self, language: Language) -> String {
        words::text(&format!("reject.{}", self.reason), language)
    }
}

/// Values with the rows that gave none.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Loaded<T> {
    pub values: Vec<T>,
    pub rejects: Vec<Reject>,
}

/// Collects rejects in bounded memory: all are counted, the first are kept, and all are written to a file if one is named.
pub(crate) struct Rejects {
    pub count: u64,
    pub kept: Vec<Reject>,
    keep: usize,
    file: Option<(PathBuf, BufWriter<File>)>,
}

impl Rejects {
    pub fn new(keep: usize, path: Option<&Path>) -> Result<Rejects, DataError> {
        let mut file = None;
        if let Some(path) = path {
            let mut writer = BufWriter::new(File::create(path).map_err(DataError::write(path))?);
            writer.write_all(b"line,field,reason,raw\n").map_err(DataError::write(path))?;
            file = Some((path.to_owned(), writer));
        }
        Ok(Rejects { count: 0, kept: Vec::new(), keep, file })
    }

    pub fn push(&mut self, reject: Reject) -> Result<(), DataError> {
        self.count += 1;
        if let Some((path, writer)) = &mut self.file {
            let quoted = |text: &str| format!("\"{}\"", text.replace('"', "\"\""));
            let line = format!("{},{},{},{}\n", reject.line, quoted(&reject.field), reject.reason, quoted(&reject.raw));
            writer.write_all(line.as_bytes()).map_err(DataError::write(path))?;
        }
        if self.kept.len() < self.keep {
            self.kept.push(reject);
        }
        Ok(())
    }

    pub fn finish(mut self) -> Result<(u64, Vec<Reject>), DataError> {
        if let Some((path, writer)) = &mut self.file {
            writer.flush().map_err(DataError::write(path))?;
        }
        Ok((self.count, self.kept))
    }
}
