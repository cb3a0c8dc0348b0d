//! What one method says: a value, its interval, and the sheet that shows how.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::method::{Approach, MethodName};
use crate::money::Money;

/// One method's result.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Estimate {
    pub method: MethodName,
    pub approach: Approach,
    pub value: Money,
    pub interval: Interval,
    /// The key of the sheet of the working paper.
    pub sheet: String,
}

/// A central interval: below `low` and above `high` lies half of `1 − level` each.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Interval {
    pub low: Money,
    pub high: Money,
    /// Probability between the two, such as 0.9.
    pub level: f64,
    pub how: IntervalSource,
}

/// Where an interval comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum IntervalSource {
    /// Quantiles of the simulated workbook.
    Simulation,
    /// The case states no uncertain input that this value depends on: the interval is the value itself.
    NoUncertainInput,
}
