//! What a fitted hedonic price model gives a valuation: how each regressor is computed from the attributes of a data
//! asset, the coefficients, and their covariance, so that they are drawn jointly.

use std::collections::BTreeMap;

use chrono::NaiveDate;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use thiserror::Error;

use crate::fault::{Fault, Place};
use crate::money::{Currency, exact_decimal};
use crate::unit::PriceUnit;
use crate::workbook::Expr;

/// One attribute of a data asset. JSON: a number or a text.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(untagged)]
pub enum Attribute {
    Number(f64),
    Text(String),
}

/// The attributes of one data asset by name.
pub type Attributes = BTreeMap<String, Attribute>;

/// The coefficient of the market comparison that a difference in a regressor belongs to.
///
/// Source: 《数据资产评估指导意见》(中评协〔2023〕17号), market approach: quality, supply and demand, date, capacity, other.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum AdjustmentGroup {
    /// 质量系数
    Quality,
    /// 供求系数
    SupplyDemand,
    /// 期日系数
    Date,
    /// 容量系数
    Capacity,
    /// 其他系数
    #[default]
    Other,
}

impl AdjustmentGroup {
    /// Every group, in the order of the guidance.
    pub const ALL: [AdjustmentGroup; 5] = [
        AdjustmentGroup::Quality,
        AdjustmentGroup::SupplyDemand,
        AdjustmentGroup::Date,
        AdjustmentGroup::Capacity,
        AdjustmentGroup::Other,
    ];

    /// The key of its word.
    pub fn word(self) -> &'static str {
        match self {
            AdjustmentGroup::Quality => "adjustment.quality",
            AdjustmentGroup::SupplyDemand => "adjustment.supply_demand",
            AdjustmentGroup::Date => "adjustment.date",
            AdjustmentGroup::Capacity => "adjustment.capacity",
            AdjustmentGroup::Other => "adjustment.other",
        }
    }
}

/// A number computed from numeric attributes: what stands under `log(…)`, `I(…)` or alone in a formula.
/// `sqrt(x)` is the power 0.5 and `log1p(x)` is `ln(1 + x)`, so that a sheet computes the same bits.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Measure {
    Attribute(String),
    Number(f64),
    Negative(Box<Measure>),
    Sum(Box<Measure>, Box<Measure>),
    Difference(Box<Measure>, Box<Measure>),
    Product(Box<Measure>, Box<Measure>),
    Quotient(Box<Measure>, Box<Measure>),
    Power(Box<Measure>, Box<Measure>),
    /// Natural logarithm.
    Log(Box<Measure>),
    Exp(Box<Measure>),
}

impl Measure {
    /// The number for one asset, where `attribute` looks a numeric attribute up. Not finite where the arithmetic is not
    /// defined (the logarithm of a negative number).
    ///
    /// Errors: whatever `attribute` returns.
    pub fn evaluate<E>(&self, attribute: &dyn Fn(&str) -> Result<f64, E>) -> Result<f64, E> {
        Ok(match self {
            Measure::Attribute(name) => attribute(name)?,
            Measure::Number(value) => *value,
            Measure::Negative(a) => -a.evaluate(attribute)?,
            Measure::Sum(a, b) => a.evaluate(attribute)? + b.evaluate(attribute)?,
            Measure::Difference(a, b) => a.evaluate(attribute)? - b.evaluate(attribute)?,
            Measure::Product(a, b) => a.evaluate(attribute)? * b.evaluate(attribute)?,
            Measure::Quotient(a, b) => a.evaluate(attribute)? / b.evaluate(attribute)?,
            Measure::Power(a, b) => libm::pow(a.evaluate(attribute)?, b.evaluate(attribute)?),
            Measure::Log(a) => libm::log(a.evaluate(attribute)?),
            Measure::Exp(a) => libm::exp(a.evaluate(attribute)?),
        })
    }

    /// The same arithmetic as a formula of a sheet, where `attribute` gives the row of each attribute; `None` where a
    /// constant has no exact decimal.
    pub fn formula(&self, attribute: &dyn Fn(&str) -> Option<Expr>) -> Option<Expr> {
        Some(match self {
            Measure::Attribute(name) => attribute(name)?,
            Measure::Number(value) => Expr::Number(exact_decimal(*value)?),
            Measure::Negative(a) => -a.formula(attribute)?,
            Measure::Sum(a, b) => a.formula(attribute)? + b.formula(attribute)?,
            Measure::Difference(a, b) => a.formula(attribute)? - b.formula(attribute)?,
            Measure::Product(a, b) => a.formula(attribute)? * b.formula(attribute)?,
            Measure::Quotient(a, b) => a.formula(attribute)? / b.formula(attribute)?,
            Measure::Power(a, b) => a.formula(attribute)?.pow(b.formula(attribute)?),
            Measure::Log(a) => a.formula(attribute)?.ln(),
            Measure::Exp(a) => a.formula(attribute)?.exp(),
        })
    }

