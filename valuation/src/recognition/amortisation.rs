//! Amortisation of a data resource recognised as an intangible asset, month by month.

use chrono::{Datelike, NaiveDate};
use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};

use crate::error::ValuationError;
use crate::evidence::{Support, Supported};
use crate::money::Currency;
use crate::period::{Schedule, Step};
use crate::unit::Unit;
use crate::workbook::draft::SheetDraft;
use crate::workbook::{
    Arithmetic, Axis, Binding, Bindings, Compare, Expr, InputId, Over, Quantity, RowRef, Run, Workbook,
};

const CAS_6: &str = "《企业会计准则第6号——无形资产》";
const CAS_8: &str = "《企业会计准则第8号——资产减值》";
const CAS_28: &str = "《企业会计准则第28号——会计政策、会计估计变更和差错更正》";

/// The longest schedule, in months.
const LONGEST: u32 = 1_200;

/// Straight line to the residual, from the month of availability (a full month) on, with impairments and changes of life.
///
/// * The monthly charge is `Round((carrying amount − residual) / remaining months)`; it is set at the start, in the month
///   after an impairment and in the month a life changes (prospectively), and stays between. The last month takes the
///   remainder, so that the carrying amount ends exactly at the residual.
/// * An impairment is tested at the end of its month, after that month's charge. The recoverable amount is the higher of
///   fair value less costs of disposal and value in use; a recoverable amount above the carrying amount changes nothing:
///   impairments are not reversed. After an impairment below the residual nothing is charged.
/// * All amounts are decimals rounded to the minor unit, so that schedule, ledger and spreadsheet agree to the cent.
///
/// Inputs by id: `cost`, `residual`, `life_months`, `impairment.N.month`, `impairment.N.fair_value_less_costs`,
/// `impairment.N.value_in_use`, `life_change.N.month`, `life_change.N.remaining_months` (N from 1). They may differ from
/// lane to lane within the horizon; a lane whose life is longer than the horizon fails the check `amortised_to_residual`.
///
/// # Errors
/// Negative amounts, a residual above the cost, a life or an event month outside 1 … 1,200.
///
/// Source: 《企业会计准则第6号——无形资产》 (amortisation from availability, residual), 《企业会计准则第8号——资产减值》 (recoverable
/// amount, no reversal), 《企业会计准则第28号》 (change of estimate: prospective).
///
/// ```
/// use chrono::NaiveDate;
/// use rust_decimal::Decimal;
/// use valuation::evidence::{Support, Supported};
/// use valuation::money::Currency;
/// use valuation::recognition::amortisation::Amortisation;
/// use valuation::workbook::calculate;
/// fn booked<T>(value: T) -> Supported<T> {
///     Supported { value, support: Support::Evidence("E1".into()) }
/// }
/// let terms = Amortisation {
///     currency: Currency::CNY,
///     cost: booked(Decimal::from(1000)),
///     residual: booked(Decimal::ZERO),
///     life_months: booked(3),
///     available_on: NaiveDate::from_ymd_opt(2026, 7, 15).unwrap(),
///     impairments: vec![],
///     life_changes: vec![],
///     horizon: None,
/// };
/// let schedule = terms.schedule().unwrap();
/// let point = calculate(&schedule.workbook, &schedule.bindings).unwrap();
/// let charged: Vec<_> = (0..3).map(|m| point.number(schedule.amortisation, m).real()).collect();
/// assert_eq!(charged, [333.33, 333.33, 333.34]);
/// ```
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Amortisation {
    pub currency: Currency,
    /// 账面原值
    pub cost: Supported<Decimal>,
    /// 预计净残值: 0 unless a third party is committed to buy or an active market exists.
    pub residual: Supported<Decimal>,
    /// 使用寿命, months.
    pub life_months: Supported<u32>,
    /// The day the asset became available for use; its month is charged in full.
    pub available_on: NaiveDate,
    #[serde(default)]
    pub impairments: Vec<ImpairmentTest>,
    #[serde(default)]
    pub life_changes: Vec<LifeChange>,
    /// Months of the schedule; without it, as many as these terms need.
    #[serde(default)]
    pub horizon: Option<u32>,
}

/// An impairment test at the end of a month of the schedule.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ImpairmentTest {
    /// Counted from 1.
    pub month: u32,
    /// 公允价值减去处置费用后的净额
    pub fair_value_less_costs: Supported<Decimal>,
    /// 预计未来现金流量的现值
    pub value_in_use: Supported<Decimal>,
}

