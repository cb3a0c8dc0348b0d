//! What the house holds at a glance.

use crate::app::App;
use crate::error::Error;
use crate::work::holdings::{Holdings, holdings};
use crate::work::model::record::{self, ModelSummary};
use crate::work::page::{Ask, Page};
use crate::work::valuation::{self, ValuationRecord};

/// Valuations on one page; more follow by the cursor.
const VALUATIONS: u32 = 12;

/// Recorded valuations, price models and market data, and where they are.
#[derive(Clone, Debug, PartialEq)]
pub struct Overview {
    pub valuations: Page<ValuationRecord>,
    pub models: Page<ModelSummary>,
    pub holdings: Holdings,
    /// Absolute where the system says where we are.
    pub data_dir: String,
}

/// Reads the overview; `cursor` is `next` of the page of valuations before.
///
/// Errors: those of the register and the store.
pub async fn overview(app: &App, cursor: Option<String>) -> Result<Overview, Error> {
    let dir = app.dir();
    Ok(Overview {
        valuations: valuation::list(app, &Ask { limit: Some(VALUATIONS), cursor }).await?,
        models: record::list(app, &Ask::default()).await?,
        holdings: holdings(app).await?,
        data_dir: std::path::absolute(dir).unwrap_or_else(|_| dir.to_owned()).display().to_string(),
    })
}
