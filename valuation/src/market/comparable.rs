//! One comparable of a grid: its price, its date, its weight and its five adjustments.

use chrono::NaiveDate;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::given::{Given, GivenMoney};
use crate::market::price_model::AdjustmentGroup;

/// A comparable with stated adjustments.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Comparable {
    pub name: String,
    pub price: GivenMoney,
    /// Not later than the valuation date.
    pub traded_on: NaiveDate,
    /// Weight among the comparables of its grid; the weights of a grid add up to 1.
    pub weight: Given,
    pub adjustments: Adjustments,
}

/// The five adjustment coefficients: subject over comparable, 1 where the two are alike.
///
/// Source: 《数据资产评估指导意见》(中评协〔2023〕17号), appendix, market approach: X_i1 … X_i5.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Adjustments {
    /// 质量调整系数 X1
    pub quality: Given,
    /// 供求调整系数 X2
    pub supply_demand: Given,
    /// 期日调整系数 X3
    pub date: Given,
    /// 容量调整系数 X4
    pub capacity: Given,
    /// 其他调整系数 X5
    pub other: Given,
}

impl Adjustments {
    /// The coefficient of one group.
    pub fn of(&self, group: AdjustmentGroup) -> &Given {
        match group {
            AdjustmentGroup::Quality => &self.quality,
            AdjustmentGroup::SupplyDemand => &self.supply_demand,
            AdjustmentGroup::Date => &self.date,
            AdjustmentGroup::Capacity => &self.capacity,
            AdjustmentGroup::Other => &self.other,
        }
    }
}

/// The key of the row of one adjustment, and the member of [`Adjustments`] without its prefix.
pub(crate) fn adjustment_row(group: AdjustmentGroup) -> &'static str {
    match group {
        AdjustmentGroup::Quality => "quality_adjustment",
        AdjustmentGroup::SupplyDemand => "supply_demand_adjustment",
        AdjustmentGroup::Date => "date_adjustment",
        AdjustmentGroup::Capacity => "capacity_adjustment",
        AdjustmentGroup::Other => "other_adjustment",
    }
}
