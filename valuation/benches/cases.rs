//! The two workbooks the benches, the example and the peer comparison calculate.

use chrono::NaiveDate;
use rust_decimal::Decimal;
use valuation::assumption::Assumption;
use valuation::evidence::Support;
use valuation::money::Currency;
use valuation::period::{Schedule, Step};
use valuation::unit::Unit;
use valuation::workbook::draft::SheetDraft;
use valuation::workbook::{
    Arithmetic, Axis, Binding, Bindings, CellRef, Column, Compare, Distribution, Expr, InputId, Joint, Lanes, Quantity,
    RowRef, Run, Workbook,
};

const MONEY: Unit = Unit::Money(Currency::CNY);

fn bind(bindings: &mut Bindings, id: &str, quantity: Quantity) {
    let assumption = Assumption { author: "bench".into(), reason: "bench".into(), reviewer: "bench".into() };
    bindings.inputs.insert(id.into(), Binding { quantity, support: Support::Assumption(assumption) });
}

fn time(step: Step, count: u32) -> Axis {
    let start = NaiveDate::from_ymd_opt(2026, 1, 1).unwrap_or_default();
    Axis::Time(Schedule { start, step, count })
}

fn cell(row: RowRef) -> CellRef {
    CellRef { row, column: 0 }
}

/// Workbook (a): relief from royalty over ten years with six uncertain inputs, growth and royalty rate correlated by −0.3.
pub fn royalty() -> (Workbook, Bindings, CellRef) {
    let mut bindings = Bindings::default();
    let inputs = [
        ("revenue", 1e6, Distribution::Lognormal { mu: 13.8, sigma: 0.25 }),
        ("growth", 0.06, Distribution::Normal { mean: 0.06, sd: 0.03 }),
        ("royalty", 0.05, Distribution::Triangular { low: 0.03, mode: 0.05, high: 0.09 }),
        ("maintenance", 0.1, Distribution::Pert { low: 0.05, mode: 0.1, high: 0.25, shape: 4.0 }),
        ("tax", 0.2, Distribution::Uniform { low: 0.15, high: 0.25 }),
        ("premium", 0.05, Distribution::Normal { mean: 0.05, sd: 0.01 }),
    ];
    for (id, central, distribution) in inputs {
        bind(&mut bindings, id, Quantity::Uncertain { central, distribution });
    }
    bind(&mut bindings, "base", Quantity::Real(0.07));
    let ids = vec![InputId::from("growth"), InputId::from("royalty")];
    let correlation = vec![vec![1.0, -0.3], vec![-0.3, 1.0]];
    bindings.joints.push(Joint::GaussianCopula { ids, correlation });

    let mut workbook = Workbook::default();
    let mut sheet = SheetDraft::begin(&workbook, "relief_from_royalty", None, Arithmetic::Model);
    let one = || Expr::number(1);
    sheet.block(Axis::One, Run::Forward);
    let first = sheet.input("revenue", MONEY, "revenue");
    let growth = sheet.input("growth", Unit::Ratio, "growth");
    let rate = sheet.input("royalty", Unit::Ratio, "royalty");
    let maintenance = sheet.input("maintenance", Unit::Ratio, "maintenance");
    let tax = sheet.input("tax", Unit::Ratio, "tax");
    let base = sheet.input("base", Unit::Ratio, "base");
    let premium = sheet.input("premium", Unit::Ratio, "premium");
    let discount = sheet.formula("discount_rate", Unit::Ratio, Expr::from(base) + premium.into());
    sheet.block(time(Step::Year, 10), Run::Forward);
    let revenue = sheet.next_row(0);
    sheet.recurrence("revenue", MONEY, first.into(), Expr::Prev(revenue) * (one() + growth.into()));
    let royalty = sheet.formula("royalty", MONEY, Expr::from(revenue) * rate.into());
    let net = sheet.formula("net_royalty", MONEY, Expr::from(royalty) * (one() - maintenance.into()));
    let after = sheet.formula("after_tax", MONEY, Expr::from(net) * (one() - tax.into()));
    let half = Expr::Number(Decimal::new(-5, 1));
    let factor = sheet.next_row(0);
    let start = (one() + discount.into()).pow(half);
    sheet.recurrence("factor", Unit::Ratio, start, Expr::Prev(factor) / (one() + discount.into()));
    let present = sheet.formula("present_value", MONEY, Expr::from(after) * factor.into());
    sheet.block(Axis::One, Run::Forward);
    let value = sheet.formula("value", MONEY, Expr::sum(present));
    sheet.finish(&mut workbook);
    (workbook, bindings, cell(value))
}

