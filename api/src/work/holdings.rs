//! What the trade store holds.

use std::collections::BTreeMap;

use datasets::scan::{Scan, months};
use datasets::store::Store;
use datasets::tally::Tally;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::app::App;
use crate::error::Error;

/// The trade store in numbers: each trade once, by its newest row, cancelled ones left out.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Holdings {
    /// Trades as known now.
    pub trades: u64,
    /// `trade`, `bid`, `ask`, `listing` → trades; kinds that do not occur are absent.
    pub by_kind: BTreeMap<String, u64>,
    /// `priced`, `censored`, `negotiable`, `free`, `placeholder`, `not_stated` → trades.
    pub by_price_state: BTreeMap<String, u64>,
    /// Rows in the files, every version counted.
    pub rows: u64,
    pub files: u64,
    /// Such as `2024-05`; `null` where the store is empty.
    pub first_month: Option<String>,
    pub last_month: Option<String>,
    /// The Parquet files, for any program that reads them.
    pub parquet: String,
}

/// Counts the trade store in the compute lane.
///
/// Errors: `store_damaged`; `busy`.
pub async fn holdings(app: &App) -> Result<Holdings, Error> {
    let dir = app.trades_dir();
    app.compute
        .run(move || {
            // Readers elsewhere stand in another folder.
            let store = Store::open(std::path::absolute(&dir).unwrap_or(dir))?;
            let manifest = store.manifest()?;
            let columns = ["kind", "price_state"].map(str::to_owned).to_vec();
            let mut tally = Tally::default();
            for batch in store.scan(&Scan { columns: Some(columns), ..Scan::default() })? {
                tally += &Tally::of(&batch);
            }
            let months = months(&manifest);
            Ok(Holdings {
                trades: tally.rows,
                by_kind: tally.by_kind,
                by_price_state: tally.by_price_state,
                rows: manifest.rows(),
                files: manifest.segments.len() as u64,
                first_month: months.first().cloned(),
                last_month: months.last().cloned(),
                parquet: store.trades().join("month=*").join("*.parquet").display().to_string(),
            })
        })
        .await
}
