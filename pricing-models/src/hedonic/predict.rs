//! Predictions for rows the model has not seen.

use std::collections::HashMap;

use faer::Mat;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use valuation::market::price_model::{ModelTerm, Response};

use super::Fit;
use super::first_pass::FirstPass;
use crate::design::{Design, combine, term_column};
use crate::error::ModelError;
use crate::frame::{Column, Frame, Text};
use crate::tails::student_multiplier;

/// A price for one row: conditional median and mean, and the interval a new price falls in with the stated level.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Prediction {
    /// The conditional median of a log model; the conditional mean of a linear one.
    pub value: f64,
    /// The conditional mean, by smearing for a log model.
    pub mean: f64,
    pub low: f64,
    pub high: f64,
}

/// A prediction, or the column whose value the model cannot use.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(untagged)]
pub enum Predicted {
    Price(Prediction),
    /// A missing or undefined value, or a level the model has not seen.
    Unusable {
        column: String,
    },
}

impl Predicted {
    pub fn price(&self) -> Option<&Prediction> {
        match self {
            Predicted::Price(prediction) => Some(prediction),
            Predicted::Unusable { .. } => None,
        }
    }
}

/// What predictions need of the fixed effects.
#[derive(Clone, Debug)]
pub(super) struct Hidden {
    /// Dummies of the second and later effects, then the visible terms.
    terms: Vec<ModelTerm>,
    estimates: Vec<f64>,
    covariance: Mat<f64>,
    absorbed: Option<Absorbed>,
    effect_levels: HashMap<String, Vec<String>>,
}

#[derive(Clone, Debug)]
struct Absorbed {
    column: String,
    levels: HashMap<String, usize>,
    /// Level of the response where the regressors are at their means.
    response: Vec<f64>,
    means: Vec<Vec<f64>>,
    weights: Vec<f64>,
}

impl Hidden {
    pub fn of(design: &Design, first: FirstPass, estimates: &[f64], covariance: Mat<f64>) -> Hidden {
        let kept = &first.settled.kept;
        let absorbed = design.absorbed.as_ref().zip(first.means).map(|(effect, mut means)| {
            let response = means.pop().unwrap_or_default();
            let means = kept.iter().map(|j| std::mem::take(&mut means[*j])).collect();
            let levels = effect.levels.iter().enumerate().map(|(code, level)| (level.clone(), code)).collect();
            let column = effect.column.clone();
            Absorbed { column, levels, response, means, weights: first.group_weights }
        });
        Hidden {
            terms: kept.iter().map(|j| design.regressors[*j].term.clone()).collect(),
            estimates: estimates.to_vec(),
            covariance,
            absorbed,
            effect_levels: design
                .effect_levels()
                .map(|effect| (effect.column.clone(), effect.levels.clone()))
                .collect(),
        }
    }
}

impl Fit {
    /// A price for each row of `frame`, or the column at fault.
    ///
    /// The interval is `x′b ± t·√(s² + x′Vx)` on the scale of the response, with t at the residual degrees of freedom and
    /// V the covariance the model was fitted with; it assumes a normal spread around the model. Measure its coverage with
    /// [`crate::evaluate`], or use [`crate::interval::Conformal`], which does not assume it.
    ///
    /// Errors: an unknown column, text where numbers are needed, or `level` outside (0, 1).
    ///
    /// Source: Greene, “Econometric Analysis”, 7th ed., section 4.6.1; Duan 1983.
    pub fn predict(&self, frame: &Frame, level: f64) -> Result<Vec<Predicted>, ModelError> {
        if !(level > 0.0 && level < 1.0) {
            return Err(ModelError::Parameter { name: "level", value: level.to_string(), range: "(0, 1)" });
        }
        let frame = self.with_effects(frame)?;
        let mut fault: Vec<Option<String>> = vec![None; frame.rows()];
        let mut columns = Vec::with_capacity(self.hidden.terms.len());
        for term in &self.hidden.terms {
            columns.push(term_column(&frame, term, &|column| self.known(column), &mut fault)?);
        }
        let groups = match &self.hidden.absorbed {
            None => None,
            Some(absorbed) => Some(absorbed_codes(&frame, absorbed, &mut fault)?),
        };
        let multiplier = student_multiplier(level, self.df_residual);
        let mut row_values = vec![0.0; columns.len()];
        let predicted = (0..frame.rows()).map(|row| {
            if let Some(column) = fault[row].take() {
                return Predicted::Unusable { column };
            }
            row_values.iter_mut().zip(&columns).for_each(|(x, column)| *x = column[row]);
            let group = groups.as_ref().map(|codes| codes[row]);
            Predicted::Price(self.prediction(&mut row_values, group, multiplier))
        });
        Ok(predicted.collect())
    }

    fn prediction(&self, row: &mut [f64], group: Option<usize>, multiplier: f64) -> Prediction {
        let hidden = &self.hidden;
        let mut centre = 0.0;
        let mut variance = self.residual_sd * self.residual_sd;
        if let (Some(absorbed), Some(group)) = (&hidden.absorbed, group) {
            centre = absorbed.response[group];
            variance += self.residual_sd * self.residual_sd / absorbed.weights[group];
            row.iter_mut().zip(&absorbed.means).for_each(|(x, means)| *x -= means[group]);
        }
        centre += row.iter().zip(&hidden.estimates).fold(0.0, |sum, (x, b)| sum + x * b);
        for (i, x) in row.iter().enumerate() {
            let inner = row.iter().enumerate().fold(0.0, |sum, (j, z)| sum + hidden.covariance[(i, j)] * z);
            variance += x * inner;
        }
        let half = multiplier * variance.max(0.0).sqrt();
        let price = |response: f64| match self.response() {
            Response::Price => response,
            Response::LogPrice => libm::exp(response),
        };
        let value = price(centre);
        Prediction { value, mean: value * self.smearing, low: price(centre - half), high: price(centre + half) }
    }

    fn known(&self, column: &str) -> Option<&[String]> {
        self.levels.get(column).or_else(|| self.hidden.effect_levels.get(column)).map(Vec::as_slice)
    }

    /// The frame with the combined columns of effects such as `g^h`.
    fn with_effects(&self, frame: &Frame) -> Result<Frame, ModelError> {
        let mut frame = frame.clone();
        for columns in self.formula.effects.iter().filter(|columns| columns.len() > 1) {
            let name = crate::design::effect_name(columns);
            if !frame.has(&name) {
                let combined = combine(&frame, columns)?;
                frame = frame.with(name, Column::Text(combined))?;
            }
        }
        Ok(frame)
    }
}

fn absorbed_codes(frame: &Frame, absorbed: &Absorbed, fault: &mut [Option<String>]) -> Result<Vec<usize>, ModelError> {
    let text: Text = frame.levels(&absorbed.column)?;
    let codes = (0..frame.rows()).map(|row| match text.get(row).and_then(|level| absorbed.levels.get(level)) {
        Some(code) => *code,
        None => {
            fault[row].get_or_insert_with(|| absorbed.column.clone());
            0
        }
    });
    Ok(codes.collect())
}
