//! The model card: what was fitted on what, how good it is, and where it must not be used, written by the run itself.

mod acceptance;
mod limits;
mod table;

use chrono::NaiveDate;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use crate::collinear::Collinear;
use crate::design::RowLoss;
use crate::evaluate::Evaluation;
use crate::frame::hex;
use crate::hedonic::{FTest, Family, Fit, FitOptions};
use crate::screen::{ReasonCount, Screened, StratumBounds};
pub use acceptance::{Acceptance, AcceptanceTest};
pub use limits::Limit;
pub use table::CoefficientTable;
pub(crate) use table::null_as_nan;

/// What only the run knows.
#[derive(Clone, Debug)]
pub struct Run<'a> {
    /// Hash of the data that were read, `sha256:…`.
    pub data_hash: String,
    pub code_version: String,
    /// The screening that chose the rows of the fitted frame, where there was one.
    pub screened: Option<&'a Screened>,
    /// First and last day of the prices used.
    pub window: Option<(NaiveDate, NaiveDate)>,
    /// Last day whose prices could have been used.
    pub cut_off: Option<NaiveDate>,
    pub evaluation: Option<Evaluation>,
    pub acceptance: Acceptance,
    /// The only words a person may add.
    pub note: Option<String>,
}

/// The rows of the data and what became of them: `read = screened out + lost + used`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct DataUsed {
    pub hash: String,
    pub read: u64,
    pub screened_out: Vec<ReasonCount>,
    pub bounds: Vec<StratumBounds>,
    pub lost: Vec<RowLoss>,
    pub used: u64,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub window: Option<(NaiveDate, NaiveDate)>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cut_off: Option<NaiveDate>,
}

/// The card of one fitted model. The same run gives the same bytes at any number of threads.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct ModelCard {
    /// SHA-256 of the card with this member empty.
    pub model_id: String,
    pub formula: String,
    pub options: FitOptions,
    /// Absent for least squares.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub family: Option<Family>,
    /// Of a family other than the Gaussian; `r2` is one less its share of a constant's deviance.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub deviance: Option<f64>,
    pub code_version: String,
    pub data: DataUsed,
    pub n: u64,
    /// Names of the columns dropped as collinear; `collinear` says what determines them.
    pub dropped: Vec<String>,
    pub collinear: Vec<Collinear>,
    pub coefficients: CoefficientTable,
    #[serde(deserialize_with = "null_as_nan")]
    pub r2: f64,
    /// `false`: without intercept and fixed effects R² compares with zero (uncentred) and looks high.
    pub r2_centred: bool,
    #[serde(deserialize_with = "null_as_nan")]
    pub r2_adjusted: f64,
    pub r2_within: Option<f64>,
    pub rmse: f64,
    pub residual_sd: f64,
    pub parameters: u64,
    pub df_residual: f64,
    pub df_t: f64,
    pub clusters: Option<u64>,
    /// Name and number of levels.
    pub effects: Vec<(String, u64)>,
    pub f: Option<FTest>,
    #[serde(deserialize_with = "null_as_nan")]
    pub condition_number: f64,
    #[serde(deserialize_with = "null_as_nan")]
    pub scaled_condition_number: f64,
    pub smearing: f64,
    pub evaluation: Option<Evaluation>,
    pub acceptance: Vec<AcceptanceTest>,
    /// Whether every acceptance test passed; `None` where none was asked for.
    pub accepted: Option<bool>,
    pub limits: Vec<Limit>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub note: Option<String>,
}

impl Fit {
    /// The card of this fit.
    ///
    /// ```
    /// # use pricing_models::{covariance::Errors, formula::Formula, frame::{Column, Frame}, hedonic::{FitOptions, fit}};
    /// # let frame = Frame::new().with("price", Column::Real(vec![1.1, 1.9, 3.2, 3.9, 5.1]))?
    /// #     .with("records", Column::Real(vec![1.0, 2.0, 3.0, 4.0, 5.0]))?;
    /// # let options = FitOptions { errors: Errors::Hc1, weights: None, level: 0.95, groups: Default::default() };
    /// use pricing_models::card::{Acceptance, ModelCard, Run};
    /// let model = fit(&frame, &Formula::parse("log(price) ~ log(records)")?, &options)?;
    /// let card = model.card(Run {
    ///     data_hash: frame.content_hash(),
    ///     code_version: "0.1.0".into(),
    ///     screened: None,
    ///     window: None,
    ///     cut_off: None,
    ///     evaluation: None,
    ///     acceptance: Acceptance::default(),
    ///     note: None,
    /// });
    /// assert!(card.model_id.starts_with("sha256:"));
    /// assert_eq!(card.limits[0].code, "not_evaluated");
    /// let text = card.to_json();
    /// assert_eq!(serde_json::from_str::<ModelCard>(&text).unwrap().to_json(), text);
    /// # Ok::<(), pricing_models::error::ModelError>(())
    /// ```
    pub fn card(&self, run: Run) -> ModelCard {
        let screened_out = run.screened.map_or_else(Vec::new, |screened| screened.reasons.clone());
        let read = self.n as u64 + self.rows_lost_total() + screened_out.iter().map(|count| count.rows).sum::<u64>();
        let mut card = ModelCard {
            model_id: String::new(),
            formula: self.formula.text.clone(),
            options: self.options.clone(),
            family: (self.family != Family::Gaussian).then_some(self.family),
            deviance: self.deviance,
            code_version: run.code_version,
            data: DataUsed {
                hash: run.data_hash,
                read,
                screened_out,
                bounds: run.screened.map_or_else(Vec::new, |screened| screened.bounds.clone()),
                lost: self.rows_lost.clone(),
                used: self.n as u64,
                window: run.window,
                cut_off: run.cut_off,
            },
            n: self.n as u64,
            dropped: self.dropped.iter().map(|column| column.name.clone()).collect(),
            collinear: self.dropped.clone(),
            coefficients: CoefficientTable(
                self.terms.iter().map(|term| term.name.clone()).zip(self.coefficients.iter().cloned()).collect(),
            ),
            r2: self.r2,
            r2_centred: self.r2_centred,
            r2_adjusted: self.r2_adjusted,
            r2_within: self.r2_within,
            rmse: self.rmse,
            residual_sd: self.residual_sd,
            parameters: self.parameters as u64,
            df_residual: self.df_residual,
            df_t: self.df_t,
            clusters: self.clusters.map(|clusters| clusters as u64),
            effects: self.effects.iter().map(|(name, levels)| (name.clone(), *levels as u64)).collect(),
            f: self.f,
            condition_number: self.condition_number,
            scaled_condition_number: self.scaled_condition_number,
            smearing: self.smearing,
            evaluation: run.evaluation,
            acceptance: Vec::new(),
            accepted: None,
            limits: Vec::new(),
            note: run.note,
        };
        card.acceptance = run.acceptance.tests(&card);
        card.accepted = (!card.acceptance.is_empty()).then(|| card.acceptance.iter().all(|test| test.passed));
        card.limits = limits::limits(&card);
        card.model_id = card.identity();
        card
    }
}

impl ModelCard {
    /// The card as JSON text, the bytes that are kept.
    pub fn to_json(&self) -> String {
        serde_json::to_string_pretty(self).unwrap_or_default()
    }

    /// The id the card's content has: equal to `model_id` unless a byte was changed.
    pub fn identity(&self) -> String {
        let nameless = ModelCard { model_id: String::new(), ..self.clone() };
        hex("sha256:", &Sha256::digest(nameless.to_json().as_bytes()))
    }
}
