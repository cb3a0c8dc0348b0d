//! The books: published examples, several frameworks at once, late events, exports read by other programs.

mod examples;
mod ledgers;
mod naive;
mod refusals;
mod sample_company;
