//! Remaining life and decay: what limits the life of a data asset, and how its income wears off with age.

pub mod fit;

use chrono::{Months, NaiveDate};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::desk::{Allowed, Desk};
use crate::error::{Rule, ValuationError};
use crate::evidence::Support;
use crate::given::Given;
use crate::life::fit::{Curve, fitted};
use crate::unit::Unit;
use crate::workbook::draft::SheetDraft;
use crate::workbook::{Expr, Joint, Quantity, RowRef};

/// What limits the remaining life; the shortest limit binds: legal, contractual, technical. The rights of the asset are
/// limits as well, whether repeated here or not.
///
/// Source: 《数据资产评估指导意见》(中评协〔2023〕17号): life is limited by law, contract, update, timeliness, rights and product
/// life cycle.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct RemainingLife {
    /// Last day of legal protection.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub legal_until: Option<NaiveDate>,
    /// Last day of the contract that the income rests on.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub contractual_until: Option<NaiveDate>,
    /// Years until technology or products replace the data.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub technical_years: Option<Given>,
    /// Why the forecast runs beyond a limit, such as an agreed renewal.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
}

impl RemainingLife {
    /// Whether something ends the life.
    pub(crate) fn limited(&self) -> bool {
        self.legal_until.is_some() || self.contractual_until.is_some() || self.technical_years.is_some()
    }

    /// Refuses a forecast that runs beyond a limit without a reason.
    pub(crate) fn check(
        life: Option<&RemainingLife>,
        desk: &Desk,
        years: u32,
        perpetual: bool,
    ) -> Result<(), ValuationError> {
        let end = desk.case.valuation_date.checked_add_months(Months::new(years.saturating_mul(12)));
        let end = end.unwrap_or(NaiveDate::MAX);
        if let Some(given) = life.and_then(|life| life.technical_years.as_ref()) {
            desk.allowed("life.technical_years", given.value, Allowed::Positive)?;
            desk.support("life.technical_years", &given.evidence, &given.assumption)?;
        }
        if life.is_some_and(|life| life.reason.as_ref().is_some_and(|reason| !reason.trim().is_empty())) {
            return Ok(());
        }
        let beyond = |limit: String| {
            Err(ValuationError::refused(Rule::LifeBeyondRight, desk.field("years"), &years.to_string(), &limit))
        };
        let rights = &desk.case.asset.legal.rights;
        let last = rights.iter().map(|right| right.until).try_fold(None, |last: Option<NaiveDate>, until| {
            until.map(|until| Some(last.map_or(until, |last| last.max(until))))
        });
        if let Some(Some(until)) = last.filter(|last| last.is_some_and(|until| perpetual || until < end)) {
            return beyond(until.to_string());
        }
        let Some(life) = life else { return Ok(()) };
        for until in [life.legal_until, life.contractual_until].into_iter().flatten() {
            if until < end {
                return beyond(until.to_string());
            }
        }
        match &life.technical_years {
            Some(technical) if technical.value < years.into() => beyond(technical.value.to_string()),
            _ => Ok(()),
        }
    }
}

/// How the income wears off: a stated curve, or one fitted to evidence. `age` is the asset's age at the valuation date: what
/// survives is s(age + t)/s(age).
///
/// | curve | s(t) | parameters |
/// | --- | --- | --- |
/// | `linear` | max(0, 1 − t/L) | `life` L |
/// | `exponential` | e^(−λt) | `rate` λ, or `half_life` = ln 2/λ |
/// | `weibull` | exp(−(t/η)^β) | `scale` η, `shape` β |
/// | `fitted` | one of the above | `curve`, and `observations` with `age` and `share` that remained |
///
/// Mid-period discounting is paired with survival in the middle of the period. A fitted curve is drawn with the covariance
/// of its parameters.
///
/// Source: Weibull 1951; IVS 210 (attrition).
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Decay {
    /// Age in years at the valuation date; 0 where absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub age: Option<Given>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub linear: Option<Linear>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub exponential: Option<Exponential>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub weibull: Option<Weibull>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub fitted: Option<Fitted>,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Linear {
    pub life: Given,
}

/// One of `rate` and `half_life`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Exponential {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rate: Option<Given>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub half_life: Option<Given>,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Weibull {
    pub scale: Given,
    pub shape: Given,
}

/// A curve fitted by least squares to shares that remained at given ages.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Fitted {
    pub curve: Curve,
    pub observations: Vec<Observation>,
    /// The id of an evidence of the case.
    pub evidence: String,
}

/// The share of income (or of use, or of records still valid) that remained at an age.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Observation {
    /// Years.
    pub age: f64,
    pub share: f64,
}

