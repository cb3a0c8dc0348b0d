//! What one number counts: the unit of a workbook row, and the unit a price is charged for.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::money::Currency;
use crate::rate::RateBasis;

/// The unit a price is charged for. Price units are strata: they are converted into each other only with usage evidence.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum PriceUnit {
    /// 一次性买断或一口价
    OneOff,
    /// 每次调用
    Call,
    /// 每条记录
    Record,
    /// 每份、每套、每个
    Item,
    /// 每兆字节
    Megabyte,
    /// 每吉字节
    Gigabyte,
    Day,
    Month,
    Quarter,
    Year,
}

impl PriceUnit {
    /// Every unit, in the order of the list.
    pub const ALL: &'static [PriceUnit] = &[
        PriceUnit::OneOff,
        PriceUnit::Call,
        PriceUnit::Record,
        PriceUnit::Item,
        PriceUnit::Megabyte,
        PriceUnit::Gigabyte,
        PriceUnit::Day,
        PriceUnit::Month,
        PriceUnit::Quarter,
        PriceUnit::Year,
    ];

    /// The stable code, as in JSON and in the trade schema.
    pub fn code(self) -> &'static str {
        match self {
            PriceUnit::OneOff => "one_off",
            PriceUnit::Call => "call",
            PriceUnit::Record => "record",
            PriceUnit::Item => "item",
            PriceUnit::Megabyte => "megabyte",
            PriceUnit::Gigabyte => "gigabyte",
            PriceUnit::Day => "day",
            PriceUnit::Month => "month",
            PriceUnit::Quarter => "quarter",
            PriceUnit::Year => "year",
        }
    }

    /// The unit with this code.
    pub fn from_code(code: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|unit| unit.code() == code)
    }
}

/// The unit of a workbook row; it decides the number format of the working paper.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Unit {
    Money(Currency),
    UnitPrice(Currency, PriceUnit),
    /// A rate per year with its basis.
    Rate(RateBasis),
    /// A share, factor or coefficient without dimension.
    Ratio,
    Years,
    Months,
    /// A number of things: calls, records, periods.
    Count,
    /// 1 or 0.
    Flag,
}
