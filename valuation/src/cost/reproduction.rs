//! Reproduction cost: making the same data again as they were made (复原重置成本).

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::cost::line::{CostLine, lines};
use crate::cost::obsolescence::Obsolescence;
use crate::cost::replacement::{Profit, profit_row, total};
use crate::desk::{Allowed, Desk};
use crate::error::ValuationError;
use crate::given::Given;
use crate::workbook::draft::SheetDraft;
use crate::workbook::{Arithmetic, Axis, Expr, RowRef, Run};

/// The cost of an exact copy: what was really used, at the prices of the valuation date; historical cost is carried to it by
/// a price index.
///
/// The members are those of `replacement_cost`: `lines` with `quantity` and `unit_price` (quantities as used, prices of
/// today) or `cost` with `index`; `profit`, `obsolescence`, `adjustment`.
///
/// ```json
/// {"method": "reproduction_cost",
///  "lines": [{"name": "标注工时", "class": "direct", "quantity": {"value": 5200, "evidence": "E1"},
///             "unit_price": {"amount": "62.5", "currency": "CNY", "evidence": "E2"}}],
///  "obsolescence": {"age": {"used": {"value": 2, "evidence": "E1"}, "remaining": {"value": 6, "evidence": "E1"}}}}
/// ```
///
/// Source: IVS 103 (2025), reproduction cost method; 《资产评估执业准则——资产评估方法》, 复原重置成本.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ReproductionCost {
    /// Distinguishes two uses of the method in one case.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    pub lines: Vec<CostLine>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub profit: Option<Profit>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub obsolescence: Option<Obsolescence>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub adjustment: Option<Given>,
}

impl ReproductionCost {
    /// Writes the sheet and returns the address of the value.
    ///
    /// Source: IVS 103 (2025), reproduction cost method.
    pub(crate) fn write(&self, desk: &mut Desk) -> Result<RowRef, ValuationError> {
        let money = desk.money();
        let mut sheet = SheetDraft::begin(&desk.workbook, &desk.name, None, Arithmetic::Model);
        sheet.block(Axis::One, Run::Forward);
        let rows = lines(desk, &mut sheet, &self.lines)?;
        let mut cost = total(&rows);
        if let Some(profit) = &self.profit {
            cost = cost + profit_row(desk, &mut sheet, profit, &rows)?.into();
        }
        let mut cost = sheet.formula("reproduction_cost", money, cost);
        if let Some(obsolescence) = &self.obsolescence {
            cost = obsolescence.write(desk, &mut sheet, cost)?;
        }
        let mut value = Expr::from(cost);
        if let Some(given) = &self.adjustment {
            value = value * Expr::from(desk.row(&mut sheet, "adjustment", given, Allowed::Positive)?);
        }
        let value = sheet.formula("value", money, value);
        sheet.cite("IVS 103 (2025) · 《资产评估执业准则——资产评估方法》");
        sheet.finish(&mut desk.workbook);
        Ok(value)
    }
}
