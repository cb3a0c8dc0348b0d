//! What an income is (口径): it decides whether income tax is still to be taken from it.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// The measure of an income.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum IncomeMeasure {
    /// 收入
    Revenue,
    /// 息税折旧摊销前利润
    Ebitda,
    /// 息税前利润
    Ebit,
    /// 利润总额
    ProfitBeforeTax,
    /// 净利润
    NetProfit,
    /// 净现金流量
    NetCashFlow,
}

impl IncomeMeasure {
    /// The key of the income's row.
    pub fn row(self) -> &'static str {
        match self {
            IncomeMeasure::Revenue => "total_revenue",
            IncomeMeasure::Ebitda => "ebitda",
            IncomeMeasure::Ebit => "ebit",
            IncomeMeasure::ProfitBeforeTax => "profit_before_tax",
            IncomeMeasure::NetProfit => "total_net_profit",
            IncomeMeasure::NetCashFlow => "net_cash_flow",
        }
    }

    /// Whether income tax is taken from it already.
    pub fn after_tax(self) -> bool {
        matches!(self, IncomeMeasure::NetProfit | IncomeMeasure::NetCashFlow)
    }

    /// Whether the wear of other assets (depreciation, amortisation) is taken from it already.
    pub fn after_wear(self) -> bool {
        matches!(self, IncomeMeasure::Ebit | IncomeMeasure::ProfitBeforeTax | IncomeMeasure::NetProfit)
    }
}
