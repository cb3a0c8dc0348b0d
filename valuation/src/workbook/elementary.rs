//! The exponential and the logarithm over columns, without branches: operation by operation those of `libm`, so that a column
//! has the bits of the point value and of every other machine.
//!
//! Source: FreeBSD msun `e_exp.c`, `e_log.c` (Sun Microsystems 1993, 2004), which `libm` ports.

use multiversion::multiversion;

const LN2_HI: f64 = f64::from_bits(0x3fe6_2e42_fee0_0000);
const LN2_LO: f64 = f64::from_bits(0x3dea_39ef_3579_3c76);
const INV_LN2: f64 = f64::from_bits(0x3ff7_1547_652b_82fe);
const P: [f64; 5] = [
    f64::from_bits(0x3FC5_5555_5555_553E),
    f64::from_bits(0xBF66_C16C_16BE_BD93),
    f64::from_bits(0x3F11_566A_AF25_DE2C),
    f64::from_bits(0xBEBB_BD41_C5D2_6BF1),
    f64::from_bits(0x3E66_3769_72BE_A4D0),
];
const LG: [f64; 7] = [
    f64::from_bits(0x3FE5_5555_5555_5593),
    f64::from_bits(0x3FD9_9999_9997_FA04),
    f64::from_bits(0x3FD2_4924_9422_9359),
    f64::from_bits(0x3FCC_71C5_1D8E_78AF),
    f64::from_bits(0x3FC7_4664_96CB_03DE),
    f64::from_bits(0x3FC3_9A09_D078_C69F),
    f64::from_bits(0x3FC2_F112_DF3E_5244),
];
/// Adding it puts a whole number into the low bits of the sum.
const MAGIC: f64 = 6_755_399_441_055_744.0;
/// Up to here `exp` and its scaling stay normal.
const EXP_LIMIT: f64 = 708.0;
const TWO_52: f64 = 4_503_599_627_370_496.0;

#[inline(always)]
fn exp_in_range(x: f64) -> f64 {
    let size = x.abs();
    let whole = (INV_LN2 * x + 0.5f64.copysign(x)).trunc();
    let k = if size < f64::from_bits(0x3fd6_2e43_0000_0000) { 0.0 } else { whole };
    let hi = x - k * LN2_HI;
    let lo = k * LN2_LO;
    let r = hi - lo;
    let rr = r * r;
    let c = r - rr * (P[0] + rr * (P[1] + rr * (P[2] + rr * (P[3] + rr * P[4]))));
    let y = 1.0 + (r * c / (2.0 - c) - lo + hi);
    let scale = f64::from_bits(((k + (MAGIC + 1023.0)).to_bits()) << 52);
    if size < f64::from_bits(0x3e30_0001_0000_0000) { 1.0 + x } else { y * scale }
}

#[inline(always)]
fn ln_of_normal(x: f64) -> f64 {
    let shifted = x.to_bits().wrapping_add((0x3ff0_0000 - 0x3fe6_a09e) << 32);
    let k = f64::from_bits((shifted >> 52) | TWO_52.to_bits()) - (TWO_52 + 1023.0);
    let f = f64::from_bits((shifted & 0x000f_ffff_ffff_ffff) + (0x3fe6_a09e << 32)) - 1.0;
    let half_square = 0.5 * f * f;
    let s = f / (2.0 + f);
    let z = s * s;
    let w = z * z;
    let t1 = w * (LG[1] + w * (LG[3] + w * LG[5]));
    let t2 = z * (LG[0] + w * (LG[2] + w * (LG[4] + w * LG[6])));
    let r = t2 + t1;
    s * (half_square + r) + k * LN2_LO - half_square + f + k * LN2_HI
}

/// `to = exp(a)`.
pub(crate) fn exp_columns(to: &mut [f64], a: &[f64]) {
    to.copy_from_slice(a);
    exp_in_place(to);
}

/// `to = ln(a)`.
pub(crate) fn ln_columns(to: &mut [f64], a: &[f64]) {
    to.copy_from_slice(a);
    ln_in_place(to);
}

/// `a = exp(a)`.
#[multiversion(targets("x86_64+avx+avx2"))]
pub(crate) fn exp_in_place(a: &mut [f64]) {
    if a.iter().fold(true, |all, a| all & (a.abs() <= EXP_LIMIT)) {
        for a in a {
            *a = exp_in_range(*a);
        }
    } else {
        for a in a {
            *a = libm::exp(*a);
        }
    }
}

/// `a = ln(a)`.
#[multiversion(targets("x86_64+avx+avx2"))]
pub(crate) fn ln_in_place(a: &mut [f64]) {
    if a.iter().fold(true, |all, a| all & (*a >= f64::MIN_POSITIVE) & (*a <= f64::MAX)) {
        for a in a {
            *a = ln_of_normal(*a);
        }
    } else {
        for a in a {
            *a = libm::log(*a);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn same(f: fn(&mut [f64], &[f64]), scalar: fn(f64) -> f64, xs: &[f64]) {
        let mut to = vec![0.0; xs.len()];
        f(&mut to, xs);
        for (y, x) in to.iter().zip(xs) {
            assert_eq!(y.to_bits(), scalar(*x).to_bits(), "{x:e}");
        }
    }

    proptest! {
        #[test]
        fn a_column_has_the_bits_of_libm(xs in proptest::collection::vec(-700.0..700.0f64, 1..40)) {
            same(exp_columns, libm::exp, &xs);
            let positive: Vec<f64> = xs.iter().map(|x| libm::exp(*x)).collect();
            same(ln_columns, libm::log, &positive);
        }

        #[test]
        fn near_zero_and_one_too(xs in proptest::collection::vec(-0.4..0.4f64, 1..40), e in 0..40) {
            let small: Vec<f64> = xs.iter().map(|x| x * (-f64::from(e)).exp2()).collect();
            same(exp_columns, libm::exp, &small);
            let near_one: Vec<f64> = small.iter().map(|x| 1.0 + x).collect();
            same(ln_columns, libm::log, &near_one);
        }
    }

    #[test]
    fn edges_are_those_of_libm() {
        same(
            exp_columns,
            libm::exp,
            &[0.0, -0.0, 0.34657359, 0.3465738, -0.3465738, 1.0397, 2e-9, 3.8e-9, 708.0, -708.0],
        );
        same(exp_columns, libm::exp, &[f64::INFINITY, f64::NEG_INFINITY, 800.0, -740.0, -800.0, 1.0]);
        same(ln_columns, libm::log, &[1.0, 0.5, 2.0, f64::MIN_POSITIVE, f64::MAX]);
        same(ln_columns, libm::log, &[0.0, 1e-310, f64::INFINITY, 3.0]);
    }
}
