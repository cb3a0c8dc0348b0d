//! Trades on Parquet.

pub mod append;
pub mod columns;
pub mod content_key;
mod duplicates;
pub mod error;
pub mod manifest;
pub mod scan;
pub mod schema;
mod segment;
pub mod store;
pub mod synthetic;
pub mod tally;
pub mod title_family;
