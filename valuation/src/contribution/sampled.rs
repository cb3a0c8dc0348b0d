//! Sampled Shapley values, each with its standard error, by rules that stop.

use rayon::prelude::*;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use statrs::distribution::{ContinuousCDF, StudentsT};

use crate::contribution::departure::Departures;
use crate::contribution::error::ContributionError;
use crate::contribution::game::{Game, Walk};
use crate::contribution::order::shuffle;

/// Players whose marginal contributions one block of draws holds, about.
const BLOCK_PLAYERS: usize = 1 << 14;
/// Blocks in the air at once.
const WAVE: usize = 16;
/// Draws after which the precision is looked at for the first time; then after each doubling.
const FIRST_LOOK: u64 = 64;

/// How orders of entry are drawn.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum Scheme {
    /// One random order a draw.
    Permutation,
    /// A random order and its reverse a draw.
    Antithetic,
    /// A random order in all its rotations a draw: every player enters once at every place.
    Stratified,
    /// One random order, left as soon as those inside are worth all but `tolerance` of the whole; the rest counts as 0, so the
    /// estimate is biased by at most that part.
    Truncated { tolerance: f64 },
}

/// What is to be drawn, and when to stop.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Plan {
    pub scheme: Scheme,
    pub seed: u64,
    /// At most so many draws; sampling always stops there.
    pub draws_max: u64,
    /// Stops earlier where every standard error is at most this, looked at after 64 draws and each doubling.
    pub std_error: Option<f64>,
    /// Whether the values without each player are estimated from the same draws ([`crate::contribution::departure`]).
    pub departures: bool,
}

/// How far a sampling has come; it can be stored and taken up again, and ends with the same bytes.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Running {
    pub scheme: Scheme,
    pub seed: u64,
    pub players: usize,
    /// Draws done: orders, pairs of orders, or rounds of rotations.
    pub draws: u64,
    /// Coalitions whose worth was asked for.
    pub evaluations: u64,
    /// Orders that were left early.
    pub truncated: u64,
    pub mean: Vec<f64>,
    /// Sum of squared deviations of each player's draws.
    pub squares: Vec<f64>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub departures: Option<Departures>,
}

/// Why a sampling stopped.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Stopped {
    /// Every standard error is as small as asked.
    Precision,
    /// The number of draws is reached.
    Draws,
}

/// Estimates of all players.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Estimate {
    pub values: Vec<f64>,
    pub std_error: Vec<f64>,
    pub draws: u64,
    pub evaluations: u64,
    pub truncated: u64,
    pub stopped: Stopped,
}

impl Running {
    /// Nothing drawn yet.
    pub fn new(players: usize, plan: &Plan) -> Running {
        Running {
            scheme: plan.scheme,
            seed: plan.seed,
            players,
            draws: 0,
            evaluations: 0,
            truncated: 0,
            mean: vec![0.0; players],
            squares: vec![0.0; players],
            departures: plan.departures.then(|| Departures::new(players)),
        }
    }

    /// Standard errors of the means; NaN before the second draw.
    pub fn std_error(&self) -> Vec<f64> {
        let draws = self.draws as f64;
        let error = |squares: &f64| if self.draws < 2 { f64::NAN } else { (squares / (draws - 1.0) / draws).sqrt() };
        self.squares.iter().map(error).collect()
    }

    /// Estimates, lower and upper bounds at `level` by Student's t.
    pub fn intervals(&self, level: f64) -> Vec<(f64, f64)> {
        intervals(&self.mean, &self.std_error(), self.draws, level)
    }

    /// Whether the plan says to stop here.
    pub fn stopped(&self, plan: &Plan) -> Option<Stopped> {
        let look = self.draws >= FIRST_LOOK && (self.draws / FIRST_LOOK).is_power_of_two();
        let precise = plan.std_error.filter(|_| look && self.draws.is_multiple_of(FIRST_LOOK));
        if precise.is_some_and(|target| self.std_error().iter().all(|error| *error <= target)) {
            return Some(Stopped::Precision);
        }
        (self.draws >= plan.draws_max).then_some(Stopped::Draws)
    }