    /// The attributes it reads, in the order written, each once.
    pub fn attributes(&self) -> Vec<&str> {
        let mut names = Vec::new();
        self.collect(&mut names);
        names
    }

    fn collect<'a>(&'a self, names: &mut Vec<&'a str>) {
        match self {
            Measure::Attribute(name) if !names.contains(&name.as_str()) => names.push(name),
            Measure::Attribute(_) | Measure::Number(_) => {}
            Measure::Negative(a) | Measure::Log(a) | Measure::Exp(a) => a.collect(names),
            Measure::Sum(a, b)
            | Measure::Difference(a, b)
            | Measure::Product(a, b)
            | Measure::Quotient(a, b)
            | Measure::Power(a, b) => {
                a.collect(names);
                b.collect(names);
            }
        }
    }
}

/// One factor of a regressor.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Factor {
    /// A number computed from numeric attributes.
    Value(Measure),
    /// 1 where the attribute has this level, else 0.
    Level { attribute: String, level: String },
}

/// One regressor of the model: the product of its factors; without factors it is the intercept.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ModelTerm {
    /// Its name in the coefficient table, such as `log(records)` or `category::finance`.
    pub name: String,
    /// The coefficient of the market comparison its differences belong to.
    pub group: AdjustmentGroup,
    pub factors: Vec<Factor>,
}

/// How the fitted number becomes a price.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Response {
    /// The model explains the price: `E[price] = x′b`.
    Price,
    /// The model explains its logarithm: `exp(x′b)` is the conditional median, times the smearing factor the mean.
    LogPrice,
}

/// A fitted hedonic price model as evidence of a valuation.
///
/// | member | meaning | range |
/// | --- | --- | --- |
/// | `model_id` | content hash of the model card | `sha256:…` |
/// | `terms`, `coefficients` | regressors and their coefficients, in one order | |
/// | `covariance` | of the coefficients, symmetric; drawn jointly as a normal | |
/// | `residual_sd`, `residual_df` | of one price around the model, on the scale of the response | ≥ 0, > 0 |
/// | `smearing` | Duan's factor from median to mean; 1 for [`Response::Price`] | > 0 |
/// | `levels` | known levels of each categorical attribute; another level cannot be priced | |
/// | `cut_off` | last day whose prices were used; not later than the valuation date | |
///
/// Source: Duan 1983, “Smearing estimate”, JASA 78 (383); Rosen 1974 for the hedonic function.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct PriceModel {
    pub model_id: String,
    pub formula: String,
    pub response: Response,
    pub terms: Vec<ModelTerm>,
    pub coefficients: Vec<f64>,
    pub covariance: Vec<Vec<f64>>,
    pub residual_sd: f64,
    pub residual_df: f64,
    pub smearing: f64,
    pub levels: BTreeMap<String, Vec<String>>,
    /// Prices the model was fitted on.
    pub n: u64,
    pub cut_off: NaiveDate,
    pub currency: Currency,
    /// `None` where the price unit is itself a regressor.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub price_unit: Option<PriceUnit>,
}

impl PriceModel {
    /// Whether lengths agree and every number is finite.
    ///
    /// Errors: [`PriceModelError::Malformed`] naming the member.
    pub fn check(&self) -> Result<(), PriceModelError> {
        let malformed = |member: &'static str| Err(PriceModelError::Malformed { member });
        let count = self.terms.len();
        if self.coefficients.len() != count || self.coefficients.iter().any(|b| !b.is_finite()) {
            return malformed("coefficients");
        }
        let square = self.covariance.len() == count && self.covariance.iter().all(|row| row.len() == count);
        if !square || self.covariance.iter().flatten().any(|v| !v.is_finite()) {
            return malformed("covariance");
        }
        if !(self.residual_sd.is_finite() && self.residual_sd >= 0.0) {
            return malformed("residual_sd");
        }
        if self.residual_df.is_nan() || self.residual_df <= 0.0 {
            return malformed("residual_df");
        }
        if !(self.smearing.is_finite() && self.smearing > 0.0) {
            return malformed("smearing");
        }
        Ok(())
    }

