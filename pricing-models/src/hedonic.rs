//! Hedonic regression: the price, or its logarithm, explained by what the buyer gets.

mod assemble;
mod family;
mod first_pass;
mod predict;
mod predictor;
mod price_model;

use std::collections::BTreeMap;

use faer::Mat;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use valuation::market::price_model::{AdjustmentGroup, Measure, ModelTerm, Response};

use crate::card::null_as_nan;
use crate::collinear::Collinear;
use crate::covariance::{Errors, First, Second, sandwich, second_pass, semi_definite};
use crate::design::{Design, LossReason, Needs, RowLoss};
use crate::error::ModelError;
use crate::formula::Formula;
use crate::frame::Frame;
use crate::least_squares::{back_substitute, inverse};
use assemble::{Parts, Sums, assemble};
pub use family::{Family, fit_family};
use first_pass::FirstPass;
pub use predict::{Explained, Predicted, Prediction};
pub use predictor::Predictor;
pub use price_model::PriceBasis;

/// Columns a design may have, and dummies that leverages (HC2, HC3) may need. Fixed effects have no limit otherwise.
pub const DUMMIES_MAX: usize = 3000;
/// Dummies beside the largest fixed effect up to which effects are written out; above, all are absorbed together.
const WRITTEN_MAX: usize = 100;

/// How a model is fitted; nothing has a default that changes a number.
///
/// | member | meaning | range |
/// | --- | --- | --- |
/// | `errors` | standard errors | see [`Errors`] |
/// | `weights` | column of analytic weights (variance inversely proportional to the weight) | ≥ 0; 0 leaves a row out |
/// | `level` | confidence of the coefficients' intervals | (0, 1) |
/// | `groups` | which coefficient of the market comparison a column belongs to; others are `other` | |
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct FitOptions {
    pub errors: Errors,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub weights: Option<String>,
    pub level: f64,
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub groups: BTreeMap<String, AdjustmentGroup>,
}

/// One line of the coefficient table.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Coefficient {
    pub estimate: f64,
    pub std_error: f64,
    #[serde(deserialize_with = "null_as_nan")]
    pub t: f64,
    /// Two-sided.
    #[serde(deserialize_with = "null_as_nan")]
    pub p: f64,
    pub low: f64,
    pub high: f64,
}

/// An F statistic with its upper tail.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct FTest {
    #[serde(deserialize_with = "null_as_nan")]
    pub value: f64,
    pub df1: f64,
    pub df2: f64,
    #[serde(deserialize_with = "null_as_nan")]
    pub p: f64,
}

/// A fitted model.
#[derive(Clone, Debug)]
pub struct Fit {
    pub formula: Formula,
    pub options: FitOptions,
    /// One for each coefficient, in the order of the formula.
    pub terms: Vec<ModelTerm>,
    pub coefficients: Vec<Coefficient>,
    pub covariance: Vec<Vec<f64>>,
    /// Columns that the columns before them determine.
    pub dropped: Vec<Collinear>,
    pub rows_lost: Vec<RowLoss>,
    /// Rows of the frame that were used.
    pub rows: Vec<u32>,
    pub n: usize,
    /// Coefficients and fixed effects.
    pub parameters: usize,
    pub df_residual: f64,
    /// Degrees of freedom of the t statistics.
    pub df_t: f64,
    pub clusters: Option<usize>,
    /// Name and number of levels of each fixed effect.
    pub effects: Vec<(String, usize)>,
    pub r2: f64,
    /// Whether `r2` compares with the mean; without intercept and fixed effects it compares with zero (uncentred).
    pub r2_centred: bool,
    pub r2_adjusted: f64,
    /// Compared with the fixed effects alone; `None` without any.
    pub r2_within: Option<f64>,
    /// Root of the mean squared residual, as fixest prints it.
    pub rmse: f64,
    /// Root of the residual sum of squares over its degrees of freedom.
    pub residual_sd: f64,
    /// All slopes are zero, from sums of squares (classical errors).
    pub f: Option<FTest>,
    /// Of the design as it stands (2-norm), as `numpy.linalg.cond` computes it.
    pub condition_number: f64,
    /// Of the design with columns of unit length (Belsley, Kuh, Welsch: above 30 is moderate to strong dependence).
    pub scaled_condition_number: f64,
    /// Duan's factor from median to mean; 1 where the response is not a logarithm.
    pub smearing: f64,
    /// Known levels of each categorical column.
    pub levels: BTreeMap<String, Vec<String>>,
    /// Response less fitted value, in the order of `rows`.
    pub residuals: Vec<f64>,
    pub fitted: Vec<f64>,
    pub family: Family,
    /// Of a family other than the Gaussian.
    pub deviance: Option<f64>,
    /// What predictions need: recorded with the model.
    pub predictor: Predictor,
}

