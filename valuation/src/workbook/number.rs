//! Numbers of the two arithmetics and their operations: `f64` for Model, decimals for Books.

use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};

use crate::money::{exact_decimal, round_half_away};

/// The number in a cell.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Number {
    /// Of a Model sheet; not finite where the formula has no value (a division by zero, the logarithm of a negative number).
    Real(f64),
    /// Of a Books sheet.
    Exact(Decimal),
}

impl Number {
    /// The number as a float; a decimal is rounded to the nearest one.
    pub fn real(self) -> f64 {
        match self {
            Number::Real(value) => value,
            Number::Exact(value) => to_real(value),
        }
    }

    /// The exact number; `None` for a Model number.
    pub fn exact(self) -> Option<Decimal> {
        match self {
            Number::Real(_) => None,
            Number::Exact(value) => Some(value),
        }
    }
}

const POWERS_OF_TEN: [f64; 23] = [
    1e0, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15, 1e16, 1e17, 1e18, 1e19, 1e20,
    1e21, 1e22,
];

/// The float nearest to `value`.
pub fn to_real(value: Decimal) -> f64 {
    let (mantissa, scale) = (value.mantissa(), value.scale() as usize);
    // Both operands are exact floats, so that the one division rounds correctly.
    if mantissa.unsigned_abs() < 1 << 53 && scale < POWERS_OF_TEN.len() {
        return mantissa as f64 / POWERS_OF_TEN[scale];
    }
    value.to_string().parse().unwrap_or(f64::NAN)
}

/// Rounds half away from zero to `places` (at most 15), as spreadsheets do: where decimals are kept, the scaled number is
/// first taken to 15 significant digits, so that 1.1·1.15 (1.2649999999999999 in binary) rounds to 1.27.
///
/// ```
/// use valuation::workbook::number::round;
/// assert_eq!(round(2.675, 2), 2.68);
/// assert_eq!(round(-0.5, 0), -1.0);
/// assert_eq!(round(1.1 * 1.15, 2), 1.27);
/// ```
#[inline]
pub fn round(value: f64, places: u32) -> f64 {
    let ten = POWERS_OF_TEN[(places as usize).min(15)];
    let size = value.abs() * ten;
    // Beyond 2^51 a float has no digit behind the point left to round; not finite stays as it is.
    if !(size < 2_251_799_813_685_248.0) {
        return value;
    }
    let whole = size.floor();
    let missing = whole + 0.5 - size;
    // Beyond 2^41 fifteen digits hold no more than three behind the point, and the number is taken as it is.
    let lifted = places > 0
        && size < 2_199_023_255_552.0
        && missing < (size + 0.5) * 1e-14
        && missing <= half_of_digit_15(size + 0.5);
    let rounded = if missing <= 0.0 || lifted { whole + 1.0 } else { whole };
    (rounded / ten).copysign(value)
}

/// Half a unit of the fifteenth significant digit of a number of at least 0.5.
fn half_of_digit_15(value: f64) -> f64 {
    let digits = POWERS_OF_TEN.iter().take_while(|ten| **ten <= value).count() as i32;
    if digits > 15 { 0.0 } else { 0.5 / POWERS_OF_TEN[(15 - digits) as usize] }
}

/// `base` to the power `exponent`: whole and half exponents up to 64 by multiplication and the square root (exact rules of
/// IEEE 754, so the same everywhere), all others by `libm`.
#[inline]
pub fn power(base: f64, exponent: f64) -> f64 {
    match half_steps(exponent) {
        Some(steps) => power_by_halves(base, steps),
        None => libm::pow(base, exponent),
    }
}

/// Twice the exponent where that is a whole number up to 128.
#[inline]
pub(crate) fn half_steps(exponent: f64) -> Option<i32> {
    let twice = exponent * 2.0;
    (twice.abs() <= 128.0 && twice == twice.trunc()).then_some(twice as i32)
}

#[inline]
pub(crate) fn power_by_halves(base: f64, steps: i32) -> f64 {
    let mut whole = steps.unsigned_abs() / 2;
    let mut factor = base;
    let mut product = 1.0;
    while whole > 0 {
        if whole & 1 == 1 {
            product *= factor;
        }
        factor *= factor;
        whole >>= 1;
    }
    if steps % 2 != 0 {
        product *= libm::sqrt(base);
    }
    if steps < 0 { 1.0 / product } else { product }
}

/// The smaller number; not a number where either is not.
#[inline]
pub fn least(a: f64, b: f64) -> f64 {
    if a < b || a.is_nan() { a } else { b }
}

/// The larger number; not a number where either is not.
#[inline]
pub fn greatest(a: f64, b: f64) -> f64 {
    if a > b || a.is_nan() { a } else { b }
}

/// Standard normal distribution function, `0.5·erfc(−x/√2)`.
#[inline]
pub fn normal_cdf(x: f64) -> f64 {
    0.5 * libm::erfc(-x * std::f64::consts::FRAC_1_SQRT_2)
}

/// A decimal of a Books sheet; `None` where the formula has no value.
pub type Exact = Option<Decimal>;

/// The decimal of a Model number: the shortest text that reads back as the same float.
pub fn to_exact(value: f64) -> Exact {
    exact_decimal(value)
}

