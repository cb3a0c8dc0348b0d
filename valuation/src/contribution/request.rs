//! A game as a file describes it, and what is asked of it.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::case::read;
use crate::contribution::error::ContributionError;
use crate::contribution::sampled::{Plan, Scheme};
use crate::error::ValuationError;

/// Who contributed how much to what: the file of `share value`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ShareRequest {
    /// Names, or their number; without it the owners or rows of the data are the players.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub players: Option<Players>,
    pub game: GameTerms,
    #[serde(default)]
    pub method: ShareMethod,
    /// Exact values (refused where there are too many players), or sampled ones.
    #[serde(default = "yes")]
    pub exact: bool,
    /// How to sample; needed where `exact` is false.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sampling: Option<Sampling>,
    /// Owners who leave: the values of the others without them are given too, from what was computed.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub leaving: Vec<String>,
}

fn yes() -> bool {
    true
}

/// The players.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(untagged)]
pub enum Players {
    Names(Vec<String>),
    /// So many, called `1`, `2`, ….
    Count(usize),
}

impl Players {
    pub fn names(&self) -> Vec<String> {
        match self {
            Players::Names(names) => names.clone(),
            Players::Count(count) => (1..=*count).map(|number| number.to_string()).collect(),
        }
    }
}

/// How contribution is measured.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum ShareMethod {
    #[default]
    Shapley,
    /// Does not sum to the worth of all; `normalised` is given beside it.
    Banzhaf,
    LeaveOneOut,
    LeastCore,
}

/// How to sample.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Sampling {
    pub scheme: SchemeName,
    /// At most so many draws.
    pub draws: u64,
    /// Stops where every standard error is at most this.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub std_error: Option<f64>,
    /// The part of the whole at which a truncated order is left.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tolerance: Option<f64>,
    /// Probability of the intervals.
    #[serde(default = "usual_level")]
    pub level: f64,
    /// Recorded in the output; `--seed` goes before it.
    #[serde(default)]
    pub seed: u64,
}

fn usual_level() -> f64 {
    0.95
}

/// The names of [`Scheme`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum SchemeName {
    Permutation,
    Antithetic,
    Stratified,
    Truncated,
}

impl Sampling {
    /// The plan of these terms.
    ///
    /// # Errors
    /// A truncated scheme without tolerance; a level outside (0, 1).
    pub fn plan(&self, departures: bool) -> Result<Plan, ContributionError> {
        if !(self.level > 0.0 && self.level < 1.0) {
            return Err(ContributionError::game("sampling.level", format!("{} ∉ (0, 1)", self.level)));
        }
        let scheme = match (self.scheme, self.tolerance) {
            (SchemeName::Permutation, _) => Scheme::Permutation,
            (SchemeName::Antithetic, _) => Scheme::Antithetic,
            (SchemeName::Stratified, _) => Scheme::Stratified,
            (SchemeName::Truncated, Some(tolerance)) => Scheme::Truncated { tolerance },
            (SchemeName::Truncated, None) => return Err(ContributionError::game("sampling.tolerance", "—")),
        };
        Ok(Plan { scheme, seed: self.seed, draws_max: self.draws, std_error: self.std_error, departures })
    }
}

/// A game as a file gives it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum GameTerms {
    /// The worth of every coalition.
    Table(TableTerms),
    /// A coalition is worth the sum of its members.
    Additive(AdditiveTerms),
    /// A coalition costs as much as its dearest member.
    Airport(AirportTerms),
    /// A coalition is worth 1 where its weight reaches the quota.
    WeightedVoting(VotingTerms),
    /// A coalition is worth its pairs of gloves.
    Glove(GloveTerms),
    /// A coalition is worth what its size says.
    Symmetric(SymmetricTerms),
    /// Costs to be shared.
    Cost(CostTerms),
    /// Rows of training data under K nearest neighbours.
    Knn(KnnTerms),
    /// A model trained on the owners' rows.
    Learned(LearnedTerms),
}

/// The kinds of game.
const KINDS: [&str; 9] =
    ["table", "additive", "airport", "weighted_voting", "glove", "symmetric", "cost", "knn", "learned"];

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct TableTerms {
    pub values: Coalitions,
    /// What nobody is worth, where `values` does not say.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub empty: Option<f64>,
}