/// Fits `formula` to `frame`.
///
/// Rows with a missing or undefined value are left out and counted by reason; collinear columns are dropped and named.
/// The result has the same bits at any number of threads.
///
/// Errors: an unknown column (with the nearest known one), text where numbers are needed, too few rows or clusters, too
/// many levels, parameters out of range.
///
/// Source: least squares by Householder triangles (Golub and Van Loan, “Matrix Computations”, 5.3); fixed effects by
/// Frisch–Waugh–Lovell.
///
/// ```
/// use pricing_models::covariance::Errors;
/// use pricing_models::formula::Formula;
/// use pricing_models::frame::{Column, Frame};
/// use pricing_models::hedonic::{FitOptions, fit};
/// let frame = Frame::new()
///     .with("price", Column::Real(vec![10.0, 20.0, 39.0, 81.0, 160.0]))?
///     .with("records", Column::Real(vec![1.0, 2.0, 4.0, 8.0, 16.0]))?;
/// let options = FitOptions { errors: Errors::Iid, weights: None, level: 0.95, groups: Default::default() };
/// let model = fit(&frame, &Formula::parse("log(price) ~ log(records)")?, &options)?;
/// assert!((model.coefficient("log(records)")?.estimate - 1.0).abs() < 0.01); // price is proportional to records
/// # Ok::<(), pricing_models::error::ModelError>(())
/// ```
pub fn fit(frame: &Frame, formula: &Formula, options: &FitOptions) -> Result<Fit, ModelError> {
    if !(options.level > 0.0 && options.level < 1.0) {
        let value = options.level.to_string();
        return Err(ModelError::Parameter { name: "level", value, range: "(0, 1)" });
    }
    let design = compile(frame, formula, options)?;
    let pass = Pass::over(&design, &options.errors)?;
    let mut fit = finish(design, pass, formula, options, Scale::Estimated);
    fit.predictor.note_support(frame, &fit.rows)?;
    Ok(fit)
}

/// The design of a fit, with enough clusters.
fn compile(frame: &Frame, formula: &Formula, options: &FitOptions) -> Result<Design, ModelError> {
    let needs = Needs {
        formula,
        weights: options.weights.as_deref(),
        clusters: options.errors.clusters(),
        dummies_max: DUMMIES_MAX,
        written_max: WRITTEN_MAX,
        leverages: options.errors.needs_leverages(),
    };
    let design = Design::compile(frame, &needs)?;
    let columns = &design.clusters[..needs.clusters.len()];
    if let Some(few) = columns.iter().find(|cluster| cluster.levels.len() < 2) {
        return Err(ModelError::TooFewClusters { column: few.column.clone(), clusters: few.levels.len() });
    }
    Ok(design)
}

/// Both passes over the rows of a design.
struct Pass {
    first: FirstPass,
    estimates: Vec<f64>,
    inverse: Mat<f64>,
    second: Second,
}

