//! The Sobol sequence with a digital shift.

use crate::workbook::random::unit;
use crate::workbook::sobol_directions::DIRECTIONS;

/// Dimensions the table of direction numbers holds.
pub(crate) const MOST_DIMENSIONS: usize = DIRECTIONS.len();
const BITS: usize = 64;

/// One dimension of the sequence, in Gray-code order, each point shifted by the same random bits.
#[derive(Clone, Debug)]
pub(crate) struct Sobol {
    directions: [u64; BITS],
    shift: u64,
}

impl Sobol {
    /// Dimension `index` (below [`MOST_DIMENSIONS`]).
    ///
    /// Source: Bratley and Fox 1988, *Algorithm 659*, equation (2).
    pub fn new(index: usize, shift: u64) -> Sobol {
        let (polynomial, initial) = DIRECTIONS[index];
        let degree = (31 - polynomial.leading_zeros()) as usize;
        let mut m = [1u64; BITS];
        initial.iter().zip(&mut m).for_each(|(from, to)| *to = u64::from(*from));
        for j in degree.max(1)..BITS {
            if degree > 0 {
                let terms = (1..=degree).filter(|k| (polynomial >> (degree - k)) & 1 == 1);
                m[j] = terms.fold(m[j - degree], |sum, k| sum ^ (m[j - k] << k));
            }
        }
        let mut directions = [0; BITS];
        for (j, direction) in directions.iter_mut().enumerate() {
            *direction = m[j] << (BITS - 1 - j);
        }
        Sobol { directions, shift }
    }

    /// The numbers of lanes `start..`, strictly between 0 and 1.
    pub fn uniforms(&self, start: u64, to: &mut [f64]) {
        let gray = start ^ (start >> 1);
        let chosen = (0..BITS).filter(|bit| (gray >> bit) & 1 == 1);
        let mut point = chosen.fold(self.shift, |sum, bit| sum ^ self.directions[bit]);
        for (lane, to) in (start..).zip(to) {
            *to = unit(point);
            point ^= self.directions[(lane + 1).trailing_zeros() as usize];
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn points_are_those_of_scipy() {
        // scipy 1.17.1: qmc.Sobol(128, scramble=False).random(1024), rows 777 and 1023.
        let expected = [
            (0, 0.6923828125, 0.0009765625),
            (1, 0.9365234375, 0.7529296875),
            (2, 0.1630859375, 0.6123046875),
            (63, 0.4267578125, 0.0400390625),
            (127, 0.1181640625, 0.7001953125),
        ];
        for (dimension, at_777, at_1023) in expected {
            let sobol = Sobol::new(dimension, 0);
            let mut points = vec![0.0; 1024];
            sobol.uniforms(0, &mut points);
            assert!((points[777] - at_777).abs() < 1e-15 && (points[1023] - at_1023).abs() < 1e-15, "{dimension}");
            let mut part = [0.0; 7];
            sobol.uniforms(777, &mut part);
            assert_eq!(part, points[777..784]);
        }
    }

    #[test]
    fn every_block_of_a_power_of_two_is_evenly_spread_whatever_the_shift() {
        for dimension in [0, 1, 17, 64, 127] {
            let mut points = vec![0.0; 256];
            Sobol::new(dimension, 0x1234_5678_9abc_def0).uniforms(256, &mut points);
            let mut seen = [false; 256];
            points.iter().for_each(|u| seen[(u * 256.0) as usize] = true);
            assert!(seen.iter().all(|s| *s));
        }
    }
}
