//! Scenario-weighted income: one sheet for each scenario, each at its own rate, some with an option.

use rust_decimal::Decimal;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::desk::{Allowed, Desk};
use crate::discount::DiscountRate;
use crate::error::ValuationError;
use crate::given::{Given, GivenMoney, GivenStream};
use crate::income::discounting::{factors, same_basis};
use crate::income::frame::life;
use crate::income::option::{OptionTerms, Plan};
use crate::income::stream::Stream;
use crate::market::component::{not_empty, whole};
use crate::rate::RateBasis;
use crate::unit::Unit;
use crate::workbook::draft::SheetDraft;
use crate::workbook::{Arithmetic, Axis, Compare, Expr, RowRef, Run};

/// The probability-weighted value of several scenarios: `V = Σ p_s · V_s`.
///
/// A scenario is a sheet of its own with its cash flow, outlay, discount rate and, where its owner may still decide, an
/// option. `V_s` is the net present value of the plan (static), and an option adds only what deciding later is worth:
/// `expanded − static`. So nothing is counted twice that the plan already holds.
///
/// | member | meaning | range |
/// | --- | --- | --- |
/// | `years` | periods of every scenario | 1 … 100 |
/// | `cash_flow` | basis of the incomes; each discount rate must have the same | |
/// | `scenarios[].probability` | they add up to 1 | 0 … 1 |
/// | `scenarios[].income` | cash flow per year, on the basis stated | any |
/// | `scenarios[].outlay` | spent at the valuation date to have it | ≥ 0 |
/// | `scenarios[].option` | as in `real_option` | |
///
/// Errors: no scenario, a cash flow whose length is not the number of periods, a rate whose basis is not that of the cash
/// flow, probabilities that do not add up to 1, an option to wait without the outlay it may save.
///
/// Source: IVS 103 (scenario-based cash flows); Trigeorgis 1996, expanded NPV = static NPV + option premium.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ScenarioIncome {
    /// Distinguishes two uses of the method in one case.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    pub years: u32,
    pub cash_flow: RateBasis,
    pub scenarios: Vec<Scenario>,
}

/// One scenario.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Scenario {
    pub name: String,
    pub probability: Given,
    /// Cash flow per year.
    pub income: GivenStream,
    /// Spent at the valuation date to have the cash flow.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub outlay: Option<GivenMoney>,
    pub discount_rate: DiscountRate,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub option: Option<OptionTerms>,
}

impl ScenarioIncome {
    /// Writes a sheet for each scenario and the sheet that weighs them.
    ///
    /// Source: IVS 103 (scenario-based cash flows); Trigeorgis 1996.
    pub(crate) fn write(&self, desk: &mut Desk) -> Result<RowRef, ValuationError> {
        life(desk, self.years)?;
        crate::life::RemainingLife::check(None, desk, self.years, false)?;
        not_empty(desk, "scenarios", self.scenarios.len())?;
        let sum: Decimal = self.scenarios.iter().map(|scenario| scenario.probability.value).sum();
        whole(desk, "scenarios", sum)?;
        let mut values = Vec::new();
        for (index, scenario) in self.scenarios.iter().enumerate() {
            values.push(self.scenario(desk, scenario, &format!("scenarios[{index}]"))?);
        }
        let money = desk.money();
        let mut sheet = SheetDraft::begin(&desk.workbook, &desk.name, None, Arithmetic::Model);
        sheet.block(Axis::One, Run::Forward);
        let (mut sum, mut weighted) = (Expr::number(0), Expr::number(0));
        for (index, (scenario, value)) in self.scenarios.iter().zip(&values).enumerate() {
            let id = desk.given(&format!("scenarios[{index}].probability"), &scenario.probability, Allowed::Share)?;
            let chance = sheet.input("scenario_probability", Unit::Ratio, id);
            sheet.about(&scenario.name);
            let value = sheet.formula("scenario_value", money, Expr::from(*value));
            sheet.about(&scenario.name);
            sum = sum + chance.into();
            weighted = weighted + Expr::from(chance) * value.into();
        }
        let whole = sum.round(9).compare(Compare::Equal, Expr::number(1));
        sheet.check("probabilities_whole", "probabilities_whole", whole);
        let value = sheet.formula("value", money, weighted);
        sheet.cite("IVS 103 (2025)");
        sheet.finish(&mut desk.workbook);
        Ok(value)
    }

    fn scenario(&self, desk: &mut Desk, scenario: &Scenario, at: &str) -> Result<RowRef, ValuationError> {
        let member = |name: &str| format!("{at}.{name}");
        same_basis(desk, &member("discount_rate"), self.cash_flow, &scenario.discount_rate)?;
        if let Some(option) = &scenario.option {
            option.check(desk, &member("option"), scenario.outlay.is_some())?;
        }
        let money = desk.money();
        let mut sheet = SheetDraft::begin(&desk.workbook, "scenario", Some(self.subject(scenario)), Arithmetic::Model);
        sheet.block(Axis::One, Run::Forward);
        let (years, any) = (self.years, Allowed::Any);
        let income = Stream::signed(desk, &mut sheet, &member("income"), &scenario.income, years, any)?;
        let rate = scenario.discount_rate.write(desk, &mut sheet, &member("discount_rate"))?;
        let outlay = match &scenario.outlay {
            Some(given) => Some(desk.money_row(&mut sheet, &member("outlay"), given)?),
            None => None,
        };
        sheet.block(desk.years(years), Run::Forward);
        let flow = income.row(&mut sheet, "scenario_cash_flow", None);
        let factor = factors(&mut sheet, "discount_factor", rate, self.cash_flow.timing);
        let present = sheet.formula("present_value", money, Expr::from(flow) * factor.into());
        sheet.block(Axis::One, Run::Forward);
        let present = sheet.formula("present_value_total", money, Expr::sum(present));
        let npv = outlay.map_or(Expr::from(present), |outlay| Expr::from(present) - outlay.into());
        let npv = sheet.formula("static_npv", money, npv);
        let result = match &scenario.option {
            Some(option) => option.write(desk, &mut sheet, &member("option"), Plan { present, npv, outlay })?,
            None => npv.into(),
        };
        let result = sheet.formula("scenario_result", money, result);
        sheet.finish(&mut desk.workbook);
        Ok(result)
    }

    /// What the sheet is printed with.
    fn subject(&self, scenario: &Scenario) -> String {
        match &self.name {
            Some(name) => format!("{name} {}", scenario.name),
            None => scenario.name.clone(),
        }
    }
}
