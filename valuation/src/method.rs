//! The closed list of valuation methods and the approach each belongs to.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::cost::replacement::ReplacementCost;
use crate::income::equivalent_investment::EquivalentInvestment;
use crate::income::royalty::ReliefFromRoyalty;
use crate::income::split::RevenueSplit;
use crate::market::comparison::MarketComparison;
use crate::market::component::MarketComponents;

/// One method with its inputs, told apart by the member `method`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(tag = "method", rename_all = "snake_case")]
pub enum Method {
    ReplacementCost(ReplacementCost),
    ReliefFromRoyalty(ReliefFromRoyalty),
    RevenueSplit(RevenueSplit),
    EquivalentInvestment(EquivalentInvestment),
    MarketComparison(MarketComparison),
    MarketComponents(MarketComponents),
}

/// The method's name as files, commands and words (`method.<name>`) write it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum MethodName {
    ReplacementCost,
    ReliefFromRoyalty,
    RevenueSplit,
    EquivalentInvestment,
    MarketComparison,
    MarketComponents,
}

impl MethodName {
    /// Every method, in the order of the contract.
    pub const ALL: [MethodName; 6] = [
        MethodName::ReplacementCost,
        MethodName::RevenueSplit,
        MethodName::EquivalentInvestment,
        MethodName::ReliefFromRoyalty,
        MethodName::MarketComparison,
        MethodName::MarketComponents,
    ];

    pub fn text(self) -> &'static str {
        match self {
            MethodName::ReplacementCost => "replacement_cost",
            MethodName::ReliefFromRoyalty => "relief_from_royalty",
            MethodName::RevenueSplit => "revenue_split",
            MethodName::EquivalentInvestment => "equivalent_investment",
            MethodName::MarketComparison => "market_comparison",
            MethodName::MarketComponents => "market_components",
        }
    }

    pub fn approach(self) -> Approach {
        match self {
            MethodName::ReplacementCost => Approach::Cost,
            MethodName::ReliefFromRoyalty | MethodName::RevenueSplit | MethodName::EquivalentInvestment => {
                Approach::Income
            }
            MethodName::MarketComparison | MethodName::MarketComponents => Approach::Market,
        }
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

impl Method {
    pub fn name(&self) -> MethodName {
        match self {
            Method::ReplacementCost(_) => MethodName::ReplacementCost,
            Method::ReliefFromRoyalty(_) => MethodName::ReliefFromRoyalty,
            Method::RevenueSplit(_) => MethodName::RevenueSplit,
            Method::EquivalentInvestment(_) => MethodName::EquivalentInvestment,
            Method::MarketComparison(_) => MethodName::MarketComparison,
            Method::MarketComponents(_) => MethodName::MarketComponents,
        }
    }
}
