//! Draws of the uncertain inputs: counter → uniform number → quantile, with groups that are drawn together.

use crate::workbook::beta::BetaTable;
use crate::workbook::elementary::exp_in_place;
use crate::workbook::error::WorkbookError;
use crate::workbook::latin::Permutation;
use crate::workbook::normal::{self, Scratch};
use crate::workbook::sobol::{MOST_DIMENSIONS, Sobol};
use crate::workbook::{Bindings, Distribution, InputId, Joint, Quantity, Sampling, random};

/// Purposes of a stream; each gives the same input other numbers.
const DRAW: u8 = 0;
const STRATUM: u8 = 1;
const SHIFT: u8 = 2;

/// Which of two independent sets of draws a group takes; the second one serves sensitivity indices.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Set {
    First,
    Second,
}

/// All uncertain inputs of the bindings in groups: one input alone, or the members of a joint draw.
pub(crate) struct Sampler {
    pub groups: Vec<Group>,
    pub count: usize,
}

/// Inputs that are drawn together.
pub(crate) struct Group {
    pub ids: Vec<InputId>,
    marginals: Vec<Marginal>,
    /// Correlates the normal scores; none for an input alone.
    factor: Option<Vec<Vec<f64>>>,
    /// For each set, the uniform numbers of each member.
    uniforms: [Vec<Uniform>; 2],
}

enum Uniform {
    Random { seed: u64, stream: u64 },
    Latin { seed: u64, stream: u64, strata: Permutation },
    Sobol(Box<Sobol>),
}

/// A distribution ready to be drawn.
pub(crate) enum Marginal {
    Normal { mean: f64, sd: f64 },
    Lognormal { mu: f64, sigma: f64 },
    Triangular { low: f64, mode: f64, high: f64 },
    Uniform { low: f64, high: f64 },
    Discrete { values: Vec<f64>, up_to: Vec<f64> },
    Beta { table: BetaTable, low: f64, width: f64 },
}

impl Marginal {
    pub fn new(distribution: &Distribution) -> Marginal {
        match *distribution {
            Distribution::Normal { mean, sd } => Marginal::Normal { mean, sd },
            Distribution::Lognormal { mu, sigma } => Marginal::Lognormal { mu, sigma },
            Distribution::Triangular { low, mode, high } => Marginal::Triangular { low, mode, high },
            Distribution::Uniform { low, high } => Marginal::Uniform { low, high },
            Distribution::Pert { low, mode, high, shape } => {
                let width = high - low;
                let (alpha, beta) = (1.0 + shape * (mode - low) / width, 1.0 + shape * (high - mode) / width);
                Marginal::Beta { table: BetaTable::new(alpha, beta), low, width }
            }
            Distribution::Beta { alpha, beta, low, high } => {
                Marginal::Beta { table: BetaTable::new(alpha, beta), low, width: high - low }
            }
            Distribution::Discrete { ref values, ref probabilities } => {
                let mut sum = 0.0;
                let up_to = probabilities.iter().map(|p| {
                    sum += p;
                    sum
                });
                Marginal::Discrete { up_to: up_to.collect(), values: values.clone() }
            }
        }
    }

    /// Turns uniform numbers into draws.
    pub fn quantiles(&self, u: &mut [f64], scratch: &mut Scratch) {
        match self {
            Marginal::Normal { .. } | Marginal::Lognormal { .. } => {
                normal::quantiles(u, scratch);
                self.at_scores(u, scratch);
            }
            Marginal::Triangular { low, mode, high } => triangular(u, *low, *mode, *high),
            Marginal::Uniform { low, high } => u.iter_mut().for_each(|u| *u = low + (high - low) * *u),
            Marginal::Beta { table, low, width } => table.quantiles(u, *low, *width),
            Marginal::Discrete { values, up_to } => {
                for u in u {
                    let index = up_to.partition_point(|p| p < u).min(values.len() - 1);
                    *u = values[index];
                }
            }
        }
    }

    /// Turns standard normal scores into draws.
    pub fn at_scores(&self, z: &mut [f64], scratch: &mut Scratch) {
        match self {
            Marginal::Normal { mean, sd } => z.iter_mut().for_each(|z| *z = mean + sd * *z),
            Marginal::Lognormal { mu, sigma } => {
                z.iter_mut().for_each(|z| *z = mu + sigma * *z);
                exp_in_place(z);
            }
            _ => {
                normal::probabilities(z, scratch);
                self.quantiles(z, scratch);
            }
        }
    }
}

#[multiversion::multiversion(targets("x86_64+avx+avx2"))]
fn triangular(u: &mut [f64], low: f64, mode: f64, high: f64) {
    let width = high - low;
    let (below, above) = (width * (mode - low), width * (high - mode));
    let split = (mode - low) / width;
    for u in u {
        let left = low + (*u * below).sqrt();
        let right = high - ((1.0 - *u) * above).sqrt();
        *u = if *u < split { left } else { right };
    }
}

