//! Replacement cost with a value-adjustment coefficient.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::desk::{Allowed, Desk};
use crate::error::ValuationError;
use crate::given::{Given, GivenMoney};
use crate::unit::Unit;
use crate::workbook::draft::SheetDraft;
use crate::workbook::{Arithmetic, Axis, Expr, RowRef, Run};

const GUIDANCE: &str = "《数据资产评估指导意见》(中评协〔2023〕17号)";

/// `P = C × δ`: the replacement cost C is the sum of the cost lines, δ adjusts it for what the data are really like.
///
/// | member | meaning | range |
/// | --- | --- | --- |
/// | `lines` | cost at the valuation date, by class | each ≥ 0 |
/// | `adjustment` | value-adjustment coefficient δ (价值调整系数); may exceed 1 | > 0 |
///
/// Errors: an empty list, mixed currencies, negative amounts, numbers without evidence or assumption.
///
/// Source: 《数据资产评估指导意见》(中评协〔2023〕17号), appendix, cost approach: P = C × δ.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ReplacementCost {
    /// Distinguishes two uses of the method in one case.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    pub lines: Vec<CostLine>,
    pub adjustment: Given,
}

/// One line of cost.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct CostLine {
    pub name: String,
    pub class: CostClass,
    pub cost: GivenMoney,
}

/// The guidance's parts of replacement cost.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum CostClass {
    /// 前期费用
    Preliminary,
    /// 直接成本
    Direct,
    /// 间接成本
    Indirect,
    /// 机会成本; for appraisal only, it never reaches the books.
    Opportunity,
    /// 相关税费
    Tax,
}

impl CostClass {
    fn row(self) -> &'static str {
        match self {
            CostClass::Preliminary => "preliminary_cost",
            CostClass::Direct => "direct_cost",
            CostClass::Indirect => "indirect_cost",
            CostClass::Opportunity => "opportunity_cost",
            CostClass::Tax => "related_tax",
        }
    }
}

impl ReplacementCost {
    /// Writes the sheet and returns the address of the value.
    ///
    /// Source: 《数据资产评估指导意见》(中评协〔2023〕17号), appendix: P = C × δ.
    pub(crate) fn write(&self, desk: &mut Desk) -> Result<RowRef, ValuationError> {
        if self.lines.is_empty() {
            return Err(ValuationError::Missing { field: desk.field("lines"), line: None, name: "lines".to_owned() });
        }
        let money = desk.money();
        let mut sheet = SheetDraft::begin(&desk.workbook, &desk.name, None, Arithmetic::Model);
        sheet.block(Axis::One, Run::Forward);
        let mut total = Vec::new();
        for (index, line) in self.lines.iter().enumerate() {
            let id = desk.amount(&format!("lines[{index}].cost"), &line.cost)?;
            let row = sheet.input(line.class.row(), money, id);
            sheet.about(&line.name);
            total.push(Expr::from(row));
        }
        let sum = total.into_iter().reduce(|sum, line| sum + line).unwrap_or(Expr::number(0));
        let cost = sheet.formula("replacement_cost", money, sum);
        let adjustment = desk.given("adjustment", &self.adjustment, Allowed::Positive)?;
        let adjustment = sheet.input("adjustment", Unit::Ratio, adjustment);
        let value = sheet.formula("value", money, Expr::from(cost) * Expr::from(adjustment));
        sheet.cite(GUIDANCE);
        sheet.finish(&mut desk.workbook);
        Ok(value)
    }
}
