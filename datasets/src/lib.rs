//! Trades on Parquet: schema, import through mappings, the store, the sample market.
//!
//! A market observation is a [`schema::Trade`]: two times, the parties, a price or a named absence of one, and the terms
//! (VAT, licence scope, exclusivity, term, territory). [`import::import`] brings a CSV or Parquet file into a
//! [`store::Store`] through a [`mapping::Mapping`]; [`scan::Scan`] reads the store as it was known at a moment.
//!
//! ```
//! use datasets::import::{ImportOptions, import};
//! use datasets::mapping::Mapping;
//! use datasets::scan::Scan;
//! use datasets::store::Store;
//! use datasets::{synthetic, trades_csv};
//!
//! // A sample market as a file, as an exchange would send it.
//! let dir = tempfile::tempdir()?;
//! let file = dir.path().join("trades.csv");
//! trades_csv::write(&mut std::fs::File::create(&file)?, &synthetic::market(7, 2_000))?;
//!
//! // Every row is imported, rejected with a reason, or a duplicate.
//! let store = Store::open(dir.path().join("store"))?;
//! let options = ImportOptions::at("2026-07-01T00:00:00Z".parse()?);
//! let done = import(&file, &Mapping::find("hengshu")?, &store, &options)?;
//! assert_eq!(done.imported + done.rejected + done.duplicates, 2_000);
//! assert_eq!(done.rejected, 0);
//!
//! // What was known half way, and what is known now.
//! let half_way = store.trades_known(&Scan::as_known_at("2024-07-01T00:00:00Z".parse()?))?;
//! let now = store.trades_known(&Scan::default())?;
//! assert!(half_way.len() < now.len());
//! assert!(store.verify()?.failures.is_empty());
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

mod append;
mod columns;
mod content_key;
mod duplicates;
pub mod error;
pub mod import;
pub mod loaded;
pub mod manifest;
pub mod mapping;
mod plan;
pub mod price_text;
pub mod quality;
mod records;
mod row;
pub mod scan;
pub mod schema;
mod segment;
mod source;
pub mod store;
pub mod synthetic;
pub mod table;
pub mod tally;
pub mod title_family;
pub mod trades_csv;
pub mod value_text;

pub use append::Appended;
pub use columns::trades_of;
