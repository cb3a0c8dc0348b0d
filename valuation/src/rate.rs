//! Rates that say their basis.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Whether a rate or a cash flow contains expected inflation.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum PriceLevel {
    Nominal,
    Real,
}

/// Whether a rate or a cash flow is before or after income tax.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum TaxBasis {
    PreTax,
    PostTax,
}

/// When within a period the cash flow is taken to arrive.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Timing {
    EndOfPeriod,
    MidPeriod,
}

/// The basis of a discount rate or of a cash flow; the two must agree before one discounts the other.
///
/// Source: 《数据资产评估指导意见》(中评协〔2023〕17号): the rate must match the income measure (口径一致).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct RateBasis {
    pub price_level: PriceLevel,
    pub tax: TaxBasis,
    pub timing: Timing,
}

impl std::fmt::Display for RateBasis {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let level = match self.price_level {
            PriceLevel::Nominal => "nominal",
            PriceLevel::Real => "real",
        };
        let tax = match self.tax {
            TaxBasis::PreTax => "pre_tax",
            TaxBasis::PostTax => "post_tax",
        };
        let timing = match self.timing {
            Timing::EndOfPeriod => "end_of_period",
            Timing::MidPeriod => "mid_period",
        };
        write!(f, "{level}/{tax}/{timing}")
    }
}
