//! One test program for everything that crosses crates: journeys, reference data, invariants, contract, tidy.

mod books;
mod contract;
mod errors;
mod index;
mod invariants;
mod judge;
mod many_markets;
mod models_over_http;
mod nist;
mod notebook;
mod page;
mod price_law;
mod ratio_study;
mod recalculation;
mod reference_data;
mod reference_exchanges;
mod register_story;
mod report;
mod service;
mod statsmodels;
mod textbook;
mod tidy;
mod trade_files;
mod vocabulary;
mod worked_examples;
