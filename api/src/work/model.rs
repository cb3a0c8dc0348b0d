//! Price models: fitted over the trade store or a table, recorded with their card.

pub mod predict;
pub mod record;
pub mod table;

use std::path::{Path, PathBuf};

use chrono::NaiveDate;
use datasets::scan::Scan;
use datasets::schema::Trade;
use datasets::store::Store;
use pricing_models::card::{Acceptance, ModelCard, Run};
use pricing_models::covariance::Errors;
use pricing_models::error::ModelError;
use pricing_models::evaluate::{Validation, cross_validate};
use pricing_models::formula::Formula;
use pricing_models::frame::Frame;
use pricing_models::hedonic::{Family, Fit, FitOptions, Predictor, fit_family};
use pricing_models::screen::{Screened, screen};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use valuation::market::price_model::PriceModel;
use valuation::money::Currency;

use crate::app::App;
use crate::error::Error;
use crate::register::{Entry, Kind, Recorded};
use crate::work::market;

/// A fit over the trade store as callers write it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct FitRequest {
    /// Such as `log(price) ~ log(records) + quality + i(category)`; fixed effects stand after `|`.
    pub formula: String,
    /// Column of weights.
    #[serde(default)]
    pub weights: Option<String>,
    /// Column whose levels are clusters, or two joined by `+`; takes the place of `vcov`.
    #[serde(default)]
    pub cluster: Option<String>,
    /// `iid` where absent.
    #[serde(default)]
    pub vcov: Vcov,
    /// How the price spreads; `gaussian` (least squares) where absent.
    #[serde(default)]
    pub family: Family,
    /// Column whose levels stay together when the model is evaluated out of sample; not evaluated where absent.
    #[serde(default)]
    pub split: Option<String>,
    /// Seed of the split; 0 where absent.
    #[serde(default)]
    pub seed: u64,
}

/// How standard errors are computed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema, clap::ValueEnum)]
#[serde(rename_all = "snake_case")]
pub enum Vcov {
    #[default]
    Iid,
    Hc0,
    Hc1,
    Hc2,
    Hc3,
}

impl Vcov {
    /// The standard errors, clustered by the levels of `cluster` where it names a column, or two joined by `+`.
    pub fn errors(self, cluster: Option<String>) -> Errors {
        let two = cluster.as_deref().and_then(|columns| columns.split_once('+'));
        if let Some((first, second)) = two {
            return Errors::TwoWay(first.trim().to_owned(), second.trim().to_owned());
        }
        match (cluster, self) {
            (Some(column), _) => Errors::Cluster(column),
            (None, Vcov::Iid) => Errors::Iid,
            (None, Vcov::Hc0) => Errors::Hc0,
            (None, Vcov::Hc1) => Errors::Hc1,
            (None, Vcov::Hc2) => Errors::Hc2,
            (None, Vcov::Hc3) => Errors::Hc3,
        }
    }
}

impl FitRequest {
    /// The fit this request asks for.
    pub fn ask(self) -> Ask {
        Ask {
            errors: self.vcov.errors(self.cluster),
            formula: self.formula,
            weights: self.weights,
            family: self.family,
            groups: self.split,
            seed: self.seed,
        }
    }
}

/// What is asked of a fit.
#[derive(Clone, Debug)]
pub struct Ask {
    pub formula: String,
    pub weights: Option<String>,
    pub errors: Errors,
    pub family: Family,
    /// Groups that a split must not cut, with the seed of the split; nothing is evaluated without.
    pub groups: Option<String>,
    pub seed: u64,
}

/// A recorded model.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Model {
    pub card: ModelCard,
    /// What a valuation reads; absent where the model cannot price an asset (absorbed effects, another response).
    pub price_model: Option<PriceModel>,
    /// What `predict` and `explain` read; absent beside a price model, and where it would be too large to record.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub predictor: Option<Predictor>,
}

/// The store's trades as known now, screened, as columns.
pub struct StoreMarket {
    pub trades: Vec<Trade>,
    pub frame: Frame,
    pub screened: Screened,
}

/// Reads and screens the trade store.
///
/// Errors: a damaged store; those of the screening.
pub fn market(dir: &Path) -> Result<StoreMarket, Error> {
    let store = Store::open(dir)?;
    let trades = store.trades_known(&Scan::default())?;
    let frame = market::frame(&trades)?;
    let screened = screen(&frame, &market::rules())?;
    Ok(StoreMarket { trades, frame, screened })
}

