//! The price of authorised public-data operation: the complete sample through the binary, and what must be refused.

use std::path::PathBuf;

use api::report::xlsx::Paper;
use api::work::public_data::{self, Working};
use rust_decimal::Decimal;
use serde_json::{Value, json};
use tests::app::House;
use tests::recalculate::recalculate;
use tests::{program, project, sample};
use valuation::workbook::{Point, calculate};

fn file(name: &str) -> PathBuf {
    project::root().join("api/demo/public_data").join(name)
}

fn operation() -> Value {
    let text = std::fs::read_to_string(file("operation.json")).expect("the sample");
    serde_json::from_str(&text).expect("JSON")
}

fn amounts(list: &Value) -> Vec<Decimal> {
    let amount = |money: &Value| money["amount"].as_str().expect("text").parse().expect("a number");
    list.as_array().expect("a list").iter().map(amount).collect()
}

/// The rule in Python's decimals, written from the notice.
const RULE: &str = r#"
import json, sys
from decimal import Decimal as D, ROUND_HALF_UP
op = json.load(open(sys.argv[1]))
q = lambda x: x.quantize(D('0.01'), ROUND_HALF_UP)
value = lambda s, t: D(s['value'][t])
vat = 1 + (D(op['ceiling_vat']['included']['value']) if op['ceiling_vat'] != 'excluded' else 0)
excess = D(0); carried = D(op['opening_clawback']['value'])
out = []
for t in range(op['periods']['count']):
    cost = D(0)
    for line in op['costs']:
        amount = value(line['amounts'], t)
        if line['vat'] != 'excluded': amount = q(amount / (1 + D(line['vat']['included']['value'])))
        if line['eligible']: cost += amount
    net = q(cost * (1 - value(op['free_use_share'], t))) - value(op['subsidy'], t)
    base = op['profit']['base']
    profit = q(value(op['profit']['rate'], t) * (net if base == 'net_cost' else value(base['assets'], t)))
    before = net + profit + value(op['tax'], t)
    due = carried + excess
    applied = min(due, max(before, D(0))); carried = due - applied
    maximum = before - applied
    revenue = sum(q(value(p['charged_rate'], t) * value(p['sold_volume'], t) / vat) for p in op['products'])
    ceiling = sum(q(value(p['ceiling'], t) * value(p['forecast_volume'], t) / vat) for p in op['products'])
    excess = max(revenue - maximum, D(0)) if t >= op.get('trial_periods', 0) else D(0)
    out.append([str(x) for x in (cost, before, applied, maximum, ceiling, revenue, excess)])
print(json.dumps([out, str(carried + excess)]))
"#;

#[test]
fn a_province_prices_seven_products_over_three_years() {
    let house = House::new();
    let path = file("operation.json").display().to_string();
    let found = house.done(&["public-data", "revenue", &path, "--paper", "paper.xlsx"]);
    let (rows, after): (Vec<Vec<Decimal>>, Decimal) =
        serde_json::from_str(&program::python_prints(RULE, &[&path])).expect("JSON");
    let members = [
        "eligible_cost",
        "before_clawback",
        "clawback",
        "maximum_permitted_revenue",
        "ceiling_revenue",
        "revenue",
        "excess",
    ];
    for (column, member) in members.into_iter().enumerate() {
        let expected: Vec<Decimal> = rows.iter().map(|row| row[column]).collect();
        assert_eq!(amounts(&found[member]), expected, "{member}");
    }
    assert_eq!(found["clawback_due_after"]["amount"].as_str().map(|text| text.parse()), Some(Ok(after)));
    assert!(
        amounts(&found["clawback"])[1] > Decimal::ZERO,
        "the sample claws back what the first year earned too much"
    );
    assert_eq!(found["ceilings"].as_object().map(serde_json::Map::len), Some(7));
    // The notice's formula in a spreadsheet: every cell recalculates to what the engine says.
    for (form, least) in [("html", 8_000), ("json", 4_000), ("xlsx", 8_000)] {
        let name = format!("report.{form}");
        let written = house.done(&["public-data", "report", &path, "--to", form, "-o", &name]);
        let bytes = std::fs::read(house.path().join(&name)).expect("written");
        assert!(bytes.len() > least, "{form}: {}", bytes.len());
        assert_eq!(written["sha256"].as_str(), Some(api::whole::sha256(&bytes).as_str()));
    }
    let html = std::fs::read_to_string(house.path().join("report.html")).expect("text");
    for said in ["某省公共数据运营有限公司", "收费公示表", "免费", "最高准许收入", "成本监审核减"]
    {
        assert!(html.contains(said), "{said}");
    }
    let paper = std::fs::read(house.path().join("paper.xlsx")).expect("written");
    assert_eq!(paper, std::fs::read(house.path().join("report.xlsx")).expect("written"), "one working paper");
}