    /// The attributes the model reads, in the order of its terms, each once.
    pub fn attributes(&self) -> Vec<&str> {
        let mut names: Vec<&str> = Vec::new();
        for factor in self.terms.iter().flat_map(|term| &term.factors) {
            let read = match factor {
                Factor::Value(measure) => measure.attributes(),
                Factor::Level { attribute, .. } => vec![attribute.as_str()],
            };
            for name in read {
                if !names.contains(&name) {
                    names.push(name);
                }
            }
        }
        names
    }

    /// The regressors of one asset, in the order of `terms`.
    ///
    /// Errors: an attribute that is missing, is not a number, has an unknown level, or makes a regressor undefined.
    pub fn design_row(&self, attributes: &Attributes) -> Result<Vec<f64>, PriceModelError> {
        self.check()?;
        self.terms.iter().map(|term| self.regressor(term, attributes)).collect()
    }

    /// `x′b` for one row of regressors, summed in the written order.
    pub fn linear(&self, row: &[f64]) -> f64 {
        row.iter().zip(&self.coefficients).fold(0.0, |sum, (x, b)| sum + x * b)
    }

    /// `x′Vx`, the variance of `x′b` from the estimation of the coefficients; never negative.
    pub fn variance(&self, row: &[f64]) -> f64 {
        let total = self
            .covariance
            .iter()
            .zip(row)
            .fold(0.0, |sum, (line, x)| sum + x * line.iter().zip(row).fold(0.0, |inner, (v, z)| inner + v * z));
        total.max(0.0)
    }

    /// The price for a number on the scale of the response: the conditional median of a log model.
    pub fn price(&self, response: f64) -> f64 {
        match self.response {
            Response::Price => response,
            Response::LogPrice => libm::exp(response),
        }
    }

    fn regressor(&self, term: &ModelTerm, attributes: &Attributes) -> Result<f64, PriceModelError> {
        let mut product = 1.0;
        for factor in &term.factors {
            product *= match factor {
                Factor::Value(measure) => measure.evaluate(&|name| number(attributes, name))?,
                Factor::Level { attribute, level } => self.indicator(attributes, attribute, level)?,
            };
        }
        if product.is_finite() { Ok(product) } else { Err(PriceModelError::Undefined { term: term.name.clone() }) }
    }

    fn indicator(&self, attributes: &Attributes, name: &str, level: &str) -> Result<f64, PriceModelError> {
        let found = match attributes.get(name) {
            None => return Err(PriceModelError::Missing { attribute: name.to_owned() }),
            Some(Attribute::Text(text)) => text.clone(),
            Some(Attribute::Number(number)) => number.to_string(),
        };
        match self.levels.get(name) {
            Some(known) if !known.contains(&found) => {
                Err(PriceModelError::UnknownLevel { attribute: name.to_owned(), level: found, known: known.join(", ") })
            }
            _ => Ok(if found == level { 1.0 } else { 0.0 }),
        }
    }
}

fn number(attributes: &Attributes, name: &str) -> Result<f64, PriceModelError> {
    match attributes.get(name) {
        Some(Attribute::Number(value)) if value.is_finite() => Ok(*value),
        Some(_) => Err(PriceModelError::NotNumber { attribute: name.to_owned() }),
        None => Err(PriceModelError::Missing { attribute: name.to_owned() }),
    }
}

/// Why a model cannot price an asset.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum PriceModelError {
    #[error("the price model's {member} is malformed")]
    Malformed { member: &'static str },
    #[error("the price model needs the attribute `{attribute}`")]
    Missing { attribute: String },
    #[error("the attribute `{attribute}` is not a finite number")]
    NotNumber { attribute: String },
    #[error("the price model has seen no `{level}` among the levels of `{attribute}`: {known}")]
    UnknownLevel { attribute: String, level: String, known: String },
    #[error("the regressor `{term}` is not defined for these attributes")]
    Undefined { term: String },
}

