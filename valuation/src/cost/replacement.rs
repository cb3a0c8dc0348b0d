//! Replacement cost with a value-adjustment coefficient.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::cost::line::{CostClass, CostLine, LineRow, lines, sum};
use crate::cost::obsolescence::Obsolescence;
use crate::desk::{Allowed, Desk};
use crate::error::{Rule, ValuationError};
use crate::given::Given;
use crate::unit::Unit;
use crate::workbook::draft::SheetDraft;
use crate::workbook::{Arithmetic, Axis, Expr, RowRef, Run};

pub use crate::cost::line::{Allocation, Stage};

const GUIDANCE: &str = "《数据资产评估指导意见》(中评协〔2023〕17号)";

/// `P = C × δ`: the replacement cost C is the sum of the cost lines and a reasonable profit, less obsolescence; δ adjusts it
/// for what the data are really like.
///
/// | member | meaning | range |
/// | --- | --- | --- |
/// | `lines` | cost by class and stage; at the valuation date, or carried to it by a price index | each ≥ 0 |
/// | `profit` | reasonable profit (合理利润): a rate on the classes it names | ≥ 0 |
/// | `opportunity` | a rate on the cost of the other classes, instead of opportunity lines | ≥ 0 |
/// | `obsolescence` | functional, technological, economic, or by age | 0 … 1 |
/// | `adjustment` | value-adjustment coefficient δ (价值调整系数); may exceed 1; 1 where absent | > 0 |
///
/// Opportunity cost and profit stand in an appraisal only: they never reach the books.
///
/// ```json
/// {"method": "replacement_cost",
///  "lines": [{"name": "采集", "class": "direct", "stage": "collect",
///             "cost": {"amount": "390000", "currency": "CNY", "evidence": "E1"},
///             "index": {"at_cost": {"value": 100, "evidence": "E2"}, "at_valuation": {"value": 104, "evidence": "E2"}}}],
///  "profit": {"rate": {"value": 0.1, "evidence": "E2"}},
///  "obsolescence": {"technological": {"value": 0.15, "evidence": "E2"}},
///  "adjustment": {"value": 1.05, "evidence": "E2"}}
/// ```
///
/// Errors: an empty list, mixed currencies, negative amounts, numbers without evidence or assumption, opportunity cost and
/// profit on the same capital (`capital_rewarded_twice`).
///
/// Source: 《数据资产评估指导意见》(中评协〔2023〕17号), appendix, cost approach: P = C × δ.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ReplacementCost {
    /// Distinguishes two uses of the method in one case.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    pub lines: Vec<CostLine>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub profit: Option<Profit>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub opportunity: Option<Given>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub obsolescence: Option<Obsolescence>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub adjustment: Option<Given>,
}

/// A reasonable profit on cost.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Profit {
    pub rate: Given,
    /// The classes it is taken on; all but opportunity cost where absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub base: Option<Vec<CostClass>>,
}

impl Profit {
    /// Whether the profit rewards a class of cost.
    pub(crate) fn rewards(&self, class: CostClass) -> bool {
        match &self.base {
            Some(base) => base.contains(&class),
            None => class != CostClass::Opportunity,
        }
    }
}

impl ReplacementCost {
    /// Writes the sheet and returns the address of the value.
    ///
    /// Source: 《数据资产评估指导意见》(中评协〔2023〕17号), appendix: P = C × δ.
    pub(crate) fn write(&self, desk: &mut Desk) -> Result<RowRef, ValuationError> {
        let money = desk.money();
        let mut sheet = SheetDraft::begin(&desk.workbook, &desk.name, None, Arithmetic::Model);
        sheet.block(Axis::One, Run::Forward);
        let rows = lines(desk, &mut sheet, &self.lines)?;
        let opportunity = self.opportunity.is_some() || rows.iter().any(|row| row.class.appraisal_only());
        if opportunity && self.profit.as_ref().is_some_and(|profit| profit.base.is_none()) {
            return Err(ValuationError::refused(Rule::CapitalRewardedTwice, desk.field("profit"), "", ""));
        }
        let cost = total(&rows);
        let mut cost = sheet.formula("cost_total", money, cost);
        if let Some(given) = &self.opportunity {
            let id = desk.given("opportunity", given, Allowed::NotNegative)?;
            let rate = sheet.input("opportunity_rate", Unit::Ratio, id);
            let forgone = sheet.formula("opportunity_cost", money, Expr::from(cost) * rate.into());
            cost = sheet.formula("cost_with_opportunity", money, Expr::from(cost) + forgone.into());
        }
        let profit = match &self.profit {
            Some(profit) => Some(profit_row(desk, &mut sheet, profit, &rows)?),
            None => None,
        };
        let whole = profit.map_or(Expr::from(cost), |profit| Expr::from(cost) + profit.into());
        let mut cost = sheet.formula("replacement_cost", money, whole);
        if let Some(obsolescence) = &self.obsolescence {
            cost = obsolescence.write(desk, &mut sheet, cost)?;
        }
        let mut value = Expr::from(cost);
        if let Some(given) = &self.adjustment {
            value = value * Expr::from(desk.row(&mut sheet, "adjustment", given, Allowed::Positive)?);
        }
        let value = sheet.formula("value", money, value);
        sheet.cite(GUIDANCE);
        sheet.finish(&mut desk.workbook);
        Ok(value)
    }
}

/// The sum of all lines.
pub(crate) fn total(rows: &[LineRow]) -> Expr {
    sum(rows.iter()).unwrap_or(Expr::number(0))
}

/// Writes rate and amount of the profit.
pub(crate) fn profit_row(
    desk: &mut Desk,
    sheet: &mut SheetDraft,
    profit: &Profit,
    rows: &[LineRow],
) -> Result<RowRef, ValuationError> {
    let id = desk.given("profit.rate", &profit.rate, Allowed::NotNegative)?;
    let rate = sheet.input("profit_rate", Unit::Ratio, id);
    let base = sum(rows.iter().filter(|row| profit.rewards(row.class))).unwrap_or(Expr::number(0));
    let money = desk.money();
    Ok(sheet.formula("reasonable_profit", money, base * Expr::from(rate)))
}
