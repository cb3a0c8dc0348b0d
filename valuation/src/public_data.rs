//! Authorised operation of public data: permitted revenue, ceilings and clawback.

pub mod ceilings;
pub mod cost_item;
pub mod error;
pub mod operation;
pub mod purpose;
pub mod tariff;

use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};

use crate::error::ValuationError;
use crate::evidence::{Support, Supported};
use crate::money::Currency;
use crate::period::Schedule;
use crate::unit::{PriceUnit, Unit};
use crate::workbook::draft::SheetDraft;
use crate::workbook::{
    Arithmetic, Axis, Binding, Bindings, Compare, Expr, InputId, Over, Quantity, RowRef, Run, Workbook,
};

const NOTICE: &str = "《关于建立公共数据资源授权运营价格形成机制的通知》(发改价格〔2025〕65号)";

/// The maximum permitted revenue (最高准许收入) of an operator over several periods, the ceilings of its products, and the
/// clawback of what was earned above it.
///
/// ```text
/// chargeable cost = operating cost · (1 − free-use share)
/// before clawback = chargeable cost − subsidy + rate · base + tax (excluding VAT)
/// clawback due    = revenue above the maximum of the period before + what could not be clawed back until then
/// maximum         = before clawback − min(clawback due, before clawback)
/// ```
///
/// * The permitted profit rate, its base and the length of a period are inputs with their source: the notice leaves them to
///   the authorities.
/// * A clawback beyond the revenue before clawback carries forward; it never makes the maximum negative.
/// * Ceilings are feasible where `Σ ceiling × forecast volume ≤ maximum`; a charged rate stays at or below its ceiling.
///   Both are checks: `ceilings_feasible`, `rate_within_ceiling`.
///
/// Inputs by id: `operating_cost`, `free_use_share`, `subsidy`, `profit_rate`, `asset_base`, `tax`, `opening_clawback`, and
/// `product.N.ceiling`, `.forecast_volume`, `.charged_rate`, `.sold_volume` (N from 1).
///
/// # Errors
/// A series whose length is not the number of periods, negative numbers, a free-use share above 1, no product.
///
/// Source: 发改价格〔2025〕65号 (2025): 最高准许收入 = 经营成本 + 准许利润 + 税金; revenue above it is deducted in the next period.
///
/// ```
/// use chrono::NaiveDate;
/// use rust_decimal::Decimal;
/// use valuation::evidence::{Support, Supported};
/// use valuation::money::Currency;
/// use valuation::period::{Schedule, Step};
/// use valuation::public_data::{PermittedRevenue, Product, ProfitBase};
/// use valuation::unit::PriceUnit;
/// use valuation::workbook::calculate;
/// fn filed(values: &[i64]) -> Supported<Vec<Decimal>> {
///     let value = values.iter().map(|v| Decimal::from(*v)).collect();
///     Supported { value, support: Support::Evidence("E1".into()) }
/// }
/// let start = NaiveDate::from_ymd_opt(2026, 1, 1).unwrap();
/// let terms = PermittedRevenue {
///     currency: Currency::CNY,
///     periods: Schedule { start, step: Step::Year, count: 2 },
///     operating_cost: filed(&[100, 100]),
///     free_use_share: filed(&[0, 0]),
///     subsidy: filed(&[0, 0]),
///     profit_rate: filed(&[0, 0]),
///     profit_base: ProfitBase::NetCost,
///     tax: filed(&[0, 0]),
///     opening_clawback: Supported { value: Decimal::ZERO, support: Support::Evidence("E1".into()) },
///     products: vec![Product {
///         name: "企业信用查询".into(),
///         per: PriceUnit::Call,
///         ceiling: filed(&[12, 8]),
///         forecast_volume: filed(&[8, 8]),
///         charged_rate: filed(&[12, 8]),
///         sold_volume: filed(&[10, 8]),
///     }],
/// };
/// let sheet = terms.sheet().unwrap();
/// let point = calculate(&sheet.workbook, &sheet.bindings).unwrap();
/// // 120 earned where 100 was permitted: the second maximum is 80.
/// assert_eq!(point.number(sheet.maximum_permitted_revenue, 1).exact(), Some(Decimal::from(80)));
/// ```
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PermittedRevenue {
    pub currency: Currency,
    /// The regulatory periods.
    pub periods: Schedule,
    /// 经营成本 of each period, the free-use share still included.
    pub operating_cost: Supported<Vec<Decimal>>,
    /// Share of the cost that serves free uses (公共治理、公益事业), 0 … 1.
    pub free_use_share: Supported<Vec<Decimal>>,
    /// 政府补助
    pub subsidy: Supported<Vec<Decimal>>,
    /// 准许利润率 per period, on `profit_base`.
    pub profit_rate: Supported<Vec<Decimal>>,
    pub profit_base: ProfitBase,
    /// 税金, excluding VAT.
    pub tax: Supported<Vec<Decimal>>,
    /// What is still to be clawed back from before the first period.
    pub opening_clawback: Supported<Decimal>,
    pub products: Vec<Product>,
}

