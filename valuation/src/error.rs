//! What can be wrong with a case.

use chrono::NaiveDate;
use thiserror::Error;

use crate::contribution::error::ContributionError;
use crate::fault::{Fault, Place};
use crate::market::price_model::PriceModelError;
use crate::money::Currency;
use crate::public_data::error::PublicDataError;
use crate::rate::RateBasis;
use crate::workbook::WorkbookError;

/// Why a case was refused; `field` is a path such as `methods[1].royalty_rate`.
#[derive(Clone, Debug, PartialEq, Error)]
pub enum ValuationError {
    #[error("line {line:?}: the case cannot be read: {said}")]
    Unreadable { line: Option<u64>, said: String },
    #[error("{field}: unknown field; nearest known name {nearest:?}")]
    UnknownField { field: String, line: Option<u64>, name: String, nearest: Option<String> },
    #[error("{field}: {said}")]
    Malformed { field: String, line: Option<u64>, said: String },
    #[error("{field}: member missing")]
    Missing { field: String, line: Option<u64>, name: String },
    #[error("{field}: neither evidence nor assumption")]
    MissingEvidence { field: String },
    #[error("{field}: evidence {id} is not in the case")]
    UnknownEvidence { field: String, id: String },
    #[error("{field}: {found} in a case in {expected}")]
    MixedCurrency { field: String, expected: Currency, found: Currency },
    #[error("{field}: {value} is not a finite number")]
    NotFinite { field: String, value: String },
    #[error("{field}: {value} is negative")]
    Negative { field: String, value: String },
    #[error("{field}: {value} is not between {low} and {high}")]
    OutOfRange { field: String, value: String, low: String, high: String },
    #[error("{field}: cash flow {cash_flow:?}, discount rate {rate:?}")]
    RateBasis { field: String, cash_flow: RateBasis, rate: RateBasis },
    #[error("{field}: growth {growth} is not below the discount rate {rate}")]
    GrowthNotBelowRate { field: String, growth: String, rate: String },
    #[error("{field}: {later} should not be after {earlier}")]
    DatesOutOfOrder { field: String, earlier: NaiveDate, later: NaiveDate },
    #[error("{field}: known only on {known}, after the valuation date {valuation}")]
    EvidenceTooLate { field: String, known: NaiveDate, valuation: NaiveDate },
    #[error("{field}: the weights add up to {sum}")]
    Weights { field: String, sum: String },
    #[error("{field}: `{name}` is not a method of the case")]
    UnknownMethod { field: String, name: String },
    #[error("{field}: `{name}` stands twice")]
    Twice { field: String, name: String },
    #[error("{field}: no uncertain input is called `{name}`")]
    UnknownInput { field: String, name: String, nearest: Option<String> },
    #[error("{field}: price model `{id}` is not at hand")]
    UnknownModel { field: String, id: String },
    #[error("{field}: {rule:?} {value} {limit}")]
    Refused { rule: Rule, field: String, value: String, limit: String },
    #[error("{field}: {error}")]
    PriceModel { field: String, error: PriceModelError },
    #[error(transparent)]
    Workbook(#[from] WorkbookError),
    #[error(transparent)]
    Contribution(#[from] ContributionError),
    #[error(transparent)]
    PublicData(#[from] PublicDataError),
}

/// The rules of method that a case may offend.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Rule {
    /// A perpetuity for an asset that wears out or whose life ends.
    WastingPerpetuity,
    /// A forecast beyond the end of rights, contracts or technology, without a reason.
    LifeBeyondRight,
    /// A right that has ended at the valuation date.
    RightExpired,
    /// Two excess-earnings methods on one revenue.
    SameRevenueTwice,
    /// A return of a contributory asset whose wear is in the margin already.
    ReturnOfTwice,
    /// Opportunity cost and developer's profit on the same capital.
    CapitalRewardedTwice,
    /// Correlations that no inputs can have; the nearest possible ones are offered.
    CorrelationImpossible,
    /// Something on the negative list blocks pricing.
    AssetBlocked,
}

impl ValuationError {
    /// A refusal by a rule: the value that offends and the limit it offends.
    pub(crate) fn refused(rule: Rule, field: String, value: &str, limit: &str) -> ValuationError {
        ValuationError::Refused { rule, field, value: value.to_owned(), limit: limit.to_owned() }
    }
}

fn opt(nearest: &Option<String>) -> String {
    nearest.clone().unwrap_or_else(|| "—".to_owned())
}

impl Fault for ValuationError {
    fn code(&self) -> &'static str {
        match self {
            ValuationError::Unreadable { .. } => "case_unreadable",
            ValuationError::UnknownField { .. } => "unknown_field",
            ValuationError::Malformed { .. } => "malformed_value",
            ValuationError::Missing { .. } => "missing_field",
            ValuationError::MissingEvidence { .. } => "missing_evidence",
            ValuationError::UnknownEvidence { .. } => "unknown_evidence",
            ValuationError::MixedCurrency { .. } => "mixed_currency",
            ValuationError::NotFinite { .. } => "not_finite",
            ValuationError::Negative { .. } => "negative_value",
            ValuationError::OutOfRange { .. } => "out_of_range",
            ValuationError::RateBasis { .. } => "rate_basis_mismatch",
            ValuationError::GrowthNotBelowRate { .. } => "growth_not_below_rate",
            ValuationError::DatesOutOfOrder { .. } => "dates_out_of_order",
            ValuationError::EvidenceTooLate { .. } => "evidence_too_late",
            ValuationError::Weights { .. } => "weights_not_one",
            ValuationError::UnknownMethod { .. } => "unknown_method",
            ValuationError::Twice { .. } => "stands_twice",
            ValuationError::UnknownInput { .. } => "unknown_input",
            ValuationError::UnknownModel { .. } => "unknown_model",
            ValuationError::Refused { rule, .. } => match rule {
                Rule::WastingPerpetuity => "wasting_perpetuity",
                Rule::LifeBeyondRight => "life_beyond_right",
                Rule::RightExpired => "right_expired",
                Rule::SameRevenueTwice => "same_revenue_twice",
                Rule::ReturnOfTwice => "return_of_twice",
                Rule::CapitalRewardedTwice => "capital_rewarded_twice",
                Rule::CorrelationImpossible => "correlation_impossible",
                Rule::AssetBlocked => "asset_blocked",
            },
            ValuationError::PriceModel { error, .. } => error.code(),
            ValuationError::Workbook(error) => error.code(),
            ValuationError::Contribution(error) => error.code(),
            ValuationError::PublicData(error) => error.code(),
        }
    }

    fn place(&self) -> Place {
        use ValuationError as E;
        let (field, line) = match self {
            E::Unreadable { line, .. } => (None, *line),
            E::UnknownField { field, line, .. } | E::Malformed { field, line, .. } | E::Missing { field, line, .. } => {
                (Some(field.clone()), *line)
            }
            E::MissingEvidence { field }
            | E::UnknownEvidence { field, .. }
            | E::MixedCurrency { field, .. }
            | E::NotFinite { field, .. }
            | E::Negative { field, .. }
            | E::OutOfRange { field, .. }
            | E::RateBasis { field, .. }
            | E::GrowthNotBelowRate { field, .. }
            | E::DatesOutOfOrder { field, .. }
            | E::EvidenceTooLate { field, .. }
            | E::Weights { field, .. }
            | E::UnknownMethod { field, .. }
            | E::Twice { field, .. }
            | E::UnknownInput { field, .. }
            | E::UnknownModel { field, .. }
            | E::Refused { field, .. }
            | E::PriceModel { field, .. } => (Some(field.clone()), None),
            E::Workbook(error) => return error.place(),
            E::Contribution(error) => return error.place(),
            E::PublicData(error) => return error.place(),
        };
        Place { file: None, line, field }
    }

    fn places(&self) -> Vec<(&'static str, String)> {
        use ValuationError as E;
        let mut places = vec![("field", self.place().field.unwrap_or_default())];
        places.extend(match self {
            E::Unreadable { said, .. } | E::Malformed { said, .. } => vec![("said", said.clone())],
            E::PriceModel { error, .. } => error.places(),
            E::UnknownField { name, nearest, .. } | E::UnknownInput { name, nearest, .. } => {
                vec![("name", name.clone()), ("nearest", opt(nearest))]
            }
            E::Missing { name, .. } | E::UnknownMethod { name, .. } | E::Twice { name, .. } => {
                vec![("name", name.clone())]
            }
            E::MissingEvidence { .. } => vec![],
            E::UnknownEvidence { id, .. } | E::UnknownModel { id, .. } => vec![("id", id.clone())],
            E::MixedCurrency { expected, found, .. } => {
                vec![("expected", expected.to_string()), ("found", found.to_string())]
            }
            E::NotFinite { value, .. } | E::Negative { value, .. } => vec![("value", value.clone())],
            E::OutOfRange { value, low, high, .. } => {
                vec![("value", value.clone()), ("low", low.clone()), ("high", high.clone())]
            }
            E::RateBasis { cash_flow, rate, .. } => {
                vec![("cash_flow", cash_flow.to_string()), ("rate", rate.to_string())]
            }
            E::GrowthNotBelowRate { growth, rate, .. } => vec![("growth", growth.clone()), ("rate", rate.clone())],
            E::DatesOutOfOrder { earlier, later, .. } => {
                vec![("earlier", earlier.to_string()), ("later", later.to_string())]
            }
            E::EvidenceTooLate { known, valuation, .. } => {
                vec![("known", known.to_string()), ("valuation", valuation.to_string())]
            }
            E::Refused { value, limit, .. } => vec![("value", value.clone()), ("limit", limit.clone())],
            E::Weights { sum, .. } => vec![("sum", sum.clone())],
            E::Workbook(error) => return error.places(),
            E::Contribution(error) => return error.places(),
            E::PublicData(error) => return error.places(),
        });
        places
    }
}
