//! Ceiling rates within the maximum: each product's cost by what drives it, and the highest even cover of it.

use std::collections::BTreeMap;

use rust_decimal::{Decimal, RoundingStrategy};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::assumption::Assumption;
use crate::error::ValuationError;
use crate::evidence::{Support, Supported};
use crate::public_data::error::PublicDataError;
use crate::public_data::operation::{Operated, Operation, VatBasis};
use crate::unit::Unit;
use crate::words::{self, Language};
use crate::workbook::draft::SheetDraft;
use crate::workbook::{Arithmetic, Axis, Binding, Bindings, Compare, Expr, InputId, Quantity, RowRef, Run, Workbook};

/// How the maximum of one period becomes ceilings.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Allocation {
    /// The period, counted from 1.
    pub period: u32,
    /// What causes cost: computing, storage, data volume, labour, sales.
    pub drivers: Vec<Driver>,
    /// Lower and upper bounds of ceilings by product.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub bounds: BTreeMap<String, Bounds>,
    /// Decimals of a ceiling; it is rounded down.
    pub places: u32,
}

/// A cost and how much of its cause each product uses.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Driver {
    pub name: String,
    #[schemars(with = "Supported<String>")]
    pub cost: Supported<Decimal>,
    /// By product, in any unit.
    #[schemars(with = "Supported<BTreeMap<String, String>>")]
    pub usage: Supported<BTreeMap<String, Decimal>>,
}

/// Bounds of one ceiling.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Bounds {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Option<String>")]
    pub low: Option<Decimal>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Option<String>")]
    pub high: Option<Decimal>,
    /// Where the bounds come from.
    pub source: String,
}

/// Ceilings as a workbook.
#[derive(Clone, Debug)]
pub struct Allocated {
    pub workbook: Workbook,
    pub bindings: Bindings,
    /// One column for each chargeable product.
    pub ceilings: RowRef,
    pub products: Vec<String>,
    pub ceiling: Vec<Decimal>,
    /// Revenue at the ceilings, and the maximum it stays within, excluding VAT.
    pub revenue: Decimal,
    pub maximum: Decimal,
    /// The part of each product's driver cost that its ceiling covers at most.
    pub cover: Decimal,
}

/// One product's line of the programme.
struct Line {
    volume: Decimal,
    /// Ceiling that just covers the driver cost, VAT included where ceilings include it.
    covering: Decimal,
    low: Decimal,
    high: Option<Decimal>,
}

impl Line {
    fn at(&self, cover: Decimal) -> Decimal {
        let wanted = self.covering * cover;
        let wanted = self.high.map_or(wanted, |high| wanted.min(high));
        wanted.max(self.low)
    }
}

/// Ceilings of the chargeable products in the period of the allocation.
///
/// Each product's cost is the sum over drivers of the driver's cost times the product's part of its usage. Ceilings are
///
/// ```text
/// ceiling_k = clamp(λ · cost_k / volume_k, low_k, high_k)   rounded down
/// ```
///
/// with the largest λ for which `Σ ceiling_k · volume_k ≤ maximum`. Of all feasible ceilings this one raises the least cover of
/// cost as far as possible, then the next, and so on.
///
/// # Errors
/// No allocation; unknown products; a product with cost and no forecast volume; bounds that cannot be met (which, by how much).
///
/// Source: 发改价格〔2025〕65号: ceilings by resources used, labour and sales volume, within the maximum; bounded proportional
/// division (leximin).
pub fn allocate(operation: &Operation, done: &Operated) -> Result<Allocated, ValuationError> {
    let missing = |name: &str| ValuationError::Missing { field: name.to_owned(), line: None, name: name.to_owned() };
    let terms = operation.allocation.as_ref().ok_or_else(|| missing("allocation"))?;
    if !(1..=operation.periods.count).contains(&terms.period) {
        let (low, high) = ("1".to_owned(), operation.periods.count.to_string());
        let (field, value) = ("allocation.period".to_owned(), terms.period.to_string());
        return Err(ValuationError::OutOfRange { field, value, low, high });
    }
    let column = (terms.period - 1) as usize;
    let chargeable: Vec<_> = operation.products.iter().filter(|product| product.purpose.chargeable()).collect();
    let names: Vec<String> = chargeable.iter().map(|product| product.name.clone()).collect();
    known(terms, &names)?;
    let maximum = done.point.number(done.sheet.maximum_permitted_revenue, column).exact().unwrap_or_default();
    let vat = match &operation.ceiling_vat {
        VatBasis::Excluded => Decimal::ZERO,
        VatBasis::Included(rate) => rate.value,
    };
    let mut lines = Vec::new();
    for (index, product) in chargeable.iter().enumerate() {
        let cost: Decimal = terms.drivers.iter().map(|driver| part(driver, &product.name)).sum();
        let volume = product.forecast_volume.value[column];
        if volume <= Decimal::ZERO && cost > Decimal::ZERO {
            let field = format!("products[{index}].forecast_volume");
            return Err(ValuationError::OutOfRange {
                field,
                value: volume.to_string(),
                low: "0".into(),
                high: "∞".into(),
            });
        }
        let covering = if volume.is_zero() { Decimal::ZERO } else { cost / volume * (Decimal::ONE + vat) };
        let bounds = terms.bounds.get(&product.name);
        let low = bounds.and_then(|bounds| bounds.low).unwrap_or_default();
        lines.push(Line { volume, covering, low, high: bounds.and_then(|bounds| bounds.high) });
    }
    // What may be charged, VAT included where ceilings include it.
    let budget = maximum * (Decimal::ONE + vat);
    let cover = largest_cover(&lines, budget).map_err(|(low, difference)| PublicDataError::CeilingsInfeasible {
        field: "allocation.bounds".to_owned(),
        constraint: words::text("row.ceiling_low", Language::Zh),
        period: operation.periods.label(terms.period - 1),
        found: low.round_dp(2).to_string(),
        allowed: budget.round_dp(2).to_string(),
        difference: difference.round_dp(2).to_string(),
    })?;
    let ceiling: Vec<Decimal> = lines
        .iter()
        .map(|line| {
            let down = line.at(cover).round_dp_with_strategy(terms.places, RoundingStrategy::ToZero);
            down.max(line.low)
        })
        .collect();
    let at_ceilings: Decimal = lines.iter().zip(&ceiling).map(|(line, ceiling)| line.volume * ceiling).sum();
    let revenue = at_ceilings / (Decimal::ONE + vat);
    let paper =
        Paper { operation, terms, column, names: &names, lines: &lines, ceiling: &ceiling, cover, maximum, vat };
    let (workbook, bindings, row) = paper.write();
    let revenue =
        revenue.round_dp_with_strategy(operation.currency.minor_places(), RoundingStrategy::MidpointAwayFromZero);
    Ok(Allocated { workbook, bindings, ceilings: row, products: names, ceiling, revenue, maximum, cover })
}

