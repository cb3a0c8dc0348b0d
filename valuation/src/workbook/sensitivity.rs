//! What an output depends on: tornado, two-way grid, and Sobol indices. Correlated inputs move as one group.

use serde::{Deserialize, Serialize};

use crate::workbook::calculate::calculate;
use crate::workbook::error::WorkbookError;
use crate::workbook::evaluate::{CHUNK, Pass, evaluate};
use crate::workbook::expr::CellRef;
use crate::workbook::lanes::{Column, Lanes, Sampling};
use crate::workbook::normal::{Scratch, quantiles};
use crate::workbook::sample::{Group, Sampler, Set};
use crate::workbook::{Bindings, InputId, Quantity, Workbook};

/// The output while one group of inputs moves and all others stay at their point values.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Bar {
    /// One input, or all inputs of a joint draw.
    pub ids: Vec<InputId>,
    /// The inputs at the two ends, in the order of `ids`.
    pub low_inputs: Vec<f64>,
    pub high_inputs: Vec<f64>,
    /// The output at the two ends.
    pub at_low: f64,
    pub at_high: f64,
}

impl Bar {
    /// How far the output moves.
    pub fn width(&self) -> f64 {
        (self.at_high - self.at_low).abs()
    }
}

/// Bars from the widest to the narrowest, around the output's point value.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Tornado {
    pub base: f64,
    /// The probability of the low end; the high end is at 1 − p.
    pub probability: f64,
    pub bars: Vec<Bar>,
}

/// Moves each uncertain input between its quantiles at `probability` and 1 − `probability` (for example 0.1).
///
/// The members of a joint draw move together along the first principal component of the correlation of their scores: scores
/// `±z·√λ₁·e₁`, which for one input is `±z`, and for fully dependent inputs puts each of them at its own quantile.
///
/// Errors: those of [`evaluate()`].
pub fn tornado(
    workbook: &Workbook,
    bindings: &Bindings,
    output: CellRef,
    probability: f64,
) -> Result<Tornado, WorkbookError> {
    let base = calculate(workbook, bindings)?.number(output.row, output.column as usize).real();
    let sampler = Sampler::new(bindings, 1, 0, Sampling::Random, 1)?;
    let mut z = [probability];
    quantiles(&mut z, &mut Scratch::default());
    let ends: Vec<[Vec<f64>; 2]> = sampler.groups.iter().map(|group| [z[0], -z[0]].map(|z| moved(group, z))).collect();
    let ids: Vec<InputId> = sampler.groups.iter().flat_map(|group| group.ids.clone()).collect();
    if ids.is_empty() {
        return Ok(Tornado { base, probability, bars: Vec::new() });
    }
    let mut columns = Vec::with_capacity(ids.len());
    for (index, group) in sampler.groups.iter().enumerate() {
        for (member, id) in group.ids.iter().enumerate() {
            let point = point(bindings, id).ok_or_else(|| WorkbookError::NotUncertain { input: id.0.clone() })?;
            let mut column = vec![point; 2 * ends.len()];
            column[2 * index] = ends[index][0][member];
            column[2 * index + 1] = ends[index][1][member];
            columns.push(Column::Real(column));
        }
    }
    let found = real(evaluate(workbook, bindings, &Lanes::Table { ids, columns }, &[output])?.columns);
    let bars = sampler.groups.iter().zip(ends).enumerate().map(|(index, (group, [low_inputs, high_inputs]))| Bar {
        ids: group.ids.clone(),
        low_inputs,
        high_inputs,
        at_low: found[2 * index],
        at_high: found[2 * index + 1],
    });
    let mut bars: Vec<Bar> = bars.collect();
    // Stable, so that equal bars keep the order of their inputs.
    bars.sort_by(|a, b| b.width().total_cmp(&a.width()));
    Ok(Tornado { base, probability, bars })
}

fn real(columns: Vec<Column>) -> Vec<f64> {
    columns.into_iter().next().map(Column::into_real).unwrap_or_default()
}

