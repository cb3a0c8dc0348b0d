//! Cooperative games: what each coalition is worth.

use crate::contribution::coalition::Coalition;
use crate::contribution::error::ContributionError;

/// Most players of a game given by its coalitions, or by a function and solved over all of them.
pub const SUBSET_PLAYERS: usize = 24;

/// What a coalition is worth, as a function; called from several threads at once.
pub type Utility<'a> = dyn Fn(&Coalition) -> f64 + Sync + 'a;

/// A cooperative game.
pub enum Game<'a> {
    /// The worth of every coalition, at the place of its mask (bit `i` for player `i`).
    Table { players: usize, values: Vec<f64> },
    /// A coalition is worth the sum of its members.
    Additive { values: Vec<f64> },
    /// A coalition costs as much as its dearest member (Littlechild and Owen 1973).
    Airport { costs: Vec<f64> },
    /// A coalition is worth 1 where its weight reaches the quota, else 0.
    WeightedVoting { weights: Vec<u64>, quota: u64 },
    /// A coalition is worth its pairs; each player holds a left glove or a right one.
    Glove { is_left: Vec<bool> },
    /// A coalition is worth what its size says: `by_size[k]` for `k` members.
    Symmetric { by_size: Vec<f64> },
    /// A coalition costs every item that one of its members uses.
    SharedCost { players: usize, items: Vec<CostItem> },
    /// Whatever a function says.
    Function { players: usize, utility: &'a Utility<'a> },
}

/// A cost and the players that need it.
#[derive(Clone, Debug, PartialEq)]
pub struct CostItem {
    pub cost: f64,
    pub users: Vec<usize>,
}

impl std::fmt::Debug for Game<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} of {} players", self.kind(), self.players())
    }
}

impl<'a> Game<'a> {
    /// A game by the worth of each coalition, at the place of its mask.
    ///
    /// # Errors
    /// No player or more than [`SUBSET_PLAYERS`]; another number of values than `2^players`; a value that is not finite.
    pub fn table(players: usize, values: Vec<f64>) -> Result<Game<'a>, ContributionError> {
        if !(1..=SUBSET_PLAYERS).contains(&players) {
            let method = "table".to_owned();
            return Err(ContributionError::TooMany { method, players, most: SUBSET_PLAYERS });
        }
        if values.len() != 1 << players {
            let what = format!("{} values for {} coalitions", values.len(), 1_u64 << players);
            return Err(ContributionError::game("game.values", what));
        }
        finite_table(players, &values)?;
        Ok(Game::Table { players, values })
    }

    /// Two kinds of gloves; the first `left` players hold left ones.
    ///
    /// # Errors
    /// No player.
    pub fn glove(left: usize, right: usize) -> Result<Game<'a>, ContributionError> {
        if left + right == 0 {
            return Err(ContributionError::game("players", "0"));
        }
        Ok(Game::Glove { is_left: (0..left + right).map(|player| player < left).collect() })
    }

    /// The name of the kind, as in files.
    pub fn kind(&self) -> &'static str {
        match self {
            Game::Table { .. } => "table",
            Game::Additive { .. } => "additive",
            Game::Airport { .. } => "airport",
            Game::WeightedVoting { .. } => "weighted_voting",
            Game::Glove { .. } => "glove",
            Game::Symmetric { .. } => "symmetric",
            Game::SharedCost { .. } => "cost",
            Game::Function { .. } => "function",
        }
    }

    pub fn players(&self) -> usize {
        match self {
            Game::Table { players, .. } | Game::SharedCost { players, .. } | Game::Function { players, .. } => *players,
            Game::Additive { values } => values.len(),
            Game::Airport { costs } => costs.len(),
            Game::WeightedVoting { weights, .. } => weights.len(),
            Game::Glove { is_left } => is_left.len(),
            Game::Symmetric { by_size } => by_size.len().saturating_sub(1),
        }
    }

    /// What a coalition is worth.
    pub fn worth(&self, coalition: &Coalition) -> f64 {
        match self {
            Game::Table { values, .. } => {
                let at = coalition.mask().unwrap_or(u64::MAX) as usize;
                values.get(at).copied().unwrap_or(f64::NAN)
            }
            Game::Function { utility, .. } => utility(coalition),
            _ => {
                let mut walk = self.walk();
                coalition.members().fold(walk.worth, |_, player| walk.enter(player))
            }
        }
    }

    /// What everybody together is worth.
    pub fn grand(&self) -> f64 {
        self.worth(&Coalition::grand(self.players()))
    }

    /// What nobody is worth.
    pub fn nobody(&self) -> f64 {
        self.worth(&Coalition::empty(self.players()))
    }

    /// A walk that begins with nobody and lets players in one by one, each in constant time where the game allows.
    pub fn walk(&self) -> Walk<'_, 'a> {
        let players = self.players();
        let state = match self {
            Game::Table { .. } => State::Mask(0),
            Game::Additive { .. } | Game::Airport { .. } => State::Amount(0.0),
            Game::WeightedVoting { .. } => State::Weight(0),
            Game::Glove { .. } | Game::Symmetric { .. } => State::Hands(0, 0),
            Game::SharedCost { items, .. } => {
                let mut of_player = vec![Vec::new(); players];
                for (item, cost) in items.iter().enumerate() {
                    cost.users.iter().for_each(|user| of_player[*user].push(item));
                }
                State::Items { of_player, paid: vec![false; items.len()], sum: 0.0 }
            }
            Game::Function { .. } => State::Members(Coalition::empty(players)),
        };
        let nobody = match self {
            Game::Table { values, .. } => values[0],
            Game::Symmetric { by_size } => by_size[0],
            Game::Function { utility, .. } => utility(&Coalition::empty(players)),
            Game::WeightedVoting { quota: 0, .. } => 1.0,
            _ => 0.0,
        };
        Walk { game: self, state, worth: nobody, nobody }
    }

    /// The worth of every coalition; a function is called for each, several at a time.
    ///
    /// # Errors
    /// More than [`SUBSET_PLAYERS`] players; a worth that is not finite, with its coalition.
    pub fn all_coalitions(&self) -> Result<Vec<f64>, ContributionError> {
        use rayon::prelude::*;
        let players = self.players();
        if players > SUBSET_PLAYERS {
            let method = self.kind().to_owned();
            return Err(ContributionError::TooMany { method, players, most: SUBSET_PLAYERS });
        }
        if let Game::Table { values, .. } = self {
            return Ok(values.clone());
        }
        // A trained model takes its time, a formula does not: few coalitions at once for the one, many for the other.
        let at_once = if matches!(self, Game::Function { .. }) { 1 } else { 1 << 10 };
        let mut values = vec![0.0; 1 << players];
        values.par_chunks_mut(at_once).enumerate().for_each(|(block, values)| {
            for (place, value) in values.iter_mut().enumerate() {
                *value = self.worth(&Coalition::of_mask(players, (block * at_once + place) as u64));
            }
        });
        finite_table(players, &values)?;
        Ok(values)
    }
}