/// The rows of a curve's parameters.
pub(crate) struct DecayRows {
    curve: Curve,
    parameters: Vec<RowRef>,
    age: Option<RowRef>,
}

impl Decay {
    /// Writes the parameters into the block at hand (an `Axis::One` block).
    pub(crate) fn scalars(&self, desk: &mut Desk, sheet: &mut SheetDraft) -> Result<DecayRows, ValuationError> {
        let mut number = |member: &str, key: &str, unit: Unit, given: &Given| {
            let id = desk.given(&format!("decay.{member}"), given, Allowed::Positive)?;
            Ok::<RowRef, ValuationError>(sheet.input(key, unit, id))
        };
        let (curve, parameters) = match (&self.linear, &self.exponential, &self.weibull, &self.fitted) {
            (Some(linear), None, None, None) => {
                (Curve::Linear, vec![number("linear.life", "decay_life", Unit::Years, &linear.life)?])
            }
            (None, Some(Exponential { rate: Some(rate), half_life: None }), None, None) => {
                (Curve::Exponential, vec![number("exponential.rate", "decay_rate", Unit::Ratio, rate)?])
            }
            (None, Some(Exponential { rate: None, half_life: Some(half) }), None, None) => {
                let half = number("exponential.half_life", "half_life", Unit::Years, half)?;
                let rate = Expr::number(2).ln() / half.into();
                (Curve::Exponential, vec![sheet.formula("decay_rate", Unit::Ratio, rate)])
            }
            (None, None, Some(weibull), None) => {
                let scale = number("weibull.scale", "decay_scale", Unit::Years, &weibull.scale)?;
                (Curve::Weibull, vec![scale, number("weibull.shape", "decay_shape", Unit::Ratio, &weibull.shape)?])
            }
            (None, None, None, Some(fitted)) => (fitted.curve, fitted.bind(desk, sheet)?),
            _ => {
                let said = "exactly one curve with its parameters is expected".to_owned();
                return Err(ValuationError::Malformed { field: desk.field("decay"), line: None, said });
            }
        };
        let age = match &self.age {
            Some(given) => {
                let id = desk.given("decay.age", given, Allowed::NotNegative)?;
                Some(sheet.input("decay_age", Unit::Years, id))
            }
            None => None,
        };
        Ok(DecayRows { curve, parameters, age })
    }
}

impl Fitted {
    /// Fits the curve and binds its parameters with their covariance.
    fn bind(&self, desk: &mut Desk, sheet: &mut SheetDraft) -> Result<Vec<RowRef>, ValuationError> {
        let member = "decay.fitted";
        let evidence = Some(self.evidence.clone());
        let support: Support = desk.support(member, &evidence, &None)?;
        let Some(fit) = fitted(self.curve, &self.observations) else {
            let said = "the curve cannot be fitted to these observations".to_owned();
            return Err(ValuationError::Malformed { field: desk.field(member), line: None, said });
        };
        let keys: &[(&str, Unit)] = match self.curve {
            Curve::Linear => &[("decay_life", Unit::Years)],
            Curve::Exponential => &[("decay_rate", Unit::Ratio)],
            Curve::Weibull => &[("decay_scale", Unit::Years), ("decay_shape", Unit::Ratio)],
        };
        let (mut ids, mut rows) = (Vec::new(), Vec::new());
        for ((key, unit), value) in keys.iter().zip(&fit.parameters) {
            let id = desk.bind(&format!("{member}.{key}"), Quantity::Real(*value), support.clone());
            rows.push(sheet.input(key, *unit, id.clone()));
            ids.push(id);
        }
        desk.bindings.joints.push(Joint::Normal { ids, mean: fit.parameters, covariance: fit.covariance });
        Ok(rows)
    }
}

impl DecayRows {
    /// What survives at `time` years after the valuation date, of what there is at that date.
    pub fn survival(&self, time: RowRef) -> Expr {
        match self.age {
            None => self.at(time.into()),
            Some(age) => self.at(Expr::from(age) + time.into()) / self.at(age.into()),
        }
    }

    fn at(&self, time: Expr) -> Expr {
        let first = self.parameters.first().map_or(Expr::number(1), |row| Expr::from(*row));
        match self.curve {
            Curve::Linear => (Expr::number(1) - time / first).max(Expr::number(0)),
            Curve::Exponential => (-(first * time)).exp(),
            Curve::Weibull => {
                let shape = self.parameters.get(1).map_or(Expr::number(1), |row| Expr::from(*row));
                (-(time / first).pow(shape)).exp()
            }
        }
    }
}
