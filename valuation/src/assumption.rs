//! Who assumed what, why, and who reviewed it.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// An input without evidence: its author, the reason, and the reviewer.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Assumption {
    pub author: String,
    pub reason: String,
    pub reviewer: String,
}