/// What the permitted profit rate is applied to.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ProfitBase {
    /// Chargeable cost net of subsidy.
    NetCost,
    /// Effective assets of each period.
    Assets(Supported<Vec<Decimal>>),
}

/// A chargeable product or service.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Product {
    pub name: String,
    /// What is charged for.
    pub per: PriceUnit,
    /// 上限收费标准 of each period.
    pub ceiling: Supported<Vec<Decimal>>,
    pub forecast_volume: Supported<Vec<Decimal>>,
    /// The rate the operator set.
    pub charged_rate: Supported<Vec<Decimal>>,
    /// Sold, or expected where the period is not over.
    pub sold_volume: Supported<Vec<Decimal>>,
}

/// The calculation as a workbook, and the rows that regulators read.
#[derive(Clone, Debug, PartialEq)]
pub struct PermittedRevenueSheet {
    pub workbook: Workbook,
    pub bindings: Bindings,
    pub before_clawback: RowRef,
    pub clawback: RowRef,
    pub maximum_permitted_revenue: RowRef,
    pub ceiling_revenue: RowRef,
    pub revenue: RowRef,
    /// Revenue above the maximum, to be clawed back in the next period.
    pub excess: RowRef,
    /// What is still to be clawed back after the last period (one column).
    pub clawback_due_after: RowRef,
}

/// Writes input rows and their bindings.
struct Pen {
    sheet: SheetDraft,
    bindings: Bindings,
}

impl Pen {
    fn bind(&mut self, id: &str, quantity: Quantity, support: &Support) -> InputId {
        let id = InputId(id.to_owned());
        self.bindings.inputs.insert(id.clone(), Binding { quantity, support: support.clone() });
        id
    }

    fn series(&mut self, key: &str, unit: Unit, id: &str, series: &Supported<Vec<Decimal>>) -> RowRef {
        let id = self.bind(id, Quantity::ExactSeries(series.value.clone()), &series.support);
        self.sheet.input(key, unit, id)
    }
}

impl PermittedRevenue {
    /// Writes the calculation.
    ///
    /// Source: 发改价格〔2025〕65号.
    pub fn sheet(&self) -> Result<PermittedRevenueSheet, ValuationError> {
        self.sheet_after(Workbook::default(), Bindings::default(), &Circumstances::default())
    }

    /// Writes the calculation after the sheets of `workbook`, under the circumstances of an operation.
    pub(crate) fn sheet_after(
        &self,
        mut workbook: Workbook,
        bindings: Bindings,
        under: &Circumstances,
    ) -> Result<PermittedRevenueSheet, ValuationError> {
        self.check()?;
        let sheet = SheetDraft::begin(&workbook, "permitted_revenue", None, Arithmetic::Books);
        let mut pen = Pen { sheet, bindings };
        let money = Unit::Money(self.currency);
        pen.sheet.block(Axis::One, Run::Forward);
        let opening = &self.opening_clawback;
        let opening = pen.bind("opening_clawback", Quantity::Exact(opening.value), &opening.support);
        let opening = pen.sheet.input("opening_clawback", money, opening);
        let vat = under.ceiling_vat.as_ref().map(|rate| {
            let id = pen.bind("ceiling_vat_rate", Quantity::Exact(rate.value), &rate.support);
            pen.sheet.input("ceiling_vat_rate", Unit::Ratio, id)
        });
        pen.sheet.block(Axis::Time(self.periods), Run::Forward);
        let before_clawback = self.revenue_requirement(&mut pen, under.operating_cost);
        let excess = pen.sheet.next_row(self.rows_until_excess());
        let clawback = self.clawback(&mut pen, opening, before_clawback, excess);
        let (ceiling_revenue, revenue) = self.products(&mut pen, clawback.maximum, vat, under.trial_periods);
        let over = Expr::from(revenue) - clawback.maximum.into();
        // Before the first full year there is no maximum to exceed, only trial rates.
        let excess_now = after_trial(under.trial_periods, over.max(Expr::number(0)), Expr::number(0));
        let written = pen.sheet.formula("excess_revenue", money, excess_now);
        debug_assert_eq!(written, excess, "the clawback of the next period reads this row");
        pen.sheet.block(Axis::One, Run::Forward);
        let last = |row| Expr::Over(Over::Pick { row, at: Box::new(Expr::number(self.periods.count.into())) });
        let due = last(clawback.carried) + last(excess);
        let clawback_due_after = pen.sheet.formula("clawback_due_after", money, due);
        pen.sheet.formula("total_permitted_revenue", money, Expr::sum(clawback.maximum));
        pen.sheet.formula("total_revenue_earned", money, Expr::sum(revenue));
        pen.sheet.finish(&mut workbook);
        Ok(PermittedRevenueSheet {
            workbook,
            bindings: pen.bindings,
            before_clawback,
            clawback: clawback.applied,
            maximum_permitted_revenue: clawback.maximum,
            ceiling_revenue,
            revenue,
            excess,
            clawback_due_after,
        })
    }

