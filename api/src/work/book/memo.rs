//! The recognition memo of an asset: one decision per book, with the evidence of each criterion.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use valuation::recognition::criteria::{Decision, decide};
use valuation::recognition::event::{CostLine, Happening};
use valuation::recognition::ledger::Ledger;

use crate::error::Error;

/// Why an asset is, or is not, in each book.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct RecognitionMemo {
    pub book_id: String,
    pub asset: String,
    pub name: String,
    pub event: String,
    pub decisions: Vec<BookDecision>,
    /// Capitalisation window: first day, and the day of readiness where it came.
    pub capitalise_from: Option<chrono::NaiveDate>,
    pub available_on: Option<chrono::NaiveDate>,
    pub lines: Vec<CostLine>,
    pub evidence: Vec<String>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct BookDecision {
    pub book: String,
    #[serde(flatten)]
    pub decision: Decision,
}

/// The memo of an asset.
///
/// Errors: `record_not_found` where the books have no acquisition of it.
pub fn memo(ledger: &Ledger, asset: &str) -> Result<RecognitionMemo, Error> {
    let events: Vec<_> = ledger.events().filter(|event| event.asset == asset).collect();
    let found = events.iter().rev().find(|event| matches!(event.event, Happening::Acquire(_)));
    let missing = || Error::RecordNotFound { kind: "asset", id: asset.to_owned() };
    let event = *found.ok_or_else(missing)?;
    let Happening::Acquire(acquire) = &event.event else { return Err(missing()) };
    let decisions = ledger
        .setup()
        .books
        .iter()
        .map(|book| BookDecision { book: book.name.clone(), decision: decide(acquire, book.framework) });
    let mut evidence: Vec<String> = event.evidence.clone();
    evidence.extend(acquire.criteria.values().flatten().cloned());
    evidence.extend(acquire.agreement.iter().chain(&acquire.report).cloned());
    evidence.sort();
    evidence.dedup();
    let lines = events.iter().flat_map(|event| match &event.event {
        Happening::Acquire(acquire) => acquire.lines.clone(),
        Happening::Spend(spend) => spend.lines.clone(),
        _ => Vec::new(),
    });
    Ok(RecognitionMemo {
        book_id: ledger.setup().id.clone(),
        asset: asset.to_owned(),
        name: acquire.name.clone(),
        event: event.id.clone(),
        decisions: decisions.collect(),
        capitalise_from: acquire.capitalise_from,
        available_on: events.iter().find(|e| matches!(e.event, Happening::Available(_))).map(|e| e.on),
        lines: lines.collect(),
        evidence,
    })
}
