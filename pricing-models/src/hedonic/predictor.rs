//! What a prediction needs of a fit, small enough to be recorded with its card.

use std::collections::{BTreeMap, HashMap};

use faer::Mat;
use serde::{Deserialize, Serialize};
use valuation::market::price_model::{Factor, ModelTerm, PriceModel, Response};

use super::first_pass::FirstPass;
use crate::design::{Design, Removed};
use crate::error::ModelError;
use crate::frame::Frame;

/// Numbers a recorded predictor may hold; a fit with more can predict only while it is in memory.
const NUMBERS_MAX: usize = 2_000_000;

/// A fitted model without its rows: terms, estimates, covariance and effects. Predicts and explains years later.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Predictor {
    pub response: Response,
    /// Dummies of effects that are written out, then the visible terms.
    pub(super) terms: Vec<ModelTerm>,
    /// How many of the terms stand for fixed effects.
    pub(super) hidden: usize,
    pub(super) estimates: Vec<f64>,
    pub(super) covariance: Vec<Vec<f64>>,
    pub(super) absorbed: Vec<Effect>,
    pub(super) residual_sd: f64,
    pub(super) df_residual: f64,
    pub(super) smearing: f64,
    /// Known levels of every categorical column that stands in a term.
    pub(super) levels: BTreeMap<String, Vec<String>>,
    /// Columns whose combinations are a fixed effect.
    pub(super) combined: Vec<Vec<String>>,
    /// Smallest and largest value of each numeric column in the rows of the fit.
    pub(super) support: BTreeMap<String, (f64, f64)>,
}

/// An absorbed fixed effect.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(super) struct Effect {
    pub column: String,
    pub levels: Vec<String>,
    /// Contribution of each level to the linear predictor.
    pub values: Vec<f64>,
    /// What the effects explain of each term, by level.
    pub means: Vec<Vec<f64>>,
    pub weights: Vec<f64>,
}

pub(super) struct Figures {
    pub response: Response,
    pub residual_sd: f64,
    pub df_residual: f64,
    pub smearing: f64,
}

impl Predictor {
    pub(super) fn of(
        design: &Design,
        first: FirstPass,
        estimates: &[f64],
        covariance: &Mat<f64>,
        combined: Vec<Vec<String>>,
        figures: Figures,
    ) -> Predictor {
        let kept = &first.settled.kept;
        let parts = match first.removed {
            Removed::Nothing => Vec::new(),
            Removed::Means(means) => means,
            Removed::Solved(solved) => solved.parts,
        };
        let mut absorbed = Vec::new();
        let mut start = 0;
        for (effect, weights) in design.absorbed.iter().zip(first.level_weights) {
            let range = start..start + effect.levels.len();
            start = range.end;
            let means: Vec<Vec<f64>> = kept.iter().map(|j| parts[*j][range.clone()].to_vec()).collect();
            let response = parts.last().map_or(&[][..], |all| &all[range]);
            let explained = |code: usize| means.iter().zip(estimates).fold(0.0, |sum, (mean, b)| sum + mean[code] * b);
            let values = response.iter().enumerate().map(|(code, y)| y - explained(code)).collect();
            absorbed.push(Effect {
                column: effect.column.clone(),
                levels: effect.levels.clone(),
                values,
                means,
                weights,
            });
        }
        let k = kept.len();
        Predictor {
            response: figures.response,
            terms: kept.iter().map(|j| design.regressors[*j].term.clone()).collect(),
            hidden: first.hidden_kept,
            estimates: estimates.to_vec(),
            covariance: (0..k).map(|i| (0..k).map(|j| covariance[(i, j)]).collect()).collect(),
            absorbed,
            residual_sd: figures.residual_sd,
            df_residual: figures.df_residual,
            smearing: figures.smearing,
            levels: design.levels(),
            combined,
            support: BTreeMap::new(),
        }
    }

    /// From what a valuation reads of a model; the ranges of its columns are not known then.
    pub fn of_price_model(model: &PriceModel) -> Predictor {
        Predictor {
            response: model.response,
            terms: model.terms.clone(),
            hidden: 0,
            estimates: model.coefficients.clone(),
            covariance: model.covariance.clone(),
            absorbed: Vec::new(),
            residual_sd: model.residual_sd,
            df_residual: model.residual_df,
            smearing: model.smearing,
            levels: model.levels.clone(),
            combined: Vec::new(),
            support: BTreeMap::new(),
        }
    }

    /// Notes the range of every numeric column the terms read, over the rows of the fit.
    pub(super) fn note_support(&mut self, frame: &Frame, rows: &[u32]) -> Result<(), ModelError> {
        for factor in self.terms.iter().flat_map(|term| &term.factors) {
            let Factor::Value(measure) = factor else { continue };
            for column in measure.attributes() {
                if self.support.contains_key(column) {
                    continue;
                }
                let values = frame.real(column, column)?;
                let range = rows.iter().fold((f64::INFINITY, f64::NEG_INFINITY), |(low, high), row| {
                    let value = values[*row as usize];
                    (value.min(low), value.max(high))
                });
                self.support.insert(column.to_owned(), range);
            }
        }
        Ok(())
    }

    /// For a family with a logarithmic link: the price is the exponential and already the mean.
    pub(super) fn in_family(&mut self, response: Response, residual_sd: f64) {
        self.response = response;
        self.residual_sd = residual_sd;
        self.smearing = 1.0;
    }

    /// Whether it is small enough to be recorded.
    pub fn is_recordable(&self) -> bool {
        let k = self.terms.len();
        let levels: usize = self.absorbed.iter().map(|effect| effect.levels.len()).sum();
        k * k + levels * (k + 3) <= NUMBERS_MAX
    }
}

impl Effect {
    pub fn by_name(&self) -> HashMap<&str, usize> {
        self.levels.iter().enumerate().map(|(code, level)| (level.as_str(), code)).collect()
    }
}