/// A change of the remaining life from the beginning of a month of the schedule.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LifeChange {
    /// Counted from 1; the first month charged by the new life.
    pub month: u32,
    /// Months left, `month` included.
    pub remaining_months: Supported<u32>,
}

/// The schedule as a workbook, and the rows that books read.
#[derive(Clone, Debug, PartialEq)]
pub struct AmortisationSchedule {
    pub workbook: Workbook,
    pub bindings: Bindings,
    /// Charge of each month.
    pub amortisation: RowRef,
    pub accumulated_amortisation: RowRef,
    pub impairment_loss: RowRef,
    pub accumulated_impairment: RowRef,
    /// Carrying amount at the end of each month.
    pub closing_carrying: RowRef,
    /// Carrying amount at the end of the schedule.
    pub final_carrying: RowRef,
}

/// Rows of the terms that the months read.
struct Terms {
    cost: RowRef,
    residual: RowRef,
    life: RowRef,
    /// Month and recoverable amount of each test.
    tests: Vec<(RowRef, RowRef)>,
    /// Month and remaining months of each change.
    changes: Vec<(RowRef, RowRef)>,
}

impl Amortisation {
    /// Writes the schedule.
    ///
    /// Source: 《企业会计准则第6号——无形资产》, 《企业会计准则第8号——资产减值》, 《企业会计准则第28号》.
    pub fn schedule(&self) -> Result<AmortisationSchedule, ValuationError> {
        self.check()?;
        let mut bindings = Bindings::default();
        let mut workbook = Workbook::default();
        let mut sheet = SheetDraft::begin(&workbook, "amortisation", None, Arithmetic::Books);
        sheet.block(Axis::One, Run::Forward);
        let terms = self.terms(&mut sheet, &mut bindings);
        let start = self.available_on.with_day(1).unwrap_or(self.available_on);
        let count = self.horizon.unwrap_or_else(|| self.months_needed());
        sheet.block(Axis::Time(Schedule { start, step: Step::Month, count }), Run::Forward);
        let rows = self.months(&mut sheet, &terms);
        sheet.block(Axis::One, Run::Forward);
        let final_carrying = self.close(&mut sheet, &terms, &rows, count);
        sheet.finish(&mut workbook);
        Ok(AmortisationSchedule {
            workbook,
            bindings,
            amortisation: rows.amortisation,
            accumulated_amortisation: rows.accumulated_amortisation,
            impairment_loss: rows.impairment_loss,
            accumulated_impairment: rows.accumulated_impairment,
            closing_carrying: rows.closing,
            final_carrying,
        })
    }

    fn check(&self) -> Result<(), ValuationError> {
        let amounts = [("cost".to_owned(), &self.cost), ("residual".to_owned(), &self.residual)];
        let tested = self.impairments.iter().enumerate().flat_map(|(i, test)| {
            [
                (format!("impairments[{i}].fair_value_less_costs"), &test.fair_value_less_costs),
                (format!("impairments[{i}].value_in_use"), &test.value_in_use),
            ]
        });
        for (field, amount) in amounts.into_iter().chain(tested) {
            if amount.value < Decimal::ZERO {
                return Err(ValuationError::Negative { field, value: amount.value.to_string() });
            }
        }
        if self.residual.value > self.cost.value {
            let (low, high) = ("0".to_owned(), self.cost.value.to_string());
            let value = self.residual.value.to_string();
            return Err(ValuationError::OutOfRange { field: "residual".to_owned(), value, low, high });
        }
        let horizon = self.horizon.map(|months| ("horizon".to_owned(), months));
        let tests = self.impairments.iter().enumerate().map(|(i, t)| (format!("impairments[{i}].month"), t.month));
        let changes = self.life_changes.iter().enumerate().flat_map(|(i, change)| {
            [
                (format!("life_changes[{i}].month"), change.month),
                (format!("life_changes[{i}].remaining_months"), change.remaining_months.value),
            ]
        });
        let life = [("life_months".to_owned(), self.life_months.value)];
        for (field, months) in life.into_iter().chain(horizon).chain(tests).chain(changes) {
            if !(1..=LONGEST).contains(&months) {
                let (low, high) = ("1".to_owned(), LONGEST.to_string());
                return Err(ValuationError::OutOfRange { field, value: months.to_string(), low, high });
            }
        }
        Ok(())
    }

