//! One asset in one book: its events, month by month, become documents and a state.

mod cost;
mod later;

use chrono::NaiveDate;
use rust_decimal::Decimal;

use crate::money::Currency;
use crate::recognition::account::{Account, Movement};
use crate::recognition::criteria::{Decision, Framework, Outcome};
use crate::recognition::error::BookError;
use crate::recognition::event::{BookEvent, Convention, Happening, Method, Origin};
use crate::recognition::journal::{Document, EntryKind, Line, Lines, Source, credit, debit};
use crate::recognition::month::Month;
use crate::recognition::plan::Plan;

/// The rules one book reads an asset's events by.
#[derive(Clone, Copy, Debug)]
pub struct Rules<'a> {
    pub book: &'a str,
    pub framework: Framework,
    pub currency: Currency,
    /// Nothing spent before this day is capitalised.
    pub capitalise_not_before: Option<NaiveDate>,
}

/// An event with its number and the day it takes effect in the books.
#[derive(Clone, Copy, Debug)]
pub struct Placed<'a> {
    pub number: u32,
    pub on: NaiveDate,
    pub event: &'a BookEvent,
}

/// Where an asset stands in a book.
#[derive(Clone, Debug, PartialEq)]
pub struct Holding {
    pub decision: Option<Decision>,
    pub origin: Origin,
    pub name: String,
    /// 账面原值 of an intangible or inventory.
    pub cost: Decimal,
    /// 开发支出, not yet available.
    pub development: Decimal,
    pub amortised: Decimal,
    /// Allowance: impairment of an intangible, write-down of inventory.
    pub impaired: Decimal,
    pub residual: Decimal,
    pub quantity: Decimal,
    /// Grant not yet released.
    pub grant: Decimal,
    pub available_on: Option<NaiveDate>,
    pub life_months: Option<u32>,
    pub method: Method,
    pub convention: Convention,
    pub gone: Option<Month>,
    capitalise_from: Option<NaiveDate>,
    charge_to: Account,
    first_charge: Option<Month>,
    plan: Option<Plan>,
    /// Plan and amortisation as if never impaired: the cap of a reversal.
    shadow: Option<(Plan, Decimal)>,
}

/// What an asset's events make of a book up to a month.
#[derive(Clone, Debug, PartialEq)]
pub struct Trace {
    pub documents: Vec<Document>,
    pub holding: Holding,
}

impl Holding {
    fn new() -> Holding {
        Holding {
            decision: None,
            origin: Origin::Purchased,
            name: String::new(),
            cost: Decimal::ZERO,
            development: Decimal::ZERO,
            amortised: Decimal::ZERO,
            impaired: Decimal::ZERO,
            residual: Decimal::ZERO,
            quantity: Decimal::ZERO,
            grant: Decimal::ZERO,
            available_on: None,
            life_months: None,
            method: Method::StraightLine,
            convention: Convention::FullMonth,
            gone: None,
            capitalise_from: None,
            charge_to: Account::Administration,
            first_charge: None,
            plan: None,
            shadow: None,
        }
    }

    /// 账面价值: cost and development expenditure less amortisation and impairment.
    pub fn carrying(&self) -> Decimal {
        self.cost + self.development - self.amortised - self.impaired
    }

    /// What the book recognises it as; `None` before its first event.
    pub fn outcome(&self) -> Option<Outcome> {
        self.decision.as_ref().map(|decision| decision.outcome)
    }

    /// Months of the plan that are left, where it is amortised by time.
    pub fn months_left(&self) -> Option<u32> {
        self.plan.as_ref().map(Plan::months_left)
    }
}

/// Follows one asset's events, given in the order of their days, to the end of `through`.
///
/// Errors: those of the events.
///
/// Source: 《企业会计准则第6号》 (full month in the month of availability, none in the month of derecognition), CAS 1, CAS 8,
/// IAS 36.114–117, IAS 38.
pub fn trace(events: &[Placed<'_>], rules: Rules<'_>, through: Month) -> Result<Trace, BookError> {
    let mut walk = Walk { rules, holding: Holding::new(), documents: Vec::new() };
    let Some(first) = events.first() else { return Ok(Trace { documents: walk.documents, holding: walk.holding }) };
    let (mut month, mut rest) = (Month::of(first.on), events);
    while month <= through {
        let count = rest.iter().take_while(|placed| Month::of(placed.on) <= month).count();
        let (now, later) = rest.split_at(count);
        rest = later;
        walk.month(month, now)?;
        let idle = walk.holding.gone.is_some() || walk.holding.plan.is_none() && walk.holding.grant.is_zero();
        month = match (idle, rest.first()) {
            (true, None) => break,
            (true, Some(next)) => Month::of(next.on),
            (false, _) => month.next(),
        };
    }
    Ok(Trace { documents: walk.documents, holding: walk.holding })
}

pub(crate) struct Walk<'a> {
    rules: Rules<'a>,
    holding: Holding,
    documents: Vec<Document>,
}

