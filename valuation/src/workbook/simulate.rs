//! The distribution of outputs over random draws.

use std::collections::BTreeMap;
use std::sync::OnceLock;

use crate::workbook::error::WorkbookError;
use crate::workbook::evaluate::evaluate;
use crate::workbook::expr::CellRef;
use crate::workbook::lanes::Lanes;
use crate::workbook::{Bindings, Workbook};

/// Lanes that are summed on their own before the sums are added, in order, so that rounding errors stay small.
const BLOCK: usize = 1024;

/// What a simulation gives.
#[derive(Clone, Debug, PartialEq)]
pub struct Simulation {
    /// In the order of the outputs asked for.
    pub outputs: Vec<Simulated>,
    /// For each code with a failed check, in how many draws it failed.
    pub failed_checks: BTreeMap<String, u64>,
    /// Draws in which an output is not finite.
    pub not_finite: u64,
}

/// The distribution of one output. Statistics are over its finite draws; [`Simulated::not_finite`] says how many are not in
/// them.
#[derive(Clone, Debug, PartialEq)]
pub struct Simulated {
    pub cell: CellRef,
    /// Finite draws.
    pub count: usize,
    pub not_finite: usize,
    pub mean: f64,
    /// Standard deviation with divisor n − 1.
    pub sd: f64,
    /// sd/√n: the standard error of the mean of independent draws, and so an upper bound for Latin hypercube and Sobol draws
    /// of monotone workbooks.
    pub std_error: f64,
    values: Vec<f64>,
    sorted: OnceLock<Vec<f64>>,
}

impl Simulated {
    fn new(cell: CellRef, values: Vec<f64>) -> Simulated {
        let finite = |x: &&f64| x.is_finite();
        let count = values.iter().filter(finite).count();
        let n = count as f64;
        let mean = block_sum(&values, |x| x) / n;
        let sd = libm::sqrt(block_sum(&values, |x| (x - mean) * (x - mean)) / (n - 1.0));
        let std_error = sd / libm::sqrt(n);
        let not_finite = values.len() - count;
        Simulated { cell, count, not_finite, mean, sd, std_error, values, sorted: OnceLock::new() }
    }

    /// The draws in the order of their lanes, those that are not finite included.
    pub fn values(&self) -> &[f64] {
        &self.values
    }

    /// The finite draws in ascending order.
    pub fn sorted(&self) -> &[f64] {
        self.sorted.get_or_init(|| {
            let mut sorted: Vec<f64> = self.values.iter().copied().filter(|x| x.is_finite()).collect();
            sorted.sort_unstable_by(f64::total_cmp);
            sorted
        })
    }

    /// The quantile at probability `p` in [0, 1], interpolated; not a number where no draw is finite.
    ///
    /// Source: Hyndman and Fan 1996, definition 7 (that of NumPy and R).
    pub fn quantile(&self, p: f64) -> f64 {
        let sorted = self.sorted();
        let Some(last) = sorted.len().checked_sub(1) else {
            return f64::NAN;
        };
        let place = p.clamp(0.0, 1.0) * last as f64;
        let below = place.floor() as usize;
        let (low, high) = (sorted[below], sorted[(below + 1).min(last)]);
        low + (high - low) * (place - below as f64)
    }

    /// The central interval that holds the share `level` of the draws: (low, high).
    pub fn interval(&self, level: f64) -> (f64, f64) {
        let outside = (1.0 - level) / 2.0;
        (self.quantile(outside), self.quantile(1.0 - outside))
    }
}

/// The sum of `f` over the finite values: eight running sums a block, blocks in order.
fn block_sum(values: &[f64], f: impl Fn(f64) -> f64) -> f64 {
    let of_block = |block: &[f64]| {
        let mut sums = [0.0; 8];
        for part in block.chunks(8) {
            for (sum, x) in sums.iter_mut().zip(part) {
                *sum += if x.is_finite() { f(*x) } else { 0.0 };
            }
        }
        sums.iter().sum::<f64>()
    };
    values.chunks(BLOCK).map(of_block).sum()
}

