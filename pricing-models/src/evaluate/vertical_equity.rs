//! Whether dear assets are assessed as fairly as cheap ones: Gini measures and the vertical equity indicator.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::ratios::{median, ratios};

/// How differently assessments are concentrated than prices.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct GiniEquity {
    /// Kakwani index: Gini of assessments in order of price, less Gini of prices.
    pub ki: f64,
    /// Modified Kakwani index: their ratio.
    pub mki: f64,
}

/// The Kakwani indices.
///
/// * Meaning: MKI below 1 is regressive (dear assets assessed too low), above 1 progressive.
/// * Accepted range: MKI 0.95 to 1.05.
/// * Source: C. E. Quintos, A Gini measure for vertical equity in property assessments, 2020: G(x) = 2 Σ i xᵢ / (n Σ x) −
///   (n + 1)/n with both in order of price; equal prices keep the order of the table.
/// * Weakness: undefined where all prices are equal.
pub fn gini_equity(assessed: &[f64], price: &[f64]) -> Option<GiniEquity> {
    ratios(assessed, price)?;
    let mut order: Vec<usize> = (0..price.len()).collect();
    order.sort_by(|a, b| price[*a].total_cmp(&price[*b]));
    gini_in_order(order.iter().map(|at| (assessed[*at], price[*at], 1)))
}

/// The same over pairs in order of price, each with the number of times it stands there.
pub(super) fn gini_in_order(pairs: impl Iterator<Item = (f64, f64, u32)>) -> Option<GiniEquity> {
    let (mut before, mut assessed_ranks, mut assessed_sum, mut price_ranks, mut price_sum) = (0.0, 0.0, 0.0, 0.0, 0.0);
    for (assessed, price, times) in pairs {
        let count = f64::from(times);
        // Ranks before + 1 … before + count.
        let ranks = count * before + count * (count + 1.0) / 2.0;
        assessed_ranks += ranks * assessed;
        price_ranks += ranks * price;
        assessed_sum += count * assessed;
        price_sum += count * price;
        before += count;
    }
    let gini = |ranks: f64, sum: f64| 2.0 * ranks / (before * sum) - (before + 1.0) / before;
    let (of_assessed, of_price) = (gini(assessed_ranks, assessed_sum), gini(price_ranks, price_sum));
    (of_price > 0.0).then(|| GiniEquity { ki: of_assessed - of_price, mki: of_assessed / of_price })
}

/// The vertical equity indicator and what it rests on.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct VerticalEquity {
    /// 100 · (median ratio of the dearest group − that of the cheapest) / median ratio.
    pub value: f64,
    /// 100 · (lower bound of the group of the highest median − upper bound of that of the lowest) / median ratio; positive
    /// where the groups differ beyond chance. Needed only where the value is beyond ±10.
    pub significance: f64,
    pub groups: Vec<EquityGroup>,
}

/// One group by value.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct EquityGroup {
    pub n: usize,
    /// Median of ½·price + ½·assessed/median ratio.
    pub median_proxy: f64,
    pub median_ratio: f64,
    /// 90 % interval of the median ratio by ranks.
    pub low: f64,
    pub high: f64,
}

/// The vertical equity indicator.
///
/// * Meaning: how much higher (in per cent of the level) the dearest assets are assessed than the cheapest.
/// * Accepted range: within ±10, else unless the significance is positive.
/// * Source: IAAO, Standard on Ratio Studies, exposure draft May 2026, appendix E: groups by quantiles (type 7) of the value
///   proxy, 2 for 20 ≤ n ≤ 50, 4 for n ≤ 500, 10 beyond; bounds ⌈n/2 − 1.645 √n/2⌉ and ⌊1 + n/2 + 1.645 √n/2⌋.
/// * Weakness: the grouping rule moves it by points; below 20 pairs it is not computed.
pub fn vertical_equity(assessed: &[f64], price: &[f64]) -> Option<VerticalEquity> {
    let ratios = ratios(assessed, price)?;
    let level = median(&ratios)?;
    let count = match ratios.len() {
        0..20 => return None,
        20..=50 => 2,
        51..=500 => 4,
        _ => 10,
    };
    let mut pairs: Vec<(f64, f64)> =
        ratios.iter().enumerate().map(|(at, ratio)| (0.5 * price[at] + 0.5 * assessed[at] / level, *ratio)).collect();
    pairs.sort_by(|a, b| a.0.total_cmp(&b.0));
    let last = (pairs.len() - 1) as f64;
    let quantile = |share: f64| {
        let place = share * last;
        let below = place.floor() as usize;
        let above = (below + 1).min(pairs.len() - 1);
        pairs[below].0 + (pairs[above].0 - pairs[below].0) * (place - place.floor())
    };
    let mut groups = Vec::new();
    let mut start = 0;
    for group in 1..=count {
        let end = match group == count {
            true => pairs.len(),
            false => {
                let bound = quantile(f64::from(group) / f64::from(count));
                pairs.partition_point(|(proxy, _)| *proxy <= bound)
            }
        };
        groups.push(equity_group(pairs.get(start..end)?)?);
        start = end;
    }
    let by_median = |a: &&EquityGroup, b: &&EquityGroup| a.median_ratio.total_cmp(&b.median_ratio);
    let (lowest, highest) = (groups.iter().min_by(by_median)?, groups.iter().max_by(by_median)?);
    Some(VerticalEquity {
        value: 100.0 * (groups.last()?.median_ratio - groups.first()?.median_ratio) / level,
        significance: 100.0 * (highest.low - lowest.high) / level,
        groups,
    })
}

fn equity_group(pairs: &[(f64, f64)]) -> Option<EquityGroup> {
    let mut own: Vec<f64> = pairs.iter().map(|(_, ratio)| *ratio).collect();
    own.sort_by(f64::total_cmp);
    let n = own.len();
    let proxies: Vec<f64> = pairs.iter().map(|(proxy, _)| *proxy).collect();
    let (half, spread) = (n as f64 / 2.0, 1.645 * (n as f64).sqrt() / 2.0);
    let rank = |rank: f64| own.get((rank.max(1.0) as usize).min(n).wrapping_sub(1)).copied();
    Some(EquityGroup {
        n,
        median_proxy: median(&proxies)?,
        median_ratio: median(&own)?,
        low: rank((half - spread).ceil())?,
        high: rank((1.0 + half + spread).floor())?,
    })
}
