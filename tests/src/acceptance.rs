//! The calculations on which the workbook kernel is accepted, each with its numbers.

use chrono::NaiveDate;
use rust_decimal::Decimal;
use valuation::case::{Case, read::Format};
use valuation::evidence::{Evidence, Support, Supported};
use valuation::money::Currency;
use valuation::period::{Schedule, Step};
use valuation::public_data::{PermittedRevenue, Product, ProfitBase};
use valuation::recognition::amortisation::{Amortisation, ImpairmentTest, LifeChange};
use valuation::unit::{PriceUnit, Unit};
use valuation::workbook::draft::SheetDraft;
use valuation::workbook::{
    Arithmetic, Axis, Binding, Bindings, Compare, Expr, InputId, Over, Quantity, RowRef, Run, Workbook,
};

/// A number with the evidence `E1`.
pub fn booked<T>(value: T) -> Supported<T> {
    Supported { value, support: Support::Evidence("E1".to_owned()) }
}

/// A decimal as it is written.
pub fn decimal(text: &str) -> Decimal {
    text.parse().expect("a decimal")
}

/// A date as it is written.
pub fn date(text: &str) -> NaiveDate {
    text.parse().expect("a date")
}

/// The evidence that these calculations name.
pub fn evidence() -> Vec<Evidence> {
    let item = |id: &str, title: &str, source: &str| Evidence {
        id: id.to_owned(),
        title: title.to_owned(),
        source: source.to_owned(),
        known_on: date("2026-02-28"),
        sha256: None,
    };
    vec![
        item("E1", "无形资产卡片与评估报告 Asset card and appraisal", "总账 General ledger"),
        item("E2", "许可合同与行业费率 Licence agreements", "合同台账 Contracts"),
    ]
}

/// (b) An amortisation schedule with an impairment in month 19 and a change of life in month 31.
pub fn amortisation() -> Amortisation {
    Amortisation {
        currency: Currency::CNY,
        cost: booked(decimal("1238301.37")),
        residual: booked(decimal("12345.60")),
        life_months: booked(60),
        available_on: date("2026-03-17"),
        impairments: vec![ImpairmentTest {
            month: 19,
            fair_value_less_costs: booked(decimal("640000.00")),
            value_in_use: booked(decimal("655432.11")),
        }],
        life_changes: vec![LifeChange { month: 31, remaining_months: booked(17) }],
        horizon: None,
    }
}

/// (c) Permitted revenue over three periods and four products; what the first period earns above its maximum is more than
/// the second may earn at all, so the clawback reaches into the third.
pub fn permitted_revenue() -> PermittedRevenue {
    let filed = |values: &[&str]| booked(values.iter().map(|value| decimal(value)).collect::<Vec<_>>());
    let product = |name: &str, per, ceiling: &[&str], forecast: &[&str], charged: &[&str], sold: &[&str]| Product {
        name: name.to_owned(),
        per,
        ceiling: filed(ceiling),
        forecast_volume: filed(forecast),
        charged_rate: filed(charged),
        sold_volume: filed(sold),
    };
    PermittedRevenue {
        currency: Currency::CNY,
        periods: Schedule { start: date("2026-01-01"), step: Step::Year, count: 3 },
        operating_cost: filed(&["3650000.55", "1210000.35", "4120000.00"]),
        free_use_share: filed(&["0.18", "0.175", "0.2"]),
        subsidy: filed(&["250000.00", "400000.00", "0"]),
        profit_rate: filed(&["0.0475", "0.0475", "0.05125"]),
        profit_base: ProfitBase::Assets(filed(&["5200000.00", "4800000.00", "4400000.00"])),
        tax: filed(&["120345.67", "43210.98", "131313.13"]),
        opening_clawback: booked(decimal("35000.00")),
        products: vec![
            product(
                "企业信用查询",
                PriceUnit::Call,
                &["0.35", "0", "0.30"],
                &["4000000", "0", "5000000"],
                &["0.35", "0", "0.285"],
                &["9123457", "0", "5000001"],
            ),
            product(
                "气象历史数据",
                PriceUnit::Record,
                &["0.0028", "0", "0.0025"],
                &["100000000", "0", "120000000"],
                &["0.00275", "0", "0.0025"],
                &["100000001", "0", "98765432"],
            ),
            product(
                "交通流量月报",
                PriceUnit::Month,
                &["50000", "0", "25000"],
                &["12", "0", "12"],
                &["50000", "0", "25000"],
                &["12", "0", "12"],
            ),
            product(
                "不动产登记核验",
                PriceUnit::Call,
                &["1.2", "0", "0.9"],
                &["400000", "0", "300000"],
                &["1.15", "0", "0.885"],
                &["433333", "0", "333333"],
            ),
        ],
    }
}

