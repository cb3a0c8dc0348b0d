//! 4. No amount without currency, no rate without its basis, no estimate without interval and evidence.

use serde::de::DeserializeOwned;
use serde_json::{Value, json};
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
