//! Hedonic regression: the price, or its logarithm, explained by what the buyer gets.

mod first_pass;
mod predict;
mod price_model;

use std::collections::BTreeMap;

use faer::Mat;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use valuation::market::price_model::{AdjustmentGroup, Factor, Measure, ModelTerm, Response};

use crate::card::null_as_nan;
use crate::collinear::Collinear;
use crate::covariance::{Errors, First, sandwich, second_pass};
use crate::design::{Design, LossReason, Needs, RowLoss};
use crate::error::ModelError;
use crate::formula::Formula;
use crate::frame::Frame;
use crate::least_squares::{back_substitute, condition, inverse};
use crate::tails::{f_upper, student_multiplier, student_two_sided};
use first_pass::FirstPass;
pub use predict::{Predicted, Prediction};
pub use price_model::PriceBasis;

/// Columns a design may have, and dummies the second and later fixed effects may need. The largest fixed effect is
/// absorbed and has no limit.
pub const DUMMIES_MAX: usize = 3000;

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
    hidden: predict::Hidden,
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
    let cluster = match &options.errors {
        Errors::Cluster(column) => Some(column.as_str()),
        _ => None,
    };
    let needs = Needs { formula, weights: options.weights.as_deref(), cluster, dummies_max: DUMMIES_MAX };
    let design = Design::compile(frame, &needs)?;
    let first = FirstPass::over(&design)?;
    let clusters = match (&design.cluster, cluster) {
        (Some(levels), Some(column)) if levels.levels.len() < 2 => {
            return Err(ModelError::TooFewClusters { column: column.to_owned(), clusters: levels.levels.len() });
        }
        (levels, _) => levels.as_ref().map(|levels| levels.levels.len()),
    };
    let settled = &first.settled;
    let estimates = back_substitute(&settled.r, &settled.z);
    let inverse = inverse(&settled.r);
    let second = second_pass(
        &First {
            design: &design,
            kept: &settled.kept,
            means: first.means.as_deref(),
            group_weights: &first.group_weights,
            inverse: &inverse,
            coefficients: &estimates,
        },
        &options.errors,
    );
    let sums = Sums::of(&design, &first, &second.residuals);
    let (n, parameters) = (design.n() as f64, first.parameters as f64);
    let factor = match &options.errors {
        Errors::Iid => sums.residual / (n - parameters),
        Errors::Hc1 => n / (n - parameters),
        Errors::Hc0 | Errors::Hc2 | Errors::Hc3 => 1.0,
        Errors::Cluster(_) => {
            let groups = clusters.unwrap_or_default() as f64;
            groups / (groups - 1.0) * (n - 1.0) / (n - first.parameters_outside_clusters(&design) as f64)
        }
    };
    let covariance = sandwich(&inverse, second.meat.as_ref(), factor);
    Ok(assemble(Parts { formula, options, design, first, estimates, covariance, sums, clusters, second }))
}

/// Sums of squares.
struct Sums {
    residual: f64,
    total: f64,
    /// Around the fixed effects.
    within: f64,
    centred: bool,
}

impl Sums {
    fn of(design: &Design, first: &FirstPass, residuals: &[f64]) -> Sums {
        let residual = residuals.iter().fold(0.0, |sum, e| sum + e * e);
        let centred = first.has_constant(design);
        let roots = design.root_weights.as_deref();
        let weight = |row: usize| roots.map_or(1.0, |roots| roots[row] * roots[row]);
        let y = &design.response;
        let weights = (0..y.len()).fold(0.0, |sum, row| sum + weight(row));
        let mean = if centred { (0..y.len()).fold(0.0, |sum, row| sum + weight(row) * y[row]) / weights } else { 0.0 };
        let total = (0..y.len()).fold(0.0, |sum, row| sum + weight(row) * (y[row] - mean) * (y[row] - mean));
        let slopes = &first.settled.z[first.hidden_kept..];
        let within = slopes.iter().fold(residual, |sum, z| sum + z * z);
        Sums { residual, total, within, centred }
    }
}

struct Parts<'a> {
    formula: &'a Formula,
    options: &'a FitOptions,
    design: Design,
    first: FirstPass,
    estimates: Vec<f64>,
    covariance: Mat<f64>,
    sums: Sums,
    clusters: Option<usize>,
    second: crate::covariance::Second,
}