#[test]
fn ceilings_raise_the_least_cover_of_cost_as_far_as_a_linear_programme_can() {
    let house = House::new();
    let path = file("operation.json").display().to_string();
    let found = house.done(&["public-data", "ceilings", &path, "--paper", "ceilings.xlsx"]);
    let script = r#"
import json, sys
from scipy.optimize import linprog
op = json.load(open(sys.argv[1])); maximum = float(sys.argv[2])
t = op['allocation']['period'] - 1
vat = 1 + float(op['ceiling_vat']['included']['value'])
products = [p for p in op['products'] if p['purpose'] in ('industry_development', 'sector_development')]
names = [p['name'] for p in products]
volume = [float(p['forecast_volume']['value'][t]) for p in products]
cost = [sum(float(d['cost']['value']) * float(d['usage']['value'][n]) / sum(map(float, d['usage']['value'].values()))
        for d in op['allocation']['drivers']) for n in names]
# Variables: the ceilings, then the least cover of those whose upper bound does not stand in the way.
bound = op['allocation']['bounds']
high = [float(bound.get(n, {}).get('high', 'inf')) for n in names]
low = [float(bound.get(n, {}).get('low', 0)) for n in names]
n = len(names)
free = [k for k in range(n) if high[k] == float('inf')]
rows = [[v / vat for v in volume] + [0]]; right = [maximum]
for k in free:
    rows.append([-volume[j] / vat if j == k else 0 for j in range(n)] + [cost[k]]); right.append(0)
bounds = [(low[k], None if high[k] == float('inf') else high[k]) for k in range(n)] + [(0, None)]
# What is capped takes all it may before the others are raised: its cover is the smallest.
for k in range(n):
    if high[k] < float('inf'): bounds[k] = (high[k], high[k])
best = linprog([0] * n + [-1], A_ub=rows, b_ub=right, bounds=bounds)
print(json.dumps([best.x[n], dict(zip(names, best.x[:n])), dict(zip(names, [v * c / 1 for v, c in zip(volume, best.x)]))]))
"#;
    let maximum = found["maximum_permitted_revenue"]["amount"].as_str().expect("text");
    let printed = program::python_prints(script, &[&path, maximum]);
    let (cover, best, _): (f64, Value, Value) = serde_json::from_str(&printed).expect("JSON");
    let ours: f64 = found["cover"].as_str().expect("text").parse().expect("a number");
    assert!((ours - cover).abs() < 1e-6, "{ours} instead of {cover}");
    for (name, ceiling) in best.as_object().expect("ceilings") {
        let ours: f64 = found["ceilings"][name]["amount"].as_str().expect("text").parse().expect("a number");
        let best = ceiling.as_f64().expect("a number");
        // Rounded down to four decimals.
        assert!(ours <= best + 1e-9 && best - ours < 1.1e-4, "{name}: {ours} instead of {best}");
    }
    let total: Decimal = found["ceiling_revenue"]["amount"].as_str().expect("text").parse().expect("a number");
    assert!(total <= maximum.parse().expect("a number"));
}

#[test]
fn working_papers_recalculate_in_libreoffice() {
    let revenue = public_data::revenue(&file("operation.json")).expect("the sample").1;
    let ceilings = public_data::ceilings(&file("operation.json")).expect("the sample").1;
    let tariff = public_data::tariff(&file("tariff.json")).expect("the sample").1;
    let made: Vec<(&str, Working, Point)> = [("revenue", revenue), ("ceilings", ceilings), ("tariff", tariff)]
        .into_iter()
        .map(|(name, working)| {
            let point = calculate(&working.workbook, &working.bindings).expect("it calculates");
            assert!(point.failed_checks().is_empty(), "{name}: {:?}", point.failed_checks());
            (name, working, point)
        })
        .collect();
    let papers: Vec<(&str, Paper)> =
        made.iter().map(|(name, working, point)| (*name, working.paper(point, &[]))).collect();
    for ((name, _, _), result) in made.iter().zip(&recalculate(&papers)) {
        result.assert_agrees(name);
        assert!(result.engine_cells.is_empty(), "{name}: every formula is live");
    }
}

