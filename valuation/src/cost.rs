//! The cost approach (成本法).

pub mod replacement;
