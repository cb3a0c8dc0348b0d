//! Random orders of entry by counter: the order of draw `d` follows from seed and `d` alone.

use crate::workbook::random;

/// Puts a random order of `order.len()` players into `order`.
///
/// Source: Fisher and Yates 1938, in Durstenfeld's form; each place from one 64-bit number by multiplication, so that no draw
/// is rejected (the bias is below n/2⁶⁴).
pub fn shuffle(seed: u64, draw: u64, order: &mut [u32]) {
    order.iter_mut().zip(0..).for_each(|(place, player)| *place = player);
    for last in (1..order.len()).rev() {
        let word = random::word(seed, draw, last as u64);
        let chosen = (u128::from(word) * (last as u128 + 1)) >> 64;
        order.swap(last, chosen as usize);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_order_of_four_is_as_likely_as_every_other() {
        let draws = 24_000;
        let mut counts = std::collections::BTreeMap::new();
        let mut order = [0; 4];
        for draw in 0..draws {
            shuffle(11, draw, &mut order);
            *counts.entry(order).or_insert(0_u32) += 1;
        }
        assert_eq!(counts.len(), 24);
        // Chi-squared with 23 degrees of freedom stays below 49.7 in 99.9 % of all cases.
        let chi: f64 = counts.values().map(|n| (f64::from(*n) - 1000.0).powi(2) / 1000.0).sum();
        assert!(chi < 49.7, "{chi}");
    }
}
