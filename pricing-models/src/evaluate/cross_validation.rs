//! Fitting on all folds but one, predicting the one.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use valuation::market::price_model::Response;

use super::folds::group_folds;
use super::ratios::{
    Coverage, PriceRelatedBias, cod, coverage, mean_ratio, median, median_ape, prb, prd, ratios, weighted_mean_ratio,
};
use crate::error::ModelError;
use crate::frame::{Frame, Text};
use crate::hedonic::{Fit, Predicted, fit};

/// How a model is tested; nothing has a default.
///
/// | member | meaning | range |
/// | --- | --- | --- |
/// | `groups` | column whose levels stay in one fold: title family, seller … | a column |
/// | `folds` | number of folds | ≥ 2 |
/// | `seed` | which groups go together | |
/// | `level` | level of the intervals whose coverage is counted | (0, 1) |
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Validation {
    pub groups: String,
    pub folds: usize,
    pub seed: u64,
    pub level: f64,
}

/// What a model is worth on rows it has not seen.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Evaluation {
    pub validation: Validation,
    /// Groups that were split.
    pub groups: u64,
    /// Rows with a prediction.
    pub n: u64,
    /// Rows no model could predict: a level that stands in their own fold only, or a fold that could not be fitted.
    pub not_predicted: u64,
    /// In per cent.
    pub median_ape: Option<f64>,
    pub median_ratio: Option<f64>,
    pub mean_ratio: Option<f64>,
    pub weighted_mean_ratio: Option<f64>,
    pub cod: Option<f64>,
    pub prd: Option<f64>,
    pub prb: Option<PriceRelatedBias>,
    pub coverage: Option<Coverage>,
    /// R² on the scale of the response, against the mean of each row's training folds; negative where the mean does better.
    pub r2_out_of_fold: Option<f64>,
}

/// One row predicted by a model that has not seen its group.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct OutOfFold {
    /// Row of the frame.
    pub row: u32,
    pub fold: usize,
    pub price: f64,
    pub value: f64,
    pub low: f64,
    pub high: f64,
    /// Response less prediction, on the scale of the response: what conformal intervals are made of.
    pub residual: f64,
    /// Response less the mean response of the training folds.
    pub residual_of_mean: f64,
}

/// Fits and predicts fold by fold; `whole` is the fit on all rows, whose complete rows are split.
///
/// Errors: those of the fit, an unknown group column, or too few groups. A single fold that cannot be fitted (too few rows)
/// leaves its rows without prediction.
pub fn cross_validate(
    frame: &Frame,
    whole: &Fit,
    validation: &Validation,
) -> Result<(Evaluation, Vec<OutOfFold>), ModelError> {
    let groups = frame.levels(&validation.groups)?;
    let fold_of = group_folds(&groups, &whole.rows, validation.folds, validation.seed)?;
    let mut predictions = Vec::with_capacity(whole.rows.len());
    for fold in 0..validation.folds {
        let (inside, outside): (Vec<usize>, Vec<usize>) = (0..whole.rows.len()).partition(|at| fold_of[*at] == fold);
        predictions.extend(one_fold(frame, whole, validation.level, fold, &inside, &outside)?);
    }
    predictions.sort_by_key(|prediction| prediction.row);
    Ok((summary(whole, validation, &groups, &predictions), predictions))
}

fn one_fold(
    frame: &Frame,
    whole: &Fit,
    level: f64,
    fold: usize,
    inside: &[usize],
    outside: &[usize],
) -> Result<Vec<OutOfFold>, ModelError> {
    let rows = |which: &[usize]| -> Vec<u32> { which.iter().map(|at| whole.rows[*at]).collect() };
    let response = |at: usize| whole.fitted[at] + whole.residuals[at];
    let training = frame.select(&rows(outside));
    let model = match fit(&training, &whole.formula, &whole.options) {
        Ok(model) => model,
        Err(ModelError::TooFewRows { .. } | ModelError::TooFewClusters { .. } | ModelError::NothingToFit) => {
            return Ok(Vec::new());
        }
        Err(error) => return Err(error),
    };
    let mean = outside.iter().fold(0.0, |sum, at| sum + response(*at)) / outside.len() as f64;
    let predicted = model.predict(&frame.select(&rows(inside)), level)?;
    let price = |response: f64| match whole.response() {
        Response::Price => response,
        Response::LogPrice => libm::exp(response),
    };
    let rows = inside.iter().zip(predicted).filter_map(|(at, predicted)| {
        let Predicted::Price(prediction) = predicted else { return None };
        let centre = match whole.response() {
            Response::Price => prediction.value,
            Response::LogPrice => libm::log(prediction.value),
        };
        Some(OutOfFold {
            row: whole.rows[*at],
            fold,
            price: price(response(*at)),
            value: prediction.value,
            low: prediction.low,
            high: prediction.high,
            residual: response(*at) - centre,
            residual_of_mean: response(*at) - mean,
        })
    });
    Ok(rows.collect())
}

fn summary(whole: &Fit, validation: &Validation, groups: &Text, rows: &[OutOfFold]) -> Evaluation {
    let column = |read: fn(&OutOfFold) -> f64| -> Vec<f64> { rows.iter().map(read).collect() };
    let (price, value) = (column(|row| row.price), column(|row| row.value));
    let squares = |read: fn(&OutOfFold) -> f64| column(read).iter().fold(0.0, |sum, e| sum + e * e);
    let (own, of_mean) = (squares(|row| row.residual), squares(|row| row.residual_of_mean));
    let mut codes: Vec<u32> = whole.rows.iter().map(|row| groups.codes[*row as usize]).collect();
    codes.sort_unstable();
    let missing = codes.iter().filter(|code| **code == Text::MISSING).count();
    codes.retain(|code| *code != Text::MISSING);
    codes.dedup();
    Evaluation {
        validation: validation.clone(),
        groups: (codes.len() + missing) as u64,
        n: rows.len() as u64,
        not_predicted: (whole.rows.len() - rows.len()) as u64,
        median_ape: median_ape(&value, &price),
        median_ratio: ratios(&value, &price).and_then(|ratios| median(&ratios)),
        mean_ratio: mean_ratio(&value, &price),
        weighted_mean_ratio: weighted_mean_ratio(&value, &price),
        cod: cod(&value, &price),
        prd: prd(&value, &price),
        prb: prb(&value, &price),
        coverage: coverage(&price, &column(|row| row.low), &column(|row| row.high)),
        r2_out_of_fold: (of_mean > 0.0).then(|| 1.0 - own / of_mean),
    }
}