impl Fault for PriceModelError {
    fn code(&self) -> &'static str {
        match self {
            PriceModelError::Malformed { .. } => "price_model_malformed",
            PriceModelError::Missing { .. } => "attribute_missing",
            PriceModelError::NotNumber { .. } => "attribute_not_number",
            PriceModelError::UnknownLevel { .. } => "attribute_level_unknown",
            PriceModelError::Undefined { .. } => "regressor_undefined",
        }
    }

    fn place(&self) -> Place {
        let field = match self {
            PriceModelError::Malformed { member } => (*member).to_owned(),
            PriceModelError::Undefined { term } => term.clone(),
            PriceModelError::Missing { attribute }
            | PriceModelError::NotNumber { attribute }
            | PriceModelError::UnknownLevel { attribute, .. } => attribute.clone(),
        };
        Place { field: Some(field), ..Place::default() }
    }

    fn places(&self) -> Vec<(&'static str, String)> {
        match self {
            PriceModelError::Malformed { member } => vec![("member", (*member).to_owned())],
            PriceModelError::Missing { attribute } | PriceModelError::NotNumber { attribute } => {
                vec![("attribute", attribute.clone())]
            }
            PriceModelError::UnknownLevel { attribute, level, known } => {
                vec![("attribute", attribute.clone()), ("level", level.clone()), ("known", known.clone())]
            }
            PriceModelError::Undefined { term } => vec![("term", term.clone())],
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn model() -> PriceModel {
        let log_records = Measure::Log(Box::new(Measure::Attribute("records".into())));
        let level = Factor::Level { attribute: "category".into(), level: "finance".into() };
        let term = |name: &str, group, factors| ModelTerm { name: name.into(), group, factors };
        PriceModel {
            model_id: "sha256:0".into(),
            formula: "log(price) ~ log(records) + i(category) + i(category):log(records)".into(),
            response: Response::LogPrice,
            terms: vec![
                term("(Intercept)", AdjustmentGroup::Other, vec![]),
                term("log(records)", AdjustmentGroup::Capacity, vec![Factor::Value(log_records.clone())]),
                term("category::finance", AdjustmentGroup::Other, vec![level.clone()]),
                term(
                    "category::finance:log(records)",
                    AdjustmentGroup::Capacity,
                    vec![level, Factor::Value(log_records)],
                ),
            ],
            coefficients: vec![1.0, 0.5, 0.1 + 0.2, -0.25],
            covariance: (0..4)
                .map(|i| (0..4).map(|j| if i == j { 0.01 } else { 1.0 / 3.0 / 100.0 }).collect())
                .collect(),
            residual_sd: 0.4,
            residual_df: 100.0,
            smearing: 1.08,
            levels: BTreeMap::from([("category".to_owned(), vec!["finance".to_owned(), "weather".to_owned()])]),
            n: 104,
            cut_off: NaiveDate::from_ymd_opt(2026, 6, 30).unwrap(),
            currency: Currency::CNY,
            price_unit: Some(PriceUnit::Call),
        }
    }

    fn asset(records: f64, category: &str) -> Attributes {
        BTreeMap::from([
            ("records".to_owned(), Attribute::Number(records)),
            ("category".to_owned(), Attribute::Text(category.to_owned())),
        ])
    }

    #[test]
    fn a_design_row_is_computed_from_attributes() {
        let row = model().design_row(&asset(std::f64::consts::E.powi(2), "finance")).unwrap();
        assert!(row.iter().zip([1.0, 2.0, 1.0, 2.0]).all(|(a, b)| (a - b).abs() < 1e-12));
        assert_eq!(model().design_row(&asset(1.0, "weather")).unwrap(), vec![1.0, 0.0, 0.0, 0.0]);
        assert_eq!(model().attributes(), ["records", "category"]);
    }

    #[test]
    fn what_cannot_be_priced_is_named() {
        let missing = model().design_row(&BTreeMap::new()).unwrap_err();
        assert_eq!(missing, PriceModelError::Missing { attribute: "records".into() });
        assert_eq!(model().design_row(&asset(10.0, "sport")).unwrap_err().code(), "attribute_level_unknown");
        assert_eq!(model().design_row(&asset(-1.0, "finance")).unwrap_err().code(), "regressor_undefined");
        let mut broken = model();
        broken.coefficients.pop();
        assert_eq!(broken.check(), Err(PriceModelError::Malformed { member: "coefficients" }));
    }

    #[test]
    fn the_file_form_keeps_every_bit() {
        let text = serde_json::to_string(&model()).unwrap();
        assert_eq!(serde_json::from_str::<PriceModel>(&text).unwrap(), model());
    }
}
