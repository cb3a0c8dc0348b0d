//! Contribution and its division: a game or owners' data in, values out; values and a till in, payments out.

mod data;

use std::collections::BTreeMap;
use std::path::Path;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use valuation::contribution::core::{self, CORE_PLAYERS, Sense};
use valuation::contribution::error::ContributionError;
use valuation::contribution::exact::{self, Exact};
use valuation::contribution::game::Game;
use valuation::contribution::request::{GameTerms, ShareMethod, ShareRequest};
use valuation::contribution::sampled::{self, Running, Stopped};
use valuation::contribution::split::split;
use valuation::contribution::statement::Split;
use valuation::contribution::terms::Names;
use valuation::contribution::till::{Number, SplitRequest, Written};
use valuation::contribution::{departure, nearest};
use valuation::record;

use crate::error::Error;
use crate::whole;
use crate::work::document;

/// What `share value` answers.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct ShareValues {
    pub method: ShareMethod,
    /// `exact`, or the scheme of the sampling.
    pub how: String,
    pub values: BTreeMap<String, f64>,
    /// Of sampling; 0 where the values are exact.
    pub std_error: BTreeMap<String, f64>,
    /// Lower and upper bounds of sampled values.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub interval: Option<Intervals>,
    /// Sum of the values; what everybody is worth where the method shares all of it.
    pub total: f64,
    /// What everybody together is worth.
    pub worth: f64,
    /// Banzhaf values stretched so that they sum to the worth of all: these, not `values`, may divide money.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub normalised: Option<BTreeMap<String, f64>>,
    /// Coalitions whose worth was asked for; 0 where a closed form needs none.
    pub evaluations: u64,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sampling: Option<Sampled>,
    /// Whether some players would be better off by leaving together; absent beyond 20 players.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub stability: Option<Stability>,
    /// Values of those who stay, without those who leave, from what was computed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub staying: Option<Staying>,
    /// Values of single rows, where owners' values are sums of those of their rows.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rows: Option<Vec<f64>>,
    /// How ties are broken, where values depend on it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tie_rule: Option<String>,
}

/// Bounds at a level.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Intervals {
    pub level: f64,
    pub low: BTreeMap<String, f64>,
    pub high: BTreeMap<String, f64>,
}

/// How a sampling went.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Sampled {
    pub seed: u64,
    pub draws: u64,
    /// Orders that were left early.
    pub truncated: u64,
    /// The rule that ended it.
    pub stopped: Stopped,
}

/// The coalition that gains most by leaving.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Stability {
    pub stable: bool,
    /// What the coalition gains; at most 0 in the core. With `least_core` the smallest that can be had.
    pub excess: f64,
    pub coalition: Vec<String>,
}

/// Values once others have left.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Staying {
    pub values: BTreeMap<String, f64>,
    pub std_error: BTreeMap<String, f64>,
    pub total: f64,
}

/// What is stored between two runs of a sampling.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
struct Stored {
    /// Hash of the request and the data.
    request: String,
    running: Running,
}

/// A game with its players.
pub(crate) struct Table<'g> {
    pub names: &'g [String],
    pub game: &'g Game<'g>,
    pub sense: Sense,
}

impl Table<'_> {
    fn named(&self, values: &[f64]) -> BTreeMap<String, f64> {
        self.names.iter().cloned().zip(values.iter().copied()).collect()
    }

    fn coalition(&self, some: &valuation::contribution::coalition::Coalition) -> Vec<String> {
        some.members().map(|player| self.names[player].clone()).collect()
    }
}

/// Reads the request and computes; data files are sought beside the request.
///
/// # Errors
/// What is wrong with the request, its data or the state; a worth that is not finite.
pub fn value(path: &Path, seed: Option<u64>, state: Option<&Path>) -> Result<ShareValues, Error> {
    let (text, format) = document::text(path)?;
    let file = document::name(path);
    let in_file = |fault: valuation::error::ValuationError| Error::of_case(file.clone(), &text, fault);
    let mut request = ShareRequest::from_text(&text, format).map_err(in_file)?;
    if let (Some(seed), Some(sampling)) = (seed, &mut request.sampling) {
        sampling.seed = seed;
    }
    let folder = path.parent().unwrap_or(Path::new("."));
    let said = |fault: ContributionError| in_file(fault.into());
    match &request.game {
        GameTerms::Knn(terms) => data::nearest(terms, &request, folder, &said),
        GameTerms::Learned(terms) => {
            let (owners, learned, hash) = data::learned(terms, folder, &said)?;
            let names = listed(&request, owners).map_err(said)?;
            let utility = |some: &_| learned.worth(some);
            let game = Game::Function { players: names.len(), utility: &utility };
            of_game(&Table { names: &names, game: &game, sense: Sense::Worth }, &request, &hash, state, &said)
        }
        terms => {
            let names = request.players.as_ref().map_or_else(Vec::new, |players| players.names());
            let known = Names::new(&names).map_err(said)?;
            let found = terms.game(&known).map_err(said)?;
            let (game, sense) = found.ok_or_else(|| Error::internal("a game of data files is read above"))?;
            of_game(&Table { names: &names, game: &game, sense }, &request, "", state, &said)
        }
    }
}

