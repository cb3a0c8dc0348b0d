//! From several estimates to one conclusion: one method selected, or stated weights, each with a written reason.

use std::collections::BTreeMap;

use rust_decimal::Decimal;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// How the conclusion follows from the estimates. Selecting one is the rule; weighting is a reasoned exception.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Reconcile {
    /// The method whose value is the conclusion.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub select: Option<String>,
    /// Weights by method name; they add up to 1.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Option<BTreeMap<String, f64>>")]
    pub weights: Option<BTreeMap<String, Decimal>>,
    /// Why; printed in the report.
    pub reason: String,
    /// Who judged it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub author: Option<String>,
    /// Who reviewed the judgement.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reviewer: Option<String>,
    /// The conclusion is rounded to a multiple of this amount, half away from zero, such as `10000`.
    pub round_to: Decimal,
}
