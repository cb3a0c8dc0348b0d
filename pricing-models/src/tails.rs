//! Tails and quantiles of Student's t, F, χ² and the binomial, from one incomplete beta function that stays accurate for
//! large degrees of freedom (library versions lose digits or do not converge there).

use statrs::function::gamma::checked_gamma_ur;

/// Two-sided tail `P(|T| ≥ |t|)` of Student's t with `df` degrees of freedom; NaN for undefined input.
///
/// Source: Abramowitz and Stegun 26.7.1, 26.5.27.
///
/// ```
/// // Student's t with 1 degree of freedom is Cauchy: P(|T| >= 1) = 1/2.
/// assert!((pricing_models::tails::student_two_sided(1.0, 1.0) - 0.5).abs() < 1e-15);
/// ```
pub fn student_two_sided(t: f64, df: f64) -> f64 {
    if t.is_nan() || df.is_nan() || df <= 0.0 {
        return f64::NAN;
    }
    if t.is_infinite() {
        return 0.0;
    }
    let square = t * t;
    incomplete_beta(0.5 * df, 0.5, df / (df + square), square / (df + square))
}

/// The `t` that `|T|` stays below with probability `level`: the multiplier of a two-sided interval.
///
/// `level` is in (0, 1), `df` above 0; NaN otherwise.
pub fn student_multiplier(level: f64, df: f64) -> f64 {
    if !(level > 0.0 && level < 1.0 && df > 0.0) {
        return f64::NAN;
    }
    let outside = 1.0 - level;
    bisect(1.0, |t| student_two_sided(t, df) > outside)
}

/// Two-sided tail `P(|Z| ≥ |z|)` of the normal distribution.
///
/// Source: Abramowitz and Stegun 26.2.29.
pub fn normal_two_sided(z: f64) -> f64 {
    libm::erfc(z.abs() / std::f64::consts::SQRT_2)
}

/// The `z` that `|Z|` stays below with probability `level`, in (0, 1); NaN otherwise.
pub fn normal_multiplier(level: f64) -> f64 {
    if !(level > 0.0 && level < 1.0) {
        return f64::NAN;
    }
    let outside = 1.0 - level;
    bisect(1.0, |z| normal_two_sided(z) > outside)
}

/// Upper tail `P(F ≥ f)` of the F distribution.
///
/// Source: Abramowitz and Stegun 26.6.2.
pub fn f_upper(f: f64, df1: f64, df2: f64) -> f64 {
    if f.is_nan() || !(df1 > 0.0 && df2 > 0.0) {
        return f64::NAN;
    }
    if f <= 0.0 {
        return 1.0;
    }
    let total = df2 + df1 * f;
    incomplete_beta(0.5 * df2, 0.5 * df1, df2 / total, df1 * f / total)
}

/// Upper tail `P(X ≥ x)` of χ² with `df` degrees of freedom.
///
/// Source: Abramowitz and Stegun 26.4.19.
pub fn chi_squared_upper(x: f64, df: f64) -> f64 {
    if x <= 0.0 {
        return 1.0;
    }
    checked_gamma_ur(0.5 * df, 0.5 * x).unwrap_or(f64::NAN)
}

/// Exact two-sided bounds of a binomial share: `successes` of `n` at confidence `level`.
///
/// Source: Clopper and Pearson 1934, Biometrika 26.
pub fn binomial_bounds(successes: u64, n: u64, level: f64) -> (f64, f64) {
    let (k, rest, outside) = (successes as f64, (n - successes) as f64, 0.5 * (1.0 - level));
    let low = if successes == 0 { 0.0 } else { bisect_unit(|p| incomplete_beta(k, rest + 1.0, p, 1.0 - p) < outside) };
    let high = if successes == n { 1.0 } else { bisect_unit(|p| incomplete_beta(rest, k + 1.0, 1.0 - p, p) > outside) };
    (low, high)
}

/// Where `below` turns false on (0, ∞), to the last bit.
fn bisect(start: f64, below: impl Fn(f64) -> bool) -> f64 {
    let mut high = start;
    while below(high) && high < 1e300 {
        high *= 2.0;
    }
    let low = if high == start { 0.0 } else { 0.5 * high };
    narrow(low, high, below)
}

