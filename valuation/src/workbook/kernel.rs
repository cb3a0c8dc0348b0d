//! Kernels: what is not row arithmetic, evaluated per lane so that it still depends on simulated inputs.

use serde::{Deserialize, Serialize};

/// The closed list of kernels. The order of a kernel's arguments is part of its meaning.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Kernel {
    /// An American option on a Cox–Ross–Rubinstein tree with `steps` steps.
    /// Arguments: underlying, strike, rate (continuous, per year), volatility, years, dividend yield.
    ///
    /// Source: Cox, Ross, Rubinstein 1979.
    AmericanOption { kind: OptionKind, steps: u32 },
    /// The same tree, exercised at the end only; arguments as for [`Kernel::AmericanOption`].
    EuropeanOption { kind: OptionKind, steps: u32 },
}

/// What the option's holder may do.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum OptionKind {
    /// Buy at the strike: the option to defer or to expand.
    Call,
    /// Sell at the strike: the option to abandon.
    Put,
}

impl Kernel {
    /// Number of arguments.
    pub fn arity(&self) -> usize {
        match self {
            Kernel::AmericanOption { .. } | Kernel::EuropeanOption { .. } => 6,
        }
    }

    /// Steps of the tree.
    pub fn steps(&self) -> u32 {
        match *self {
            Kernel::AmericanOption { steps, .. } | Kernel::EuropeanOption { steps, .. } => steps,
        }
    }

    /// The kernel's value; not a number where the arguments have none.
    ///
    /// ```
    /// use valuation::workbook::kernel::{Kernel, OptionKind};
    /// let tree = Kernel::EuropeanOption { kind: OptionKind::Call, steps: 500 };
    /// let call = tree.value(&[18.646, 20.0, 0.08, 0.0687_f64.sqrt(), 1.0, 0.0]);
    /// assert!((call - 2.026738).abs() < 5e-7);
    /// ```
    pub fn value(&self, args: &[f64]) -> f64 {
        self.tree(args).map_or(f64::NAN, |tree| tree.value())
    }

    fn tree(&self, args: &[f64]) -> Option<Tree> {
        let [underlying, strike, rate, volatility, years, dividend_yield] = *args else {
            return None;
        };
        let (kind, steps, american) = match *self {
            Kernel::AmericanOption { kind, steps } => (kind, steps, true),
            Kernel::EuropeanOption { kind, steps } => (kind, steps, false),
        };
        Some(Tree { kind, steps, american, underlying, strike, rate, volatility, years, dividend_yield })
    }

    /// Value and sensitivities: delta, gamma and theta from the first two levels of the tree, vega and rho as central
    /// differences (0.01 of volatility, 0.0001 of rate). Not numbers where the tree has no value, or less than two steps.
    ///
    /// Source: Hull, Options, Futures, and Other Derivatives, estimates from the tree.
    pub fn sensitivities(&self, args: &[f64]) -> Sensitivities {
        let Some(tree) = self.tree(args) else { return Sensitivities::NONE };
        let Some((value, first, second)) = tree.levels() else { return Sensitivities::NONE };
        let bumped = |index: usize, size: f64| {
            let at = |bump: f64| {
                let mut args = args.to_vec();
                args[index] += bump;
                self.value(&args)
            };
            (at(size) - at(-size)) / (2.0 * size)
        };
        let step = tree.years / f64::from(tree.steps);
        let up = libm::exp(tree.volatility * libm::sqrt(step));
        let s = tree.underlying;
        let (high, low) = (s * up * up, s / (up * up));
        let delta = (first[1] - first[0]) / (s * up - s / up);
        let (upper, lower) = ((second[2] - second[1]) / (high - s), (second[1] - second[0]) / (s - low));
        Sensitivities {
            value,
            delta,
            gamma: (upper - lower) / (0.5 * (high - low)),
            theta: (second[1] - value) / (2.0 * step),
            // A smaller step would see the nodes move past the strike.
            vega: bumped(3, (0.5 * tree.volatility).min(0.01)),
            rho: bumped(2, 1e-4),
        }
    }
}

/// A value and its derivatives: by the underlying (delta, gamma), by time that passes (theta), by volatility (vega) and by
/// the continuous rate (rho).
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Sensitivities {
    pub value: f64,
    pub delta: f64,
    pub gamma: f64,
    pub theta: f64,
    pub vega: f64,
    pub rho: f64,
}

impl Sensitivities {
    const NONE: Sensitivities = Sensitivities {
        value: f64::NAN,
        delta: f64::NAN,
        gamma: f64::NAN,
        theta: f64::NAN,
        vega: f64::NAN,
        rho: f64::NAN,
    };
}

struct Tree {
    kind: OptionKind,
    steps: u32,
    american: bool,
    underlying: f64,
    strike: f64,
    rate: f64,
    volatility: f64,
    years: f64,
    dividend_yield: f64,
}

impl Tree {
    fn exercised(&self, price: f64) -> f64 {
        let gain = match self.kind {
            OptionKind::Call => price - self.strike,
            OptionKind::Put => self.strike - price,
        };
        if gain > 0.0 { gain } else { 0.0 }
    }

