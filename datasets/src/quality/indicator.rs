//! Indicators, their intervals, and the score they make.

use std::collections::{BTreeMap, BTreeSet};

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// The dimensions of GB/T 36344-2018, with the indicators of each that are measured here or cannot be.
const DIMENSIONS: &[(&str, &[&str])] = &[
    ("conformity", &["data_standard", "data_model", "metadata", "business_rules", "reference_data", "security"]),
    ("completeness", &["element", "record"]),
    ("accuracy", &["cell", "format", "duplication", "uniqueness", "dirty"]),
    ("consistency", &["same_data", "associated"]),
    ("timeliness", &["period", "promptness", "sequence"]),
    ("accessibility", &["accessible", "available"]),
];

/// A ratio X = A / B with its interval.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Indicator {
    pub value: f64,
    /// Wilson's interval at 95 %.
    pub low: f64,
    pub high: f64,
    /// B: what was looked at.
    pub n: u64,
    /// Whether less is better; it enters a score as 1 − X.
    pub defect_rate: bool,
}

/// The ratio of `part` to `whole` (one, where there is nothing to look at).
pub(super) fn share(part: u64, whole: u64, defect_rate: bool) -> Indicator {
    if whole == 0 {
        let value = if defect_rate { 0.0 } else { 1.0 };
        return Indicator { value, low: 0.0, high: 1.0, n: 0, defect_rate };
    }
    let (n, value) = (whole as f64, part as f64 / whole as f64);
    let z = 1.959963984540054;
    let centre = (value + z * z / (2.0 * n)) / (1.0 + z * z / n);
    let half = z / (1.0 + z * z / n) * (value * (1.0 - value) / n + z * z / (4.0 * n * n)).sqrt();
    Indicator { value, low: (centre - half).max(0.0), high: (centre + half).min(1.0), n: whole, defect_rate }
}

/// The score and the rescaled weights of the dimensions that are determined.
pub(super) fn score(
    indicators: &BTreeMap<String, Indicator>,
    asked: &BTreeMap<String, f64>,
) -> (f64, BTreeMap<String, f64>) {
    let mut means = BTreeMap::new();
    for (dimension, _) in DIMENSIONS {
        let own = indicators.iter().filter(|(name, _)| name.starts_with(&format!("{dimension}.")));
        let good: Vec<f64> = own.map(|(_, x)| if x.defect_rate { 1.0 - x.value } else { x.value }).collect();
        if !good.is_empty() {
            means.insert((*dimension).to_owned(), good.iter().sum::<f64>() / good.len() as f64);
        }
    }
    let weight = |dimension: &str| if asked.is_empty() { 1.0 } else { asked.get(dimension).copied().unwrap_or(0.0) };
    let total: f64 = means.keys().map(|dimension| weight(dimension)).sum();
    let weights: BTreeMap<String, f64> =
        means.keys().map(|dimension| (dimension.clone(), weight(dimension) / total)).collect();
    (means.iter().map(|(dimension, mean)| weights[dimension] * mean).sum(), weights)
}

/// What the standard names and the table does not show.
pub(super) fn undetermined(indicators: &BTreeMap<String, Indicator>) -> Vec<String> {
    let known: BTreeSet<&str> = indicators.keys().map(String::as_str).collect();
    let names =
        DIMENSIONS.iter().flat_map(|(dimension, own)| own.iter().map(move |name| format!("{dimension}.{name}")));
    names.filter(|name| !known.contains(name.as_str())).collect()
}
