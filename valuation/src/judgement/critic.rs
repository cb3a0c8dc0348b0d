//! CRITIC weights: an indicator weighs more the more it varies and the less the others repeat it.

use crate::judgement::error::JudgementError;
use crate::judgement::indicators::{IndicatorWeights, Indicators, Normalisation};

/// wⱼ = Cⱼ / ΣC, Cⱼ = σⱼ · Σₖ (1 − rⱼₖ), over the normalised table; normalised by range where it does not say otherwise.
///
/// Source: D. Diakoulaki, G. Mavrotas, L. Papayannakis, Determining objective weights in multiple criteria problems: the
/// CRITIC method, Computers & Operations Research 22(7), 1995.
///
/// ```
/// use valuation::judgement::critic::critic;
/// let table = serde_json::from_str(r#"{"indicators": ["a", "b"], "rows": [[1, 5], [2, 3], [9, 6]]}"#)?;
/// assert!((critic(&table)?.weights.values().sum::<f64>() - 1.0).abs() < 1e-12);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// # Errors
/// Those of the table; no indicator varies, or all say the same.
pub fn critic(table: &Indicators) -> Result<IndicatorWeights, JudgementError> {
    let normalisation = table.normalisation.unwrap_or(Normalisation::MinMax);
    let columns = table.comparable(normalisation)?;
    let objects = table.rows.len() as f64;
    let centred: Vec<Option<(Vec<f64>, f64)>> = columns
        .into_iter()
        .map(|column| {
            let mut values = column?;
            let mean = values.iter().sum::<f64>() / objects;
            values.iter_mut().for_each(|value| *value -= mean);
            let squares: f64 = values.iter().map(|value| value * value).sum();
            Some((values, squares.sqrt()))
        })
        .collect();
    let mut constant = Vec::new();
    let mut measures = Vec::new();
    for (name, own) in table.indicators.iter().zip(&centred) {
        let Some((values, length)) = own else {
            constant.push(name.clone());
            measures.push(0.0);
            continue;
        };
        let mut conflict = 0.0;
        for (other, other_length) in centred.iter().flatten() {
            let product: f64 = values.iter().zip(other).map(|(a, b)| a * b).sum();
            conflict += 1.0 - product / (length * other_length);
        }
        // One indicator alone cannot conflict with another: it takes the whole weight.
        let alone = centred.iter().flatten().count() == 1;
        let spread = length / (objects - 1.0).sqrt();
        measures.push(if alone { spread } else { spread * conflict });
    }
    table.weighed(&measures, &measures, normalisation, constant)
}
