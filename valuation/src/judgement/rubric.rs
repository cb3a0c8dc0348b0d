//! Weighted rubrics: a tree of items with scores, such as a maturity model, kept as data.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::judgement::error::JudgementError;

/// A rubric: what is scored, on which scale, and what a score means.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Rubric {
    pub name: String,
    /// Document and edition it stands in.
    pub source: String,
    /// Least and greatest score of an item.
    pub scale: [f64; 2],
    /// From the lowest up.
    #[serde(default)]
    pub levels: Vec<Level>,
    pub items: Vec<Item>,
}

/// A level, reached from a score on.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Level {
    pub name: String,
    pub from: f64,
}

/// An item to score, or a group of items.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Item {
    pub name: String,
    /// Relative to its siblings; where no sibling has one they weigh the same, and the answer says so.
    #[serde(default)]
    pub weight: Option<f64>,
    #[serde(default)]
    pub items: Vec<Item>,
}

/// The score of the whole and of its parts.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Scored {
    pub rubric: String,
    pub source: String,
    pub score: f64,
    /// (score − least) / (greatest − least).
    pub share: f64,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub level: Option<String>,
    /// Score of each group.
    pub groups: BTreeMap<String, f64>,
    /// Global weight of each scored item, after rescaling; they sum to one.
    pub weights: BTreeMap<String, f64>,
    /// Items without a score; their weight went to their siblings.
    pub undetermined: Vec<String>,
    /// Groups whose items weigh the same because nobody said otherwise; the empty name is the whole.
    pub equal_weights: Vec<String>,
}

/// Scores a rubric; items without a score are left out and the weights of their siblings rescaled.
///
/// Source: additive value model, R. L. Keeney, H. Raiffa, Decisions with multiple objectives, 1976: v = Σ wᵢ vᵢ, level by
/// level; the rubric names its own document and edition.
///
/// ```
/// use valuation::judgement::rubric::{Rubric, score};
/// let rubric: Rubric = serde_json::from_str(r#"{"name": "r", "source": "s", "scale": [1, 5],
///     "levels": [{"name": "low", "from": 1}, {"name": "high", "from": 3}],
///     "items": [{"name": "a", "weight": 3}, {"name": "b", "weight": 1}]}"#)?;
/// let scored = score(&rubric, &[("a".to_owned(), 4.0), ("b".to_owned(), 2.0)].into())?;
/// assert_eq!((scored.score, scored.level.as_deref()), (3.5, Some("high")));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// # Errors
/// A score outside the scale or for an unknown item, names used twice, weights that are not positive, no score at all.
pub fn score(rubric: &Rubric, scores: &BTreeMap<String, f64>) -> Result<Scored, JudgementError> {
    let mut names = Vec::new();
    rubric.items.iter().for_each(|item| item.leaves(&mut names));
    if let Some((_, name)) = names.iter().enumerate().find(|(at, name)| names[..*at].contains(name)) {
        return Err(JudgementError::Twice { field: "items".to_owned(), name: (*name).to_owned() });
    }
    let [low, high] = rubric.scale;
    for (name, value) in scores {
        if !names.contains(&name.as_str()) {
            let nearest = crate::case::read::nearest(name, names.iter().copied()).unwrap_or_default();
            return Err(JudgementError::UnknownName { field: "scores".to_owned(), name: name.clone(), nearest });
        }
        if !(low..=high).contains(value) {
            let field = format!("scores.{name} ({low} … {high})");
            return Err(JudgementError::Range { field, value: *value, range: "scale" });
        }
    }
    let mut scored = Scored {
        rubric: rubric.name.clone(),
        source: rubric.source.clone(),
        score: 0.0,
        share: 0.0,
        level: None,
        groups: BTreeMap::new(),
        weights: BTreeMap::new(),
        undetermined: Vec::new(),
        equal_weights: Vec::new(),
    };
    let found = group("", &rubric.items, scores, &mut scored)?;
    let (value, weights) = found.ok_or_else(|| JudgementError::Empty { field: "scores".to_owned() })?;
    scored.score = value;
    scored.share = (value - low) / (high - low);
    // A score that misses a level by rounding has reached it.
    scored.level = rubric.levels.iter().rev().find(|level| value >= level.from - 1e-9).map(|level| level.name.clone());
    scored.weights = weights.into_iter().collect();
    Ok(scored)
}

type Weighed = Option<(f64, Vec<(String, f64)>)>;

/// The weighted mean of a group and the weights of its items within it; none where nothing below is scored.
fn group(
    name: &str,
    items: &[Item],
    scores: &BTreeMap<String, f64>,
    scored: &mut Scored,
) -> Result<Weighed, JudgementError> {
    if items.iter().all(|item| item.weight.is_none()) {
        scored.equal_weights.push(name.to_owned());
    }
    let (mut sum, mut total, mut weights) = (0.0, 0.0, Vec::new());
    for item in items {
        let weight = item.weight.unwrap_or(1.0);
        if !(weight.is_finite() && weight > 0.0) {
            let field = format!("items.{}.weight", item.name);
            return Err(JudgementError::NotPositive { field, value: weight.to_string() });
        }
        let below = if item.items.is_empty() {
            if !scores.contains_key(&item.name) {
                scored.undetermined.push(item.name.clone());
            }
            scores.get(&item.name).map(|value| (*value, vec![(item.name.clone(), 1.0)]))
        } else {
            let below = group(&item.name, &item.items, scores, scored)?;
            if let Some((value, _)) = &below {
                scored.groups.insert(item.name.clone(), *value);
            }
            below
        };
        let Some((value, own)) = below else { continue };
        sum += weight * value;
        total += weight;
        weights.extend(own.into_iter().map(|(name, share)| (name, share * weight)));
    }
    if total == 0.0 {
        return Ok(None);
    }
    weights.iter_mut().for_each(|(_, weight)| *weight /= total);
    Ok(Some((sum / total, weights)))
}

impl Item {
    fn leaves<'r>(&'r self, names: &mut Vec<&'r str>) {
        if self.items.is_empty() {
            names.push(&self.name);
        }
        self.items.iter().for_each(|item| item.leaves(names));
    }
}
