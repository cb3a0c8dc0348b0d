//! Entries and balances as they are shown: sides, names, and what stands behind each entry.

use chrono::NaiveDate;
use rust_decimal::Decimal;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use valuation::money::{Currency, Money};
use valuation::recognition::account::Account;
use valuation::recognition::criteria::{Framework, Outcome};
use valuation::recognition::error::BookError;
use valuation::recognition::event::LateClass;
use valuation::recognition::journal::{Entry, EntryKind};
use valuation::recognition::ledger::Ledger;
use valuation::recognition::month::Month;
use valuation::words::Language;

use crate::error::Error;

/// A posted entry with the voucher, the evidence and the person behind it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Posted {
    /// Counted from 1 in each book.
    pub number: u64,
    pub book: String,
    pub period: Month,
    pub date: NaiveDate,
    pub asset: String,
    pub event: Option<String>,
    pub kind: EntryKind,
    /// How the late event behind it is classified.
    pub class: Option<LateClass>,
    /// The period the amounts belong to, where that is not `period`.
    pub origin_period: Option<Month>,
    /// The entry this one takes back.
    pub reverses: Option<u64>,
    pub lines: Vec<PostedLine>,
    pub voucher: Option<String>,
    pub evidence: Vec<String>,
    pub valuation: Option<String>,
    pub author: Option<String>,
}

/// One line; one of the sides is there.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct PostedLine {
    pub account: Account,
    pub name: String,
    pub debit: Option<Money>,
    pub credit: Option<Money>,
}

/// The two sides of a signed amount.
pub fn sides(amount: Decimal, currency: Currency) -> (Option<Money>, Option<Money>) {
    let mut amount = amount;
    amount.rescale(currency.minor_places());
    match amount < Decimal::ZERO {
        true => (None, Some(Money::new(-amount, currency))),
        false => (Some(Money::new(amount, currency)), None),
    }
}

/// An entry as it is shown.
pub fn posted(ledger: &Ledger, entry: &Entry) -> Posted {
    let currency = ledger.setup().currency;
    let event = entry.event.as_deref().and_then(|id| ledger.event(id));
    let line = |line: &valuation::recognition::journal::Line| {
        let (debit, credit) = sides(line.amount, currency);
        PostedLine { account: line.account, name: line.account.label(Language::Zh), debit, credit }
    };
    Posted {
        number: entry.number,
        book: entry.book.clone(),
        period: entry.period,
        date: entry.date,
        asset: entry.asset.clone(),
        event: entry.event.clone(),
        kind: entry.kind,
        class: entry.class,
        origin_period: entry.origin_period,
        reverses: entry.reverses,
        lines: entry.lines.iter().map(line).collect(),
        voucher: event.and_then(|event| event.voucher.clone()),
        evidence: event.map(|event| event.evidence.clone()).unwrap_or_default(),
        valuation: event.and_then(|event| event.valuation.clone()),
        author: event.and_then(|event| event.author.clone()),
    }
}

/// Balances of a book at the end of a period, as known at a moment.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct TrialBalance {
    pub book_id: String,
    pub book: String,
    pub framework: Framework,
    pub through: Month,
    pub accounts: Vec<AccountBalance>,
    pub debit: Money,
    pub credit: Money,
    pub assets: Vec<AssetBalance>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct AccountBalance {
    pub account: Account,
    pub name: String,
    pub debit: Option<Money>,
    pub credit: Option<Money>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct AssetBalance {
    pub asset: String,
    pub name: String,
    pub outcome: Outcome,
    pub cost: Money,
    pub amortised: Money,
    /// Impairment of an intangible, write-down of inventory.
    pub impaired: Money,
    pub carrying: Money,
    pub months_left: Option<u32>,
}

/// The trial balance of a book up to `through`.
pub fn trial(ledger: &Ledger, book: &str, through: Option<Month>) -> Result<TrialBalance, Error> {
    let refused = |fault: BookError| Error::Book { file: None, line: None, fault };
    let index = ledger.book(book).map_err(refused)?;
    let setup = ledger.setup();
    let currency = setup.currency;
    let through = through.or(ledger.through()).unwrap_or(setup.first_period);
    let money = |amount: Decimal| {
        let mut amount = amount;
        amount.rescale(currency.minor_places());
        Money::new(amount, currency)
    };
    let (mut debits, mut credits) = (Decimal::ZERO, Decimal::ZERO);
    let mut accounts = Vec::new();
    for (account, amount) in ledger.balances(index, through).into_iter().filter(|(_, amount)| !amount.is_zero()) {
        debits += amount.max(Decimal::ZERO);
        credits += (-amount).max(Decimal::ZERO);
        let (debit, credit) = sides(amount, currency);
        accounts.push(AccountBalance { account, name: account.label(Language::Zh), debit, credit });
    }
    let mut assets = Vec::new();
    for asset in ledger.assets() {
        let holding = ledger.asset(index, asset, through).map_err(refused)?.holding;
        let Some(outcome) = holding.outcome() else { continue };
        assets.push(AssetBalance {
            asset: asset.to_owned(),
            name: holding.name.clone(),
            outcome,
            cost: money(holding.cost + holding.development),
            amortised: money(holding.amortised),
            impaired: money(holding.impaired),
            carrying: money(holding.carrying()),
            months_left: holding.months_left(),
        });
    }
    Ok(TrialBalance {
        book_id: setup.id.clone(),
        book: book.to_owned(),
        framework: setup.books[index].framework,
        through,
        accounts,
        debit: money(debits),
        credit: money(credits),
        assets,
    })
}
