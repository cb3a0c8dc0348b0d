//! Why a book refuses an event, a step or a file.

use thiserror::Error;

use crate::fault::{Fault, Place};

/// What can be wrong with events and books; `event` is the id of the event.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum BookError {
    #[error("{event}: {basis} is no cost of {origin} data")]
    ValueIsNotCost { event: String, origin: String, basis: String },
    #[error("{event}: {origin} data is not measured at {basis}")]
    Measure { event: String, origin: String, basis: String },
    #[error("{event}: {name} is missing")]
    Missing { event: String, name: String },
    #[error("{event}: an impairment of an intangible is not reversed in {book}")]
    ReversalForbidden { event: String, book: String },
    #[error("{event}: no revaluation without an active market")]
    Revaluation { event: String },
    #[error("{event}: amortisation by revenue")]
    RevenueBased { event: String },
    #[error("{event}: residual {residual} without a committed buyer")]
    Residual { event: String, residual: String },
    #[error("{event}: life of {life} months, right of {right}")]
    LifeBeyondRight { event: String, life: u32, right: u32 },
    #[error("{event}: {value} months are no life")]
    Life { event: String, value: u32 },
    #[error("{event}: {field} {value} is out of range")]
    Amount { event: String, field: String, value: String },
    #[error("{event}: {found} in a book in {expected}")]
    Currency { event: String, expected: String, found: String },
    #[error("{event}: debits {debit}, credits {credit}")]
    Unbalanced { event: String, debit: String, credit: String },
    #[error("{event}: {account} is kept by events, not by hand")]
    ControlAccount { event: String, account: String },
    #[error("{event}: a line has both sides or none")]
    TwoSided { event: String },
    #[error("{event}: {asset} is not recognised by {on}")]
    BeforeRecognition { event: String, asset: String, on: String },
    #[error("{event}: {asset} is already {state}")]
    Already { event: String, asset: String, state: String },
    #[error("{event}: does not fit {asset}, which is {state}")]
    WrongState { event: String, asset: String, state: String },
    #[error("{event}: {wanted} of {held}")]
    Quantity { event: String, wanted: String, held: String },
    #[error("{event}: {period} is closed and the event is not classified")]
    Unclassified { event: String, period: String },
    #[error("{event}: {period} is locked")]
    Locked { event: String, period: String },
    #[error("{event}: {period} is before the first period {first}")]
    TooEarly { event: String, period: String, first: String },
    #[error("{period} is not the next period {expected}")]
    PeriodOrder { period: String, expected: String },
    #[error("{name} is no {what} of this book")]
    Unknown { event: String, what: String, name: String, known: String },
    #[error("event {event} is there with another body")]
    OtherBody { event: String },
    #[error("voucher {voucher}: {check}: {found}")]
    Export { voucher: String, check: String, found: String },
}

impl BookError {
    fn subject(&self) -> Option<&str> {
        use BookError as E;
        match self {
            E::ValueIsNotCost { event, .. }
            | E::Measure { event, .. }
            | E::Missing { event, .. }
            | E::ReversalForbidden { event, .. }
            | E::Revaluation { event }
            | E::RevenueBased { event }
            | E::Residual { event, .. }
            | E::LifeBeyondRight { event, .. }
            | E::Life { event, .. }
            | E::Amount { event, .. }
            | E::Currency { event, .. }
            | E::Unbalanced { event, .. }
            | E::TwoSided { event }
            | E::ControlAccount { event, .. }
            | E::BeforeRecognition { event, .. }
            | E::Already { event, .. }
            | E::WrongState { event, .. }
            | E::Quantity { event, .. }
            | E::Unclassified { event, .. }
            | E::Locked { event, .. }
            | E::TooEarly { event, .. }
            | E::Unknown { event, .. }
            | E::OtherBody { event } => Some(event),
            E::Export { voucher, .. } => Some(voucher),
            E::PeriodOrder { .. } => None,
        }
    }
}

