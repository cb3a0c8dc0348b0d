//! What enters the books, at which amounts and when.

pub mod amortisation;
