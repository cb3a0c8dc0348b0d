//! The standard normal quantile and distribution function over columns.

use multiversion::multiversion;

use crate::workbook::elementary::{exp_in_place, ln_in_place};
use crate::workbook::number::normal_cdf;

const SPLIT: f64 = 0.425;
const A: [f64; 8] = [
    3.387_132_872_796_366_6,
    1.331_416_678_917_843_8e2,
    1.971_590_950_306_551_3e3,
    1.373_169_376_550_946e4,
    4.592_195_393_154_987e4,
    6.726_577_092_700_87e4,
    3.343_057_558_358_813e4,
    2.509_080_928_730_122_7e3,
];
const B: [f64; 8] = [
    1.0,
    4.231_333_070_160_091e1,
    6.871_870_074_920_579e2,
    5.394_196_021_424_751e3,
    2.121_379_430_158_659_7e4,
    3.930_789_580_009_271e4,
    2.872_908_573_572_194_3e4,
    5.226_495_278_852_854_5e3,
];
const C: [f64; 8] = [
    1.423_437_110_749_683_5,
    4.630_337_846_156_546,
    5.769_497_221_460_691,
    3.647_848_324_763_204_5,
    1.270_458_252_452_368_4,
    2.417_807_251_774_506e-1,
    2.272_384_498_926_918_4e-2,
    7.745_450_142_783_414e-4,
];
const D: [f64; 8] = [
    1.0,
    2.053_191_626_637_759,
    1.676_384_830_183_803_8,
    6.897_673_349_851e-1,
    1.481_039_764_274_800_8e-1,
    1.519_866_656_361_645_7e-2,
    5.475_938_084_995_345e-4,
    1.050_750_071_644_416_9e-9,
];
const E: [f64; 8] = [
    6.657_904_643_501_103_5,
    5.463_784_911_164_114,
    1.784_826_539_917_291_3,
    2.965_605_718_285_048_7e-1,
    2.653_218_952_657_612_4e-2,
    1.242_660_947_388_078_4e-3,
    2.711_555_568_743_487_6e-5,
    2.010_334_399_292_288_1e-7,
];
const F: [f64; 8] = [
    1.0,
    5.998_322_065_558_88e-1,
    1.369_298_809_227_358e-1,
    1.487_536_129_085_061_5e-2,
    7.868_691_311_456_133e-4,
    1.846_318_317_510_054_8e-5,
    1.421_511_758_316_446e-7,
    2.044_263_103_389_939_8e-15,
];

#[inline(always)]
fn ratio(above: &[f64; 8], below: &[f64; 8], r: f64) -> f64 {
    let value =
        |c: &[f64; 8]| ((((((c[7] * r + c[6]) * r + c[5]) * r + c[4]) * r + c[3]) * r + c[2]) * r + c[1]) * r + c[0];
    value(above) / value(below)
}

/// Columns that one thread uses over and over.
#[derive(Default)]
pub(crate) struct Scratch {
    lane: Vec<usize>,
    tail: Vec<f64>,
    size: Vec<f64>,
}

/// Turns uniform numbers into standard normal ones; error about 1e-16 relative.
///
/// Source: Wichura 1988, *Algorithm AS 241*, PPND16.
pub(crate) fn quantiles(u: &mut [f64], scratch: &mut Scratch) {
    let n = u.len();
    scratch.lane.resize(n, 0);
    scratch.tail.resize(n, 0.0);
    let mut count = 0;
    for (lane, p) in u.iter().enumerate() {
        let far = (p - 0.5).abs() > SPLIT;
        scratch.lane[count] = lane;
        scratch.tail[count] = *p;
        count += usize::from(far);
    }
    centre(u);
    let tail = &mut scratch.tail[..count];
    scratch.size.clear();
    scratch.size.extend(tail.iter().map(|p| p.min(1.0 - p)));
    tails(&mut scratch.size, tail);
    for (lane, z) in scratch.lane[..count].iter().zip(tail) {
        u[*lane] = *z;
    }
}

#[multiversion(targets("x86_64+avx+avx2"))]
fn centre(u: &mut [f64]) {
    for p in u {
        let q = *p - 0.5;
        *p = q * ratio(&A, &B, 0.180625 - q * q);
    }
}

/// `size` holds the smaller of p and 1 − p; `p` becomes the quantile.
fn tails(size: &mut [f64], p: &mut [f64]) {
    ln_in_place(size);
    near_tails(size, p);
    for (z, ln) in p.iter_mut().zip(size.iter()) {
        // Beyond r = 5, that is p < 1.4e-11.
        if *ln < -25.0 {
            *z = ratio(&E, &F, (-ln).sqrt() - 5.0).copysign(*z);
        }
    }
}

#[multiversion(targets("x86_64+avx+avx2"))]
fn near_tails(ln: &[f64], p: &mut [f64]) {
    for (p, ln) in p.iter_mut().zip(ln) {
        *p = ratio(&C, &D, (-ln).sqrt() - 1.6).copysign(*p - 0.5);
    }
}

const OVER: [f64; 7] = [
    220.206867912376,
    221.213596169931,
    112.079291497871,
    33.912866078383,
    6.37396220353165,
    0.700383064443688,
    0.0352624965998911,
];
const UNDER: [f64; 8] = [
    440.413735824752,
    793.826512519948,
    637.333633378831,
    296.564248779674,
    86.7807322029461,
    16.064177579207,
    1.75566716318264,
    0.0883883476483184,
];