/// The owners of the data; players that the request names must be these.
fn listed(request: &ShareRequest, owners: Vec<String>) -> Result<Vec<String>, ContributionError> {
    if let Some(players) = &request.players {
        let known = Names::new(&owners)?;
        for name in players.names() {
            known.number(&name, "players")?;
        }
    }
    Ok(owners)
}

type Said<'a> = dyn Fn(ContributionError) -> Error + 'a;

fn of_game(
    table: &Table,
    request: &ShareRequest,
    data: &str,
    state: Option<&Path>,
    said: &Said,
) -> Result<ShareValues, Error> {
    let known = Names::new(table.names).map_err(said)?;
    let leaving = request.leaving.iter().map(|name| known.number(name, "leaving"));
    let leaving: Vec<usize> = leaving.collect::<Result<_, _>>().map_err(said)?;
    if !request.exact {
        return sample(table, request, &leaving, data, state, said);
    }
    let game = table.game;
    let mut excess = None;
    let found = match request.method {
        ShareMethod::Shapley => exact::shapley(game).map_err(said)?,
        ShareMethod::Banzhaf => exact::banzhaf(game).map_err(said)?,
        ShareMethod::LeaveOneOut => exact::leave_one_out(game).map_err(said)?,
        ShareMethod::LeastCore => {
            let least = core::least_core(game, table.sense).map_err(said)?;
            excess = Some(least.excess);
            Exact { values: least.values, evaluations: least.evaluations }
        }
    };
    let mut answer = answer(table, request.method, "exact", &found.values, &vec![0.0; table.names.len()]);
    answer.evaluations = found.evaluations;
    answer.stability = stability(table, &found.values, excess, said)?;
    if request.method == ShareMethod::Banzhaf {
        let normalised = exact::normalised(&found.values, answer.worth - game.nobody());
        answer.normalised = normalised.map(|values| table.named(&values));
    }
    if !leaving.is_empty() {
        let (smaller, staying) = departure::without(game, &leaving).map_err(said)?;
        let values = exact::shapley(&smaller).map_err(said)?.values;
        answer.staying = Some(staying_values(table, &staying, &values, &vec![0.0; values.len()]));
    }
    Ok(answer)
}

fn answer(table: &Table, method: ShareMethod, how: &str, values: &[f64], errors: &[f64]) -> ShareValues {
    ShareValues {
        method,
        how: how.to_owned(),
        values: table.named(values),
        std_error: table.named(errors),
        interval: None,
        total: values.iter().sum(),
        worth: table.game.grand(),
        normalised: None,
        evaluations: 0,
        sampling: None,
        stability: None,
        staying: None,
        rows: None,
        tie_rule: None,
    }
}

fn staying_values(table: &Table, staying: &[usize], values: &[f64], errors: &[f64]) -> Staying {
    let named = |numbers: &[f64]| {
        staying.iter().zip(numbers).map(|(player, number)| (table.names[*player].clone(), *number)).collect()
    };
    Staying { values: named(values), std_error: named(errors), total: values.iter().sum() }
}

/// Whether the values are stable, where there are few enough players to look at every coalition without training for it.
fn stability(table: &Table, values: &[f64], least: Option<f64>, said: &Said) -> Result<Option<Stability>, Error> {
    let costly = matches!(table.game, Game::Function { .. }) && table.names.len() > 10;
    if table.names.len() > CORE_PLAYERS || costly {
        return Ok(None);
    }
    let judged = core::stability(table.game, values, table.sense).map_err(said)?;
    let coalition = judged.coalition.as_ref().map_or_else(Vec::new, |some| table.coalition(some));
    Ok(Some(Stability { stable: judged.stable, excess: least.unwrap_or(judged.excess), coalition }))
}

