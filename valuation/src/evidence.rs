//! Where a number came from.

use chrono::NaiveDate;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::assumption::Assumption;

/// A document or data source an input rests on.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Evidence {
    /// The name inputs refer to, such as `E1`.
    pub id: String,
    pub title: String,
    /// Who or what it came from: a ledger, a contract, an exchange, a model card.
    pub source: String,
    /// The day the content became known or knowable; market evidence must not be later than the valuation date.
    pub known_on: NaiveDate,
    /// SHA-256 of the file, where there is one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sha256: Option<String>,
}

/// What an input rests on. Without evidence it is an assumption, and prints as one.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Support {
    /// The id of an [`Evidence`] of the case.
    Evidence(String),
    Assumption(Assumption),
    /// One for each column of a series.
    Each(Vec<Support>),
}

/// A number or a series with what it rests on.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Supported<T> {
    pub value: T,
    pub support: Support,
}
