//! What can be wrong with a game or a split.

use thiserror::Error;

use crate::fault::{Fault, Place};

/// Why a game or a split was refused; `field` is a path such as `game.values`.
#[derive(Clone, Debug, PartialEq, Error)]
pub enum ContributionError {
    #[error("{field}: {count} coalitions have no value, among them {coalitions}")]
    MissingCoalitions { field: String, count: usize, coalitions: String },
    #[error("{field}: the worth of the empty coalition is not stated")]
    EmptyUndefined { field: String },
    #[error("{field}: coalition {coalition} is worth {value}")]
    NotFinite { field: String, coalition: String, value: String },
    #[error("{field}: {what}")]
    Game { field: String, what: String },
    #[error("{players} players, at most {most} for {method}")]
    TooMany { method: String, players: usize, most: usize },
    #[error("{field}: `{name}` is not a player")]
    UnknownPlayer { field: String, name: String, nearest: Option<String> },
    #[error("the linear programme has no solution: {said}")]
    NoSolution { said: String },
    #[error("{field}: values {owners} are negative and no rule says what that means")]
    NegativeWithoutRule { field: String, owners: String },
    #[error("{field}: {constraint} of {bound} against {till}, {difference} too much")]
    SplitInfeasible { field: String, constraint: String, bound: String, till: String, difference: String },
    #[error("{field}: nobody has a positive value")]
    NothingToSplitBy { field: String },
    #[error("the state belongs to another run: {what}")]
    OtherRun { what: String },
}

impl ContributionError {
    pub(crate) fn game(field: &str, what: impl ToString) -> Self {
        ContributionError::Game { field: field.to_owned(), what: what.to_string() }
    }
}

impl Fault for ContributionError {
    fn code(&self) -> &'static str {
        match self {
            ContributionError::MissingCoalitions { .. } => "coalitions_missing",
            ContributionError::EmptyUndefined { .. } => "utility_of_nobody_undefined",
            ContributionError::NotFinite { .. } => "utility_not_finite",
            ContributionError::Game { .. } => "game_malformed",
            ContributionError::TooMany { .. } => "too_many_players",
            ContributionError::UnknownPlayer { .. } => "unknown_player",
            ContributionError::NoSolution { .. } => "core_without_solution",
            ContributionError::NegativeWithoutRule { .. } => "negative_without_rule",
            ContributionError::SplitInfeasible { .. } => "split_infeasible",
            ContributionError::NothingToSplitBy { .. } => "nothing_to_split_by",
            ContributionError::OtherRun { .. } => "state_of_another_run",
        }
    }

    fn place(&self) -> Place {
        use ContributionError as E;
        let field = match self {
            E::MissingCoalitions { field, .. }
            | E::EmptyUndefined { field }
            | E::NotFinite { field, .. }
            | E::Game { field, .. }
            | E::UnknownPlayer { field, .. }
            | E::NegativeWithoutRule { field, .. }
            | E::SplitInfeasible { field, .. }
            | E::NothingToSplitBy { field } => Some(field.clone()),
            E::TooMany { .. } => Some("players".to_owned()),
            E::NoSolution { .. } | E::OtherRun { .. } => None,
        };
        Place { file: None, line: None, field }
    }

    fn places(&self) -> Vec<(&'static str, String)> {
        use ContributionError as E;
        let mut places = vec![("field", self.place().field.unwrap_or_default())];
        places.extend(match self {
            E::MissingCoalitions { count, coalitions, .. } => {
                vec![("count", count.to_string()), ("coalitions", coalitions.clone())]
            }
            E::EmptyUndefined { .. } | E::NothingToSplitBy { .. } => vec![],
            E::NotFinite { coalition, value, .. } => {
                vec![("coalition", coalition.clone()), ("value", value.clone())]
            }
            E::Game { what, .. } | E::OtherRun { what } => vec![("what", what.clone())],
            E::TooMany { method, players, most } => {
                vec![("method", method.clone()), ("players", players.to_string()), ("most", most.to_string())]
            }
            E::UnknownPlayer { name, nearest, .. } => {
                vec![("name", name.clone()), ("nearest", nearest.clone().unwrap_or_else(|| "—".to_owned()))]
            }
            E::NoSolution { said } => vec![("said", said.clone())],
            E::NegativeWithoutRule { owners, .. } => vec![("owners", owners.clone())],
            E::SplitInfeasible { constraint, bound, till, difference, .. } => vec![
                ("constraint", constraint.clone()),
                ("bound", bound.clone()),
                ("till", till.clone()),
                ("difference", difference.clone()),
            ],
        });
        places
    }
}
