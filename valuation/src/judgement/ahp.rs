//! The analytic hierarchy process (层次分析法): criteria, their sub-criteria, alternatives, one or several experts.

use std::collections::{BTreeMap, BTreeSet};

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::judgement::error::JudgementError;
use crate::judgement::pairwise::{Consistency, Derivation, Judgement, Pairwise, RandomIndex};

/// The key of the comparisons of the top criteria.
const TOP: &str = "criteria";

/// The judgements, by the node they are made under: `criteria` for the top criteria, else the name of a criterion.
pub type Comparisons = BTreeMap<String, Vec<Judgement>>;

/// What was asked and judged.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Hierarchy {
    pub criteria: Vec<String>,
    /// Sub-criteria by criterion, to any depth.
    #[serde(default)]
    pub children: BTreeMap<String, Vec<String>>,
    /// Compared under every criterion without sub-criteria; may be empty where only weights are wanted.
    #[serde(default)]
    pub alternatives: Vec<String>,
    /// The judgements of the only expert, or of the group as a whole.
    #[serde(default)]
    pub comparisons: Comparisons,
    /// The judgements of each expert of a group.
    #[serde(default)]
    pub experts: Vec<Expert>,
    #[serde(default)]
    pub aggregation: Aggregation,
    #[serde(default)]
    pub method: Derivation,
    #[serde(default)]
    pub random_index: RandomIndex,
}

/// One expert of a group.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Expert {
    pub name: String,
    /// Relative; all equal where absent.
    #[serde(default = "one")]
    pub weight: f64,
    pub comparisons: Comparisons,
}

fn one() -> f64 {
    1.0
}

/// How a group becomes one voice.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Aggregation {
    /// Geometric mean of the judgements: the group acts as one.
    #[default]
    Judgements,
    /// Geometric mean of the priorities: the experts stay individuals. Source: E. Forman, K. Peniwati, 1998.
    Priorities,
}

/// Weights and how consistent they are.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Priorities {
    /// Global weight by criterion: the top criteria sum to one, and so do the sub-criteria of each weight above them.
    pub weights: BTreeMap<String, f64>,
    /// Priority by alternative; they sum to one.
    pub priorities: BTreeMap<String, f64>,
    /// Local weights and consistency of each matrix.
    pub matrices: BTreeMap<String, Matrix>,
    pub method: Derivation,
    pub random_index: RandomIndex,
    /// Whether every matrix has CR at most 0.1.
    pub consistent: bool,
    /// The consistency of each expert's own matrices, in a group.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub experts: BTreeMap<String, BTreeMap<String, Consistency>>,
}

/// One matrix of the hierarchy.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Matrix {
    pub local: BTreeMap<String, f64>,
    #[serde(flatten)]
    pub consistency: Consistency,
}

/// Evaluates a hierarchy.
///
/// Source: T. L. Saaty, Decision making with the analytic hierarchy process, International Journal of Services Sciences
/// 1(1), 2008; distributive synthesis.
///
/// ```
/// use valuation::judgement::ahp::{Hierarchy, priorities};
/// let asked: Hierarchy = serde_json::from_str(r#"{
///     "criteria": ["quality", "scarcity"], "alternatives": ["x", "y"],
///     "comparisons": {"criteria": [["quality", "scarcity", 3]], "quality": [["x", "y", 1]], "scarcity": [["x", "y", "1/4"]]}
/// }"#)?;
/// let found = priorities(&asked)?;
/// assert!((found.weights["quality"] - 0.75).abs() < 1e-12);
/// assert!((found.priorities["x"] - (0.75 * 0.5 + 0.25 * 0.2)).abs() < 1e-12);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// # Errors
/// No criteria, names used twice, comparisons missing, and those of [`Pairwise`].
pub fn priorities(asked: &Hierarchy) -> Result<Priorities, JudgementError> {
    asked.check()?;
    let mut found = Priorities {
        weights: BTreeMap::new(),
        priorities: asked.alternatives.iter().map(|name| (name.clone(), 0.0)).collect(),
        matrices: BTreeMap::new(),
        method: asked.method,
        random_index: asked.random_index,
        consistent: true,
        experts: BTreeMap::new(),
    };
    asked.descend(TOP, &asked.criteria, 1.0, &mut found)?;
    found.consistent = found.matrices.values().all(|matrix| matrix.consistency.consistent);
    Ok(found)
}

