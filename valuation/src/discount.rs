//! The discount rate: stated, built up, from CAPM or WACC, or split out of a WACC; nominal and real.

use rust_decimal::Decimal;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::assumption::Assumption;
use crate::desk::{Allowed, Desk};
use crate::error::ValuationError;
use crate::given::{Given, GivenMoney, optional_number, real};
use crate::rate::{PriceLevel, RateBasis};
use crate::unit::Unit;
use crate::workbook::draft::SheetDraft;
use crate::workbook::{Distribution, Expr, Quantity, RowRef};

/// A discount rate per year with its basis: exactly one of `value`, `build_up`, `capm`, `wacc`, `return_split`.
///
/// | member | formula |
/// | --- | --- |
/// | `build_up` | r = r_f + Σ premia (风险累加法) |
/// | `capm` | k_e = r_f + β·ERP + size + specific; β = β_u·(1 + (1−τ)·D/E) where an unlevered beta is given |
/// | `wacc` | E/V·k_e + D/V·k_d·(1−τ) |
/// | `return_split` | r_i = (WACC − Σ w_j·r_j) / w_i over the other assets j (回报率拆分) |
/// | `inflation` | converts the rate above from its own price level to that of `basis`: (1 + nominal) = (1 + real)(1 + inflation) |
///
/// ```json
/// {"basis": {"price_level": "nominal", "tax": "post_tax", "timing": "end_of_period"},
///  "build_up": {"risk_free": {"value": 0.04, "evidence": "E1"},
///               "premia": [{"name": "数据安全风险", "premium": {"value": 0.06, "evidence": "E1"}}]}}
/// ```
///
/// A pre-tax rate is never r/(1−τ): see `implied` of the income methods, which solves it from both present values.
///
/// Source: 《数据资产评估指导意见》(中评协〔2023〕17号), discount rate = risk-free rate + risk premium; Sharpe 1964 (CAPM);
/// Modigliani and Miller 1963 (WACC after tax); Hamada 1972 (levered beta); Fisher 1930 (nominal and real).
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct DiscountRate {
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "optional_number")]
    #[schemars(with = "Option<f64>")]
    pub value: Option<Decimal>,
    pub basis: RateBasis,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub evidence: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub assumption: Option<Assumption>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub distribution: Option<Distribution>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub build_up: Option<BuildUp>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub capm: Option<Capm>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub wacc: Option<Wacc>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub return_split: Option<ReturnSplit>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub inflation: Option<Inflation>,
}

/// 风险累加法
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct BuildUp {
    pub risk_free: Given,
    pub premia: Vec<Premium>,
}

/// One risk premium: management, circulation, data security, regulation …
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Premium {
    pub name: String,
    pub premium: Given,
}

/// The capital asset pricing model.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Capm {
    pub risk_free: Given,
    /// Levered beta; or `unlevered_beta` with `debt_to_equity` and `tax_rate`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub beta: Option<Given>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub unlevered_beta: Option<Given>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub debt_to_equity: Option<Given>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tax_rate: Option<Given>,
    pub equity_risk_premium: Given,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub size_premium: Option<Given>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub specific_premium: Option<Given>,
}

/// The weighted average cost of capital after tax; exactly one of `cost_of_equity` and `capm`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Wacc {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cost_of_equity: Option<Given>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub capm: Option<Capm>,
    /// Before tax.
    pub cost_of_debt: Given,
    /// D/V
    pub debt_share: Given,
    pub tax_rate: Given,
}

/// The return of the subject that makes the weighted return of all assets that of the business.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ReturnSplit {
    pub wacc: Given,
    /// Value of the subject, for its weight.
    pub own_value: GivenMoney,
    pub others: Vec<OtherAsset>,
}

/// An asset of the business with its value and the return it earns.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct OtherAsset {
    pub name: String,
    pub value: GivenMoney,
    pub rate: Given,
}

/// Expected inflation, and the price level of the rate before it is converted.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Inflation {
    pub rate: Given,
    pub from: PriceLevel,
}