fn point(bindings: &Bindings, id: &InputId) -> Option<f64> {
    if let Some(mean) = crate::workbook::joint::mean_of(bindings, id) {
        return Some(mean);
    }
    match bindings.inputs.get(id).map(|binding| &binding.quantity) {
        Some(Quantity::Uncertain { central, .. }) => Some(*central),
        _ => None,
    }
}

/// The members of a group at the score `z` along their first principal component.
fn moved(group: &Group, z: f64) -> Vec<f64> {
    let factor = group.factor();
    let n = factor.len();
    let entry = |i: usize, j: usize| -> f64 { (0..n).map(|k| factor[i][k] * factor[j][k]).sum() };
    let sd: Vec<f64> = (0..n).map(|i| libm::sqrt(entry(i, i))).collect();
    let correlation: Vec<Vec<f64>> = (0..n)
        .map(|i| (0..n).map(|j| if i == j { 1.0 } else { ratio(entry(i, j), sd[i] * sd[j]) }).collect())
        .collect();
    let (value, vector) = principal(&correlation);
    let scores: Vec<f64> = (0..n).map(|i| z * libm::sqrt(value) * vector[i] * sd[i]).collect();
    group.at(&scores)
}

fn ratio(a: f64, b: f64) -> f64 {
    if b == 0.0 { 0.0 } else { a / b }
}

/// The largest eigenvalue and its vector, the first entry not negative, by the power method from the row sums.
fn principal(matrix: &[Vec<f64>]) -> (f64, Vec<f64>) {
    let n = matrix.len();
    // The start is not at right angles to the first component: each entry weighs the row by its size and its place.
    let mut vector: Vec<f64> =
        (0..n).map(|i| (0..n).map(|j| matrix[i][j] * (1.0 + 0.01 * j as f64)).sum::<f64>() + 1e-3).collect();
    let mut value = 1.0;
    for _ in 0..10_000 {
        let next: Vec<f64> = matrix.iter().map(|row| row.iter().zip(&vector).map(|(a, b)| a * b).sum()).collect();
        let length = libm::sqrt(next.iter().map(|x| x * x).sum());
        let next: Vec<f64> = next.iter().map(|x| x / length).collect();
        let change: f64 = next.iter().zip(&vector).map(|(a, b)| (a - b).abs()).sum();
        vector = next;
        value = length;
        if change < 1e-14 {
            break;
        }
    }
    if vector.first().is_some_and(|x| *x < 0.0) {
        vector.iter_mut().for_each(|x| *x = -*x);
    }
    (value, vector)
}

/// The output over all pairs of two inputs' values: one row for each value of `rows`, one column for each of `columns`.
///
/// Errors: those of [`evaluate()`].
pub fn grid(
    workbook: &Workbook,
    bindings: &Bindings,
    output: CellRef,
    rows: (&InputId, &[f64]),
    columns: (&InputId, &[f64]),
) -> Result<Vec<Vec<f64>>, WorkbookError> {
    let width = columns.1.len();
    let down = rows.1.iter().flat_map(|value| std::iter::repeat_n(*value, width)).collect();
    let across = rows.1.iter().flat_map(|_| columns.1.iter().copied()).collect();
    let ids = vec![rows.0.clone(), columns.0.clone()];
    let lanes = Lanes::Table { ids, columns: vec![Column::Real(down), Column::Real(across)] };
    let found = real(evaluate(workbook, bindings, &lanes, &[output])?.columns);
    Ok(found.chunks(width).map(<[f64]>::to_vec).collect())
}

/// How much of an output's variance a group of inputs explains.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct SobolIndex {
    /// One input, or all inputs of a joint draw.
    pub ids: Vec<InputId>,
    /// By itself, and its standard error.
    pub first: f64,
    pub first_error: f64,
    /// With all its interactions, and its standard error.
    pub total: f64,
    pub total_error: f64,
}