fn sample(
    table: &Table,
    request: &ShareRequest,
    leaving: &[usize],
    data: &str,
    state: Option<&Path>,
    said: &Said,
) -> Result<ShareValues, Error> {
    if request.method != ShareMethod::Shapley {
        return Err(said(ContributionError::Game {
            field: "method".to_owned(),
            what: "sampling estimates Shapley values".to_owned(),
        }));
    }
    let missing = || ContributionError::Game {
        field: "sampling".to_owned(),
        what: "`exact` is false, `sampling` missing".to_owned(),
    };
    let sampling = request.sampling.ok_or_else(|| said(missing()))?;
    let plan = sampling.plan(!leaving.is_empty()).map_err(said)?;
    sampled::check(table.game, &plan).map_err(said)?;
    let key = record::sha256(&(request.players.clone(), &request.game, plan.scheme, plan.seed, plan.departures, data));
    let mut running = match state.filter(|path| path.exists()) {
        None => Running::new(table.names.len(), &plan),
        Some(path) => {
            let stored: Stored = document::read(path)?;
            if stored.request != key {
                return Err(said(ContributionError::OtherRun { what: stored.request }));
            }
            stored.running
        }
    };
    let stopped = loop {
        if let Some(stopped) = running.stopped(&plan) {
            break stopped;
        }
        running.advance(table.game, &plan).map_err(said)?;
        if let Some(path) = state {
            let stored = Stored { request: key.clone(), running: running.clone() };
            let bytes = serde_json::to_vec(&stored).map_err(Error::internal)?;
            whole::write(path, &bytes).map_err(|cause| Error::of_file(path, &cause))?;
        }
    };
    let estimate = running.estimate(stopped);
    let how = serde_json::to_value(sampling.scheme).map_err(Error::internal)?;
    let how = how.as_str().unwrap_or_default();
    let mut answer = answer(table, request.method, how, &estimate.values, &estimate.std_error);
    answer.evaluations = estimate.evaluations;
    let bounds = running.intervals(sampling.level);
    let (low, high): (Vec<f64>, Vec<f64>) = bounds.into_iter().unzip();
    answer.interval = Some(Intervals { level: sampling.level, low: table.named(&low), high: table.named(&high) });
    answer.sampling = Some(Sampled { seed: plan.seed, draws: estimate.draws, truncated: estimate.truncated, stopped });
    if let (Some(departures), [leaver]) = (&running.departures, leaving) {
        let staying: Vec<usize> = (0..table.names.len()).filter(|player| player != leaver).collect();
        let (values, errors) = departures.without(*leaver, running.draws);
        let of = |numbers: &[f64]| staying.iter().map(|player| numbers[*player]).collect::<Vec<_>>();
        answer.staying = Some(staying_values(table, &staying, &of(&values), &of(&errors)));
    } else if leaving.len() > 1 {
        return Err(said(ContributionError::Game {
            field: "leaving".to_owned(),
            what: "one at a time from sampled values".to_owned(),
        }));
    }
    Ok(answer)
}

/// Reads the request and divides the till; values and errors may come from the answer of [`value`].
///
/// # Errors
/// What is wrong with the request.
pub fn divide(path: &Path, values: Option<&Path>) -> Result<Split, Error> {
    let (text, format) = document::text(path)?;
    let in_file = |fault: valuation::error::ValuationError| Error::of_case(document::name(path), &text, fault);
    let mut request: SplitRequest = valuation::case::read::document(&text, format).map_err(in_file)?;
    if let Some(values) = values {
        let values: ShareValues = document::read(values)?;
        let (found, errors) = match (values.staying, values.normalised) {
            (Some(staying), _) => (staying.values, staying.std_error),
            (None, Some(normalised)) => (normalised, values.std_error),
            (None, None) => (values.values, values.std_error),
        };
        let numbers = |from: BTreeMap<String, f64>| -> BTreeMap<String, Number> {
            let number = |value| Number::from(Written::Real(value));
            from.into_iter().map(|(name, value)| (name, number(value))).collect()
        };
        (request.values, request.std_error) = (numbers(found), numbers(errors));
    }
    split(&request).map_err(|fault| in_file(fault.into()))
}

/// Values of single rows under nearest neighbours, summed by owner where owners are named.
fn of_rows(names: Vec<String>, found: nearest::RowValues, owner: Option<&[u32]>) -> ShareValues {
    let (values, rows) = match owner {
        None => (found.values, None),
        Some(owner) => (nearest::by_owner(&found.values, owner, names.len()), Some(found.values)),
    };
    let game = Game::Additive { values: values.clone() };
    let table = Table { names: &names, game: &game, sense: Sense::Worth };
    let mut answer = answer(&table, ShareMethod::Shapley, "exact", &values, &vec![0.0; names.len()]);
    answer.worth = found.total;
    answer.total = found.total;
    answer.rows = rows;
    answer.tie_rule = Some("file_order".to_owned());
    answer
}