impl Fault for BookError {
    fn code(&self) -> &'static str {
        match self {
            BookError::ValueIsNotCost { .. } => "book_value_is_not_cost",
            BookError::Measure { .. } => "book_measure",
            BookError::Missing { .. } => "book_missing",
            BookError::ReversalForbidden { .. } => "book_reversal_forbidden",
            BookError::Revaluation { .. } => "book_revaluation",
            BookError::RevenueBased { .. } => "book_revenue_based",
            BookError::Residual { .. } => "book_residual",
            BookError::LifeBeyondRight { .. } => "book_life_beyond_right",
            BookError::Life { .. } => "book_life",
            BookError::Amount { .. } => "book_amount",
            BookError::Currency { .. } => "book_currency",
            BookError::Unbalanced { .. } => "book_unbalanced",
            BookError::TwoSided { .. } => "book_two_sided",
            BookError::ControlAccount { .. } => "book_control_account",
            BookError::BeforeRecognition { .. } => "book_before_recognition",
            BookError::Already { .. } => "book_already",
            BookError::WrongState { .. } => "book_wrong_state",
            BookError::Quantity { .. } => "book_quantity",
            BookError::Unclassified { .. } => "book_unclassified",
            BookError::Locked { .. } => "book_locked",
            BookError::TooEarly { .. } => "book_too_early",
            BookError::PeriodOrder { .. } => "book_period_order",
            BookError::Unknown { .. } => "book_unknown",
            BookError::OtherBody { .. } => "book_other_body",
            BookError::Export { .. } => "book_export",
        }
    }

    fn place(&self) -> Place {
        Place { field: self.subject().map(str::to_owned), ..Place::default() }
    }

    fn places(&self) -> Vec<(&'static str, String)> {
        use BookError as E;
        let mut places = vec![("event", self.subject().unwrap_or_default().to_owned())];
        let mut add = |more: &[(&'static str, &String)]| places.extend(more.iter().map(|(k, v)| (*k, (*v).clone())));
        match self {
            E::ValueIsNotCost { origin, basis, .. } | E::Measure { origin, basis, .. } => {
                add(&[("origin", origin), ("basis", basis)]);
            }
            E::ControlAccount { account, .. } => add(&[("account", account)]),
            E::Missing { name, .. } => add(&[("name", name)]),
            E::ReversalForbidden { book, .. } => add(&[("book", book)]),
            E::Residual { residual, .. } => add(&[("residual", residual)]),
            E::LifeBeyondRight { life, right, .. } => {
                add(&[("life", &life.to_string()), ("right", &right.to_string())]);
            }
            E::Life { value, .. } => add(&[("value", &value.to_string())]),
            E::Amount { field, value, .. } => add(&[("field", field), ("value", value)]),
            E::Currency { expected, found, .. } => add(&[("expected", expected), ("found", found)]),
            E::Unbalanced { debit, credit, .. } => add(&[("debit", debit), ("credit", credit)]),
            E::BeforeRecognition { asset, on, .. } => add(&[("asset", asset), ("on", on)]),
            E::Already { asset, state, .. } | E::WrongState { asset, state, .. } => {
                add(&[("asset", asset), ("state", state)]);
            }
            E::Quantity { wanted, held, .. } => add(&[("wanted", wanted), ("held", held)]),
            E::Unclassified { period, .. } | E::Locked { period, .. } => add(&[("period", period)]),
            E::TooEarly { period, first, .. } => add(&[("period", period), ("first", first)]),
            E::PeriodOrder { period, expected } => add(&[("period", period), ("expected", expected)]),
            E::Unknown { what, name, known, .. } => add(&[("what", what), ("name", name), ("known", known)]),
            E::Export { check, found, .. } => add(&[("check", check), ("found", found)]),
            E::Revaluation { .. } | E::RevenueBased { .. } | E::TwoSided { .. } | E::OtherBody { .. } => {}
        }
        places
    }
}
