//! Fuzzy comprehensive evaluation (模糊综合评价): memberships of factors in grades, composed with their weights.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::judgement::error::JudgementError;

/// The operator of the composition b = w ∘ R. It changes verdicts, so it is asked for and recorded.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Operator {
    /// M(·, +): Σᵢ wᵢ rᵢⱼ, every factor counts (加权平均型).
    ProductSum,
    /// M(∧, ∨): maxᵢ min(wᵢ, rᵢⱼ), the main factor decides (主因素决定型).
    MinMax,
    /// M(·, ∨): maxᵢ wᵢ rᵢⱼ, the main factor stands out (主因素突出型).
    ProductMax,
    /// M(∧, ⊕): min(1, Σᵢ min(wᵢ, rᵢⱼ)) (不均衡平均型).
    MinBoundedSum,
}

/// What was asked.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct FuzzyEvaluation {
    pub grades: Vec<String>,
    /// One per factor.
    pub weights: Vec<f64>,
    /// One per factor: memberships in the grades, or the factors below it.
    pub membership: Vec<Membership>,
    pub operator: Operator,
    /// One per grade, for a score beside the verdict.
    #[serde(default)]
    pub scores: Option<Vec<f64>>,
    /// Divide memberships (and, for `product_sum`, weights) that do not sum to one by their sum, instead of refusing them.
    #[serde(default)]
    pub normalise: bool,
}

/// A factor: its memberships, or the evaluation of the factors below it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(untagged)]
pub enum Membership {
    Grades(Vec<f64>),
    Factors { weights: Vec<f64>, membership: Vec<Membership> },
}

/// The verdict.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Verdict {
    /// Membership of the whole in each grade, as the operator gives it.
    pub result: Vec<f64>,
    /// The same, divided by its sum.
    pub normalised: Vec<f64>,
    /// The grade of greatest membership; the first of several.
    pub verdict: String,
    /// All grades of greatest membership, where there are several.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub tied: Vec<String>,
    /// Σ score × normalised membership.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub score: Option<f64>,
    pub operator: Operator,
}

/// Evaluates by greatest membership, level by level from the lowest.
///
/// Source: 汪培庄《模糊集合论及其应用》, 1983 (operators and principle of greatest membership).
///
/// ```
/// use valuation::judgement::fuzzy::{FuzzyEvaluation, evaluate};
/// let asked: FuzzyEvaluation = serde_json::from_str(r#"{
///     "grades": ["good", "fair", "poor"], "weights": [0.5, 0.5], "operator": "product_sum",
///     "membership": [[0.6, 0.3, 0.1], [0.2, 0.5, 0.3]]
/// }"#)?;
/// let found = evaluate(&asked)?;
/// assert!((found.result[0] - 0.4).abs() < 1e-12 && found.verdict == "good" && found.tied == ["good", "fair"]);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// # Errors
/// Lists whose lengths do not fit, numbers outside 0 … 1, memberships (or weights under `product_sum`) that do not sum to one.
pub fn evaluate(asked: &FuzzyEvaluation) -> Result<Verdict, JudgementError> {
    if asked.grades.is_empty() {
        return Err(JudgementError::Empty { field: "grades".to_owned() });
    }
    let result = asked.compose("", &asked.weights, &asked.membership)?;
    let sum: f64 = result.iter().sum();
    let normalised: Vec<f64> = result.iter().map(|value| if sum > 0.0 { value / sum } else { 0.0 }).collect();
    let most = result.iter().copied().fold(0.0, f64::max);
    // Memberships are judged to two decimals: what differs by rounding only is the same.
    let mut best = asked.grades.iter().zip(&result).filter(|(_, value)| most - **value <= 1e-12).map(|(name, _)| name);
    let verdict = best.next().cloned().unwrap_or_default();
    let others: Vec<String> = best.cloned().collect();
    let tied = if others.is_empty() { others } else { std::iter::once(verdict.clone()).chain(others).collect() };
    let score = match &asked.scores {
        None => None,
        Some(scores) => {
            same_length("scores", scores.len(), asked.grades.len())?;
            Some(scores.iter().zip(&normalised).map(|(score, share)| score * share).sum())
        }
    };
    Ok(Verdict { result, normalised, verdict, tied, score, operator: asked.operator })
}

impl FuzzyEvaluation {
    fn compose(&self, at: &str, weights: &[f64], rows: &[Membership]) -> Result<Vec<f64>, JudgementError> {
        let weights_field = format!("{at}weights");
        same_length(&weights_field, weights.len(), rows.len())?;
        if rows.is_empty() {
            return Err(JudgementError::Empty { field: format!("{at}membership") });
        }
        let weights = match self.operator {
            Operator::ProductSum => self.summing_to_one(&weights_field, weights)?,
            _ => within_unit(&weights_field, weights)?.to_vec(),
        };
        let mut memberships = Vec::new();
        for (row, membership) in rows.iter().enumerate() {
            let field = format!("{at}membership[{row}]");
            memberships.push(match membership {
                Membership::Grades(values) => {
                    same_length(&field, values.len(), self.grades.len())?;
                    self.summing_to_one(&field, values)?
                }
                Membership::Factors { weights, membership } => {
                    self.compose(&format!("{field}."), weights, membership)?
                }
            });
        }
        let of_grade = |grade: usize| {
            let pairs = weights.iter().zip(&memberships).map(|(weight, row)| (*weight, row[grade]));
            match self.operator {
                Operator::ProductSum => pairs.map(|(w, r)| w * r).sum(),
                Operator::MinMax => pairs.map(|(w, r)| w.min(r)).fold(0.0, f64::max),
                Operator::ProductMax => pairs.map(|(w, r)| w * r).fold(0.0, f64::max),
                Operator::MinBoundedSum => pairs.map(|(w, r)| w.min(r)).sum::<f64>().min(1.0),
            }
        };
        Ok((0..self.grades.len()).map(of_grade).collect())
    }

    fn summing_to_one(&self, field: &str, values: &[f64]) -> Result<Vec<f64>, JudgementError> {
        within_unit(field, values)?;
        let sum: f64 = values.iter().sum();
        if (sum - 1.0).abs() <= 1e-9 {
            return Ok(values.to_vec());
        }
        match self.normalise && sum > 0.0 {
            true => Ok(values.iter().map(|value| value / sum).collect()),
            false => Err(JudgementError::SumNotOne { field: field.to_owned(), sum }),
        }
    }
}

fn same_length(field: &str, found: usize, expected: usize) -> Result<(), JudgementError> {
    if found == expected { Ok(()) } else { Err(JudgementError::Length { field: field.to_owned(), found, expected }) }
}

fn within_unit<'v>(field: &str, values: &'v [f64]) -> Result<&'v [f64], JudgementError> {
    match values.iter().position(|value| !(0.0..=1.0).contains(value)) {
        Some(at) => Err(JudgementError::Range { field: format!("{field}[{at}]"), value: values[at], range: "[0, 1]" }),
        None => Ok(values),
    }
}
