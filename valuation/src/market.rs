//! The market approach (市场法).

pub mod comparable;
pub mod comparison;
pub mod component;
pub mod multiple;
pub mod price_model;
