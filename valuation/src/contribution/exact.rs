//! Exact values: Shapley, Banzhaf, and the loss without each player.

use rayon::prelude::*;
use serde::{Deserialize, Serialize};

use crate::contribution::coalition::Coalition;
use crate::contribution::diagonal;
use crate::contribution::error::ContributionError;
use crate::contribution::game::{Game, SUBSET_PLAYERS, not_finite};

/// Pairs of coalitions that are summed as one block.
const BLOCK: u64 = 1 << 12;

/// Values of all players.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Exact {
    pub values: Vec<f64>,
    /// Coalitions whose worth was asked for; 0 where a closed form needs none.
    pub evaluations: u64,
}

/// The Shapley value: the marginal contribution of a player, averaged over all orders of entry.
///
/// ```text
/// φᵢ = Σ_{S ∌ i} |S|! (n − 1 − |S|)! / n! · [v(S ∪ i) − v(S)]
/// ```
///
/// Additive, airport, shared-cost, symmetric, glove and weighted voting games have closed forms that never look at single
/// coalitions; a table or a function is summed over all of them.
///
/// # Errors
/// More than [`SUBSET_PLAYERS`] players without a closed form; a worth that is not finite.
///
/// Source: Shapley 1953, *A value for n-person games*; airport: Littlechild and Owen 1973; weighted voting, gloves: Owen 1972.
///
/// ```
/// use valuation::contribution::{exact::shapley, game::Game};
/// // Three aircraft whose runways cost 12, 20 and 33 (each pays its part of each stretch it needs).
/// let game = Game::Airport { costs: vec![12.0, 20.0, 33.0] };
/// assert_eq!(shapley(&game)?.values, [4.0, 8.0, 21.0]);
/// # Ok::<(), valuation::contribution::error::ContributionError>(())
/// ```
pub fn shapley(game: &Game) -> Result<Exact, ContributionError> {
    closed(game, false)?.map_or_else(|| over_subsets(game, false), Ok)
}

/// The Banzhaf value: the marginal contribution of a player, averaged over all coalitions of the others.
///
/// ```text
/// βᵢ = 2^{1−n} Σ_{S ∌ i} [v(S ∪ i) − v(S)]
/// ```
///
/// Banzhaf values do not sum to the worth of all: with two left gloves and one right one they are 1/4, 1/4, 3/4, a quarter
/// more than there is. Before money is split they must be normalised ([`normalised`]), or Shapley values be taken.
///
/// # Errors
/// As [`shapley`].
///
/// Source: Banzhaf 1965; Dubey and Shapley 1979, *Mathematical properties of the Banzhaf power index*.
pub fn banzhaf(game: &Game) -> Result<Exact, ContributionError> {
    closed(game, true)?.map_or_else(|| over_subsets(game, true), Ok)
}

/// Values stretched or shrunk so that they sum to `total`; `None` where they sum to 0.
pub fn normalised(values: &[f64], total: f64) -> Option<Vec<f64>> {
    let sum: f64 = values.iter().sum();
    (sum != 0.0).then(|| values.iter().map(|value| value / sum * total).collect())
}

/// What the others lose without a player: `v(N) − v(N ∖ i)`.
///
/// # Errors
/// A worth that is not finite.
pub fn leave_one_out(game: &Game) -> Result<Exact, ContributionError> {
    let players = game.players();
    let values: Vec<f64> = match game {
        Game::Additive { values } => values.clone(),
        Game::Airport { costs } => {
            let top = costs.iter().copied().fold(0.0, f64::max);
            let others: Vec<f64> = costs.iter().copied().filter(|cost| *cost < top).collect();
            let alone = players - others.len() == 1;
            let next = others.into_iter().fold(0.0, f64::max);
            costs.iter().map(|cost| if *cost == top && alone { top - next } else { 0.0 }).collect()
        }
        Game::WeightedVoting { weights, quota } => {
            let total: u64 = weights.iter().sum();
            let holds = |weight: u64| f64::from(u8::from(weight >= *quota));
            weights.iter().map(|weight| holds(total) - holds(total - weight)).collect()
        }
        Game::Glove { is_left } => {
            let left = is_left.iter().filter(|left| **left).count();
            let right = players - left;
            // A glove is missed where it is of the rarer kind.
            let missed = |rarer: bool| f64::from(u8::from(rarer));
            is_left.iter().map(|is| if *is { missed(left <= right) } else { missed(right <= left) }).collect()
        }
        Game::Symmetric { by_size } => vec![by_size[players] - by_size[players - 1]; players],
        Game::SharedCost { items, .. } => {
            let mut values = vec![0.0; players];
            for item in items.iter().filter(|item| item.users.len() == 1) {
                values[item.users[0]] += item.cost;
            }
            values
        }
        Game::Table { .. } | Game::Function { .. } => {
            let grand = game.grand();
            let without = |player| {
                let mut others = Coalition::grand(players);
                others.remove(player);
                let worth = game.worth(&others);
                if worth.is_finite() { Ok(grand - worth) } else { Err(not_finite(&others, worth)) }
            };
            if !grand.is_finite() {
                return Err(not_finite(&Coalition::grand(players), grand));
            }
            // Each in its place, so the first fault is the same on any number of threads.
            let values: Vec<Result<f64, ContributionError>> = (0..players).into_par_iter().map(without).collect();
            let values: Result<Vec<f64>, ContributionError> = values.into_iter().collect();
            return Ok(Exact { values: values?, evaluations: players as u64 + 1 });
        }
    };
    Ok(Exact { values, evaluations: 0 })
}

