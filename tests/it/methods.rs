//! Every method of the contract, valued from one case file: its value is that of an independent computation with NumPy, SciPy
//! and QuantLib, and so are the rates that are solved back.

use serde_json::Value;
use tests::{acceptance, program, project};
use valuation::case::PriceModels;
use valuation::method::MethodName;
use valuation::value::{draft, value};
use valuation::workbook::calculate;

#[test]
fn every_method_gives_what_an_independent_computation_gives() {
    let case = acceptance::methods();
    let path = project::root().join("tests/fixtures/acceptance/methods.json");
    let printed = program::python_prints(include_str!("methods/values.py"), &[&path.to_string_lossy()]);
    let theirs: Value = serde_json::from_str(&printed).expect("JSON");
    let draft = draft(&case, &PriceModels::new()).expect("a workbook");
    let point = calculate(&draft.workbook, &draft.bindings).expect("numbers");
    for (name, row) in draft.names.iter().zip(&draft.outputs) {
        for (key, expected) in theirs[name].as_object().unwrap_or_else(|| panic!("{name}: not computed")) {
            let row = if key == "value" { *row } else { draft.workbook.find(name, key).expect("the row") };
            let (ours, theirs) = (point.number(row, 0).real(), expected.as_f64().expect("a number"));
            // QuantLib rounds an expiry to whole days; all else is exact arithmetic, or a root or fit to its own tolerance.
            let close = (ours - theirs).abs() <= 1e-8 * theirs.abs();
            assert!(close, "{name} {key}: {ours} against {theirs}");
        }
    }
    let failed = point.failed_checks();
    assert!(failed.is_empty(), "{failed:?}");
}

#[test]
fn every_method_of_the_contract_is_in_the_case_or_has_one_of_its_own() {
    let case = acceptance::methods();
    let used: Vec<MethodName> = case.methods.iter().map(|method| method.name()).collect();
    let own = [MethodName::MarketComparison, MethodName::MarketComponents];
    let missing: Vec<&MethodName> =
        MethodName::ALL.iter().filter(|name| !used.contains(name) && !own.contains(name)).collect();
    assert!(missing.is_empty(), "{missing:?}");
}

#[test]
fn every_estimate_has_an_interval_around_its_value() {
    let valuation = value(&acceptance::methods(), &PriceModels::new()).expect("a valuation");
    for estimate in &valuation.estimates {
        let (low, high) = (estimate.interval.low.amount(), estimate.interval.high.amount());
        assert!(low <= high && low <= estimate.value.amount() && estimate.value.amount() <= high, "{estimate:?}");
    }
    assert_eq!(valuation.not_finite, 0);
}
