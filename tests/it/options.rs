//! Options against QuantLib: the formula with all its sensitivities, the tree against QuantLib's own American engines.

use serde_json::{Value, json};
use tests::app::House;
use tests::program;
use valuation::option::{OptionContract, price};

/// Reads contracts as JSON and prints QuantLib's figures.
const QUANTLIB: &str = r#"
import json, sys
import numpy as np
import QuantLib as ql
today = ql.Date(1, 1, 2025)
ql.Settings.instance().evaluationDate = today
count = ql.Actual365Fixed()
flat = lambda x: ql.YieldTermStructureHandle(ql.FlatForward(today, float(x), count))
for c in json.load(open(sys.argv[1])):
    rate = np.log1p(c["rate"]) if c.get("compounding") == "annual" else c["rate"]
    process = ql.BlackScholesMertonProcess(
        ql.QuoteHandle(ql.SimpleQuote(c["underlying"])), flat(c["dividend_yield"]), flat(rate),
        ql.BlackVolTermStructureHandle(ql.BlackConstantVol(today, ql.NullCalendar(), c["volatility"], count)))
    payoff = ql.PlainVanillaPayoff(ql.Option.Call if c["type"] == "call" else ql.Option.Put, c["strike"])
    end = today + int(round(365 * c["years"]))
    if c.get("exercise") == "american":
        o = ql.VanillaOption(payoff, ql.AmericanExercise(today, end))
        o.setPricingEngine(ql.QdFpAmericanEngine(process, ql.QdFpAmericanEngine.highPrecisionScheme()))
        exact = o.NPV()
        o.setPricingEngine(ql.BinomialVanillaEngine(process, "crr", c["steps"]))
        print(json.dumps({"value": exact, "delta": o.delta(), "gamma": o.gamma(), "theta": o.theta()}))
    else:
        o = ql.VanillaOption(payoff, ql.EuropeanExercise(end))
        o.setPricingEngine(ql.AnalyticEuropeanEngine(process))
        names = "delta gamma vega theta rho".split()
        print(json.dumps({"value": o.NPV()} | {n: getattr(o, n)() for n in names}))
"#;

fn quantlib(contracts: &[Value]) -> Vec<Value> {
    let file = tempfile::NamedTempFile::new().expect("a file");
    std::fs::write(file.path(), Value::from(contracts.to_vec()).to_string()).expect("written");
    let printed = program::python_prints(QUANTLIB, &[&file.path().to_string_lossy()]);
    printed.lines().map(|line| serde_json::from_str(line).expect("JSON")).collect()
}

/// The contracts of a grid; years are whole numbers of days of 365.
fn grid(more: &Value) -> Vec<Value> {
    let mut contracts = Vec::new();
    for kind in ["call", "put"] {
        for strike in [70.0, 95.0, 100.0, 140.0] {
            for volatility in [0.15, 0.42] {
                for years in [73.0 / 365.0, 1.0, 4.0] {
                    for (rate, dividend_yield) in [(0.021, 0.0), (0.08, 0.03), (0.04, 0.07)] {
                        let mut contract = json!({
                            "type": kind, "underlying": 100.0, "strike": strike, "rate": rate,
                            "volatility": volatility, "years": years, "dividend_yield": dividend_yield,
                        });
                        for (name, value) in more.as_object().expect("members") {
                            contract[name] = value.clone();
                        }
                        contracts.push(contract);
                    }
                }
            }
        }
    }
    contracts
}

fn ours(contract: &Value) -> Value {
    let contract: OptionContract = serde_json::from_value(contract.clone()).expect("a contract");
    serde_json::to_value(price(&contract).expect("a price")).expect("JSON")
}

