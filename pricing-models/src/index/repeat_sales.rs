//! Repeat-sales indices: the same thing sold twice, so quality drops out.

use std::collections::BTreeMap;

use faer::linalg::solvers::Solve;
use faer::{Mat, Side};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::error::ModelError;
use crate::frame::{Frame, Text};
use crate::index::calendar::Periods;
use crate::index::error::IndexError;
use crate::index::{Index, Levels, Told};

/// The estimators.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Estimator {
    /// Ordinary least squares on ln(p₂/p₁): a geometric mean of value relatives.
    RepeatSales,
    /// Instrumental variables on prices: an arithmetic, value-weighted mean.
    RepeatSalesArithmetic,
    /// Weighted least squares: variances of the first step regressed on the time between the sales.
    CaseShiller,
}

impl Estimator {
    pub fn text(self) -> &'static str {
        match self {
            Estimator::RepeatSales => "repeat_sales",
            Estimator::RepeatSalesArithmetic => "repeat_sales_arithmetic",
            Estimator::CaseShiller => "case_shiller",
        }
    }
}

/// Which sales of one thing make pairs.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Pairing {
    /// Each sale with the next.
    #[default]
    Consecutive,
    /// Each sale with every later one.
    All,
}

/// How a repeat-sales index is computed.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct RepeatSales {
    pub estimator: Estimator,
    pub pairing: Pairing,
    /// Place of the base period.
    pub base: usize,
    pub base_value: f64,
}

/// Two sales of one thing.
#[derive(Clone, Copy, Debug, PartialEq)]
struct Pair {
    first: usize,
    second: usize,
    bought: f64,
    sold: f64,
}

/// A repeat-sales index; of several sales of one thing in a period the dearest counts.
///
/// Source: M. J. Bailey, R. F. Muth, H. O. Nourse, A regression method for real estate price index construction, 1963;
/// R. J. Shiller, Arithmetic repeat sales price estimators, 1991; K. E. Case, R. J. Shiller, Prices of single-family homes
/// since 1970, 1987.
///
/// ```
/// use pricing_models::frame::{Column, Frame};
/// use pricing_models::index::calendar::Periods;
/// use pricing_models::index::repeat_sales::{Estimator, Pairing, RepeatSales, repeat_sales};
/// // Shiller's smallest example.
/// let frame = Frame::new()
///     .with("id", Column::Real(vec![1.0, 1.0, 1.0, 2.0, 2.0]))?
///     .with("t", Column::Real(vec![1.0, 2.0, 3.0, 1.0, 3.0]))?
///     .with("p", Column::Real(vec![1.0, 3.0, 2.0, 1.0, 1.0]))?;
/// let periods = Periods::of(&frame.levels("t")?, None)?;
/// let asked = RepeatSales { estimator: Estimator::RepeatSales, pairing: Pairing::Consecutive, base: 0, base_value: 100.0 };
/// let index = repeat_sales(&frame, &periods, "id", "p", asked)?;
/// assert!((index.index[1].unwrap() - 238.1101578).abs() < 1e-6);
/// # Ok::<(), pricing_models::error::ModelError>(())
/// ```
///
/// # Errors
/// Unknown columns; nothing sold in two periods.
pub fn repeat_sales(
    frame: &Frame,
    periods: &Periods,
    product: &str,
    price: &str,
    asked: RepeatSales,
) -> Result<Index, ModelError> {
    let (pairs, excluded) = pairs(frame, periods, product, price, asked.pairing)?;
    if pairs.is_empty() {
        return Err(IndexError::NoPairs.into());
    }
    let length = periods.labels.len();
    let places = Places::linked(&pairs, length, asked.base);
    let mut notes = Vec::new();
    if places.free.len() + 1 < length {
        notes.push("index.note.no_repeat_sale".to_owned());
    }
    let estimate = match asked.estimator {
        Estimator::RepeatSales => least_squares(&pairs, &places, &vec![1.0; pairs.len()]),
        Estimator::RepeatSalesArithmetic => arithmetic(&pairs, &places),
        Estimator::CaseShiller => case_shiller(&pairs, &places, &mut notes),
    };
    let Some((logs, errors)) = estimate else { return Err(IndexError::NoPairs.into()) };
    let (mut level, mut log_error, mut n) = (vec![None; length], vec![None; length], vec![0; length]);
    (level[asked.base], log_error[asked.base]) = (Some(1.0), Some(0.0));
    for (at, period) in places.free.iter().enumerate() {
        level[*period] = Some(libm::exp(logs[at]));
        log_error[*period] = errors.as_ref().map(|errors| errors[at]);
    }
    for pair in &pairs {
        n[pair.first] += 1;
        n[pair.second] += 1;
    }
    Ok(Levels { level, log_error, n }.told(Told {
        method: asked.estimator.text().to_owned(),
        periods: periods.labels.clone(),
        base: asked.base,
        base_value: asked.base_value,
        std_error_by: "regression",
        excluded,
        notes,
    }))
}

type Excluded = BTreeMap<String, u64>;

