//! The closed list of valuation methods and the approach each belongs to.

use schemars::{JsonSchema, Schema, SchemaGenerator};
use serde::{Deserialize, Serialize};

use crate::desk::Desk;
use crate::error::ValuationError;
use crate::workbook::RowRef;

/// Defines the methods: variant, name in files, approach, and the type of the inputs.
macro_rules! methods {
    ($($variant:ident = $name:literal, $approach:ident, $inputs:path;)+) => {
        /// One method with its inputs, told apart by the member `method`.
        #[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
        #[serde(tag = "method")]
        #[allow(clippy::large_enum_variant)]
        pub enum Method { $(#[serde(rename = $name)] $variant($inputs),)+ }

        /// The method's name as files, commands and words (`method.<name>`) write it.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
        pub enum MethodName { $(#[serde(rename = $name)] $variant,)+ }

        impl MethodName {
            /// Every method, in the order of the contract.
            pub const ALL: &'static [MethodName] = &[$(MethodName::$variant),+];

            pub fn text(self) -> &'static str {
                match self { $(MethodName::$variant => $name),+ }
            }

            pub fn approach(self) -> Approach {
                match self { $(MethodName::$variant => Approach::$approach),+ }
            }

            /// The JSON Schema of the method's inputs.
            pub fn schema(self, generator: &mut SchemaGenerator) -> Schema {
                match self { $(MethodName::$variant => generator.subschema_for::<$inputs>()),+ }
            }

            /// Reads the inputs by themselves, so that an error carries the path within them.
            pub(crate) fn read(self, inputs: &serde_json::Value, path: &str) -> Result<(), ValuationError> {
                match self { $(MethodName::$variant => crate::case::read::member::<$inputs>(inputs, path).map(|_| ())),+ }
            }
        }

        impl Method {
            pub fn name(&self) -> MethodName {
                match self { $(Method::$variant(_) => MethodName::$variant),+ }
            }

            /// The name that the case gives this use of the method.
            pub fn own_name(&self) -> Option<&str> {
                match self { $(Method::$variant(inputs) => inputs.name.as_deref()),+ }
            }

            /// Writes the sheet and returns the address of the value.
            pub(crate) fn write(&self, desk: &mut Desk) -> Result<RowRef, ValuationError> {
                match self { $(Method::$variant(inputs) => inputs.write(desk)),+ }
            }
        }
    };
}

methods! {
    ReplacementCost = "replacement_cost", Cost, crate::cost::replacement::ReplacementCost;
    ReproductionCost = "reproduction_cost", Cost, crate::cost::reproduction::ReproductionCost;
    GuidelineCost = "guideline_cost", Cost, crate::cost::guideline::GuidelineCost;
    MultiplierCost = "multiplier_cost", Cost, crate::cost::multiplier::MultiplierCost;
    DirectIncome = "direct_income", Income, crate::income::direct::DirectIncome;
    RevenueSplit = "revenue_split", Income, crate::income::split::RevenueSplit;
    ProfitSplit = "profit_split", Income, crate::income::split::ProfitSplit;
    EquivalentInvestment = "equivalent_investment", Income, crate::income::equivalent_investment::EquivalentInvestment;
    ExcessEarnings = "excess_earnings", Income, crate::income::excess::ExcessEarnings;
    IncrementalIncome = "incremental_income", Income, crate::income::incremental::IncrementalIncome;
    WithAndWithout = "with_and_without", Income, crate::income::incremental::WithAndWithout;
    ReliefFromRoyalty = "relief_from_royalty", Income, crate::income::royalty::ReliefFromRoyalty;
    Greenfield = "greenfield", Income, crate::income::greenfield::Greenfield;
    ScenarioIncome = "scenario_income", Income, crate::income::scenario::ScenarioIncome;
    RealOption = "real_option", Income, crate::income::option::RealOption;
    MarketComparison = "market_comparison", Market, crate::market::comparison::MarketComparison;
    MarketComponents = "market_components", Market, crate::market::component::MarketComponents;
    MarketMultiple = "market_multiple", Market, crate::market::multiple::MarketMultiple;
}

impl Method {
    /// Years of the forecast, and whether a perpetuity follows; `None` where the method has no forecast of its own.
    pub(crate) fn forecast(&self) -> Option<(u32, bool)> {
        Some(match self {
            Method::DirectIncome(m) => (m.years, m.perpetuity.is_some()),
            Method::RevenueSplit(m) => (m.years, m.perpetuity.is_some()),
            Method::ProfitSplit(m) => (m.years, m.perpetuity.is_some()),
            Method::EquivalentInvestment(m) => (m.years, m.perpetuity.is_some()),
            Method::ExcessEarnings(m) => (m.years, m.perpetuity.is_some()),
            Method::IncrementalIncome(m) => (m.years, m.perpetuity.is_some()),
            Method::WithAndWithout(m) => (m.years, m.perpetuity.is_some()),
            Method::ReliefFromRoyalty(m) => (m.years, m.perpetuity.is_some()),
            Method::Greenfield(m) => (m.years, m.perpetuity.is_some()),
            Method::ScenarioIncome(m) => (m.years, false),
            _ => return None,
        })
    }
}

/// The three approaches (IVS 103; 《数据资产评估指导意见》).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Approach {
    Cost,
    Income,
    Market,
}

impl Approach {
    /// The key of its word.
    pub fn word(self) -> &'static str {
        match self {
            Approach::Cost => "approach.cost",
            Approach::Income => "approach.income",
            Approach::Market => "approach.market",
        }
    }
}
