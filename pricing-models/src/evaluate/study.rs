//! A ratio study: every statistic of assessed values against prices, with bootstrap intervals.

use std::collections::BTreeMap;

use rayon::prelude::*;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::ratios::{self, PriceRelatedBias};
use super::vertical_equity::{VerticalEquity, gini_equity, gini_in_order, vertical_equity};
use crate::error::ModelError;

/// Pairs a study needs.
const PAIRS_MIN: usize = ratios::PAIRS_MIN;

/// How a study is made.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct StudyOptions {
    /// Bootstrap replicates; no intervals where 0.
    pub replicates: usize,
    pub seed: u64,
    /// Of the intervals, such as 0.95.
    pub level: f64,
}

/// The statistics of a ratio study.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct RatioStudy {
    pub n: usize,
    pub median: f64,
    pub mean: f64,
    pub weighted_mean: f64,
    pub cod: f64,
    pub prd: f64,
    pub prb: Option<PriceRelatedBias>,
    pub ki: Option<f64>,
    pub mki: Option<f64>,
    /// Absent below 20 pairs.
    pub vei: Option<VerticalEquity>,
    /// Percentile bootstrap interval by statistic, over resampled pairs.
    pub ci: BTreeMap<String, [f64; 2]>,
    pub level: f64,
    pub replicates: usize,
    pub seed: u64,
    /// Ranges of property taxation, shown beside a study and never a gate.
    pub accepted: BTreeMap<String, [f64; 2]>,
    /// Rows without a positive price and assessment.
    pub excluded: u64,
}

/// Makes a ratio study; pairs in which a number is missing, zero or negative are left out and counted.
///
/// Source: IAAO, Standard on Ratio Studies, 2013 and exposure draft May 2026 (statistics, ranges); B. Efron, R. J.
/// Tibshirani, An introduction to the bootstrap, 1993 (percentile interval).
///
/// ```
/// use pricing_models::evaluate::study::{StudyOptions, ratio_study};
/// let options = StudyOptions { replicates: 200, seed: 1, level: 0.95 };
/// let study = ratio_study(&[90.0, 110.0, 95.0, 100.0, 120.0], &[100.0, 100.0, 100.0, 100.0, 100.0], &options)?;
/// assert_eq!(study.median, 1.0);
/// let [low, high] = study.ci["median"];
/// assert!(low <= 1.0 && high >= 1.0);
/// # Ok::<(), pricing_models::error::ModelError>(())
/// ```
///
/// # Errors
/// Fewer than five usable pairs; a level outside (0, 1).
pub fn ratio_study(assessed: &[f64], price: &[f64], options: &StudyOptions) -> Result<RatioStudy, ModelError> {
    if !(options.level > 0.0 && options.level < 1.0) {
        return Err(ModelError::Parameter { name: "level", value: options.level.to_string(), range: "(0, 1)" });
    }
    let usable = |value: f64| value.is_finite() && value > 0.0;
    let pairs = assessed.iter().zip(price).filter(|(a, s)| usable(**a) && usable(**s));
    let (a, s): (Vec<f64>, Vec<f64>) = pairs.map(|(a, s)| (*a, *s)).unzip();
    let too_few = || ModelError::TooFewRows { rows: a.len(), parameters: PAIRS_MIN };
    let gini = gini_equity(&a, &s);
    Ok(RatioStudy {
        n: a.len(),
        median: ratios::ratios(&a, &s).and_then(|own| ratios::median(&own)).ok_or_else(too_few)?,
        mean: ratios::mean_ratio(&a, &s).ok_or_else(too_few)?,
        weighted_mean: ratios::weighted_mean_ratio(&a, &s).ok_or_else(too_few)?,
        cod: ratios::cod(&a, &s).ok_or_else(too_few)?,
        prd: ratios::prd(&a, &s).ok_or_else(too_few)?,
        prb: ratios::prb(&a, &s),
        ki: gini.map(|gini| gini.ki),
        mki: gini.map(|gini| gini.mki),
        vei: vertical_equity(&a, &s),
        ci: intervals(&a, &s, options),
        level: options.level,
        replicates: options.replicates,
        seed: options.seed,
        accepted: [
            ("median", [0.9, 1.1]),
            ("cod", [5.0, 15.0]),
            ("prd", [0.98, 1.03]),
            ("prb", [-0.05, 0.05]),
            ("mki", [0.95, 1.05]),
        ]
        .map(|(name, range)| (name.to_owned(), range))
        .into(),
        excluded: (assessed.len().max(price.len()) - a.len()) as u64,
    })
}

/// The names of the resampled statistics, in the order of [`Sample::statistics`].
const NAMES: [&str; 8] = ["median", "mean", "weighted_mean", "cod", "prd", "prb", "ki", "mki"];

/// The pairs in order of ratio, with the order of price among them.
struct Sample {
    assessed: Vec<f64>,
    price: Vec<f64>,
    ratio: Vec<f64>,
    by_price: Vec<u32>,
}

