//! Multilateral indices: free of chain drift over their window, extended by splicing.

use std::ops::Range;

use faer::linalg::solvers::Solve;
use faer::{Mat, Side};
use rayon::prelude::*;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::error::ModelError;
use crate::index::bilateral::{Formula, Link};
use crate::index::error::IndexError;
use crate::index::panel::{Panel, jackknife};
use crate::index::splice::spliced;
use crate::index::{Index, Levels, Splice, Told};

/// The methods.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Method {
    /// Π over k of (P₀ₖ Pₖₜ)^(1/T) with Fisher links.
    Geks,
    /// The same with Törnqvist links (CCDI).
    GeksTornqvist,
    /// The same with Walsh links.
    GeksWalsh,
    /// The same with Jevons links, which need no quantities.
    GeksJevons,
    /// Weighted time product dummy: ln p = γ(product) + δ(period), weighted by expenditure shares within the period.
    Wtpd,
}

impl Method {
    pub fn text(self) -> &'static str {
        match self {
            Method::Geks => "geks",
            Method::GeksTornqvist => "geks_tornqvist",
            Method::GeksWalsh => "geks_walsh",
            Method::GeksJevons => "geks_jevons",
            Method::Wtpd => "wtpd",
        }
    }

    fn link(self) -> Option<Formula> {
        match self {
            Method::Geks => Some(Formula::Fisher),
            Method::GeksTornqvist => Some(Formula::Tornqvist),
            Method::GeksWalsh => Some(Formula::Walsh),
            Method::GeksJevons => Some(Formula::Jevons),
            Method::Wtpd => None,
        }
    }
}

/// How a multilateral index is computed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Multilateral {
    pub method: Method,
    /// Place of the base period.
    pub base: usize,
    /// Periods of a window; all where absent.
    pub window: Option<usize>,
    pub splice: Splice,
}

/// Logarithms within one window, as estimated and with each group of products left out.
struct Window {
    logs: Vec<Option<f64>>,
    without: Vec<Vec<Option<f64>>>,
}

