//! What the parameters of a distribution must satisfy.

use crate::workbook::Distribution;

/// Most that the probabilities of a discrete distribution may miss 1 by.
const MISSED: f64 = 1e-9;

/// Whether the parameters are possible: finite, in order, and of the right sign.
pub fn possible(distribution: &Distribution) -> bool {
    let finite = |numbers: &[f64]| numbers.iter().all(|x| x.is_finite());
    match *distribution {
        Distribution::Normal { mean, sd } => finite(&[mean, sd]) && sd >= 0.0,
        Distribution::Lognormal { mu, sigma } => finite(&[mu, sigma]) && sigma >= 0.0,
        Distribution::Triangular { low, mode, high } => {
            finite(&[low, mode, high]) && low <= mode && mode <= high && low < high
        }
        Distribution::Pert { low, mode, high, shape } => {
            finite(&[low, mode, high, shape]) && low <= mode && mode <= high && low < high && shape >= 0.0
        }
        Distribution::Uniform { low, high } => finite(&[low, high]) && low < high,
        Distribution::Beta { alpha, beta, low, high } => {
            finite(&[alpha, beta, low, high]) && alpha > 0.0 && beta > 0.0 && low < high
        }
        Distribution::Discrete { ref values, ref probabilities } => {
            let total: f64 = probabilities.iter().sum();
            !values.is_empty()
                && values.len() == probabilities.len()
                && finite(values)
                && probabilities.iter().all(|p| (0.0..=1.0).contains(p))
                && (total - 1.0).abs() <= MISSED
        }
    }
}
