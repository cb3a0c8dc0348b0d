//! The screening of the trade store: which trades a fit may use, and why not the others.

use std::path::{Path, PathBuf};

use pricing_models::screen::{ReasonCount, Rule, StratumBounds};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::app::App;
use crate::error::Error;
use crate::whole;
use crate::work::market;
use crate::work::model::{self, StoreMarket};

/// What the screening found: `read = kept + dropped`, and `dropped` is the sum of the reasons.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Screening {
    pub read: u64,
    pub kept: u64,
    pub dropped: u64,
    pub reasons: Vec<ReasonCount>,
    /// In the order they were applied; a trade is dropped by the first that holds.
    pub rules: Vec<Rule>,
    /// What the prices of each stratum were held against.
    pub bounds: Vec<StratumBounds>,
}

/// Screens the trade store in the compute lane as a fit does; every dropped trade is written to `dropped_file` (CSV).
///
/// Errors: `store_damaged`; `read_only` or `disk_full` where the file cannot be written.
pub async fn screening(app: &App, dropped_file: Option<PathBuf>) -> Result<Screening, Error> {
    let dir = app.trades_dir();
    app.compute
        .run(move || {
            let market = model::market(&dir)?;
            if let Some(path) = dropped_file {
                write_dropped(&market, &path)?;
            }
            let screened = market.screened;
            Ok(Screening {
                read: screened.read,
                kept: screened.kept.len() as u64,
                dropped: screened.excluded.len() as u64,
                reasons: screened.reasons,
                rules: market::rules(),
                bounds: screened.bounds,
            })
        })
        .await
}

/// One line a dropped trade, in the order of the store.
fn write_dropped(market: &StoreMarket, path: &Path) -> Result<(), Error> {
    let mut lines = csv::Writer::from_writer(Vec::new());
    lines.write_record(["exchange", "trade_id", "traded_on", "price", "reason"]).map_err(Error::internal)?;
    for (row, reason) in &market.screened.excluded {
        let trade = &market.trades[*row as usize];
        let (day, price) = (trade.traded_on.to_string(), trade.price.map(|price| price.to_string()));
        let reason = reason.word().trim_start_matches("screen.");
        let line = [&trade.exchange, &trade.trade_id, &day, price.as_deref().unwrap_or_default(), reason];
        lines.write_record(line).map_err(Error::internal)?;
    }
    let bytes = lines.into_inner().map_err(Error::internal)?;
    whole::write(path, &bytes).map_err(|cause| Error::of_file(path, &cause))
}