/// A multilateral index, one in the base period. Standard errors by the delete-a-group jackknife over products.
///
/// A pair of periods without common products is left out of GEKS; a period that shares products with no other has no level.
///
/// Source: GEKS: C. Gini 1931, O. Eltetö, P. Köves 1964, B. Szulc 1964; L. Ivancic, W. E. Diewert, K. J. Fox, Scanner data,
/// time aggregation and the construction of price indexes, 2011; CCDI: D. W. Caves, L. R. Christensen, W. E. Diewert 1982;
/// time product dummy: R. Summers 1973, weights: D. S. P. Rao 2005.
///
/// ```
/// use pricing_models::frame::{Column, Frame};
/// use pricing_models::index::multilateral::{Method, Multilateral, multilateral};
/// use pricing_models::index::{Splice, calendar::Periods, panel::{Names, Panel}};
/// let frame = Frame::new()
///     .with("t", Column::Real(vec![1.0, 1.0, 2.0, 2.0, 3.0, 3.0]))?
///     .with("id", Column::text(["a", "b", "a", "b", "a", "b"]))?
///     .with("p", Column::Real(vec![1.0, 2.0, 2.0, 4.0, 1.0, 2.0]))?
///     .with("q", Column::Real(vec![5.0, 1.0, 2.0, 2.0, 9.0, 1.0]))?;
/// let periods = Periods::of(&frame.levels("t")?, None)?;
/// let panel = Panel::read(&frame, &periods, Names { product: "id", price: "p", quantity: Some("q") })?;
/// let asked = Multilateral { method: Method::Geks, base: 0, window: None, splice: Splice::Mean };
/// let index = multilateral(&panel, asked)?;
/// // All prices double and halve again: so does the index, whatever was sold.
/// assert!((index.index[1].unwrap() - 2.0).abs() < 1e-12 && (index.index[2].unwrap() - 1.0).abs() < 1e-12);
/// # Ok::<(), pricing_models::error::ModelError>(())
/// ```
///
/// # Errors
/// No quantities where they are needed; a window of fewer than two periods.
pub fn multilateral(panel: &Panel, asked: Multilateral) -> Result<Index, ModelError> {
    let Multilateral { method, base, window, splice } = asked;
    if method != Method::GeksJevons && !panel.has_quantity {
        return Err(IndexError::QuantityNeeded { method: method.text().to_owned() }.into());
    }
    let length = panel.periods.len();
    let width = window.unwrap_or(length).min(length);
    if width < 2.min(length) {
        return Err(IndexError::WindowTooShort { window: width, least: 2 }.into());
    }
    let ranges: Vec<Range<usize>> = (0..=length - width).map(|start| start..start + width).collect();
    let windows: Vec<Window> = match method.link() {
        Some(formula) => geks(panel, formula, width, &ranges),
        None => ranges.par_iter().map(|range| wtpd(panel, range)).collect(),
    };
    let over = |of: &dyn Fn(&Window) -> Vec<Option<f64>>| spliced(&windows.iter().map(of).collect::<Vec<_>>(), splice);
    let logs = over(&|window| window.logs.clone());
    let replicates: Vec<Vec<Option<f64>>> = (0..panel.groups())
        .map(|group| {
            let series = over(&|window| window.without[group].clone());
            let zero = series[base];
            series.into_iter().map(|log| log.zip(zero).map(|(log, zero)| log - zero)).collect()
        })
        .collect();
    let log_error =
        (0..length).map(|at| jackknife(&replicates.iter().map(|own| own[at]).collect::<Vec<_>>())).collect();
    let notes = if logs.iter().any(Option::is_none) { vec!["index.note.no_common_product".to_owned()] } else { vec![] };
    let n = (0..length).map(|at| panel.matched(at, at.saturating_sub(width - 1)..(at + width).min(length))).collect();
    let level = logs.into_iter().map(|log| log.map(libm::exp)).collect();
    Ok(Levels { level, log_error, n }.told(Told {
        method: method.text().to_owned(),
        periods: panel.periods.clone(),
        base,
        base_value: 1.0,
        std_error_by: "jackknife",
        excluded: panel.excluded.clone(),
        notes,
    }))
}

/// The links between every two periods that ever share a window, then each window from its links.
fn geks(panel: &Panel, formula: Formula, width: usize, ranges: &[Range<usize>]) -> Vec<Window> {
    let length = panel.periods.len();
    let pairs: Vec<(usize, usize)> =
        (0..length).flat_map(|zero| (zero + 1..length.min(zero + width)).map(move |one| (zero, one))).collect();
    let links: Vec<Link> = pairs.par_iter().map(|(zero, one)| formula.link(panel, *zero, *one)).collect();
    // Pairs stand period by period: the first index of each period's pairs.
    let mut first = vec![0; length + 1];
    for zero in 0..length {
        first[zero + 1] = first[zero] + (length.min(zero + width) - zero - 1);
    }
    let log = |zero: usize, one: usize, of: &dyn Fn(&Link) -> Option<f64>| match zero.cmp(&one) {
        std::cmp::Ordering::Equal => Some(0.0),
        std::cmp::Ordering::Less => of(&links[first[zero] + one - zero - 1]),
        std::cmp::Ordering::Greater => of(&links[first[one] + zero - one - 1]).map(|log| -log),
    };
    let level = |range: &Range<usize>, of: &dyn Fn(&Link) -> Option<f64>| -> Vec<Option<f64>> {
        let shared = |at: usize| range.clone().any(|other| other != at && log(at, other, of).is_some());
        let zero = range.clone().find(|at| shared(*at)).unwrap_or(range.start);
        let one = |at: usize| {
            if at == zero {
                return Some(0.0);
            }
            let ways = range.clone().filter_map(|k| Some(log(zero, k, of)? + log(k, at, of)?));
            let (sum, count) = ways.fold((0.0, 0), |(sum, count), way| (sum + way, count + 1));
            (count > 0).then(|| sum / f64::from(count))
        };
        range.clone().map(one).collect()
    };
    ranges
        .par_iter()
        .map(|range| Window {
            logs: level(range, &|link| link.log),
            without: (0..panel.groups()).map(|group| level(range, &|link| link.without[group])).collect(),
        })
        .collect()
}