    fn check(&self) -> Result<(), ValuationError> {
        let named = |name: &str, series| (name.to_owned(), series);
        let mut all = vec![
            named("operating_cost", &self.operating_cost),
            named("free_use_share", &self.free_use_share),
            named("subsidy", &self.subsidy),
            named("profit_rate", &self.profit_rate),
            named("tax", &self.tax),
        ];
        if let ProfitBase::Assets(assets) = &self.profit_base {
            all.push(named("profit_base.assets", assets));
        }
        for (index, product) in self.products.iter().enumerate() {
            let field = |member: &str| format!("products[{index}].{member}");
            all.push((field("ceiling"), &product.ceiling));
            all.push((field("forecast_volume"), &product.forecast_volume));
            all.push((field("charged_rate"), &product.charged_rate));
            all.push((field("sold_volume"), &product.sold_volume));
        }
        let periods = self.periods.count as usize;
        for (field, series) in all {
            if series.value.len() != periods {
                let said = format!("{} numbers for {periods} periods", series.value.len());
                return Err(ValuationError::Malformed { field, line: None, said });
            }
            if let Some(value) = series.value.iter().find(|value| **value < Decimal::ZERO) {
                return Err(ValuationError::Negative { field, value: value.to_string() });
            }
        }
        if let Some(value) = self.free_use_share.value.iter().find(|share| **share > Decimal::ONE) {
            let (low, high) = ("0".to_owned(), "1".to_owned());
            let value = value.to_string();
            return Err(ValuationError::OutOfRange { field: "free_use_share".to_owned(), value, low, high });
        }
        if self.products.is_empty() || periods == 0 {
            let name = if periods == 0 { "periods" } else { "products" }.to_owned();
            return Err(ValuationError::Missing { field: name.clone(), line: None, name });
        }
        if self.opening_clawback.value < Decimal::ZERO {
            let value = self.opening_clawback.value.to_string();
            return Err(ValuationError::Negative { field: "opening_clawback".to_owned(), value });
        }
        Ok(())
    }

    /// 经营成本 + 准许利润 + 税金
    fn revenue_requirement(&self, pen: &mut Pen, booked: Option<RowRef>) -> RowRef {
        let money = Unit::Money(self.currency);
        let places = self.currency.minor_places();
        let cost = match booked {
            Some(row) => pen.sheet.formula("operating_cost", money, row.into()),
            None => pen.series("operating_cost", money, "operating_cost", &self.operating_cost),
        };
        let free = pen.series("free_use_share", Unit::Ratio, "free_use_share", &self.free_use_share);
        let chargeable = Expr::from(cost) * (Expr::number(1) - free.into());
        let chargeable = pen.sheet.formula("chargeable_cost", money, chargeable.round(places));
        let subsidy = pen.series("subsidy", money, "subsidy", &self.subsidy);
        let net = pen.sheet.formula("net_cost", money, Expr::from(chargeable) - subsidy.into());
        pen.sheet.cite(NOTICE);
        let rate = pen.series("permitted_profit_rate", Unit::Ratio, "profit_rate", &self.profit_rate);
        let base = match &self.profit_base {
            ProfitBase::NetCost => net,
            ProfitBase::Assets(assets) => pen.series("asset_base", money, "asset_base", assets),
        };
        let profit = (Expr::from(rate) * base.into()).round(places);
        let profit = pen.sheet.formula("permitted_profit", money, profit);
        pen.sheet.cite(NOTICE);
        let tax = pen.series("permitted_tax", money, "tax", &self.tax);
        let before = Expr::from(net) + profit.into() + tax.into();
        let before = pen.sheet.formula("before_clawback", money, before);
        pen.sheet.cite(NOTICE);
        before
    }

    /// Rows that `clawback` and `products` write before the row of the excess.
    fn rows_until_excess(&self) -> u32 {
        const CLAWBACK: u32 = 4;
        const PRODUCT: u32 = 7;
        const TOTALS: u32 = 3;
        CLAWBACK + PRODUCT * self.products.len() as u32 + TOTALS
    }

