//! A table of indicators over objects, made comparable before objective weights are taken from it.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::judgement::error::JudgementError;

/// Whether more is better.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Direction {
    /// 正向指标.
    Benefit,
    /// 负向指标.
    Cost,
}

/// How indicators are made comparable; it changes the weights, so it is recorded.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Normalisation {
    /// (x − min) / (max − min), or (max − x) / (max − min) for costs (极差标准化).
    MinMax,
    /// x / Σx; for costs of the reciprocals. Values must be positive for costs and not negative for benefits.
    Sum,
    /// x / max; for costs min / x. The same conditions.
    Max,
}

/// One row per object, one column per indicator.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Indicators {
    pub indicators: Vec<String>,
    pub rows: Vec<Vec<f64>>,
    /// One per indicator; all benefits where absent.
    #[serde(default)]
    pub direction: Vec<Direction>,
    #[serde(default)]
    pub normalisation: Option<Normalisation>,
}

/// Objective weights.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct IndicatorWeights {
    /// By indicator; they sum to one.
    pub weights: BTreeMap<String, f64>,
    /// What the weight rests on: the entropy (in 0 … 1), or the contrast × conflict of CRITIC.
    pub measure: BTreeMap<String, f64>,
    pub normalisation: Normalisation,
    /// Indicators that do not vary and so carry no weight.
    pub constant: Vec<String>,
}

impl Indicators {
    /// The table made comparable, column by column; a column that does not vary is `None`.
    ///
    /// # Errors
    /// Ragged or empty rows, a number of directions other than that of indicators, values that the normalisation cannot
    /// take, numbers that are not finite.
    pub(crate) fn comparable(&self, normalisation: Normalisation) -> Result<Vec<Option<Vec<f64>>>, JudgementError> {
        self.check()?;
        (0..self.indicators.len()).map(|column| self.column(column, normalisation)).collect()
    }

    fn check(&self) -> Result<(), JudgementError> {
        let expected = self.indicators.len();
        if expected == 0 || self.rows.is_empty() {
            let field = if expected == 0 { "indicators" } else { "rows" };
            return Err(JudgementError::Empty { field: field.to_owned() });
        }
        let length = |field: String, found: usize| JudgementError::Length { field, found, expected };
        if !self.direction.is_empty() && self.direction.len() != expected {
            return Err(length("direction".to_owned(), self.direction.len()));
        }
        for (at, row) in self.rows.iter().enumerate() {
            if row.len() != expected {
                return Err(length(format!("rows[{at}]"), row.len()));
            }
            if let Some(column) = row.iter().position(|value| !value.is_finite()) {
                let (field, value) = (format!("rows[{at}][{column}]"), row[column]);
                return Err(JudgementError::Range { field, value, range: "(−∞, ∞)" });
            }
        }
        match self.indicators.iter().enumerate().find(|(at, name)| self.indicators[..*at].contains(name)) {
            Some((_, name)) => Err(JudgementError::Twice { field: "indicators".to_owned(), name: name.clone() }),
            None => Ok(()),
        }
    }

    fn column(&self, column: usize, normalisation: Normalisation) -> Result<Option<Vec<f64>>, JudgementError> {
        let values: Vec<f64> = self.rows.iter().map(|row| row[column]).collect();
        let cost = self.direction.get(column) == Some(&Direction::Cost);
        if normalisation != Normalisation::MinMax {
            let bad = values.iter().position(|value| *value < 0.0 || (cost && *value == 0.0));
            if let Some(row) = bad {
                let range = if cost { "(0, ∞)" } else { "[0, ∞)" };
                let field = format!("rows[{row}][{column}]");
                return Err(JudgementError::Range { field, value: values[row], range });
            }
        }
        let low = values.iter().copied().fold(f64::INFINITY, f64::min);
        let high = values.iter().copied().fold(f64::NEG_INFINITY, f64::max);
        if low == high {
            return Ok(None);
        }
        let turned = |value: f64| if cost { 1.0 / value } else { value };
        let sum: f64 = values.iter().map(|value| turned(*value)).sum();
        let one = |value: f64| match (normalisation, cost) {
            (Normalisation::MinMax, false) => (value - low) / (high - low),
            (Normalisation::MinMax, true) => (high - value) / (high - low),
            (Normalisation::Sum, _) => turned(value) / sum,
            (Normalisation::Max, false) => value / high,
            (Normalisation::Max, true) => low / value,
        };
        Ok(Some(values.into_iter().map(one).collect()))
    }

    /// Weights in proportion to `share`, with what they rest on.
    pub(crate) fn weighed(
        &self,
        share: &[f64],
        measure: &[f64],
        normalisation: Normalisation,
        constant: Vec<String>,
    ) -> Result<IndicatorWeights, JudgementError> {
        let sum: f64 = share.iter().sum();
        // Shares are differences from one: below this they are rounding, not information.
        if sum <= 1e-12 {
            return Err(JudgementError::NothingVaries { field: "rows".to_owned() });
        }
        let named = |values: Vec<f64>| self.indicators.iter().cloned().zip(values).collect();
        let weights = named(share.iter().map(|share| share / sum).collect());
        Ok(IndicatorWeights { weights, measure: named(measure.to_vec()), normalisation, constant })
    }
}