/// The normal equations of the time product dummy with the products eliminated; each product adds its own part.
#[derive(Clone)]
struct Normal {
    matrix: Vec<f64>,
    right: Vec<f64>,
}

impl Normal {
    fn new(width: usize) -> Normal {
        Normal { matrix: vec![0.0; width * width], right: vec![0.0; width] }
    }

    /// Adds a product's periods: place, weight, logarithm of the price.
    fn product(&mut self, seen: &[(usize, f64, f64)]) {
        let width = self.right.len();
        let total: f64 = seen.iter().map(|(_, weight, _)| weight).sum();
        let mean: f64 = seen.iter().map(|(_, weight, log)| weight * log).sum::<f64>() / total;
        for (row, weight, log) in seen {
            self.right[*row] += weight * (log - mean);
            self.matrix[row * width + row] += weight;
            for (column, other, _) in seen {
                self.matrix[row * width + column] -= weight * other / total;
            }
        }
    }

    fn add(&mut self, other: &Normal, sign: f64) {
        self.matrix.iter_mut().zip(&other.matrix).for_each(|(own, other)| *own += sign * other);
        self.right.iter_mut().zip(&other.right).for_each(|(own, other)| *own += sign * other);
    }

    /// The period effects, the first linked period's being zero; periods not linked to it have none.
    fn solve(&self) -> Vec<Option<f64>> {
        let width = self.right.len();
        let tied = |row: usize, column: usize| self.matrix[row * width + column].abs() > 1e-14;
        let linked = |at: usize| (0..width).any(|other| other != at && tied(at, other));
        let Some(zero) = (0..width).find(|at| linked(*at)) else { return vec![None; width] };
        let (mut reached, mut open) = (vec![false; width], vec![zero]);
        while let Some(at) = open.pop() {
            if !std::mem::replace(&mut reached[at], true) {
                open.extend((0..width).filter(|other| *other != at && tied(at, *other)));
            }
        }
        let free: Vec<usize> = (0..width).filter(|at| reached[*at] && *at != zero).collect();
        let matrix = Mat::from_fn(free.len(), free.len(), |i, j| self.matrix[free[i] * width + free[j]]);
        let right = Mat::from_fn(free.len(), 1, |i, _| self.right[free[i]]);
        let mut effects = vec![None; width];
        effects[zero] = Some(0.0);
        if let Ok(factor) = matrix.llt(Side::Lower) {
            let solution = factor.solve(&right);
            free.iter().enumerate().for_each(|(i, at)| effects[*at] = Some(solution[(i, 0)]));
        }
        effects
    }
}

/// Weights are the shares of each period's expenditure; leaving a group out keeps the weights of the others.
fn wtpd(panel: &Panel, range: &Range<usize>) -> Window {
    let width = range.len();
    let totals: Vec<f64> = range
        .clone()
        .map(|period| {
            let column = panel.column(period);
            let spent = column.price.iter().zip(column.quantity).filter(|(price, _)| !price.is_nan());
            spent.map(|(price, quantity)| price * quantity).sum()
        })
        .collect();
    let mut parts = vec![Normal::new(width); panel.groups()];
    let mut seen = Vec::with_capacity(width);
    for product in 0..panel.products {
        seen.clear();
        for (at, period) in range.clone().enumerate() {
            let column = panel.column(period);
            let price = column.price[product];
            if !price.is_nan() {
                seen.push((at, price * column.quantity[product] / totals[at], libm::log(price)));
            }
        }
        if seen.len() > 1 {
            parts[panel.group(product)].product(&seen);
        }
    }
    let mut whole = Normal::new(width);
    parts.iter().for_each(|part| whole.add(part, 1.0));
    let without = parts
        .iter()
        .map(|part| {
            let mut others = whole.clone();
            others.add(part, -1.0);
            others.solve()
        })
        .collect();
    Window { logs: whole.solve(), without }
}