    /// Draws until the next look, or as far as the plan allows.
    ///
    /// # Errors
    /// A state of another game or plan; a worth that is not finite.
    pub fn advance(&mut self, game: &Game, plan: &Plan) -> Result<(), ContributionError> {
        if self.players != game.players() || self.scheme != plan.scheme || self.seed != plan.seed {
            let what = format!("{} players, {:?}, seed {}", self.players, self.scheme, self.seed);
            return Err(ContributionError::OtherRun { what });
        }
        let mut look = FIRST_LOOK;
        while look <= self.draws {
            look *= 2;
        }
        let until = look.min(plan.draws_max).max(self.draws);
        let block = block_draws(self.players);
        while self.draws < until {
            let ends: Vec<(u64, u64)> = (0..WAVE as u64)
                .map(|k| (self.draws + k * block, (self.draws + (k + 1) * block).min(until)))
                .filter(|(from, to)| from < to)
                .collect();
            let parts: Vec<Result<Block, ContributionError>> =
                ends.into_par_iter().map(|(from, to)| Block::draw(game, plan, from, to)).collect();
            for part in parts {
                self.join(part?);
            }
        }
        Ok(())
    }

    /// Takes a block's draws in; blocks come in order.
    fn join(&mut self, block: Block) {
        let (before, more) = (self.draws as f64, block.draws as f64);
        let all = before + more;
        for player in 0..self.players {
            let delta = block.mean[player] - self.mean[player];
            self.mean[player] += delta * (more / all);
            self.squares[player] += block.squares[player] + delta * delta * (before * more / all);
        }
        if let (Some(here), Some(there)) = (&mut self.departures, &block.departures) {
            here.join(there, before, more);
        }
        self.draws += block.draws;
        self.evaluations += block.evaluations;
        self.truncated += block.truncated;
    }
}

/// Lower and upper bounds by Student's t.
pub(crate) fn intervals(mean: &[f64], error: &[f64], draws: u64, level: f64) -> Vec<(f64, f64)> {
    let quantile = match StudentsT::new(0.0, 1.0, draws.saturating_sub(1).max(1) as f64) {
        Ok(student) => student.inverse_cdf(0.5 + level / 2.0),
        Err(_) => f64::NAN,
    };
    mean.iter().zip(error).map(|(mean, error)| (mean - quantile * error, mean + quantile * error)).collect()
}

/// Draws of one block; follows from the number of players alone, so that sums are combined the same way everywhere.
fn block_draws(players: usize) -> u64 {
    (BLOCK_PLAYERS / players.max(1)).clamp(1, 64) as u64
}

/// Estimates the Shapley values until a rule of the plan says to stop.
///
/// # Errors
/// No draw; a tolerance outside 0 … 1; departures of more players than [`Departures::PLAYERS`]; a worth that is not finite.
///
/// Source: Castro, Gómez, Tejada 2009, *Polynomial calculation of the Shapley value based on sampling*; rotations as strata by
/// position; truncation: Ghorbani and Zou 2019, *Data Shapley*.
///
/// ```
/// use valuation::contribution::game::Game;
/// use valuation::contribution::sampled::{Plan, Scheme, estimate};
/// let game = Game::WeightedVoting { weights: vec![3, 2, 1], quota: 4 };
/// let scheme = Scheme::Antithetic;
/// let plan = Plan { scheme, seed: 7, draws_max: 4096, std_error: None, departures: false };
/// let found = estimate(&game, &plan)?;
/// // Exactly 2/3, 1/6, 1/6.
/// assert!((found.values[0] - 2.0 / 3.0).abs() < 4.0 * found.std_error[0]);
/// assert!((found.values.iter().sum::<f64>() - 1.0).abs() < 1e-12);
/// # Ok::<(), valuation::contribution::error::ContributionError>(())
/// ```
pub fn estimate(game: &Game, plan: &Plan) -> Result<Estimate, ContributionError> {
    check(game, plan)?;
    let mut running = Running::new(game.players(), plan);
    loop {
        if let Some(stopped) = running.stopped(plan) {
            return Ok(running.estimate(stopped));
        }
        running.advance(game, plan)?;
    }
}

