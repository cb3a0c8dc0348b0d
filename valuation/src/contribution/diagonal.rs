//! Values along the diagonal of the multilinear extension: everybody else joins independently with probability `t`, and the
//! expected marginal contribution of a player is a polynomial in `t` of degree n − 1 at most.
//!
//! Its integral over [0, 1] is the Shapley value, which Gauss–Legendre quadrature of ⌈n/2⌉ nodes gives exactly; its value at
//! one half is the Banzhaf value.
//!
//! Source: Owen 1972, *Multilinear extensions of games*, Management Science 18(5); the expectation of a weighted voting game by
//! dynamic programming over weights, as in Mann and Shapley 1962.

use rayon::prelude::*;

use crate::contribution::error::ContributionError;
use crate::contribution::game::Game;

/// Steps of the dynamic programme that are worth waiting for, a few seconds of one core.
const STEPS: u128 = 20_000_000_000;

/// Nodes in (0, 1) and weights that sum to 1; exact for polynomials of degree `2·count − 1`.
///
/// Source: roots of the Legendre polynomials by Newton's method (Abramowitz and Stegun 25.4.29).
pub fn gauss_legendre(count: usize) -> Vec<(f64, f64)> {
    let n = count as f64;
    let mut nodes = vec![(0.5, 1.0); count];
    for index in 0..count.div_ceil(2) {
        let mut x = libm::cos(std::f64::consts::PI * (index as f64 + 0.75) / (n + 0.5));
        let mut slope = 1.0;
        for _ in 0..100 {
            let (mut before, mut at) = (1.0, x);
            for k in 2..=count {
                let k = k as f64;
                (before, at) = (at, ((2.0 * k - 1.0) * x * at - (k - 1.0) * before) / k);
            }
            if count == 1 {
                (before, at) = (1.0, x);
            }
            slope = n * (x * at - before) / (x * x - 1.0);
            let step = at / slope;
            x -= step;
            if step.abs() < 1e-15 {
                break;
            }
        }
        let weight = 1.0 / ((1.0 - x * x) * slope * slope);
        nodes[index] = (0.5 - x / 2.0, weight);
        nodes[count - 1 - index] = (0.5 + x / 2.0, weight);
    }
    nodes
}

/// Expected marginal contributions at `t`; `None` for games without a closed form here.
fn at(game: &Game, t: f64) -> Option<Vec<f64>> {
    match game {
        Game::WeightedVoting { weights, quota } => Some(voting(weights, *quota, t)),
        Game::Glove { is_left } => {
            let left = is_left.iter().filter(|left| **left).count();
            let right = is_left.len() - left;
            // A left glove adds a pair where fewer left than right gloves are inside, and the other way round.
            let of_left = if left > 0 { fewer(left - 1, right, t) } else { 0.0 };
            let of_right = if right > 0 { fewer(right - 1, left, t) } else { 0.0 };
            Some(is_left.iter().map(|left| if *left { of_left } else { of_right }).collect())
        }
        Game::Symmetric { by_size } => {
            let players = by_size.len() - 1;
            let inside = binomial(players - 1, t);
            let gain = inside.iter().zip(by_size.windows(2)).map(|(p, two)| p * (two[1] - two[0])).sum();
            Some(vec![gain; players])
        }
        _ => None,
    }
}

/// The values of a game with a closed form; `None` for other games.
///
/// # Errors
/// A game whose closed form would take too long.
pub fn values(game: &Game, banzhaf: bool) -> Result<Option<Vec<f64>>, ContributionError> {
    let n = game.players();
    let per_node = match game {
        Game::WeightedVoting { weights, quota } => {
            let total: u64 = weights.iter().sum();
            n as u128 * u128::from((*quota).min(total.saturating_sub(*quota) + 1))
        }
        Game::Glove { .. } | Game::Symmetric { .. } => n as u128,
        _ => return Ok(None),
    };
    let nodes = if banzhaf { 1 } else { n.div_ceil(2) };
    if per_node * nodes as u128 > STEPS {
        let most = (STEPS / per_node.max(1)).min(n as u128) as usize;
        return Err(ContributionError::TooMany { method: game.kind().to_owned(), players: n, most });
    }
    if banzhaf {
        return Ok(at(game, 0.5));
    }
    // Nodes at once, then summed in their order.
    let nodes = gauss_legendre(nodes);
    let parts: Vec<Vec<f64>> = nodes.par_iter().map(|(t, _)| at(game, *t).unwrap_or_default()).collect();
    let mut values = vec![0.0; n];
    for ((_, weight), part) in nodes.iter().zip(&parts) {
        values.iter_mut().zip(part).for_each(|(value, part)| *value += weight * part);
    }
    Ok(Some(values))
}