fn intervals(assessed: &[f64], price: &[f64], options: &StudyOptions) -> BTreeMap<String, [f64; 2]> {
    if options.replicates == 0 {
        return BTreeMap::new();
    }
    let mut order: Vec<usize> = (0..assessed.len()).collect();
    order.sort_by(|x, y| (assessed[*x] / price[*x]).total_cmp(&(assessed[*y] / price[*y])));
    let pick = |values: &[f64]| order.iter().map(|at| values[*at]).collect::<Vec<f64>>();
    let (assessed, price) = (pick(assessed), pick(price));
    let ratio = assessed.iter().zip(&price).map(|(a, s)| a / s).collect();
    let mut by_price: Vec<u32> = (0..assessed.len() as u32).collect();
    by_price.sort_by(|x, y| price[*x as usize].total_cmp(&price[*y as usize]));
    let sample = Sample { assessed, price, ratio, by_price };
    // Replicates are numbered and each has its own stream: any number of threads draws the same.
    let drawn: Vec<[f64; 8]> = (0..options.replicates as u64)
        .into_par_iter()
        .map_init(
            || vec![0_u32; sample.ratio.len()],
            |times, replicate| sample.resampled(times, options.seed, replicate),
        )
        .collect();
    let mut intervals = BTreeMap::new();
    for (at, name) in NAMES.iter().enumerate() {
        let mut own: Vec<f64> = drawn.iter().map(|statistics| statistics[at]).filter(|value| !value.is_nan()).collect();
        if own.len() == drawn.len() {
            own.sort_by(f64::total_cmp);
            let quantile = |share: f64| {
                let place = share * (own.len() - 1) as f64;
                let (below, above) = (own[place.floor() as usize], own[place.ceil() as usize]);
                below + (above - below) * (place - place.floor())
            };
            let tail = (1.0 - options.level) / 2.0;
            intervals.insert((*name).to_owned(), [quantile(tail), quantile(1.0 - tail)]);
        }
    }
    intervals
}

impl Sample {
    /// The statistics of one resample, told by how often each pair was drawn.
    fn resampled(&self, times: &mut [u32], seed: u64, replicate: u64) -> [f64; 8] {
        times.fill(0);
        let n = times.len() as u64;
        let mut state = mixed(seed ^ mixed(replicate.wrapping_add(0x9e37_79b9_7f4a_7c15)));
        for _ in 0..n {
            state = state.wrapping_add(0x9e37_79b9_7f4a_7c15);
            // The high half of the product is uniform on 0 … n − 1 up to n/2⁶⁴.
            let at = (u128::from(mixed(state)) * u128::from(n)) >> 64;
            times[at as usize] += 1;
        }
        self.statistics(times)
    }

    fn statistics(&self, times: &[u32]) -> [f64; 8] {
        let n = times.len() as f64;
        let middle = self.median(times);
        let (mut sum, mut distance, mut assessed, mut price) = (0.0, 0.0, 0.0, 0.0);
        for (at, count) in times.iter().enumerate() {
            let count = f64::from(*count);
            sum += count * self.ratio[at];
            distance += count * (self.ratio[at] - middle).abs();
            assessed += count * self.assessed[at];
            price += count * self.price[at];
        }
        let (mean, weighted) = (sum / n, assessed / price);
        let in_order = self.by_price.iter().map(|at| *at as usize).filter(|at| times[*at] > 0);
        let gini = gini_in_order(in_order.map(|at| (self.assessed[at], self.price[at], times[at])));
        [
            middle,
            mean,
            weighted,
            100.0 * distance / n / middle,
            mean / weighted,
            self.bias(times, middle),
            gini.map_or(f64::NAN, |gini| gini.ki),
            gini.map_or(f64::NAN, |gini| gini.mki),
        ]
    }

    /// Pairs stand in order of ratio: the median is where half of the draws are reached.
    fn median(&self, times: &[u32]) -> f64 {
        let n = times.len();
        let (mut reached, mut low) = (0_usize, f64::NAN);
        for (at, count) in times.iter().enumerate() {
            reached += *count as usize;
            if low.is_nan() && reached >= n.div_ceil(2) {
                low = self.ratio[at];
            }
            if reached > n / 2 {
                return if n % 2 == 1 { low } else { 0.5 * (low + self.ratio[at]) };
            }
        }
        low
    }

    fn bias(&self, times: &[u32], middle: f64) -> f64 {
        let n = times.len() as f64;
        let (mut sx, mut sy, mut sxx, mut sxy) = (0.0, 0.0, 0.0, 0.0);
        let shift = libm::log(self.price[0]);
        for (at, count) in times.iter().enumerate().filter(|(_, count)| **count > 0) {
            let count = f64::from(*count);
            let x =
                (libm::log(0.5 * self.assessed[at] / middle + 0.5 * self.price[at]) - shift) / std::f64::consts::LN_2;
            let y = (self.ratio[at] - middle) / middle;
            sx += count * x;
            sy += count * y;
            sxx += count * x * x;
            sxy += count * x * y;
        }
        let spread = sxx - sx * sx / n;
        if spread > 0.0 { (sxy - sx * sy / n) / spread } else { f64::NAN }
    }
}

/// Source: S. Vigna, SplitMix64 (D. Stafford, mix 13).
fn mixed(mut value: u64) -> u64 {
    value = (value ^ (value >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    value = (value ^ (value >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    value ^ (value >> 31)
}
