//! The income approach (收益法).

pub mod discounting;
pub mod equivalent_investment;
pub mod royalty;
pub mod scenario;
pub mod split;
pub mod stream;
pub mod tax_amortisation;
