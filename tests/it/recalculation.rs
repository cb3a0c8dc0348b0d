//! The working papers recalculate in LibreOffice, and their numbers are those of an independent computation.

use std::io::Write;
use std::process::Stdio;

use api::report::simulation::Summary;
use api::report::xlsx::{Cached, EngineCell, Paper, write};
use rust_decimal::Decimal;
use serde_json::{Value, json};
use tests::acceptance::{self, booked, date, decimal};
use tests::program;
use tests::recalculate::recalculate;
use valuation::case::{Case, PriceModels};
use valuation::evidence::{Evidence, Supported};
use valuation::money::Currency;
use valuation::public_data::ProfitBase;
use valuation::recognition::amortisation::{Amortisation, ImpairmentTest, LifeChange};
use valuation::value::{draft, value};
use valuation::workbook::{Bindings, Point, Workbook, calculate};

/// A calculated workbook with its evidence.
struct Made {
    title: &'static str,
    workbook: Workbook,
    bindings: Bindings,
    point: Point,
    evidence: Vec<Evidence>,
}

impl Made {
    fn of(title: &'static str, workbook: Workbook, bindings: Bindings) -> Made {
        let point = calculate(&workbook, &bindings).expect("the workbook calculates");
        assert!(point.failed_checks().is_empty(), "{title}: {:?}", point.failed_checks());
        Made { title, workbook, bindings, point, evidence: acceptance::evidence() }
    }

    fn paper(&self) -> Paper<'_> {
        Paper {
            title: self.title,
            valuation_date: date("2026-06-30"),
            workbook: &self.workbook,
            bindings: &self.bindings,
            point: &self.point,
            evidence: &self.evidence,
            facts: &[],
            simulated: None,
            cached: Cached::Engine,
        }
    }
}

fn amortisation() -> Made {
    let schedule = acceptance::amortisation().schedule().expect("terms in order");
    Made::of("气象数据集 摊销", schedule.workbook, schedule.bindings)
}

fn permitted_revenue() -> Made {
    let sheet = acceptance::permitted_revenue().sheet().expect("terms in order");
    Made::of("公共数据授权运营", sheet.workbook, sheet.bindings)
}

fn of_case(case: &Case) -> Made {
    let draft = draft(case, &PriceModels::new()).expect("a case in order");
    let mut made = Made::of("数据资产", draft.workbook, draft.bindings);
    made.evidence = case.evidence.clone();
    made
}

#[test]
fn the_working_papers_recalculate_in_libreoffice() {
    let (workbook, bindings) = acceptance::gallery();
    let made = [
        ("gallery", Made::of("公式", workbook, bindings)),
        ("royalty", of_case(&acceptance::royalty())),
        ("amortisation", amortisation()),
        ("permitted_revenue", permitted_revenue()),
        ("components", of_case(&acceptance::components())),
        ("scenarios", of_case(&acceptance::scenarios())),
        ("methods", of_case(&acceptance::methods())),
    ];
    let papers: Vec<_> = made.iter().map(|(name, made)| (*name, made.paper())).collect();
    let results = recalculate(&papers);
    for ((name, _), result) in made.iter().zip(&results) {
        result.assert_agrees(name);
        let held: Vec<String> = result.engine_cells.iter().map(said).collect();
        assert_eq!(held, engine_cells(name), "{name}: cells with an engine value");
    }
}

/// The cells that hold an engine value without a live formula, pinned.
fn engine_cells(name: &str) -> Vec<String> {
    match name {
        "scenarios" => vec!["情景 全国推广!E21 option_value Kernel".to_owned()],
        "methods" => [
            "直接收益法!E64 implied_rate Root",
            "直接收益法!E85 implied_pre_tax_rate Root",
            "利润分成法!E50 implied_rate Root",
            "许可费节省法!E51 implied_pre_tax_rate Root",
            "abandonment!E24 option_value Kernel",
        ]
        .map(str::to_owned)
        .to_vec(),
        _ => vec![],
    }
}