/// Whether the plan fits the game.
///
/// # Errors
/// As [`estimate`].
pub fn check(game: &Game, plan: &Plan) -> Result<(), ContributionError> {
    let players = game.players();
    if players == 0 {
        return Err(ContributionError::game("players", "0"));
    }
    if plan.draws_max < 2 {
        return Err(ContributionError::game("sampling.draws", format!("{} < 2", plan.draws_max)));
    }
    if let Some(target) = plan.std_error.filter(|target| !(*target > 0.0)) {
        return Err(ContributionError::game("sampling.std_error", format!("{target} ≤ 0")));
    }
    if let Scheme::Truncated { tolerance } = plan.scheme
        && !(0.0..1.0).contains(&tolerance)
    {
        return Err(ContributionError::game("sampling.tolerance", format!("{tolerance} ∉ [0, 1)")));
    }
    if plan.departures && players > Departures::PLAYERS {
        let method = "departures".to_owned();
        return Err(ContributionError::TooMany { method, players, most: Departures::PLAYERS });
    }
    Ok(())
}

impl Running {
    /// What has been found so far.
    pub fn estimate(&self, stopped: Stopped) -> Estimate {
        Estimate {
            values: self.mean.clone(),
            std_error: self.std_error(),
            draws: self.draws,
            evaluations: self.evaluations,
            truncated: self.truncated,
            stopped,
        }
    }
}

/// The draws of one block.
struct Block {
    draws: u64,
    evaluations: u64,
    truncated: u64,
    mean: Vec<f64>,
    squares: Vec<f64>,
    departures: Option<Departures>,
}

impl Block {
    fn draw(game: &Game, plan: &Plan, from: u64, to: u64) -> Result<Block, ContributionError> {
        let players = game.players();
        let mut block = Block {
            draws: 0,
            evaluations: 0,
            truncated: 0,
            mean: vec![0.0; players],
            squares: vec![0.0; players],
            departures: plan.departures.then(|| Departures::new(players)),
        };
        let mut order = vec![0_u32; players];
        let mut draw = vec![0.0; players];
        let mut walk = game.walk();
        let leave = match plan.scheme {
            Scheme::Truncated { tolerance } => {
                let grand = game.grand();
                Some((grand, tolerance * (grand - game.nobody()).abs()))
            }
            _ => None,
        };
        for number in from..to {
            shuffle(plan.seed, number, &mut order);
            draw.fill(0.0);
            let orders = match plan.scheme {
                Scheme::Permutation | Scheme::Truncated { .. } => 1,
                Scheme::Antithetic => 2,
                Scheme::Stratified => players,
            };
            for turn in 0..orders {
                match plan.scheme {
                    Scheme::Antithetic if turn == 1 => order.reverse(),
                    Scheme::Stratified if turn > 0 => order.rotate_left(1),
                    _ => {}
                }
                block.enter(&mut walk, &order, leave, 1.0 / orders as f64, &mut draw)?;
            }
            block.take(&draw);
        }
        Ok(block)
    }

    /// Lets everybody in by `order`, adding each marginal contribution times `part` to `draw`.
    fn enter(
        &mut self,
        walk: &mut Walk,
        order: &[u32],
        leave: Option<(f64, f64)>,
        part: f64,
        draw: &mut [f64],
    ) -> Result<(), ContributionError> {
        walk.restart();
        let mut before = walk.worth;
        for (place, player) in order.iter().enumerate() {
            if leave.is_some_and(|(grand, tolerance)| (grand - before).abs() <= tolerance) {
                self.truncated += 1;
                break;
            }
            let after = walk.enter(*player as usize);
            self.evaluations += 1;
            if !after.is_finite() {
                let mut inside = crate::contribution::coalition::Coalition::empty(order.len());
                order[..=place].iter().for_each(|player| inside.insert(*player as usize));
                return Err(crate::contribution::game::not_finite(&inside, after));
            }
            let marginal = after - before;
            draw[*player as usize] += part * marginal;
            if let Some(departures) = &mut self.departures {
                departures.marginal(order, place, part * marginal);
            }
            before = after;
        }
        Ok(())
    }

