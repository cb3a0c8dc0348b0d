//! 6. One door from float to money: `Money::from_model`, finite and rounded to the minor unit.

use tests::source::Source;
use valuation::money::{Currency, Money};

#[test]
fn only_money_turns_a_float_into_a_decimal() {
    // The kernel's Books arithmetic holds decimals from end to end; its constants enter through `exact_decimal`.
    let inside = |path: &str| path == "valuation/src/money.rs" || path.starts_with("valuation/src/workbook");
    let mut offences = Vec::new();
    for source in Source::all(&[]).into_iter().filter(|source| !inside(&source.path)) {
        for (path, line) in source.paths() {
            let ends = |name: &str| path.ends_with(&format!("Decimal::{name}"));
            if ["from_f64", "from_f64_retain", "from_f32", "from_f32_retain", "try_from"].into_iter().any(ends) {
                offences.push(format!("{}:{line} {path}", source.path));
            }
        }
    }
    assert!(offences.is_empty(), "\n  {}", offences.join("\n  "));
}

#[test]
fn the_door_lets_only_finite_amounts_through_and_rounds_them() {
    for value in [f64::NAN, f64::INFINITY, f64::NEG_INFINITY, 1e40] {
        assert!(Money::from_model(value, Currency::CNY).is_err(), "{value}");
    }
    let yen = Currency::try_from("JPY".to_owned()).expect("a code");
    for (value, currency, written) in [
        (0.005, Currency::CNY, "0.01 CNY"),
        (-0.005, Currency::CNY, "-0.01 CNY"),
        (2.5, yen, "3 JPY"),
        (7.0, Currency::CNY, "7.00 CNY"),
    ] {
        assert_eq!(Money::from_model(value, currency).expect("finite").to_string(), written);
    }
}