    /// Source: Cox, Ross, Rubinstein 1979: `u = e^{σ√Δt}`, `p = (e^{(r−q)Δt} − 1/u)/(u − 1/u)`.
    fn value(&self) -> f64 {
        self.rolled(|_, _| ())
    }

    /// The value, and what the option is worth at the nodes of the first and the second level, from the lowest.
    fn levels(&self) -> Option<(f64, [f64; 2], [f64; 3])> {
        let (mut first, mut second) = ([f64::NAN; 2], [f64::NAN; 3]);
        let value = self.rolled(|level, worth| match level {
            1 => first.copy_from_slice(&worth[..2]),
            2 => second.copy_from_slice(&worth[..3]),
            _ => {}
        });
        (value.is_finite() && self.steps >= 2 && self.years > 0.0).then_some((value, first, second))
    }

    /// Rolls the tree back and shows each level.
    fn rolled(&self, mut seen: impl FnMut(usize, &[f64])) -> f64 {
        let known = [self.underlying, self.strike, self.rate, self.volatility, self.years, self.dividend_yield];
        if known.iter().any(|x| !x.is_finite()) || self.underlying < 0.0 || self.years < 0.0 {
            return f64::NAN;
        }
        if self.years == 0.0 {
            return self.exercised(self.underlying);
        }
        let step = self.years / f64::from(self.steps);
        let up = libm::exp(self.volatility * libm::sqrt(step));
        let down = 1.0 / up;
        let chance = (libm::exp((self.rate - self.dividend_yield) * step) - down) / (up - down);
        // A tree whose branches do not straddle the forward has no probabilities, hence no price.
        if !(0.0..=1.0).contains(&chance) {
            return f64::NAN;
        }
        let discount = libm::exp(-self.rate * step);
        let (rise, fall) = (discount * chance, discount * (1.0 - chance));
        let n = self.steps as usize;
        let spread = self.volatility * libm::sqrt(step);
        // Node j of a level with k steps stands at price index n − k + 2j.
        let price: Vec<f64> =
            (0..=2 * n).map(|i| self.underlying * libm::exp(spread * (i as f64 - n as f64))).collect();
        let mut worth: Vec<f64> = (0..=n).map(|j| self.exercised(price[2 * j])).collect();
        seen(n, &worth);
        for level in (0..n).rev() {
            for j in 0..=level {
                let held = rise * worth[j + 1] + fall * worth[j];
                worth[j] = if self.american { held.max(self.exercised(price[n - level + 2 * j])) } else { held };
            }
            seen(level, &worth);
        }
        worth[0]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn american_puts_are_those_of_the_textbook() {
        // Hull, Options, Futures, and Other Derivatives, chapter on basic numerical procedures: a five-month put on a stock
        // at 50, strike 50, 10 % a year, volatility 40 %: 4.49 with 5 steps; 4.263, 4.272, 4.278 and 4.283 with more.
        let published = [(5, 4.49, 5e-3), (30, 4.263, 5e-4), (50, 4.272, 5e-4), (100, 4.278, 5e-4), (500, 4.283, 5e-4)];
        for (steps, expected, half) in published {
            let put = Kernel::AmericanOption { kind: OptionKind::Put, steps };
            let value = put.value(&[50.0, 50.0, 0.1, 0.4, 5.0 / 12.0, 0.0]);
            assert!((value - expected).abs() <= half, "{steps}: {value}");
        }
    }

    #[test]
    fn european_calls_tend_to_black_scholes() {
        // Worked example of a project of 18.646 with investment 20, 8 %, variance 0.0687, one year: 2.030741 with 100 steps,
        // 2.026738 with 500, and 2.027794 by the formula.
        let args = [18.646, 20.0, 0.08, 0.0687f64.sqrt(), 1.0, 0.0];
        let call = |steps| Kernel::EuropeanOption { kind: OptionKind::Call, steps }.value(&args);
        assert!((call(100) - 2.030741).abs() < 5e-7 && (call(500) - 2.026738).abs() < 5e-7);
        assert!((call(5000) - 2.027794).abs() < 2e-4);
        // Without dividends an American call is never exercised early.
        let american = Kernel::AmericanOption { kind: OptionKind::Call, steps: 100 }.value(&args);
        assert!((american - call(100)).abs() < 1e-12);
    }

    #[test]
    fn arguments_without_a_price_have_none() {
        let put = Kernel::AmericanOption { kind: OptionKind::Put, steps: 10 };
        assert!(put.value(&[50.0, 50.0, 0.1, 0.0, 1.0, 0.0]).is_nan());
        assert!(put.value(&[50.0, f64::NAN, 0.1, 0.4, 1.0, 0.0]).is_nan());
        assert!(put.value(&[1.0, 2.0]).is_nan());
        assert_eq!(put.value(&[50.0, 60.0, 0.1, 0.4, 0.0, 0.0]), 10.0);
    }
}