    /// Months until the last charge: each change of life that comes before the end moves the end.
    fn months_needed(&self) -> u32 {
        let mut changes: Vec<&LifeChange> = self.life_changes.iter().collect();
        changes.sort_by_key(|change| change.month);
        let mut end = self.life_months.value;
        for change in changes {
            if change.month <= end + 1 {
                end = change.month - 1 + change.remaining_months.value;
            }
        }
        self.impairments.iter().map(|test| test.month).chain([end]).max().unwrap_or(end)
    }

    fn terms(&self, sheet: &mut SheetDraft, bindings: &mut Bindings) -> Terms {
        let money = Unit::Money(self.currency);
        let mut input = |sheet: &mut SheetDraft, key: &str, unit, id: String, value: Decimal, support: &Support| {
            let id = InputId(id);
            let binding = Binding { quantity: Quantity::Exact(value), support: support.clone() };
            bindings.inputs.insert(id.clone(), binding);
            sheet.input(key, unit, id)
        };
        let cost = input(sheet, "book_cost", money, "cost".into(), self.cost.value, &self.cost.support);
        sheet.cite(CAS_6);
        let residual = &self.residual;
        let residual = input(sheet, "residual_value", money, "residual".into(), residual.value, &residual.support);
        sheet.cite(CAS_6);
        let life = self.life_months.value.into();
        let life = input(sheet, "life_months", Unit::Months, "life_months".into(), life, &self.life_months.support);
        sheet.cite(CAS_6);
        let mut tests = Vec::new();
        for (index, test) in self.impairments.iter().enumerate() {
            let (number, fair, use_value) = (index + 1, &test.fair_value_less_costs, &test.value_in_use);
            let id = |member: &str| format!("impairment.{number}.{member}");
            let about = |sheet: &mut SheetDraft| sheet.about(&number.to_string());
            let month = test.month.into();
            let month = input(sheet, "impairment_month", Unit::Months, id("month"), month, &fair.support);
            about(sheet);
            let fair_id = id("fair_value_less_costs");
            let fair = input(sheet, "fair_value_less_costs", money, fair_id, fair.value, &fair.support);
            about(sheet);
            let used_id = id("value_in_use");
            let used = input(sheet, "value_in_use", money, used_id, use_value.value, &use_value.support);
            about(sheet);
            let recoverable = sheet.formula("recoverable_amount", money, Expr::from(fair).max(used.into()));
            about(sheet);
            sheet.cite(CAS_8);
            tests.push((month, recoverable));
        }
        let mut changes = Vec::new();
        for (index, change) in self.life_changes.iter().enumerate() {
            let (number, left) = (index + 1, &change.remaining_months);
            let id = |member: &str| format!("life_change.{number}.{member}");
            let month = change.month.into();
            let month = input(sheet, "life_change_month", Unit::Months, id("month"), month, &left.support);
            sheet.about(&number.to_string());
            let value = left.value.into();
            let left = input(sheet, "revised_months", Unit::Months, id("remaining_months"), value, &left.support);
            sheet.about(&number.to_string());
            sheet.cite(CAS_28);
            changes.push((month, left));
        }
        Terms { cost, residual, life, tests, changes }
    }

