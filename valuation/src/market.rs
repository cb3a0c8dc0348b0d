//! The market approach.

pub mod price_model;

pub use price_model::{AdjustmentGroup, Attribute, Attributes, PriceModel};