impl Pass {
    fn over(design: &Design, errors: &Errors) -> Result<Pass, ModelError> {
        let first = FirstPass::over(design)?;
        let settled = &first.settled;
        let estimates = back_substitute(&settled.r, &settled.z);
        let inverse = inverse(&settled.r);
        let known = First {
            design,
            kept: &settled.kept,
            removed: &first.removed,
            group_weights: first.level_weights.first().map_or(&[], Vec::as_slice),
            inverse: &inverse,
            coefficients: &estimates,
        };
        let second = second_pass(&known, errors);
        Ok(Pass { first, estimates, inverse, second })
    }

    /// The name of the term with the largest estimate.
    fn largest(&self, design: &Design) -> String {
        let kept = self.first.settled.kept.iter().zip(&self.estimates);
        let largest = kept.max_by(|a, b| a.1.abs().total_cmp(&b.1.abs()));
        largest.map_or_else(String::new, |(j, _)| design.regressors[*j].term.name.clone())
    }
}

/// The dispersion of classical errors: from the residuals, or known.
#[derive(Clone, Copy)]
enum Scale {
    Estimated,
    Known(f64),
}

/// The covariance, and everything put together.
fn finish(design: Design, pass: Pass, formula: &Formula, options: &FitOptions, scale: Scale) -> Fit {
    let Pass { first, estimates, inverse, second } = pass;
    let ways = design.clusters.len().min(2);
    let clusters = design.clusters[..ways].iter().map(|cluster| cluster.levels.len()).min();
    let sums = Sums::of(&design, &first, &second.residuals);
    let (n, parameters) = (design.n() as f64, first.parameters as f64);
    let factor = match (&options.errors, scale) {
        (Errors::Iid, Scale::Estimated) => sums.residual / (n - parameters),
        (Errors::Iid, Scale::Known(scale)) => scale,
        (Errors::Hc1, _) => n / (n - parameters),
        (Errors::Hc0 | Errors::Hc2 | Errors::Hc3, _) => 1.0,
        (Errors::Cluster(_) | Errors::TwoWay(..), _) => {
            let groups = clusters.unwrap_or_default() as f64;
            groups / (groups - 1.0) * (n - 1.0) / (n - first.parameters_outside_clusters(&design) as f64)
        }
    };
    let mut covariance = sandwich(&inverse, second.meat.as_ref(), factor);
    if ways > 1 {
        covariance = semi_definite(covariance);
    }
    assemble(Parts { formula, options, design, first, estimates, covariance, sums, clusters, second })
}

impl Fit {
    /// The coefficient called `name`.
    ///
    /// Errors: [`ModelError::UnknownCoefficient`] with the nearest known name.
    pub fn coefficient(&self, name: &str) -> Result<&Coefficient, ModelError> {
        let index = self.terms.iter().position(|term| term.name == name);
        index.map(|index| &self.coefficients[index]).ok_or_else(|| ModelError::UnknownCoefficient {
            name: name.to_owned(),
            nearest: crate::error::nearest(name, self.terms.iter().map(|term| term.name.as_str())),
        })
    }

    /// How the fitted number becomes a price: a logarithm by the exponential, anything else as it is.
    pub fn response(&self) -> Response {
        match (self.family, &self.formula.response.measure) {
            (Family::Gaussian, Measure::Log(_)) => Response::LogPrice,
            (Family::Gaussian, _) => Response::Price,
            _ => Response::LogPrice,
        }
    }

    /// Rows left out, by any reason.
    pub fn rows_lost_total(&self) -> u64 {
        self.rows_lost.iter().map(|loss| loss.rows).sum()
    }

