//! Asset classes: what is typical of a kind of data asset, as data and not as code.
//!
//! Three classes are shipped (`valuation/classes/*.json`); a case may carry a class of its own in the same format, so a new
//! class needs no code. A class holds no coefficients: what is typical is asked for, never filled in.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::cost::line::{CostClass, Stage};
use crate::life::fit::Curve;
use crate::method::MethodName;

/// A class by the name of a shipped one, or the class itself.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(untagged)]
pub enum ClassOf {
    Named(String),
    Own(Box<AssetClass>),
}

/// What is typical of a class of data assets.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct AssetClass {
    /// Such as `weather`.
    pub name: String,
    pub label: Label,
    /// Attributes that an appraiser expects among `asset.attributes`.
    pub attributes: Vec<TypicalAttribute>,
    /// What the cost follows.
    pub cost_drivers: Vec<CostDriver>,
    /// How the value wears off.
    pub decay: TypicalDecay,
    /// Methods that suit the class, with the reason.
    pub methods: Vec<SuitableMethod>,
}

/// A word in both languages.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Label {
    pub zh: String,
    pub en: String,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct TypicalAttribute {
    /// The name among `asset.attributes`.
    pub name: String,
    pub label: Label,
    /// Whether a case of the class that lacks it is told so.
    pub required: bool,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct CostDriver {
    pub label: Label,
    pub class: CostClass,
    pub stage: Stage,
}

/// The curve that suits, and why; its parameters are fitted to evidence or stated with it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct TypicalDecay {
    pub curve: Curve,
    pub reason: Label,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct SuitableMethod {
    pub method: MethodName,
    pub reason: Label,
}

const SHIPPED: [&str; 3] = [
    include_str!("../../classes/weather.json"),
    include_str!("../../classes/tourism_flow.json"),
    include_str!("../../classes/enterprise_credit.json"),
];

impl AssetClass {
    /// The classes that are shipped.
    ///
    /// ```
    /// use valuation::asset::class::AssetClass;
    /// let names: Vec<String> = AssetClass::shipped().into_iter().map(|class| class.name).collect();
    /// assert_eq!(names, ["weather", "tourism_flow", "enterprise_credit"]);
    /// ```
    pub fn shipped() -> Vec<AssetClass> {
        SHIPPED.iter().filter_map(|text| serde_json::from_str(text).ok()).collect()
    }
}

impl ClassOf {
    /// The class; `None` where no shipped class has the name.
    pub fn class(&self) -> Option<AssetClass> {
        match self {
            ClassOf::Own(class) => Some((**class).clone()),
            ClassOf::Named(name) => AssetClass::shipped().into_iter().find(|class| class.name == *name),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_shipped_class_is_read() {
        assert_eq!(AssetClass::shipped().len(), SHIPPED.len());
    }
}
