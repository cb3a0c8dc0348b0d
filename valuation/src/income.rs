//! The income approach (收益法).

pub mod direct;
pub mod discounting;
pub mod equivalent_investment;
pub mod excess;
pub(crate) mod frame;
pub mod greenfield;
pub mod implied;
pub mod incremental;
pub mod measure;
pub mod option;
pub mod royalty;
pub mod scenario;
pub mod split;
pub(crate) mod stream;
pub mod tax_amortisation;