    /// Rows left out for one reason.
    pub fn rows_lost_by(&self, reason: LossReason) -> u64 {
        self.rows_lost.iter().filter(|loss| loss.reason == reason).map(|loss| loss.rows).sum()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::evaluate::folds::scramble;
    use crate::frame::Column;
    use valuation::fault::Fault;

    fn frame(n: u64) -> Frame {
        let unit = |column: u64| (0..n).map(|i| (scramble(column, i) >> 11) as f64 / (1u64 << 53) as f64).collect();
        let x: Vec<f64> = unit(1);
        let e: Vec<f64> = unit(2);
        let y = x.iter().zip(&e).map(|(x, e)| (1.0 + x + e).exp()).collect();
        Frame::new()
            .with("price", Column::Real(y))
            .unwrap()
            .with("x", Column::Real(x))
            .unwrap()
            .with("k", Column::text((0..n).map(|i| format!("k{}", scramble(3, i) % 7))))
            .unwrap()
            .with("seller", Column::text((0..n).map(|i| format!("s{}", scramble(4, i) % 900))))
            .unwrap()
    }

    fn options(errors: Errors) -> FitOptions {
        FitOptions { errors, weights: None, level: 0.95, groups: BTreeMap::new() }
    }

    #[test]
    fn any_number_of_threads_gives_the_same_bits() {
        let frame = frame(70_000);
        let formula = Formula::parse("log(price) ~ x + x^2 + i(k) | seller").unwrap();
        for errors in [Errors::Hc1, Errors::Cluster("k".into())] {
            let bits = |threads: usize| {
                let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
                let model = pool.install(|| fit(&frame, &formula, &options(errors.clone())).unwrap());
                let lines =
                    model.coefficients.iter().flat_map(|line| [line.estimate.to_bits(), line.std_error.to_bits()]);
                (
                    lines.collect::<Vec<_>>(),
                    model.smearing.to_bits(),
                    model.r2.to_bits(),
                    model.condition_number.to_bits(),
                )
            };
            let one = bits(1);
            assert_eq!(one, bits(2));
            assert_eq!(one, bits(8));
        }
    }

    #[test]
    fn what_cannot_be_fitted_says_why() {
        let frame = frame(300);
        let code = |formula: &str, errors: Errors| {
            let formula = Formula::parse(formula).unwrap();
            fit(&frame, &formula, &options(errors)).err().map_or("fitted", |error| error.code())
        };
        assert_eq!(code("log(price) ~ xx", Errors::Iid), "unknown_column");
        assert_eq!(code("log(price) ~ log(k)", Errors::Iid), "column_not_numeric");
        assert_eq!(code("log(price) ~ i(k, ref = k9)", Errors::Iid), "reference_level_unknown");
        assert_eq!(code("log(price) ~ x | k + seller", Errors::Cluster("seler".into())), "unknown_column");
        assert_eq!(code("log(price) ~ i(k) | k", Errors::Iid), "nothing_to_fit");
        let formula = Formula::parse("log(price) ~ x").unwrap();
        let few = fit(&frame.select(&[0, 1]), &formula, &options(Errors::Iid)).err();
        assert_eq!(few, Some(ModelError::TooFewRows { rows: 2, parameters: 2 }));
        let wrong = FitOptions { level: 1.0, ..options(Errors::Iid) };
        assert_eq!(fit(&frame, &formula, &wrong).err().map(|error| error.code()), Some("model_parameter"));
    }

    #[test]
    fn a_level_not_seen_is_not_priced() {
        let frame = frame(500);
        let model =
            fit(&frame, &Formula::parse("log(price) ~ x + k | seller").unwrap(), &options(Errors::Iid)).unwrap();
        let new = Frame::new()
            .with("x", Column::Real(vec![0.5, 0.5, f64::NAN]))
            .unwrap()
            .with("k", Column::text(["k9", "k1", "k1"]))
            .unwrap()
            .with("seller", Column::text([frame.levels("seller").unwrap().levels[0].as_str(); 3]))
            .unwrap();
        let predicted = model.predict(&new, 0.9).unwrap();
        assert_eq!(predicted[0], Predicted::Unusable { column: "k".into() });
        assert!(predicted[1].price().is_some());
        assert_eq!(predicted[2], Predicted::Unusable { column: "x".into() });
    }
}
