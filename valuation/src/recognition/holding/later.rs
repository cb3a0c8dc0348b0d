//! What happens to a recognised asset: impairment, net realisable value, sale, disposal, lapse, revenue, grants.

use rust_decimal::Decimal;

use super::{Placed, Walk};
use crate::money::{Money, round_half_away};
use crate::recognition::account::{Account, Movement};
use crate::recognition::criteria::{Framework, Outcome};
use crate::recognition::error::BookError;
use crate::recognition::event::{Convention, Disposal, Grant, Licence, Manual, NetRealisableValue, Recoverable, Sale};
use crate::recognition::journal::{EntryKind, Line, credit, debit};
use crate::recognition::month::Month;

fn amount(money: &Option<Money>) -> Decimal {
    money.as_ref().map_or(Decimal::ZERO, Money::amount)
}

impl Walk<'_> {
    /// An impairment test at the end of a month; `reversal` where the event asks for a reversal by name.
    pub(super) fn test(&mut self, placed: Placed<'_>, test: &Recoverable, reversal: bool) -> Result<(), BookError> {
        let event = placed.event;
        let found = [&test.fair_value_less_costs, &test.value_in_use].into_iter().flatten().map(Money::amount).max();
        let Some(recoverable) = found else {
            let name = "fair_value_less_costs, value_in_use".to_owned();
            return Err(BookError::Missing { event: event.id.clone(), name });
        };
        match (self.holding.outcome(), self.rules.framework) {
            (Some(Outcome::Inventory), _) => return Err(self.wrong_state(event)),
            (_, Framework::Cas) if reversal => {
                let book = self.rules.book.to_owned();
                return Err(BookError::ReversalForbidden { event: event.id.clone(), book });
            }
            // An expensed asset has nothing to impair; the tax base waits for the disposal.
            (Some(Outcome::Expense), _) | (_, Framework::Tax) => return Ok(()),
            _ => {}
        }
        let carrying = self.holding.carrying();
        if recoverable < carrying {
            return self.impair(placed, carrying - recoverable);
        }
        let cap = match &self.holding.shadow {
            Some((_, amortised)) => self.holding.cost + self.holding.development - *amortised,
            None => carrying,
        };
        let back = recoverable.min(cap) - carrying;
        let back = back.min(self.holding.impaired);
        if self.rules.framework != Framework::Ifrs || back <= Decimal::ZERO {
            // Under CAS 8 a recoverable amount above the carrying amount changes nothing.
            return Ok(());
        }
        self.holding.impaired -= back;
        self.replan(None);
        let lines =
            vec![debit(Account::Impaired, back).moving(Movement::Reversal), credit(Account::ImpairmentLoss, back)];
        self.at_end(placed, EntryKind::ImpairmentReversal, lines)
    }

    fn impair(&mut self, placed: Placed<'_>, loss: Decimal) -> Result<(), BookError> {
        let holding = &mut self.holding;
        if holding.shadow.is_none() {
            holding.shadow = holding.plan.clone().map(|plan| (plan, holding.amortised));
        }
        holding.impaired += loss;
        self.replan(None);
        let lines =
            vec![debit(Account::ImpairmentLoss, loss), credit(Account::Impaired, loss).moving(Movement::Charge)];
        self.at_end(placed, EntryKind::Impairment, lines)
    }

    fn at_end(&mut self, placed: Placed<'_>, kind: EntryKind, lines: Vec<Line>) -> Result<(), BookError> {
        let on = Month::of(placed.on).last_day();
        self.post_event(Placed { on, ..placed }, kind, lines)
    }

    /// Lower of cost and net realisable value: a write-down, or a reversal of earlier ones.
    pub(super) fn net_realisable_value(
        &mut self,
        placed: Placed<'_>,
        value: &NetRealisableValue,
    ) -> Result<(), BookError> {
        let event = placed.event;
        match (self.holding.outcome(), self.rules.framework) {
            (Some(Outcome::Expense), _) | (_, Framework::Tax) => return Ok(()),
            (Some(Outcome::Inventory), _) => {}
            _ => return Err(self.wrong_state(event)),
        }
        let all = [value.quantity, value.unit_price, value.unit_selling_costs, value.unit_costs_to_complete];
        let limit = Decimal::from(1_000_000_000_000_u64);
        if let Some(bad) = all.iter().find(|number| **number < Decimal::ZERO || **number > limit) {
            let field = "net_realisable_value".to_owned();
            return Err(BookError::Amount { event: event.id.clone(), field, value: bad.to_string() });
        }
        let unit = value.unit_price - value.unit_selling_costs - value.unit_costs_to_complete;
        let realisable = round_half_away(value.quantity * unit, self.rules.currency.minor_places());
        let needed = (self.holding.cost - realisable.max(Decimal::ZERO)).max(Decimal::ZERO);
        let more = needed - self.holding.impaired;
        self.holding.impaired = needed;
        let movement = if more > Decimal::ZERO { Movement::Charge } else { Movement::Reversal };
        let lines =
            vec![debit(Account::ImpairmentLoss, more), credit(Account::InventoryAllowance, more).moving(movement)];
        self.at_end(placed, EntryKind::WriteDown, lines)
    }

    pub(super) fn sale(&mut self, placed: Placed<'_>, sale: &Sale) -> Result<(), BookError> {
        let tax = amount(&sale.output_tax);
        let revenue = sale.revenue.amount();
        let mut lines = vec![
            debit(Account::Bank, revenue + tax),
            credit(Account::Revenue, revenue),
            credit(Account::OutputTax, tax),
        ];
        match self.holding.outcome() {
            Some(Outcome::Inventory) => {}
            Some(Outcome::Expense) => return self.post_event(placed, EntryKind::Sale, lines),
            _ => return Err(self.wrong_state(placed.event)),
        }
        let held = self.holding.quantity;
        if sale.quantity <= Decimal::ZERO || sale.quantity > held {
            let (event, wanted) = (placed.event.id.clone(), sale.quantity.to_string());
            return Err(BookError::Quantity { event, wanted, held: held.to_string() });
        }
        let places = self.rules.currency.minor_places();
        let share = |whole: Decimal| match sale.quantity == held {
            true => whole,
            false => round_half_away(whole * sale.quantity / held, places),
        };
        let (cost, allowance) = (share(self.holding.cost), share(self.holding.impaired));
        self.holding.quantity -= sale.quantity;
        self.holding.cost -= cost;
        self.holding.impaired -= allowance;
        if self.holding.quantity.is_zero() {
            self.holding.gone = Some(Month::of(placed.on));
        }
        lines.extend([
            debit(Account::CostOfSales, cost - allowance),
            debit(Account::InventoryAllowance, allowance).moving(Movement::Disposal),
            credit(Account::Inventory, cost).moving(Movement::Disposal),
        ]);
        self.post_event(placed, EntryKind::Sale, lines)
    }

    /// The charge of the month of derecognition, then everything out of the book.
    fn derecognise(&mut self, placed: Placed<'_>, units: Decimal, movement: Movement) -> Result<Vec<Line>, BookError> {
        let month = Month::of(placed.on);
        match self.holding.convention {
            Convention::FullMonth => {}
            Convention::NextMonth => self.charge(month, units, false)?,
            Convention::MidMonth => self.charge(month, units, true)?,
        }
        let holding = &mut self.holding;
        holding.gone = Some(month);
        let (cost, development) = (std::mem::take(&mut holding.cost), std::mem::take(&mut holding.development));
        let amortised = std::mem::take(&mut holding.amortised);
        let impaired = std::mem::take(&mut holding.impaired);
        let grant = std::mem::take(&mut holding.grant);
        (holding.plan, holding.shadow) = (None, None);
        let (asset, allowance) = match holding.outcome() {
            Some(Outcome::Inventory) => (Account::Inventory, Account::InventoryAllowance),
            _ => (Account::Intangible, Account::Impaired),
        };
        holding.quantity = Decimal::ZERO;
        Ok(vec![
            credit(asset, cost).moving(movement),
            credit(Account::Development, development).moving(movement),
            debit(Account::Amortised, amortised).moving(movement),
            debit(allowance, impaired).moving(movement),
            debit(Account::DeferredIncome, grant),
            credit(Account::OtherIncome, grant),
        ])
    }

    pub(super) fn disposal(
        &mut self,
        placed: Placed<'_>,
        disposal: &Disposal,
        units: Decimal,
    ) -> Result<(), BookError> {
        if self.holding.outcome() == Some(Outcome::Inventory) {
            return Err(self.wrong_state(placed.event));
        }
        let tax = amount(&disposal.output_tax);
        let proceeds = disposal.proceeds.amount();
        let mut lines = self.derecognise(placed, units, Movement::Disposal)?;
        let carrying = -left(&lines);
        lines.extend([
            debit(Account::Bank, proceeds + tax),
            credit(Account::OutputTax, tax),
            credit(Account::DisposalResult, proceeds - carrying),
        ]);
        self.post_event(placed, EntryKind::Disposal, lines)
    }

    /// 失效, or a transfer without consideration.
    pub(super) fn lapse(&mut self, placed: Placed<'_>, units: Decimal, kind: EntryKind) -> Result<(), BookError> {
        let (movement, account) = match kind {
            EntryKind::Transfer => (Movement::OtherDecrease, Account::CapitalReserve),
            _ => (Movement::Lapse, Account::NonOperating),
        };
        let mut lines = self.derecognise(placed, units, movement)?;
        let carrying = -left(&lines);
        lines.push(debit(account, carrying));
        self.post_event(placed, kind, lines)
    }

    pub(super) fn licence(&mut self, placed: Placed<'_>, licence: &Licence) -> Result<(), BookError> {
        let (tax, revenue) = (amount(&licence.output_tax), licence.revenue.amount());
        let lines = vec![
            debit(Account::Receivable, revenue + tax),
            credit(licence.account.unwrap_or(Account::OtherRevenue), revenue),
            credit(Account::OutputTax, tax),
        ];
        self.post_event(placed, EntryKind::Licence, lines)
    }

    /// Deferred over the life of the asset; straight to income where nothing is recognised.
    pub(super) fn grant(&mut self, placed: Placed<'_>, grant: &Grant) -> Result<(), BookError> {
        let amount = grant.amount.amount();
        let to = match self.holding.outcome() {
            Some(Outcome::Intangible) => {
                self.holding.grant += amount;
                Account::DeferredIncome
            }
            _ => Account::OtherIncome,
        };
        self.post_event(placed, EntryKind::Grant, vec![debit(Account::Bank, amount), credit(to, amount)])
    }

    pub(super) fn manual(&mut self, placed: Placed<'_>, manual: &Manual) -> Result<(), BookError> {
        let mut lines = Vec::new();
        for line in &manual.lines {
            if line.account.is_control() {
                let (event, account) = (placed.event.id.clone(), line.account.code().to_owned());
                return Err(BookError::ControlAccount { event, account });
            }
            lines.push(match (&line.debit, &line.credit) {
                (Some(amount), None) => debit(line.account, amount.amount()),
                (None, Some(amount)) => credit(line.account, amount.amount()),
                _ => return Err(BookError::TwoSided { event: placed.event.id.clone() }),
            });
        }
        self.post_event(placed, EntryKind::Manual, lines)
    }
}

/// The sum of lines that do not balance yet.
fn left(lines: &[Line]) -> Decimal {
    lines.iter().map(|line| line.amount).sum()
}
