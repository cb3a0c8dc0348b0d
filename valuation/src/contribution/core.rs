//! The core: whether some owners would be better off by leaving together, and the allocation under which they gain least.

use microlp::{ComparisonOp, OptimizationDirection, Problem};
use rayon::prelude::*;
use serde::{Deserialize, Serialize};

use crate::contribution::coalition::Coalition;
use crate::contribution::error::ContributionError;
use crate::contribution::game::Game;

/// Most players whose coalitions are all looked at.
pub const CORE_PLAYERS: usize = 20;
/// Coalitions that are looked at as one block.
const BLOCK: usize = 1 << 12;
/// Rounds of the search for violated coalitions; each adds at least one, and far fewer are needed.
const ROUNDS: usize = 10_000;

/// Whether a game is about worth to be shared or about cost to be borne.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Sense {
    Worth,
    Cost,
}

/// The coalition that gains most by leaving.
#[derive(Clone, Debug, PartialEq)]
pub struct Stability {
    /// What it is worth by itself less what it gets; at most 0 where the allocation is in the core.
    pub excess: f64,
    /// `None` with a single player.
    pub coalition: Option<Coalition>,
    pub stable: bool,
}

/// An allocation of the least core.
#[derive(Clone, Debug, PartialEq)]
pub struct LeastCore {
    pub values: Vec<f64>,
    /// The smallest excess that no coalition need exceed; the core is empty where it is positive.
    pub excess: f64,
    pub evaluations: u64,
}

/// The excess of every proper coalition under an allocation, and the largest of them.
///
/// # Errors
/// More than [`CORE_PLAYERS`] players; a worth that is not finite.
///
/// Source: Gillies 1959; the excess of Maschler, Peleg and Shapley 1979.
pub fn stability(game: &Game, values: &[f64], sense: Sense) -> Result<Stability, ContributionError> {
    let table = signed(game, sense)?;
    let values: Vec<f64> = values.iter().map(|value| sign(sense) * value).collect();
    Ok(judged(&table, &values))
}

fn judged(table: &[f64], values: &[f64]) -> Stability {
    let players = values.len();
    // What stands in the last digits of the sums is no reason to leave.
    let scale = table.iter().fold(0.0_f64, |most, worth| most.max(worth.abs()));
    match most_excess(table, values).into_iter().next() {
        None => Stability { excess: 0.0, coalition: None, stable: true },
        Some((mask, excess)) => {
            let coalition = Some(Coalition::of_mask(players, mask as u64));
            Stability { excess, coalition, stable: excess <= 1e-9 * scale.max(1e-300) }
        }
    }
}

/// An allocation of the least core: it minimises the largest excess `v(S) − x(S)` of a proper coalition.
///
/// ```text
/// minimise e   subject to   x(N) = v(N),   x(S) ≥ v(S) − e   for every proper coalition S
/// ```
///
/// Where several allocations do, players who are interchangeable in the game get the same.
///
/// # Errors
/// More than [`CORE_PLAYERS`] players; a worth that is not finite; a linear programme that fails.
///
/// Source: Maschler, Peleg and Shapley 1979; coalitions are added to the programme as they turn out violated.
///
/// ```
/// use valuation::contribution::{core::{Sense, least_core}, game::Game};
/// // Three miners, of whom two carry one piece of gold: nobody can be kept from leaving in pairs.
/// let game = Game::Symmetric { by_size: vec![0.0, 0.0, 1.0, 1.0] };
/// let found = least_core(&game, Sense::Worth)?;
/// assert!(found.values.iter().all(|value| (value - 1.0 / 3.0).abs() < 1e-9));
/// assert!((found.excess - 1.0 / 3.0).abs() < 1e-9);
/// # Ok::<(), valuation::contribution::error::ContributionError>(())
/// ```
pub fn least_core(game: &Game, sense: Sense) -> Result<LeastCore, ContributionError> {
    let table = signed(game, sense)?;
    let players = game.players();
    let grand = table[table.len() - 1];
    let evaluations = table.len() as u64;
    if players == 1 {
        return Ok(LeastCore { values: vec![sign(sense) * grand], excess: 0.0, evaluations });
    }
    let solved = |error: microlp::Error| ContributionError::NoSolution { said: error.to_string() };
    let mut problem = Problem::new(OptimizationDirection::Minimize);
    let free = (f64::NEG_INFINITY, f64::INFINITY);
    let excess = problem.add_var(1.0, free);
    let shares: Vec<_> = (0..players).map(|_| problem.add_var(0.0, free)).collect();
    let all: Vec<_> = shares.iter().map(|share| (*share, 1.0)).collect();
    problem.add_constraint(all.as_slice(), ComparisonOp::Eq, grand);
    let row = |mask: usize| -> Vec<_> {
        let members = (0..players).filter(|player| mask >> player & 1 == 1).map(|player| (shares[player], 1.0));
        members.chain([(excess, 1.0)]).collect()
    };
    for player in 0..players {
        for mask in [1 << player, table.len() - 1 - (1 << player)] {
            problem.add_constraint(row(mask).as_slice(), ComparisonOp::Ge, table[mask]);
        }
    }
    let scale = table.iter().fold(1e-300_f64, |most, worth| most.max(worth.abs()));
    let mut solution = problem.solve().map_err(solved)?;
    for _ in 0..ROUNDS {
        let values: Vec<f64> = shares.iter().map(|share| *solution.var_value(*share)).collect();
        let bound = *solution.var_value(excess);
        let worst = most_excess(&table, &values);
        let violated: Vec<_> =
            worst.into_iter().filter(|(_, over)| *over > bound + 1e-10 * scale).take(players).collect();
        if violated.is_empty() {
            let values = evened(&table, values);
            let excess = most_excess(&table, &values).first().map_or(bound, |(_, over)| *over);
            let values = values.into_iter().map(|value| sign(sense) * value).collect();
            return Ok(LeastCore { values, excess, evaluations });
        }
        for (mask, _) in violated {
            solution = solution.add_constraint(row(mask).as_slice(), ComparisonOp::Ge, table[mask]).map_err(solved)?;
        }
    }
    Err(ContributionError::NoSolution { said: format!("{ROUNDS}") })
}

