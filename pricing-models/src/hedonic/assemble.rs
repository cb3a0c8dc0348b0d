//! A fit put together from its two passes.

use std::collections::BTreeMap;

use faer::Mat;
use valuation::market::price_model::{AdjustmentGroup, Factor, Measure, ModelTerm, Response};

use super::first_pass::FirstPass;
use super::predictor::{Figures, Predictor};
use super::{Coefficient, FTest, Family, Fit, FitOptions};
use crate::collinear::Collinear;
use crate::covariance::Second;
use crate::design::Design;
use crate::formula::Formula;
use crate::least_squares::condition;
use crate::tails::{f_upper, student_multiplier, student_two_sided};

/// Sums of squares.
pub(super) struct Sums {
    pub residual: f64,
    total: f64,
    /// Around the fixed effects.
    within: f64,
    centred: bool,
}

impl Sums {
    pub fn of(design: &Design, first: &FirstPass, residuals: &[f64]) -> Sums {
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

/// Everything a fit is put together from.
pub(super) struct Parts<'a> {
    pub formula: &'a Formula,
    pub options: &'a FitOptions,
    pub design: Design,
    pub first: FirstPass,
    pub estimates: Vec<f64>,
    pub covariance: Mat<f64>,
    pub sums: Sums,
    pub clusters: Option<usize>,
    pub second: Second,
}

/// The fit as it is reported.
pub(super) fn assemble(parts: Parts) -> Fit {
    let Parts { formula, options, design, first, estimates, covariance, sums, clusters, second } = parts;
    let (n, hidden) = (design.n(), first.hidden_kept);
    let df_residual = (n - first.parameters) as f64;
    let df_t = clusters.map_or(df_residual, |groups| groups as f64 - 1.0);
    let multiplier = student_multiplier(options.level, df_t);
    let kept = &first.settled.kept;
    let visible: Vec<usize> = (hidden..kept.len()).collect();
    let coefficients =
        visible.iter().map(|at| line(estimates[*at], covariance[(*at, *at)], df_t, multiplier)).collect();
    let dropped = dropped(&design, &first);
    let constant = sums.centred && design.absorbed.is_empty();
    let slopes = (visible.len() - usize::from(constant)) as f64;
    let base = if !design.absorbed.is_empty() { sums.within } else { sums.total };
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
    let residual_sd = (sums.residual / df_residual).sqrt();
    let response = if logarithm { Response::LogPrice } else { Response::Price };
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
        r2_within: (!design.absorbed.is_empty()).then(|| 1.0 - sums.residual / sums.within),
        rmse: (sums.residual / n as f64).sqrt(),
        residual_sd,
        f,
        condition_number: condition(&first.settled.r, false),
        scaled_condition_number: condition(&first.settled.r, true),
        smearing,
        levels: design.levels(),
        residuals,
        fitted,
        family: Family::Gaussian,
        deviance: None,
        predictor: Predictor::of(
            &design,
            first,
            &estimates,
            &covariance,
            formula.effects.iter().filter(|columns| columns.len() > 1).cloned().collect(),
            Figures { response, residual_sd, df_residual, smearing },
        ),
    }
}

/// The visible columns that were dropped, each with what determines it.
fn dropped(design: &Design, first: &FirstPass) -> Vec<Collinear> {
    let name = |j: usize| design.regressors[j].term.name.clone();
    let visible = first.settled.dropped.iter().filter(|(j, _)| *j >= design.hidden);
    let named = visible.map(|(j, parts)| {
        let mut parts: Vec<(usize, f64)> = parts.iter().filter(|(k, _)| *k >= design.hidden).copied().collect();
        parts.sort_by(|a, b| b.1.abs().total_cmp(&a.1.abs()).then(a.0.cmp(&b.0)));
        parts.truncate(5);
        Collinear { name: name(*j), determined_by: parts.into_iter().map(|(k, c)| (name(k), c)).collect() }
    });
    named.collect()
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
