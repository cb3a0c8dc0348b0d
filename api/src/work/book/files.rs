//! Files of a book: journals and vouchers for other programs, and the notes.

use std::path::Path;

use valuation::recognition::disclosure::{Notes, notes};
use valuation::recognition::ledger::Ledger;
use valuation::recognition::month::Month;
use valuation::words::Language;

use crate::error::Error;
use crate::report::ledger::template::VoucherTemplate;
use crate::report::ledger::{self as journal, JournalFormat};
use crate::report::notes as report;
use crate::whole::{self, sha256};
use crate::work::document;
use crate::work::report::WrittenReport;

/// The journal of a book as the bytes of a file.
///
/// Errors: `book_unknown`, `book_export`.
pub fn export(ledger: &Ledger, book: &str, format: JournalFormat, template: Option<&Path>) -> Result<Vec<u8>, Error> {
    let index = ledger.book(book).map_err(super::refused)?;
    let template = match (template, format) {
        (Some(path), JournalFormat::Kingdee | JournalFormat::Yonyou) => Some(document::read::<VoucherTemplate>(path)?),
        _ => None,
    };
    journal::write(ledger, index, format, template)
}

/// The notes of a book.
pub fn notes_of(ledger: &Ledger, book: &str, from: Month, through: Month) -> Result<Notes, Error> {
    let index = ledger.book(book).map_err(super::refused)?;
    notes(ledger, index, from, through).map_err(super::refused)
}

/// The notes as a spreadsheet whose sums are formulas.
pub fn notes_workbook(notes: &Notes, language: Language) -> Result<Vec<u8>, Error> {
    Ok(report::write(notes, language, crate::report::xlsx::Cached::Engine)?)
}

/// Writes a file whole.
pub fn keep(path: &Path, bytes: &[u8]) -> Result<WrittenReport, Error> {
    whole::write(path, bytes).map_err(|cause| Error::of_file(path, &cause))?;
    Ok(WrittenReport { file: path.display().to_string(), sha256: sha256(bytes) })
}