/// Whether [`shapley`] has an answer in reasonable time, and for how many players at most otherwise.
pub fn solvable(game: &Game) -> Result<(), ContributionError> {
    match game {
        Game::Table { .. } | Game::Function { .. } if game.players() > SUBSET_PLAYERS => {
            let method = game.kind().to_owned();
            Err(ContributionError::TooMany { method, players: game.players(), most: SUBSET_PLAYERS })
        }
        _ => Ok(()),
    }
}

/// Games whose values need no coalition.
fn closed(game: &Game, banzhaf: bool) -> Result<Option<Exact>, ContributionError> {
    let players = game.players();
    let values = match game {
        Game::Additive { values } => Some(values.clone()),
        Game::Airport { costs } => Some(airport(costs, banzhaf)),
        Game::SharedCost { items, .. } => {
            let mut values = vec![0.0; players];
            for item in items.iter().filter(|item| !item.users.is_empty()) {
                let share = share(item.cost, item.users.len(), banzhaf);
                item.users.iter().for_each(|user| values[*user] += share);
            }
            Some(values)
        }
        Game::Symmetric { by_size } if !banzhaf => {
            Some(vec![(by_size[players] - by_size[0]) / players as f64; players])
        }
        _ => diagonal::values(game, banzhaf)?,
    };
    Ok(values.map(|values| Exact { values, evaluations: 0 }))
}

/// What one of `users` bears of a cost they need together: it falls on whoever comes first.
fn share(cost: f64, users: usize, banzhaf: bool) -> f64 {
    if banzhaf { cost * libm::exp2(1.0 - users as f64) } else { cost / users as f64 }
}

/// Each stretch of the runway is shared by those that need it.
fn airport(costs: &[f64], banzhaf: bool) -> Vec<f64> {
    let mut order: Vec<usize> = (0..costs.len()).collect();
    order.sort_by(|a, b| costs[*a].total_cmp(&costs[*b]).then(a.cmp(b)));
    let mut values = vec![0.0; costs.len()];
    let (mut borne, mut built) = (0.0, 0.0);
    for (place, player) in order.iter().enumerate() {
        let users = costs.len() - place;
        borne += share(costs[*player] - built, users, banzhaf);
        built = costs[*player];
        values[*player] = borne;
    }
    values
}

fn over_subsets(game: &Game, banzhaf: bool) -> Result<Exact, ContributionError> {
    let table = game.all_coalitions()?;
    let values = of_table(game.players(), &table, banzhaf);
    Ok(Exact { values, evaluations: table.len() as u64 })
}

/// The values of a game from its table: marginal contributions summed by block, blocks in order.
pub(crate) fn of_table(players: usize, table: &[f64], banzhaf: bool) -> Vec<f64> {
    let weights: Vec<f64> = (0..players).map(|size| weight(players, size, banzhaf)).collect();
    let pairs = 1_u64 << (players - 1);
    let blocks = pairs.div_ceil(BLOCK);
    let jobs = players as u64 * blocks;
    let sums: Vec<f64> = (0..jobs)
        .into_par_iter()
        .map(|job| {
            let (player, block) = (job / blocks, job % blocks);
            let range = block * BLOCK..((block + 1) * BLOCK).min(pairs);
            block_sum(table, &weights, player as u32, range)
        })
        .collect();
    sums.chunks(blocks as usize).map(|blocks| blocks.iter().sum()).collect()
}

fn block_sum(table: &[f64], weights: &[f64], player: u32, range: std::ops::Range<u64>) -> f64 {
    let bit = 1_usize << player;
    let below = bit - 1;
    // Four sums, so that one addition need not wait for the other.
    let mut sums = [0.0; 4];
    for others in range {
        let others = others as usize;
        let without = ((others & !below) << 1) | (others & below);
        let marginal = table[without | bit] - table[without];
        sums[others & 3] += weights[others.count_ones() as usize] * marginal;
    }
    (sums[0] + sums[1]) + (sums[2] + sums[3])
}