fn sign(sense: Sense) -> f64 {
    match sense {
        Sense::Worth => 1.0,
        Sense::Cost => -1.0,
    }
}

/// The table of the game, a cost counted as a negative worth.
fn signed(game: &Game, sense: Sense) -> Result<Vec<f64>, ContributionError> {
    let players = game.players();
    if players > CORE_PLAYERS {
        return Err(ContributionError::TooMany { method: "least_core".to_owned(), players, most: CORE_PLAYERS });
    }
    let mut table = game.all_coalitions()?;
    table.iter_mut().for_each(|worth| *worth *= sign(sense));
    Ok(table)
}

/// The proper coalition of most excess in each block, most excess first; of equals the one with the smaller mask.
fn most_excess(table: &[f64], values: &[f64]) -> Vec<(usize, f64)> {
    let last = table.len() - 1;
    let low_players = BLOCK.trailing_zeros().min(values.len() as u32);
    let low: Vec<f64> = (0..1_usize << low_players).map(|mask| sum(values, mask)).collect();
    let mut worst: Vec<(usize, f64)> = table
        .par_chunks(BLOCK)
        .enumerate()
        .filter_map(|(block, worths)| {
            let first = block * BLOCK;
            let high = sum(values, first);
            let excesses =
                worths.iter().zip(&low).enumerate().map(|(at, (worth, low))| (first + at, worth - (high + low)));
            let proper = excesses.filter(|(mask, _)| *mask != 0 && *mask != last);
            proper.fold(None, |best: Option<(usize, f64)>, found| match best {
                Some(best) if best.1 >= found.1 => Some(best),
                _ => Some(found),
            })
        })
        .collect();
    worst.sort_by(|a, b| b.1.total_cmp(&a.1).then(a.0.cmp(&b.0)));
    worst
}

fn sum(values: &[f64], mask: usize) -> f64 {
    (0..values.len()).filter(|player| mask >> player & 1 == 1).map(|player| values[player]).sum()
}

/// Gives interchangeable players the mean of what they have; the least core is convex, so it stays there.
fn evened(table: &[f64], values: Vec<f64>) -> Vec<f64> {
    let players = values.len();
    let same = |a: usize, b: usize| {
        let pair = 1 << a | 1 << b;
        (0..table.len()).filter(|mask| mask & pair == 0).all(|mask| table[mask | 1 << a] == table[mask | 1 << b])
    };
    let mut leader: Vec<usize> = (0..players).collect();
    for player in 1..players {
        if let Some(first) = (0..player).find(|first| leader[*first] == *first && same(*first, player)) {
            leader[player] = first;
        }
    }
    let mean = |of: usize| {
        let group: Vec<f64> = (0..players).filter(|p| leader[*p] == of).map(|p| values[p]).collect();
        group.iter().sum::<f64>() / group.len() as f64
    };
    leader.iter().map(|first| mean(*first)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::contribution::exact::shapley;

    #[test]
    fn the_owner_of_the_only_right_glove_takes_all_in_the_core() {
        let game = Game::glove(2, 1).expect("players");
        let found = least_core(&game, Sense::Worth).expect("solved");
        for (found, expected) in found.values.iter().zip([0.0, 0.0, 1.0]) {
            assert!((found - expected).abs() < 1e-9, "{:?}", found);
        }
        assert!(found.excess.abs() < 1e-9);
        // The Shapley value is not in the core: a left and the right glove would leave with 1 instead of 5/6.
        let judged = stability(&game, &shapley(&game).expect("closed").values, Sense::Worth).expect("few");
        assert!(!judged.stable && (judged.excess - 1.0 / 6.0).abs() < 1e-12);
        assert_eq!(judged.coalition.map(|some| some.members().collect::<Vec<_>>()), Some(vec![0, 2]));
    }

    #[test]
    fn shapley_shares_of_an_airport_are_stable() {
        let game = Game::Airport { costs: vec![12.0, 20.0, 33.0] };
        let judged = stability(&game, &shapley(&game).expect("closed").values, Sense::Cost).expect("few");
        assert!(judged.stable && judged.excess < 0.0);
        let least = least_core(&game, Sense::Cost).expect("solved");
        assert!((least.values.iter().sum::<f64>() - 33.0).abs() < 1e-9);
        assert!(least.excess <= judged.excess + 1e-9);
    }
}