fn known(terms: &Allocation, names: &[String]) -> Result<(), ValuationError> {
    let bounds = terms.bounds.keys().map(|name| ("allocation.bounds".to_owned(), name));
    let usage = terms.drivers.iter().enumerate().flat_map(|(index, driver)| {
        driver.usage.value.keys().map(move |name| (format!("allocation.drivers[{index}].usage"), name))
    });
    for (field, name) in bounds.chain(usage) {
        if !names.contains(name) {
            let nearest = crate::case::read::nearest(name, names.iter().map(String::as_str));
            return Err(ValuationError::UnknownField { field, line: None, name: name.clone(), nearest });
        }
    }
    Ok(())
}

/// A product's part of a driver's cost.
fn part(driver: &Driver, product: &str) -> Decimal {
    let total: Decimal = driver.usage.value.values().sum();
    let used = driver.usage.value.get(product).copied().unwrap_or_default();
    if total.is_zero() { Decimal::ZERO } else { driver.cost.value * (used / total) }
}

/// The largest λ whose ceilings stay within the budget; where even the lower bounds do not, what they need and by how much it
/// is too much. Where every upper bound fits, the λ at which all are reached.
fn largest_cover(lines: &[Line], budget: Decimal) -> Result<Decimal, (Decimal, Decimal)> {
    let spent = |cover: Decimal| -> Decimal { lines.iter().map(|line| line.volume * line.at(cover)).sum() };
    let least = spent(Decimal::ZERO);
    if least > budget {
        return Err((least, least - budget));
    }
    let costly = lines.iter().filter(|line| line.covering > Decimal::ZERO);
    let mut turns: Vec<Decimal> = costly
        .flat_map(|line| [Some(line.low / line.covering), line.high.map(|high| high / line.covering)])
        .flatten()
        .collect();
    turns.push(Decimal::ZERO);
    turns.sort();
    turns.dedup();
    // Between two turns the spending is linear; beyond the last it rises only where a product has no upper bound.
    let below = turns.iter().rev().find(|turn| spent(**turn) <= budget).copied().unwrap_or_default();
    let slope: Decimal = lines
        .iter()
        .filter(|line| {
            let wanted = line.covering * below;
            line.covering > Decimal::ZERO && wanted >= line.low && line.high.is_none_or(|high| wanted < high)
        })
        .map(|line| line.volume * line.covering)
        .sum();
    let left = budget - spent(below);
    let cover = if slope.is_zero() { below } else { below + left / slope };
    Ok(cover.round_dp_with_strategy(12, RoundingStrategy::ToZero))
}

/// The working paper of the ceilings.
struct Paper<'a> {
    operation: &'a Operation,
    terms: &'a Allocation,
    column: usize,
    names: &'a [String],
    lines: &'a [Line],
    ceiling: &'a [Decimal],
    cover: Decimal,
    maximum: Decimal,
    vat: Decimal,
}