/// The weight of one coalition of `size` others.
fn weight(players: usize, size: usize, banzhaf: bool) -> f64 {
    if banzhaf {
        return libm::exp2(1.0 - players as f64);
    }
    // 1 / (n · C(n − 1, size))
    let choose = (0..size).fold(1.0, |product, k| product * (players - 1 - k) as f64 / (k + 1) as f64);
    1.0 / (players as f64 * choose)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn near(found: &[f64], expected: &[f64]) {
        assert_eq!(found.len(), expected.len());
        for (found, expected) in found.iter().zip(expected) {
            assert!((found - expected).abs() < 1e-12 * expected.abs().max(1.0), "{found} instead of {expected}");
        }
    }

    /// The same game as a table.
    fn tabled<'a>(game: &Game) -> Game<'a> {
        Game::table(game.players(), game.all_coalitions().expect("few players")).expect("a table")
    }

    fn closed_games() -> Vec<Game<'static>> {
        let item = |cost, users: &[usize]| crate::contribution::game::CostItem { cost, users: users.to_vec() };
        vec![
            Game::Additive { values: vec![3.0, -1.0, 0.5] },
            Game::Airport { costs: vec![7.0, 2.0, 2.0, 9.0, 0.0] },
            Game::WeightedVoting { weights: vec![4, 3, 2, 1, 0, 3], quota: 7 },
            Game::WeightedVoting { weights: vec![5, 1, 1], quota: 5 },
            Game::glove(2, 3).expect("players"),
            Game::glove(0, 3).expect("players"),
            Game::Symmetric { by_size: vec![1.0, 1.5, 4.0, 4.0, 9.0] },
            Game::SharedCost { players: 4, items: vec![item(6.0, &[0, 1, 2]), item(1.5, &[3]), item(2.0, &[1, 3])] },
        ]
    }

    #[test]
    fn closed_forms_agree_with_the_sum_over_all_coalitions() {
        for game in closed_games() {
            let table = tabled(&game);
            near(&shapley(&game).expect("closed").values, &shapley(&table).expect("summed").values);
            near(&banzhaf(&game).expect("closed").values, &banzhaf(&table).expect("summed").values);
            near(&leave_one_out(&game).expect("closed").values, &leave_one_out(&table).expect("asked").values);
            assert_eq!(shapley(&game).expect("closed").evaluations, 0);
        }
    }

    #[test]
    fn a_function_is_asked_for_every_coalition_and_a_nan_is_named() {
        let square = |some: &Coalition| (some.len() * some.len()) as f64;
        let game = Game::Function { players: 3, utility: &square };
        let found = shapley(&game).expect("finite");
        near(&found.values, &[3.0; 3]);
        assert_eq!(found.evaluations, 8);
        let broken = |some: &Coalition| if some.contains(1) && some.len() == 2 { f64::NAN } else { 0.0 };
        let refused = shapley(&Game::Function { players: 3, utility: &broken }).expect_err("not a number");
        assert!(matches!(refused, ContributionError::NotFinite { coalition, .. } if coalition == "{1, 2}"));
        let many = Game::Function { players: 1_000_000, utility: &square };
        assert!(matches!(shapley(&many), Err(ContributionError::TooMany { players: 1_000_000, .. })));
    }

    #[test]
    fn one_owner_has_all_and_a_million_have_closed_forms() {
        near(&shapley(&Game::table(1, vec![0.0, 5.0]).expect("one")).expect("one").values, &[5.0]);
        let many = Game::Airport { costs: vec![1.0; 1_000_000] };
        assert!((shapley(&many).expect("closed").values.iter().sum::<f64>() - 1.0).abs() < 1e-9);
    }

    fn table_of(players: usize) -> impl Strategy<Value = Vec<f64>> {
        prop::collection::vec(-100.0..100.0, 1 << players)
    }

    proptest! {
        /// Efficiency, symmetry, null player and additivity: the four axioms of Shapley.
        #[test]
        fn the_axioms_hold(a in table_of(5), b in table_of(5)) {
            let value = |table: &[f64]| of_table(5, table, false);
            let (of_a, of_b) = (value(&a), value(&b));
            prop_assert!((of_a.iter().sum::<f64>() - (a[31] - a[0])).abs() < 1e-9);
            let sum: Vec<f64> = a.iter().zip(&b).map(|(x, y)| x + y).collect();
            for (found, (x, y)) in value(&sum).iter().zip(of_a.iter().zip(&of_b)) {
                prop_assert!((found - x - y).abs() < 1e-9);
            }
            // Player 3 adds nothing; players 0 and 1 are exchanged for each other.
            let null: Vec<f64> = (0..32).map(|mask: usize| a[mask & !8]).collect();
            prop_assert_eq!(value(&null)[3], 0.0);
            let swap = |mask: usize| mask & !3 | (mask & 1) << 1 | (mask & 2) >> 1;
            let same: Vec<f64> = (0..32).map(|mask| a[mask] + a[swap(mask)]).collect();
            let of_same = value(&same);
            prop_assert!((of_same[0] - of_same[1]).abs() < 1e-9);
        }
    }
}