impl Sampler {
    /// Errors: [`WorkbookError::TooManyDimensions`] for a Sobol sequence; whatever the joint draws refuse.
    pub fn new(
        bindings: &Bindings,
        count: usize,
        seed: u64,
        sampling: Sampling,
        sets: usize,
    ) -> Result<Sampler, WorkbookError> {
        let mut groups = Vec::new();
        for joint in &bindings.joints {
            let factor = joint.factor()?;
            let marginals = match joint {
                Joint::Normal { mean, .. } => {
                    mean.iter().map(|mean| Marginal::Normal { mean: *mean, sd: 1.0 }).collect()
                }
                Joint::GaussianCopula { ids, .. } => ids.iter().filter_map(|id| marginal(bindings, id)).collect(),
            };
            groups.push((joint.ids().to_vec(), marginals, Some(factor)));
        }
        let joined: Vec<InputId> = groups.iter().flat_map(|(ids, ..)| ids.clone()).collect();
        for id in bindings.inputs.keys().filter(|id| !joined.contains(id)) {
            if let Some(marginal) = marginal(bindings, id) {
                groups.push((vec![id.clone()], vec![marginal], None));
            }
        }
        let dimensions: usize = groups.iter().map(|(ids, ..)| ids.len()).sum();
        if sampling == Sampling::Sobol && dimensions * sets > MOST_DIMENSIONS {
            return Err(WorkbookError::TooManyDimensions { found: dimensions * sets, most: MOST_DIMENSIONS });
        }
        let mut next = 0;
        let groups = groups.into_iter().map(|(ids, marginals, factor)| {
            let first = next;
            next += ids.len();
            let uniforms = [Set::First, Set::Second].map(|set| {
                let taken = if set == Set::First || sets > 1 { ids.as_slice() } else { &[] };
                let member = |(index, id): (usize, &InputId)| {
                    let place = first + index + if set == Set::First { 0 } else { dimensions };
                    Uniform::new(id, place, set, count, seed, sampling)
                };
                taken.iter().enumerate().map(member).collect()
            });
            Group { ids, marginals, factor, uniforms }
        });
        Ok(Sampler { groups: groups.collect(), count })
    }
}

fn marginal(bindings: &Bindings, id: &InputId) -> Option<Marginal> {
    match bindings.inputs.get(id).map(|binding| &binding.quantity) {
        Some(Quantity::Uncertain { distribution, .. }) => Some(Marginal::new(distribution)),
        _ => None,
    }
}

impl Uniform {
    fn new(id: &InputId, place: usize, set: Set, count: usize, seed: u64, sampling: Sampling) -> Uniform {
        let purpose = |purpose: u8| random::stream(&id.0, purpose + if set == Set::First { 0 } else { 16 });
        let stream = purpose(DRAW);
        match sampling {
            Sampling::Random => Uniform::Random { seed, stream },
            Sampling::LatinHypercube => {
                Uniform::Latin { seed, stream, strata: Permutation::new(count as u64, seed, purpose(STRATUM)) }
            }
            Sampling::Sobol => Uniform::Sobol(Box::new(Sobol::new(place, random::word(seed, purpose(SHIFT), 0)))),
        }
    }

    fn fill(&self, start: usize, to: &mut [f64]) {
        match self {
            Uniform::Random { seed, stream } => random::uniforms(*seed, *stream, start as u64, to),
            Uniform::Sobol(sobol) => sobol.uniforms(start as u64, to),
            Uniform::Latin { seed, stream, strata } => {
                random::uniforms(*seed, *stream, start as u64, to);
                let count = strata.count() as f64;
                for (lane, u) in (start as u64..).zip(to) {
                    let within = (strata.at(lane) as f64 + *u) / count;
                    *u = if within < 1.0 { within } else { 1.0 - f64::EPSILON / 2.0 };
                }
            }
        }
    }
}

/// Columns of one group, filled chunk by chunk.
#[derive(Default)]
pub(crate) struct Drawn {
    scores: Vec<Vec<f64>>,
    scratch: Scratch,
}

impl Group {
    /// Draws member `member` of lanes `start..` into `to`; with a factor, [`Group::prepare`] comes first.
    pub fn fill(&self, member: usize, set: Set, start: usize, to: &mut [f64], drawn: &mut Drawn) {
        match &self.factor {
            None => {
                self.uniforms[set as usize][member].fill(start, to);
                self.marginals[member].quantiles(to, &mut drawn.scratch);
            }
            Some(factor) => {
                to.fill(0.0);
                for (weight, scores) in factor[member].iter().zip(&drawn.scores).take(member + 1) {
                    if *weight != 0.0 {
                        to.iter_mut().zip(scores).for_each(|(to, score)| *to += weight * score);
                    }
                }
                self.marginals[member].at_scores(to, &mut drawn.scratch);
            }
        }
    }

    /// The independent normal scores of the group's members.
    pub fn prepare(&self, set: Set, start: usize, lanes: usize, drawn: &mut Drawn) {
        if self.factor.is_some() {
            drawn.scores.resize_with(self.ids.len().max(drawn.scores.len()), Vec::new);
            for (uniform, scores) in self.uniforms[set as usize].iter().zip(&mut drawn.scores) {
                scores.resize(lanes, 0.0);
                uniform.fill(start, scores);
                normal::quantiles(scores, &mut drawn.scratch);
            }
        }
    }

    /// The draws at given normal scores of the members.
    pub fn at(&self, scores: &[f64]) -> Vec<f64> {
        let mut scratch = Scratch::default();
        let one = |(marginal, score): (&Marginal, &f64)| {
            let mut z = [*score];
            marginal.at_scores(&mut z, &mut scratch);
            z[0]
        };
        self.marginals.iter().zip(scores).map(one).collect()
    }

    /// The factor of the scores' covariance; the unit matrix for an input alone.
    pub fn factor(&self) -> Vec<Vec<f64>> {
        self.factor.clone().unwrap_or_else(|| vec![vec![1.0]])
    }
}