/// `a·b` rounded half away from zero to `places`, from the exact product.
pub fn product_rounded(a: Decimal, b: Decimal, places: u32) -> Exact {
    let scale = a.scale() + b.scale();
    match a.mantissa().checked_mul(b.mantissa()) {
        Some(product) => scaled_round(product, scale, places),
        None => a.checked_mul(b).map(|product| round_half_away(product, places)),
    }
}

/// `a÷b` rounded half away from zero to `places`, from the exact quotient where the operands allow (no double rounding).
pub fn quotient_rounded(a: Decimal, b: Decimal, places: u32) -> Exact {
    if b.is_zero() {
        return None;
    }
    exact_quotient(a, b, places).or_else(|| a.checked_div(b).map(|quotient| round_half_away(quotient, places)))
}

fn exact_quotient(a: Decimal, b: Decimal, places: u32) -> Exact {
    // a/b·10^places = ma·10^(sb+places) / (mb·10^sa)
    let (up, down) = (b.scale() + places, a.scale());
    let common = up.min(down);
    let above = a.mantissa().checked_mul(power_of_ten(up - common)?)?;
    let below = b.mantissa().checked_mul(power_of_ten(down - common)?)?;
    decimal(divide_half_away(above, below)?, places)
}

/// `mantissa·10^−scale` rounded half away from zero to `places`.
fn scaled_round(mantissa: i128, scale: u32, places: u32) -> Exact {
    if scale <= places {
        return decimal(mantissa, scale);
    }
    decimal(divide_half_away(mantissa, power_of_ten(scale - places)?)?, places)
}

fn decimal(mantissa: i128, scale: u32) -> Exact {
    Decimal::try_from_i128_with_scale(mantissa, scale).ok()
}

pub(crate) fn power_of_ten(exponent: u32) -> Option<i128> {
    10i128.checked_pow(exponent)
}

/// The quotient rounded half away from zero; most amounts fit 64 bits, where division is several times faster.
pub(crate) fn divide_half_away(above: i128, below: i128) -> Option<i128> {
    let negative = (above < 0) != (below < 0);
    let (top, bottom) = (above.unsigned_abs(), below.unsigned_abs());
    let magnitude = match (u64::try_from(top), u64::try_from(bottom)) {
        (Ok(top), Ok(bottom)) => {
            let (quotient, rest) = (top.checked_div(bottom)?, top % bottom);
            u128::from(quotient) + u128::from(rest >= bottom - rest)
        }
        _ => {
            let (quotient, rest) = (top.checked_div(bottom)?, top % bottom);
            quotient + u128::from(rest >= bottom - rest)
        }
    };
    let magnitude = i128::try_from(magnitude).ok()?;
    Some(if negative { -magnitude } else { magnitude })
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn floats_round_as_spreadsheets_do() {
        // Each number is what LibreOffice 7.4.7 calculates for =ROUND(x, places).
        let cases = [
            (2.675, 2, 2.68),
            (1.005, 2, 1.01),
            (1.1 * 1.15, 2, 1.27),
            (-2.5, 0, -3.0),
            (0.5, 0, 1.0),
            (0.49999999999999994, 0, 0.0),
            (1234567.125, 2, 1234567.13),
            (35.22457499999999, 5, 35.22458),
            (4234814790.149999, 1, 4234814790.2),
            (1e9, 5, 1e9),
            (1e12 + 0.497, 0, 1e12),
            (0.30000000000000004, 1, 0.3),
        ];
        for (value, places, rounded) in cases {
            assert_eq!(round(value, places), rounded, "{value} to {places}");
        }
        assert!(round(f64::NAN, 2).is_nan());
        assert_eq!(round(f64::INFINITY, 2), f64::INFINITY);
        assert_eq!(round(1e300, 2), 1e300);
    }

    proptest! {
        /// A decimal of up to 12 digits rounds as the decimal itself does.
        #[test]
        fn decimals_round_alike(mantissa in -999_999_999_999i64..999_999_999_999, scale in 0u32..9, places in 0u32..7) {
            let exact = Decimal::new(mantissa, scale);
            prop_assert_eq!(round(to_real(exact), places), to_real(round_half_away(exact, places)));
        }

        #[test]
        fn rounded_products_and_quotients_are_exact(a in -1e12 as i64..1e12 as i64, b in 1i64..1_000_000_000, places in 0u32..7) {
            let (x, y) = (Decimal::new(a, 2), Decimal::new(b, 6));
            let product = product_rounded(x, y, places).unwrap();
            prop_assert_eq!(product, round_half_away(x * y, places));
            // q is the nearest: |x − q·y| ≤ y/2·10^−places, compared exactly.
            let q = quotient_rounded(x, y, places).unwrap();
            prop_assert!((x - q * y).abs() * Decimal::TWO <= y * Decimal::new(1, places));
        }

        #[test]
        fn a_decimal_becomes_the_nearest_float(mantissa in any::<i64>(), scale in 0u32..28) {
            let exact = Decimal::from_i128_with_scale(i128::from(mantissa), scale);
            prop_assert_eq!(to_real(exact), exact.to_string().parse::<f64>().unwrap());
        }

        #[test]
        fn powers_are_those_of_libm(base in 0.01..10.0f64, steps in -60i32..60) {
            let exponent = f64::from(steps) / 2.0;
            let (ours, reference) = (power(base, exponent), libm::pow(base, exponent));
            prop_assert!((ours / reference - 1.0).abs() < 2e-14);
        }
    }
}