    fn clawback(&self, pen: &mut Pen, opening: RowRef, before: RowRef, excess: RowRef) -> Clawback {
        let money = Unit::Money(self.currency);
        let due = pen.sheet.next_row(0);
        let carried = pen.sheet.next_row(2);
        let each = Expr::Prev(carried) + Expr::Prev(excess);
        pen.sheet.recurrence("clawback_due", money, opening.into(), each);
        pen.sheet.cite(NOTICE);
        let applied = Expr::from(due).min(Expr::from(before).max(Expr::number(0)));
        let applied = pen.sheet.formula("clawback_applied", money, applied);
        pen.sheet.formula("clawback_carried", money, Expr::from(due) - applied.into());
        let maximum = Expr::from(before) - applied.into();
        let maximum = pen.sheet.formula("maximum_permitted_revenue", money, maximum);
        pen.sheet.cite(NOTICE);
        Clawback { applied, carried, maximum }
    }

    /// Rows of every product, then ceiling revenue, its feasibility and the revenue earned.
    fn products(&self, pen: &mut Pen, maximum: RowRef, vat: Option<RowRef>, trial: u32) -> (RowRef, RowRef) {
        let money = Unit::Money(self.currency);
        let places = self.currency.minor_places();
        let (mut ceilings, mut earned) = (Expr::number(0), Expr::number(0));
        for (index, product) in self.products.iter().enumerate() {
            let id = |member: &str| format!("product.{}.{member}", index + 1);
            let per = Unit::UnitPrice(self.currency, product.per);
            let ceiling = pen.series("ceiling_rate", per, &id("ceiling"), &product.ceiling);
            pen.sheet.about(&product.name);
            let volume = &product.forecast_volume;
            let volume = pen.series("forecast_volume", Unit::Count, &id("forecast_volume"), volume);
            pen.sheet.about(&product.name);
            let at_ceiling = net_of(Expr::from(ceiling) * volume.into(), vat).round(places);
            let at_ceiling = pen.sheet.formula("product_ceiling_revenue", money, at_ceiling);
            pen.sheet.about(&product.name);
            let rate = pen.series("charged_rate", per, &id("charged_rate"), &product.charged_rate);
            pen.sheet.about(&product.name);
            let within = Expr::from(rate).compare(Compare::LessOrEqual, ceiling.into());
            pen.sheet.check("rate_within_ceiling", "rate_within_ceiling", within);
            pen.sheet.about(&product.name);
            let sold = pen.series("sold_volume", Unit::Count, &id("sold_volume"), &product.sold_volume);
            pen.sheet.about(&product.name);
            let revenue = net_of(Expr::from(rate) * sold.into(), vat).round(places);
            let revenue = pen.sheet.formula("product_revenue", money, revenue);
            pen.sheet.about(&product.name);
            ceilings = join(ceilings, at_ceiling, index);
            earned = join(earned, revenue, index);
        }
        let ceilings = pen.sheet.formula("ceiling_revenue", money, ceilings);
        let feasible = Expr::from(ceilings).compare(Compare::LessOrEqual, maximum.into());
        let feasible = after_trial(trial, feasible, Expr::number(1));
        pen.sheet.check("ceilings_feasible", "ceilings_feasible", feasible);
        pen.sheet.cite(NOTICE);
        (ceilings, pen.sheet.formula("revenue_earned", money, earned))
    }
}

/// What an operation adds to the terms.
#[derive(Clone, Debug, Default)]
pub(crate) struct Circumstances {
    /// A row of an earlier sheet that holds the operating cost.
    pub operating_cost: Option<RowRef>,
    /// Leading periods before the first full year, which have trial rates instead of a maximum.
    pub trial_periods: u32,
    /// The VAT rate that ceilings and charged rates include; permitted revenue excludes VAT.
    pub ceiling_vat: Option<Supported<Decimal>>,
}

/// `then` in the periods after the trial, `during` in those of the trial.
fn after_trial(trial: u32, then: Expr, during: Expr) -> Expr {
    if trial == 0 {
        return then;
    }
    Expr::Position.compare(Compare::Greater, Expr::number(trial.into())).if_else(then, during)
}

/// An amount that includes VAT, without it.
fn net_of(gross: Expr, vat: Option<RowRef>) -> Expr {
    match vat {
        None => gross,
        Some(rate) => gross / (Expr::number(1) + rate.into()),
    }
}

struct Clawback {
    applied: RowRef,
    carried: RowRef,
    maximum: RowRef,
}

fn join(sum: Expr, row: RowRef, index: usize) -> Expr {
    if index == 0 { row.into() } else { sum + row.into() }
}