#[test]
fn european_options_are_those_of_quantlib() {
    let mut contracts = grid(&json!({}));
    contracts.extend(grid(&json!({"compounding": "annual"})));
    let theirs = quantlib(&contracts);
    assert_eq!(theirs.len(), contracts.len());
    for (contract, theirs) in contracts.iter().zip(&theirs) {
        let ours = ours(contract);
        // QuantLib's rho is by the continuous rate; ours by the rate as it is stated.
        let stated = match contract.get("compounding") {
            Some(_) => 1.0 + contract["rate"].as_f64().expect("a number"),
            None => 1.0,
        };
        for (name, expected) in theirs.as_object().expect("members") {
            let expected = expected.as_f64().expect("a number") / if name == "rho" { stated } else { 1.0 };
            let found = ours[name].as_f64().expect("a number");
            assert!(
                (found - expected).abs() <= 1e-9 * expected.abs().max(1.0),
                "{contract} {name}: {found} {expected}"
            );
        }
    }
}

#[test]
fn american_options_are_those_of_quantlib() {
    let contracts = grid(&json!({"exercise": "american", "model": "crr", "steps": 1000}));
    let theirs = quantlib(&contracts);
    for (contract, theirs) in contracts.iter().zip(&theirs) {
        let ours = ours(contract);
        let apart =
            |name: &str| (ours[name].as_f64().expect("a number") - theirs[name].as_f64().expect("a number")).abs();
        // The error of a tree falls with its steps; 1,000 steps leave less than a cent on an underlying of 100.
        assert!(apart("value") < 0.01, "{contract}: {ours} {theirs}");
        assert!(apart("delta") < 2e-3 && apart("gamma") < 2e-3, "{contract}: {ours} {theirs}");
        // Where the option is exercised at once its worth stands still; QuantLib takes theta from the equation there too.
        let number = |name: &str| contract[name].as_f64().expect("a number");
        let intrinsic = (number("underlying") - number("strike")).abs();
        let held = ours["value"].as_f64().expect("a number") > intrinsic + 0.01;
        assert!(!held || apart("theta") < 0.05, "{contract}: {ours} {theirs}");
    }
}

#[test]
fn a_tree_tends_to_the_formula_and_its_sensitivities() {
    for contract in grid(&json!({"model": "crr", "steps": 2001})).iter().step_by(5) {
        let mut formula = contract.clone();
        formula["model"] = json!("black_scholes");
        formula.as_object_mut().expect("members").remove("steps");
        let (tree, formula) = (ours(contract), ours(&formula));
        for (name, limit) in [("value", 0.01), ("delta", 1e-3), ("vega", 0.5), ("rho", 0.5)] {
            let apart = (tree[name].as_f64().expect("a number") - formula[name].as_f64().expect("a number")).abs();
            assert!(apart < limit, "{contract} {name}: {apart}");
        }
    }
}

#[test]
fn the_command_prices_a_file_and_refuses_what_has_no_price() {
    let house = House::new();
    // Worked example V11: V = 10.572 − 8.544 = 2.028.
    let contract = json!({"type": "call", "underlying": 18.646, "strike": 20, "rate": 0.08, "variance": 0.0687,
        "years": 1, "model": "black_scholes", "exercise": "european", "compounding": "continuous"});
    let file = house.write("option.json", contract.to_string());
    let printed = house.done(&["option", &file]);
    let near = |name: &str, expected: f64, half: f64| {
        let found = printed[name].as_f64().expect("a number");
        assert!((found - expected).abs() <= half, "{name}: {found}");
    };
    near("value", 2.028, 5e-4);
    near("d1", 0.1688, 5e-5);
    near("d2", -0.0933, 5e-5);
    near("n_d1", 0.5670, 5e-5);
    near("n_d2", 0.4628, 5e-5);
    for (name, value, code) in [
        ("exercise", json!("american"), "malformed_value"),
        ("years", json!(0), "out_of_range"),
        ("model", json!("crr"), "missing_field"),
        ("strke", json!(1), "unknown_field"),
    ] {
        let mut bad = contract.clone();
        bad[name] = value;
        let file = house.write("bad.json", bad.to_string());
        let (exit, printed) = house.run(&["option", &file]);
        assert_eq!((exit, printed["error"]["code"].as_str()), (3, Some(code)), "{name}: {printed}");
    }
}
