//! What one number counts: the unit of a workbook row, and the unit a price is charged for.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::money::Currency;
use crate::rate::RateBasis;
use crate::terms::vocabulary;
use crate::words::{self, Language};

vocabulary! {
    /// The unit a price is charged for. Price units are strata: they are converted into each other only with usage evidence.
    PriceUnit, "price_unit" {
        /// 一次性买断或一口价
        OneOff = "one_off",
        /// 每次调用
        Call = "call",
        /// 每条记录
        Record = "record",
        /// 每份、每套、每个
        Item = "item",
        /// 每兆字节
        Megabyte = "megabyte",
        /// 每吉字节
        Gigabyte = "gigabyte",
        Day = "day",
        Month = "month",
        Quarter = "quarter",
        Year = "year",
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
