//! Recognition and books: from events about data resources to journals, balances and notes.
//!
//! An event says what happened; a framework says what its book makes of it; the journal is what follows, and nothing else
//! writes to it.

pub mod account;
pub mod amortisation;
pub mod criteria;
pub mod disclosure;
pub mod error;
pub mod event;
pub mod holding;
pub mod journal;
pub mod ledger;
pub mod measure;
pub mod month;
pub mod plan;
