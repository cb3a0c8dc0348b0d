//! What happens to a data resource, as one JSON object a line. The event says facts; the books decide what follows.

mod term;

use std::collections::BTreeMap;

use chrono::NaiveDate;
use rust_decimal::Decimal;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::money::Money;
use crate::recognition::account::Account;
use crate::recognition::criteria::Criterion;

pub use term::*;

/// One event.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct BookEvent {
    /// Made by the caller; the same id with another body is refused.
    pub id: String,
    /// The unit of account.
    pub asset: String,
    /// The day it took effect.
    pub on: NaiveDate,
    /// The books it concerns; every book where empty.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub books: Vec<String>,
    /// Needed where the period of `on` is closed already.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub late: Option<Late>,
    /// The event this one stands in for: that one counts no longer.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub replaces: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub voucher: Option<String>,
    /// Ids or SHA-256 of the documents it rests on.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub evidence: Vec<String>,
    /// A recorded valuation that the figures come from.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub valuation: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub author: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub note: Option<String>,
    pub event: Happening,
}

/// Why an event comes after its period was closed, and what follows from that.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Late {
    pub class: LateClass,
    /// Of an error: whether it is material, so that prior years are restated.
    #[serde(default)]
    pub material: bool,
    pub reason: String,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Happening {
    /// Bought, developed or otherwise obtained.
    Acquire(Acquire),
    /// More cost of an asset that is there.
    Spend(Spend),
    /// Ready for its intended use.
    Available(Available),
    /// Units used in the month, for amortisation by use.
    Use(Use),
    /// A review of life or residual: prospective.
    Estimate(Estimate),
    /// Recoverable amount at the end of the month.
    ImpairmentTest(Recoverable),
    /// A reversal of an earlier impairment at the end of the month.
    ImpairmentReversal(Recoverable),
    /// A revaluation to market or appraised value: refused.
    Revaluation(Revaluation),
    /// Net realisable value of inventory at the end of the month.
    NetRealisableValue(NetRealisableValue),
    /// Sale of inventory.
    Sale(Sale),
    /// Sale of an intangible.
    Disposal(Disposal),
    /// 失效: no further benefit.
    Lapse(Lapse),
    /// Handed over without consideration, such as to a group company.
    Transfer(Lapse),
    /// Revenue from licence, interface or subscription.
    Licence(Licence),
    /// A government grant related to the asset.
    Grant(Grant),
    /// Pledge or other limit on ownership or use: for the notes only.
    Restriction(Restriction),
    /// A voucher written by hand.
    Journal(Manual),
    /// The event it `replaces` never happened.
    Withdrawal(Lapse),
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Acquire {
    pub name: String,
    pub origin: Origin,
    pub held_for: HeldFor,
    /// Criterion → evidence; one without evidence is not met.
    #[serde(default)]
    pub criteria: BTreeMap<Criterion, Vec<String>>,
    #[serde(default)]
    pub basis: EntryBasis,
    /// Cost lines of purchased and self-developed data.
    #[serde(default)]
    pub lines: Vec<CostLine>,
    /// The entry amount of the other origins.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub amount: Option<Money>,
    /// The account credited for `amount`; 4001, 1122 or 2401 by origin where absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub against: Option<Account>,
    /// Contract or agreement that sets `amount`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub agreement: Option<String>,
    /// Appraisal report behind a fair or agreed value.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub report: Option<String>,
    /// From this day development expenditure is capitalised; from the first line where absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub capitalise_from: Option<NaiveDate>,
    /// Customer lists and items similar in substance: IAS 38.63.
    #[serde(default)]
    pub similar_to_customer_list: bool,
    /// Of inventory; 1 where absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub quantity: Option<Decimal>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct CostLine {
    pub class: CostClass,
    #[serde(default)]
    pub stage: Stage,
    pub amount: Money,
    /// Input VAT that is credited and no part of cost.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub input_tax: Option<Money>,
    /// The day of the line; the day of the event where absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub on: Option<NaiveDate>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub voucher: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub timesheet: Option<String>,
    /// The account credited: bank where absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub paid_from: Option<Account>,
    /// Opportunity cost, expected profit: part of an appraisal, never of a book.
    #[serde(default)]
    pub appraisal_only: bool,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Spend {
    pub lines: Vec<CostLine>,
    /// More units of inventory.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub quantity: Option<Decimal>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Available {
    /// Absent: 使用寿命不确定, not amortised, tested every year.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub life_months: Option<u32>,
    /// Other lives by book, such as the tax book's.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub life_by_book: BTreeMap<String, u32>,
    #[serde(default)]
    pub method: Method,
    #[serde(default)]
    pub convention: Convention,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub residual: Option<Money>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub residual_support: Option<ResidualSupport>,
    /// Months left of the contractual or legal right.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub right_months: Option<u32>,
    /// Why the life is longer than the right, or indefinite.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub life_reason: Option<String>,
    /// Where the charge goes: 6602 where absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub charge_to: Option<Account>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Use {
    pub units: Decimal,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Estimate {
    /// Months left, the month of the event included.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub remaining_months: Option<u32>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub residual: Option<Money>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub residual_support: Option<ResidualSupport>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub method: Option<Method>,
    pub reason: String,
}

/// The higher of the two is the recoverable amount; at least one is given.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Recoverable {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub fair_value_less_costs: Option<Money>,
    /// Pre-tax and in current condition; may be the conclusion of `valuation`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub value_in_use: Option<Money>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Revaluation {
    pub amount: Money,
}

/// Per unit, in the currency of the book. Held for production: price and costs of what is made of it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct NetRealisableValue {
    pub quantity: Decimal,
    pub unit_price: Decimal,
    pub unit_selling_costs: Decimal,
    #[serde(default)]
    pub unit_costs_to_complete: Decimal,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Sale {
    pub quantity: Decimal,
    pub revenue: Money,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub output_tax: Option<Money>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Disposal {
    pub proceeds: Money,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub output_tax: Option<Money>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Lapse {
    pub reason: String,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Licence {
    pub revenue: Money,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub output_tax: Option<Money>,
    /// 6001 or 6051; 6051 where absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub account: Option<Account>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Grant {
    pub amount: Money,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Restriction {
    pub what: String,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Manual {
    pub lines: Vec<ManualLine>,
}

/// One side is given.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ManualLine {
    pub account: Account,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub debit: Option<Money>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub credit: Option<Money>,
}
