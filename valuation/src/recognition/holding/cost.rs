//! Cost in: acquisition, development, readiness for use, review of estimates.

use rust_decimal::Decimal;

use super::{Placed, Walk};
use crate::money::Money;
use crate::recognition::account::{Account, Movement};
use crate::recognition::criteria::{self, Outcome};
use crate::recognition::error::BookError;
use crate::recognition::event::{
    Acquire, Available, Convention, CostLine, Estimate, Method, Origin, ResidualSupport, Spend, Stage,
};
use crate::recognition::journal::{EntryKind, Line, credit, debit};
use crate::recognition::measure;
use crate::recognition::month::Month;
use crate::recognition::plan::Plan;

/// The longest life, in months.
const LONGEST: u32 = 1_200;

impl Walk<'_> {
    pub(super) fn acquire(&mut self, placed: Placed<'_>, acquire: &Acquire) -> Result<(), BookError> {
        measure::check_entry(placed.event, acquire)?;
        let holding = &mut self.holding;
        holding.origin = acquire.origin;
        holding.name.clone_from(&acquire.name);
        holding.decision = Some(criteria::decide(acquire, self.rules.framework));
        holding.capitalise_from = acquire.capitalise_from;
        holding.quantity = acquire.quantity.unwrap_or(Decimal::ONE);
        if holding.quantity <= Decimal::ZERO {
            let (event, value) = (placed.event.id.clone(), holding.quantity.to_string());
            return Err(BookError::Amount { event, field: "quantity".to_owned(), value });
        }
        let (Some(money), Some(against)) = (&acquire.amount, measure::against(acquire)) else {
            return self.cost(placed, &acquire.lines, EntryKind::Acquisition);
        };
        let amount = money.amount();
        let account = match holding.outcome() {
            Some(Outcome::Intangible) => Account::Intangible,
            Some(Outcome::Inventory) => Account::Inventory,
            _ => Account::Administration,
        };
        if account != Account::Administration {
            holding.cost = amount;
        }
        let mut first = debit(account, amount);
        if account != Account::Administration {
            first = first.moving(Movement::OtherIncrease);
        }
        let mut lines = vec![first, credit(against, amount)];
        for line in acquire.lines.iter().filter(|line| !line.appraisal_only) {
            // Taxes and fees of obtaining it.
            self.capitalise(line, account, Movement::OtherIncrease, &mut lines);
        }
        self.post_event(placed, EntryKind::Acquisition, lines)
    }

    pub(super) fn spend(&mut self, placed: Placed<'_>, spend: &Spend) -> Result<(), BookError> {
        let more = spend.quantity.unwrap_or(Decimal::ZERO);
        if more < Decimal::ZERO {
            let event = placed.event.id.clone();
            return Err(BookError::Amount { event, field: "quantity".to_owned(), value: more.to_string() });
        }
        self.holding.quantity += more;
        self.cost(placed, &spend.lines, EntryKind::Spend)
    }

    fn capitalise(&mut self, line: &CostLine, account: Account, movement: Movement, lines: &mut Vec<Line>) {
        let amount = line.amount.amount();
        match account {
            Account::Development => self.holding.development += amount,
            Account::Intangible | Account::Inventory => self.holding.cost += amount,
            _ => {}
        }
        let first = debit(account, amount);
        lines.push(if account == Account::Administration { first } else { first.moving(movement) });
        pay(line, lines);
    }

    /// Cost lines of bought and developed data.
    fn cost(&mut self, placed: Placed<'_>, given: &[CostLine], kind: EntryKind) -> Result<(), BookError> {
        let mut lines = Vec::new();
        for (index, line) in given.iter().enumerate().filter(|(_, line)| !line.appraisal_only) {
            let on = line.on.unwrap_or(placed.event.on);
            if Month::of(on) != Month::of(placed.event.on) {
                // A cost belongs to the month it was incurred in: one event for each.
                let (event, field) = (placed.event.id.clone(), format!("lines[{index}].on"));
                return Err(BookError::Amount { event, field, value: on.to_string() });
            }
            let late = self.rules.capitalise_not_before.is_some_and(|from| on < from);
            let made = self.holding.origin == Origin::SelfDeveloped;
            let movement = if made { Movement::Made } else { Movement::Purchase };
            let upkeep = line.stage == Stage::Maintenance || self.holding.available_on.is_some();
            let before = self.holding.capitalise_from.is_some_and(|from| on < from);
            let expensed = late || upkeep || line.stage == Stage::Research || before;
            match self.holding.outcome() {
                Some(Outcome::Inventory) if !upkeep => self.capitalise(line, Account::Inventory, movement, &mut lines),
                Some(Outcome::Intangible) if !expensed && made => {
                    self.capitalise(line, Account::Development, movement, &mut lines);
                }
                Some(Outcome::Intangible) if !expensed => {
                    self.capitalise(line, Account::Intangible, movement, &mut lines);
                }
                _ if made && !upkeep => {
                    let amount = line.amount.amount();
                    lines.push(debit(Account::ResearchExpensed, amount));
                    pay(line, &mut lines);
                    lines.push(debit(Account::Administration, amount));
                    lines.push(credit(Account::ResearchExpensed, amount));
                }
                _ => self.capitalise(line, Account::Administration, movement, &mut lines),
            }
        }
        self.post_event(placed, kind, lines)
    }

    pub(super) fn available(&mut self, placed: Placed<'_>, terms: &Available) -> Result<(), BookError> {
        let event = placed.event;
        match self.holding.outcome() {
            Some(Outcome::Intangible) => {}
            // A book that expensed it has nothing to put into use.
            Some(Outcome::Expense) => return Ok(()),
            _ => return Err(self.wrong_state(event)),
        }
        if self.holding.available_on.is_some() {
            let (id, asset) = (event.id.clone(), event.asset.clone());
            return Err(BookError::Already { event: id, asset, state: "available".to_owned() });
        }
        let life = terms.life_by_book.get(self.rules.book).copied().or(terms.life_months);
        check_life(&event.id, life, terms)?;
        check_method(&event.id, &terms.method)?;
        let residual = residual(&event.id, terms.residual.as_ref(), terms.residual_support)?;
        let holding = &mut self.holding;
        holding.residual = residual;
        holding.available_on = Some(placed.on);
        holding.life_months = life;
        holding.method = terms.method.clone();
        holding.convention = terms.convention;
        holding.charge_to = terms.charge_to.unwrap_or(Account::Administration);
        let ready = std::mem::take(&mut holding.development);
        holding.cost += ready;
        if residual > holding.cost {
            let (event, field) = (event.id.clone(), "residual".to_owned());
            return Err(BookError::Amount { event, field, value: residual.to_string() });
        }
        let month = Month::of(placed.on);
        holding.first_charge = Some(if terms.convention == Convention::NextMonth { month.next() } else { month });
        let (base, places) = (self.base(), self.rules.currency.minor_places());
        self.holding.plan =
            life.map(|months| Plan::new(base, residual, months, &terms.method, terms.convention, places));
        let lines = vec![
            debit(Account::Intangible, ready).moving(Movement::Made),
            credit(Account::Development, ready).moving(Movement::OtherDecrease),
        ];
        self.post_event(placed, EntryKind::Availability, lines)
    }

    pub(super) fn estimate(&mut self, placed: Placed<'_>, terms: &Estimate) -> Result<(), BookError> {
        let event = placed.event;
        if self.holding.outcome() == Some(Outcome::Expense) {
            return Ok(());
        }
        if self.holding.available_on.is_none() {
            return Err(self.wrong_state(event));
        }
        if let Some(months) = terms.remaining_months.filter(|months| !(1..=LONGEST).contains(months)) {
            return Err(BookError::Life { event: event.id.clone(), value: months });
        }
        if let Some(method) = &terms.method {
            check_method(&event.id, method)?;
            self.holding.method = method.clone();
        }
        if terms.residual.is_some() {
            self.holding.residual = residual(&event.id, terms.residual.as_ref(), terms.residual_support)?;
        }
        self.replan(terms.remaining_months);
        if let (Some((plan, amortised)), months) = (&mut self.holding.shadow, terms.remaining_months) {
            let left = (self.holding.cost - *amortised - self.holding.residual).max(Decimal::ZERO);
            *plan = plan.reset(left, self.holding.residual, months, &self.holding.method);
        }
        Ok(())
    }

    /// A new plan from the carrying amount, forward only.
    pub(super) fn replan(&mut self, months: Option<u32>) {
        let base = self.base();
        let holding = &self.holding;
        let (residual, places) = (holding.residual, self.rules.currency.minor_places());
        let plan = match (&holding.plan, months) {
            (Some(plan), months) => Some(plan.reset(base, residual, months, &holding.method)),
            // An indefinite life that became finite, or one that had run out.
            (None, Some(months)) if holding.available_on.is_some() => {
                Some(Plan::new(base, residual, months, &holding.method, Convention::FullMonth, places))
            }
            (None, _) => None,
        };
        self.holding.plan = plan;
    }
}

