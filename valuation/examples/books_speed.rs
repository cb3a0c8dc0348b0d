//! How fast schedules and journals are computed: `cargo run --profile quick --example books_speed [ASSETS]`.
//!
//! Every asset is bought, put into use for ten years and impaired once; each is followed for 120 months in three books.

use std::time::Instant;

use rayon::prelude::*;
use rust_decimal::Decimal;
use serde_json::json;
use valuation::money::Currency;
use valuation::recognition::criteria::Framework;
use valuation::recognition::event::BookEvent;
use valuation::recognition::holding::{Placed, Rules, trace};
use valuation::recognition::month::Month;

fn events(asset: usize) -> Vec<BookEvent> {
    let cny = |amount: usize| json!({"amount": format!("{amount}.00"), "currency": "CNY"});
    let met = json!(["E"]);
    let happenings = [
        (
            "2016-01-05",
            json!({"acquire": {"name": "数据", "origin": "purchased", "held_for": "own_use",
            "criteria": {"control": met, "identifiable": met, "probable_benefit": met, "reliable_cost": met},
            "lines": [{"class": "price", "amount": cny(100_000 + asset)}]}}),
        ),
        ("2016-01-06", json!({"available": {"life_months": 120}})),
        ("2019-12-31", json!({"impairment_test": {"value_in_use": cny(30_000 + asset / 7)}})),
    ];
    let event = |(index, (on, event)): (usize, (&str, serde_json::Value))| {
        let event = json!({"id": format!("{index}"), "asset": format!("{asset}"), "on": on, "event": event});
        serde_json::from_value(event).expect("an event")
    };
    happenings.into_iter().enumerate().map(event).collect()
}

fn main() {
    let assets: usize = std::env::args().nth(1).and_then(|n| n.parse().ok()).unwrap_or(100_000);
    let through = Month::try_from("2025-12".to_owned()).expect("a month");
    let events: Vec<Vec<BookEvent>> = (0..assets).map(events).collect();
    let begun = Instant::now();
    let found: Vec<(usize, Decimal)> = events
        .par_iter()
        .map(|events| {
            let placed: Vec<Placed<'_>> = events
                .iter()
                .enumerate()
                .map(|(number, event)| Placed { number: number as u32, on: event.on, event })
                .collect();
            let mut sums = (0, Decimal::ZERO);
            for framework in [Framework::Cas, Framework::Ifrs, Framework::Tax] {
                let currency = Currency::CNY;
                let rules = Rules { book: framework.code(), framework, currency, capitalise_not_before: None };
                let trace = trace(&placed, rules, through).expect("events that fit");
                sums = (sums.0 + trace.documents.len(), sums.1 + trace.holding.amortised);
            }
            sums
        })
        .collect();
    let documents: usize = found.iter().map(|sums| sums.0).sum();
    let amortised: Decimal = found.iter().map(|sums| sums.1).sum();
    let seconds = begun.elapsed().as_secs_f64();
    println!(
        "{assets} assets, 120 months, 3 books: {documents} balanced documents, {amortised} amortised, {seconds:.2} s"
    );
}
