//! Scenario-weighted income: one sheet for each scenario, each at its own rate, some with an option.

use serde::{Deserialize, Serialize};

use crate::error::ValuationError;
use crate::income::discounting::factors;
use crate::money::Currency;
use crate::period::Schedule;
use crate::rate::RateBasis;
use crate::unit::Unit;
use crate::workbook::draft::SheetDraft;
use crate::workbook::kernel::OptionKind;
use crate::workbook::number::to_real;
use crate::workbook::{
    Arithmetic, Axis, Binding, Bindings, Cell, Compare, Expr, InputId, Kernel, Quantity, RowRef, Run, Workbook,
};

/// The probability-weighted value of several scenarios: `V = Σ p_s · V_s`.
///
/// A scenario is a sheet stamped again with its own cash flow, outlay, discount rate and, where its owner may still decide,
/// an option. `V_s` is the net present value of the plan (static), and an option adds only what deciding later is worth:
/// `expanded − static`. So nothing is counted twice that the plan already holds.
///
/// | option | expanded net present value |
/// | --- | --- |
/// | to wait (`defer`) | American call on the present value of the cash flow, strike the outlay |
/// | to give up (`abandon`) | static + American put on the present value of the cash flow, strike the salvage value |
///
/// Inputs by id: `scenario.N.probability`, `.cash_flow`, `.outlay`, `.discount_rate`, and of an option `.salvage`,
/// `.volatility`, `.option_years`, `.risk_free_rate`, `.dividend_yield` (N from 1). Each may be uncertain.
///
/// # Errors
/// No scenario, a cash flow whose length is not the number of periods, a rate whose basis is not that of the cash flow, a
/// probability outside 0 … 1 or probabilities that do not add up to 1, an option without the outlay it may save.
///
/// Source: IVS 103 (scenario-based cash flows); Trigeorgis 1996, expanded NPV = static NPV + option premium; the tree is
/// that of Cox, Ross, Rubinstein 1979.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ScenarioIncome {
    pub currency: Currency,
    pub periods: Schedule,
    /// Basis of every cash flow; each discount rate must have the same.
    pub cash_flow: RateBasis,
    pub scenarios: Vec<Scenario>,
}

/// One scenario.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Scenario {
    pub name: String,
    pub probability: Binding,
    /// One amount a period.
    pub cash_flow: Binding,
    /// Spent today to have the cash flow.
    #[serde(default)]
    pub outlay: Option<Binding>,
    pub discount_rate: Binding,
    pub rate_basis: RateBasis,
    #[serde(default)]
    pub option: Option<ScenarioOption>,
}

/// What the owner may still decide.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ScenarioOption {
    pub decision: Decision,
    /// Of the present value of the cash flow, per year.
    pub volatility: Binding,
    /// Years in which to decide.
    pub years: Binding,
    /// Continuous, per year.
    pub risk_free_rate: Binding,
    /// What waiting forgoes, continuous, per year.
    pub dividend_yield: Binding,
    /// Steps of the tree.
    pub steps: u32,
}

/// The two decisions.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Decision {
    /// Spend the outlay later, or never.
    Defer,
    /// Stop and take a salvage value.
    Abandon { salvage: Binding },
}

/// Where the results stand.
#[derive(Clone, Debug, PartialEq)]
pub struct ScenarioRows {
    /// Value of each scenario.
    pub scenarios: Vec<RowRef>,
    pub value: RowRef,
}

impl ScenarioIncome {
    /// Writes a sheet for each scenario and the sheet that weighs them, after the sheets `workbook` has; input ids begin with
    /// `prefix`.
    ///
    /// Source: IVS 103 (scenario-based cash flows); Trigeorgis 1996.
    pub fn write(
        &self,
        workbook: &mut Workbook,
        bindings: &mut Bindings,
        prefix: &str,
    ) -> Result<ScenarioRows, ValuationError> {
        self.check()?;
        let money = Unit::Money(self.currency);
        let mut values = Vec::new();
        for (index, scenario) in self.scenarios.iter().enumerate() {
            let mut pen = Pen {
                sheet: SheetDraft::begin(workbook, "scenario", Some(scenario.name.clone()), Arithmetic::Model),
                bindings,
                prefix: format!("{prefix}scenario.{}", index + 1),
            };
            values.push(self.scenario(&mut pen, scenario));
            pen.sheet.finish(workbook);
        }
        let sheet = SheetDraft::begin(workbook, "scenario_weighting", None, Arithmetic::Model);
        let mut pen = Pen { sheet, bindings, prefix: String::new() };
        pen.sheet.block(Axis::One, Run::Forward);
        let (mut sum, mut weighted) = (Expr::number(0), Expr::number(0));
        for (index, (scenario, value)) in self.scenarios.iter().zip(&values).enumerate() {
            pen.prefix = format!("{prefix}scenario.{}", index + 1);
            let chance = pen.input("scenario_probability", Unit::Ratio, "probability", &scenario.probability);
            pen.sheet.about(&scenario.name);
            let value = pen.sheet.formula("scenario_value", money, Expr::from(*value));
            pen.sheet.about(&scenario.name);
            sum = sum + chance.into();
            weighted = weighted + Expr::from(chance) * value.into();
        }
        let whole = sum.round(9).compare(Compare::Equal, Expr::number(1));
        pen.sheet.check("probabilities_whole", "probabilities_whole", whole);
        let value = pen.sheet.formula("value", money, weighted);
        pen.sheet.finish(workbook);
        Ok(ScenarioRows { scenarios: values, value })
    }