impl DiscountRate {
    /// Writes the rows of the rate into the block at hand (an `Axis::One` block); the last one is keyed `member`.
    pub(crate) fn write(
        &self,
        desk: &mut Desk,
        sheet: &mut SheetDraft,
        member: &str,
    ) -> Result<RowRef, ValuationError> {
        let key = member.rsplit('.').next().unwrap_or(member);
        let unit = Unit::Rate(self.basis);
        let mut pen = Pen { desk, sheet, member };
        let built = match (&self.value, &self.build_up, &self.capm, &self.wacc, &self.return_split) {
            (Some(value), None, None, None, None) => {
                let id = pen.stated(self, *value)?;
                match self.inflation {
                    None => return Ok(pen.sheet.input(key, unit, id)),
                    Some(_) => pen.sheet.input("rate_before_inflation", Unit::Ratio, id).into(),
                }
            }
            (None, Some(build_up), None, None, None) => pen.build_up(build_up)?,
            (None, None, Some(capm), None, None) => pen.capm("capm", capm)?,
            (None, None, None, Some(wacc), None) => pen.wacc(wacc)?,
            (None, None, None, None, Some(split)) => pen.return_split(split)?,
            _ => {
                let said = "exactly one of `value`, `build_up`, `capm`, `wacc`, `return_split` is expected".to_owned();
                return Err(ValuationError::Malformed { field: desk.field(member), line: None, said });
            }
        };
        let rate = match &self.inflation {
            None => built,
            Some(inflation) => pen.converted(built, inflation, self.basis.price_level)?,
        };
        Ok(sheet.formula(key, unit, rate))
    }
}

/// Writes the parts of a rate.
struct Pen<'p, 'd> {
    desk: &'p mut Desk<'d>,
    sheet: &'p mut SheetDraft,
    member: &'p str,
}

impl Pen<'_, '_> {
    fn stated(&mut self, rate: &DiscountRate, value: Decimal) -> Result<crate::workbook::InputId, ValuationError> {
        self.desk.allowed(self.member, value, Allowed::Rate)?;
        let support = self.desk.support(self.member, &rate.evidence, &rate.assumption)?;
        let quantity = match &rate.distribution {
            None => Quantity::Exact(value),
            Some(d) => Quantity::Uncertain { central: real(value), distribution: d.clone() },
        };
        Ok(self.desk.bind(self.member, quantity, support))
    }

    fn number(&mut self, path: &str, key: &str, given: &Given, allowed: Allowed) -> Result<RowRef, ValuationError> {
        let id = self.desk.given(&format!("{}.{path}", self.member), given, allowed)?;
        Ok(self.sheet.input(key, Unit::Ratio, id))
    }

    fn build_up(&mut self, build_up: &BuildUp) -> Result<Expr, ValuationError> {
        let mut rate =
            Expr::from(self.number("build_up.risk_free", "risk_free_rate", &build_up.risk_free, Allowed::Rate)?);
        for (index, premium) in build_up.premia.iter().enumerate() {
            let path = format!("build_up.premia[{index}].premium");
            let row = self.number(&path, "risk_premium", &premium.premium, Allowed::Rate)?;
            self.sheet.about(&premium.name);
            rate = rate + row.into();
        }
        Ok(rate)
    }

    fn capm(&mut self, at: &str, capm: &Capm) -> Result<Expr, ValuationError> {
        let mut number = |member: &str, key: &str, given: &Given, allowed| {
            self.number(&format!("{at}.{member}"), key, given, allowed)
        };
        let risk_free = number("risk_free", "risk_free_rate", &capm.risk_free, Allowed::Rate)?;
        let beta = match (&capm.beta, &capm.unlevered_beta, &capm.debt_to_equity, &capm.tax_rate) {
            (Some(beta), None, None, None) => number("beta", "beta", beta, Allowed::Any)?,
            (None, Some(beta), Some(debt), Some(tax)) => {
                let beta = number("unlevered_beta", "unlevered_beta", beta, Allowed::Any)?;
                let debt = number("debt_to_equity", "debt_to_equity", debt, Allowed::NotNegative)?;
                let tax = number("tax_rate", "tax_rate_of_beta", tax, Allowed::Share)?;
                let levered = Expr::from(beta) * (Expr::number(1) + (Expr::number(1) - tax.into()) * Expr::from(debt));
                self.sheet.formula("beta", Unit::Ratio, levered)
            }
            _ => {
                let said = "either `beta`, or `unlevered_beta` with `debt_to_equity` and `tax_rate`".to_owned();
                let field = self.desk.field(&format!("{}.{at}", self.member));
                return Err(ValuationError::Malformed { field, line: None, said });
            }
        };
        let mut number =
            |member: &str, given: &Given| self.number(&format!("{at}.{member}"), member, given, Allowed::Rate);
        let premium = number("equity_risk_premium", &capm.equity_risk_premium)?;
        let mut rate = Expr::from(risk_free) + Expr::from(beta) * premium.into();
        if let Some(given) = &capm.size_premium {
            rate = rate + number("size_premium", given)?.into();
        }
        if let Some(given) = &capm.specific_premium {
            rate = rate + number("specific_premium", given)?.into();
        }
        Ok(rate)
    }

