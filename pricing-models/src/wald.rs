//! The joint test that several coefficients have stated values.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::error::{ModelError, nearest};
use crate::hedonic::Fit;
use crate::tails::{chi_squared_upper, f_upper};

/// A Wald test, as F with the degrees of freedom of the fit and as χ² without.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Wald {
    pub f: f64,
    pub df1: f64,
    pub df2: f64,
    /// Upper tail of F: reject at 1 % where below 0.01.
    pub p: f64,
    pub chi_squared: f64,
    pub chi_squared_p: f64,
}

impl Fit {
    /// Tests `coefficient = value` for all pairs at once, with the covariance the model was fitted with.
    ///
    /// Errors: an unknown coefficient, or a singular covariance (a coefficient that stands twice).
    ///
    /// Source: Wald 1943; Greene, “Econometric Analysis”, 7th ed., equation 5-16: `d′V⁻¹d / q`.
    ///
    /// ```
    /// # use pricing_models::{covariance::Errors, formula::Formula, frame::{Column, Frame}, hedonic::{FitOptions, fit}};
    /// # let frame = Frame::new().with("y", Column::Real(vec![1.1, 1.9, 3.2, 3.9, 5.1]))?
    /// #     .with("x", Column::Real(vec![1.0, 2.0, 3.0, 4.0, 5.0]))?;
    /// # let options = FitOptions { errors: Errors::Iid, weights: None, level: 0.95, groups: Default::default() };
    /// let model = fit(&frame, &Formula::parse("y ~ x")?, &options)?;
    /// assert!(model.wald(&[("(Intercept)", 0.0), ("x", 1.0)])?.p > 0.01);
    /// assert!(model.wald(&[("(Intercept)", 0.0), ("x", 2.0)])?.p < 0.01);
    /// # Ok::<(), pricing_models::error::ModelError>(())
    /// ```
    pub fn wald(&self, hypothesis: &[(&str, f64)]) -> Result<Wald, ModelError> {
        let names = || self.terms.iter().map(|term| term.name.as_str());
        let mut at = Vec::with_capacity(hypothesis.len());
        for (name, _) in hypothesis {
            let found = names().position(|known| known == *name);
            at.push(found.ok_or_else(|| ModelError::UnknownCoefficient {
                name: (*name).to_owned(),
                nearest: nearest(name, names()),
            })?);
        }
        let distance: Vec<f64> =
            at.iter().zip(hypothesis).map(|(i, (_, value))| self.coefficients[*i].estimate - value).collect();
        let variance: Vec<Vec<f64>> = at.iter().map(|i| at.iter().map(|j| self.covariance[*i][*j]).collect()).collect();
        let chi_squared = quadratic_form(&variance, &distance).ok_or(ModelError::SingularHypothesis)?;
        let df1 = at.len() as f64;
        let f = chi_squared / df1;
        let (p, chi_squared_p) = (f_upper(f, df1, self.df_t), chi_squared_upper(chi_squared, df1));
        Ok(Wald { f, df1, df2: self.df_t, p, chi_squared, chi_squared_p })
    }
}

/// `d′V⁻¹d` by Cholesky's factor of the correlations; `None` where V is not positive definite.
fn quadratic_form(variance: &[Vec<f64>], distance: &[f64]) -> Option<f64> {
    let k = distance.len();
    let scale: Vec<f64> = (0..k).map(|i| variance[i][i].sqrt()).collect();
    if k == 0 || scale.iter().any(|s| !(s.is_finite() && *s > 0.0)) {
        return None;
    }
    let mut lower = vec![vec![0.0; k]; k];
    let mut solved = vec![0.0; k];
    for i in 0..k {
        for j in 0..=i {
            let product = (0..j).fold(0.0, |sum, l| sum + lower[i][l] * lower[j][l]);
            let entry = variance[i][j] / scale[i] / scale[j] - product;
            if i > j {
                lower[i][j] = entry / lower[j][j];
            } else if entry > 1e-12 {
                lower[i][i] = entry.sqrt();
            } else {
                return None;
            }
        }
        let known = (0..i).fold(0.0, |sum, l| sum + lower[i][l] * solved[l]);
        solved[i] = (distance[i] / scale[i] - known) / lower[i][i];
    }
    Some(solved.iter().fold(0.0, |sum, x| sum + x * x))
}