fn said(cell: &EngineCell) -> String {
    format!("{}!{} {} {:?}", cell.sheet, cell.cell, cell.key, cell.why)
}

#[test]
fn the_same_paper_has_the_same_bytes() {
    let made = amortisation();
    let (one, two) = (write(&made.paper()).expect("a paper"), write(&made.paper()).expect("a paper"));
    assert!(one.bytes == two.bytes, "two writings of one paper differ");
}

/// Months as Python's decimals give them: charge, impairment, carrying amount.
fn in_python(script: &str, requests: &[Value]) -> Vec<Value> {
    let mut python = program::python();
    let python = python.args(["-c", script]).stdin(Stdio::piped()).stdout(Stdio::piped());
    let mut child = python.spawn().expect("python runs");
    let mut lines: String = requests.iter().map(|request| format!("{request}\n")).collect();
    lines.push('\n');
    child.stdin.take().expect("a pipe").write_all(lines.trim_end().as_bytes()).expect("python reads");
    let output = child.wait_with_output().expect("python ends");
    assert!(output.status.success(), "python failed");
    let text = String::from_utf8(output.stdout).expect("text");
    text.lines().map(|line| serde_json::from_str(line).expect("JSON")).collect()
}

fn terms_for_python(terms: &Amortisation) -> Value {
    let tests: Vec<Value> = terms
        .impairments
        .iter()
        .map(|test| {
            let recoverable = test.fair_value_less_costs.value.max(test.value_in_use.value);
            json!({"month": test.month, "recoverable": recoverable.to_string()})
        })
        .collect();
    let changes: Vec<Value> = terms
        .life_changes
        .iter()
        .map(|change| json!({"month": change.month, "remaining_months": change.remaining_months.value}))
        .collect();
    json!({
        "cost": terms.cost.value.to_string(),
        "residual": terms.residual.value.to_string(),
        "life_months": terms.life_months.value,
        "impairments": tests,
        "life_changes": changes,
    })
}

/// A spread of schedules: round and ragged amounts, impairments and changes of life at every position.
fn many_schedules() -> Vec<Amortisation> {
    let mut all = vec![acceptance::amortisation()];
    let costs = ["0.00", "0.07", "100.00", "99999.99", "1234567.89"];
    for number in 0..120_u32 {
        let cost = decimal(costs[number as usize % costs.len()]);
        let life = 1 + number * 7 % 61;
        let test = |month: u32, share: &str| ImpairmentTest {
            month,
            fair_value_less_costs: booked((cost * decimal(share)).round_dp(2)),
            value_in_use: booked(Decimal::ZERO),
        };
        let month = |seed: u32| 1 + (number * 13 + seed) % life;
        all.push(Amortisation {
            currency: Currency::CNY,
            cost: booked(cost),
            residual: booked(if number % 3 == 0 { (cost * decimal("0.1")).round_dp(2) } else { Decimal::ZERO }),
            life_months: booked(life),
            available_on: date("2026-01-31"),
            impairments: match number % 4 {
                0 => vec![],
                1 => vec![test(month(5), "0.3")],
                2 => vec![test(month(5), "0.05"), test(month(6), "2")],
                _ => vec![test(life, "0.01")],
            },
            life_changes: match number % 5 {
                0 | 1 => vec![],
                2 => vec![LifeChange { month: month(9), remaining_months: booked(1 + number % 40) }],
                3 => vec![LifeChange { month: 1, remaining_months: booked(3) }],
                _ => vec![
                    LifeChange { month: month(2), remaining_months: booked(20) },
                    LifeChange { month: month(2) + 11, remaining_months: booked(2) },
                ],
            },
            horizon: None,
        });
    }
    all
}