/// Evaluates `outputs` over `lanes` and describes their distributions. Memory is one column for each output.
///
/// A perpetuity with growth at or above the rate in some draws is guarded in the workbook: `If` gives the guarded value and a
/// `Check` row counts the draws under its code, which [`Simulation::failed_checks`] reports.
///
/// Errors: those of [`evaluate()`].
pub fn simulate(
    workbook: &Workbook,
    bindings: &Bindings,
    lanes: &Lanes,
    outputs: &[CellRef],
) -> Result<Simulation, WorkbookError> {
    let found = evaluate(workbook, bindings, lanes, outputs)?;
    let columns = outputs.iter().zip(found.columns);
    let outputs = columns.map(|(cell, column)| Simulated::new(*cell, column.into_real())).collect();
    Ok(Simulation { outputs, failed_checks: found.failed_checks, not_finite: found.not_finite })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::workbook::fixture::*;
    use crate::workbook::*;

    fn simulated(distribution: Distribution, sampling: Sampling, count: usize) -> Simulated {
        let workbook = model(vec![block(Axis::One, vec![input("a")])]);
        let bindings = bind(&[("a", uncertain(0.0, distribution))]);
        let lanes = Lanes::Draws { count, seed: 3, sampling };
        simulate(&workbook, &bindings, &lanes, &[cell(0, 0, 0)]).unwrap().outputs.remove(0)
    }

    /// Mean and standard deviation of each distribution by its textbook formulas.
    #[test]
    fn draws_have_the_moments_of_their_distribution() {
        let n = 200_000;
        let cases = [
            (Distribution::Normal { mean: 5.0, sd: 2.0 }, 5.0, 2.0),
            (
                Distribution::Lognormal { mu: 0.5, sigma: 0.4 },
                (0.58f64).exp(),
                0.58f64.exp() * (0.16f64.exp() - 1.0).sqrt(),
            ),
            (Distribution::Triangular { low: 1.0, mode: 2.0, high: 6.0 }, 3.0, (21.0f64 / 18.0).sqrt()),
            (Distribution::Uniform { low: -1.0, high: 3.0 }, 1.0, 4.0 / 12f64.sqrt()),
            // PERT: mean (low + 4 mode + high)/6, variance (mean − low)(high − mean)/7.
            (Distribution::Pert { low: 0.0, mode: 2.0, high: 10.0, shape: 4.0 }, 3.0, 3.0f64.sqrt()),
            (Distribution::Beta { alpha: 0.5, beta: 1.5, low: 0.0, high: 4.0 }, 1.0, 1.0),
            (
                Distribution::Discrete { values: vec![1.0, 2.0, 5.0], probabilities: vec![0.2, 0.5, 0.3] },
                2.7,
                (9.7f64 - 7.29).sqrt(),
            ),
        ];
        for (distribution, mean, sd) in cases {
            let random = simulated(distribution.clone(), Sampling::Random, n);
            assert!((random.mean - mean).abs() < 4.0 * random.std_error, "{distribution:?} {}", random.mean);
            assert!((random.sd / sd - 1.0).abs() < 0.02, "{distribution:?} {}", random.sd);
            for sampling in [Sampling::LatinHypercube, Sampling::Sobol] {
                let even = simulated(distribution.clone(), sampling, 1 << 14);
                assert!((even.mean - mean).abs() < 2e-3 * sd, "{sampling:?} {distribution:?} {}", even.mean);
            }
        }
    }

    #[test]
    fn quantiles_are_those_of_numpy() {
        // numpy 2.4.6: np.quantile([3, 1, 4, 1.5, 9], [0, 0.1, 0.5, 0.77, 1]).
        let drawn = Simulated::new(cell(0, 0, 0), vec![3.0, 1.0, f64::NAN, 4.0, 1.5, 9.0]);
        assert_eq!((drawn.count, drawn.not_finite), (5, 1));
        for (p, expected) in [(0.0, 1.0), (0.1, 1.2), (0.5, 3.0), (0.77, 4.4), (1.0, 9.0)] {
            assert!((drawn.quantile(p) - expected).abs() < 1e-12);
        }
        let (low, high) = drawn.interval(0.8);
        assert!((low - 1.2).abs() < 1e-12 && (high - 7.0).abs() < 1e-12);
    }

    fn correlation(a: &Simulated, b: &Simulated) -> f64 {
        let pairs = a.values().iter().zip(b.values());
        pairs.map(|(x, y)| (x - a.mean) * (y - b.mean)).sum::<f64>() / (a.count as f64 * a.sd * b.sd)
    }

    #[test]
    fn joint_draws_have_their_covariance() {
        let workbook = model(vec![block(Axis::One, vec![input("a"), input("b"), input("c")])]);
        let mut bindings = bind(&["a", "b", "c"].map(|id| (id, Quantity::Real(0.0))));
        // c = a + b, so the covariance is only semi-definite.
        let covariance = vec![vec![4.0, 1.0, 5.0], vec![1.0, 9.0, 10.0], vec![5.0, 10.0, 15.0]];
        let ids: Vec<InputId> = ["a", "b", "c"].map(InputId::from).to_vec();
        bindings.joints = vec![Joint::Normal { ids, mean: vec![1.0, 2.0, 3.0], covariance }];
        let lanes = Lanes::Draws { count: 100_000, seed: 5, sampling: Sampling::Random };
        let outputs = [cell(0, 0, 0), cell(0, 1, 0), cell(0, 2, 0)];
        let found = simulate(&workbook, &bindings, &lanes, &outputs).unwrap().outputs;
        for (simulated, (mean, sd)) in found.iter().zip([(1.0, 2.0), (2.0, 3.0), (3.0, 15f64.sqrt())]) {
            assert!(
                (simulated.mean - mean).abs() < 4.0 * simulated.std_error && (simulated.sd / sd - 1.0).abs() < 0.01
            );
        }
        assert!((correlation(&found[0], &found[1]) - 1.0 / 6.0).abs() < 0.013);
        let apart = found[0].values().iter().zip(found[1].values()).zip(found[2].values());
        assert!(apart.map(|((a, b), c)| (a + b - c).abs()).fold(0.0, f64::max) < 1e-9);
        let point = calculate(&workbook, &bindings).unwrap();
        assert_eq!(point.number(at(0, 2), 0).real(), 3.0);
    }

    #[test]
    fn a_copula_correlates_the_ranks_and_keeps_the_marginals() {
        let workbook = model(vec![block(Axis::One, vec![input("a"), input("b")])]);
        let uniform = Distribution::Uniform { low: 0.0, high: 1.0 };
        let mut bindings = bind(&["a", "b"].map(|id| (id, uncertain(0.5, uniform.clone()))));
        let correlation_of = |rho: f64| vec![vec![1.0, rho], vec![rho, 1.0]];
        let ids = vec![InputId::from("a"), InputId::from("b")];
        bindings.joints = vec![Joint::GaussianCopula { ids, correlation: correlation_of(-0.7) }];
        let lanes = Lanes::Draws { count: 100_000, seed: 5, sampling: Sampling::Random };
        let found = simulate(&workbook, &bindings, &lanes, &[cell(0, 0, 0), cell(0, 1, 0)]).unwrap().outputs;
        assert!(found.iter().all(|s| (s.mean - 0.5).abs() < 0.004 && (s.sd - 12f64.sqrt().recip()).abs() < 0.003));
        // Spearman's rank correlation of a Gaussian copula is 6/π·asin(ρ/2) (Kruskal 1958).
        let expected = 6.0 / std::f64::consts::PI * libm::asin(-0.35);
        assert!((correlation(&found[0], &found[1]) - expected).abs() < 0.01);
        if let Joint::GaussianCopula { correlation, .. } = &mut bindings.joints[0] {
            *correlation = correlation_of(1.2);
        }
        let refused = simulate(&workbook, &bindings, &lanes, &[cell(0, 0, 0)]).unwrap_err();
        assert_eq!(refused, WorkbookError::NotPositive { inputs: "a, b".into() });
    }

    #[test]
    fn draws_with_growth_at_or_above_the_rate_are_guarded_and_counted() {
        let normal = |mean, sd| uncertain(mean, Distribution::Normal { mean, sd });
        let bindings = bind(&[("rate", normal(0.08, 0.02)), ("growth", normal(0.05, 0.02))]);
        let (rate, growth) = (|| Expr::from(at(0, 0)), || Expr::from(at(0, 1)));
        let rows = vec![
            input("rate"),
            input("growth"),
            row(
                "holds",
                Cell::Check { expr: rate().compare(Compare::Greater, growth()), code: "growth_below_rate".into() },
            ),
            formula("value", Expr::from(at(0, 2)).if_else(Expr::number(1) / (rate() - growth()), Expr::number(0))),
        ];
        let lanes = Lanes::Draws { count: 50_000, seed: 1, sampling: Sampling::LatinHypercube };
        let found = simulate(&model(vec![block(Axis::One, rows)]), &bindings, &lanes, &[cell(0, 3, 0)]).unwrap();
        // P(rate ≤ growth) = Φ(−0.03/√0.0008) = Φ(−1.06066) = 0.144422.
        let share = found.failed_checks["growth_below_rate"] as f64 / 50_000.0;
        assert!((share - 0.144422).abs() < 0.005);
        assert_eq!(found.not_finite, 0);
    }
}
