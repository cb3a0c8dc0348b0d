//! Market comparison of the whole asset from one grid of comparables, adjusted by stated coefficients or by a price model.

use chrono::NaiveDate;
use rust_decimal::Decimal;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::asset::Attributes;
use crate::desk::{Allowed, Desk};
use crate::error::ValuationError;
use crate::evidence::Support;
use crate::given::{Given, GivenMoney, real};
use crate::market::comparable::{Comparable, adjustment_row};
use crate::market::component::{Grid, money_row, not_empty, number_row, whole};
use crate::market::price_model::{AdjustmentGroup, PriceModel, PriceModelError, Response};
use crate::unit::Unit;
use crate::workbook::draft::SheetDraft;
use crate::workbook::{Arithmetic, Axis, Distribution, Expr, Joint, Quantity, RowRef, Run};

const GUIDANCE: &str = "《数据资产评估指导意见》(中评协〔2023〕17号)";

/// The weighted mean of adjusted comparables. The adjustments are stated, or they follow from a price model:
/// `X_g = exp(Σ_{k in g} b_k·(x_subject,k − x_comparable,k))`, with the coefficients b drawn jointly from their covariance and
/// the subject's own deviation drawn from the model's residual.
///
/// | member | meaning |
/// | --- | --- |
/// | `comparables` | stated adjustments: a grid as in `market_components` |
/// | `by_model` | a price model of the register, and comparables with their attributes |
///
/// Exactly one of the two is given. Errors: weights that do not add up to 1, a trade or a model later than the valuation date,
/// an attribute the model needs and the asset lacks, mixed currencies.
///
/// Source: 《数据资产评估指导意见》(中评协〔2023〕17号), appendix, market approach with one data set; Rosen 1974 for the
/// hedonic coefficients.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct MarketComparison {
    /// Distinguishes two uses of the method in one case.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub comparables: Option<Vec<Comparable>>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub by_model: Option<ByModel>,
}

/// Comparables adjusted by a price model.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ByModel {
    /// The id of a price model of the register; it must explain the logarithm of the price.
    pub model: String,
    /// The subject as the model sees it; absent where the attributes of the asset serve.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub subject: Option<Attributes>,
    pub comparables: Vec<ModelComparable>,
}

/// A comparable that the model adjusts.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ModelComparable {
    pub name: String,
    pub price: GivenMoney,
    /// Not later than the valuation date.
    pub traded_on: NaiveDate,
    /// Weight among the comparables; the weights add up to 1.
    pub weight: Given,
    pub attributes: Attributes,
}

impl MarketComparison {
    /// Writes the sheet and returns the address of the value.
    ///
    /// Source: 《数据资产评估指导意见》(中评协〔2023〕17号), appendix, market approach.
    pub(crate) fn write(&self, desk: &mut Desk) -> Result<RowRef, ValuationError> {
        let money = desk.money();
        let mut sheet = SheetDraft::begin(&desk.workbook, &desk.name, None, Arithmetic::Model);
        let value = match (&self.comparables, &self.by_model) {
            (Some(comparables), None) => {
                let grid = Grid { member: String::new(), subject: None }.write(desk, &mut sheet, comparables)?;
                sheet.block(Axis::One, Run::Forward);
                sheet.formula("value", money, Expr::dot(grid.weight, grid.adjusted))
            }
            (None, Some(by_model)) => by_model.write(desk, &mut sheet)?,
            _ => {
                let said = "exactly one of `comparables` and `by_model` is expected".to_owned();
                return Err(ValuationError::Malformed { field: desk.field("comparables"), line: None, said });
            }
        };
        sheet.cite(GUIDANCE);
        sheet.finish(&mut desk.workbook);
        Ok(value)
    }
}