#[test]
fn tiers_are_summed_tier_by_tier_and_welfare_is_free() {
    let house = House::new();
    let found = house.done(&["public-data", "tariff", &file("tariff.json").display().to_string()]);
    let amount = |at: usize, member: &str| found["bills"][at][member]["amount"].as_str().map(str::to_owned);
    // By hand: 100·12 + 900·9.5 + 9000·7.2 + 2500.5·5 = 1200 + 8550 + 64800 + 12502.5.
    assert_eq!(amount(0, "amount").as_deref(), Some("87052.50"));
    // (1200 + 540·9.5)·0.8 = 6330·0.8.
    assert_eq!(amount(1, "amount").as_deref(), Some("5064.00"));
    // On the break point both sides give the same.
    assert_eq!(amount(2, "amount").as_deref(), Some("1200.00"));
    assert_eq!((amount(3, "amount").as_deref(), amount(3, "gross").as_deref()), (Some("0.00"), Some("25590.00")));
    assert_eq!(found["total"]["amount"], "93316.50");
    assert_eq!(found["schedule"].as_array().map(Vec::len), Some(4));
}

#[test]
fn trial_rates_before_the_first_full_year_neither_bind_nor_claw_back() {
    let house = House::new();
    let mut trial = operation();
    trial["trial_periods"] = json!(1);
    let path = house.write("trial.json", trial.to_string());
    let found = house.done(&["public-data", "revenue", &path]);
    assert_eq!(amounts(&found["excess"])[0], Decimal::ZERO);
    assert_eq!(amounts(&found["clawback"])[1], Decimal::ZERO);
    let full = house.path().join("trial.json").display().to_string();
    let (rows, _): (Vec<Vec<Decimal>>, Decimal) =
        serde_json::from_str(&program::python_prints(RULE, &[&full])).expect("JSON");
    let expected: Vec<Decimal> = rows.iter().map(|row| row[3]).collect();
    assert_eq!(amounts(&found["maximum_permitted_revenue"]), expected);
}

#[test]
fn a_filing_that_breaks_the_rule_is_refused_with_its_place() {
    let house = House::new();
    let whole = operation();
    let series = |values: [&str; 3]| json!({"value": values, "support": {"evidence": "E2"}});
    let cases: Vec<(&str, &str, &str, &str, Value, i32)> = vec![
        ("revenue", "permitted_revenue_negative", "", "subsidy", series(["1500000", "90000000", "0"]), 3),
        ("revenue", "ceilings_infeasible", "/products/0", "ceiling", series(["0.45", "9.00", "0.40"]), 4),
        ("revenue", "ceilings_infeasible", "/products/0", "charged_rate", series(["0.45", "0.44", "0.39"]), 4),
        ("revenue", "charged_but_free", "/products/5", "charged_rate", series(["0", "0.1", "0"]), 4),
        ("revenue", "unknown_evidence", "/subsidy/support", "evidence", json!("E9"), 3),
        ("revenue", "malformed_value", "/tax", "value", json!(["1", "2"]), 3),
        ("revenue", "missing_field", "/profit", "source", json!(" "), 3),
        ("ceilings", "ceilings_infeasible", "/allocation/bounds/交通流量月报", "low", json!("900000"), 4),
    ];
    for (verb, code, holder, member, value, exit) in cases {
        let path = house.write("bad.json", sample::with(&whole, holder, member, value).to_string());
        let (ended, printed) = house.run(&["public-data", verb, &path]);
        let error = &printed["error"];
        assert_eq!((ended, error["code"].as_str()), (exit, Some(code)), "{printed}");
        assert!(error["field"].is_string() && error["file"] == "bad.json", "{printed}");
    }
    // By how much: 9.00 · 10,500,000 alone is 89.15 million without VAT; what is too much is said to the cent.
    let high = sample::with(&whole, "/products/0", "ceiling", series(["0.45", "9.00", "0.40"]));
    let path = house.write("bad.json", high.to_string());
    let message = house.run(&["public-data", "revenue", &path]).1["error"]["message"].clone();
    let full = house.path().join("bad.json").display().to_string();
    let (rows, _): (Vec<Vec<Decimal>>, Decimal) =
        serde_json::from_str(&program::python_prints(RULE, &[&full])).expect("JSON");
    let too_much = (rows[1][4] - rows[1][3]).to_string();
    assert!(message.as_str().is_some_and(|said| said.contains(&too_much) && said.contains("2026-01-01")), "{message}");
    let tariff: Value =
        serde_json::from_str(&std::fs::read_to_string(file("tariff.json")).expect("text")).expect("JSON");
    for (code, holder, member, value) in [
        ("tiers_unordered", "/tiers/1", "up_to", json!("100")),
        ("tiers_bounded", "/tiers/3", "up_to", json!("20000")),
        ("negative_value", "/usage/0", "quantity", json!("-1")),
        ("out_of_range", "/usage/1/discount", "value", json!("1.2")),
    ] {
        let path = house.write("bad.json", sample::with(&tariff, holder, member, value).to_string());
        let (ended, printed) = house.run(&["public-data", "tariff", &path]);
        assert_eq!((ended, printed["error"]["code"].as_str()), (3, Some(code)), "{printed}");
    }
}