#[test]
fn amortisation_agrees_with_python_decimals_to_the_cent() {
    let all = many_schedules();
    let requests: Vec<Value> = all.iter().map(terms_for_python).collect();
    let answers = in_python(include_str!("recalculation/amortisation.py"), &requests);
    assert_eq!(answers.len(), all.len());
    for (terms, answer) in all.iter().zip(answers) {
        let schedule = terms.schedule().expect("terms in order");
        let point = calculate(&schedule.workbook, &schedule.bindings).expect("the schedule calculates");
        assert!(point.failed_checks().is_empty(), "{:?}\n{terms:?}", point.failed_checks());
        for month in answer.as_array().expect("months") {
            let index = month[0].as_u64().expect("a month") as usize - 1;
            let said: Vec<Decimal> = (1..4).map(|i| decimal(month[i].as_str().expect("a decimal"))).collect();
            let rows = [schedule.amortisation, schedule.impairment_loss, schedule.closing_carrying];
            let ours: Vec<Decimal> =
                rows.iter().map(|row| point.number(*row, index).exact().expect("an exact amount")).collect();
            assert_eq!(ours, said, "month {} of {terms:?}", index + 1);
        }
    }
}

/// A1: cost 500, third party commits to buy for 100 after 4 years, ready on 15 July 2013, impaired on 31 December 2014
/// (fair value less costs 260, value in use 240), sold on 1 July 2017 for 100; in 万元, so a month rounds to 0.01 yuan.
#[test]
fn the_patent_of_worked_example_a1_is_amortised_as_published() {
    let wan = |amount: &str| decimal(amount) * Decimal::from(10_000);
    let terms = Amortisation {
        currency: Currency::CNY,
        cost: booked(wan("500")),
        residual: booked(wan("100")),
        life_months: booked(48),
        available_on: date("2013-07-15"),
        impairments: vec![ImpairmentTest {
            month: 18,
            fair_value_less_costs: booked(wan("260")),
            value_in_use: booked(wan("240")),
        }],
        life_changes: vec![],
        horizon: None,
    };
    let schedule = terms.schedule().expect("terms in order");
    let point = calculate(&schedule.workbook, &schedule.bindings).expect("the schedule calculates");
    let sum = |row, months: std::ops::Range<usize>| -> Decimal {
        months.map(|month| point.number(row, month).exact().expect("an exact amount")).sum()
    };
    let rounding = decimal("0.10");
    let near = |found: Decimal, published: &str| (found - wan(published)).abs() <= rounding;
    assert!(near(sum(schedule.amortisation, 0..6), "50"), "2013");
    assert!(near(sum(schedule.amortisation, 6..18), "100"), "2014");
    assert!(near(sum(schedule.impairment_loss, 0..48), "90"), "impairment");
    assert!(near(sum(schedule.amortisation, 18..30), "64"), "2015");
    assert!(near(sum(schedule.amortisation, 30..42), "64"), "2016");
    assert!(near(sum(schedule.amortisation, 42..48), "32"), "first half of 2017");
    let carrying = point.number(schedule.closing_carrying, 47).exact();
    assert_eq!(carrying, Some(wan("100")), "carrying amount on the day of sale");
}

#[test]
fn permitted_revenue_agrees_with_python_decimals_to_the_cent() {
    let terms = acceptance::permitted_revenue();
    let texts =
        |series: &Supported<Vec<Decimal>>| -> Vec<String> { series.value.iter().map(Decimal::to_string).collect() };
    let ProfitBase::Assets(assets) = &terms.profit_base else { panic!("the example has an asset base") };
    let products = terms.products.iter().map(|product| {
        json!({
            "ceiling": texts(&product.ceiling),
            "forecast_volume": texts(&product.forecast_volume),
            "charged_rate": texts(&product.charged_rate),
            "sold_volume": texts(&product.sold_volume),
        })
    });
    let request = json!({
        "periods": terms.periods.count,
        "operating_cost": texts(&terms.operating_cost),
        "free_use_share": texts(&terms.free_use_share),
        "subsidy": texts(&terms.subsidy),
        "profit_rate": texts(&terms.profit_rate),
        "asset_base": texts(assets),
        "tax": texts(&terms.tax),
        "opening_clawback": terms.opening_clawback.value.to_string(),
        "products": products.collect::<Vec<_>>(),
    });
    let mut answers = in_python(include_str!("recalculation/permitted_revenue.py"), &[request]);
    let owed = answers.pop().expect("the clawback due after the last period");
    let sheet = terms.sheet().expect("terms in order");
    let point = calculate(&sheet.workbook, &sheet.bindings).expect("the sheet calculates");
    let exact = |row, period: usize| point.number(row, period).exact().expect("an exact amount");
    assert_eq!(answers.len(), 3);
    for (period, answer) in answers.iter().enumerate() {
        let said: Vec<Decimal> = answer.as_array().expect("six amounts").iter().map(amount).collect();
        let rows = [
            sheet.before_clawback,
            sheet.clawback,
            sheet.maximum_permitted_revenue,
            sheet.ceiling_revenue,
            sheet.revenue,
            sheet.excess,
        ];
        assert_eq!(rows.map(|row| exact(row, period)).to_vec(), said, "period {}", period + 1);
    }
    assert_eq!(exact(sheet.clawback_due_after, 0), amount(&owed));
    // The example is built so that the second period cannot bear its clawback.
    assert_eq!(exact(sheet.maximum_permitted_revenue, 1), Decimal::ZERO);
    assert!(exact(sheet.clawback, 2) > Decimal::ZERO);
}