/// Variance-based indices of every group of uncertain inputs, from `count`·(groups + 2) lanes.
///
/// Source: first order, Saltelli, Annoni, Azzini, Campolongo, Ratto, Tarantola 2010, table 2 (b); total, Jansen 1999.
/// Standard errors are those of the estimators as means of `count` terms.
///
/// Errors: those of [`evaluate()`]. Indices of an output that does not vary, or is not finite somewhere, are not numbers.
pub fn sobol_indices(
    workbook: &Workbook,
    bindings: &Bindings,
    output: CellRef,
    count: usize,
    seed: u64,
) -> Result<Vec<SobolIndex>, WorkbookError> {
    let lanes = Lanes::Draws { count, seed, sampling: Sampling::Sobol };
    let outputs = [output];
    let pass = Pass::new(workbook, bindings, &lanes, &outputs, 2)?;
    let groups: Vec<Vec<InputId>> = pass.groups().iter().map(|group| group.ids.clone()).collect();
    let values = |sets: &[Set]| pass.run(CHUNK, sets).map(|found| real(found.columns));
    let a = values(&[])?;
    let b = values(&vec![Set::Second; groups.len()])?;
    let n = count as f64;
    let mean = a.iter().chain(&b).sum::<f64>() / (2.0 * n);
    let variance = a.iter().chain(&b).map(|y| (y - mean) * (y - mean)).sum::<f64>() / (2.0 * n - 1.0);
    let mut indices = Vec::with_capacity(groups.len());
    for (index, ids) in groups.into_iter().enumerate() {
        let mut sets = vec![Set::First; index];
        sets.push(Set::Second);
        // `a` with the group's columns from `b`.
        let mixed = values(&sets)?;
        let triples = || a.iter().zip(&b).zip(&mixed);
        // Centred, which leaves the expectation and lowers the variance of the estimator.
        let (first, first_error) = mean_and_error(triples().map(|((a, b), m)| (b - mean) * (m - a) / variance), n);
        let (total, total_error) = mean_and_error(triples().map(|((a, _), m)| (a - m) * (a - m) / (2.0 * variance)), n);
        indices.push(SobolIndex { ids, first, first_error, total, total_error });
    }
    Ok(indices)
}

