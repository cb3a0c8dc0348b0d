//! Statistics of the ratio of assessed value to price. All are `None` below their stated minimum sample, or where lengths
//! differ or a number is not finite and positive.

use crate::tails::binomial_bounds;

/// Pairs every statistic of this file needs.
pub const PAIRS_MIN: usize = 5;

/// The price-related bias and its standard error.
#[derive(Clone, Copy, Debug, PartialEq, serde::Serialize, serde::Deserialize, schemars::JsonSchema)]
pub struct PriceRelatedBias {
    pub value: f64,
    pub std_error: f64,
}

/// A share with its exact binomial bounds.
#[derive(Clone, Copy, Debug, PartialEq, serde::Serialize, serde::Deserialize, schemars::JsonSchema)]
pub struct Coverage {
    pub share: f64,
    pub inside: u64,
    pub n: u64,
    pub low: f64,
    pub high: f64,
}

/// The ratios of assessed values to prices.
///
/// * Meaning: above 1 the assessment is higher than the price.
/// * Accepted range: every ratio above 0; at least 5 pairs.
/// * Source: IAAO, Standard on Ratio Studies (2013), section 4.
/// * Weakness: says nothing about why a price was low; a forced sale counts like any other.
pub fn ratios(assessed: &[f64], price: &[f64]) -> Option<Vec<f64>> {
    let usable = |value: &f64| value.is_finite() && *value > 0.0;
    if assessed.len() != price.len() || assessed.len() < PAIRS_MIN {
        return None;
    }
    if !(assessed.iter().all(usable) && price.iter().all(usable)) {
        return None;
    }
    Some(assessed.iter().zip(price).map(|(a, s)| a / s).collect())
}

/// The middle value, the mean of the two middle ones in an even sample.
///
/// * Meaning: half of the values lie below.
/// * Accepted range: for ratios 0.90 to 1.10; at least one value.
/// * Source: IAAO, Standard on Ratio Studies (2013), section 5.3 and table 1-3.
/// * Weakness: blind to how far away the other half lies.
pub fn median(values: &[f64]) -> Option<f64> {
    if values.is_empty() || values.iter().any(|value| value.is_nan()) {
        return None;
    }
    let mut sorted = values.to_vec();
    sorted.sort_by(f64::total_cmp);
    let half = sorted.len() / 2;
    Some(if sorted.len() % 2 == 1 { sorted[half] } else { 0.5 * (sorted[half - 1] + sorted[half]) })
}

/// The median absolute percentage error of `assessed` against `price`, in per cent.
///
/// * Meaning: half of the values miss their price by less.
/// * Accepted range: none is prescribed; automated valuations of houses reach 5 to 10.
/// * Source: Hyndman and Koehler 2006, “Another look at measures of forecast accuracy”, section 2.2 (MdAPE).
/// * Weakness: an assessment can be at most 100 % too low but without bound too high, so it favours low ones.
pub fn median_ape(assessed: &[f64], price: &[f64]) -> Option<f64> {
    let errors: Vec<f64> = ratios(assessed, price)?.iter().map(|ratio| 100.0 * (ratio - 1.0).abs()).collect();
    median(&errors)
}

/// The mean ratio.
///
/// * Meaning: the average of the ratios, every sale counting alike.
/// * Accepted range: 0.90 to 1.10.
/// * Source: IAAO, Standard on Ratio Studies (2013), section 5.3.
/// * Weakness: one sale at a tenth of its value moves it a lot.
pub fn mean_ratio(assessed: &[f64], price: &[f64]) -> Option<f64> {
    let ratios = ratios(assessed, price)?;
    Some(ratios.iter().fold(0.0, |sum, ratio| sum + ratio) / ratios.len() as f64)
}

/// The weighted mean ratio: total assessed over total price.
///
/// * Meaning: every unit of money counts alike.
/// * Accepted range: 0.90 to 1.10.
/// * Source: IAAO, Standard on Ratio Studies (2013), section 5.3.
/// * Weakness: a few dear sales decide it.
pub fn weighted_mean_ratio(assessed: &[f64], price: &[f64]) -> Option<f64> {
    ratios(assessed, price)?;
    let total = |values: &[f64]| values.iter().fold(0.0, |sum, value| sum + value);
    Some(total(assessed) / total(price))
}

