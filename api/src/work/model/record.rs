//! Recorded price models: one with its whole card, many with their headline figures.

use chrono::NaiveDate;
use pricing_models::card::{Limit, ModelCard};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::Model;
use crate::app::App;
use crate::error::Error;
use crate::register::{Kind, Record};
use crate::work::asset::Kept;
use crate::work::page::{self, Ask, Page};

/// A recorded model with its card.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct ModelRecord {
    #[serde(flatten)]
    pub card: ModelCard,
    /// Whether a case may refer to it; a model with absorbed effects or another response prices no asset.
    pub prices_assets: bool,
    #[serde(flatten)]
    pub kept: Kept,
}

/// The headline figures of a recorded model.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct ModelSummary {
    pub model_id: String,
    pub formula: String,
    /// Rows the fit used.
    pub n: u64,
    /// `null` where the data do not determine it.
    pub r2: Option<f64>,
    /// On the scale of the response.
    pub rmse: f64,
    /// Out of sample, in per cent.
    pub median_ape: Option<f64>,
    /// First and last day of the prices used.
    pub window: Option<(NaiveDate, NaiveDate)>,
    /// Last day whose prices could have been used.
    pub cut_off: Option<NaiveDate>,
    /// Whether every acceptance test passed; `null` where none was asked for.
    pub accepted: Option<bool>,
    /// What the card says first.
    pub verdict: Option<Limit>,
    pub prices_assets: bool,
    #[serde(flatten)]
    pub kept: Kept,
}

impl ModelSummary {
    fn of(model: &Model, kept: Kept) -> ModelSummary {
        let card = &model.card;
        ModelSummary {
            model_id: card.model_id.clone(),
            formula: card.formula.clone(),
            n: card.n,
            r2: card.r2.is_finite().then_some(card.r2),
            rmse: card.rmse,
            median_ape: card.evaluation.as_ref().and_then(|evaluation| evaluation.median_ape),
            window: card.data.window,
            cut_off: card.data.cut_off,
            accepted: card.accepted,
            verdict: card.limits.first().cloned(),
            prices_assets: model.price_model.is_some(),
            kept,
        }
    }
}

async fn read(app: &App, record: Record) -> Result<(Model, Kept), Error> {
    let kept = Kept::of(app, Kind::Model, &record).await?;
    Ok((serde_json::from_value(record.document).map_err(Error::internal)?, kept))
}

/// The recorded model `id`.
///
/// Errors: `record_not_found`.
pub async fn show(app: &App, id: &str) -> Result<ModelRecord, Error> {
    let (model, kept) = read(app, app.find(Kind::Model, id).await?).await?;
    Ok(ModelRecord { card: model.card, prices_assets: model.price_model.is_some(), kept })
}

/// Models that are not superseded, in the order recorded.
pub async fn list(app: &App, ask: &Ask) -> Result<Page<ModelSummary>, Error> {
    let (records, next) = page::records(app, Kind::Model, ask).await?;
    let mut items = Vec::with_capacity(records.len());
    for record in records {
        let (model, kept) = read(app, record).await?;
        items.push(ModelSummary::of(&model, kept));
    }
    Ok(Page { items, next })
}
