//! What the income methods have in common: life, rate, tax, timing, what follows the forecast, and the page they write.

use crate::desk::{Allowed, Desk};
use crate::discount::DiscountRate;
use crate::error::{Rule, ValuationError};
use crate::given::Given;
use crate::income::discounting::{Perpetuity, Terminal, factors, factors_at, same_basis, times};
use crate::income::implied::{Implied, PreTax};
use crate::income::stream::Stream;
use crate::income::tax_amortisation::{self, TaxAmortisation};
use crate::life::{Decay, DecayRows, RemainingLife};
use crate::rate::{RateBasis, TaxBasis};
use crate::unit::Unit;
use crate::workbook::draft::SheetDraft;
use crate::workbook::{Arithmetic, Axis, Compare, Expr, RowRef, Run};

/// Defines the inputs of an income method: its own members, and those that every income method has.
macro_rules! income_method {
    ($(#[$doc:meta])* $name:ident { $($(#[$member_doc:meta])* $member:ident: $kind:ty,)* }) => {
        $(#[$doc])*
        #[derive(Clone, Debug, PartialEq, serde::Serialize, serde::Deserialize, schemars::JsonSchema)]
        #[serde(deny_unknown_fields)]
        pub struct $name {
            /// Distinguishes two uses of the method in one case.
            #[serde(default, skip_serializing_if = "Option::is_none")]
            pub name: Option<String>,
            /// Remaining economic life in years, 1 to 100; the number of periods of the forecast.
            pub years: u32,
            $($(#[$member_doc])* pub $member: $kind,)*
            /// τ; present where the income is before tax and `cash_flow` after it, or for the tax amortisation benefit.
            #[serde(default, skip_serializing_if = "Option::is_none")]
            pub tax_rate: Option<crate::given::Given>,
            /// Basis of the cash flow; must equal that of `discount_rate`.
            pub cash_flow: crate::rate::RateBasis,
            pub discount_rate: crate::discount::DiscountRate,
            /// Length in years of a short first period (stub), above 0 and at most 1.
            #[serde(default, skip_serializing_if = "Option::is_none")]
            pub first_period: Option<crate::given::Given>,
            /// What follows the last period for ever (terminal value, Gordon); not for an asset that wears out.
            #[serde(default, skip_serializing_if = "Option::is_none", alias = "terminal_value")]
            pub perpetuity: Option<crate::income::discounting::Perpetuity>,
            /// Adds the tax amortisation benefit (TAB) in closed form.
            #[serde(default, skip_serializing_if = "Option::is_none")]
            pub tax_amortisation: Option<crate::income::tax_amortisation::TaxAmortisation>,
            /// What limits the life, and why the forecast may run beyond it.
            #[serde(default, skip_serializing_if = "Option::is_none")]
            pub life: Option<crate::life::RemainingLife>,
            /// How the income wears off with age.
            #[serde(default, skip_serializing_if = "Option::is_none")]
            pub decay: Option<crate::life::Decay>,
            /// Rates and growth that are solved back and printed.
            #[serde(default, skip_serializing_if = "Option::is_none")]
            pub implied: Option<crate::income::implied::Implied>,
        }

        impl $name {
            /// The members that every income method has.
            pub(crate) fn frame(&self) -> crate::income::frame::Frame<'_> {
                crate::income::frame::Frame {
                    years: self.years,
                    tax_rate: self.tax_rate.as_ref(),
                    cash_flow: self.cash_flow,
                    rate: &self.discount_rate,
                    first_period: self.first_period.as_ref(),
                    perpetuity: self.perpetuity.as_ref(),
                    tax_amortisation: self.tax_amortisation.as_ref(),
                    life: self.life.as_ref(),
                    decay: self.decay.as_ref(),
                    implied: self.implied.as_ref(),
                }
            }
        }
    };
}

pub(crate) use income_method;

/// The members that every income method has.
#[derive(Clone, Copy)]
pub(crate) struct Frame<'a> {
    pub years: u32,
    pub tax_rate: Option<&'a Given>,
    pub cash_flow: RateBasis,
    pub rate: &'a DiscountRate,
    pub first_period: Option<&'a Given>,
    pub perpetuity: Option<&'a Perpetuity>,
    pub tax_amortisation: Option<&'a TaxAmortisation>,
    pub life: Option<&'a RemainingLife>,
    pub decay: Option<&'a Decay>,
    pub implied: Option<&'a Implied>,
}

/// The sheet of an income method while it is written: scalars, then periods, then the value.
pub(crate) struct Page<'a> {
    pub sheet: SheetDraft,
    pub frame: Frame<'a>,
    pub money: Unit,
    pub tax: Option<RowRef>,
    pub rate: RowRef,
    terminal: Option<Terminal>,
    amortised: Option<(RowRef, RowRef)>,
    first_period: Option<RowRef>,
    decay: Option<DecayRows>,
    /// In the block of periods, where the first one is short.
    pub length: Option<RowRef>,
    time: Option<RowRef>,
    survival: Option<RowRef>,
    factor: Option<RowRef>,
    flow: Option<RowRef>,
    before_tax: Option<RowRef>,
}

impl<'a> Page<'a> {
    /// Checks basis and length, begins the sheet and its block of scalars.
    pub fn begin(desk: &Desk, frame: Frame<'a>) -> Result<Page<'a>, ValuationError> {
        same_basis(desk, "discount_rate", frame.cash_flow, frame.rate)?;
        life(desk, frame.years)?;
        let mut sheet = SheetDraft::begin(&desk.workbook, &desk.name, None, Arithmetic::Model);
        sheet.block(Axis::One, Run::Forward);
        // Rows that do not exist yet stand at the first address; `scalars` writes them.
        let nowhere = sheet.next_row(0);
        Ok(Page {
            sheet,
            frame,
            money: desk.money(),
            tax: None,
            rate: nowhere,
            terminal: None,
            amortised: None,
            first_period: None,
            decay: None,
            length: None,
            time: None,
            survival: None,
            factor: None,
            flow: None,
            before_tax: None,
        })
    }

    /// Writes the common scalars after those of the method; `taxed` says that income tax is taken from the income already.
    pub fn scalars(&mut self, desk: &mut Desk, taxed: bool) -> Result<(), ValuationError> {
        let frame = self.frame;
        self.tax = match (frame.cash_flow.tax, frame.tax_rate) {
            (TaxBasis::PreTax, None) => None,
            (TaxBasis::PreTax, Some(_)) => {
                let said = "a pre-tax cash flow has no tax rate".to_owned();
                return Err(ValuationError::Malformed { field: desk.field("tax_rate"), line: None, said });
            }
            (TaxBasis::PostTax, None) if taxed => None,
            (TaxBasis::PostTax, None) => return Err(missing(desk, "tax_rate")),
            (TaxBasis::PostTax, Some(given)) => Some(desk.row(&mut self.sheet, "tax_rate", given, Allowed::Share)?),
        };
        if taxed && frame.cash_flow.tax == TaxBasis::PreTax {
            let said = "an income after tax has a post-tax cash flow".to_owned();
            return Err(ValuationError::Malformed { field: desk.field("cash_flow.tax"), line: None, said });
        }
        self.rate = frame.rate.write(desk, &mut self.sheet, "discount_rate")?;
        if let Some(perpetuity) = frame.perpetuity {
            self.terminal = Some(Terminal::begin(desk, &mut self.sheet, perpetuity, frame.rate)?);
        }
        if let Some(amortisation) = frame.tax_amortisation {
            let tax = match &amortisation.tax_rate {
                Some(given) => {
                    let id = desk.given("tax_amortisation.tax_rate", given, Allowed::Share)?;
                    self.sheet.input("tax_amortisation_rate", Unit::Ratio, id)
                }
                None => self.tax.ok_or_else(|| missing(desk, "tax_rate"))?,
            };
            let id = desk.given("tax_amortisation.years", &amortisation.years, Allowed::Positive)?;
            self.amortised = Some((self.sheet.input("tax_amortisation_years", Unit::Years, id), tax));
        }
        if let Some(given) = frame.first_period {
            desk.allowed("first_period", given.value, Allowed::Positive)?;
            let id = desk.given("first_period", given, Allowed::Share)?;
            self.first_period = Some(self.sheet.input("first_period", Unit::Years, id));
        }
        if let Some(decay) = frame.decay {
            self.decay = Some(decay.scalars(desk, &mut self.sheet)?);
        }
        limits(desk, &frame)
    }

    /// Begins the block of periods and writes their lengths, times and survival where they are needed.
    pub fn periods(&mut self, desk: &Desk) {
        self.sheet.block(desk.years(self.frame.years), Run::Forward);
        if let Some(first) = self.first_period {
            let opening = Expr::Position.compare(Compare::Equal, Expr::number(1));
            let length = opening.if_else(first.into(), Expr::number(1));
            self.length = Some(self.sheet.formula("period_length", Unit::Years, length));
        }
        if self.first_period.is_some() || self.decay.is_some() {
            let time = times(self.first_period, self.frame.cash_flow.timing);
            self.time = Some(self.sheet.formula("elapsed_years", Unit::Years, time));
        }
        if let (Some(decay), Some(time)) = (&self.decay, self.time) {
            self.survival = Some(self.sheet.formula("survival", Unit::Ratio, decay.survival(time)));
        }
    }

    /// The row of a forecast; the income of a decaying asset is what of it survives.
    pub fn income(&mut self, stream: &Stream, key: &str) -> RowRef {
        let row = stream.row(&mut self.sheet, key, self.length);
        match self.survival {
            None => row,
            Some(survival) => self.sheet.formula("surviving_income", self.money, Expr::from(row) * survival.into()),
        }
    }

    /// The row of a forecast that does not decay with the asset.
    pub fn stream(&mut self, stream: &Stream, key: &str) -> RowRef {
        stream.row(&mut self.sheet, key, self.length)
    }

    /// Income tax and what remains after it; the income itself where it is not taxed here.
    pub fn after_tax(&mut self, before: RowRef, taxed: bool) -> RowRef {
        if taxed {
            return before;
        }
        self.before_tax = Some(before);
        let Some(tax) = self.tax else { return before };
        let paid = self.sheet.formula("income_tax", self.money, Expr::from(before) * Expr::from(tax));
        self.sheet.formula("cash_flow", self.money, Expr::from(before) - Expr::from(paid))
    }

    /// Writes the cash flow before tax, for the rate that is solved back from it; only where that is asked for.
    pub fn before_tax(&mut self, flow: Expr) {
        if self.frame.implied.is_some_and(|implied| implied.pre_tax.is_some()) {
            self.before_tax = Some(self.sheet.formula("cash_flow_before_tax", self.money, flow));
        }
    }

    /// Writes the discount factors where they are not there yet, and the present value of a cash flow.
    pub fn present(&mut self, flow: RowRef) -> RowRef {
        let timing = self.frame.cash_flow.timing;
        let factor = match (self.factor, self.time, self.first_period) {
            (Some(factor), _, _) => factor,
            (None, Some(time), Some(_)) => factors_at(&mut self.sheet, "discount_factor", self.rate, time),
            _ => factors(&mut self.sheet, "discount_factor", self.rate, timing),
        };
        self.factor = Some(factor);
        self.flow = Some(flow);
        self.sheet.formula("present_value", self.money, Expr::from(flow) * Expr::from(factor))
    }

    /// Begins the block of results where needed, and sums a present value with what follows the forecast.
    pub fn total(&mut self, flow: RowRef, present: RowRef) -> RowRef {
        let mut total = self.sheet.formula("present_value_total", self.money, Expr::sum(present));
        if let (Some(terminal), Some(factor)) = (self.terminal, self.factor) {
            let beyond = terminal.rows(&mut self.sheet, self.money, self.rate, flow, factor, self.frame.years);
            let sum = Expr::from(total) + Expr::from(beyond);
            total = self.sheet.formula("present_value_with_perpetuity", self.money, sum);
        }
        total
    }

    /// Adds the tax amortisation benefit and writes the value.
    pub fn value(&mut self, total: RowRef, cite: &str) -> RowRef {
        let mut value = Expr::from(total);
        if let Some((years, tax)) = self.amortised {
            let timing = self.frame.cash_flow.timing;
            let factor = tax_amortisation::factor(&mut self.sheet, tax, self.rate, years, timing);
            value = value * factor.into();
        }
        let value = self.sheet.formula("value", self.money, value);
        self.sheet.cite(cite);
        value
    }

    /// Discounts one cash flow, values it and finishes the sheet.
    pub fn close(mut self, desk: &mut Desk, flow: RowRef, cite: &str) -> Result<RowRef, ValuationError> {
        let present = self.present(flow);
        self.sheet.block(Axis::One, Run::Forward);
        let total = self.total(flow, present);
        let value = self.value(total, cite);
        self.finish(desk, value)
    }

    /// Writes what is solved back, and appends the sheet to the workbook.
    pub fn finish(mut self, desk: &mut Desk, value: RowRef) -> Result<RowRef, ValuationError> {
        if let (Some(implied), Some(flow)) = (self.frame.implied, self.flow) {
            let pre_tax = match (self.frame.cash_flow.tax, self.tax, self.before_tax) {
                (TaxBasis::PostTax, Some(tax), Some(income)) => Some(PreTax { income, tax }),
                _ => None,
            };
            implied.write(desk, &mut self, value, flow, pre_tax)?;
        }
        self.sheet.finish(&mut desk.workbook);
        Ok(value)
    }

    /// What survives in each period of what there is at the valuation date; absent where nothing decays.
    pub fn survival(&self) -> Option<RowRef> {
        self.survival
    }

    /// Begins a block of periods with the discount factors of another rate.
    pub fn factors_of(&mut self, desk: &Desk, rate: RowRef) -> RowRef {
        let timing = self.frame.cash_flow.timing;
        self.sheet.block(desk.years(self.frame.years), Run::Forward);
        match self.first_period {
            None => factors(&mut self.sheet, "implied_factor", rate, timing),
            Some(first) => {
                let time = self.sheet.formula("elapsed_years", Unit::Years, times(Some(first), timing));
                factors_at(&mut self.sheet, "implied_factor", rate, time)
            }
        }
    }

    /// The perpetuity of another cash flow at another rate; 0 where nothing follows the forecast.
    pub fn beyond(&self, rate: RowRef, flow: RowRef, factor: RowRef) -> Option<Expr> {
        Some(self.terminal?.worth(rate.into(), flow, factor, self.frame.years))
    }
}

/// A life of 1 to 100 whole years.
pub(crate) fn life(desk: &Desk, years: u32) -> Result<(), ValuationError> {
    if (1..=100).contains(&years) {
        return Ok(());
    }
    let (low, high) = ("1".to_owned(), "100".to_owned());
    Err(ValuationError::OutOfRange { field: desk.field("years"), value: years.to_string(), low, high })
}

/// The forecast ends where rights, contracts or technology end, unless a reason is given; what wears out has no perpetuity.
fn limits(desk: &Desk, frame: &Frame) -> Result<(), ValuationError> {
    let wasting = frame.decay.is_some() || frame.life.is_some_and(RemainingLife::limited);
    if frame.perpetuity.is_some() && wasting {
        return Err(ValuationError::refused(Rule::WastingPerpetuity, desk.field("perpetuity"), "∞", ""));
    }
    RemainingLife::check(frame.life, desk, frame.years, frame.perpetuity.is_some())
}

pub(crate) fn missing(desk: &Desk, member: &str) -> ValuationError {
    ValuationError::Missing { field: desk.field(member), line: None, name: member.to_owned() }
}
