//! The rules of method: what a case may not ask for, each refused with its code and field.

use serde_json::{Value, json};
use tests::{acceptance, sample};
use valuation::case::{Case, PriceModels};
use valuation::fault::Fault;

/// The case of all methods, with only the method called `name`.
fn only(name: &str) -> Value {
    let mut case = serde_json::to_value(acceptance::methods()).expect("JSON");
    let methods = case["methods"].as_array().expect("methods").clone();
    let found = methods.into_iter().find(|method| method["method"] == name).expect("the method");
    case["methods"] = json!([found]);
    case["reconcile"]["select"] = json!(name);
    case
}

/// The code and the field of the refusal.
fn refused(case: &Value) -> (String, String) {
    let refused = Case::from_value(case).and_then(|case| valuation::value::value(&case, &PriceModels::new()));
    let error = refused.expect_err("refused");
    let field = error.place().field.unwrap_or_default();
    (error.code().to_owned(), field)
}

fn check(case: &Value, code: &str, field: &str) {
    assert_eq!(refused(case), (code.to_owned(), field.to_owned()));
}

#[test]
fn a_case_as_it_stands_is_valued() {
    for name in ["excess_earnings", "relief_from_royalty", "profit_split", "scenario_income"] {
        let case = Case::from_value(&only(name)).expect("a case");
        valuation::value::value(&case, &PriceModels::new()).unwrap_or_else(|error| panic!("{name}: {error}"));
    }
}

#[test]
fn what_wears_out_has_no_perpetuity() {
    let growth = json!({"growth": {"value": 0.01, "evidence": "E2"}});
    let case = sample::with(&only("relief_from_royalty"), "/methods/0", "perpetuity", growth);
    check(&case, "wasting_perpetuity", "methods[0].perpetuity");
}

#[test]
fn a_forecast_beyond_right_or_contract_needs_a_reason() {
    let rights = json!([{"kind": "operation", "until": "2030-12-31"}]);
    let case = sample::with(&only("relief_from_royalty"), "/asset/legal", "rights", rights);
    check(&case, "life_beyond_right", "methods[0].years");
    let reasoned = sample::with(&case, "/methods/0", "life", json!({"reason": "授权协议约定自动续展十年"}));
    let reasoned = Case::from_value(&reasoned).expect("a case");
    let valued = valuation::value::value(&reasoned, &PriceModels::new()).expect("valued");
    assert_eq!(valued.contradictions[0].code, "life_beyond_right", "the reader is told all the same");
    let technical = json!({"technical_years": {"value": 5, "evidence": "E3"}});
    let case = sample::with(&only("relief_from_royalty"), "/methods/0", "life", technical);
    check(&case, "life_beyond_right", "methods[0].years");
}

#[test]
fn a_right_that_has_ended_is_no_right() {
    let rights = json!([{"kind": "operation", "until": "2026-06-29"}]);
    let case = sample::with(&only("multiplier_cost"), "/asset/legal", "rights", rights);
    check(&case, "right_expired", "asset.legal.rights[0].until");
}

#[test]
fn one_revenue_has_one_primary_asset() {
    let mut case = only("excess_earnings");
    let mut second = case["methods"][0].clone();
    second["name"] = json!("second");
    case["methods"].as_array_mut().expect("methods").push(second);
    check(&case, "same_revenue_twice", "methods[1].revenue");
}

#[test]
fn wear_is_taken_once() {
    let case = sample::with(&only("excess_earnings"), "/methods/0", "measure", json!("ebit"));
    check(&case, "return_of_twice", "methods[0].contributory[1].return_of");
}

#[test]
fn capital_is_rewarded_once() {
    let mut case = only("replacement_cost");
    case["methods"][0]["opportunity"] = json!({"value": 0.05, "evidence": "E2"});
    case["methods"][0]["profit"].as_object_mut().expect("members").remove("base");
    check(&case, "capital_rewarded_twice", "methods[0].profit");
}

#[test]
fn probabilities_of_scenarios_add_up_to_one() {
    let case = only("scenario_income");
    let case = sample::with(&case, "/methods/0/scenarios/0/probability", "value", json!(0.5));
    check(&case, "weights_not_one", "methods[0].scenarios");
}

#[test]
fn a_perpetuity_at_a_built_up_rate_is_guarded_as_well() {
    let case = sample::with(&only("profit_split"), "/methods/0/perpetuity/growth", "value", json!(0.5));
    assert_eq!(refused(&case).0, "growth_not_below_rate");
}

#[test]
fn the_measure_of_an_income_and_its_basis_agree() {
    let case = sample::with(&only("with_and_without"), "/methods/0/cash_flow", "tax", json!("pre_tax"));
    let case = sample::with(&case, "/methods/0/discount_rate/basis", "tax", json!("pre_tax"));
    check(&case, "malformed_value", "methods[0].cash_flow.tax");
    let mut case = only("incremental_income");
    case["methods"][0].as_object_mut().expect("members").remove("tax_rate");
    check(&case, "missing_field", "methods[0].tax_rate");
}

#[test]
fn impossible_correlations_are_refused_with_the_nearest_possible_ones() {
    let mut case = only("replacement_cost");
    let inputs = ["replacement_cost.lines[4].unit_price", "replacement_cost.obsolescence.technological"];
    let third = "replacement_cost.adjustment";
    case["methods"][0]["adjustment"]["distribution"] = json!({"uniform": {"low": 1.0, "high": 1.12}});
    let pair = |a: &str, b: &str, rho: f64| json!({"inputs": [a, b], "correlation": rho, "evidence": "E3"});
    case["dependence"] =
        json!([pair(inputs[0], inputs[1], 0.9), pair(inputs[1], third, 0.9), pair(inputs[0], third, -0.9)]);
    let error = Case::from_value(&case)
        .and_then(|case| valuation::value::value(&case, &PriceModels::new()))
        .expect_err("refused");
    assert_eq!(error.code(), "correlation_impossible");
    // Higham 2002 gives for this pattern of ±0.9 a matrix with off-diagonal entries ±0.5.
    let offered = error.places().into_iter().find(|(name, _)| *name == "limit").expect("offered").1;
    assert!(offered.contains("0.5") && offered.contains("-0.5"), "{offered}");
}
