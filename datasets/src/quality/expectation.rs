//! What is expected of a column, inferred from its own values.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// The share of values that must agree before the others are called unexpected.
pub(super) const AGREEMENT: f64 = 0.8;

/// What is expected of a column's values.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Expectation {
    /// `integer`, `decimal` (whole numbers too), `date` or `boolean`; none for texts.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub kind: Option<String>,
    /// The shape nearly all texts have: 9 for digits, A and a for letters, 字 for Chinese characters.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub shape: Option<String>,
    /// Whether its values tell rows apart.
    pub identifies: bool,
}

impl Expectation {
    /// Whether anything is expected of a single value.
    pub fn is_stated(&self) -> bool {
        self.kind.is_some() || self.shape.is_some()
    }

    /// Whether a value that is there is as expected.
    pub(super) fn allows(&self, text: &str) -> bool {
        use super::cell::{Kind, kind, shape};
        let own = kind(text);
        let right_kind = match self.kind.as_deref() {
            Some("integer") => own == Kind::Integer,
            Some("decimal") => matches!(own, Kind::Integer | Kind::Decimal),
            Some("date") => own == Kind::Date,
            Some("boolean") => own == Kind::Boolean,
            _ => true,
        };
        right_kind && self.shape.as_deref().is_none_or(|wanted| shape(text) == wanted)
    }
}
