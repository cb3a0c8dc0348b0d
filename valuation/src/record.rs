//! A valuation as it is recorded: the case, what it rested on, the workbook with its bindings, the results, and a hash.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use crate::case::{Case, PriceModels};
use crate::conclusion::Conclusion;
use crate::contradiction::Contradiction;
use crate::estimate::Estimate;
use crate::uncertainty::Uncertainty;
use crate::workbook::{Bindings, RowRef, Workbook};

/// Everything needed to read, print and replay a valuation; nothing is looked up elsewhere.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Valuation {
    /// Follows from the content: the same case on the same evidence has the same id.
    pub valuation_id: String,
    /// The version that calculated it.
    pub engine_version: String,
    pub case: Case,
    /// The price models the case refers to, whole.
    #[schemars(with = "BTreeMap<String, crate::market::price_model::PriceModel>")]
    pub price_models: PriceModels,
    pub estimates: Vec<Estimate>,
    pub conclusion: Conclusion,
    pub contradictions: Vec<Contradiction>,
    /// Where the uncertainty of the values comes from; absent in records of versions that did not compute it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub uncertainty: Option<Uncertainty>,
    /// Draws in which a check failed, by check code; counted, never dropped.
    pub failed_checks: BTreeMap<String, u64>,
    /// Draws whose value was not finite.
    pub not_finite: u64,
    #[schemars(with = "serde_json::Value")]
    pub workbook: Workbook,
    #[schemars(with = "serde_json::Value")]
    pub bindings: Bindings,
    /// The rows of the estimates' values, in their order, then that of the conclusion before and after rounding.
    #[schemars(with = "serde_json::Value")]
    pub outputs: Vec<RowRef>,
    /// SHA-256 of the record with an empty `hash`.
    pub hash: String,
}

impl Valuation {
    /// The hash of the content as it stands.
    pub fn content_hash(&self) -> String {
        let mut bare = self.clone();
        bare.hash = String::new();
        sha256(&bare)
    }

    /// Whether the record is as it was written (the first tier of verification).
    pub fn is_intact(&self) -> bool {
        self.hash == self.content_hash()
    }
}

/// `sha256:` and the hexadecimal digest of the JSON of `content`; the order of members is that of the declaration.
pub fn sha256<T: Serialize>(content: &T) -> String {
    // Serialising plain data to memory cannot fail; an empty text would change the hash and be reported.
    let json = serde_json::to_vec(content).unwrap_or_default();
    let digest = Sha256::digest(&json);
    let hex: String = digest.iter().map(|byte| format!("{byte:02x}")).collect();
    format!("sha256:{hex}")
}