impl ByModel {
    fn write(&self, desk: &mut Desk, sheet: &mut SheetDraft) -> Result<RowRef, ValuationError> {
        let model = self.model(desk)?;
        not_empty(desk, "by_model.comparables", self.comparables.len())?;
        let differences = self.differences(desk, model)?;
        let support = Support::Evidence(self.model.clone());
        // A term in which no comparable differs from the subject moves nothing; it is left out of the sheet.
        let terms: Vec<usize> =
            (0..model.terms.len()).filter(|k| differences.iter().any(|row| row[*k] != 0.0)).collect();

        sheet.block(Axis::One, Run::Forward);
        let coefficients = self.coefficients(desk, sheet, model, &terms, &support);
        let money = desk.money();
        let names = self.comparables.iter().map(|comparable| comparable.name.clone()).collect();
        sheet.block(Axis::Items(names), Run::Forward);
        let list = "by_model.comparables";
        let prices: Vec<&GivenMoney> = self.comparables.iter().map(|comparable| &comparable.price).collect();
        let price = money_row(desk, sheet, list, "price", &prices)?;
        let mut log_adjustments: Vec<(AdjustmentGroup, Option<Expr>)> =
            AdjustmentGroup::ALL.iter().map(|group| (*group, None)).collect();
        for (position, k) in terms.iter().enumerate() {
            let term = &model.terms[*k];
            let column: Vec<f64> = differences.iter().map(|row| row[*k]).collect();
            let id = desk.bind(&format!("difference.{}", term.name), Quantity::RealSeries(column), support.clone());
            let difference = sheet.input("attribute_difference", Unit::Ratio, id);
            sheet.about(&term.name);
            let part = Expr::from(coefficients[position]) * Expr::from(difference);
            for (group, sum) in log_adjustments.iter_mut().filter(|(group, _)| *group == term.group) {
                debug_assert_eq!(*group, term.group);
                *sum = Some(match sum.take() {
                    None => part.clone(),
                    Some(sum) => sum + part.clone(),
                });
            }
        }
        let mut product = Expr::from(price);
        for (group, sum) in log_adjustments {
            let factor = sum.map_or(Expr::number(1), Expr::exp);
            let row = sheet.formula(adjustment_row(group), Unit::Ratio, factor);
            product = product * Expr::from(row);
        }
        let adjusted = sheet.formula("adjusted_price", money, product);
        let weights: Vec<&Given> = self.comparables.iter().map(|comparable| &comparable.weight).collect();
        whole(desk, list, weights.iter().map(|weight| weight.value).sum())?;
        let weight = number_row(desk, sheet, list, "weight", &weights, Allowed::Share)?;

        sheet.block(Axis::One, Run::Forward);
        let mean = sheet.formula("adjusted_mean", money, Expr::dot(weight, adjusted));
        let deviation = self.residual(desk, model, support);
        let deviation = sheet.input("subject_deviation", Unit::Ratio, deviation);
        Ok(sheet.formula("value", money, Expr::from(mean) * Expr::from(deviation).exp()))
    }

    /// The model, once it is known to be usable at the valuation date.
    fn model<'a>(&self, desk: &Desk<'a>) -> Result<&'a PriceModel, ValuationError> {
        let field = desk.field("by_model.model");
        let unknown = || ValuationError::UnknownModel { field: field.clone(), id: self.model.clone() };
        let model = desk.models.get(&self.model).ok_or_else(unknown)?;
        desk.known_by_then(&field, model.cut_off)?;
        desk.same_currency("by_model.model", model.currency)?;
        model.check().map_err(|error| ValuationError::PriceModel { field: field.clone(), error })?;
        if model.response != Response::LogPrice {
            let error = PriceModelError::Malformed { member: "response" };
            return Err(ValuationError::PriceModel { field, error });
        }
        Ok(model)
    }

    /// `x_subject − x_comparable` for every comparable and term.
    fn differences(&self, desk: &Desk, model: &PriceModel) -> Result<Vec<Vec<f64>>, ValuationError> {
        let attributes = self.subject.as_ref().unwrap_or(&desk.case.asset.attributes);
        let subject = model
            .design_row(attributes)
            .map_err(|error| ValuationError::PriceModel { field: desk.field("by_model.subject"), error })?;
        let mut rows = Vec::with_capacity(self.comparables.len());
        for (index, comparable) in self.comparables.iter().enumerate() {
            let field = desk.field(&format!("by_model.comparables[{index}]"));
            desk.known_by_then(&format!("{field}.traded_on"), comparable.traded_on)?;
            let row = model
                .design_row(&comparable.attributes)
                .map_err(|error| ValuationError::PriceModel { field: format!("{field}.attributes"), error })?;
            rows.push(subject.iter().zip(&row).map(|(subject, other)| subject - other).collect());
        }
        Ok(rows)
    }

    /// Writes the coefficient rows and binds them as one joint normal.
    fn coefficients(
        &self,
        desk: &mut Desk,
        sheet: &mut SheetDraft,
        model: &PriceModel,
        terms: &[usize],
        support: &Support,
    ) -> Vec<RowRef> {
        let mut ids = Vec::new();
        let mut rows = Vec::new();
        for k in terms {
            let term = &model.terms[*k];
            let quantity = Quantity::Real(model.coefficients[*k]);
            let id = desk.bind(&format!("coefficient.{}", term.name), quantity, support.clone());
            rows.push(sheet.input("coefficient", Unit::Ratio, id.clone()));
            sheet.about(&term.name);
            ids.push(id);
        }
        if !ids.is_empty() {
            let mean = terms.iter().map(|k| model.coefficients[*k]).collect();
            let line = |k: &usize| terms.iter().map(|j| model.covariance[*k][*j]).collect();
            desk.bindings.joints.push(Joint::Normal { ids, mean, covariance: terms.iter().map(line).collect() });
        }
        rows
    }

    /// The subject's own deviation from the mean of its comparables: residuals of subject and comparables are independent, so
    /// its variance is `s²·(1 + Σ w²)`. Its centre is 0: the value is a median.
    fn residual(&self, desk: &mut Desk, model: &PriceModel, support: Support) -> crate::workbook::InputId {
        let squares = self.comparables.iter().fold(0.0, |sum, c| sum + real(c.weight.value) * real(c.weight.value));
        let sd = model.residual_sd * libm::sqrt(1.0 + squares);
        if sd <= 0.0 {
            return desk.bind("subject_deviation", Quantity::Exact(Decimal::ZERO), support);
        }
        let distribution = Distribution::Normal { mean: 0.0, sd };
        desk.bind("subject_deviation", Quantity::Uncertain { central: 0.0, distribution }, support)
    }
}