fn amount(said: &Value) -> Decimal {
    decimal(said.as_str().expect("a decimal"))
}

/// Mean, standard deviation and quantiles by NumPy, each with its standard deviation over batches of as many draws.
fn royalty_in_numpy(correlation: f64) -> (Vec<f64>, Vec<f64>) {
    let case = tests::project::root().join("tests/fixtures/acceptance/royalty.json");
    let arguments = [case.to_string_lossy().into_owned(), "40".to_owned(), correlation.to_string()];
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    let printed = program::python_prints(include_str!("recalculation/royalty.py"), &arguments);
    let answer: Value = serde_json::from_str(&printed).expect("JSON");
    let numbers = |name: &str| answer[name].as_array().expect("a list").iter().filter_map(Value::as_f64).collect();
    (numbers("mean"), numbers("sd"))
}

#[test]
fn the_royalty_workbook_simulates_as_in_numpy_and_recalculates_in_libreoffice() {
    let case = acceptance::royalty();
    let valued = value(&case, &PriceModels::new()).expect("valued");
    let summary = Summary::of(&valued).expect("simulated").expect("six uncertain inputs");
    let output = &summary.outputs[0];
    let mut ours = vec![output.mean, output.sd];
    ours.extend(output.quantiles.map(|quantile| quantile.value));
    // The stated correlation agrees; the opposite one is told apart, so agreement says something about the copula.
    let correlation = case.dependence[0].correlation;
    let distance = |correlation: f64| {
        let (theirs, spread) = royalty_in_numpy(correlation);
        assert_eq!(theirs.len(), ours.len());
        let shares = ours.iter().zip(&theirs).zip(&spread).map(|((ours, theirs), sd)| (ours - theirs).abs() / sd);
        shares.collect::<Vec<f64>>()
    };
    // Sobol draws are nearer to the truth than one batch of independent draws, and 40 batches much nearer.
    let near = distance(correlation);
    assert!(near.iter().all(|share| *share < 1.0), "standard deviations of a batch apart: {near:?}");
    let far = distance(-correlation);
    assert!(far.iter().any(|share| *share > 5.0), "a wrong correlation goes unseen: {far:?}");

    let made = of_case(&case);
    let paper = Paper { simulated: Some(&summary), ..made.paper() };
    let result = recalculate(&[("royalty", paper)]).remove(0);
    result.assert_agrees("royalty");
    let held: Vec<String> = result.engine_cells.iter().map(said).collect();
    let classes = summary.histogram.len();
    let pinned = |range: &str, key: &str| format!("模拟结果!{range} {key} Simulation");
    let statistics = [pinned("C11:L11", "relief_from_royalty"), pinned("C12:L12", "conclusion")];
    assert_eq!(held[..2], statistics, "{held:?}");
    assert_eq!(held[2..], [pinned(&format!("A15:C{}", 14 + classes), "histogram")], "{held:?}");
}
