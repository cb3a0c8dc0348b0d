//! Trades on Parquet.

pub mod append;
pub mod columns;
pub mod content_key;
mod duplicates;
pub mod error;
pub mod import;
pub mod loaded;
pub mod manifest;
pub mod mapping;
mod plan;
pub mod price_text;
mod records;
mod row;
pub mod scan;
pub mod schema;
mod segment;
mod source;
pub mod store;
pub mod synthetic;
pub mod tally;
pub mod title_family;
pub mod trades_csv;
pub mod value_text;
