//! One option: its terms in, its price out; nothing is recorded.

use std::path::Path;

use valuation::option::{OptionContract, OptionPrice, price};

use crate::error::Error;
use crate::work::document;

/// Reads the terms of an option from a file (JSON or TOML) and prices it.
///
/// Errors: what is wrong with the file, with its field.
pub fn from_file(path: &Path) -> Result<OptionPrice, Error> {
    let (text, format) = document::text(path)?;
    let contract: OptionContract = document::parse(&text, format, document::name(path))?;
    price(&contract).map_err(|fault| Error::Case { file: document::name(path), line: None, fault })
}