fn assemble(parts: Parts) -> Fit {
    let Parts { formula, options, design, first, estimates, covariance, sums, clusters, second } = parts;
    let (n, hidden) = (design.n(), first.hidden_kept);
    let df_residual = (n - first.parameters) as f64;
    let df_t = clusters.map_or(df_residual, |groups| groups as f64 - 1.0);
    let multiplier = student_multiplier(options.level, df_t);
    let kept = &first.settled.kept;
    let visible: Vec<usize> = (hidden..kept.len()).collect();
    let coefficients =
        visible.iter().map(|at| line(estimates[*at], covariance[(*at, *at)], df_t, multiplier)).collect();
    let name = |j: usize| design.regressors[j].term.name.clone();
    let dropped = first.settled.dropped.iter().filter(|(j, _)| *j >= design.hidden).map(|(j, parts)| {
        let mut parts: Vec<(usize, f64)> = parts.iter().filter(|(k, _)| *k >= design.hidden).copied().collect();
        parts.sort_by(|a, b| b.1.abs().total_cmp(&a.1.abs()).then(a.0.cmp(&b.0)));
        parts.truncate(5);
        Collinear { name: name(*j), determined_by: parts.into_iter().map(|(k, c)| (name(k), c)).collect() }
    });
    let dropped: Vec<Collinear> = dropped.collect();
    let constant = sums.centred && design.absorbed.is_none();
    let slopes = (visible.len() - usize::from(constant)) as f64;
    let base = if design.absorbed.is_some() { sums.within } else { sums.total };
    let f = (slopes > 0.0).then(|| {
        let value = ((base - sums.residual) / slopes) / (sums.residual / df_residual);
        FTest { value, df1: slopes, df2: df_residual, p: f_upper(value, slopes, df_residual) }
    });
    let roots = design.root_weights.as_deref();
    let residuals: Vec<f64> =
        second.residuals.iter().enumerate().map(|(row, e)| roots.map_or(*e, |roots| e / roots[row])).collect();
    let logarithm = matches!(formula.response.measure, Measure::Log(_));
    let smearing = if logarithm { residuals.iter().fold(0.0, |sum, e| sum + libm::exp(*e)) / n as f64 } else { 1.0 };
    let r2 = 1.0 - sums.residual / sums.total;
    let fitted = design.response.iter().zip(&residuals).map(|(y, e)| y - e).collect();
    let lost = n as f64 - f64::from(u8::from(sums.centred));
    Fit {
        formula: formula.clone(),
        options: options.clone(),
        terms: visible.iter().map(|at| grouped(&design.regressors[kept[*at]].term, &options.groups)).collect(),
        coefficients,
        covariance: visible.iter().map(|i| visible.iter().map(|j| covariance[(*i, *j)]).collect()).collect(),
        dropped,
        rows_lost: design.losses.clone(),
        rows: design.rows.clone(),
        n,
        parameters: first.parameters,
        df_residual,
        df_t,
        clusters,
        effects: design.effects.clone(),
        r2,
        r2_centred: sums.centred,
        r2_adjusted: 1.0 - (1.0 - r2) * lost / df_residual,
        r2_within: design.absorbed.as_ref().map(|_| 1.0 - sums.residual / sums.within),
        rmse: (sums.residual / n as f64).sqrt(),
        residual_sd: (sums.residual / df_residual).sqrt(),
        f,
        condition_number: condition(&first.settled.r, false),
        scaled_condition_number: condition(&first.settled.r, true),
        smearing,
        levels: design.levels(),
        residuals,
        fitted,
        hidden: predict::Hidden::of(&design, first, &estimates, covariance),
    }
}

fn line(estimate: f64, variance: f64, df: f64, multiplier: f64) -> Coefficient {
    let std_error = variance.max(0.0).sqrt();
    let t = estimate / std_error;
    let (low, high) = (estimate - multiplier * std_error, estimate + multiplier * std_error);
    Coefficient { estimate, std_error, t, p: student_two_sided(t, df), low, high }
}

/// The term with the group of the first of its columns that has one.
fn grouped(term: &ModelTerm, groups: &BTreeMap<String, AdjustmentGroup>) -> ModelTerm {
    let columns = term.factors.iter().flat_map(|factor| match factor {
        Factor::Value(measure) => measure.attributes(),
        Factor::Level { attribute, .. } => vec![attribute.as_str()],
    });
    let group = columns.filter_map(|column| groups.get(column)).next().copied().unwrap_or_default();
    ModelTerm { group, ..term.clone() }
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
        match self.formula.response.measure {
            Measure::Log(_) => Response::LogPrice,
            _ => Response::Price,
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
