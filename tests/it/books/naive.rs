//! Random events across open and closed periods: books balance, the past stays, and the balances are a naive model's.

use std::collections::BTreeMap;

use chrono::NaiveDate;
use proptest::prelude::*;
use rust_decimal::Decimal;
use serde_json::{Value, json};
use valuation::recognition::account::Account;
use valuation::recognition::event::BookEvent;
use valuation::recognition::ledger::{Act, BookSetup, Ledger};
use valuation::recognition::month::Month;

const MONTHS: u32 = 18;

fn setup() -> BookSetup {
    let setup = json!({"id": "B", "entity": "示例", "currency": "CNY", "first_period": "2024-07",
        "books": [{"name": "cas", "framework": "cas"}, {"name": "ifrs", "framework": "ifrs"}]});
    serde_json::from_value(setup).expect("a setup")
}

fn month(at: u32) -> Month {
    (0..at).fold(Month::of(NaiveDate::from_ymd_opt(2024, 7, 1).expect("a day")), |month, _| month.next())
}

fn cny(cents: u32) -> Value {
    json!({"amount": format!("{}.{:02}", cents / 100, cents % 100), "currency": "CNY"})
}

/// One thing that may happen: kind, month, size.
type Step = (u8, u32, u32);

fn happening((kind, _, size): Step) -> Value {
    let method = ["straight_line", "declining", "sum_of_years"][size as usize % 3];
    let convention = ["full_month", "next_month", "mid_month"][size as usize / 7 % 3];
    match kind % 8 {
        0 => json!({"acquire": {"name": "数据", "origin": "purchased", "held_for": "own_use",
            "criteria": {"control": ["E"], "identifiable": ["E"], "probable_benefit": ["E"], "reliable_cost": ["E"]},
            "lines": [{"class": "price", "amount": cny(size), "input_tax": cny(size / 16)}]}}),
        1 => json!({"available": {"life_months": size % 30 + 1, "method": method, "convention": convention}}),
        2 => json!({"spend": {"lines": [{"class": "tax", "amount": cny(size / 10 + 1)}]}}),
        3 | 4 => json!({"impairment_test": {"value_in_use": cny(size / 2)}}),
        5 => json!({"licence": {"revenue": cny(size / 5 + 1)}}),
        6 => json!({"estimate": {"remaining_months": size % 20 + 1, "reason": "复核"}}),
        _ => json!({"disposal": {"proceeds": cny(size / 4)}}),
    }
}

/// The balance-sheet accounts; corrections move results between years.
fn sheet(ledger: &Ledger, book: usize) -> BTreeMap<Account, Decimal> {
    let mut balances = ledger.balances(book, month(MONTHS + 12));
    balances.retain(|account, amount| !account.of_result() && *account != Account::Retained && !amount.is_zero());
    balances
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]

    #[test]
    fn random_orders_reach_the_balances_of_a_naive_model(
        steps in prop::collection::vec((0_u8..8, 0..MONTHS, 1_u32..2_000_000), 1..14),
        closings in prop::collection::vec(0_u8..3, 14),
        classes in prop::collection::vec(0_u8..3, 14),
    ) {
        let mut ledger = Ledger::open(setup()).expect("books");
        let mut naive = Vec::new();
        let mut snapshots = Vec::new();
        let first = [(0, 0, 1_200_000), (1, 1, 17)];
        for (index, step) in first.into_iter().chain(steps).enumerate() {
            let on = month(step.1).first_day();
            let class = ["error", "policy", "adjusting_event"][usize::from(classes[index % 14])];
            let class = if step.0 == 6 { "estimate" } else { class };
            let event = json!({"id": format!("{index}"), "asset": "D", "on": on, "event": happening(step),
                "late": {"class": class, "material": step.2 % 2 == 0, "reason": "迟到"}});
            let event: BookEvent = serde_json::from_value(event).expect("an event");
            let closed = ledger.closed();
            if ledger.apply(&Act::Record(Box::new(event.clone()))).is_err() {
                continue;
            }
            // The naive model never closes; a late estimate takes effect in the first open month.
            let mut plain = event;
            if let Some(closed) = closed.filter(|closed| class == "estimate" && Month::of(plain.on) <= *closed) {
                plain.on = closed.next().first_day();
            }
            naive.push(Act::Record(Box::new(plain)));
            let next = ledger.closed().map_or(month(0), Month::next);
            if closings[index % 14] > 0 && next < month(MONTHS) {
                ledger.apply(&Act::Close(next)).expect("closes");
                snapshots.push((0..2).map(|book| ledger.entries(book).to_vec()).collect::<Vec<_>>());
            }
        }
        ledger.apply(&Act::Run(month(MONTHS + 12))).expect("runs");
        // What was posted stays as it was posted.
        for snapshot in &snapshots {
            for (book, before) in snapshot.iter().enumerate() {
                prop_assert_eq!(&ledger.entries(book)[..before.len()], &before[..]);
            }
        }
        naive.push(Act::Run(month(MONTHS + 12)));
        let Ok(model) = Ledger::replay(setup(), &naive) else { return Ok(()) };
        for book in 0..2 {
            prop_assert!(ledger.entries(book).iter().all(|entry| entry.balances()));
            prop_assert_eq!(sheet(&ledger, book), sheet(&model, book));
            let holding = ledger.asset(book, "D", month(MONTHS + 12)).expect("an asset").holding;
            prop_assert!(holding.carrying() >= Decimal::ZERO);
            prop_assert_eq!(holding.carrying(), holding.cost + holding.development - holding.amortised - holding.impaired);
            let accounts = [Account::Intangible, Account::Amortised, Account::Impaired];
            let said: Decimal = accounts.iter().filter_map(|a| sheet(&ledger, book).get(a).copied()).sum();
            prop_assert_eq!(said, holding.carrying());
        }
    }
}
