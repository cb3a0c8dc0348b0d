//! Entropy weights (熵权法): an indicator that tells the objects apart weighs more.

use crate::judgement::error::JudgementError;
use crate::judgement::indicators::{IndicatorWeights, Indicators, Normalisation};

/// wⱼ = (1 − eⱼ) / Σ(1 − e), eⱼ = −Σᵢ pᵢⱼ ln pᵢⱼ / ln n, pᵢⱼ the share of object i in the normalised indicator j, 0·ln 0 = 0.
/// Normalised by range where the table does not say otherwise.
///
/// Source: C. E. Shannon, A mathematical theory of communication, 1948; as weights: C. L. Hwang, K. Yoon, Multiple
/// attribute decision making, 1981.
///
/// ```
/// use valuation::judgement::entropy::entropy;
/// let table = serde_json::from_str(r#"{"indicators": ["a", "b"], "rows": [[1, 5], [2, 5], [9, 6]],
///                                      "direction": ["benefit", "cost"]}"#)?;
/// let found = entropy(&table)?;
/// assert!((found.weights.values().sum::<f64>() - 1.0).abs() < 1e-12);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// # Errors
/// Those of the table; fewer than two objects; no indicator varies.
pub fn entropy(table: &Indicators) -> Result<IndicatorWeights, JudgementError> {
    let normalisation = table.normalisation.unwrap_or(Normalisation::MinMax);
    let columns = table.comparable(normalisation)?;
    let log_objects = libm::log(table.rows.len() as f64);
    let mut constant = Vec::new();
    let mut entropies = Vec::new();
    for (name, column) in table.indicators.iter().zip(&columns) {
        let Some(values) = column else {
            constant.push(name.clone());
            entropies.push(1.0);
            continue;
        };
        let sum: f64 = values.iter().sum();
        let shares = values.iter().map(|value| value / sum).filter(|share| *share > 0.0);
        entropies.push(-shares.map(|share| share * libm::log(share)).sum::<f64>() / log_objects);
    }
    let shares: Vec<f64> = entropies.iter().map(|entropy| 1.0 - entropy).collect();
    table.weighed(&shares, &entropies, normalisation, constant)
}
