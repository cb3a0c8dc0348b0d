//! Real options on the cash flows of a plan: to wait, to expand, to give up (实物期权).

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::desk::{Allowed, Desk};
use crate::error::ValuationError;
use crate::given::{Given, GivenMoney};
use crate::income::direct::DirectIncome;
use crate::income::frame::{Page, missing};
use crate::option::{Compounding, Exercise, Model, Pricing, black_scholes};
use crate::unit::Unit;
use crate::workbook::draft::SheetDraft;
use crate::workbook::kernel::OptionKind;
use crate::workbook::{Arithmetic, Axis, Cell, Compare, Expr, Kernel, RowRef, Run};

/// A plan with what its owner may still decide: `V = expanded net present value`, which is the static one plus the option.
///
/// | member | meaning |
/// | --- | --- |
/// | `plan` | the cash flows as in `direct_income`; or `underlying`, their present value, as such |
/// | `outlay` | spent to have the cash flows; nothing where absent |
/// | `option` | the decision and the terms of the option |
///
/// | decision | expanded net present value |
/// | --- | --- |
/// | `defer` | call on the present value, strike the outlay |
/// | `expand` | static + call on `share` of the present value, strike `cost` |
/// | `abandon` | static + put on the present value, strike `salvage` |
///
/// Only what the option adds is added: expanded minus static net present value, shown as a row of its own.
///
/// ```json
/// {"method": "real_option",
///  "underlying": {"amount": "18.646", "currency": "CNY", "evidence": "E1"},
///  "outlay": {"amount": "20", "currency": "CNY", "evidence": "E1"},
///  "option": {"decision": "defer", "model": "black_scholes", "variance": {"value": 0.0687, "evidence": "E1"},
///             "years": {"value": 1, "evidence": "E1"}, "risk_free_rate": {"value": 0.08, "evidence": "E1"}}}
/// ```
///
/// Errors: neither or both of `plan` and `underlying`, an option to wait without the outlay it may save, terms out of range.
///
/// Source: Trigeorgis 1996, expanded NPV = static NPV + option premium; Black and Scholes 1973, Merton 1973; Cox, Ross,
/// Rubinstein 1979.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct RealOption {
    /// Distinguishes two uses of the method in one case.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub plan: Option<Box<DirectIncome>>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub underlying: Option<GivenMoney>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub outlay: Option<GivenMoney>,
    pub option: OptionTerms,
}

/// The decision and the terms of the option.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct OptionTerms {
    pub decision: Decision,
    /// Of the present value, per year; or `variance`, its square.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub volatility: Option<Given>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub variance: Option<Given>,
    /// Years in which to decide.
    pub years: Given,
    pub risk_free_rate: Given,
    /// How `risk_free_rate` compounds.
    #[serde(default)]
    pub compounding: Compounding,
    /// What waiting forgoes, continuous, per year; nothing where absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub dividend_yield: Option<Given>,
    pub model: Model,
    /// Steps of the tree, with `crr`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub steps: Option<u32>,
    /// `european` where absent; `american` needs `crr`.
    #[serde(default)]
    pub exercise: Exercise,
}

/// What the owner may still decide.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Decision {
    /// Spend the outlay later, or never.
    Defer,
    /// Spend `cost` to enlarge the cash flows by `share` of themselves.
    Expand { cost: GivenMoney, share: Given },
    /// Stop and take a salvage value.
    Abandon { salvage: GivenMoney },
}

/// The plan as it stands: the present value of its cash flows and its net present value.
#[derive(Clone, Copy)]
pub(crate) struct Plan {
    pub present: RowRef,
    pub npv: RowRef,
    pub outlay: Option<RowRef>,
}