impl Paper<'_> {
    fn write(&self) -> (Workbook, Bindings, RowRef) {
        let (mut workbook, mut bindings) = (Workbook::default(), Bindings::default());
        let money = Unit::Money(self.operation.currency);
        let places = self.operation.currency.minor_places();
        let mut bind = |id: String, quantity: Quantity, support: Support| {
            let id = InputId(id);
            bindings.inputs.insert(id.clone(), Binding { quantity, support });
            id
        };
        let mut sheet = SheetDraft::begin(&workbook, "ceilings", None, Arithmetic::Books);
        sheet.block(Axis::One, Run::Forward);
        let here = |key: &str| {
            let reason = words::text(key, Language::Zh);
            Support::Assumption(Assumption { author: "Hengshu".into(), reason, reviewer: "ceilings_feasible".into() })
        };
        let id = bind("maximum".into(), Quantity::Exact(self.maximum), here("public_data.from_revenue"));
        let maximum = sheet.input("maximum_permitted_revenue", money, id);
        let id =
            bind("ceiling_vat_rate".into(), Quantity::Exact(self.vat), self.vat_support(here("public_data.no_vat")));
        let vat = sheet.input("ceiling_vat_rate", Unit::Ratio, id);
        let mut costs = Vec::new();
        for (index, driver) in self.terms.drivers.iter().enumerate() {
            let cost = Quantity::Exact(driver.cost.value);
            let id = bind(format!("driver.{}.cost", index + 1), cost, driver.cost.support.clone());
            costs.push(sheet.input("driver_cost", money, id));
            sheet.about(&driver.name);
        }
        sheet.block(Axis::Items(self.names.to_vec()), Run::Forward);
        let mut usages = Vec::new();
        for (index, driver) in self.terms.drivers.iter().enumerate() {
            let used = |name: &String| driver.usage.value.get(name).copied().unwrap_or_default();
            let used = Quantity::ExactSeries(self.names.iter().map(used).collect());
            let id = bind(format!("driver.{}.usage", index + 1), used, driver.usage.support.clone());
            usages.push(sheet.input("driver_usage", Unit::Count, id));
            sheet.about(&driver.name);
        }
        let series = |of: &dyn Fn(&Line) -> Decimal| Quantity::ExactSeries(self.lines.iter().map(of).collect());
        let product = |column: usize| &self.operation.products[column].forecast_volume.support;
        let id = bind("forecast_volume".into(), series(&|line| line.volume), product(0).clone());
        let volume = sheet.input("forecast_volume", Unit::Count, id);
        let ceilings = Quantity::ExactSeries(self.ceiling.to_vec());
        let id = bind("ceiling".into(), ceilings, here("public_data.solved"));
        let ceiling = sheet.input("ceiling_rate", Unit::Ratio, id);
        sheet.about(&self.operation.periods.label(self.column as u32));
        sheet.cite(super::NOTICE);
        let at_ceiling = (Expr::from(ceiling) * volume.into() / (Expr::number(1) + vat.into())).round(places);
        let at_ceiling = sheet.formula("product_ceiling_revenue", money, at_ceiling);
        sheet.block(Axis::Items(self.names.to_vec()), Run::Forward);
        let mut cost = Expr::number(0);
        for (driver, usage) in costs.iter().zip(&usages) {
            let part = (Expr::from(*driver) * Expr::from(*usage)
                / Expr::sum(*usage).max(Expr::Number(Decimal::new(1, 12))))
            .round(places);
            cost = cost + part;
        }
        let cost = sheet.formula("allocated_cost", money, cost);
        let covered = (Expr::from(at_ceiling) / Expr::from(cost).max(Expr::Number(Decimal::new(1, 2)))).round(6);
        sheet.formula("cost_cover", Unit::Ratio, covered);
        let cover = bind("cover".into(), Quantity::Exact(self.cover), here("public_data.solved"));
        self.close(&mut sheet, cover, at_ceiling, maximum);
        sheet.finish(&mut workbook);
        (workbook, bindings, ceiling)
    }

    /// The sum of revenue at the ceilings against the maximum.
    fn close(&self, sheet: &mut SheetDraft, cover: InputId, at_ceiling: RowRef, maximum: RowRef) {
        let money = Unit::Money(self.operation.currency);
        let places = self.operation.currency.minor_places();
        sheet.block(Axis::One, Run::Forward);
        sheet.input("largest_cover", Unit::Ratio, cover);
        let total = sheet.formula("ceiling_revenue", money, Expr::sum(at_ceiling));
        let slack = Expr::from(maximum) - total.into();
        sheet.formula("unused_revenue", money, slack);
        // Each product's revenue is rounded by itself, so the sum may miss the maximum by half a cent a product.
        let near = Expr::from(total)
            - (Expr::number(self.names.len() as i64) * Expr::Number(Decimal::new(5, places + 1))).round(places);
        sheet.check("ceilings_feasible", "ceilings_feasible", near.compare(Compare::LessOrEqual, maximum.into()));
    }

    fn vat_support(&self, without: Support) -> Support {
        match &self.operation.ceiling_vat {
            VatBasis::Excluded => without,
            VatBasis::Included(rate) => rate.support.clone(),
        }
    }
}
