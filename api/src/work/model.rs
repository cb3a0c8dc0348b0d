//! Price models: fitted over the trade store or a table, recorded with their card.

use std::path::Path;

use chrono::NaiveDate;
use datasets::scan::Scan;
use datasets::schema::Trade;
use datasets::store::Store;
use datasets::table::Values;
use pricing_models::card::{Acceptance, ModelCard, Run};
use pricing_models::covariance::Errors;
use pricing_models::error::ModelError;
use pricing_models::evaluate::{Validation, cross_validate};
use pricing_models::formula::Formula;
use pricing_models::frame::{Column, Frame};
use pricing_models::hedonic::{Fit, FitOptions, fit};
use pricing_models::screen::{Screened, screen};
use serde::{Deserialize, Serialize};
use valuation::market::price_model::PriceModel;
use valuation::money::Currency;

use crate::app::App;
use crate::error::Error;
use crate::register::{Entry, Kind};
use crate::work::market;

/// What is asked of a fit.
#[derive(Clone, Debug)]
pub struct Ask {
    pub formula: String,
    pub weights: Option<String>,
    pub errors: Errors,
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
    let fit = fit(frame, &formula, &options)?;
    let evaluation = match &ask.groups {
        None => None,
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
    Ok(Model { card, price_model })
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

/// Records a model under the id of its card; recording it again is harmless.
pub async fn keep(app: &App, model: &Model) -> Result<(), Error> {
    let document = serde_json::to_value(model).map_err(Error::internal)?;
    let id = model.card.model_id.clone();
    app.record(Entry { kind: Kind::Model, id, document, supersedes: None }).await?;
    Ok(())
}

/// The recorded model `id`.
///
/// Errors: `record_not_found`.
pub async fn show(app: &App, id: &str) -> Result<Model, Error> {
    let record = app.find(Kind::Model, id).await?;
    serde_json::from_value(record.document).map_err(Error::internal)
}

/// Reads a CSV or Parquet table as columns: in CSV, numbers where every value that is there is a number, else text.
///
/// Errors: `file_not_found`; `bad_parquet`; `broken_file` with the line of a ragged or unreadable record.
pub fn table(path: &Path) -> Result<Frame, Error> {
    if path.extension().is_some_and(|ending| ending.eq_ignore_ascii_case("parquet")) {
        let columns = datasets::table::read_parquet(path)?;
        return Ok(columns.into_iter().try_fold(Frame::new(), |frame, (name, values)| match values {
            Values::Real(values) => frame.with(name, Column::Real(values)),
            Values::Text(values) => frame.with(name, Column::text(values)),
        })?);
    }
    let broken =
        |line: Option<u64>, said: String| Error::BrokenFile { file: Some(path.display().to_string()), line, said };
    let bytes = std::fs::read(path).map_err(|cause| Error::of_file(path, &cause))?;
    let (text, _, malformed) = match std::str::from_utf8(&bytes) {
        Ok(_) => encoding_rs::UTF_8.decode(&bytes),
        Err(_) => encoding_rs::GB18030.decode(&bytes),
    };
    if malformed {
        return Err(broken(None, "UTF-8, GB18030".to_owned()));
    }
    let mut reader = csv::Reader::from_reader(text.as_bytes());
    let names = reader.headers().map_err(|error| broken(Some(1), error.to_string()))?.clone();
    let mut columns: Vec<Vec<String>> = vec![Vec::new(); names.len()];
    for record in reader.records() {
        let record = record.map_err(|error| {
            let line = error.position().map(csv::Position::line);
            broken(line, error.to_string())
        })?;
        for (column, value) in columns.iter_mut().zip(record.iter()) {
            column.push(value.trim().to_owned());
        }
    }
    let mut frame = Frame::new();
    for (name, values) in names.iter().zip(columns) {
        let absent = |value: &str| value.is_empty() || value == "NA";
        let numbers: Option<Vec<f64>> =
            values.iter().map(|value| if absent(value) { Some(f64::NAN) } else { value.parse().ok() }).collect();
        let column = match numbers {
            Some(numbers) => Column::Real(numbers),
            None => Column::text(values),
        };
        let name = if name.is_empty() { "rownames" } else { name };
        frame = frame.with(name, column)?;
    }
    Ok(frame)
}
