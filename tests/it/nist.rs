//! Certified regressions and a published ratio study, run by our engines (see `reference_data`).

use std::collections::BTreeMap;

use pricing_models::covariance::Errors;
use pricing_models::evaluate::ratios;
use pricing_models::formula::Formula;
use pricing_models::frame::{Column, Frame};
use pricing_models::hedonic::{Fit, FitOptions, fit};

/// Ordinary least squares with classical errors.
pub fn ordinary(frame: &Frame, formula: &str) -> Fit {
    let options = FitOptions { errors: Errors::Iid, weights: None, level: 0.95, groups: BTreeMap::new() };
    fit(frame, &Formula::parse(formula).unwrap(), &options).unwrap_or_else(|e| panic!("{formula}: {e}"))
}

/// Every figure a certified table may hold.
pub fn regression(frame: &Frame, formula: &str) -> BTreeMap<String, f64> {
    let model = ordinary(frame, formula);
    let mut figures = BTreeMap::new();
    for (term, line) in model.terms.iter().zip(&model.coefficients) {
        figures.insert(term.name.clone(), line.estimate);
        figures.insert(format!("se {}", term.name), line.std_error);
    }
    figures.insert("residual_sd".into(), model.residual_sd);
    figures.insert("rss".into(), model.residual_sd * model.residual_sd * model.df_residual);
    figures.insert("r2".into(), model.r2);
    figures.insert("f".into(), model.f.unwrap().value);
    figures.insert("dropped".into(), model.dropped.len() as f64);
    figures
}

/// The statistics of a ratio study over the columns `assessed` and `sale`.
pub fn ratio_study(frame: &Frame) -> BTreeMap<String, f64> {
    let column = |name: &str| match frame.column(name).unwrap() {
        Column::Real(values) => values.clone(),
        Column::Text(_) => panic!("{name} is text"),
    };
    let (assessed, sale) = (column("assessed"), column("sale"));
    let prb = ratios::prb(&assessed, &sale).unwrap();
    [
        ("median", ratios::ratios(&assessed, &sale).and_then(|ratios| ratios::median(&ratios)).unwrap()),
        ("mean", ratios::mean_ratio(&assessed, &sale).unwrap()),
        ("weighted_mean", ratios::weighted_mean_ratio(&assessed, &sale).unwrap()),
        ("cod", ratios::cod(&assessed, &sale).unwrap()),
        ("prd", ratios::prd(&assessed, &sale).unwrap()),
        ("prb", prb.value),
        ("prb_std_error", prb.std_error),
    ]
    .map(|(name, value)| (name.to_owned(), value))
    .into()
}