impl Walk<'_> {
    fn month(&mut self, month: Month, events: &[Placed<'_>]) -> Result<(), BookError> {
        let mut units = Decimal::ZERO;
        for placed in events {
            if let Happening::Use(used) = &placed.event.event {
                units += used.units;
            }
        }
        let at_end = |placed: &&Placed<'_>| {
            matches!(
                placed.event.event,
                Happening::ImpairmentTest(_) | Happening::ImpairmentReversal(_) | Happening::NetRealisableValue(_)
            )
        };
        for placed in events.iter().filter(|placed| !at_end(placed)) {
            self.apply(*placed, units)?;
        }
        if self.holding.gone.is_none() {
            self.charge(month, units, false)?;
        }
        for placed in events.iter().filter(at_end) {
            self.apply(*placed, units)?;
        }
        Ok(())
    }

    fn apply(&mut self, placed: Placed<'_>, units: Decimal) -> Result<(), BookError> {
        let event = placed.event;
        self.may_happen(event)?;
        match &event.event {
            Happening::Acquire(acquire) => self.acquire(placed, acquire),
            Happening::Spend(spend) => self.spend(placed, spend),
            Happening::Available(terms) => self.available(placed, terms),
            Happening::Use(_) | Happening::Restriction(_) | Happening::Withdrawal(_) => Ok(()),
            Happening::Estimate(terms) => self.estimate(placed, terms),
            Happening::ImpairmentTest(test) => self.test(placed, test, false),
            Happening::ImpairmentReversal(test) => self.test(placed, test, true),
            Happening::Revaluation(_) => Err(BookError::Revaluation { event: event.id.clone() }),
            Happening::NetRealisableValue(value) => self.net_realisable_value(placed, value),
            Happening::Sale(sale) => self.sale(placed, sale),
            Happening::Disposal(disposal) => self.disposal(placed, disposal, units),
            Happening::Lapse(_) => self.lapse(placed, units, EntryKind::Lapse),
            Happening::Transfer(_) => self.lapse(placed, units, EntryKind::Transfer),
            Happening::Licence(licence) => self.licence(placed, licence),
            Happening::Grant(grant) => self.grant(placed, grant),
            Happening::Journal(manual) => self.manual(placed, manual),
        }
    }

    /// Nothing before recognition, nothing after the end, no second beginning.
    fn may_happen(&self, event: &BookEvent) -> Result<(), BookError> {
        let (id, asset) = (event.id.clone(), event.asset.clone());
        let begins = matches!(event.event, Happening::Acquire(_));
        let free = matches!(event.event, Happening::Journal(_) | Happening::Withdrawal(_));
        if self.holding.gone.is_some() && !free {
            return Err(BookError::Already { event: id, asset, state: "derecognised".to_owned() });
        }
        match (&self.holding.decision, begins) {
            (Some(_), true) => Err(BookError::Already { event: id, asset, state: "acquired".to_owned() }),
            (None, false) if !free => Err(BookError::BeforeRecognition { event: id, asset, on: event.on.to_string() }),
            _ => Ok(()),
        }
    }

    /// The month's amortisation and release of grants.
    fn charge(&mut self, month: Month, units: Decimal, half: bool) -> Result<(), BookError> {
        let holding = &mut self.holding;
        if holding.first_charge.is_none_or(|first| month < first) {
            return Ok(());
        }
        let charge = match &mut holding.plan {
            None => return Ok(()),
            Some(plan) if half => plan.half(),
            Some(plan) => plan.charge(units),
        };
        if let Some((plan, amortised)) = &mut holding.shadow {
            *amortised += if half { plan.half() } else { plan.charge(units) };
        }
        let done = holding.plan.as_ref().is_some_and(Plan::is_done);
        let left = holding.plan.as_ref().map_or(1, Plan::months_left);
        holding.amortised += charge;
        let lines = vec![debit(holding.charge_to, charge), credit(Account::Amortised, charge).moving(Movement::Charge)];
        let release = match done {
            true => holding.grant,
            false => crate::money::round_half_away(
                holding.grant / Decimal::from(left + 1),
                self.rules.currency.minor_places(),
            ),
        };
        holding.grant -= release;
        if done {
            holding.plan = holding.plan.take().filter(|plan| !plan.is_done());
        }
        self.post(month, month.last_day(), Source::Charge, EntryKind::Amortisation, "", lines)?;
        let lines = vec![debit(Account::DeferredIncome, release), credit(Account::OtherIncome, release)];
        self.post(month, month.last_day(), Source::Release, EntryKind::GrantRelease, "", lines)
    }

    fn post(
        &mut self,
        period: Month,
        date: NaiveDate,
        source: Source,
        kind: EntryKind,
        event: &str,
        lines: Vec<Line>,
    ) -> Result<(), BookError> {
        let lines = Lines::new(event, lines)?;
        if !lines.is_empty() {
            self.documents.push(Document { period, date, source, kind, lines });
        }
        Ok(())
    }

    fn post_event(&mut self, placed: Placed<'_>, kind: EntryKind, lines: Vec<Line>) -> Result<(), BookError> {
        let (period, source) = (Month::of(placed.on), Source::Event(placed.number));
        self.post(period, placed.on, source, kind, &placed.event.id, lines)
    }

    /// The base left to amortise.
    fn base(&self) -> Decimal {
        (self.holding.carrying() - self.holding.residual).max(Decimal::ZERO)
    }

    fn wrong_state(&self, event: &BookEvent) -> BookError {
        let state = match self.holding.outcome() {
            Some(outcome) => crate::recognition::measure::code(&outcome),
            None => String::new(),
        };
        BookError::WrongState { event: event.id.clone(), asset: event.asset.clone(), state }
    }
}