/// Workbook (b): straight-line amortisation in books over 60 months, an impairment in month 19 down to the recoverable
/// amount, and another remaining life from month 31 on.
#[allow(dead_code)]
pub fn amortisation() -> (Workbook, Bindings, Vec<CellRef>) {
    let mut bindings = Bindings::default();
    for (id, value) in [("cost", 60_000_000), ("residual", 0), ("recoverable", 20_000_000)] {
        bind(&mut bindings, id, Quantity::Exact(Decimal::new(value, 2)));
    }
    bind(&mut bindings, "life", Quantity::Exact(Decimal::from(60)));
    bind(&mut bindings, "revised_life", Quantity::Exact(Decimal::from(54)));

    let mut workbook = Workbook::default();
    let mut sheet = SheetDraft::begin(&workbook, "amortisation", None, Arithmetic::Books);
    sheet.block(Axis::One, Run::Forward);
    let cost = sheet.input("cost", MONEY, "cost");
    let residual = sheet.input("residual", MONEY, "residual");
    let recoverable = sheet.input("recoverable", MONEY, "recoverable");
    let life = sheet.input("life", Unit::Months, "life");
    let revised = sheet.input("revised_life", Unit::Months, "revised_life");
    sheet.block(time(Step::Month, 60), Run::Forward);
    let closing = sheet.next_row(4);
    let opening = sheet.recurrence("opening", MONEY, cost.into(), Expr::Prev(closing));
    let changed = Expr::Position.compare(Compare::GreaterOrEqual, Expr::number(31));
    let end = changed.if_else(revised.into(), life.into());
    let left = sheet.formula("months_left", Unit::Months, end - Expr::Position + Expr::number(1));
    let share = ((Expr::from(opening) - residual.into()) / left.into()).round(2);
    let live = Expr::from(left).compare(Compare::Greater, Expr::number(0));
    let charge = sheet.formula("charge", MONEY, live.if_else(share, Expr::number(0)));
    let tested = Expr::Position.compare(Compare::Equal, Expr::number(19));
    let carrying = || Expr::from(opening) - charge.into();
    let loss = (carrying() - recoverable.into()).max(Expr::number(0));
    let impairment = sheet.formula("impairment", MONEY, tested.if_else(loss, Expr::number(0)));
    sheet.formula("closing", MONEY, carrying() - impairment.into());
    sheet.block(Axis::One, Run::Forward);
    let charged = sheet.formula("charged", MONEY, Expr::sum(charge));
    let impaired = sheet.formula("impaired", MONEY, Expr::sum(impairment));
    let sum = Expr::from(charged) + impaired.into() + residual.into();
    sheet.check("written_off", "written_off", sum.compare(Compare::Equal, cost.into()));
    sheet.finish(&mut workbook);
    (workbook, bindings, vec![cell(charged), cell(impaired)])
}

/// One lane for each asset: costs from 10,000 to 1,010,000 and recoverable amounts of half the cost.
#[allow(dead_code)]
pub fn assets(count: i64) -> Lanes {
    let costs: Vec<Decimal> = (0..count).map(|i| Decimal::new(1_000_000 + i * 7919 % 100_000_000, 2)).collect();
    let recoverable = (0..count).map(|i| Decimal::new((1_000_000 + i * 7919 % 100_000_000) / 2, 2)).collect();
    Lanes::Table {
        ids: vec!["cost".into(), "recoverable".into()],
        columns: vec![Column::Exact(costs), Column::Exact(recoverable)],
    }
}