    fn check(&self) -> Result<(), ValuationError> {
        if self.scenarios.is_empty() {
            let name = "scenarios".to_owned();
            return Err(ValuationError::Missing { field: name.clone(), line: None, name });
        }
        let mut sum = 0.0;
        for (index, scenario) in self.scenarios.iter().enumerate() {
            let field = |member: &str| format!("scenarios[{index}].{member}");
            if scenario.rate_basis != self.cash_flow {
                let (cash_flow, rate) = (self.cash_flow, scenario.rate_basis);
                return Err(ValuationError::RateBasis { field: field("discount_rate"), cash_flow, rate });
            }
            let periods = self.periods.count as usize;
            let length = match &scenario.cash_flow.quantity {
                Quantity::RealSeries(series) => series.len(),
                Quantity::ExactSeries(series) => series.len(),
                _ => 1,
            };
            if length != periods {
                let said = format!("{length} numbers for {periods} periods");
                return Err(ValuationError::Malformed { field: field("cash_flow"), line: None, said });
            }
            let chance = central(&scenario.probability);
            if !(0.0..=1.0).contains(&chance) {
                let (value, low, high) = (chance.to_string(), "0".to_owned(), "1".to_owned());
                return Err(ValuationError::OutOfRange { field: field("probability"), value, low, high });
            }
            sum += chance;
            let waits = matches!(&scenario.option, Some(option) if option.decision == Decision::Defer);
            if waits && scenario.outlay.is_none() {
                let name = "outlay".to_owned();
                return Err(ValuationError::Missing { field: field("outlay"), line: None, name });
            }
        }
        if (sum - 1.0).abs() > 1e-9 {
            return Err(ValuationError::Weights { field: "scenarios".to_owned(), sum: sum.to_string() });
        }
        Ok(())
    }

    fn scenario(&self, pen: &mut Pen, scenario: &Scenario) -> RowRef {
        let money = Unit::Money(self.currency);
        pen.sheet.block(Axis::One, Run::Forward);
        let rate = Unit::Rate(scenario.rate_basis);
        let rate = pen.input("discount_rate", rate, "discount_rate", &scenario.discount_rate);
        let outlay = scenario.outlay.as_ref().map(|outlay| pen.input("outlay", money, "outlay", outlay));
        pen.sheet.block(Axis::Time(self.periods), Run::Forward);
        let flow = pen.input("scenario_cash_flow", money, "cash_flow", &scenario.cash_flow);
        let factor = factors(&mut pen.sheet, rate, scenario.rate_basis.timing);
        let present = pen.sheet.formula("present_value", money, Expr::from(flow) * factor.into());
        pen.sheet.block(Axis::One, Run::Forward);
        let present = pen.sheet.formula("present_value_total", money, Expr::sum(present));
        let npv = match outlay {
            Some(outlay) => Expr::from(present) - outlay.into(),
            None => present.into(),
        };
        let npv = pen.sheet.formula("static_npv", money, npv);
        let Some(option) = &scenario.option else {
            return pen.sheet.formula("scenario_result", money, npv.into());
        };
        let expanded = self.expanded(pen, option, present, npv, outlay);
        let premium = pen.sheet.formula("option_premium", money, Expr::from(expanded) - npv.into());
        let adds = Expr::from(premium).compare(Compare::GreaterOrEqual, Expr::number(0));
        pen.sheet.check("option_adds", "option_adds", adds);
        pen.sheet.formula("scenario_result", money, Expr::from(npv) + premium.into())
    }

    /// The expanded net present value.
    fn expanded(
        &self,
        pen: &mut Pen,
        option: &ScenarioOption,
        present: RowRef,
        npv: RowRef,
        outlay: Option<RowRef>,
    ) -> RowRef {
        let money = Unit::Money(self.currency);
        let (kind, strike) = match &option.decision {
            Decision::Defer => (OptionKind::Call, outlay.map_or(Expr::number(0), Expr::from)),
            Decision::Abandon { salvage } => {
                (OptionKind::Put, Expr::from(pen.input("salvage", money, "salvage", salvage)))
            }
        };
        let rate = pen.input("risk_free_rate", Unit::Ratio, "risk_free_rate", &option.risk_free_rate);
        let volatility = pen.input("volatility", Unit::Ratio, "volatility", &option.volatility);
        let years = pen.input("option_years", Unit::Years, "option_years", &option.years);
        let dividend = pen.input("dividend_yield", Unit::Ratio, "dividend_yield", &option.dividend_yield);
        let kernel = Kernel::AmericanOption { kind, steps: option.steps };
        let args = vec![present.into(), strike, rate.into(), volatility.into(), years.into(), dividend.into()];
        let worth = pen.sheet.cell("option_value", money, Cell::Call { kernel, args });
        let expanded = match option.decision {
            Decision::Defer => worth.into(),
            Decision::Abandon { .. } => Expr::from(npv) + worth.into(),
        };
        pen.sheet.formula("expanded_npv", money, expanded)
    }
}

/// Writes input rows and their bindings.
struct Pen<'a> {
    sheet: SheetDraft,
    bindings: &'a mut Bindings,
    prefix: String,
}

impl Pen<'_> {
    fn input(&mut self, key: &str, unit: Unit, member: &str, binding: &Binding) -> RowRef {
        let id = InputId(format!("{}.{member}", self.prefix));
        self.bindings.inputs.insert(id.clone(), binding.clone());
        self.sheet.input(key, unit, id)
    }
}

/// The point value of a scalar.
fn central(binding: &Binding) -> f64 {
    match &binding.quantity {
        Quantity::Real(value) | Quantity::Uncertain { central: value, .. } => *value,
        Quantity::Exact(value) => to_real(*value),
        Quantity::RealSeries(_) | Quantity::ExactSeries(_) => f64::NAN,
    }
}
