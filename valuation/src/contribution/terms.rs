//! From the terms of a file to a game.

use std::collections::BTreeMap;

use crate::case::read;
use crate::contribution::core::Sense;
use crate::contribution::error::ContributionError;
use crate::contribution::game::{CostItem, Game, SUBSET_PLAYERS};
use crate::contribution::request::{Coalitions, CostTerms, GameTerms, GloveTerms, PerPlayer, Side, VotingTerms};

/// Scale at which weights must be whole.
const WEIGHT_SCALE: f64 = 1e6;
/// Missing coalitions that are named; more are counted.
const NAMED: usize = 10;

/// Numbers of players by name.
pub struct Names<'n> {
    names: &'n [String],
    numbers: BTreeMap<&'n str, usize>,
}

impl<'n> Names<'n> {
    /// # Errors
    /// No player; a name that stands twice.
    pub fn new(names: &'n [String]) -> Result<Names<'n>, ContributionError> {
        if names.is_empty() {
            return Err(ContributionError::game("players", "0"));
        }
        let mut numbers = BTreeMap::new();
        for (number, name) in names.iter().enumerate() {
            if numbers.insert(name.as_str(), number).is_some() {
                return Err(ContributionError::game("players", format!("`{name}` × 2")));
            }
        }
        Ok(Names { names, numbers })
    }

    /// # Errors
    /// A name that is no player's.
    pub fn number(&self, name: &str, field: &str) -> Result<usize, ContributionError> {
        self.numbers.get(name).copied().ok_or_else(|| ContributionError::UnknownPlayer {
            field: field.to_owned(),
            name: name.to_owned(),
            nearest: read::nearest(name, self.names.iter().map(String::as_str)),
        })
    }

    fn coalition(&self, mask: usize) -> String {
        let members = (0..self.names.len()).filter(|player| mask >> player & 1 == 1);
        let members: Vec<&str> = members.map(|player| self.names[player].as_str()).collect();
        format!("{{{}}}", members.join(", "))
    }
}

impl GameTerms {
    /// The game, and whether it is about costs; `None` for games that need data files.
    ///
    /// # Errors
    /// Missing coalitions, named; a worth that is missing or not finite; weights that are negative or not whole.
    pub fn game(&self, names: &Names) -> Result<Option<(Game<'static>, Sense)>, ContributionError> {
        let n = names.names.len();
        let game = match self {
            GameTerms::Table(terms) => (table(&terms.values, terms.empty, names, "game.values")?, Sense::Worth),
            GameTerms::Additive(terms) => {
                (Game::Additive { values: terms.values.numbers(names, "game.values")? }, Sense::Worth)
            }
            GameTerms::Airport(terms) => {
                let costs = terms.costs.numbers(names, "game.costs")?;
                not_negative(&costs, "game.costs")?;
                (Game::Airport { costs }, Sense::Cost)
            }
            GameTerms::WeightedVoting(terms) => (terms.game(names)?, Sense::Worth),
            GameTerms::Glove(terms) => (terms.game(names)?, Sense::Worth),
            GameTerms::Symmetric(terms) => {
                if terms.by_size.len() != n + 1 {
                    let what = format!("{} for {} sizes", terms.by_size.len(), n + 1);
                    return Err(ContributionError::game("game.by_size", what));
                }
                let by_size = terms.by_size.iter().enumerate();
                let by_size = by_size.map(|(size, worth)| known(*worth, "game.by_size", || size.to_string()));
                (Game::Symmetric { by_size: by_size.collect::<Result<_, _>>()? }, Sense::Worth)
            }
            GameTerms::Cost(terms) => (terms.game(names)?, Sense::Cost),
            GameTerms::Knn(_) | GameTerms::Learned(_) => return Ok(None),
        };
        Ok(Some(game))
    }
}

fn known(value: Option<f64>, field: &str, coalition: impl Fn() -> String) -> Result<f64, ContributionError> {
    value.filter(|value| value.is_finite()).ok_or_else(|| ContributionError::NotFinite {
        field: field.to_owned(),
        coalition: coalition(),
        value: value.map_or("null".to_owned(), |value| value.to_string()),
    })
}

fn not_negative(numbers: &[f64], field: &str) -> Result<(), ContributionError> {
    match numbers.iter().position(|number| *number < 0.0) {
        None => Ok(()),
        Some(at) => Err(ContributionError::game(&format!("{field}[{at}]"), format!("{} < 0", numbers[at]))),
    }
}

impl PerPlayer {
    fn numbers(&self, names: &Names, field: &str) -> Result<Vec<f64>, ContributionError> {
        let n = names.names.len();
        let of = |player: usize| names.names[player].clone();
        match self {
            PerPlayer::Each(numbers) if numbers.len() != n => {
                Err(ContributionError::game(field, format!("{} for {n} players", numbers.len())))
            }
            PerPlayer::Each(numbers) => {
                numbers.iter().enumerate().map(|(player, number)| known(*number, field, || of(player))).collect()
            }
            PerPlayer::Named(numbers) => {
                let mut found = vec![None; n];
                for (name, number) in numbers {
                    found[names.number(name, field)?] = Some(known(*number, field, || name.clone())?);
                }
                let missing: Vec<String> = (0..n).filter(|player| found[*player].is_none()).map(of).collect();
                if !missing.is_empty() {
                    return Err(missing_coalitions(field, missing.len(), missing));
                }
                Ok(found.into_iter().flatten().collect())
            }
        }
    }
}

fn missing_coalitions(field: &str, count: usize, names: impl IntoIterator<Item = String>) -> ContributionError {
    let coalitions: Vec<String> = names.into_iter().take(NAMED).collect();
    let more = if count > NAMED { ", …" } else { "" };
    ContributionError::MissingCoalitions {
        field: field.to_owned(),
        count,
        coalitions: format!("{}{more}", coalitions.join(", ")),
    }
}

fn table(
    given: &Coalitions,
    empty: Option<f64>,
    names: &Names,
    field: &str,
) -> Result<Game<'static>, ContributionError> {
    let n = names.names.len();
    if n > SUBSET_PLAYERS {
        return Err(ContributionError::TooMany { method: "table".to_owned(), players: n, most: SUBSET_PLAYERS });
    }
    let mut worths: Vec<Option<f64>> = vec![None; 1 << n];
    let mut enter = |mask: usize, value: Option<f64>, place: &str| {
        let value = known(value, place, || names.coalition(mask))?;
        match worths[mask].replace(value) {
            None => Ok(()),
            Some(_) => Err(ContributionError::game(place, format!("{} × 2", names.coalition(mask)))),
        }
    };
    match given {
        Coalitions::Named(named) => {
            for (members, value) in named {
                let mut mask = 0;
                // A name that is a player's as it stands is not taken apart.
                let whole = names.numbers.contains_key(members.as_str());
                let parts = members.split([',', '+']).map(str::trim).filter(|part| !part.is_empty());
                let parts: Vec<&str> = if whole { vec![members.as_str()] } else { parts.collect() };
                for member in parts {
                    mask |= 1 << names.number(member, field)?;
                }
                enter(mask, *value, &format!("{field}.{members}"))?;
            }
        }
        Coalitions::Listed(listed) => {
            for (index, coalition) in listed.iter().enumerate() {
                let place = format!("{field}[{index}]");
                let mut mask = 0;
                for member in &coalition.members {
                    mask |= 1 << names.number(member, &place)?;
                }
                enter(mask, coalition.value, &place)?;
            }
        }
        Coalitions::Masked(values) => {
            if values.len() > 1 << n {
                let what = format!("{} values for {} coalitions", values.len(), 1 << n);
                return Err(ContributionError::game(field, what));
            }
            for (mask, value) in values.iter().enumerate() {
                enter(mask, *value, &format!("{field}[{mask}]"))?;
            }
        }
    }
    if worths[0].is_none() {
        worths[0] = empty.filter(|worth| worth.is_finite());
    }
    if worths[0].is_none() {
        return Err(ContributionError::EmptyUndefined { field: field.to_owned() });
    }
    let missing: Vec<usize> = (0..1 << n).filter(|mask| worths[*mask].is_none()).collect();
    if !missing.is_empty() {
        let count = missing.len();
        return Err(missing_coalitions(field, count, missing.into_iter().map(|mask| names.coalition(mask))));
    }
    Game::table(n, worths.into_iter().flatten().collect())
}

