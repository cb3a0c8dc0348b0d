//! 4. No amount without currency, no rate without its basis, no estimate without interval and evidence.

use serde::de::DeserializeOwned;
use serde_json::{Value, json};
use tests::sample::{holders, refusal, weather, with, without};
use valuation::money::{Money, UnitPrice};
use valuation::rate::RateBasis;

/// `whole` is read as a `T`, and without any one of its members it is refused.
fn needs_every_member<T: DeserializeOwned>(whole: Value) {
    let name = std::any::type_name::<T>();
    serde_json::from_value::<T>(whole.clone()).unwrap_or_else(|e| panic!("{name}: {e}"));
    for member in whole.as_object().expect("an object").keys() {
        let mut part = whole.clone();
        part.as_object_mut().expect("an object").remove(member);
        assert!(serde_json::from_value::<T>(part).is_err(), "a {name} without {member} was accepted");
    }
}

#[test]
fn no_amount_without_currency() {
    needs_every_member::<Money>(json!({"amount": "12345.60", "currency": "CNY"}));
    needs_every_member::<UnitPrice>(json!({"amount": "0.0028", "currency": "CNY", "per": "call"}));
}

#[test]
fn no_rate_without_its_basis() {
    needs_every_member::<RateBasis>(json!({"price_level": "nominal", "tax": "post_tax", "timing": "mid_period"}));
}

#[test]
fn no_amount_of_a_case_without_its_currency() {
    let case = weather();
    let amounts = holders(&case, "currency");
    assert!(amounts.len() > 8, "{amounts:?}");
    for holder in amounts {
        assert!(refusal(&without(&case, &holder, "currency")).is_some(), "{holder} without currency");
        let mixed = refusal(&with(&case, &holder, "currency", json!("USD")));
        assert_eq!(mixed, Some("mixed_currency"), "{holder} in another currency");
    }
}

#[test]
fn no_rate_of_a_case_without_its_basis_and_no_discounting_across_bases() {
    let case = weather();
    let rates = holders(&case, "basis").into_iter().filter(|holder| !holder.is_empty()).collect::<Vec<_>>();
    assert!(!rates.is_empty());
    for holder in rates {
        assert!(refusal(&without(&case, &holder, "basis")).is_some(), "{holder} without basis");
        let basis = format!("{holder}/basis");
        for (member, other) in [("price_level", "real"), ("tax", "pre_tax"), ("timing", "end_of_period")] {
            assert!(refusal(&without(&case, &basis, member)).is_some(), "{basis} without {member}");
            let refused = refusal(&with(&case, &basis, member, json!(other)));
            assert!(refused.is_some(), "{basis} with {member} = {other} discounts another cash flow");
        }
    }
}
