//! The cost approach (成本法).

pub mod guideline;
pub mod line;
pub mod multiplier;
pub mod obsolescence;
pub mod replacement;
pub mod reproduction;
