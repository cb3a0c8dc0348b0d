//! Predictions for rows the model has not seen, and what they are made of.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use valuation::market::price_model::{Factor, Response};

use super::Fit;
use super::predictor::{Effect, Predictor};
use crate::design::{combine, term_column};
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

/// A prediction taken apart: contributions on the scale of the response, which sum to the linear predictor.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Explained {
    pub predicted: Predicted,
    /// The logarithm of the price for a log model, the price for a linear one.
    pub linear: f64,
    /// Term or fixed effect and its contribution, in the order of the model; empty where the row is unusable.
    pub contributions: Vec<(String, f64)>,
    /// Numeric columns whose value lies outside the rows of the fit: an extrapolation.
    pub outside: Vec<String>,
}

impl Fit {
    /// A price for each row of `frame`, or the column at fault: [`Predictor::predict`].
    ///
    /// Errors: an unknown column, text where numbers are needed, or `level` outside (0, 1).
    pub fn predict(&self, frame: &Frame, level: f64) -> Result<Vec<Predicted>, ModelError> {
        self.predictor.predict(frame, level)
    }
}

impl Predictor {
    /// A price for each row of `frame`, or the column at fault.
    ///
    /// The interval is `x′b ± t·√(s² + x′Vx)` on the scale of the response, with t at the residual degrees of freedom and
    /// V the covariance the model was fitted with; it assumes a normal spread around the model. Where several effects are
    /// absorbed together, the variance of a level is taken as that of a mean over its rows. Measure the coverage with
    /// [`crate::evaluate`], or use [`crate::interval::Conformal`], which does not assume a spread.
    ///
    /// Errors: an unknown column, text where numbers are needed, or `level` outside (0, 1).
    ///
    /// Source: Greene, “Econometric Analysis”, 7th ed., section 4.6.1; Duan 1983.
    pub fn predict(&self, frame: &Frame, level: f64) -> Result<Vec<Predicted>, ModelError> {
        Ok(self.explain(frame, level)?.into_iter().map(|row| row.predicted).collect())
    }

    /// Each row's prediction with the exact contribution of every term and effect.
    ///
    /// Errors: as [`Predictor::predict`].
    pub fn explain(&self, frame: &Frame, level: f64) -> Result<Vec<Explained>, ModelError> {
        if !(level > 0.0 && level < 1.0) {
            return Err(ModelError::Parameter { name: "level", value: level.to_string(), range: "(0, 1)" });
        }
        let frame = self.with_effects(frame)?;
        let mut fault: Vec<Option<String>> = vec![None; frame.rows()];
        let mut columns = Vec::with_capacity(self.terms.len());
        for term in &self.terms {
            columns.push(term_column(&frame, term, &|column| self.levels.get(column).map(Vec::as_slice), &mut fault)?);
        }
        let mut groups = Vec::with_capacity(self.absorbed.len());
        for effect in &self.absorbed {
            groups.push(codes(&frame, effect, &mut fault)?);
        }
        let outside = self.outside(&frame)?;
        let multiplier = student_multiplier(level, self.df_residual);
        let rows = fault.into_iter().zip(outside).enumerate().map(|(row, (fault, outside))| {
            if let Some(column) = fault {
                let predicted = Predicted::Unusable { column };
                return Explained { predicted, linear: f64::NAN, contributions: Vec::new(), outside };
            }
            let values: Vec<f64> = columns.iter().map(|column| column[row]).collect();
            let codes: Vec<usize> = groups.iter().map(|codes| codes[row]).collect();
            Explained { outside, ..self.one(values, &codes, multiplier) }
        });
        Ok(rows.collect())
    }

    fn one(&self, mut row: Vec<f64>, codes: &[usize], multiplier: f64) -> Explained {
        let contributions = self.contributions(&row, codes);
        let linear = contributions.iter().fold(0.0, |sum, (_, part)| sum + part);
        let spread = self.residual_sd * self.residual_sd;
        let mut variance = spread;
        for (effect, code) in self.absorbed.iter().zip(codes) {
            variance += spread / effect.weights[*code];
            row.iter_mut().zip(&effect.means).for_each(|(x, means)| *x -= means[*code]);
        }
        for (x, line) in row.iter().zip(&self.covariance) {
            variance += x * row.iter().zip(line).fold(0.0, |sum, (z, v)| sum + v * z);
        }
        let half = multiplier * variance.max(0.0).sqrt();
        let price = |response: f64| match self.response {
            Response::Price => response,
            Response::LogPrice => libm::exp(response),
        };
        let value = price(linear);
        let prediction =
            Prediction { value, mean: value * self.smearing, low: price(linear - half), high: price(linear + half) };
        Explained { predicted: Predicted::Price(prediction), linear, contributions, outside: Vec::new() }
    }

    /// The visible terms, then one line for each fixed effect.
    fn contributions(&self, row: &[f64], codes: &[usize]) -> Vec<(String, f64)> {
        let part = |at: usize| row[at] * self.estimates[at];
        let mut parts: Vec<(String, f64)> =
            (self.hidden..self.terms.len()).map(|at| (self.terms[at].name.clone(), part(at))).collect();
        for (effect, code) in self.absorbed.iter().zip(codes) {
            parts.push((effect.column.clone(), effect.values[*code]));
        }
        for at in 0..self.hidden {
            let Some(Factor::Level { attribute, .. }) = self.terms[at].factors.first() else { continue };
            match parts.iter_mut().find(|(name, _)| name == attribute) {
                Some((_, sum)) => *sum += part(at),
                None => parts.push((attribute.clone(), part(at))),
            }
        }
        parts
    }

    fn outside(&self, frame: &Frame) -> Result<Vec<Vec<String>>, ModelError> {
        let mut found = vec![Vec::new(); frame.rows()];
        for (column, (low, high)) in &self.support {
            for (value, found) in frame.real(column, column)?.iter().zip(&mut found) {
                if value < low || value > high {
                    found.push(column.clone());
                }
            }
        }
        Ok(found)
    }

    /// The frame with the combined columns of effects such as `g^h`.
    fn with_effects(&self, frame: &Frame) -> Result<Frame, ModelError> {
        let mut frame = frame.clone();
        for columns in &self.combined {
            let name = crate::design::effect_name(columns);
            if !frame.has(&name) {
                let combined = combine(&frame, columns)?;
                frame = frame.with(name, Column::Text(combined))?;
            }
        }
        Ok(frame)
    }
}

fn codes(frame: &Frame, effect: &Effect, fault: &mut [Option<String>]) -> Result<Vec<usize>, ModelError> {
    let text: Text = frame.levels(&effect.column)?;
    let known = effect.by_name();
    let codes = (0..frame.rows()).map(|row| match text.get(row).and_then(|level| known.get(level)) {
        Some(code) => *code,
        None => {
            fault[row].get_or_insert_with(|| effect.column.clone());
            0
        }
    });
    Ok(codes.collect())
}
