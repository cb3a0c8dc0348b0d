//! The first pass over the rows: means of the absorbed effect, the triangle, and which columns stay.

use rayon::prelude::*;

use crate::collinear::{Settled, settle};
use crate::design::Design;
use crate::error::ModelError;
use crate::least_squares::triangle;

pub(super) struct FirstPass {
    /// Mean of each regressor and, last, of the response within each level of the absorbed effect.
    pub means: Option<Vec<Vec<f64>>>,
    /// Sum of weights of each level of the absorbed effect.
    pub group_weights: Vec<f64>,
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
        let absorbed = design.absorbed.as_ref().map_or(0, |effect| effect.levels.len());
        if columns == design.hidden {
            return Err(ModelError::NothingToFit);
        }
        if n == 0 {
            return Err(ModelError::TooFewRows { rows: 0, parameters: columns + absorbed });
        }
        let (means, group_weights, own_lengths) = within(design);
        let all: Vec<usize> = (0..columns).collect();
        let total = triangle(n, columns + 1, |range| design.block(range, &all, means.as_deref()));
        let lengths = own_lengths.unwrap_or_else(|| (0..columns).map(|j| total.col(j).norm_l2()).collect());
        let settled = settle(&total, &lengths);
        let hidden_kept = settled.kept.iter().filter(|j| **j < design.hidden).count();
        if hidden_kept == settled.kept.len() {
            return Err(ModelError::NothingToFit);
        }
        let parameters = settled.kept.len() + absorbed;
        if n <= parameters {
            return Err(ModelError::TooFewRows { rows: n, parameters });
        }
        Ok(FirstPass { means, group_weights, settled, hidden_kept, parameters })
    }

    /// Whether the model can fit a constant by its intercept or its fixed effects.
    pub fn has_constant(&self, design: &Design) -> bool {
        design.absorbed.is_some() || design.regressors.iter().any(|regressor| regressor.term.factors.is_empty())
    }

    /// Parameters where a fixed effect nested in the clusters counts once.
    pub fn parameters_outside_clusters(&self, design: &Design) -> usize {
        let Some(cluster) = design.cluster.as_ref().filter(|_| design.absorbed.is_some()) else {
            return self.parameters;
        };
        let mut parameters = self.parameters;
        for effect in design.effect_levels() {
            let mut home = vec![None; effect.levels.len()];
            let nested = effect
                .codes
                .iter()
                .zip(&cluster.codes)
                .all(|(level, cluster)| *home[*level as usize].get_or_insert(*cluster) == *cluster);
            if nested {
                parameters -= effect.levels.len() - 1;
            }
        }
        parameters.max(self.settled.kept.len() - self.hidden_kept + 1)
    }
}

type Within = (Option<Vec<Vec<f64>>>, Vec<f64>, Option<Vec<f64>>);

/// Level means of every column, level weights, and the lengths of the columns before demeaning. Columns in parallel, each
/// summed in the order of its rows.
fn within(design: &Design) -> Within {
    let Some(effect) = &design.absorbed else { return (None, Vec::new(), None) };
    let n = design.n();
    let roots = design.root_weights.as_deref();
    let weight = |row: usize| roots.map_or(1.0, |roots| roots[row] * roots[row]);
    let mut group_weights = vec![0.0; effect.levels.len()];
    effect.codes.iter().enumerate().for_each(|(row, code)| group_weights[*code as usize] += weight(row));
    let columns = design.regressors.len();
    let summed: Vec<(Vec<f64>, f64)> = (0..=columns)
        .into_par_iter()
        .map(|j| {
            let mut values = vec![0.0; n];
            if j == columns {
                values.copy_from_slice(&design.response);
            } else {
                design.column(j, 0..n, &mut values);
            }
            let mut sums = vec![0.0; effect.levels.len()];
            let mut square = 0.0;
            for (row, (value, code)) in values.iter().zip(&effect.codes).enumerate() {
                sums[*code as usize] += weight(row) * value;
                square += weight(row) * value * value;
            }
            sums.iter_mut().zip(&group_weights).for_each(|(sum, weight)| *sum /= weight);
            (sums, square.sqrt())
        })
        .collect();
    let (means, mut lengths): (Vec<Vec<f64>>, Vec<f64>) = summed.into_iter().unzip();
    lengths.truncate(columns);
    (Some(means), group_weights, Some(lengths))
}
