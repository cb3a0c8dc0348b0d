//! A book's journal for other programs: plain-text ledgers, CSV, and voucher files of accounting suites.

pub mod beancount;
pub mod hledger;
pub mod table;
pub mod template;

use rust_decimal::Decimal;
use valuation::recognition::error::BookError;
use valuation::recognition::ledger::Ledger;
use valuation::words::{self, Language};

use crate::error::Error;
use crate::work::book::entries::{Posted, posted};
use template::VoucherTemplate;

/// What a journal is written as.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum JournalFormat {
    Hledger,
    Beancount,
    Csv,
    /// 金蝶 voucher import.
    Kingdee,
    /// 用友 voucher import.
    Yonyou,
}

impl JournalFormat {
    /// The file's ending.
    pub fn ending(self) -> &'static str {
        match self {
            JournalFormat::Hledger => "journal",
            JournalFormat::Beancount => "beancount",
            JournalFormat::Csv | JournalFormat::Kingdee | JournalFormat::Yonyou => "csv",
        }
    }
}

/// Writes the journal of a book.
///
/// Errors: `book_export` where a voucher does not fit the layout.
pub fn write(
    ledger: &Ledger,
    book: usize,
    format: JournalFormat,
    template: Option<VoucherTemplate>,
) -> Result<Vec<u8>, Error> {
    let mut entries: Vec<Posted> = ledger.entries(book).iter().map(|entry| posted(ledger, entry)).collect();
    for entry in &entries {
        check(entry)?;
    }
    let currency = ledger.setup().currency;
    if matches!(format, JournalFormat::Hledger | JournalFormat::Beancount) {
        // Posted asset by asset; plain-text ledgers are read by day.
        entries.sort_by_key(|entry| (entry.date, entry.number));
    }
    match format {
        JournalFormat::Hledger => Ok(hledger::write(&entries, currency).into_bytes()),
        JournalFormat::Beancount => Ok(beancount::write(&entries, currency).into_bytes()),
        JournalFormat::Csv => table::write(&entries),
        JournalFormat::Kingdee => template.map_or_else(VoucherTemplate::kingdee, Ok)?.write(&entries),
        JournalFormat::Yonyou => template.map_or_else(VoucherTemplate::yonyou, Ok)?.write(&entries),
    }
}

/// The refusal of a voucher.
fn refused(entry: &Posted, check: &str, found: String) -> Error {
    let voucher = format!("{}-{}", entry.book, entry.number);
    let check = words::text(&format!("book.check.{check}"), Language::Zh);
    Error::Book { file: None, line: None, fault: BookError::Export { voucher, check, found } }
}

/// Every line has one side, and the sides are equal.
fn check(entry: &Posted) -> Result<(), Error> {
    let mut sum = Decimal::ZERO;
    for line in &entry.lines {
        match (&line.debit, &line.credit) {
            (Some(debit), None) => sum += debit.amount(),
            (None, Some(credit)) => sum -= credit.amount(),
            _ => return Err(refused(entry, "one_side", line.account.code().to_owned())),
        }
    }
    if sum.is_zero() { Ok(()) } else { Err(refused(entry, "balance", sum.to_string())) }
}

/// What an entry says in a line: its kind and its asset.
pub fn summary(entry: &Posted) -> String {
    let kind = match serde_json::to_value(entry.kind) {
        Ok(serde_json::Value::String(code)) => words::text(&format!("book.entry.{code}"), Language::Zh),
        _ => String::new(),
    };
    match &entry.event {
        Some(event) => format!("{kind} {} {event}", entry.asset),
        None => format!("{kind} {}", entry.asset),
    }
}

/// What stands behind an entry, as name and value.
pub fn behind(entry: &Posted) -> Vec<(&'static str, String)> {
    let code = |value: Option<serde_json::Value>| value.and_then(|value| value.as_str().map(str::to_owned));
    let class = code(entry.class.and_then(|class| serde_json::to_value(class).ok()));
    let evidence = (!entry.evidence.is_empty()).then(|| entry.evidence.join(" "));
    let pairs = [
        ("event", entry.event.clone()),
        ("class", class),
        ("origin", entry.origin_period.map(|period| period.to_string())),
        ("reverses", entry.reverses.map(|number| number.to_string())),
        ("voucher", entry.voucher.clone()),
        ("evidence", evidence),
        ("valuation", entry.valuation.clone()),
        ("author", entry.author.clone()),
    ];
    pairs.into_iter().filter_map(|(name, value)| value.map(|value| (name, value))).collect()
}