    fn wacc(&mut self, wacc: &Wacc) -> Result<Expr, ValuationError> {
        let equity = match (&wacc.cost_of_equity, &wacc.capm) {
            (Some(given), None) => self.number("wacc.cost_of_equity", "cost_of_equity", given, Allowed::Rate)?,
            (None, Some(capm)) => {
                let cost = self.capm("wacc.capm", capm)?;
                self.sheet.formula("cost_of_equity", Unit::Ratio, cost)
            }
            _ => {
                let said = "exactly one of `cost_of_equity` and `capm` is expected".to_owned();
                let field = self.desk.field(&format!("{}.wacc", self.member));
                return Err(ValuationError::Malformed { field, line: None, said });
            }
        };
        let debt = self.number("wacc.cost_of_debt", "cost_of_debt", &wacc.cost_of_debt, Allowed::Rate)?;
        let share = self.number("wacc.debt_share", "debt_share", &wacc.debt_share, Allowed::Share)?;
        let tax = self.number("wacc.tax_rate", "tax_rate_of_debt", &wacc.tax_rate, Allowed::Share)?;
        let one = || Expr::number(1);
        let of_debt = Expr::from(share) * Expr::from(debt) * (one() - tax.into());
        Ok((one() - share.into()) * Expr::from(equity) + of_debt)
    }

    fn return_split(&mut self, split: &ReturnSplit) -> Result<Expr, ValuationError> {
        let money = self.desk.money();
        let wacc = self.number("return_split.wacc", "wacc", &split.wacc, Allowed::Rate)?;
        let id = self.desk.amount(&format!("{}.return_split.own_value", self.member), &split.own_value)?;
        let own = self.sheet.input("own_asset_value", money, id);
        let (mut total, mut returns) = (Expr::from(own), None);
        for (index, other) in split.others.iter().enumerate() {
            let at = format!("return_split.others[{index}]");
            let id = self.desk.amount(&format!("{}.{at}.value", self.member), &other.value)?;
            let value = self.sheet.input("other_asset_value", money, id);
            self.sheet.about(&other.name);
            let rate = self.number(&format!("{at}.rate"), "required_return", &other.rate, Allowed::Rate)?;
            self.sheet.about(&other.name);
            total = total + value.into();
            let part = Expr::from(value) * rate.into();
            returns = Some(returns.map_or(part.clone(), |sum: Expr| sum + part));
        }
        let total = self.sheet.formula("business_value", money, total);
        let earned = Expr::from(wacc) * total.into();
        Ok((earned - returns.unwrap_or(Expr::number(0))) / own.into())
    }

    fn converted(&mut self, rate: Expr, inflation: &Inflation, to: PriceLevel) -> Result<Expr, ValuationError> {
        let row = self.number("inflation.rate", "inflation", &inflation.rate, Allowed::Rate)?;
        let one = || Expr::number(1);
        match (inflation.from, to) {
            (PriceLevel::Nominal, PriceLevel::Real) => Ok((one() + rate) / (one() + row.into()) - one()),
            (PriceLevel::Real, PriceLevel::Nominal) => Ok((one() + rate) * (one() + row.into()) - one()),
            _ => {
                let said = "the price level before inflation is that of the basis already".to_owned();
                let field = self.desk.field(&format!("{}.inflation.from", self.member));
                Err(ValuationError::Malformed { field, line: None, said })
            }
        }
    }
}
