//! Kernels: what is not row arithmetic, evaluated per lane so that it still depends on simulated inputs.

use serde::{Deserialize, Serialize};

/// The closed list of kernels. The order of a kernel's arguments is part of its meaning.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Kernel {
    /// An American option on a Cox–Ross–Rubinstein tree with `steps` steps.
    /// Arguments: underlying, strike, rate (continuous, per year), volatility, years, dividend yield.
    ///
    /// Source: Cox, Ross, Rubinstein 1979.
    AmericanOption { kind: OptionKind, steps: u32 },
}

/// What the option's holder may do.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum OptionKind {
    /// Buy at the strike: the option to defer or to expand.
    Call,
    /// Sell at the strike: the option to abandon.
    Put,
}