impl Hierarchy {
    fn check(&self) -> Result<(), JudgementError> {
        if self.criteria.is_empty() {
            return Err(JudgementError::Empty { field: TOP.to_owned() });
        }
        let mut seen = BTreeSet::from([TOP]);
        for name in self.criteria.iter().chain(self.children.values().flatten()) {
            if !seen.insert(name) {
                return Err(JudgementError::Twice { field: TOP.to_owned(), name: name.clone() });
            }
        }
        let known = |field: &str, name: &str| match seen.contains(name) {
            true => Ok(()),
            false => Err(JudgementError::UnknownName {
                field: field.to_owned(),
                name: name.to_owned(),
                nearest: crate::case::read::nearest(name, seen.iter().copied()).unwrap_or_default(),
            }),
        };
        self.children.keys().try_for_each(|name| known("children", name))?;
        let of_experts = self.experts.iter().flat_map(|expert| expert.comparisons.keys());
        self.comparisons.keys().chain(of_experts).try_for_each(|name| known("comparisons", name))?;
        let mut alternatives = BTreeSet::new();
        for name in &self.alternatives {
            if !alternatives.insert(name) {
                return Err(JudgementError::Twice { field: "alternatives".to_owned(), name: name.clone() });
            }
        }
        match self.experts.iter().find(|expert| !(expert.weight.is_finite() && expert.weight > 0.0)) {
            Some(expert) => Err(JudgementError::NotPositive {
                field: format!("experts.{}.weight", expert.name),
                value: expert.weight.to_string(),
            }),
            None => Ok(()),
        }
    }

    /// Weighs `names` under `node`, whose global weight is `weight`, and everything below them.
    fn descend(&self, node: &str, names: &[String], weight: f64, found: &mut Priorities) -> Result<(), JudgementError> {
        let local = self.local(node, names, found)?;
        for (name, share) in names.iter().zip(local) {
            let global = weight * share;
            found.weights.insert(name.clone(), global);
            if let Some(children) = self.children.get(name).filter(|children| !children.is_empty()) {
                self.descend(name, children, global, found)?;
            } else if !self.alternatives.is_empty() {
                let under = self.local(name, &self.alternatives, found)?;
                for (alternative, share) in self.alternatives.iter().zip(under) {
                    *found.priorities.entry(alternative.clone()).or_default() += global * share;
                }
            }
        }
        Ok(())
    }

    /// The local weights of `names` under `node`, by the one matrix or by the group's.
    fn local(&self, node: &str, names: &[String], found: &mut Priorities) -> Result<Vec<f64>, JudgementError> {
        let field = format!("comparisons.{node}");
        let of = |comparisons: &Comparisons| match comparisons.get(node) {
            Some(judgements) => Pairwise::new(&field, names, judgements).map(Some),
            None if names.len() == 1 => Pairwise::new(&field, names, &[]).map(Some),
            None => Ok(None),
        };
        let missing = || JudgementError::ComparisonsMissing { field: field.clone(), name: node.to_owned() };
        let (weights, consistency) = if self.experts.is_empty() {
            of(&self.comparisons)?.ok_or_else(missing)?.priorities(self.method, self.random_index)?
        } else {
            let mut matrices = Vec::new();
            for expert in &self.experts {
                let Some(matrix) = of(&expert.comparisons)? else { continue };
                let (weights, own) = matrix.priorities(self.method, self.random_index)?;
                found.experts.entry(expert.name.clone()).or_default().insert(node.to_owned(), own);
                matrices.push((matrix, expert.weight, weights));
            }
            if matrices.is_empty() {
                return Err(missing());
            }
            let pooled: Vec<(Pairwise, f64)> = matrices.iter().map(|(m, weight, _)| (m.clone(), *weight)).collect();
            let (mut weights, consistency) = Pairwise::mean(&pooled)?.priorities(self.method, self.random_index)?;
            if self.aggregation == Aggregation::Priorities {
                weights = mean_of_priorities(&matrices);
            }
            (weights, consistency)
        };
        let local = names.iter().cloned().zip(weights.iter().copied()).collect();
        found.matrices.insert(node.to_owned(), Matrix { local, consistency });
        Ok(weights)
    }
}

/// Weighted geometric mean of the experts' priorities, normalised.
fn mean_of_priorities(matrices: &[(Pairwise, f64, Vec<f64>)]) -> Vec<f64> {
    let total: f64 = matrices.iter().map(|(_, weight, _)| weight).sum();
    let size = matrices.first().map_or(0, |(_, _, weights)| weights.len());
    let mean = |item: usize| {
        libm::exp(matrices.iter().map(|(_, weight, own)| weight * libm::log(own[item])).sum::<f64>() / total)
    };
    let means: Vec<f64> = (0..size).map(mean).collect();
    let sum: f64 = means.iter().sum();
    means.into_iter().map(|value| value / sum).collect()
}
