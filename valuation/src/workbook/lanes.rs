//! What one pass over a workbook runs over.

use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};

use crate::workbook::InputId;

/// The lanes of one pass: random draws, many assets, or points of a grid.
#[derive(Clone, Debug, PartialEq)]
pub enum Lanes {
    /// Random draws of the uncertain inputs.
    Draws { count: usize, seed: u64, sampling: Sampling },
    /// One lane for each asset or grid point: `columns[i]` holds input `ids[i]`, one number a lane; other inputs keep their
    /// point value.
    Table { ids: Vec<InputId>, columns: Vec<Column> },
}

/// The numbers of one input over the lanes.
#[derive(Clone, Debug, PartialEq)]
pub enum Column {
    Real(Vec<f64>),
    Exact(Vec<Decimal>),
}

/// How uniform numbers are made; all by counter, so that 1 thread gives the bits of 8.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Sampling {
    /// Independent pseudo-random numbers.
    #[default]
    Random,
    LatinHypercube,
    /// Sobol sequence with a digital shift drawn from the seed.
    Sobol,
}
