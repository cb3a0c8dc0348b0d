//! The sample market has the declared shares of mess, and its clean rows follow the law it tells.

use std::collections::BTreeMap;

use datasets::schema::Trade;
use datasets::synthetic::{Params, law, market, month_index};
use rust_decimal::Decimal;
use rust_decimal::prelude::ToPrimitive;
use valuation::terms::{PriceOrigin, PriceState, RecordStatus, TradeKind};

const ROWS: usize = 50_000;

/// Whether `found` of `rows` lies within five standard errors of `share`.
fn check(name: &str, found: usize, rows: usize, share: f64) {
    let (found, rows) = (found as f64, rows as f64);
    let error = (share * (1.0 - share) / rows).sqrt();
    assert!((found / rows - share).abs() < 5.0 * error, "{name}: {} instead of {share}", found / rows);
}

fn last_words(trades: &[Trade]) -> Vec<Trade> {
    let mut newest: BTreeMap<&str, &Trade> = BTreeMap::new();
    for trade in trades {
        // The market is in the order of recording.
        newest.insert(&trade.trade_id, trade);
    }
    newest.into_values().filter(|t| t.status != RecordStatus::Cancellation).cloned().collect()
}

fn placeholder(trade: &Trade) -> bool {
    trade.product_title.contains("年度")
}

#[test]
fn shares_are_as_declared() {
    let trades = market(1, ROWS);
    assert_eq!(trades.len(), ROWS);
    let mess = &Params::shipped().mess;
    let count = |is: &dyn Fn(&Trade) -> bool| trades.iter().filter(|t| is(t)).count();
    let state = |state: PriceState| count(&|t| t.price_state == state);
    check("negotiable", state(PriceState::Negotiable), ROWS, mess.negotiable * (1.0 - mess.placeholder_family));
    check("free", state(PriceState::Free), ROWS, mess.free * (1.0 - mess.placeholder_family));
    check("censored", state(PriceState::Censored), ROWS, mess.censored * (1.0 - mess.placeholder_family));
    check("corrections", count(&|t| t.status == RecordStatus::Correction), ROWS, mess.correction * 0.96);
    check("cancellations", count(&|t| t.status == RecordStatus::Cancellation), ROWS, mess.cancellation * 0.96);
    check("placeholder families", count(&placeholder), ROWS, mess.placeholder_family);
    let exchanges: BTreeMap<&str, ()> = trades.iter().map(|t| (t.exchange.as_str(), ())).collect();
    assert_eq!(exchanges.len(), 4);
    assert!(TradeKind::ALL.iter().all(|kind| count(&|t| t.kind == *kind) > ROWS / 50));
    let months: BTreeMap<String, ()> = trades.iter().map(|t| (t.traded_on.format("%Y-%m").to_string(), ())).collect();
    assert_eq!(months.len(), 36);
    assert!(trades.iter().all(|t| t.fault().is_none()));
}

#[test]
fn clean_rows_follow_the_law() {
    let law = law(Params::shipped());
    let price_of = |trade: &Trade| -> f64 {
        let level = |column: &str, level: &str| law.coefficient(&format!("{column}::{level}")).unwrap_or(0.0);
        let slope = |term: &str| law.coefficient(term).unwrap();
        slope("(Intercept)")
            + slope("log(records)") * trade.records.unwrap().ln()
            + slope("log(fields)") * trade.fields.unwrap().ln()
            + slope("quality") * trade.quality.unwrap()
            + slope("log(history_months)") * trade.history_months.unwrap().ln()
            + slope("month_index") * f64::from(month_index(law.first_month, trade.traded_on))
            + level("category", trade.category.as_ref().unwrap())
            + level("exchange", &trade.exchange)
            + level("price_unit", trade.price_unit.unwrap().code())
            + level("update_frequency", trade.update_frequency.code())
            + level("licence_scope", trade.licence_scope.code())
            + level("exclusivity", trade.exclusivity.code())
            + level("vat_status", trade.vat_status.code())
            + level("kind", trade.kind.code())
    };
    let mut clean = Vec::new();
    let mut suggested = Vec::new();
    for trade in last_words(&market(2, ROWS)) {
        if trade.price_state == PriceState::Priced && !placeholder(&trade) {
            let ln_price = trade.price.unwrap().to_f64().unwrap().ln();
            let from_tool = trade.price_origin == PriceOrigin::ToolSuggested;
            if from_tool { &mut suggested } else { &mut clean }.push((ln_price - price_of(&trade)) / law.sigma);
        }
    }
    let mean = |noise: &[f64]| noise.iter().sum::<f64>() / noise.len() as f64;
    let n = clean.len() as f64;
    assert!(n > 38_000.0);
    assert!(mean(&clean).abs() < 4.5 / n.sqrt(), "{}", mean(&clean));
    let variance = clean.iter().map(|z| z * z).sum::<f64>() / n;
    assert!((variance - 1.0).abs() < 4.5 * (2.0 / n).sqrt(), "{variance}");
    let markup = Params::shipped().mess.tool_markup / law.sigma;
    assert!((mean(&suggested) - markup).abs() < 4.5 / (suggested.len() as f64).sqrt());
}

#[test]
fn a_corrected_price_was_ten_times_too_high() {
    let trades = market(3, ROWS);
    let corrections: Vec<&Trade> = trades.iter().filter(|t| t.status == RecordStatus::Correction).collect();
    for correction in &corrections {
        let original = trades.iter().find(|t| t.trade_id == correction.trade_id && t.status == RecordStatus::Original);
        let Some(original) = original else { continue };
        assert_eq!(original.price.unwrap(), correction.price.unwrap() * Decimal::TEN);
        assert!(original.recorded_at < correction.recorded_at);
    }
    assert!(corrections.len() > 300);
}

#[test]
fn one_seed_is_one_market() {
    assert!(market(8, 2_000) == market(8, 2_000));
    assert!(market(8, 2_000) != market(9, 2_000));
}
