//! What a case says about its uncertainty, against the sum of three normal costs, whose answers are known in closed form.

use serde_json::{Value, json};
use tests::app::House;
use valuation::case::{Case, PriceModels};
use valuation::fault::Fault;
use valuation::uncertainty::{SourceKind, Uncertainty};
use valuation::value::value;

const MEANS: [f64; 3] = [300_000.0, 200_000.0, 500_000.0];
const SDS: [f64; 3] = [40_000.0, 30_000.0, 10_000.0];
/// Quantiles of the standard normal at 0.9 and 0.95.
const Z: [f64; 2] = [1.2815515655446004, 1.6448536269514722];

fn case() -> Value {
    let line = |index: usize| {
        let mut cost = json!({"amount": MEANS[index].to_string(), "currency": "CNY",
            "distribution": {"normal": {"mean": MEANS[index], "sd": SDS[index]}}});
        match index {
            1 => cost["assumption"] = json!({"author": "甲", "reason": "询价", "reviewer": "乙"}),
            _ => cost["evidence"] = json!("E"),
        }
        json!({"name": format!("成本 {index}"), "class": "direct", "cost": cost})
    };
    let input = |index: usize| format!("replacement_cost.lines[{index}].cost");
    json!({
        "asset": {"name": "示例", "information": {}, "legal": {}, "value": {}},
        "purpose": "transfer", "basis": "market", "valuation_date": "2026-06-30", "currency": "CNY",
        "evidence": [{"id": "E", "title": "台账", "source": "企业", "known_on": "2026-06-30"}],
        "methods": [{"method": "replacement_cost", "lines": [line(0), line(1), line(2)]}],
        "not_used": [{"method": "market_multiple", "reason": "没有可比的单位价格"}],
        "reconcile": {"select": "replacement_cost", "reason": "一种方法", "round_to": "0.01"},
        "simulation": {"draws": 20000, "seed": 5, "sampling": "latin_hypercube", "level": 0.9},
        "uncertainty": {
            "error_budget_draws": 8192, "tornado_probability": 0.1,
            "grids": [{"of": "replacement_cost", "rows": {"input": input(0), "values": [0, 100]},
                       "columns": {"input": input(1), "values": [1, 2, 3]}}],
            "break_even": [{"of": "conclusion", "input": input(0), "target": "900000", "between": [0, 1000000]},
                           {"of": "conclusion", "input": input(0), "target": "100", "between": [0, 1000000]}],
            "two_level": {"of": "conclusion", "varies": [input(2)], "outer": 2000, "inner": 200},
        },
    })
}

fn uncertainty() -> Uncertainty {
    let case = Case::from_value(&case()).expect("a case");
    value(&case, &PriceModels::new()).expect("a valuation").uncertainty.expect("computed")
}

fn real(money: &valuation::money::Money) -> f64 {
    money.amount().to_string().parse().expect("a number")
}

#[test]
fn tornado_percentiles_and_budget_are_those_of_a_sum_of_normals() {
    let found = uncertainty();
    let names: Vec<&str> = found.outputs.iter().map(|output| output.of.as_str()).collect();
    assert_eq!(names, ["replacement_cost", "conclusion"]);
    let total: f64 = MEANS.iter().sum();
    let variance: f64 = SDS.iter().map(|sd| sd * sd).sum();
    for output in &found.outputs {
        for (bar, index) in output.tornado.iter().zip([0, 1, 2]) {
            let moved = Z[0] * SDS[index];
            let ends = [bar.at_low, bar.at_high].map(|end| real(&end.expect("finite")));
            assert!((ends[0] - (total - moved)).abs() < 0.02 && (ends[1] - (total + moved)).abs() < 0.02, "{bar:?}");
        }
        let sources: Vec<SourceKind> = output.tornado.iter().map(|bar| bar.source).collect();
        assert_eq!(sources, [SourceKind::Data, SourceKind::Judgement, SourceKind::Data]);
        let at = |p: f64| real(&output.percentiles.iter().find(|found| found.probability == p).expect("there").value);
        assert!((at(0.5) - total).abs() < 1_000.0);
        assert!((at(0.95) - (total + Z[1] * variance.sqrt())).abs() < 1_500.0);
        assert!((at(0.05) - (total - Z[1] * variance.sqrt())).abs() < 1_500.0);
    }
    let conclusion = &found.outputs[1];
    for (line, index) in conclusion.error_budget.iter().zip([0, 1, 2]) {
        let share = SDS[index] * SDS[index] / variance;
        assert!((line.first - share).abs() < 0.02 && (line.total - share).abs() < 0.02, "{line:?} {share}");
    }
    let by_source = conclusion.by_source.expect("computed");
    assert!((by_source.judgement - SDS[1] * SDS[1] / variance).abs() < 0.02 && by_source.interactions.abs() < 0.04);
}

#[test]
fn grids_and_break_even_are_exact() {
    let found = uncertainty();
    let grid: Vec<Vec<f64>> =
        found.grids[0].values.iter().map(|row| row.iter().map(|cell| real(&cell.expect("finite"))).collect()).collect();
    assert_eq!(grid, [[500_001.0, 500_002.0, 500_003.0], [500_101.0, 500_102.0, 500_103.0]]);
    assert!((found.break_even[0].at[0] - 200_000.0).abs() < 1e-6);
    assert!(found.break_even[1].at.is_empty(), "no cost within the bracket gives that value");
}

#[test]
fn two_levels_part_what_is_not_known_from_what_varies() {
    let found = uncertainty().two_level.expect("computed");
    assert_eq!((found.unknown.len(), found.varies.len(), found.outer, found.inner), (2, 1, 2000, 200));
    let total: f64 = MEANS.iter().sum();
    let unknown = (SDS[0] * SDS[0] + SDS[1] * SDS[1]).sqrt();
    let at = |money: &Option<valuation::money::Money>| real(&money.expect("finite"));
    let near = |found: f64, expected: f64| assert!((found - expected).abs() < 8_000.0, "{found} {expected}");
    near(at(&found.mean.p50), total);
    near(at(&found.mean.p95), total + Z[1] * unknown);
    near(at(&found.p5.p50), total - Z[1] * SDS[2]);
    near(at(&found.p95.p5), total + Z[1] * SDS[2] - Z[1] * unknown);
    let share = unknown * unknown / (unknown * unknown + SDS[2] * SDS[2]);
    assert!((found.unknown_share - share).abs() < 0.02, "{} {share}", found.unknown_share);
}

#[test]
fn the_command_prints_it_and_says_which_input_is_not_there() {
    let house = House::new();
    let file = house.write("case.json", case().to_string());
    let printed = house.done(&["value", &file]);
    assert_eq!(printed["uncertainty"]["outputs"][1]["of"], "conclusion");
    assert_eq!(printed["not_used"][0]["method"], "market_multiple");
    assert_eq!(printed["not_used"][0]["approach"], "market");
    let mut bad = case();
    bad["uncertainty"]["break_even"][0]["input"] = json!("replacement_cost.lines[0].cots");
    let refused = Case::from_value(&bad).and_then(|case| value(&case, &PriceModels::new())).expect_err("refused");
    assert_eq!(refused.code(), "unknown_input");
    assert_eq!(refused.place().field.as_deref(), Some("uncertainty.break_even[0].input"));
    let mut bad = case();
    bad["uncertainty"]["two_level"]["varies"] = json!([]);
    let refused = Case::from_value(&bad).and_then(|case| value(&case, &PriceModels::new())).expect_err("refused");
    assert_eq!(refused.code(), "malformed_value");
}
