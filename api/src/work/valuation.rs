//! Valuations: a case in, a recorded valuation out.

use std::collections::BTreeMap;
use std::path::Path;

use chrono::NaiveDate;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use valuation::case::{Basis, Case, NotUsed, PriceModels, Purpose};
use valuation::conclusion::Conclusion;
use valuation::contradiction::Contradiction;
use valuation::estimate::Estimate;
use valuation::method::Method;
use valuation::record::Valuation;
use valuation::uncertainty::Uncertainty;

use crate::app::App;
use crate::error::Error;
use crate::register::{Entry, Kind};
use crate::work::asset::Kept;
use crate::work::document;
use crate::work::page::{self, Ask, Page};

/// What a valuation says, without its workbook. The same case on the same evidence gives the same bytes.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct ValuationSummary {
    pub valuation_id: String,
    /// Name of the asset.
    pub asset: String,
    pub purpose: Purpose,
    pub basis: Basis,
    pub valuation_date: NaiveDate,
    pub estimates: Vec<Estimate>,
    pub conclusion: Conclusion,
    pub contradictions: Vec<Contradiction>,
    /// Approaches and methods that were not used, each with its reason.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub not_used: Vec<NotUsed>,
    /// Percentiles, tornado, error budget, grids, break-even and two levels.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub uncertainty: Option<Uncertainty>,
    /// Draws in which a check failed, by check; counted, never dropped.
    pub failed_checks: BTreeMap<String, u64>,
    /// Draws whose value was not finite.
    pub not_finite: u64,
    pub draws: u32,
    pub seed: u64,
    pub engine_version: String,
    /// Hash of the whole valuation, workbook included.
    pub hash: String,
}

/// A recorded valuation.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct ValuationRecord {
    #[serde(flatten)]
    pub valuation: ValuationSummary,
    #[serde(flatten)]
    pub kept: Kept,
}

impl ValuationSummary {
    pub fn of(valuation: &Valuation) -> ValuationSummary {
        let case = &valuation.case;
        ValuationSummary {
            valuation_id: valuation.valuation_id.clone(),
            asset: case.asset.name.clone(),
            purpose: case.purpose,
            basis: case.basis,
            valuation_date: case.valuation_date,
            estimates: valuation.estimates.clone(),
            conclusion: valuation.conclusion.clone(),
            contradictions: valuation.contradictions.clone(),
            not_used: case.not_used.clone(),
            uncertainty: valuation.uncertainty.clone(),
            failed_checks: valuation.failed_checks.clone(),
            not_finite: valuation.not_finite,
            draws: case.simulation.draws,
            seed: case.simulation.seed,
            engine_version: valuation.engine_version.clone(),
            hash: valuation.hash.clone(),
        }
    }
}

/// Reads a case file.
///
/// Errors: what is wrong with it, with file, line and field.
pub fn read_case(path: &Path) -> Result<(Case, CaseText), Error> {
    let (text, format) = document::text(path)?;
    let file = document::name(path);
    match Case::from_text(&text, format) {
        Ok(case) => Ok((case, CaseText { file, text })),
        Err(fault) => Err(Error::of_case(file, &text, fault)),
    }
}

/// What a case was read from, so that a fault names its line.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct CaseText {
    pub file: Option<String>,
    pub text: String,
}

/// Reads a case from the body of a request.
pub fn parse_case(body: &[u8]) -> Result<Case, Error> {
    let text = std::str::from_utf8(body).map_err(|broken| Error::BrokenFile {
        file: None,
        line: None,
        said: broken.to_string(),
    })?;
    Case::from_text(text, valuation::case::read::Format::Json).map_err(|fault| Error::of_case(None, text, fault))
}

/// The price models a case refers to, from the register.
async fn models(app: &App, case: &Case) -> Result<PriceModels, Error> {
    let mut models = PriceModels::new();
    for method in &case.methods {
        let Method::MarketComparison(comparison) = method else { continue };
        let Some(by_model) = &comparison.by_model else { continue };
        let organisation = &app.config.data.organisation;
        // A model that is not there is told by the engine, which knows the field.
        if let Some(record) = app.register.get(organisation, Kind::Model, &by_model.model, None).await? {
            let model = record.document.get("price_model").cloned().unwrap_or_default();
            let model = serde_json::from_value(model).map_err(Error::internal)?;
            models.insert(by_model.model.clone(), model);
        }
    }
    Ok(models)
}

/// Values a case and records the result; the second member says whether it is new.
///
/// Errors: what is wrong with the case; those of the register. Nothing is recorded then.
pub async fn value(app: &App, case: Case, read_from: Option<CaseText>) -> Result<(Valuation, bool), Error> {
    let models = models(app, &case).await?;
    let valued = app
        .compute
        .run(move || {
            let CaseText { file, text } = read_from.unwrap_or_default();
            valuation::value::value(&case, &models).map_err(|fault| Error::of_case(file, &text, fault))
        })
        .await?;
    let id = valued.valuation_id.clone();
    let organisation = &app.config.data.organisation;
    // The id follows from the request. What was recorded under it stands, also where a later engine would round otherwise.
    if let Some(record) = app.register.get(organisation, Kind::Valuation, &id, None).await? {
        return Ok((serde_json::from_value(record.document).map_err(Error::internal)?, false));
    }
    let document = serde_json::to_value(&valued).map_err(Error::internal)?;
    let recorded = app.record(Entry { kind: Kind::Valuation, id, document, supersedes: None }).await?;
    Ok((valued, recorded.fresh))
}

/// The whole valuation `id`, workbook included, and how it is kept.
pub async fn whole(app: &App, id: &str) -> Result<(Valuation, Kept), Error> {
    let record = app.find(Kind::Valuation, id).await?;
    let kept = Kept::of(app, Kind::Valuation, &record).await?;
    Ok((serde_json::from_value(record.document).map_err(Error::internal)?, kept))
}

/// The valuation `id`.
pub async fn show(app: &App, id: &str) -> Result<ValuationRecord, Error> {
    let (valuation, kept) = whole(app, id).await?;
    Ok(ValuationRecord { valuation: ValuationSummary::of(&valuation), kept })
}

/// Valuations that are not superseded, in the order recorded.
pub async fn list(app: &App, ask: &Ask) -> Result<Page<ValuationRecord>, Error> {
    let (records, next) = page::records(app, Kind::Valuation, ask).await?;
    let mut items = Vec::with_capacity(records.len());
    for record in records {
        let kept = Kept::of(app, Kind::Valuation, &record).await?;
        let valuation: Valuation = serde_json::from_value(record.document).map_err(Error::internal)?;
        items.push(ValuationRecord { valuation: ValuationSummary::of(&valuation), kept });
    }
    Ok(Page { items, next })
}