/// (a) Relief from royalty over six uncertain inputs, two of them correlated.
pub fn royalty() -> Case {
    case(include_str!("../fixtures/acceptance/royalty.json"))
}

/// (d) Three component data sets, each from its own grid of comparables with five adjustments.
pub fn components() -> Case {
    case(include_str!("../fixtures/acceptance/components.json"))
}

fn case(text: &str) -> Case {
    Case::from_text(text, Format::Json).expect("a case")
}

/// (e) Two scenarios at different rates, one with an option to wait.
pub fn scenarios() -> Case {
    case(include_str!("../fixtures/acceptance/scenarios.json"))
}

/// (f) Every method with a grid of its own or a forecast, each with members that the others do not use.
pub fn methods() -> Case {
    case(include_str!("../fixtures/acceptance/methods.json"))
}

/// Every formula there is, over awkward numbers: signs, halves, ties, zero.
pub fn gallery() -> (Workbook, Bindings) {
    let mut bindings = Bindings::default();
    let mut bind = |id: &str, quantity| {
        let support = Support::Evidence("E1".to_owned());
        bindings.inputs.insert(InputId::from(id), Binding { quantity, support });
        InputId::from(id)
    };
    let x = [-2.5, -1.0, -0.5, 0.5, 1.0, 1.005, 1.5, 2.675, 3.0, 12.0, 100.125, 0.1];
    let y = [2.0, 1.0, -0.5, 0.25, 1.0, 100.0, 4.0, 1.0, 3.0, -7.0, 0.3, 3.0];
    let (x, y) = (bind("x", Quantity::RealSeries(x.to_vec())), bind("y", Quantity::RealSeries(y.to_vec())));
    let mut workbook = Workbook::default();
    let mut sheet = SheetDraft::begin(&workbook, "scenario", Some("it's A1".to_owned()), Arithmetic::Model);
    let columns = every_operation(&mut sheet, x, y);
    summaries(&mut sheet, columns);
    recurrences(&mut sheet, columns.0);
    sheet.finish(&mut workbook);
    let rate = bind("rate", Quantity::Exact(decimal("0.0475")));
    let amounts = ["1000.00", "0.105", "2.345", "-2.345", "123456789.01"].map(decimal);
    let amounts = bind("amounts", Quantity::ExactSeries(amounts.to_vec()));
    books(&mut workbook, rate, amounts);
    (workbook, bindings)
}