/// The pairs, by product in order of name, then by time.
fn pairs(
    frame: &Frame,
    periods: &Periods,
    product: &str,
    price: &str,
    pairing: Pairing,
) -> Result<(Vec<Pair>, Excluded), ModelError> {
    let products = frame.levels(product)?;
    let prices = frame.real(price, "price")?;
    let mut excluded = Excluded::new();
    let mut leave = |reason: &str| *excluded.entry(reason.to_owned()).or_default() += 1;
    let mut sales: Vec<Vec<(u32, f64)>> = vec![Vec::new(); products.levels.len()];
    for ((period, product), price) in periods.of_row.iter().zip(&products.codes).zip(prices) {
        let (period, product, price) = (*period, *product, *price);
        match () {
            () if period == Text::MISSING => leave("outside_the_periods"),
            () if product == Text::MISSING => leave("product_missing"),
            () if price.is_nan() => leave("price_or_quantity_missing"),
            () if price <= 0.0 || price.is_infinite() => leave("price_not_positive"),
            () => sales[product as usize].push((period, price)),
        }
    }
    let mut order: Vec<usize> = (0..sales.len()).collect();
    order.sort_by(|a, b| products.levels[*a].cmp(&products.levels[*b]));
    let mut pairs = Vec::new();
    for at in order {
        let own = &mut sales[at];
        own.sort_by(|a, b| a.0.cmp(&b.0).then(b.1.total_cmp(&a.1)));
        let before = own.len();
        own.dedup_by_key(|(period, _)| *period);
        (own.len()..before).for_each(|_| leave("cheaper_sale_of_the_period"));
        for (place, (first, bought)) in own.iter().enumerate() {
            let later = &own[place + 1..];
            let later = if pairing == Pairing::All { later } else { &later[..later.len().min(1)] };
            pairs.extend(later.iter().map(|(second, sold)| Pair {
                first: *first as usize,
                second: *second as usize,
                bought: *bought,
                sold: *sold,
            }));
        }
        if own.len() == 1 {
            leave("sold_once");
        }
    }
    Ok((pairs, excluded))
}

/// The periods that pairs link to the base, without the base: the unknowns.
struct Places {
    free: Vec<usize>,
    /// Place among the unknowns by period.
    of: Vec<Option<usize>>,
    base: usize,
}

impl Places {
    fn linked(pairs: &[Pair], length: usize, base: usize) -> Places {
        let mut group: Vec<usize> = (0..length).collect();
        let root = |group: &mut Vec<usize>, mut at: usize| {
            while group[at] != at {
                group[at] = group[group[at]];
                at = group[at];
            }
            at
        };
        for pair in pairs {
            let (first, second) = (root(&mut group, pair.first), root(&mut group, pair.second));
            group[second.max(first)] = second.min(first);
        }
        let home = root(&mut group, base);
        let free: Vec<usize> = (0..length).filter(|at| *at != base && root(&mut group, *at) == home).collect();
        let mut of = vec![None; length];
        free.iter().enumerate().for_each(|(at, period)| of[*period] = Some(at));
        Places { free, of, base }
    }

    /// Whether the pair's periods are linked to the base.
    fn holds(&self, pair: &Pair) -> bool {
        [pair.first, pair.second].iter().all(|period| *period == self.base || self.of[*period].is_some())
    }
}

/// Logarithms of the levels, and their standard errors where there are degrees of freedom.
type Estimate = (Vec<f64>, Option<Vec<f64>>);

/// Weighted least squares of ln(sold/bought) on +1 at the second period and −1 at the first.
fn least_squares(pairs: &[Pair], places: &Places, weights: &[f64]) -> Option<Estimate> {
    let width = places.free.len();
    let (mut matrix, mut right) = (Mat::<f64>::zeros(width, width), Mat::<f64>::zeros(width, 1));
    let mut count = 0;
    for (pair, weight) in pairs.iter().zip(weights).filter(|(pair, _)| places.holds(pair)) {
        let change = weight * libm::log(pair.sold / pair.bought);
        let (first, second) = (places.of[pair.first], places.of[pair.second]);
        for (place, sign) in [(first, -1.0), (second, 1.0)] {
            let Some(row) = place else { continue };
            right[(row, 0)] += sign * change;
            matrix[(row, row)] += weight;
        }
        if let (Some(first), Some(second)) = (first, second) {
            matrix[(first, second)] -= weight;
            matrix[(second, first)] -= weight;
        }
        count += 1;
    }
    let factor = matrix.llt(Side::Lower).ok()?;
    let solution = factor.solve(&right);
    let logs: Vec<f64> = (0..width).map(|row| solution[(row, 0)]).collect();
    let squares: f64 = residuals(pairs, places, &logs)
        .iter()
        .zip(weights)
        .map(|(residual, weight)| weight * residual * residual)
        .sum();
    let errors = (count > width).then(|| {
        let inverse = factor.solve(&Mat::<f64>::identity(width, width));
        let variance = squares / (count - width) as f64;
        (0..width).map(|row| (variance * inverse[(row, row)]).sqrt()).collect()
    });
    Some((logs, errors))
}