impl RealOption {
    /// Writes the sheet and returns the address of the value.
    ///
    /// Source: Trigeorgis 1996, expanded NPV = static NPV + option premium.
    pub(crate) fn write(&self, desk: &mut Desk) -> Result<RowRef, ValuationError> {
        self.option.check(desk, "option", self.outlay.is_some())?;
        let money = desk.money();
        let (mut sheet, present) = match (&self.plan, &self.underlying) {
            (Some(plan), None) => {
                // The plan's members are those of `direct_income`, under their own path.
                let (path, name) = (desk.path.clone(), desk.name.clone());
                desk.path = format!("{path}.plan");
                desk.name = format!("{name}.plan");
                let written = self.plan(desk, plan);
                (desk.path, desk.name) = (path, name);
                written?
            }
            (None, Some(underlying)) => {
                let mut sheet = SheetDraft::begin(&desk.workbook, &desk.name, None, Arithmetic::Model);
                sheet.block(Axis::One, Run::Forward);
                let present = desk.money_row(&mut sheet, "underlying", underlying)?;
                (sheet, present)
            }
            _ => {
                let said = "exactly one of `plan` and `underlying` is expected".to_owned();
                return Err(ValuationError::Malformed { field: desk.field("plan"), line: None, said });
            }
        };
        sheet.rename(&desk.name);
        let outlay = match &self.outlay {
            Some(given) => Some(desk.money_row(&mut sheet, "outlay", given)?),
            None => None,
        };
        let npv = outlay.map_or(Expr::from(present), |outlay| Expr::from(present) - outlay.into());
        let npv = sheet.formula("static_npv", money, npv);
        let expanded = self.option.write(desk, &mut sheet, "option", Plan { present, npv, outlay })?;
        let value = sheet.formula("value", money, expanded);
        sheet.cite("Trigeorgis 1996 · Black, Scholes 1973 · Cox, Ross, Rubinstein 1979");
        sheet.finish(&mut desk.workbook);
        Ok(value)
    }

    fn plan(&self, desk: &mut Desk, plan: &DirectIncome) -> Result<(SheetDraft, RowRef), ValuationError> {
        if plan.implied.is_some() || plan.tax_amortisation.is_some() {
            let said = "a plan under an option has neither `implied` nor `tax_amortisation`".to_owned();
            return Err(ValuationError::Malformed { field: desk.field("implied"), line: None, said });
        }
        let mut page = Page::begin(desk, plan.frame())?;
        let flow = plan.flow(desk, &mut page)?;
        let present = page.present(flow);
        page.sheet.block(Axis::One, Run::Forward);
        let total = page.total(flow, present);
        Ok((page.sheet, total))
    }
}

impl OptionTerms {
    /// Refuses terms that do not go together.
    pub(crate) fn check(&self, desk: &Desk, at: &str, outlay: bool) -> Result<(), ValuationError> {
        if self.decision == Decision::Defer && !outlay {
            return Err(missing(desk, "outlay"));
        }
        let steps = match (self.model, self.exercise, self.steps) {
            (Model::BlackScholes, Exercise::European, None) => None,
            (Model::BlackScholes, Exercise::American, _) => Some(("exercise", "`american` needs the model `crr`")),
            (Model::BlackScholes, _, Some(_)) => Some(("steps", "`steps` belong to the model `crr`")),
            (Model::Crr, _, None) => Some(("steps", "the model `crr` needs `steps`")),
            (Model::Crr, _, Some(1..=20_000)) => None,
            (Model::Crr, _, Some(_)) => Some(("steps", "1 to 20000 steps are possible")),
        };
        match steps {
            None => Ok(()),
            Some((member, said)) => {
                let field = desk.field(&format!("{at}.{member}"));
                Err(ValuationError::Malformed { field, line: None, said: said.to_owned() })
            }
        }
    }