fn bisect_unit(below: impl Fn(f64) -> bool) -> f64 {
    narrow(0.0, 1.0, below)
}

fn narrow(mut low: f64, mut high: f64, below: impl Fn(f64) -> bool) -> f64 {
    for _ in 0..200 {
        let middle = 0.5 * (low + high);
        if middle <= low || middle >= high {
            break;
        }
        if below(middle) {
            low = middle;
        } else {
            high = middle;
        }
    }
    0.5 * (low + high)
}

/// The regularised incomplete beta function `I_x(a, b)` where `y = 1 − x` is given without cancellation.
///
/// Source: NIST DLMF 8.17.22 (continued fraction), 8.17.4 (symmetry).
fn incomplete_beta(a: f64, b: f64, x: f64, y: f64) -> f64 {
    if x <= 0.0 {
        return 0.0;
    }
    if y <= 0.0 {
        return 1.0;
    }
    if x > (a + 1.0) / (a + b + 2.0) {
        return 1.0 - incomplete_beta_small(b, a, y, x);
    }
    incomplete_beta_small(a, b, x, y)
}

fn incomplete_beta_small(a: f64, b: f64, x: f64, y: f64) -> f64 {
    // ln x through the nearer end, so that x close to 1 keeps its digits.
    let log_of = |part: f64, rest: f64| if part > 0.5 { libm::log1p(-rest) } else { libm::log(part) };
    let front = libm::exp(a * log_of(x, y) + b * log_of(y, x) - ln_beta(a, b)) / a;
    front * continued_fraction(a, b, x)
}

fn continued_fraction(a: f64, b: f64, x: f64) -> f64 {
    const TINY: f64 = 1e-300;
    let away = |value: f64| if value.abs() < TINY { TINY } else { value };
    let mut c = 1.0;
    let mut d = 1.0 / away(1.0 - (a + b) * x / (a + 1.0));
    let mut value = d;
    for step in 1..100_000 {
        let m = f64::from(step);
        let even = m * (b - m) * x / ((a + 2.0 * m - 1.0) * (a + 2.0 * m));
        d = 1.0 / away(1.0 + even * d);
        c = away(1.0 + even / c);
        value *= d * c;
        let odd = -(a + m) * (a + b + m) * x / ((a + 2.0 * m) * (a + 2.0 * m + 1.0));
        d = 1.0 / away(1.0 + odd * d);
        c = away(1.0 + odd / c);
        let change = d * c;
        value *= change;
        if (change - 1.0).abs() < 1e-16 {
            break;
        }
    }
    value
}

/// `ln B(a, b)` without the cancellation of three large log-gammas.
fn ln_beta(a: f64, b: f64) -> f64 {
    let (small, large) = if a < b { (a, b) } else { (b, a) };
    if large < 10.0 {
        return libm::lgamma(small) + libm::lgamma(large) - libm::lgamma(small + large);
    }
    if small < 10.0 {
        // ln Γ(large) − ln Γ(large + small) by Stirling's series.
        return libm::lgamma(small) - (large - 0.5) * libm::log1p(small / large) - small * libm::log(large + small)
            + small
            + stirling(large)
            - stirling(large + small);
    }
    const HALF_LN_TWO_PI: f64 = 0.918_938_533_204_672_8;
    HALF_LN_TWO_PI
        - 0.5 * libm::log(small)
        - (large - 0.5) * libm::log1p(small / large)
        - small * libm::log1p(large / small)
        + stirling(small)
        + stirling(large)
        - stirling(small + large)
}

/// The remainder of Stirling's formula for x ≥ 10.
///
/// Source: NIST DLMF 5.11.1.
fn stirling(x: f64) -> f64 {
    let s = 1.0 / (x * x);
    (1.0 / 12.0
        - s * (1.0 / 360.0 - s * (1.0 / 1260.0 - s * (1.0 / 1680.0 - s * (1.0 / 1188.0 - s * 691.0 / 360_360.0)))))
        / x
}
