//! Pricing models over trades.

pub mod card;
mod collinear;
pub mod comparables;
pub mod covariance;
mod design;
pub mod error;
pub mod evaluate;
pub mod formula;
pub mod frame;
pub mod hedonic;
pub mod interval;
mod least_squares;
pub mod screen;
pub mod tails;
mod wald;

pub use collinear::Collinear;
pub use design::{LossReason, RowLoss};
pub use wald::Wald;
