//! Delphi rounds (德尔菲法): what the experts said, how far apart they are, and whether they agree on the order.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::judgement::error::JudgementError;

/// What was asked, round by round.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct DelphiRounds {
    pub items: Vec<String>,
    pub rounds: Vec<Round>,
    /// When the rounds may end; nothing is decided where absent.
    #[serde(default)]
    pub consensus: Option<Consensus>,
}

/// One round.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Round {
    /// The answers of each expert, one number per item.
    pub experts: BTreeMap<String, Vec<f64>>,
}

/// The agreement that ends the rounds.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Consensus {
    /// Largest coefficient of variation of any item.
    pub coefficient_of_variation: f64,
    /// Least concordance of the orders.
    #[serde(default)]
    pub kendall_w: Option<f64>,
}

/// What the rounds say.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Delphi {
    pub rounds: Vec<RoundSummary>,
    /// Mean of the last round by item.
    pub result: BTreeMap<String, f64>,
    /// The last means, divided by their sum, where none is negative.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub weights: Option<BTreeMap<String, f64>>,
    /// Whether the last round meets the stated consensus.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub consensus: Option<bool>,
}

/// One round in figures.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct RoundSummary {
    pub experts: usize,
    pub items: BTreeMap<String, Dispersion>,
    /// Kendall's coefficient of concordance, corrected for ties; absent for fewer than two items or where all tie.
    pub kendall_w: Option<f64>,
    /// m (n − 1) W, with n − 1 degrees of freedom.
    pub chi_square: Option<f64>,
}

/// The answers on one item.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Dispersion {
    pub mean: f64,
    pub median: f64,
    /// With n − 1.
    pub standard_deviation: f64,
    /// Standard deviation over mean; absent for a mean of zero.
    pub coefficient_of_variation: Option<f64>,
    pub lower_quartile: f64,
    pub upper_quartile: f64,
}

/// Summarises Delphi rounds.
///
/// Source: N. Dalkey, O. Helmer, 1963; concordance: M. G. Kendall, Rank correlation methods, 1948, with the correction for
/// ties; quartiles by linear interpolation between order statistics.
///
/// ```
/// use valuation::judgement::delphi::{DelphiRounds, delphi};
/// let asked: DelphiRounds = serde_json::from_str(r#"{"items": ["quality", "scarcity"],
///     "rounds": [{"experts": {"甲": [8, 4], "乙": [9, 5], "丙": [7, 3]}}]}"#)?;
/// let found = delphi(&asked)?;
/// assert_eq!((found.result["quality"], found.rounds[0].kendall_w), (8.0, Some(1.0)));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// # Errors
/// No items or rounds, fewer than two experts in a round, answers whose number is not that of the items, not finite.
pub fn delphi(asked: &DelphiRounds) -> Result<Delphi, JudgementError> {
    for (field, empty) in [("items", asked.items.is_empty()), ("rounds", asked.rounds.is_empty())] {
        if empty {
            return Err(JudgementError::Empty { field: field.to_owned() });
        }
    }
    let rounds: Vec<RoundSummary> = asked
        .rounds
        .iter()
        .enumerate()
        .map(|(at, round)| summary(&asked.items, at, round))
        .collect::<Result<_, _>>()?;
    let last = &rounds[rounds.len() - 1];
    let result: BTreeMap<String, f64> = last.items.iter().map(|(name, item)| (name.clone(), item.mean)).collect();
    let sum: f64 = result.values().sum();
    let weights = (sum > 0.0 && result.values().all(|mean| *mean >= 0.0))
        .then(|| result.iter().map(|(name, mean)| (name.clone(), mean / sum)).collect());
    let consensus = asked.consensus.map(|wanted| {
        let close = last.items.values().all(|item| {
            item.standard_deviation == 0.0
                || item.coefficient_of_variation.is_some_and(|cv| cv.abs() <= wanted.coefficient_of_variation)
        });
        close && wanted.kendall_w.is_none_or(|least| last.kendall_w.is_some_and(|w| w >= least))
    });
    Ok(Delphi { rounds, result, weights, consensus })
}

fn summary(items: &[String], at: usize, round: &Round) -> Result<RoundSummary, JudgementError> {
    let field = format!("rounds[{at}].experts");
    let experts = round.experts.len();
    if experts < 2 {
        return Err(JudgementError::TooFewExperts { field, found: experts, least: 2 });
    }
    for (name, answers) in &round.experts {
        let field = format!("{field}.{name}");
        if answers.len() != items.len() {
            return Err(JudgementError::Length { field, found: answers.len(), expected: items.len() });
        }
        if let Some(value) = answers.iter().copied().find(|value| !value.is_finite()) {
            return Err(JudgementError::Range { field, value, range: "(−∞, ∞)" });
        }
    }
    let of_item = |item: usize| dispersion(round.experts.values().map(|answers| answers[item]).collect());
    let dispersions = items.iter().enumerate().map(|(item, name)| (name.clone(), of_item(item))).collect();
    let kendall_w = concordance(&round.experts.values().map(Vec::as_slice).collect::<Vec<_>>());
    let chi_square = kendall_w.map(|w| experts as f64 * (items.len() - 1) as f64 * w);
    Ok(RoundSummary { experts, items: dispersions, kendall_w, chi_square })
}

fn dispersion(mut values: Vec<f64>) -> Dispersion {
    values.sort_by(f64::total_cmp);
    let n = values.len() as f64;
    let mean = values.iter().sum::<f64>() / n;
    let squares: f64 = values.iter().map(|value| (value - mean) * (value - mean)).sum();
    let standard_deviation = (squares / (n - 1.0)).sqrt();
    let quantile = |share: f64| {
        let place = share * (n - 1.0);
        let below = place.floor();
        let (low, high) = (values[below as usize], values[place.ceil() as usize]);
        low + (high - low) * (place - below)
    };
    Dispersion {
        mean,
        median: quantile(0.5),
        standard_deviation,
        coefficient_of_variation: (mean != 0.0).then(|| standard_deviation / mean),
        lower_quartile: quantile(0.25),
        upper_quartile: quantile(0.75),
    }
}

/// W = (12 Σ R² − 3 m² n (n + 1)²) / (m² n (n² − 1) − m Σ (t³ − t)).
fn concordance(answers: &[&[f64]]) -> Option<f64> {
    let (experts, items) = (answers.len() as f64, answers.first()?.len());
    let mut rank_sums = vec![0.0; items];
    let mut ties = 0.0;
    for own in answers {
        for (item, value) in own.iter().enumerate() {
            let below = own.iter().filter(|other| *other < value).count() as f64;
            let equal = own.iter().filter(|other| *other == value).count() as f64;
            rank_sums[item] += below + (equal + 1.0) / 2.0;
            // Each of t tied items adds (t³ − t) / t, together t³ − t.
            ties += equal * equal - 1.0;
        }
    }
    let n = items as f64;
    let squares: f64 = rank_sums.iter().map(|sum| sum * sum).sum();
    let over = 12.0 * squares - 3.0 * experts * experts * n * (n + 1.0) * (n + 1.0);
    let under = experts * experts * n * (n * n - 1.0) - experts * ties;
    (items > 1 && under > 0.0).then(|| over / under)
}
