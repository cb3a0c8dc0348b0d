//! The numbers of a calculation, each with what it rests on.

use std::collections::BTreeMap;

use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};

use crate::evidence::Support;

/// Names an input across a workbook, such as `royalty.rate`.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(transparent)]
pub struct InputId(pub String);

impl From<&str> for InputId {
    fn from(id: &str) -> InputId {
        InputId(id.to_owned())
    }
}

impl From<String> for InputId {
    fn from(id: String) -> InputId {
        InputId(id)
    }
}

/// Inputs by name, and the groups that are drawn together.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Bindings {
    pub inputs: BTreeMap<InputId, Binding>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub joints: Vec<Joint>,
}

/// One input: its number and what the number rests on.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Binding {
    pub quantity: Quantity,
    pub support: Support,
}

/// The number of an input.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Quantity {
    /// A rate, weight or statistic.
    Real(f64),
    /// An amount or any number that must stay exact.
    Exact(Decimal),
    /// One number for each column of the row's axis.
    RealSeries(Vec<f64>),
    ExactSeries(Vec<Decimal>),
    /// An uncertain number; `central` is what point values use (for example the mode or the mean that was judged).
    Uncertain {
        central: f64,
        distribution: Distribution,
    },
}

/// Distributions, each drawn by its quantile function from one uniform number.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum Distribution {
    Normal {
        mean: f64,
        sd: f64,
    },
    /// `exp(N(mu, sigma²))`: parameters are those of the logarithm.
    Lognormal {
        mu: f64,
        sigma: f64,
    },
    Triangular {
        low: f64,
        mode: f64,
        high: f64,
    },
    /// Beta-PERT: α = 1 + shape·(mode−low)/(high−low), β = 1 + shape·(high−mode)/(high−low); customary shape 4.
    Pert {
        low: f64,
        mode: f64,
        high: f64,
        shape: f64,
    },
    Uniform {
        low: f64,
        high: f64,
    },
    /// A beta variable stretched to [low, high].
    Beta {
        alpha: f64,
        beta: f64,
        low: f64,
        high: f64,
    },
    Discrete {
        values: Vec<f64>,
        probabilities: Vec<f64>,
    },
}

/// Inputs that are drawn together.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Joint {
    /// A joint normal, for example regression coefficients with their covariance. Point values use the mean.
    Normal { ids: Vec<InputId>, mean: Vec<f64>, covariance: Vec<Vec<f64>> },
    /// A Gaussian copula over inputs that are bound as [`Quantity::Uncertain`]; `correlation` is that of the normal scores.
    GaussianCopula { ids: Vec<InputId>, correlation: Vec<Vec<f64>> },
}