fn finite_table(players: usize, values: &[f64]) -> Result<(), ContributionError> {
    match values.iter().position(|value| !value.is_finite()) {
        None => Ok(()),
        Some(mask) => Err(not_finite(&Coalition::of_mask(players, mask as u64), values[mask])),
    }
}

/// A worth that is no number; members are counted from 1.
pub(crate) fn not_finite(coalition: &Coalition, value: f64) -> ContributionError {
    let members: Vec<String> = coalition.members().map(|player| (player + 1).to_string()).collect();
    let coalition = format!("{{{}}}", members.join(", "));
    ContributionError::NotFinite { field: "game".to_owned(), coalition, value: value.to_string() }
}

/// Players entering a game one by one.
pub struct Walk<'g, 'a> {
    game: &'g Game<'a>,
    state: State,
    /// What those inside are worth together.
    pub worth: f64,
    nobody: f64,
}

enum State {
    Mask(u64),
    Amount(f64),
    Weight(u64),
    /// Left and right hands; sizes of symmetric games count as left.
    Hands(usize, usize),
    Items {
        of_player: Vec<Vec<usize>>,
        paid: Vec<bool>,
        sum: f64,
    },
    Members(Coalition),
}

impl Walk<'_, '_> {
    /// Everybody out again.
    pub fn restart(&mut self) {
        self.worth = self.nobody;
        match &mut self.state {
            State::Mask(mask) => *mask = 0,
            State::Amount(amount) => *amount = 0.0,
            State::Weight(weight) => *weight = 0,
            State::Hands(left, right) => (*left, *right) = (0, 0),
            State::Items { paid, sum, .. } => {
                paid.fill(false);
                *sum = 0.0;
            }
            State::Members(members) => *members = Coalition::empty(members.players()),
        }
    }

    /// Lets a player in; what those inside are worth then.
    pub fn enter(&mut self, player: usize) -> f64 {
        self.worth = match (self.game, &mut self.state) {
            (Game::Table { values, .. }, State::Mask(mask)) => {
                *mask |= 1 << player;
                values[*mask as usize]
            }
            (Game::Additive { values }, State::Amount(sum)) => {
                *sum += values[player];
                *sum
            }
            (Game::Airport { costs }, State::Amount(most)) => {
                *most = most.max(costs[player]);
                *most
            }
            (Game::WeightedVoting { weights, quota }, State::Weight(weight)) => {
                *weight += weights[player];
                f64::from(u8::from(*weight >= *quota))
            }
            (Game::Glove { is_left }, State::Hands(lefts, rights)) => {
                if is_left[player] {
                    *lefts += 1
                } else {
                    *rights += 1
                }
                *lefts.min(rights) as f64
            }
            (Game::Symmetric { by_size }, State::Hands(inside, _)) => {
                *inside += 1;
                by_size[*inside]
            }
            (Game::SharedCost { items, .. }, State::Items { of_player, paid, sum }) => {
                for item in &of_player[player] {
                    if !std::mem::replace(&mut paid[*item], true) {
                        *sum += items[*item].cost;
                    }
                }
                *sum
            }
            (Game::Function { utility, .. }, State::Members(members)) => {
                members.insert(player);
                utility(members)
            }
            _ => f64::NAN,
        };
        self.worth
    }
}