fn mean_and_error(terms: impl Iterator<Item = f64> + Clone, n: f64) -> (f64, f64) {
    let mean = terms.clone().sum::<f64>() / n;
    let squares: f64 = terms.map(|term| (term - mean) * (term - mean)).sum();
    (mean, libm::sqrt(squares / (n - 1.0) / n))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::workbook::fixture::*;
    use crate::workbook::{Axis, Distribution, Expr, Joint};
    use std::f64::consts::PI;

    /// The sine is not in the language of formulas; its Taylor polynomial of degree 19 is exact to 1e-8 on [−π, π].
    fn sin(x: Expr) -> Expr {
        let square = x.clone() * x.clone();
        let nested = (1..10i64).rev().fold(Expr::number(1), |rest, k| {
            Expr::number(1) - square.clone() / Expr::number(2 * k * (2 * k + 1)) * rest
        });
        x * nested
    }

    #[test]
    fn indices_of_the_ishigami_function_are_the_analytic_ones() {
        // Ishigami and Homma 1990 with a = 7, b = 0.1: y = sin x1 + 7 sin² x2 + 0.1 x3⁴ sin x1.
        let uniform = || uncertain(0.0, Distribution::Uniform { low: -PI, high: PI });
        let bindings = bind(&[("x1", uniform()), ("x2", uniform()), ("x3", uniform())]);
        let x = |row| Expr::from(at(0, row));
        let y = x(3) + Expr::number(7) * x(4) * x(4) + Expr::Number(dec("0.1")) * x(2).pow(Expr::number(4)) * x(3);
        let rows = vec![
            input("x1"),
            input("x2"),
            input("x3"),
            formula("s1", sin(x(0))),
            formula("s2", sin(x(1))),
            formula("y", y),
        ];
        let workbook = model(vec![block(Axis::One, rows)]);
        let found = sobol_indices(&workbook, &bindings, cell(0, 5, 0), 1 << 14, 7).unwrap();
        let (a, b) = (7.0f64, 0.1f64);
        let v1 = 0.5 * (1.0 + b * PI.powi(4) / 5.0).powi(2);
        let v2 = a * a / 8.0;
        let v13 = b * b * PI.powi(8) * (1.0 / 18.0 - 1.0 / 50.0);
        let v = v1 + v2 + v13;
        let expected = [(v1 / v, (v1 + v13) / v), (v2 / v, v2 / v), (0.0, v13 / v)];
        for (index, (first, total)) in found.iter().zip(expected) {
            assert!((index.first - first).abs() < 0.01, "{index:?} {first}");
            assert!((index.total - total).abs() < 0.01, "{index:?} {total}");
            assert!(index.first_error < 0.03 && index.total_error < 0.02);
        }
    }

    fn linear(joint: Option<f64>) -> (Workbook, Bindings) {
        let normal = |sd| uncertain(1.0, Distribution::Normal { mean: 1.0, sd });
        let mut bindings = bind(&[("a", normal(1.0)), ("b", normal(2.0)), ("c", normal(0.5))]);
        if let Some(rho) = joint {
            let ids = vec![InputId::from("a"), InputId::from("b")];
            let correlation = vec![vec![1.0, rho], vec![rho, 1.0]];
            bindings.joints = vec![Joint::GaussianCopula { ids, correlation }];
        }
        let sum = Expr::from(at(0, 0)) + at(0, 1).into() + at(0, 2).into();
        (model(vec![block(Axis::One, vec![input("a"), input("b"), input("c"), formula("sum", sum)])]), bindings)
    }

    #[test]
    fn correlated_inputs_are_one_group() {
        // Var(a + b) = 1 + 4 + 2·0.5·2 = 7 of 7.25.
        let (workbook, bindings) = linear(Some(0.5));
        let found = sobol_indices(&workbook, &bindings, cell(0, 3, 0), 1 << 13, 1).unwrap();
        assert_eq!(found.len(), 2);
        assert_eq!(found[0].ids, ["a".into(), "b".into()]);
        for index in [found[0].first, found[0].total] {
            assert!((index - 7.0 / 7.25).abs() < 0.01);
        }
        assert!((found[1].total - 0.25 / 7.25).abs() < 0.005);
    }

    #[test]
    fn a_tornado_moves_each_input_between_its_quantiles() {
        // The 10 % quantile of a standard normal is −1.2815515655446004.
        let z = 1.2815515655446004;
        let (workbook, bindings) = linear(None);
        let found = tornado(&workbook, &bindings, cell(0, 3, 0), 0.1).unwrap();
        assert_eq!(found.base, 3.0);
        let order: Vec<&str> = found.bars.iter().map(|bar| bar.ids[0].0.as_str()).collect();
        assert_eq!(order, ["b", "a", "c"]);
        for (bar, sd) in found.bars.iter().zip([2.0, 1.0, 0.5]) {
            assert!((bar.at_low - (3.0 - z * sd)).abs() < 1e-12 && (bar.at_high - (3.0 + z * sd)).abs() < 1e-12);
        }
        // Fully dependent inputs are each at their own quantile.
        let (workbook, bindings) = linear(Some(1.0));
        let found = tornado(&workbook, &bindings, cell(0, 3, 0), 0.1).unwrap();
        let group = &found.bars[0];
        assert!((group.low_inputs[0] - (1.0 - z)).abs() < 1e-9 && (group.low_inputs[1] - (1.0 - 2.0 * z)).abs() < 1e-9);
    }

    #[test]
    fn a_grid_has_one_row_for_each_value_of_the_first_input() {
        let (workbook, bindings) = linear(None);
        let (a, c) = (InputId::from("a"), InputId::from("c"));
        let found = grid(&workbook, &bindings, cell(0, 3, 0), (&a, &[0.0, 10.0]), (&c, &[1.0, 2.0, 3.0])).unwrap();
        assert_eq!(found, [[2.0, 3.0, 4.0], [12.0, 13.0, 14.0]]);
    }
}