    fn months(&self, sheet: &mut SheetDraft, terms: &Terms) -> Months {
        let money = Unit::Money(self.currency);
        let places = self.currency.minor_places();
        let zero = || Expr::number(0);
        let opening = sheet.next_row(0);
        let rows = Months {
            amortisation: sheet.next_row(5),
            accumulated_amortisation: sheet.next_row(6),
            impairment_loss: sheet.next_row(9),
            accumulated_impairment: sheet.next_row(10),
            closing: sheet.next_row(11),
        };
        sheet.recurrence("opening_carrying", money, terms.cost.into(), Expr::Prev(rows.closing));
        let depreciable = (Expr::from(opening) - terms.residual.into()).max(zero());
        let depreciable = sheet.formula("depreciable", money, depreciable);
        let remaining = sheet.next_row(0);
        let counted = (Expr::Prev(remaining) - Expr::number(1)).max(zero());
        let (start, each) = (in_month(&terms.changes, terms.life.into()), in_month(&terms.changes, counted));
        sheet.recurrence("remaining_months", Unit::Months, start, each);
        let changed: Vec<_> = terms.changes.iter().map(|(month, _)| (*month, Expr::number(1))).collect();
        let impaired = Expr::Prev(rows.impairment_loss).compare(Compare::Greater, zero());
        let set = impaired.if_else(Expr::number(1), in_month(&changed, zero()));
        let set = sheet.recurrence("charge_set", Unit::Flag, Expr::number(1), set);
        let level = sheet.next_row(0);
        let fresh = (Expr::from(depreciable) / Expr::from(remaining).max(Expr::number(1))).round(places);
        let kept = Expr::from(set).if_else(fresh.clone(), Expr::Prev(level));
        sheet.recurrence("monthly_charge", money, fresh, kept);
        let left = |months: i64| Expr::from(remaining).compare(Compare::Equal, Expr::number(months));
        let charge = Expr::from(level).min(depreciable.into());
        let charge = left(0).if_else(zero(), left(1).if_else(depreciable.into(), charge));
        sheet.formula("amortisation", money, charge);
        sheet.cite(CAS_6);
        running_total(sheet, "accumulated_amortisation", money, rows.amortisation);
        let before = Expr::from(opening) - rows.amortisation.into();
        let before = sheet.formula("carrying_before_impairment", money, before);
        let recoverable: Vec<_> = terms.tests.iter().map(|(month, amount)| (*month, Expr::from(*amount))).collect();
        // In a month without a test the carrying amount counts as recovered.
        let recoverable = sheet.formula("recoverable_in_month", money, in_month(&recoverable, before.into()));
        let loss = (Expr::from(before) - recoverable.into()).max(zero());
        sheet.formula("impairment_loss", money, loss);
        sheet.cite(CAS_8);
        running_total(sheet, "accumulated_impairment", money, rows.impairment_loss);
        let closing = Expr::from(before) - rows.impairment_loss.into();
        // A sum of exact amounts; the rounding keeps a spreadsheet's binary sums on the cent.
        sheet.formula("closing_carrying", money, closing.round(places));
        let tied = Expr::from(terms.cost) - rows.accumulated_amortisation.into() - rows.accumulated_impairment.into();
        let tied = tied.round(places).compare(Compare::Equal, rows.closing.into());
        sheet.check("carrying_ties", "carrying_ties", tied);
        rows
    }

    fn close(&self, sheet: &mut SheetDraft, terms: &Terms, rows: &Months, count: u32) -> RowRef {
        let money = Unit::Money(self.currency);
        let places = self.currency.minor_places();
        let charged = sheet.formula("total_amortisation", money, Expr::sum(rows.amortisation).round(places));
        let lost = sheet.formula("total_impairment", money, Expr::sum(rows.impairment_loss).round(places));
        let last = Expr::Over(Over::Pick { row: rows.closing, at: Box::new(Expr::number(count.into())) });
        let last = sheet.formula("final_carrying", money, last);
        let below = Expr::from(last).compare(Compare::Less, terms.residual.into());
        let impaired = Expr::from(lost).compare(Compare::Greater, Expr::number(0));
        let reached = Expr::from(last).compare(Compare::Equal, terms.residual.into());
        sheet.check("amortised_to_residual", "amortised_to_residual", below.if_else(impaired, reached));
        let footed = (Expr::from(charged) + lost.into() + last.into()).round(places);
        sheet.check("cost_foots", "cost_foots", footed.compare(Compare::Equal, terms.cost.into()));
        last
    }
}

/// Rows of the monthly block.
struct Months {
    amortisation: RowRef,
    accumulated_amortisation: RowRef,
    impairment_loss: RowRef,
    accumulated_impairment: RowRef,
    closing: RowRef,
}

fn running_total(sheet: &mut SheetDraft, key: &str, unit: Unit, row: RowRef) {
    let own = sheet.next_row(0);
    sheet.recurrence(key, unit, row.into(), Expr::Prev(own) + row.into());
}

/// The value of the first event whose month is this one, else `other`.
fn in_month<E: Clone + Into<Expr>>(events: &[(RowRef, E)], other: Expr) -> Expr {
    events.iter().rev().fold(other, |other, (month, value)| {
        Expr::Position.compare(Compare::Equal, (*month).into()).if_else(value.clone().into(), other)
    })
}
