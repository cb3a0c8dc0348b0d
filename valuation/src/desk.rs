//! Where engines write their sheets: the case, the models at hand, and the workbook and bindings as they grow.

use chrono::NaiveDate;
use rust_decimal::Decimal;

use crate::assumption::Assumption;
use crate::case::{Case, PriceModels};
use crate::error::ValuationError;
use crate::evidence::Support;
use crate::given::{Given, GivenMoney, real};
use crate::money::Currency;
use crate::period::{Schedule, Step};
use crate::unit::Unit;
use crate::workbook::draft::SheetDraft;
use crate::workbook::{Axis, Binding, Bindings, Distribution, InputId, Quantity, RowRef, Workbook};

/// What a number may be; a number outside is refused with its field.
#[derive(Clone, Copy)]
pub(crate) enum Allowed {
    /// Zero or more.
    NotNegative,
    /// More than zero.
    Positive,
    /// From 0 to 1.
    Share,
    /// A yearly rate: above −1, at most 10.
    Rate,
    /// Any number: a forecast of income may hold losses.
    Any,
}

/// The state of one valuation in the making.
pub(crate) struct Desk<'a> {
    pub case: &'a Case,
    pub models: &'a PriceModels,
    pub workbook: Workbook,
    pub bindings: Bindings,
    /// Path of the method in the case, such as `methods[1]`.
    pub path: String,
    /// Name of the method in this case; the first part of its input ids.
    pub name: String,
}

impl<'a> Desk<'a> {
    pub fn new(case: &'a Case, models: &'a PriceModels) -> Self {
        Desk {
            case,
            models,
            workbook: Workbook::default(),
            bindings: Bindings::default(),
            path: String::new(),
            name: String::new(),
        }
    }

    /// The path of a member for error messages.
    pub fn field(&self, member: &str) -> String {
        if self.path.is_empty() { member.to_owned() } else { format!("{}.{member}", self.path) }
    }

    /// The id of a member's input.
    pub fn id(&self, member: &str) -> InputId {
        InputId(format!("{}.{member}", self.name))
    }

    /// The unit of the case's currency.
    pub fn money(&self) -> Unit {
        Unit::Money(self.case.currency)
    }

    /// `count` years, the first beginning on the day after the valuation date.
    pub fn years(&self, count: u32) -> Axis {
        let start = self.case.valuation_date.succ_opt().unwrap_or(NaiveDate::MAX);
        Axis::Time(Schedule { start, step: Step::Year, count })
    }

    /// What a number rests on: evidence of the case known at the valuation date, or a complete assumption.
    pub fn support(
        &self,
        member: &str,
        evidence: &Option<String>,
        assumption: &Option<Assumption>,
    ) -> Result<Support, ValuationError> {
        let field = self.field(member);
        if let Some(id) = evidence {
            let found = self.case.evidence.iter().find(|evidence| &evidence.id == id);
            let found =
                found.ok_or_else(|| ValuationError::UnknownEvidence { field: field.clone(), id: id.clone() })?;
            return self.known_by_then(&field, found.known_on).map(|()| Support::Evidence(id.clone()));
        }
        match assumption {
            Some(assumed) if ![&assumed.author, &assumed.reason, &assumed.reviewer].iter().any(|s| s.is_empty()) => {
                Ok(Support::Assumption(assumed.clone()))
            }
            _ => Err(ValuationError::MissingEvidence { field }),
        }
    }

    /// Market evidence must have been known or knowable at the valuation date.
    pub fn known_by_then(&self, field: &str, known: NaiveDate) -> Result<(), ValuationError> {
        let valuation = self.case.valuation_date;
        if known > valuation {
            return Err(ValuationError::EvidenceTooLate { field: field.to_owned(), known, valuation });
        }
        Ok(())
    }

    /// The currency must be that of the case.
    pub fn same_currency(&self, member: &str, found: Currency) -> Result<(), ValuationError> {
        let expected = self.case.currency;
        if found != expected {
            return Err(ValuationError::MixedCurrency { field: self.field(member), expected, found });
        }
        Ok(())
    }

    pub fn allowed(&self, member: &str, value: Decimal, allowed: Allowed) -> Result<(), ValuationError> {
        let (low, high) = match allowed {
            Allowed::NotNegative if value.is_sign_negative() && !value.is_zero() => {
                return Err(ValuationError::Negative { field: self.field(member), value: value.to_string() });
            }
            Allowed::Positive if value <= Decimal::ZERO => ("> 0", "∞"),
            Allowed::Share if value < Decimal::ZERO || value > Decimal::ONE => ("0", "1"),
            Allowed::Rate if value <= Decimal::NEGATIVE_ONE || value > Decimal::TEN => ("> -1", "10"),
            _ => return Ok(()),
        };
        let (low, high) = (low.to_owned(), high.to_owned());
        Err(ValuationError::OutOfRange { field: self.field(member), value: value.to_string(), low, high })
    }

    /// Binds a number under `member` and returns its input id.
    pub fn bind(&mut self, member: &str, quantity: Quantity, support: Support) -> InputId {
        let id = self.id(member);
        self.bindings.inputs.insert(id.clone(), Binding { quantity, support });
        id
    }

    /// Binds a rate, factor, share or weight.
    pub fn given(&mut self, member: &str, given: &Given, allowed: Allowed) -> Result<InputId, ValuationError> {
        self.allowed(member, given.value, allowed)?;
        let support = self.support(member, &given.evidence, &given.assumption)?;
        Ok(self.bind(member, uncertain(given.value, &given.distribution), support))
    }

    /// Binds an amount in the currency of the case.
    pub fn amount(&mut self, member: &str, given: &GivenMoney) -> Result<InputId, ValuationError> {
        self.same_currency(member, given.currency)?;
        self.allowed(member, given.amount, Allowed::NotNegative)?;
        let support = self.support(member, &given.evidence, &given.assumption)?;
        Ok(self.bind(member, uncertain(given.amount, &given.distribution), support))
    }

    /// Binds a number and writes its row under the member's own key.
    pub fn row(
        &mut self,
        sheet: &mut SheetDraft,
        member: &str,
        given: &Given,
        allowed: Allowed,
    ) -> Result<RowRef, ValuationError> {
        let id = self.given(member, given, allowed)?;
        Ok(sheet.input(member.rsplit('.').next().unwrap_or(member), Unit::Ratio, id))
    }

    /// Binds an amount and writes its row under the last name of the member.
    pub fn money_row(
        &mut self,
        sheet: &mut SheetDraft,
        member: &str,
        given: &GivenMoney,
    ) -> Result<RowRef, ValuationError> {
        let id = self.amount(member, given)?;
        Ok(sheet.input(member.rsplit('.').next().unwrap_or(member), self.money(), id))
    }
}

/// A certain number stays exact; an uncertain one is a model's number.
fn uncertain(value: Decimal, distribution: &Option<Distribution>) -> Quantity {
    match distribution {
        None => Quantity::Exact(value),
        Some(distribution) => Quantity::Uncertain { central: real(value), distribution: distribution.clone() },
    }
}