/// The worth of coalitions.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(untagged)]
pub enum Coalitions {
    /// By the names of the members, joined by commas or plus signs; `""` is nobody.
    Named(BTreeMap<String, Option<f64>>),
    /// For names that hold commas or plus signs.
    Listed(Vec<CoalitionWorth>),
    /// All of them, at the place of their mask: bit `i` for player `i`, the empty coalition first.
    Masked(Vec<Option<f64>>),
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct CoalitionWorth {
    pub members: Vec<String>,
    pub value: Option<f64>,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct AdditiveTerms {
    pub values: PerPlayer,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct AirportTerms {
    pub costs: PerPlayer,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct VotingTerms {
    /// At most six decimals each.
    pub weights: PerPlayer,
    pub quota: f64,
    /// Whether the weight must exceed the quota instead of reaching it.
    #[serde(default)]
    pub strict: bool,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct GloveTerms {
    pub left: Side,
    pub right: Side,
}

/// Those who hold gloves of one kind.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(untagged)]
pub enum Side {
    Names(Vec<String>),
    /// The first so many players for the left, the others for the right.
    Count(usize),
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct SymmetricTerms {
    /// From nobody to everybody: one more than there are players.
    pub by_size: Vec<Option<f64>>,
}

/// Either the cost of every coalition, or the items of a joint cost with those who need them.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct CostTerms {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub costs: Option<Coalitions>,
    /// What nobody costs, where `costs` does not say.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub empty: Option<f64>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub items: Option<Vec<CostItemTerms>>,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct CostItemTerms {
    pub name: String,
    pub cost: f64,
    pub users: Vec<String>,
}

/// Training and test rows in files (CSV or Parquet).
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct KnnTerms {
    pub k: usize,
    pub train: Vec<DataFile>,
    pub test: String,
    /// The column of the class.
    pub label: String,
    /// The columns of the features; every other numeric column where absent.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub features: Vec<String>,
    /// The column that names the owner of a training row; values are then summed by owner.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub owner: Option<String>,
}

/// Training rows of owners in files (CSV or Parquet) and the model that is trained on them.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct LearnedTerms {
    pub model: LearnedModel,
    pub train: Vec<DataFile>,
    pub test: String,
    /// The column that is predicted.
    pub target: String,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub features: Vec<String>,
    /// The column that names the owner of a training row, where one file holds several owners' rows.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub owner: Option<String>,
    /// What no data at all are worth: no model can be trained on nothing, so it must be said.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub empty: Option<f64>,
}

/// Models that can be trained on a coalition's rows.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum LearnedModel {
    /// Least squares; the utility is the coefficient of determination on the test rows.
    LeastSquares,
}

/// A file, with its owner where all its rows have one.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct DataFile {
    pub file: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub owner: Option<String>,
}

/// One number for each player.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(untagged)]
pub enum PerPlayer {
    /// In the order of the players.
    Each(Vec<Option<f64>>),
    /// By name.
    Named(BTreeMap<String, Option<f64>>),
}

impl ShareRequest {
    /// Reads a request from text.
    ///
    /// # Errors
    /// Unreadable text, an unknown field or kind of game with the nearest known name, a missing or malformed member.
    pub fn from_text(text: &str, format: read::Format) -> Result<ShareRequest, ValuationError> {
        ShareRequest::from_value(read::value(text, format)?).map_err(|error| read::with_line(error, text))
    }

    /// Reads a request from a JSON value.
    ///
    /// # Errors
    /// As [`ShareRequest::from_text`], without lines.
    pub fn from_value(value: Value) -> Result<ShareRequest, ValuationError> {
        if let Some(game) = value.get("game") {
            game_alone(game)?;
        }
        read::member(&value, "")
    }
}

/// Reads a game by the struct its type calls for, so that errors carry the path within it.
fn game_alone(game: &Value) -> Result<(), ValuationError> {
    let missing = || ValuationError::Missing { field: "game".to_owned(), line: None, name: "type".to_owned() };
    let kind = game.get("type").and_then(Value::as_str).ok_or_else(missing)?;
    let mut inputs = game.clone();
    if let Some(members) = inputs.as_object_mut() {
        members.shift_remove("type");
    }
    fn fits<T: serde::de::DeserializeOwned>(inputs: &Value) -> Result<(), ValuationError> {
        read::member::<T>(inputs, "game").map(|_| ())
    }
    match kind {
        "table" => fits::<TableTerms>(&inputs),
        "additive" => fits::<AdditiveTerms>(&inputs),
        "airport" => fits::<AirportTerms>(&inputs),
        "weighted_voting" => fits::<VotingTerms>(&inputs),
        "glove" => fits::<GloveTerms>(&inputs),
        "symmetric" => fits::<SymmetricTerms>(&inputs),
        "cost" => fits::<CostTerms>(&inputs),
        "knn" => fits::<KnnTerms>(&inputs),
        "learned" => fits::<LearnedTerms>(&inputs),
        other => Err(ValuationError::UnknownField {
            field: "game.type".to_owned(),
            line: None,
            name: other.to_owned(),
            nearest: read::nearest(other, KINDS.into_iter()),
        }),
    }
}