/// A row with the given key for every operation over columns; returns the rows of x and y.
fn every_operation(sheet: &mut SheetDraft, x: InputId, y: InputId) -> (RowRef, RowRef) {
    sheet.block(Axis::Items((1..=12).map(|item| format!("案例 {item}")).collect()), Run::Forward);
    let x = sheet.input("price", Unit::Ratio, x);
    let y = sheet.input("weight", Unit::Ratio, y);
    let (a, b, n) = (|| Expr::from(x), || Expr::from(y), Expr::number);
    let mut formulas = vec![
        -a().pow(n(2)),
        (-a()).pow(n(2)),
        -(-a()),
        n(-2).pow(n(2)) - a(),
        a().pow(n(3)),
        // Has no value in one column, and no value at all.
        a() / (a() - n(3)),
        n(1) / (a() - a()),
        n(2).pow(a().min(n(9)).pow(n(2))),
        (a().pow(n(2)) + n(1)).pow(b() / n(7)),
        a() - (b() - a()),
        a() / (b() * n(3)) / b(),
        a() * (b() / a()),
        a() + b() * a() - b() / a(),
        (a() / n(50)).exp(),
        (a().pow(n(2)) + n(1)).ln(),
        Expr::Normal(Box::new(a())),
        Expr::Normal(Box::new(-a())),
        a().min(b()).max(n(-1)),
        Expr::Position * a(),
        a().if_else(b(), n(7)),
        a().compare(Compare::Greater, b()).if_else(a() - b(), b() - a()),
    ];
    let all = [Compare::Less, Compare::LessOrEqual, Compare::Equal, Compare::NotEqual, Compare::GreaterOrEqual];
    formulas.extend(all.into_iter().chain([Compare::Greater]).map(|how| a().compare(how, b()) * n(3)));
    formulas.extend((0..4).flat_map(|places| [a().round(places), (a() * b()).round(places), (-a()).round(places)]));
    for formula in formulas {
        sheet.formula("adjusted_price", Unit::Ratio, formula);
    }
    sheet.check("option_adds", "option_adds", (a() - a()).compare(Compare::Equal, n(0)));
    (x, y)
}

fn summaries(sheet: &mut SheetDraft, (x, y): (RowRef, RowRef)) {
    sheet.block(Axis::One, Run::Forward);
    let pick = Over::Pick { row: x, at: Box::new(Expr::number(3) + Expr::number(4)) };
    let group = |key: Expr| Over::Group { row: x, by: y, key: Box::new(key) };
    let negative = -Expr::number(1) / Expr::number(2);
    for over in [
        Over::Sum(x),
        Over::Dot(x, y),
        Over::Min(x),
        Over::Max(y),
        pick,
        group(Expr::number(1)),
        group(negative),
        group(Expr::number(42)),
    ] {
        sheet.formula("component_value", Unit::Ratio, -Expr::Over(over));
    }
}

fn recurrences(sheet: &mut SheetDraft, x: RowRef) {
    let years = Axis::Time(Schedule { start: date("2026-07-01"), step: Step::Year, count: 6 });
    let money = Unit::Money(Currency::CNY);
    sheet.block(years.clone(), Run::Forward);
    let balance = sheet.next_row(0);
    let growth = Expr::number(1) + Expr::Position / Expr::number(100);
    sheet.recurrence("revenue", money, Expr::Over(Over::Max(x)), Expr::Prev(balance) * growth);
    sheet.block(years, Run::Backward);
    let value = sheet.next_row(0);
    let worth = (Expr::Next(value) + Expr::from(balance)) / Expr::Number(decimal("1.08"));
    sheet.recurrence("present_value", money, Expr::from(balance) / Expr::Number(decimal("1.08")), worth);
}

/// Decimal rounding, on a sheet that reads the same inputs twice and a row of the sheet before.
fn books(workbook: &mut Workbook, rate: InputId, amounts: InputId) {
    let mut sheet = SheetDraft::begin(workbook, "amortisation", None, Arithmetic::Books);
    sheet.block(Axis::One, Run::Forward);
    let once = sheet.input("growth", Unit::Ratio, rate.clone());
    let twice = sheet.input("tax_rate", Unit::Ratio, rate);
    sheet.block(Axis::Items(["甲", "乙", "丙", "丁", "戊"].map(str::to_owned).to_vec()), Run::Forward);
    let money = Unit::Money(Currency::CNY);
    let amount = sheet.input("book_cost", money, amounts);
    let times = sheet.formula("amortisation", money, (Expr::from(amount) * once.into()).round(2));
    let parts = sheet.formula("amortisation", money, (Expr::from(amount) / Expr::number(7)).round(2));
    sheet.formula("amortisation", money, (Expr::from(times) / Expr::from(twice)).round(3));
    sheet.formula("closing_carrying", money, Expr::from(amount) - times.into() - parts.into());
    let model = Expr::Over(Over::Sum(RowRef { sheet: 0, block: 0, row: 0 })).round(2);
    sheet.formula("impairment_loss", money, model);
    sheet.finish(workbook);
}