/// Zero for pairs that are not linked to the base.
fn residuals(pairs: &[Pair], places: &Places, logs: &[f64]) -> Vec<f64> {
    let log = |period: usize| places.of[period].map_or(0.0, |at| logs[at]);
    let one = |pair: &Pair| match places.holds(pair) {
        true => libm::log(pair.sold / pair.bought) - log(pair.second) + log(pair.first),
        false => 0.0,
    };
    pairs.iter().map(one).collect()
}

/// Three steps: least squares, squared residuals on the gap between the sales, weights inverse to what that fits.
fn case_shiller(pairs: &[Pair], places: &Places, notes: &mut Vec<String>) -> Option<Estimate> {
    let (logs, _) = least_squares(pairs, places, &vec![1.0; pairs.len()])?;
    let squares: Vec<f64> = residuals(pairs, places, &logs).iter().map(|residual| residual * residual).collect();
    let gaps: Vec<f64> = pairs.iter().map(|pair| (pair.second - pair.first) as f64).collect();
    let used: Vec<usize> = (0..pairs.len()).filter(|at| places.holds(&pairs[*at])).collect();
    let mean = |values: &[f64]| used.iter().map(|at| values[*at]).sum::<f64>() / used.len() as f64;
    let (mean_gap, mean_square) = (mean(&gaps), mean(&squares));
    let spread: f64 = used.iter().map(|at| (gaps[*at] - mean_gap) * (gaps[*at] - mean_gap)).sum();
    let joint: f64 = used.iter().map(|at| (gaps[*at] - mean_gap) * (squares[*at] - mean_square)).sum();
    let slope = if spread > 0.0 { joint / spread } else { 0.0 };
    let fitted: Vec<f64> = gaps.iter().map(|gap| mean_square + slope * (gap - mean_gap)).collect();
    let least = fitted.iter().copied().filter(|value| *value > 0.0).fold(f64::INFINITY, f64::min);
    if !least.is_finite() {
        // The first step fits exactly: there is no variance to weigh by.
        return least_squares(pairs, places, &vec![1.0; pairs.len()]);
    }
    if used.iter().any(|at| fitted[*at] <= 0.0) {
        notes.push("index.note.variance_floor".to_owned());
    }
    let weights: Vec<f64> = fitted.iter().map(|value| 1.0 / value.max(least)).collect();
    least_squares(pairs, places, &weights)
}

/// b = (Z′X)⁻¹ Z′Y, level 1/b: X holds the prices with the signs of Z, Y moves the base period's prices to the right.
/// Standard errors robust to heteroskedasticity.
fn arithmetic(pairs: &[Pair], places: &Places) -> Option<Estimate> {
    let width = places.free.len();
    let (mut matrix, mut right) = (Mat::<f64>::zeros(width, width), Mat::<f64>::zeros(width, 1));
    let terms = |pair: &Pair| [(pair.first, -1.0, -pair.bought), (pair.second, 1.0, pair.sold)];
    let target = |pair: &Pair| {
        terms(pair).iter().filter(|(period, ..)| *period == places.base).map(|(.., price)| -price).sum::<f64>()
    };
    let linked: Vec<&Pair> = pairs.iter().filter(|pair| places.holds(pair)).collect();
    for pair in &linked {
        for (period, sign, _) in terms(pair) {
            let Some(row) = places.of[period] else { continue };
            right[(row, 0)] += sign * target(pair);
            for (other, _, price) in terms(pair) {
                if let Some(column) = places.of[other] {
                    matrix[(row, column)] += sign * price;
                }
            }
        }
    }
    let factor = matrix.partial_piv_lu();
    let solution = factor.solve(&right);
    let inverses: Vec<f64> = (0..width).map(|row| solution[(row, 0)]).collect();
    if inverses.iter().any(|value| !(value.is_finite() && *value > 0.0)) {
        return None;
    }
    let mut meat = Mat::<f64>::zeros(width, width);
    for pair in &linked {
        let of = |period: usize| places.of[period].map(|at| inverses[at]);
        let fitted: f64 = terms(pair).iter().filter_map(|(period, _, price)| Some(price * of(*period)?)).sum();
        let square = (target(pair) - fitted) * (target(pair) - fitted);
        for (period, sign, _) in terms(pair) {
            for (other, other_sign, _) in terms(pair) {
                if let (Some(row), Some(column)) = (places.of[period], places.of[other]) {
                    meat[(row, column)] += sign * other_sign * square;
                }
            }
        }
    }
    let inverse = factor.solve(&Mat::<f64>::identity(width, width));
    let covariance = &inverse * &meat * inverse.transpose();
    // ln(1/b) has the relative error of b.
    let errors = (linked.len() > width)
        .then(|| (0..width).map(|row| covariance[(row, row)].max(0.0).sqrt() / inverses[row]).collect());
    Some((inverses.iter().map(|value| -libm::log(*value)).collect(), errors))
}
