//! The conclusion: one definite amount, with an interval beside it.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::estimate::Interval;
use crate::money::Money;

/// The concluded value, rounded as the case states, and its interval.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Conclusion {
    pub value: Money,
    pub interval: Interval,
}