/// The probability that a player's weight is decisive.
fn voting(weights: &[u64], quota: u64, t: f64) -> Vec<f64> {
    let total: u64 = weights.iter().sum();
    if quota == 0 || quota > total {
        return vec![0.0; weights.len()];
    }
    // Whoever is decisive for reaching the quota is decisive among the absent for blocking it; taking the rarer side keeps
    // the division below stable.
    let (quota, t) = if t <= 0.5 { (quota, t) } else { (total - quota + 1, 1.0 - t) };
    let length = quota as usize;
    let mut sums = vec![0.0; length];
    sums[0] = 1.0;
    for weight in weights {
        let weight = *weight as usize;
        for at in (0..length).rev() {
            let joined = if at >= weight { sums[at - weight] } else { 0.0 };
            sums[at] = (1.0 - t) * sums[at] + t * joined;
        }
    }
    let mut known = std::collections::BTreeMap::new();
    let mut others = vec![0.0; length];
    weights
        .iter()
        .map(|weight| {
            *known.entry(*weight).or_insert_with(|| {
                let weight = *weight as usize;
                if weight == 0 {
                    return 0.0;
                }
                for at in 0..length {
                    let joined = if at >= weight { others[at - weight] } else { 0.0 };
                    others[at] = (sums[at] - t * joined) / (1.0 - t);
                }
                others[length.saturating_sub(weight)..].iter().sum()
            })
        })
        .collect()
}

/// The probability that fewer of `a` than of `b` are inside.
fn fewer(a: usize, b: usize, t: f64) -> f64 {
    let (a, b) = (binomial(a, t), binomial(b, t));
    let mut below = 0.0;
    let mut sum = 0.0;
    for (inside, probability) in b.iter().enumerate() {
        sum += probability * below;
        below += a.get(inside).copied().unwrap_or(0.0);
    }
    sum
}

/// The distribution of the number inside, of `n`; built from its mode, so that no part of it is lost below the smallest
/// number.
fn binomial(n: usize, t: f64) -> Vec<f64> {
    let mode = (((n + 1) as f64 * t) as usize).min(n);
    let mut parts = vec![0.0; n + 1];
    parts[mode] = 1.0;
    let odds = t / (1.0 - t);
    for k in mode..n {
        parts[k + 1] = parts[k] * odds * (n - k) as f64 / (k + 1) as f64;
    }
    for k in (0..mode).rev() {
        parts[k] = parts[k + 1] / odds * (k + 1) as f64 / (n - k) as f64;
    }
    let total: f64 = parts.iter().sum();
    parts.iter_mut().for_each(|part| *part /= total);
    parts
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quadrature_integrates_powers_exactly() {
        for count in [1, 2, 3, 7, 26, 101] {
            let nodes = gauss_legendre(count);
            for power in [0, 1, 2 * count - 1] {
                let integral: f64 = nodes.iter().map(|(t, w)| w * t.powi(power as i32)).sum();
                assert!(
                    (integral * (power + 1) as f64 - 1.0).abs() < 1e-13,
                    "{count} nodes, power {power}: {integral}"
                );
            }
        }
    }

    #[test]
    fn a_distribution_sums_to_one_far_below_the_smallest_number() {
        for (n, t) in [(0, 0.3), (5, 0.5), (4000, 0.999), (4000, 1e-9)] {
            assert!((binomial(n, t).iter().sum::<f64>() - 1.0).abs() < 1e-13);
        }
        assert_eq!(binomial(2, 0.5), [0.25, 0.5, 0.25]);
    }
}
