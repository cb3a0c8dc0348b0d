//! Intervals for the price of one asset: from the model's own spread, or from what it missed out of sample.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use valuation::market::price_model::{Attributes, PriceModel, Response};

use crate::error::ModelError;
use crate::hedonic::Prediction;
use crate::tails::student_multiplier;

/// The price of one asset by a price model: median, mean by smearing, and the interval of one new price.
///
/// `x′b ± t·√(s² + x′Vx)` on the scale of the response, with t at the residual degrees of freedom; exact for a normal
/// spread with the classical covariance. Heavy tails or groups that share errors need [`Conformal`].
///
/// Errors: an attribute that is missing or unusable, or `level` outside (0, 1).
///
/// Source: Greene, “Econometric Analysis”, 7th ed., section 4.6.1; Duan 1983, JASA 78 (383), equation 3.
pub fn predict(model: &PriceModel, attributes: &Attributes, level: f64) -> Result<Prediction, ModelError> {
    if !(level > 0.0 && level < 1.0) {
        return Err(ModelError::Parameter { name: "level", value: level.to_string(), range: "(0, 1)" });
    }
    let row = model.design_row(attributes)?;
    let centre = model.linear(&row);
    let spread = (model.residual_sd * model.residual_sd + model.variance(&row)).sqrt();
    let half = student_multiplier(level, model.residual_df) * spread;
    let value = model.price(centre);
    Ok(Prediction {
        value,
        mean: value * model.smearing,
        low: model.price(centre - half),
        high: model.price(centre + half),
    })
}

/// Half widths of intervals that need no assumption about the spread: quantiles of the absolute out-of-sample residuals,
/// on the scale of the response, for each group that has enough of them and for all together.
///
/// Coverage is at least `level` for a new row that is exchangeable with the residuals' rows (of its group).
///
/// Source: Lei, G'Sell, Rinaldo, Tibshirani, Wasserman 2018, “Distribution-free predictive inference for regression”,
/// JASA 113, theorem 2.2; by group: Vovk 2012, Mondrian conformal prediction.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Conformal {
    pub level: f64,
    /// `None` where there are too few residuals for the level.
    pub pooled: Option<f64>,
    /// Groups with their own half width.
    pub groups: BTreeMap<String, f64>,
    pub residuals: u64,
}

impl Conformal {
    /// From out-of-sample residuals, each with its group (empty for none). A group gets its own width from `rows_min`
    /// residuals on.
    ///
    /// Errors: `level` outside (0, 1).
    ///
    /// ```
    /// use pricing_models::interval::Conformal;
    /// let residuals: Vec<f64> = (1..=99).map(f64::from).collect();
    /// let widths = Conformal::from_residuals(&residuals, &[], 0.90, 20)?;
    /// assert_eq!(widths.pooled, Some(90.0)); // the ⌈100 · 0.9⌉-th smallest
    /// # Ok::<(), pricing_models::error::ModelError>(())
    /// ```
    pub fn from_residuals(
        residuals: &[f64],
        groups: &[&str],
        level: f64,
        rows_min: usize,
    ) -> Result<Conformal, ModelError> {
        if !(level > 0.0 && level < 1.0) {
            return Err(ModelError::Parameter { name: "level", value: level.to_string(), range: "(0, 1)" });
        }
        let mut by_group: BTreeMap<&str, Vec<f64>> = BTreeMap::new();
        for (residual, group) in residuals.iter().zip(groups) {
            by_group.entry(group).or_default().push(residual.abs());
        }
        let groups = by_group
            .into_iter()
            .filter(|(_, own)| own.len() >= rows_min)
            .filter_map(|(group, own)| Some((group.to_owned(), half_width(own, level)?)))
            .collect();
        let pooled = half_width(residuals.iter().map(|residual| residual.abs()).collect(), level);
        Ok(Conformal { level, pooled, groups, residuals: residuals.len() as u64 })
    }

    /// The interval around the conditional median `value`, in prices; `None` where there were too few residuals.
    pub fn around(&self, value: f64, group: &str, response: Response) -> Option<(f64, f64)> {
        let half = self.groups.get(group).copied().or(self.pooled)?;
        Some(match response {
            Response::Price => (value - half, value + half),
            Response::LogPrice => (value * libm::exp(-half), value * libm::exp(half)),
        })
    }
}

/// The ⌈(n+1)·level⌉-th smallest of `n` absolute residuals.
fn half_width(mut absolute: Vec<f64>, level: f64) -> Option<f64> {
    absolute.sort_by(f64::total_cmp);
    // A product that is whole but for rounding must not be rounded up: 100 · 0.9.
    let rank = ((absolute.len() as f64 + 1.0) * level - 1e-9).ceil() as usize;
    absolute.get(rank.max(1) - 1).copied()
}
