//! Entry measure: cost for what is bought or developed, the measure of its own standard for what comes in otherwise.

use rust_decimal::Decimal;
use serde::Serialize;

use crate::money::{Currency, Money};
use crate::recognition::account::Account;
use crate::recognition::error::BookError;
use crate::recognition::event::{Acquire, BookEvent, CostLine, EntryBasis, Happening, Origin};

/// The code of a closed list's word, as files write it.
pub(crate) fn code(word: &impl Serialize) -> String {
    match serde_json::to_value(word) {
        Ok(serde_json::Value::String(text)) => text,
        _ => String::new(),
    }
}

/// The bases an origin may enter at.
fn allowed(origin: Origin) -> &'static [EntryBasis] {
    use EntryBasis as B;
    match origin {
        Origin::Purchased | Origin::SelfDeveloped => &[B::Cost],
        Origin::Contributed => &[B::AgreedValue, B::FairValue],
        Origin::Exchanged | Origin::Combined => &[B::FairValue, B::CarryingAmount],
        Origin::Restructured => &[B::FairValue],
        Origin::Granted => &[B::FairValue, B::Nominal],
    }
}

/// The account credited for an entry amount.
pub(crate) fn against(asset: &Acquire) -> Option<Account> {
    asset.against.or(match asset.origin {
        Origin::Contributed => Some(Account::Capital),
        Origin::Restructured => Some(Account::Receivable),
        Origin::Granted => Some(Account::DeferredIncome),
        _ => None,
    })
}

/// Checks an acquisition: an appraised value is never the cost of bought or developed data.
///
/// Errors: `book_value_is_not_cost`, `book_measure`, `book_missing`.
///
/// Source: 《企业会计准则第6号》 art. 12–14, 《企业会计准则第1号》, CAS 7, 12, 16, 20.
pub fn check_entry(event: &BookEvent, asset: &Acquire) -> Result<(), BookError> {
    let (id, origin, basis) = (event.id.clone(), code(&asset.origin), code(&asset.basis));
    let missing = |name: &str| BookError::Missing { event: event.id.clone(), name: name.to_owned() };
    let own = matches!(asset.origin, Origin::Purchased | Origin::SelfDeveloped);
    if !allowed(asset.origin).contains(&asset.basis) {
        return Err(match own {
            true => BookError::ValueIsNotCost { event: id, origin, basis },
            false => BookError::Measure { event: id, origin, basis },
        });
    }
    if own {
        // An amount beside the lines would be a value in the place of cost.
        if asset.amount.is_some() || asset.lines.is_empty() {
            return Err(missing("lines"));
        }
        return Ok(());
    }
    if asset.amount.is_none() {
        return Err(missing("amount"));
    }
    if asset.agreement.is_none() {
        return Err(missing("agreement"));
    }
    let valued = matches!(asset.basis, EntryBasis::AgreedValue | EntryBasis::FairValue);
    if valued && asset.report.is_none() {
        return Err(missing("report"));
    }
    if against(asset).is_none() {
        return Err(missing("against"));
    }
    Ok(())
}

/// The largest amount a book takes: the arithmetic stays exact with room for sums and shares.
const LARGEST: i64 = 1_000_000_000_000_000;

/// An amount in the book's currency, not negative, with no more decimals than its minor unit.
pub(crate) fn amount(id: &str, field: &str, money: &Money, currency: Currency) -> Result<Decimal, BookError> {
    if money.currency() != currency {
        let (expected, found) = (currency.to_string(), money.currency().to_string());
        return Err(BookError::Currency { event: id.to_owned(), expected, found });
    }
    let value = money.amount();
    let whole = value.round_dp(currency.minor_places()) == value;
    if value < Decimal::ZERO || value > Decimal::from(LARGEST) || !whole {
        let (event, field) = (id.to_owned(), field.to_owned());
        return Err(BookError::Amount { event, field, value: value.to_string() });
    }
    Ok(value)
}

/// Every amount of an event with its name.
pub(crate) fn amounts(happening: &Happening) -> Vec<(String, &Money)> {
    fn lines(lines: &[CostLine]) -> Vec<(String, &Money)> {
        let named = lines.iter().enumerate().flat_map(|(i, line)| {
            let tax = line.input_tax.iter().map(move |tax| (format!("lines[{i}].input_tax"), tax));
            std::iter::once((format!("lines[{i}].amount"), &line.amount)).chain(tax)
        });
        named.collect()
    }
    fn some<'m>(name: &str, money: &'m Option<Money>) -> Vec<(String, &'m Money)> {
        money.iter().map(|money| (name.to_owned(), money)).collect()
    }
    match happening {
        Happening::Acquire(acquire) => [lines(&acquire.lines), some("amount", &acquire.amount)].concat(),
        Happening::Spend(spend) => lines(&spend.lines),
        Happening::Available(terms) => some("residual", &terms.residual),
        Happening::Estimate(terms) => some("residual", &terms.residual),
        Happening::ImpairmentTest(test) | Happening::ImpairmentReversal(test) => {
            [some("fair_value_less_costs", &test.fair_value_less_costs), some("value_in_use", &test.value_in_use)]
                .concat()
        }
        Happening::Revaluation(value) => vec![("amount".to_owned(), &value.amount)],
        Happening::Sale(sale) => {
            [vec![("revenue".to_owned(), &sale.revenue)], some("output_tax", &sale.output_tax)].concat()
        }
        Happening::Disposal(sale) => {
            [vec![("proceeds".to_owned(), &sale.proceeds)], some("output_tax", &sale.output_tax)].concat()
        }
        Happening::Licence(licence) => {
            [vec![("revenue".to_owned(), &licence.revenue)], some("output_tax", &licence.output_tax)].concat()
        }
        Happening::Grant(grant) => vec![("amount".to_owned(), &grant.amount)],
        Happening::Journal(manual) => {
            let sides = manual.lines.iter().enumerate().flat_map(|(i, line)| {
                line.debit.iter().chain(&line.credit).map(move |money| (format!("lines[{i}]"), money))
            });
            sides.collect()
        }
        Happening::Use(_)
        | Happening::NetRealisableValue(_)
        | Happening::Lapse(_)
        | Happening::Transfer(_)
        | Happening::Withdrawal(_)
        | Happening::Restriction(_) => Vec::new(),
    }
}

/// Accounts that an event chooses: never those that events about assets keep.
pub(crate) fn check_accounts(event: &BookEvent) -> Result<(), BookError> {
    let paid = |lines: &[CostLine]| lines.iter().filter_map(|line| line.paid_from).collect::<Vec<_>>();
    let chosen: Vec<Account> = match &event.event {
        Happening::Acquire(acquire) => paid(&acquire.lines).into_iter().chain(acquire.against).collect(),
        Happening::Spend(spend) => paid(&spend.lines),
        Happening::Available(terms) => terms.charge_to.into_iter().collect(),
        Happening::Licence(licence) => licence.account.into_iter().collect(),
        _ => Vec::new(),
    };
    match chosen.into_iter().find(|account| account.is_control()) {
        Some(account) => Err(BookError::ControlAccount { event: event.id.clone(), account: account.code().to_owned() }),
        None => Ok(()),
    }
}
