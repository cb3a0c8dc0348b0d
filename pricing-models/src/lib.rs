//! Pricing models over trades.

mod collinear;
pub mod covariance;
mod design;
pub mod error;
pub mod formula;
pub mod frame;
pub mod hedonic;
mod least_squares;
pub mod tails;

pub use collinear::Collinear;
pub use design::{LossReason, RowLoss};