/// The coefficient of dispersion: average distance of the ratios from their median, in per cent of the median.
///
/// * Meaning: how unequal the assessments are.
/// * Accepted range: 5 to 15 for homogeneous residential property, up to 25 for vacant land.
/// * Source: IAAO, Standard on Ratio Studies (2013), section 5.4 and table 1-3.
/// * Weakness: a value below 5 is a sign of sales chasing rather than of quality.
pub fn cod(assessed: &[f64], price: &[f64]) -> Option<f64> {
    let ratios = ratios(assessed, price)?;
    let middle = median(&ratios)?;
    let distance = ratios.iter().fold(0.0, |sum, ratio| sum + (ratio - middle).abs()) / ratios.len() as f64;
    Some(100.0 * distance / middle)
}

/// The price-related differential: mean ratio over weighted mean ratio.
///
/// * Meaning: above 1 dear assets are assessed lower than cheap ones (regressive).
/// * Accepted range: 0.98 to 1.03.
/// * Source: IAAO, Standard on Ratio Studies (2013), section 5.6 and table 1-3.
/// * Weakness: biased upward by errors in the prices; a few dear sales decide it.
pub fn prd(assessed: &[f64], price: &[f64]) -> Option<f64> {
    Some(mean_ratio(assessed, price)? / weighted_mean_ratio(assessed, price)?)
}

/// The price-related bias: by what share the ratio changes when the value doubles.
///
/// * Meaning: −0.05 says that ratios fall by 5 % where values double.
/// * Accepted range: −0.05 to 0.05; beyond ±0.10 unacceptable.
/// * Source: IAAO, Standard on Ratio Studies (2013), section 5.6 and appendix D: `(ratio − median)/median` on
///   `ln(½·assessed/median + ½·price)/ln 2`, ordinary least squares.
/// * Weakness: assumes one slope over all price levels.
pub fn prb(assessed: &[f64], price: &[f64]) -> Option<PriceRelatedBias> {
    let ratios = ratios(assessed, price)?;
    let middle = median(&ratios)?;
    let n = ratios.len() as f64;
    let y: Vec<f64> = ratios.iter().map(|ratio| (ratio - middle) / middle).collect();
    let proxy = assessed.iter().zip(price).map(|(a, s)| libm::log(0.5 * a / middle + 0.5 * s) / std::f64::consts::LN_2);
    let x: Vec<f64> = proxy.collect();
    let mean = |values: &[f64]| values.iter().fold(0.0, |sum, value| sum + value) / n;
    let (mean_x, mean_y) = (mean(&x), mean(&y));
    let sxx = x.iter().fold(0.0, |sum, x| sum + (x - mean_x) * (x - mean_x));
    if sxx <= 0.0 {
        return None;
    }
    let sxy = x.iter().zip(&y).fold(0.0, |sum, (x, y)| sum + (x - mean_x) * (y - mean_y));
    let value = sxy / sxx;
    let residual = x.iter().zip(&y).fold(0.0, |sum, (x, y)| {
        let e = y - mean_y - value * (x - mean_x);
        sum + e * e
    });
    Some(PriceRelatedBias { value, std_error: (residual / (n - 2.0) / sxx).sqrt() })
}

/// The share of prices inside their interval, with exact binomial bounds at 95 %.
///
/// * Meaning: a 90 % interval that works covers 90 % of new prices.
/// * Accepted range: the nominal level lies between `low` and `high`; at least 5 pairs.
/// * Source: Clopper and Pearson 1934; Kupiec 1995 for the idea of the test.
/// * Weakness: intervals wide enough cover everything; read it beside their width. The bounds take prices as independent,
///   which prices of one family are not.
pub fn coverage(price: &[f64], low: &[f64], high: &[f64]) -> Option<Coverage> {
    if price.len() != low.len() || price.len() != high.len() || price.len() < PAIRS_MIN {
        return None;
    }
    let inside = price.iter().zip(low.iter().zip(high)).filter(|(p, (l, h))| p >= l && p <= h).count() as u64;
    let n = price.len() as u64;
    let (low, high) = binomial_bounds(inside, n, 0.95);
    Some(Coverage { share: inside as f64 / n as f64, inside, n, low, high })
}