impl StoreMarket {
    /// Fits a model on the rows that passed the screening.
    ///
    /// Errors: those of the fit; mixed currencies.
    pub fn fit(&self, ask: &Ask) -> Result<Model, Error> {
        let kept: Vec<&Trade> = self.screened.kept.iter().map(|row| &self.trades[*row as usize]).collect();
        let window = match (kept.iter().map(|t| t.traded_on).min(), kept.iter().map(|t| t.traded_on).max()) {
            (Some(first), Some(last)) => Some((first, last)),
            _ => None,
        };
        let currency = kept.first().map_or(Currency::CNY, |trade| trade.currency);
        if let Some(other) = kept.iter().find(|trade| trade.currency != currency) {
            let said = format!("{currency}, {}", other.currency);
            return Err(Error::WrongValue { file: None, line: None, field: Some("currency".to_owned()), said });
        }
        let frame = self.frame.select(&self.screened.kept);
        let basis = window.map(|(_, cut_off)| Basis { currency, cut_off });
        fitted(&frame, ask, Some(&self.screened), window, basis)
    }
}

/// Fits a model on a table, every row as it stands.
///
/// Errors: those of the fit.
pub fn fit_table(frame: &Frame, ask: &Ask) -> Result<Model, Error> {
    fitted(frame, ask, None, None, None)
}

struct Basis {
    currency: Currency,
    cut_off: NaiveDate,
}

fn fitted(
    frame: &Frame,
    ask: &Ask,
    screened: Option<&Screened>,
    window: Option<(NaiveDate, NaiveDate)>,
    basis: Option<Basis>,
) -> Result<Model, Error> {
    let formula = Formula::parse(&ask.formula)?;
    let options =
        FitOptions { errors: ask.errors.clone(), weights: ask.weights.clone(), level: 0.95, groups: market::groups() };
    let fit = fit_family(frame, &formula, &options, ask.family)?;
    let evaluation = match &ask.groups {
        None => None,
        Some(_) if ask.family != Family::Gaussian => {
            return Err(Error::WrongUsage { said: format!("split, family {}", ask.family.name()) });
        }
        Some(groups) => {
            let validation = Validation { groups: groups.clone(), folds: 5, seed: ask.seed, level: 0.9 };
            Some(cross_validate(frame, &fit, &validation)?.0)
        }
    };
    let card = fit.card(Run {
        data_hash: frame.content_hash(),
        code_version: env!("CARGO_PKG_VERSION").to_owned(),
        screened,
        window,
        cut_off: basis.as_ref().map(|basis| basis.cut_off),
        evaluation,
        acceptance: Acceptance::default(),
        note: None,
    });
    let price_model = basis.map(|basis| price_model(&fit, &card, &basis)).transpose()?.flatten();
    // What a valuation reads is enough to predict; the rest is recorded where there is nothing of the kind.
    let predictor = Some(fit.predictor).filter(|predictor| price_model.is_none() && predictor.is_recordable());
    Ok(Model { card, price_model, predictor })
}

/// The model as evidence of a valuation, where it can be one.
fn price_model(fit: &Fit, card: &ModelCard, basis: &Basis) -> Result<Option<PriceModel>, Error> {
    let basis =
        pricing_models::hedonic::PriceBasis { currency: basis.currency, price_unit: None, cut_off: basis.cut_off };
    match fit.price_model(&card.model_id, &basis) {
        Ok(model) => Ok(Some(model)),
        Err(ModelError::AbsorbedEffects { .. } | ModelError::ResponseNotPrice { .. }) => Ok(None),
        Err(error) => Err(error.into()),
    }
}

/// Fits a model in the compute lane, over the table `data` or the trade store where there is none, and records it; the second
/// member says whether it is new.
///
/// Errors: those of the store or the table, of the fit, and of the register. Nothing is recorded then.
pub async fn fit_and_keep(app: &App, ask: Ask, data: Option<PathBuf>) -> Result<(Model, bool), Error> {
    let dir = app.trades_dir();
    let model = app
        .compute
        .run(move || match data {
            Some(file) => fit_table(&table::read(&file)?, &ask),
            None => market(&dir)?.fit(&ask),
        })
        .await?;
    let recorded = keep(app, &model).await?;
    Ok((model, recorded.fresh))
}

/// Records a model under the id of its card; recording it again is harmless.
pub async fn keep(app: &App, model: &Model) -> Result<Recorded, Error> {
    let document = serde_json::to_value(model).map_err(Error::internal)?;
    let id = model.card.model_id.clone();
    app.record(Entry { kind: Kind::Model, id, document, supersedes: None }).await
}