    /// One more draw of each player.
    fn take(&mut self, draw: &[f64]) {
        self.draws += 1;
        let count = self.draws as f64;
        for ((mean, squares), value) in self.mean.iter_mut().zip(&mut self.squares).zip(draw) {
            let delta = value - *mean;
            *mean += delta / count;
            *squares += delta * (value - *mean);
        }
        if let Some(departures) = &mut self.departures {
            departures.take(count);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::contribution::exact::shapley;

    fn plan(scheme: Scheme, draws_max: u64) -> Plan {
        Plan { scheme, seed: 3, draws_max, std_error: None, departures: false }
    }

    fn voting() -> Game<'static> {
        Game::WeightedVoting { weights: vec![9, 7, 5, 4, 3, 2, 1], quota: 17 }
    }

    #[test]
    fn every_scheme_meets_the_exact_value_within_its_error() {
        let exact = shapley(&voting()).expect("closed").values;
        for scheme in
            [Scheme::Permutation, Scheme::Antithetic, Scheme::Stratified, Scheme::Truncated { tolerance: 0.0 }]
        {
            let found = estimate(&voting(), &plan(scheme, 4_000)).expect("estimated");
            for ((found, error), exact) in found.values.iter().zip(&found.std_error).zip(&exact) {
                assert!((found - exact).abs() < 4.5 * error, "{scheme:?}: {found} ± {error} instead of {exact}");
            }
        }
    }

    #[test]
    fn a_run_that_was_interrupted_ends_with_the_same_bytes() {
        let plan = plan(Scheme::Antithetic, 1_000);
        let mut whole = Running::new(7, &plan);
        while whole.stopped(&plan).is_none() {
            whole.advance(&voting(), &plan).expect("drawn");
        }
        let mut parts = Running::new(7, &plan);
        while parts.stopped(&plan).is_none() {
            parts.advance(&voting(), &plan).expect("drawn");
            let stored = serde_json::to_string(&parts).expect("stored");
            parts = serde_json::from_str(&stored).expect("taken up");
        }
        assert_eq!(parts, whole);
        assert_eq!(whole.draws, 1_000);
        let other = Plan { seed: 4, ..plan };
        assert!(matches!(parts.advance(&voting(), &other), Err(ContributionError::OtherRun { .. })));
    }

    #[test]
    fn sampling_stops_at_the_precision_or_at_the_number_of_draws() {
        let mut precise = plan(Scheme::Permutation, 1 << 20);
        precise.std_error = Some(0.02);
        let found = estimate(&voting(), &precise).expect("estimated");
        assert_eq!(found.stopped, Stopped::Precision);
        assert!(found.std_error.iter().all(|error| *error <= 0.02) && found.draws < 1 << 12);
        precise.std_error = Some(1e-9);
        precise.draws_max = 100;
        let found = estimate(&voting(), &precise).expect("estimated");
        assert_eq!((found.stopped, found.draws), (Stopped::Draws, 100));
    }

    #[test]
    fn a_million_owners_can_be_sampled() {
        let costs: Vec<f64> = (0..1_000_000).map(|k| f64::from(k % 1000)).collect();
        let found = estimate(&Game::Airport { costs }, &plan(Scheme::Permutation, 2)).expect("estimated");
        assert!((found.values.iter().sum::<f64>() - 999.0).abs() < 1e-6);
        assert_eq!(found.evaluations, 2_000_000);
    }
}
