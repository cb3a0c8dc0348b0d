//! Numbers as a case gives them: each with evidence, or as an assumption with its author, reason and reviewer.

use rust_decimal::Decimal;
use rust_decimal::prelude::ToPrimitive;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::assumption::Assumption;
use crate::money::Currency;
use crate::workbook::Distribution;

/// A rate, factor, share or weight.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Given {
    #[serde(deserialize_with = "number")]
    #[schemars(with = "f64")]
    pub value: Decimal,
    /// The id of an evidence of the case.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub evidence: Option<String>,
    /// Stands where there is no evidence.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub assumption: Option<Assumption>,
    /// How uncertain the number is; point values use `value`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub distribution: Option<Distribution>,
}

/// A rate, factor, share or count over the periods: one `value` for all of them, `values` with one a period, or `first`
/// with `growth` per period.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct GivenSeries {
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "optional_number")]
    #[schemars(with = "Option<f64>")]
    pub value: Option<Decimal>,
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "numbers")]
    #[schemars(with = "Option<Vec<f64>>")]
    pub values: Option<Vec<Decimal>>,
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "optional_number")]
    #[schemars(with = "Option<f64>")]
    pub first: Option<Decimal>,
    /// Growth per period, as a share of the period before; with `first`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub growth: Option<Given>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub evidence: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub assumption: Option<Assumption>,
    /// How uncertain `value` or `first` is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub distribution: Option<Distribution>,
}

/// An amount of money.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct GivenMoney {
    #[serde(deserialize_with = "number")]
    #[schemars(with = "String")]
    pub amount: Decimal,
    pub currency: Currency,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub evidence: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub assumption: Option<Assumption>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub distribution: Option<Distribution>,
}

/// Amounts over the periods of a forecast: either `amounts`, one a period, or `first` with `growth` per period (no growth:
/// level amounts).
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct GivenStream {
    pub currency: Currency,
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "numbers")]
    #[schemars(with = "Option<Vec<String>>")]
    pub amounts: Option<Vec<Decimal>>,
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "optional_number")]
    #[schemars(with = "Option<String>")]
    pub first: Option<Decimal>,
    /// Growth per period, as a share of the period before: one value, or one for each period after the first.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub growth: Option<GivenSeries>,
    /// Multiplies every amount; how an uncertain level of the whole forecast is stated.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub level: Option<Given>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub evidence: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub assumption: Option<Assumption>,
    /// How uncertain `first` is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub distribution: Option<Distribution>,
}

/// A decimal written as a JSON number or as text.
#[derive(Deserialize)]
#[serde(untagged)]
enum Written {
    Text(String),
    Whole(i64),
    Real(f64),
}

impl Written {
    fn read<E: serde::de::Error>(self) -> Result<Decimal, E> {
        let read = match &self {
            Written::Text(text) => text.parse().ok(),
            Written::Whole(whole) => Some(Decimal::from(*whole)),
            Written::Real(real) => crate::money::exact_decimal(*real),
        };
        read.ok_or_else(|| E::custom("a decimal number is expected"))
    }
}

pub(crate) fn number<'de, D: serde::Deserializer<'de>>(from: D) -> Result<Decimal, D::Error> {
    Written::deserialize(from)?.read()
}

pub(crate) fn optional_number<'de, D: serde::Deserializer<'de>>(from: D) -> Result<Option<Decimal>, D::Error> {
    Option::<Written>::deserialize(from)?.map(Written::read).transpose()
}

pub(crate) fn numbers<'de, D: serde::Deserializer<'de>>(from: D) -> Result<Option<Vec<Decimal>>, D::Error> {
    let written = Option::<Vec<Written>>::deserialize(from)?;
    written.map(|list| list.into_iter().map(Written::read).collect()).transpose()
}

/// The number as a model reads it.
pub(crate) fn real(value: Decimal) -> f64 {
    value.to_f64().unwrap_or(f64::NAN)
}
