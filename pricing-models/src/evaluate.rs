//! How good a model is out of sample: folds by title family, ratio statistics, coverage of the interval.

pub mod cross_validation;
pub mod folds;
pub mod ratios;
pub mod study;
pub mod vertical_equity;

pub use cross_validation::{Evaluation, Validation, cross_validate};
