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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::covariance::Errors;
    use crate::evaluate::folds::scramble;
    use crate::formula::Formula;
    use crate::frame::{Column, Frame};
    use crate::hedonic::{FitOptions, PriceBasis, fit};
    use crate::tails::binomial_bounds;
    use std::collections::BTreeMap;
    use valuation::market::price_model::Attribute;
    use valuation::money::Currency;

    /// Uniform and normal numbers by counter.
    struct Draws(u64, u64);

    impl Draws {
        fn uniform(&mut self) -> f64 {
            self.1 += 1;
            (scramble(self.0, self.1) >> 11) as f64 / (1u64 << 53) as f64 + f64::EPSILON
        }

        fn normal(&mut self) -> f64 {
            let (u, v) = (self.uniform(), self.uniform());
            (-2.0 * u.ln()).sqrt() * (std::f64::consts::TAU * v).cos()
        }
    }

    /// The nominal level lies within the exact 99.9 % bounds of what was counted.
    fn covers(inside: u64, n: u64, level: f64) {
        let (low, high) = binomial_bounds(inside, n, 0.999);
        assert!(low <= level && level <= high, "{inside} of {n} at {level}");
    }

    #[test]
    fn an_interval_covers_new_prices_as_often_as_it_says() {
        let mut draws = Draws(11, 0);
        let (mut inside, mut inside_by_model, runs) = (0, 0, 3000);
        let (mut mean_ratio, mut squares) = (0.0, 0.0);
        for _ in 0..runs {
            let x: Vec<f64> = (0..20).map(|_| 2.0 * draws.normal()).collect();
            let price: Vec<f64> = x.iter().map(|x| (1.0 + 0.5 * x + 0.6 * draws.normal()).exp()).collect();
            let frame = Frame::new().with("price", Column::Real(price)).unwrap().with("x", Column::Real(x)).unwrap();
            let options = FitOptions { errors: Errors::Iid, weights: None, level: 0.9, groups: BTreeMap::new() };
            let model = fit(&frame, &Formula::parse("log(price) ~ x").unwrap(), &options).unwrap();
            // A new asset at the edge, where leverage matters.
            let new = 4.0;
            let price = (1.0 + 0.5 * new + 0.6 * draws.normal()).exp();
            let one = Frame::new().with("x", Column::Real(vec![new])).unwrap();
            let predicted = *model.predict(&one, 0.8).unwrap()[0].price().unwrap();
            inside += u64::from(predicted.low <= price && price <= predicted.high);
            let basis = PriceBasis {
                currency: Currency::CNY,
                price_unit: None,
                cut_off: chrono::NaiveDate::from_ymd_opt(2026, 6, 30).unwrap(),
            };
            let given = model.price_model("sha256:0", &basis).unwrap();
            let asset = BTreeMap::from([("x".to_owned(), Attribute::Number(new))]);
            let by_model = predict(&given, &asset, 0.8).unwrap();
            inside_by_model += u64::from(by_model.low <= price && price <= by_model.high);
            assert!((by_model.value / predicted.value - 1.0).abs() < 1e-12);
            assert!((by_model.high / predicted.high - 1.0).abs() < 1e-12);
            // The mean at the centre of the data, where the median is nearly unbiased.
            let centre = model.predict(&Frame::new().with("x", Column::Real(vec![0.0])).unwrap(), 0.8).unwrap();
            let ratio = centre[0].price().unwrap().mean / (1.0f64 + 0.18).exp();
            mean_ratio += ratio / f64::from(runs);
            squares += ratio * ratio / f64::from(runs);
        }
        covers(inside, u64::from(runs as u32), 0.8);
        covers(inside_by_model, u64::from(runs as u32), 0.8);
        // Duan's estimate is consistent, not unbiased: within 3 % at n = 20, where the spread alone is 16 %.
        assert!((mean_ratio - 1.0).abs() < 0.03, "{mean_ratio} ± {}", (squares - mean_ratio * mean_ratio).sqrt());
    }

    #[test]
    fn conformal_intervals_cover_heavy_tails_by_group() {
        let mut draws = Draws(5, 0);
        let mut heavy = |scale: f64| scale * draws.normal() / draws.uniform().sqrt();
        let (mut calm, mut wild, runs) = (0, 0, 2000);
        for _ in 0..runs {
            let residuals: Vec<f64> = (0..120).map(|at| heavy(if at % 2 == 0 { 0.1 } else { 1.0 })).collect();
            let groups: Vec<&str> = (0..120).map(|at| if at % 2 == 0 { "calm" } else { "wild" }).collect();
            let widths = Conformal::from_residuals(&residuals, &groups, 0.9, 20).unwrap();
            for (group, scale, count) in [("calm", 0.1, &mut calm), ("wild", 1.0, &mut wild)] {
                let (low, high) = widths.around(1.0, group, Response::LogPrice).unwrap();
                let price = heavy(scale).exp();
                *count += u64::from(low <= price && price <= high);
            }
        }
        // ⌈61 · 0.9⌉ = 55 of 60 residuals: the exact coverage is 55/61.
        covers(calm, runs, 55.0 / 61.0);
        covers(wild, runs, 55.0 / 61.0);
    }

    #[test]
    fn too_few_residuals_give_no_interval() {
        let few = Conformal::from_residuals(&[0.1, 0.2], &[], 0.9, 20).unwrap();
        assert_eq!(few.pooled, None);
        assert_eq!(few.around(1.0, "", Response::Price), None);
    }
}
