//! What is divided, and by which terms: the file of `share split`.

use std::collections::BTreeMap;

use chrono::NaiveDate;
use rust_decimal::Decimal;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::money::{Money, exact_decimal};

/// A decimal, written as a JSON number or as text.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(from = "Written", into = "String")]
#[schemars(with = "Written")]
pub struct Number(pub Decimal);

/// How a [`Number`] is written.
#[derive(Deserialize, JsonSchema)]
#[serde(untagged)]
pub enum Written {
    Text(#[schemars(with = "String")] Decimal),
    Real(f64),
}

impl From<Written> for Number {
    fn from(written: Written) -> Number {
        Number(match written {
            Written::Text(exact) => exact,
            // What is too large or no number is refused by every use, as it is the largest number there is.
            Written::Real(real) => exact_decimal(real).unwrap_or(Decimal::MAX),
        })
    }
}

impl From<Number> for String {
    fn from(number: Number) -> String {
        number.0.to_string()
    }
}

/// How the till is divided: the file of `share split`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct SplitRequest {
    /// What is divided.
    pub till: Money,
    /// Contribution of each owner, in any unit; or `shares`.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub values: BTreeMap<String, Number>,
    /// Shares of the till, which sum to 1.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub shares: BTreeMap<String, Number>,
    /// Standard errors of the values.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub std_error: BTreeMap<String, Number>,
    /// The smallest amount that is paid; the minor unit of the currency where absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub unit: Option<Number>,
    /// What an owner gets at least; rounded up to the unit.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub floors: BTreeMap<String, Number>,
    /// What an owner gets at most; rounded down to the unit.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub caps: BTreeMap<String, Number>,
    /// What a negative value means; needed where there is one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub negative: Option<NegativeRule>,
    /// Shares of the till that a rule gives to someone before anything is divided.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub statutory: Vec<Statutory>,
    /// What owners agreed on instead of what they contributed.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub agreements: Vec<Agreement>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub holdback: Option<Holdback>,
    /// What was paid out of this till before, for earlier estimates.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub paid_before: BTreeMap<String, Number>,
}

/// What a negative value means.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum NegativeRule {
    /// It counts as 0; the others divide the till by their values.
    Zero,
    /// Its owner pays in, and the others divide the more.
    Charge,
}

/// A share of the till by law or by the terms of authorisation.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Statutory {
    pub party: String,
    pub share: Number,
    /// The rule, with its number.
    pub document: String,
}

/// A term that goes before the values, with its record.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Agreement {
    pub owner: String,
    /// A share of the till, or `amount`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub share: Option<Number>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub amount: Option<Number>,
    pub document: String,
    pub agreed_on: NaiveDate,
    pub reason: String,
}

/// Part of a payment that is kept until the estimate is better: so many standard errors, at most the payment.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Holdback {
    pub multiple: Number,
    pub reason: String,
}
