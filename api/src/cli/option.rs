//! `hengshu option FILE`.

use std::path::PathBuf;

use clap::Args;

use crate::cli::{Answer, Global};
use crate::error::Error;
use crate::table::Table;
use crate::work;
use valuation::words;

#[derive(Debug, Args)]
pub struct OptionFile {
    /// The terms of an option (JSON or TOML); `hengshu schema option` shows the format.
    file: PathBuf,
}

impl OptionFile {
    pub fn run(self, global: &Global) -> Result<Answer, Error> {
        let price = work::option::from_file(&self.file)?;
        let language = global.language();
        let rows = [
            ("row.option_value", price.value),
            ("row.d1", price.d1),
            ("row.d2", price.d2),
            ("row.delta", price.delta),
            ("row.gamma", price.gamma),
            ("row.vega", price.vega),
            ("row.theta", price.theta),
            ("row.rho", price.rho),
        ];
        let rows = rows.map(|(key, number)| vec![words::text(key, language), format!("{number:.6}")]).to_vec();
        let head = vec![words::text("report.heading.item", language), words::text("report.heading.value", language)];
        Answer::done(&price, Table { head, rows, right: vec![1] }.text())
    }
}
