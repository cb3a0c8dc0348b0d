//! The figures our valuation engines give for published valuation examples; the examples stand in the manifest.

use std::collections::BTreeMap;

use serde_json::{Value, json};
use valuation::case::{Case, PriceModels};
use valuation::evidence::Support;
use valuation::income::tax_amortisation;
use valuation::rate::Timing;
use valuation::unit::Unit;
use valuation::workbook::draft::SheetDraft;
use valuation::workbook::{Arithmetic, Axis, Binding, Bindings, Quantity, Run, Workbook, calculate};

fn number(inputs: &toml::Table, name: &str) -> f64 {
    match &inputs[name] {
        toml::Value::Float(value) => *value,
        toml::Value::Integer(value) => *value as f64,
        other => panic!("{name}: {other}"),
    }
}

/// Profit split by equivalent investment: the split rate and the value, unrounded.
pub fn equivalent_investment(inputs: &toml::Table) -> BTreeMap<String, f64> {
    let income: Vec<Value> =
        inputs["income"].as_array().expect("a list").iter().map(|v| json!(v.to_string())).collect();
    let basis = json!({"price_level": "nominal", "tax": "post_tax", "timing": "end_of_period"});
    let given = |name: &str| json!({"value": number(inputs, name), "evidence": "E"});
    let money = |name: &str| json!({"amount": inputs[name].to_string(), "currency": "CNY", "evidence": "E"});
    let rate = number(inputs, "risk_free_rate") + number(inputs, "risk_premium");
    let case = json!({
        "asset": {"name": "专有技术", "information": {}, "legal": {}, "value": {}},
        "purpose": "contribution_in_kind", "basis": "market", "valuation_date": "2023-12-31", "currency": "CNY",
        "evidence": [{"id": "E", "title": "题设", "source": "资产评估实务(二)", "known_on": "2023-12-31"}],
        "methods": [{
            "method": "equivalent_investment", "years": income.len(),
            "income": {"amounts": income, "currency": "CNY", "evidence": "E"},
            "own_cost": money("own_cost"), "own_margin": given("own_margin"),
            "other_cost": money("other_cost"), "other_margin": given("other_margin"),
            "cash_flow": basis, "discount_rate": {"value": rate, "basis": basis, "evidence": "E"},
        }],
        "reconcile": {"select": "equivalent_investment", "reason": "一种方法", "round_to": "0.01"},
        "simulation": {"draws": 100, "seed": 1, "sampling": "random", "level": 0.9},
    });
    let case = Case::from_value(&case).expect("the example is a case");
    let draft = valuation::value::draft(&case, &PriceModels::new()).expect("a workbook");
    let point = calculate(&draft.workbook, &draft.bindings).expect("numbers");
    let rows = &draft.workbook.sheets[0].blocks[0].rows;
    let row = rows.iter().position(|row| row.key == "split_rate").expect("the split rate") as u32;
    let split = valuation::workbook::RowRef { sheet: 0, block: 0, row };
    BTreeMap::from([
        ("split_rate".to_owned(), point.number(split, 0).real()),
        ("value".to_owned(), point.number(draft.outputs[0], 0).real()),
    ])
}

/// The tax-amortisation factor, and the benefit where a present value is given.
pub fn tax_amortisation(inputs: &toml::Table) -> BTreeMap<String, f64> {
    let mut workbook = Workbook::default();
    let mut sheet = SheetDraft::begin(&workbook, "tax_amortisation", None, Arithmetic::Model);
    sheet.block(Axis::One, Run::Forward);
    let mut bindings = Bindings::default();
    let mut input = |sheet: &mut SheetDraft, name: &str| {
        let support = Support::Evidence("E".to_owned());
        let quantity = Quantity::Real(number(inputs, name));
        bindings.inputs.insert(name.into(), Binding { quantity, support });
        sheet.input(name, Unit::Ratio, name)
    };
    let (tax, rate, years) =
        (input(&mut sheet, "tax_rate"), input(&mut sheet, "discount_rate"), input(&mut sheet, "years"));
    let end = tax_amortisation::factor(&mut sheet, tax, rate, years, Timing::EndOfPeriod);
    let mid = tax_amortisation::factor(&mut sheet, tax, rate, years, Timing::MidPeriod);
    sheet.finish(&mut workbook);
    let point = calculate(&workbook, &bindings).expect("numbers");
    let mut figures = BTreeMap::from([
        ("factor_end".to_owned(), point.number(end, 0).real()),
        ("factor_mid".to_owned(), point.number(mid, 0).real()),
    ]);
    if let Some(value) = inputs.get("present_value") {
        let value: f64 = value.to_string().parse().expect("a number");
        figures.insert("benefit".to_owned(), value * (figures["factor_end"] - 1.0));
    }
    figures
}

/// A method of a case with its inputs: the named rows of its sheet, unrounded.
pub fn valued<'a>(inputs: &toml::Table, names: impl Iterator<Item = &'a str>) -> BTreeMap<String, f64> {
    let method = serde_json::to_value(inputs).expect("JSON");
    let name = method["method"].as_str().expect("a method").to_owned();
    let case = json!({
        "asset": {"name": "示例资产", "information": {}, "legal": {}, "value": {}},
        "purpose": "transfer", "basis": "market", "valuation_date": "2026-06-30", "currency": "CNY",
        "evidence": [{"id": "E", "title": "题设", "source": "已发表的算例", "known_on": "2026-06-30"}],
        "methods": [method],
        "reconcile": {"select": name, "reason": "一种方法", "round_to": "0.01"},
    });
    let case = Case::from_value(&case).expect("the example is a case");
    let draft = valuation::value::draft(&case, &PriceModels::new()).expect("a workbook");
    let point = calculate(&draft.workbook, &draft.bindings).expect("numbers");
    let rows = names.filter_map(|row| Some((row.to_owned(), draft.workbook.find(&name, row)?)));
    rows.map(|(row, at)| (row, point.number(at, 0).real())).collect()
}

/// One option: every figure of its price.
pub fn option(inputs: &toml::Table) -> BTreeMap<String, f64> {
    let contract = serde_json::from_value(serde_json::to_value(inputs).expect("JSON")).expect("a contract");
    let price = valuation::option::price(&contract).expect("a price");
    let price = serde_json::to_value(price).expect("JSON");
    let figures = price.as_object().expect("members").iter();
    figures.filter_map(|(name, figure)| Some((name.clone(), figure.as_f64()?))).collect()
}