/// Pays a cost line and its input tax.
fn pay(line: &CostLine, lines: &mut Vec<Line>) {
    let tax = line.input_tax.as_ref().map_or(Decimal::ZERO, Money::amount);
    lines.push(debit(Account::InputTax, tax));
    lines.push(credit(line.paid_from.unwrap_or(Account::Bank), line.amount.amount() + tax));
}

fn check_life(event: &str, life: Option<u32>, terms: &Available) -> Result<(), BookError> {
    let event = event.to_owned();
    let reasoned = terms.life_reason.as_ref().is_some_and(|reason| !reason.trim().is_empty());
    match (life, terms.right_months) {
        (Some(months), _) if !(1..=LONGEST).contains(&months) => Err(BookError::Life { event, value: months }),
        (Some(life), Some(right)) if life > right && !reasoned => {
            Err(BookError::LifeBeyondRight { event, life, right })
        }
        (None, _) if !reasoned => Err(BookError::Missing { event, name: "life_reason".to_owned() }),
        _ => Ok(()),
    }
}

fn check_method(event: &str, method: &Method) -> Result<(), BookError> {
    let amount = |field: &str, value: Decimal| BookError::Amount {
        event: event.to_owned(),
        field: field.to_owned(),
        value: value.to_string(),
    };
    match method {
        Method::UnitsOfUse(units) if *units <= Decimal::ZERO => Err(amount("units_of_use", *units)),
        Method::ExpectedBenefit(pattern) => {
            if pattern.by_revenue && pattern.revenue_reason.is_none() {
                return Err(BookError::RevenueBased { event: event.to_owned() });
            }
            if let Some(weight) = pattern.weights.iter().find(|weight| **weight < Decimal::ZERO) {
                return Err(amount("weights", *weight));
            }
            let sum: Decimal = pattern.weights.iter().sum();
            if sum <= Decimal::ZERO { Err(amount("weights", sum)) } else { Ok(()) }
        }
        _ => Ok(()),
    }
}

fn residual(event: &str, residual: Option<&Money>, support: Option<ResidualSupport>) -> Result<Decimal, BookError> {
    let residual = residual.map_or(Decimal::ZERO, Money::amount);
    if residual > Decimal::ZERO && support.is_none() {
        return Err(BookError::Residual { event: event.to_owned(), residual: residual.to_string() });
    }
    Ok(residual)
}
