//! Prices far from the others of their stratum.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::error::ModelError;
use crate::frame::{Frame, Text};

/// The bounds one stratum's prices were held against.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct StratumBounds {
    /// Levels of the strata columns, in their order.
    pub stratum: Vec<String>,
    pub rows: u64,
    pub excluded: u64,
    /// Prices, not logarithms; `None` where the stratum had too few rows to be judged.
    pub bounds: Option<(f64, f64)>,
}

/// Which rows lie outside, and the bounds of each stratum sorted by its levels.
pub(super) fn outliers(
    frame: &Frame,
    left: &[usize],
    price: &str,
    strata: &[String],
    iqr_multiple: f64,
    rows_min: usize,
) -> Result<(Vec<bool>, Vec<StratumBounds>), ModelError> {
    if !(iqr_multiple.is_finite() && iqr_multiple > 0.0) {
        return Err(ModelError::Parameter { name: "iqr_multiple", value: iqr_multiple.to_string(), range: "(0, ∞)" });
    }
    let prices = frame.real(price, "outlier")?;
    let texts = strata.iter().map(|column| frame.levels(column)).collect::<Result<Vec<Text>, _>>()?;
    let mut groups: BTreeMap<Vec<&str>, Vec<usize>> = BTreeMap::new();
    for row in left.iter().filter(|row| prices[**row] > 0.0) {
        let key = texts.iter().map(|text| text.get(*row).unwrap_or_default()).collect();
        groups.entry(key).or_default().push(*row);
    }
    let mut outside = vec![false; frame.rows()];
    let bounds = groups
        .into_iter()
        .map(|(key, rows)| {
            let mut logs: Vec<f64> = rows.iter().map(|row| libm::log(prices[*row])).collect();
            logs.sort_by(f64::total_cmp);
            let bounds = (rows.len() >= rows_min.max(4)).then(|| {
                let (first, third) = (quantile(&logs, 0.25), quantile(&logs, 0.75));
                let reach = iqr_multiple * (third - first);
                (libm::exp(first - reach), libm::exp(third + reach))
            });
            let mut excluded = 0;
            if let Some((low, high)) = bounds {
                // The exponential rounds: a stratum of one price must not exclude itself.
                let (low, high) = (low * (1.0 - 1e-12), high * (1.0 + 1e-12));
                for row in rows.iter().filter(|row| prices[**row] < low || prices[**row] > high) {
                    outside[*row] = true;
                    excluded += 1;
                }
            }
            let stratum = key.into_iter().map(str::to_owned).collect();
            StratumBounds { stratum, rows: rows.len() as u64, excluded, bounds }
        })
        .collect();
    Ok((outside, bounds))
}

/// The quantile of type 7 of sorted values.
fn quantile(sorted: &[f64], p: f64) -> f64 {
    let at = p * (sorted.len() - 1) as f64;
    let below = at.floor() as usize;
    let above = (below + 1).min(sorted.len() - 1);
    sorted[below] + (at - at.floor()) * (sorted[above] - sorted[below])
}
