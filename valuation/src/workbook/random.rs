//! Random numbers by counter: the number of a lane follows from seed, stream and lane alone, so any thread can make it.
//!
//! Philox4x32-10 is used because it needs only 32-bit multiplications (whole registers at a time), passes the statistical
//! batteries (BigCrush), and is published with test vectors.
//!
//! Source: Salmon, Moraes, Dror, Shaw 2011, *Parallel random numbers: as easy as 1, 2, 3*; vectors of Random123.

use multiversion::multiversion;

const LOW: u64 = 0xffff_ffff;
/// 1.0 as bits; with 52 random bits behind it the number lies in [1, 2).
const ONE: u64 = 0x3ff0_0000_0000_0000;
/// Half of the distance between two uniform numbers, so that 0 and 1 are never drawn.
const HALF_STEP: f64 = 1.0 / 9_007_199_254_740_992.0;

/// Ten rounds over a counter of four 32-bit words.
#[inline(always)]
fn philox(counter: [u64; 4], key: [u64; 2]) -> [u64; 4] {
    let [mut c0, mut c1, mut c2, mut c3] = counter;
    let [mut k0, mut k1] = key;
    for _ in 0..10 {
        let a = (c0 & LOW) * 0xD251_1F53;
        let b = (c2 & LOW) * 0xCD9E_8D57;
        (c0, c1, c2, c3) = ((b >> 32) ^ c1 ^ k0, b & LOW, (a >> 32) ^ c3 ^ k1, a & LOW);
        k0 = (k0 + 0x9E37_79B9) & LOW;
        k1 = (k1 + 0xBB67_AE85) & LOW;
    }
    [c0, c1, c2, c3]
}

/// Two 64-bit numbers of a stream.
#[inline(always)]
fn pair(seed: u64, stream: u64, index: u64) -> (u64, u64) {
    let counter = [index & LOW, index >> 32, stream & LOW, stream >> 32];
    let [c0, c1, c2, c3] = philox(counter, [seed & LOW, seed >> 32]);
    (c0 | (c1 << 32), c2 | (c3 << 32))
}

/// One 64-bit number of a stream.
pub(crate) fn word(seed: u64, stream: u64, index: u64) -> u64 {
    let (even, odd) = pair(seed, stream, index / 2);
    if index.is_multiple_of(2) { even } else { odd }
}

/// A number strictly between 0 and 1 from the upper 52 bits.
#[inline(always)]
pub(crate) fn unit(word: u64) -> f64 {
    f64::from_bits(ONE | (word >> 12)) - 1.0 + HALF_STEP
}

/// The uniform numbers of lanes `start..`, strictly between 0 and 1.
pub(crate) fn uniforms(seed: u64, stream: u64, start: u64, to: &mut [f64]) {
    let odd = usize::from(start % 2 == 1).min(to.len());
    let (first, to) = to.split_at_mut(odd);
    if let Some(first) = first.first_mut() {
        *first = unit(word(seed, stream, start));
    }
    let lane = start + odd as u64;
    let even = to.len() / 2 * 2;
    let (pairs, last) = to.split_at_mut(even);
    uniform_pairs(seed, stream, lane / 2, pairs);
    if let Some(last) = last.first_mut() {
        *last = unit(word(seed, stream, lane + even as u64));
    }
}

#[multiversion(targets("x86_64+avx+avx2"))]
fn uniform_pairs(seed: u64, stream: u64, first: u64, to: &mut [f64]) {
    for (index, two) in to.chunks_exact_mut(2).enumerate() {
        let (even, odd) = pair(seed, stream, first + index as u64);
        two[0] = unit(even);
        two[1] = unit(odd);
    }
}

/// The stream of a name: the same input keeps its numbers when others are added.
///
/// Source: FNV-1a, 64 bits (draft-eastlake-fnv).
pub(crate) fn stream(name: &str, purpose: u8) -> u64 {
    let bytes = name.bytes().chain([0xff, purpose]);
    bytes.fold(0xcbf2_9ce4_8422_2325, |hash, byte| (hash ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01b3))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_vectors_of_random123_are_met() {
        // kat_vectors of Random123 1.09, philox4x32 with 10 rounds.
        assert_eq!(philox([0; 4], [0; 2]), [0x6627e8d5, 0xe169c58d, 0xbc57ac4c, 0x9b00dbd8]);
        assert_eq!(philox([LOW; 4], [LOW; 2]), [0x408f276d, 0x41c83b0e, 0xa20bc7c6, 0x6d5451fd]);
        let counter = [0x243f6a88, 0x85a308d3, 0x13198a2e, 0x03707344];
        let key = [0xa4093822, 0x299f31d0];
        assert_eq!(philox(counter, key), [0xd16cfe09, 0x94fdcceb, 0x5001e420, 0x24126ea1]);
    }

    #[test]
    fn a_lane_has_its_number_wherever_the_chunk_begins() {
        let mut all = vec![0.0; 100];
        uniforms(7, 3, 0, &mut all);
        for (start, length) in [(1, 5), (2, 7), (33, 1), (50, 50), (99, 1)] {
            let mut part = vec![0.0; length];
            uniforms(7, 3, start as u64, &mut part);
            assert_eq!(part, all[start..start + length]);
        }
        assert!(all.iter().all(|u| *u > 0.0 && *u < 1.0));
        assert!(unit(0) > 0.0 && unit(u64::MAX) < 1.0);
    }

    #[test]
    fn uniform_numbers_have_the_moments_of_the_uniform_distribution() {
        let n = 100_000;
        let (mut a, mut b) = (vec![0.0; n], vec![0.0; n]);
        uniforms(1, stream("a", 0), 0, &mut a);
        uniforms(1, stream("b", 0), 0, &mut b);
        let mean = |x: &[f64]| x.iter().sum::<f64>() / n as f64;
        let cross = a.iter().zip(&b).map(|(x, y)| (x - 0.5) * (y - 0.5)).sum::<f64>() / n as f64;
        // Four standard errors: 4·sqrt(1/12/n), 4·sqrt(1/180/n), 4·(1/12)/sqrt(n).
        assert!((mean(&a) - 0.5).abs() < 3.7e-3);
        let square: Vec<f64> = a.iter().map(|x| (x - 0.5) * (x - 0.5)).collect();
        assert!((mean(&square) - 1.0 / 12.0).abs() < 9.5e-4);
        assert!(cross.abs() < 1.1e-3);
        // Neighbouring lanes are independent too.
        let serial = a.windows(2).map(|w| (w[0] - 0.5) * (w[1] - 0.5)).sum::<f64>() / n as f64;
        assert!(serial.abs() < 1.1e-3);
    }
}