    /// Writes the option below the plan and returns the expanded net present value.
    pub(crate) fn write(
        &self,
        desk: &mut Desk,
        sheet: &mut SheetDraft,
        at: &str,
        plan: Plan,
    ) -> Result<Expr, ValuationError> {
        let money = desk.money();
        let member = |name: &str| format!("{at}.{name}");
        let (kind, underlying, strike) = match &self.decision {
            Decision::Defer => (OptionKind::Call, plan.present, plan.outlay.ok_or_else(|| missing(desk, "outlay"))?),
            Decision::Expand { cost, share } => {
                let share = desk.row(sheet, &member("decision.expand.share"), share, Allowed::Positive)?;
                let strike = desk.money_row(sheet, &member("decision.expand.cost"), cost)?;
                let enlarged = Expr::from(plan.present) * Expr::from(share);
                (OptionKind::Call, sheet.formula("expansion_value", money, enlarged), strike)
            }
            Decision::Abandon { salvage } => {
                let strike = desk.money_row(sheet, &member("decision.abandon.salvage"), salvage)?;
                (OptionKind::Put, plan.present, strike)
            }
        };
        let worth = self.worth(desk, sheet, at, [underlying, strike], kind)?;
        let expanded = match self.decision {
            Decision::Defer => worth.into(),
            _ => Expr::from(plan.npv) + worth.into(),
        };
        let expanded = sheet.formula("expanded_npv", money, expanded);
        let premium = sheet.formula("option_premium", money, Expr::from(expanded) - plan.npv.into());
        let adds = Expr::from(premium).compare(Compare::GreaterOrEqual, Expr::number(0));
        sheet.check("option_adds", "option_adds", adds);
        Ok(Expr::from(plan.npv) + premium.into())
    }

    /// Writes the terms and the worth of the option.
    fn worth(
        &self,
        desk: &mut Desk,
        sheet: &mut SheetDraft,
        at: &str,
        [underlying, strike]: [RowRef; 2],
        kind: OptionKind,
    ) -> Result<RowRef, ValuationError> {
        let mut number = |sheet: &mut SheetDraft, name: &str, key: &str, unit, given: &Given, allowed| {
            let id = desk.given(&format!("{at}.{name}"), given, allowed)?;
            Ok::<RowRef, ValuationError>(sheet.input(key, unit, id))
        };
        let ratio = Unit::Ratio;
        let volatility = match (&self.volatility, &self.variance) {
            (Some(given), None) => number(sheet, "volatility", "volatility", ratio, given, Allowed::Positive)?,
            (None, Some(given)) => {
                let variance = number(sheet, "variance", "variance", ratio, given, Allowed::Positive)?;
                let root = Expr::from(variance).pow(Expr::number(1) / Expr::number(2));
                sheet.formula("volatility", ratio, root)
            }
            _ => {
                let said = "exactly one of `volatility` and `variance` is expected".to_owned();
                return Err(ValuationError::Malformed { field: desk.field(at), line: None, said });
            }
        };
        let years = number(sheet, "years", "option_years", Unit::Years, &self.years, Allowed::Positive)?;
        let mut rate = number(sheet, "risk_free_rate", "risk_free_rate", ratio, &self.risk_free_rate, Allowed::Rate)?;
        if self.compounding == Compounding::Annual {
            let continuous = (Expr::number(1) + rate.into()).ln();
            rate = sheet.formula("continuous_rate", ratio, continuous);
        }
        let dividend_yield = match &self.dividend_yield {
            Some(given) => number(sheet, "dividend_yield", "dividend_yield", ratio, given, Allowed::Rate)?,
            None => sheet.formula("dividend_yield", ratio, Expr::number(0)),
        };
        let money = desk.money();
        let pricing = Pricing { underlying, strike, rate, volatility, years, dividend_yield };
        Ok(match (self.model, self.exercise) {
            (Model::BlackScholes, _) => black_scholes(sheet, money, kind, &pricing).value,
            (Model::Crr, exercise) => {
                let steps = self.steps.unwrap_or(1);
                let kernel = match exercise {
                    Exercise::American => Kernel::AmericanOption { kind, steps },
                    Exercise::European => Kernel::EuropeanOption { kind, steps },
                };
                sheet.cell("option_value", money, Cell::Call { kernel, args: pricing.arguments() })
            }
        })
    }
}
