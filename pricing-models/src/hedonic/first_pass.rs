//! The first pass over the rows: the absorbed effects, the triangle, and which columns stay.

use rayon::prelude::*;

use crate::absorb::{absorb, redundant};
use crate::collinear::{self, Settled, settle};
use crate::design::{Design, Removed};
use crate::error::ModelError;
use crate::least_squares::triangle;

/// What the iterative solver leaves of a column that the effects determine, relative to the column.
const LEFT_BY_SOLVER: f64 = 1e-8;

pub(super) struct FirstPass {
    pub removed: Removed,
    /// Sum of weights of each level of the absorbed effects.
    pub level_weights: Vec<Vec<f64>>,
    pub settled: Settled,
    /// Kept columns that stand for fixed effects; they come first.
    pub hidden_kept: usize,
    /// Kept columns and absorbed levels.
    pub parameters: usize,
}

impl FirstPass {
    pub fn over(design: &Design) -> Result<FirstPass, ModelError> {
        let n = design.n();
        let columns = design.regressors.len();
        let levels: usize = design.absorbed.iter().map(|effect| effect.levels.len()).sum();
        let absorbed = levels - redundant(&design.absorbed);
        if columns == design.hidden {
            return Err(ModelError::NothingToFit);
        }
        if n <= absorbed {
            return Err(ModelError::TooFewRows { rows: n, parameters: columns + absorbed });
        }
        let level_weights = level_weights(design);
        let (removed, own_lengths, tolerance) = match design.absorbed.len() {
            0 => (Removed::Nothing, None, collinear::TOLERANCE),
            1 => {
                let (means, lengths) = means(design, &level_weights[0]);
                (Removed::Means(means), Some(lengths), collinear::TOLERANCE)
            }
            _ => {
                let (solved, lengths) = solved(design)?;
                (solved, Some(lengths), LEFT_BY_SOLVER)
            }
        };
        let all: Vec<usize> = (0..columns).collect();
        let total = triangle(n, columns + 1, |range| design.block(range, &all, &removed));
        let lengths = own_lengths.unwrap_or_else(|| (0..columns).map(|j| total.col(j).norm_l2()).collect());
        let settled = settle(&total, &lengths, tolerance);
        let hidden_kept = settled.kept.iter().filter(|j| **j < design.hidden).count();
        if hidden_kept == settled.kept.len() {
            return Err(ModelError::NothingToFit);
        }
        let parameters = settled.kept.len() + absorbed;
        if n <= parameters {
            return Err(ModelError::TooFewRows { rows: n, parameters });
        }
        Ok(FirstPass { removed, level_weights, settled, hidden_kept, parameters })
    }

    /// Whether the model can fit a constant by its intercept or its fixed effects.
    pub fn has_constant(&self, design: &Design) -> bool {
        !design.absorbed.is_empty() || design.regressors.iter().any(|regressor| regressor.term.factors.is_empty())
    }

    /// Parameters where a fixed effect nested in the clusters counts once.
    pub fn parameters_outside_clusters(&self, design: &Design) -> usize {
        if design.absorbed.is_empty() || design.clusters.is_empty() {
            return self.parameters;
        }
        let columns = &design.clusters[..design.clusters.len().min(2)];
        let mut parameters = self.parameters;
        for effect in design.effect_levels() {
            let nested = columns.iter().any(|cluster| {
                let mut home = vec![None; effect.levels.len()];
                let mut pairs = effect.codes.iter().zip(&cluster.codes);
                pairs.all(|(level, cluster)| *home[*level as usize].get_or_insert(*cluster) == *cluster)
            });
            if nested {
                parameters = parameters.saturating_sub(effect.levels.len() - 1);
            }
        }
        parameters.max(self.settled.kept.len() - self.hidden_kept + 1)
    }
}

fn weight(design: &Design, row: usize) -> f64 {
    design.root_weights.as_deref().map_or(1.0, |roots| roots[row] * roots[row])
}

fn level_weights(design: &Design) -> Vec<Vec<f64>> {
    let sums = |effect: &crate::design::Levels| {
        let mut sums = vec![0.0; effect.levels.len()];
        effect.codes.iter().enumerate().for_each(|(row, code)| sums[*code as usize] += weight(design, row));
        sums
    };
    design.absorbed.par_iter().map(sums).collect()
}

/// Level means of every column and the lengths of the columns before demeaning. Columns in parallel, each summed in the
/// order of its rows.
fn means(design: &Design, weights: &[f64]) -> (Vec<Vec<f64>>, Vec<f64>) {
    let effect = &design.absorbed[0];
    let columns = design.regressors.len();
    let summed: Vec<(Vec<f64>, f64)> = (0..=columns)
        .into_par_iter()
        .map(|j| {
            let mut values = vec![0.0; design.n()];
            design.whole(j, &mut values);
            let mut sums = vec![0.0; effect.levels.len()];
            let mut square = 0.0;
            for (row, (value, code)) in values.iter().zip(&effect.codes).enumerate() {
                sums[*code as usize] += weight(design, row) * value;
                square += weight(design, row) * value * value;
            }
            sums.iter_mut().zip(weights).for_each(|(sum, weight)| *sum /= weight);
            (sums, square.sqrt())
        })
        .collect();
    let (means, mut lengths): (Vec<Vec<f64>>, Vec<f64>) = summed.into_iter().unzip();
    lengths.truncate(columns);
    (means, lengths)
}

/// All effects taken out together, and the lengths of the columns before. A column the effects determine becomes zero.
fn solved(design: &Design) -> Result<(Removed, Vec<f64>), ModelError> {
    let columns = design.regressors.len();
    let weights: Option<Vec<f64>> =
        design.root_weights.as_ref().map(|roots| roots.iter().map(|root| root * root).collect());
    let mut absorbed = absorb(&design.absorbed, weights.as_deref(), columns + 1, |j, out| design.whole(j, out))?;
    let length =
        |values: &[f64]| values.iter().enumerate().fold(0.0, |sum, (row, x)| sum + weight(design, row) * x * x).sqrt();
    let lengths: Vec<f64> = (0..columns)
        .into_par_iter()
        .map(|j| {
            let mut values = vec![0.0; design.n()];
            design.whole(j, &mut values);
            length(&values)
        })
        .collect();
    for (left, own) in absorbed.columns.iter_mut().zip(&lengths) {
        if length(left) <= LEFT_BY_SOLVER * own {
            left.fill(0.0);
        }
    }
    Ok((Removed::Solved(absorbed), lengths))
}
