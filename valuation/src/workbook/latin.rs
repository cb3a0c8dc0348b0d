//! Latin hypercube sampling without storage: each lane's stratum by a keyed permutation.

use crate::workbook::random;

const ROUNDS: u64 = 4;

/// A permutation of `0..count`: a Feistel network over the least even number of bits that hold `count`, walked on while it
/// leaves the range (a walk stays on one cycle, so it is a permutation of the range).
///
/// Source: Black and Rogaway 2002, *Ciphers with arbitrary finite domains*.
#[derive(Clone, Debug)]
pub(crate) struct Permutation {
    count: u64,
    half: u32,
    keys: [u64; ROUNDS as usize],
}

impl Permutation {
    pub fn new(count: u64, seed: u64, stream: u64) -> Permutation {
        let bits = u64::BITS - count.saturating_sub(1).leading_zeros();
        let mut keys = [0; ROUNDS as usize];
        keys.iter_mut().zip(0..).for_each(|(key, round)| *key = random::word(seed, stream, round));
        Permutation { count, half: bits.div_ceil(2).max(1), keys }
    }

    pub fn count(&self) -> u64 {
        self.count
    }

    pub fn at(&self, index: u64) -> u64 {
        let mut place = index;
        loop {
            place = self.network(place);
            if place < self.count {
                return place;
            }
        }
    }

    fn network(&self, place: u64) -> u64 {
        let mask = (1u64 << self.half) - 1;
        let (mut left, mut right) = (place >> self.half, place & mask);
        for key in self.keys {
            (left, right) = (right, left ^ (mix(right ^ key) & mask));
        }
        (left << self.half) | right
    }
}

/// Source: Stafford 2011, variant 13 of the 64-bit finaliser (that of SplitMix64).
fn mix(mut x: u64) -> u64 {
    x = (x ^ (x >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    x = (x ^ (x >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    x ^ (x >> 31)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_stratum_is_taken_once() {
        for count in [1, 2, 3, 10, 257, 1000, 4097] {
            let permutation = Permutation::new(count, 5, 9);
            let mut seen = vec![false; count as usize];
            (0..count).for_each(|index| seen[permutation.at(index) as usize] = true);
            assert!(seen.iter().all(|s| *s), "{count}");
        }
    }

    #[test]
    fn streams_are_not_correlated() {
        let n = 10_000u64;
        let (a, b) = (Permutation::new(n, 1, 2), Permutation::new(n, 1, 3));
        let middle = (n as f64 - 1.0) / 2.0;
        let cross: f64 = (0..n).map(|i| (a.at(i) as f64 - middle) * (b.at(i) as f64 - middle)).sum();
        // Correlation within four standard errors, 4/sqrt(n).
        assert!((cross / (n as f64 * (n as f64).powi(2) / 12.0)).abs() < 0.04);
    }
}
