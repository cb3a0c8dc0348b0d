//! Solved back from a value: the pre-tax rate, the rate and the growth that a price implies.

use rust_decimal::Decimal;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::desk::{Allowed, Desk};
use crate::error::ValuationError;
use crate::evidence::Support;
use crate::given::{Given, GivenMoney, real};
use crate::income::frame::Page;
use crate::unit::Unit;
use crate::workbook::{Axis, Binding, Cell, Expr, InputId, Quantity, RowRef, Run};

/// What is solved back and printed below the value; it changes no value.
///
/// `price`: the discount rate at which the cash flow is worth this price (implied rate). `pre_tax`: the rate that equates the
/// present value of the income before tax with the value after tax, never r/(1−τ). The tax base is shown: with the tax
/// amortisation benefit in the value the base is the value itself, without it the base is nothing, or what is stated here.
///
/// Source: IAS 36.BCZ85 (iteration to the pre-tax rate); IVS 103 (2025), discount rates.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Implied {
    /// The price whose implied rate is sought.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub price: Option<GivenMoney>,
    /// Asks for the pre-tax rate; for methods whose income is before tax and whose cash flow is after it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub pre_tax: Option<PreTaxBase>,
}

/// The tax base that a holder may amortise.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct PreTaxBase {
    /// Amount amortised for tax over `years`; absent where the value stands as it is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tax_base: Option<GivenMoney>,
    /// Years over which the base is amortised, straight line; with `tax_base`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub years: Option<Given>,
}

/// The income before tax and the tax rate.
pub(crate) struct PreTax {
    pub income: RowRef,
    pub tax: RowRef,
}

/// Rates are sought between these.
const LOW: f64 = -0.5;
const HIGH: f64 = 5.0;

impl Implied {
    /// Writes the blocks below the value.
    pub(crate) fn write(
        &self,
        desk: &mut Desk,
        page: &mut Page,
        value: RowRef,
        flow: RowRef,
        pre_tax: Option<PreTax>,
    ) -> Result<(), ValuationError> {
        if let Some(price) = &self.price {
            page.sheet.block(Axis::One, Run::Forward);
            let id = desk.amount("implied.price", price)?;
            let price = page.sheet.input("implied_price", page.money, id);
            root(desk, page, "implied_rate", flow, price, "implied.price");
        }
        if let Some(base) = &self.pre_tax {
            let Some(PreTax { income, tax }) = pre_tax else {
                let said = "only an income before tax with a post-tax cash flow has a pre-tax rate to seek".to_owned();
                return Err(ValuationError::Malformed { field: desk.field("implied.pre_tax"), line: None, said });
            };
            page.sheet.block(Axis::One, Run::Forward);
            let target = match (&base.tax_base, &base.years) {
                (Some(amount), Some(years)) => {
                    let id = desk.amount("implied.pre_tax.tax_base", amount)?;
                    let amount = page.sheet.input("tax_base", page.money, id);
                    let id = desk.given("implied.pre_tax.years", years, Allowed::Positive)?;
                    let years = page.sheet.input("tax_base_years", Unit::Years, id);
                    let one = || Expr::number(1);
                    let annuity = (one() - (one() + page.rate.into()).pow(-Expr::from(years))) / page.rate.into();
                    let shield = Expr::from(tax) * Expr::from(amount) / Expr::from(years) * annuity;
                    let shield = page.sheet.formula("tax_base_benefit", page.money, shield);
                    page.sheet.formula("value_with_tax_base", page.money, Expr::from(value) + shield.into())
                }
                (None, None) => value,
                _ => {
                    let said = "`tax_base` and `years` stand together".to_owned();
                    let field = desk.field("implied.pre_tax");
                    return Err(ValuationError::Malformed { field, line: None, said });
                }
            };
            root(desk, page, "implied_pre_tax_rate", income, target, "tax_rate");
        }
        Ok(())
    }
}

/// Writes the rate at which `flow` is worth `target`; the trial rate rests on what the target rests on.
fn root(desk: &mut Desk, page: &mut Page, key: &str, flow: RowRef, target: RowRef, rests_on: &str) {
    let id = InputId(format!("{}.{key}.trial", desk.name));
    let support = desk.bindings.inputs.get(&desk.id(rests_on)).map(|binding| binding.support.clone());
    let support = support.unwrap_or_else(|| Support::Each(Vec::new()));
    let quantity = Quantity::Exact(Decimal::new(1, 1));
    desk.bindings.inputs.insert(id.clone(), Binding { quantity, support });
    page.sheet.block(Axis::One, Run::Forward);
    let trial = page.sheet.input("trial_rate", Unit::Ratio, id.clone());
    let factor = page.factors_of(desk, trial);
    let present = page.sheet.formula("present_value", page.money, Expr::from(flow) * Expr::from(factor));
    page.sheet.block(Axis::One, Run::Forward);
    let mut worth = Expr::sum(present);
    if let Some(beyond) = page.beyond(trial, flow, factor) {
        worth = worth + beyond;
    }
    let gap = page.sheet.formula("present_value_gap", page.money, worth - target.into());
    page.sheet.block(Axis::One, Run::Forward);
    // A perpetuity has a value only above its growth.
    let low = page.frame.perpetuity.map_or(LOW, |perpetuity| real(perpetuity.growth.value) + 1e-6);
    page.sheet.cell(key, Unit::Ratio, Cell::Solve { unknown: id, target: gap, bracket: (low, HIGH) });
}