/// Least and largest uniform number.
const LEAST: f64 = 1.0 / 9_007_199_254_740_992.0;
/// Up to here the rational form is relative to 2e-14; beyond it `libm` serves the 0.3 % that are left.
const NEAR: f64 = 3.0;

/// Turns normal scores into uniform numbers strictly between 0 and 1; relative error of the smaller tail 2e-14.
///
/// Source: Hart 1968, function 5666, in the form of West 2005, *Better approximations to cumulative normal functions*.
pub(crate) fn probabilities(z: &mut [f64], scratch: &mut Scratch) {
    scratch.size.clear();
    scratch.size.extend(z.iter().map(|z| -0.5 * z * z));
    scratch.lane.clear();
    scratch.tail.clear();
    for (lane, z) in z.iter().enumerate() {
        if z.abs() > NEAR {
            scratch.lane.push(lane);
            scratch.tail.push(*z);
        }
    }
    exp_in_place(&mut scratch.size);
    weigh(z, &scratch.size);
    for (lane, score) in scratch.lane.iter().zip(&scratch.tail) {
        let tail = normal_cdf(-score.abs()).max(LEAST);
        z[*lane] = if *score > 0.0 { 1.0 - tail } else { tail };
    }
}

#[multiversion(targets("x86_64+avx+avx2"))]
fn weigh(z: &mut [f64], density: &[f64]) {
    for (z, density) in z.iter_mut().zip(density) {
        let x = z.abs();
        let [a0, a1, a2, a3, a4, a5, a6] = OVER;
        let over = (((((a6 * x + a5) * x + a4) * x + a3) * x + a2) * x + a1) * x + a0;
        let [b0, b1, b2, b3, b4, b5, b6, b7] = UNDER;
        let under = ((((((b7 * x + b6) * x + b5) * x + b4) * x + b3) * x + b2) * x + b1) * x + b0;
        let tail = density * over / under;
        *z = if *z > 0.0 { 1.0 - tail } else { tail };
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn quantiles_are_those_of_scipy() {
        // scipy 1.17.1, scipy.special.ndtri (NORMAL_QUANTILES below is printed by it).
        let mut u: Vec<f64> = NORMAL_QUANTILES.iter().map(|(p, _)| *p).collect();
        quantiles(&mut u, &mut Scratch::default());
        for (z, (p, expected)) in u.iter().zip(NORMAL_QUANTILES) {
            assert!((z - expected).abs() <= 4e-15 * expected.abs().max(0.1), "{p}: {z} {expected}");
        }
    }

    #[test]
    fn probabilities_are_those_of_scipy() {
        let mut z: Vec<f64> = NORMAL_PROBABILITIES.iter().map(|(z, _)| *z).collect();
        probabilities(&mut z, &mut Scratch::default());
        for (p, (z, expected)) in z.iter().zip(NORMAL_PROBABILITIES) {
            assert!((p / expected - 1.0).abs() <= 2e-13, "{z}: {p} {expected}");
        }
    }

    proptest! {
        #[test]
        fn the_two_are_inverse_to_each_other(z in -7.0..0.0f64) {
            let mut x = [z];
            probabilities(&mut x, &mut Scratch::default());
            quantiles(&mut x, &mut Scratch::default());
            prop_assert!((x[0] - z).abs() < 1e-13);
        }
    }

    const NORMAL_QUANTILES: [(f64, f64); 27] = [
        (1.1102230246251565e-16, -8.209536151601387),
        (1e-15, -7.941345326170998),
        (1e-12, -7.034483825301131),
        (1.3e-11, -6.667611456510741),
        (1.5e-11, -6.646570887477113),
        (1e-09, -5.9978070150076865),
        (1e-06, -4.753424308822899),
        (0.001, -3.090232306167813),
        (0.0249, -1.9616778690637864),
        (0.05, -1.6448536269514729),
        (0.074, -1.4466320671589785),
        (0.076, -1.4325027208258116),
        (0.1, -1.2815515655446004),
        (0.25, -0.6744897501960817),
        (0.4, -0.2533471031357997),
        (0.4999, -0.0002506628300880075),
        (0.5, 0.0),
        (0.5001, 0.0002506628300880075),
        (0.6, 0.2533471031357997),
        (0.75, 0.6744897501960817),
        (0.9, 1.2815515655446004),
        (0.92, 1.4050715603096329),
        (0.93, 1.475791028179171),
        (0.975, 1.959963984540054),
        (0.999, 3.090232306167813),
        (0.999999, 4.753424308817087),
        (0.9999999999990905, 7.047700256664409),
    ];

    const NORMAL_PROBABILITIES: [(f64, f64); 22] = [
        (-8.1, 2.747959392398221e-16),
        (-7.5, 3.1908916729108844e-14),
        (-7.08, 7.207723086467469e-13),
        (-7.06, 8.325130212702671e-13),
        (-6.0, 9.865876450376946e-10),
        (-5.0, 2.866515718791933e-07),
        (-4.0, 3.167124183311986e-05),
        (-3.0, 0.0013498980316300933),
        (-2.5, 0.006209665325776132),
        (-2.0, 0.022750131948179195),
        (-1.5, 0.06680720126885807),
        (-1.0, 0.15865525393145707),
        (-0.5, 0.3085375387259869),
        (-0.1, 0.460172162722971),
        (-1e-08, 0.4999999960105772),
        (0.0, 0.5),
        (0.1, 0.539827837277029),
        (0.5, 0.6914624612740131),
        (1.0, 0.8413447460685429),
        (2.0, 0.9772498680518208),
        (3.0, 0.9986501019683699),
        (5.0, 0.9999997133484281),
    ];
}