impl VotingTerms {
    fn game(&self, names: &Names) -> Result<Game<'static>, ContributionError> {
        let weights = self.weights.numbers(names, "game.weights")?;
        not_negative(&weights, "game.weights")?;
        let quota = known(Some(self.quota), "game.quota", String::new)?;
        let whole = |scale: f64| {
            let near = |number: &f64| ((number * scale).round() - number * scale).abs() <= 1e-6;
            weights.iter().chain([&quota]).all(near)
        };
        let mut scale = 1.0;
        while !whole(scale) {
            scale *= 10.0;
            if scale > WEIGHT_SCALE {
                return Err(ContributionError::game("game.weights", "more than six decimals"));
            }
        }
        let scaled: Vec<u64> = weights.iter().map(|weight| (weight * scale).round() as u64).collect();
        let quota = (quota * scale).round().max(0.0) as u64 + u64::from(self.strict);
        Ok(Game::WeightedVoting { weights: scaled, quota })
    }
}

impl GloveTerms {
    fn game(&self, names: &Names) -> Result<Game<'static>, ContributionError> {
        let n = names.names.len();
        let count = |side: &Side| match side {
            Side::Names(names) => names.len(),
            Side::Count(count) => *count,
        };
        if count(&self.left) + count(&self.right) != n {
            let what = format!("{} + {} ≠ {n}", count(&self.left), count(&self.right));
            return Err(ContributionError::game("game.left", what));
        }
        let mut is_left: Vec<bool> = (0..n).map(|player| player < count(&self.left)).collect();
        let (lefts, rights) = match (&self.left, &self.right) {
            (Side::Names(left), Side::Names(right)) => (left.as_slice(), right.as_slice()),
            (Side::Names(left), Side::Count(_)) => (left.as_slice(), &[] as &[String]),
            (Side::Count(_), Side::Names(right)) => (&[] as &[String], right.as_slice()),
            (Side::Count(_), Side::Count(_)) => return Ok(Game::Glove { is_left }),
        };
        is_left.fill(lefts.is_empty());
        for name in lefts {
            is_left[names.number(name, "game.left")?] = true;
        }
        for name in rights {
            is_left[names.number(name, "game.right")?] = false;
        }
        if is_left.iter().filter(|left| **left).count() != count(&self.left) {
            return Err(ContributionError::game("game.right", "a player on both sides"));
        }
        Ok(Game::Glove { is_left })
    }
}

impl CostTerms {
    fn game(&self, names: &Names) -> Result<Game<'static>, ContributionError> {
        match (&self.costs, &self.items) {
            (Some(costs), None) => table(costs, self.empty, names, "game.costs"),
            (None, Some(items)) => {
                let mut list = Vec::with_capacity(items.len());
                for (index, item) in items.iter().enumerate() {
                    let place = format!("game.items[{index}]");
                    let cost = known(Some(item.cost), &place, || item.name.clone())?;
                    let mut users = Vec::with_capacity(item.users.len());
                    for user in &item.users {
                        users.push(names.number(user, &format!("{place}.users"))?);
                    }
                    users.sort_unstable();
                    users.dedup();
                    if users.is_empty() {
                        return Err(ContributionError::game(&format!("{place}.users"), "nobody"));
                    }
                    list.push(CostItem { cost, users });
                }
                Ok(Game::SharedCost { players: names.names.len(), items: list })
            }
            _ => Err(ContributionError::game("game", "either `costs` or `items`")),
        }
    }
}
