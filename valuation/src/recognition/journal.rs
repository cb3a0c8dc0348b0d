//! Entries: balanced when they are made, and never changed.

use chrono::NaiveDate;
use rust_decimal::Decimal;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::recognition::account::{Account, Movement};
use crate::recognition::error::BookError;
use crate::recognition::event::LateClass;
use crate::recognition::month::Month;

/// One side of an account; a debit is positive, a credit negative.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Line {
    pub account: Account,
    /// Debit where positive, credit where negative.
    pub amount: Decimal,
    /// The row of the notes this amount belongs to.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub movement: Option<Movement>,
}

/// What an entry records: a word `book.entry.<code>`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum EntryKind {
    Acquisition,
    Spend,
    Availability,
    Amortisation,
    Impairment,
    ImpairmentReversal,
    WriteDown,
    Sale,
    Disposal,
    Lapse,
    Transfer,
    Licence,
    Grant,
    GrantRelease,
    Manual,
    /// The difference that a late event makes to closed periods.
    Correction,
    /// Takes back an entry of an open period.
    Reversal,
}

/// Lines that balance.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Lines(Vec<Line>);

impl Lines {
    /// The lines, with those of zero left out.
    ///
    /// Errors: `book_unbalanced`.
    pub fn new(event: &str, lines: Vec<Line>) -> Result<Lines, BookError> {
        let sum: Decimal = lines.iter().map(|line| line.amount).sum();
        if !sum.is_zero() {
            let debit: Decimal = lines.iter().map(|line| line.amount.max(Decimal::ZERO)).sum();
            let (event, credit) = (event.to_owned(), (debit - sum).to_string());
            return Err(BookError::Unbalanced { event, debit: debit.to_string(), credit });
        }
        Ok(Lines(lines.into_iter().filter(|line| !line.amount.is_zero()).collect()))
    }

    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    pub fn iter(&self) -> impl Iterator<Item = &Line> {
        self.0.iter()
    }

    pub fn into_vec(self) -> Vec<Line> {
        self.0
    }

    /// The same lines with the other sign.
    pub fn reversed(&self) -> Lines {
        Lines(self.0.iter().map(|line| Line { amount: -line.amount, ..line.clone() }).collect())
    }
}

/// A debit.
pub(crate) fn debit(account: Account, amount: Decimal) -> Line {
    Line { account, amount, movement: None }
}

/// A credit.
pub(crate) fn credit(account: Account, amount: Decimal) -> Line {
    Line { account, amount: -amount, movement: None }
}

impl Line {
    pub(crate) fn moving(self, movement: Movement) -> Line {
        Line { movement: Some(movement), ..self }
    }
}

/// What a document comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Source {
    /// The event of this number, in the order of recording.
    Event(u32),
    /// The month's amortisation.
    Charge,
    /// The month's share of a grant.
    Release,
}

/// What a book ought to say of one asset in one month for one reason.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Document {
    pub period: Month,
    pub date: NaiveDate,
    pub source: Source,
    pub kind: EntryKind,
    pub lines: Lines,
}

/// A posted entry. `lines` of one entry always add up to zero.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Entry {
    /// Counted from 1 in each book.
    pub number: u64,
    pub book: String,
    pub period: Month,
    pub date: NaiveDate,
    pub asset: String,
    /// The event behind it; absent for the month's amortisation.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub event: Option<String>,
    pub kind: EntryKind,
    /// How the late event behind it is classified.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub class: Option<LateClass>,
    /// The period the amounts belong to, where that is not `period`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub origin_period: Option<Month>,
    /// The entry this one takes back.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reverses: Option<u64>,
    pub lines: Vec<Line>,
}

impl Entry {
    /// Whether debits equal credits.
    pub fn balances(&self) -> bool {
        self.lines.iter().map(|line| line.amount).sum::<Decimal>().is_zero()
    }
}
