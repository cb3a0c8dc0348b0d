//! What the others' values are once an owner has left, from what was computed before.
//!
//! From a table the values are exact: the coalitions without the owner are a part of it. From sampled orders they are
//! estimated without asking for another coalition: a contribution that was made before the owner entered was made to a
//! coalition without it, and only its probability differs.

use serde::{Deserialize, Serialize};

use crate::contribution::error::ContributionError;
use crate::contribution::game::{CostItem, Game};

/// The game without the players `leaving`, and who stays, in order.
///
/// # Errors
/// Nobody left; a function of too many players.
pub fn without(game: &Game, leaving: &[usize]) -> Result<(Game<'static>, Vec<usize>), ContributionError> {
    let players = game.players();
    let staying: Vec<usize> = (0..players).filter(|player| !leaving.contains(player)).collect();
    if staying.is_empty() {
        return Err(ContributionError::game("leaving", "nobody stays"));
    }
    let smaller = match game {
        Game::Additive { values } => Game::Additive { values: of(values, &staying) },
        Game::Airport { costs } => Game::Airport { costs: of(costs, &staying) },
        Game::WeightedVoting { weights, quota } => {
            Game::WeightedVoting { weights: of(weights, &staying), quota: *quota }
        }
        Game::Glove { is_left } => Game::Glove { is_left: of(is_left, &staying) },
        Game::Symmetric { by_size } => Game::Symmetric { by_size: by_size[..=staying.len()].to_vec() },
        Game::SharedCost { items, .. } => {
            let place = |user: &usize| staying.iter().position(|player| player == user);
            let items = items.iter().map(|item| {
                let users = item.users.iter().filter_map(place).collect();
                CostItem { cost: item.cost, users }
            });
            Game::SharedCost { players: staying.len(), items: items.collect() }
        }
        Game::Table { .. } | Game::Function { .. } => {
            let table = game.all_coalitions()?;
            let wide = |mask: usize| {
                staying.iter().enumerate().fold(0, |wide, (bit, player)| wide | (mask >> bit & 1) << player)
            };
            let smaller = (0..1_usize << staying.len()).map(|mask| table[wide(mask)]).collect();
            Game::table(staying.len(), smaller)?
        }
    };
    Ok((smaller, staying))
}

fn of<T: Copy>(all: &[T], staying: &[usize]) -> Vec<T> {
    staying.iter().map(|player| all[*player]).collect()
}

/// Sampled values without each player: row `l` holds the values of the game without `l`.
///
/// In a random order of n players, predecessors S of i that lack l have probability |S|! (n−1−|S|)! / n!; in the game
/// without l they have |S|! (n−2−|S|)! / (n−1)!. So a contribution made before l came in counts n / (n−1−|S|) times.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Departures {
    players: usize,
    mean: Vec<f64>,
    squares: Vec<f64>,
    #[serde(skip)]
    draw: Vec<f64>,
}

impl Departures {
    /// Most players whose departures are estimated beside the values.
    pub const PLAYERS: usize = 256;

    pub(crate) fn new(players: usize) -> Departures {
        let cells = players * players;
        Departures { players, mean: vec![0.0; cells], squares: vec![0.0; cells], draw: vec![0.0; cells] }
    }

    /// The contribution of the player who enters at `place` of `order`.
    pub(crate) fn marginal(&mut self, order: &[u32], place: usize, marginal: f64) {
        if marginal == 0.0 {
            return;
        }
        let player = order[place] as usize;
        let later = order.len() - 1 - place;
        for leaver in &order[place + 1..] {
            self.draw[*leaver as usize * self.players + player] += marginal * order.len() as f64 / later as f64;
        }
    }

    /// Closes a draw, the `count`-th of its block.
    pub(crate) fn take(&mut self, count: f64) {
        for ((mean, squares), draw) in self.mean.iter_mut().zip(&mut self.squares).zip(&mut self.draw) {
            let delta = *draw - *mean;
            *mean += delta / count;
            *squares += delta * (*draw - *mean);
            *draw = 0.0;
        }
    }

    /// Takes `more` draws in after `before` ones.
    pub(crate) fn join(&mut self, other: &Departures, before: f64, more: f64) {
        // A state that was stored has no open draw.
        self.draw.resize(self.mean.len(), 0.0);
        let all = before + more;
        for cell in 0..self.mean.len() {
            let delta = other.mean[cell] - self.mean[cell];
            self.mean[cell] += delta * (more / all);
            self.squares[cell] += other.squares[cell] + delta * delta * (before * more / all);
        }
    }

    /// Values and standard errors of the others without `leaver`, after `draws` draws.
    pub fn without(&self, leaver: usize, draws: u64) -> (Vec<f64>, Vec<f64>) {
        let row = leaver * self.players..(leaver + 1) * self.players;
        let count = draws as f64;
        let errors = self.squares[row.clone()].iter().map(|squares| (squares / (count - 1.0) / count).sqrt());
        (self.mean[row].to_vec(), errors.collect())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::contribution::exact::shapley;
    use crate::contribution::sampled::{Plan, Running, Scheme};

    #[test]
    fn values_without_an_owner_come_from_what_was_there() {
        let game = Game::WeightedVoting { weights: vec![5, 4, 3, 2, 1], quota: 8 };
        let smaller = Game::WeightedVoting { weights: vec![5, 4, 2, 1], quota: 8 };
        let expected = shapley(&smaller).expect("closed").values;
        let table = Game::table(5, game.all_coalitions().expect("few")).expect("a table");
        for game in [&game, &table] {
            let (left, staying) = without(game, &[2]).expect("others stay");
            assert_eq!(staying, [0, 1, 3, 4]);
            for (found, expected) in shapley(&left).expect("exact").values.iter().zip(&expected) {
                assert!((found - expected).abs() < 1e-14);
            }
        }
        let plan = Plan { scheme: Scheme::Permutation, seed: 5, draws_max: 8192, std_error: None, departures: true };
        let mut running = Running::new(5, &plan);
        while running.stopped(&plan).is_none() {
            running.advance(&game, &plan).expect("drawn");
        }
        let departures = running.departures.as_ref().expect("asked for");
        let (values, errors) = departures.without(2, running.draws);
        for (player, expected) in [0, 1, 3, 4].into_iter().zip(&expected) {
            let distance = (values[player] - expected).abs();
            assert!(distance < 4.5 * errors[player], "{player}: {} ± {}", values[player], errors[player]);
        }
        assert_eq!(values[2], 0.0);
    }
}
