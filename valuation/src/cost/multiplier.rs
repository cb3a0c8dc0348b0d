//! Cost with a multiplier on creative labour (倍加系数法).

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::cost::obsolescence::Obsolescence;
use crate::desk::{Allowed, Desk};
use crate::error::ValuationError;
use crate::given::{Given, GivenMoney};
use crate::unit::Unit;
use crate::workbook::draft::SheetDraft;
use crate::workbook::{Arithmetic, Axis, Expr, RowRef, Run};

/// `P = (C + β₁·V) / (1 − β₂) × (1 + L)`, less obsolescence.
///
/// | member | meaning | range |
/// | --- | --- | --- |
/// | `material_cost` | C, materialised labour used in making the data (物化劳动耗费) | ≥ 0 |
/// | `labour_cost` | V, living labour (活劳动耗费) | ≥ 0 |
/// | `creativity` | β₁, multiplier of creative labour (创造性劳动倍加系数) | ≥ 0 |
/// | `risk` | β₂, average risk of the work (平均风险系数) | 0 … < 1 |
/// | `return_rate` | L, return on the investment (投资报酬率) | ≥ 0 |
/// | `obsolescence` | functional, technological, economic, or by age | 0 … 1 |
/// | `adjustment` | value-adjustment coefficient δ; 1 where absent | > 0 |
///
/// ```json
/// {"method": "multiplier_cost", "material_cost": {"amount": "100", "currency": "CNY", "evidence": "E1"},
///  "labour_cost": {"amount": "50", "currency": "CNY", "evidence": "E1"}, "creativity": {"value": 1.5, "evidence": "E2"},
///  "risk": {"value": 0.2, "evidence": "E2"}, "return_rate": {"value": 0.25, "evidence": "E2"}}
/// ```
///
/// Source: 资产评估实务(二), 无形资产重置成本, 倍加系数法.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct MultiplierCost {
    /// Distinguishes two uses of the method in one case.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    pub material_cost: GivenMoney,
    pub labour_cost: GivenMoney,
    pub creativity: Given,
    pub risk: Given,
    pub return_rate: Given,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub obsolescence: Option<Obsolescence>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub adjustment: Option<Given>,
}

impl MultiplierCost {
    /// Writes the sheet and returns the address of the value.
    ///
    /// Source: 资产评估实务(二), 倍加系数法: (C + β₁V)/(1 − β₂)·(1 + L).
    pub(crate) fn write(&self, desk: &mut Desk) -> Result<RowRef, ValuationError> {
        let money = desk.money();
        let mut sheet = SheetDraft::begin(&desk.workbook, &desk.name, None, Arithmetic::Model);
        sheet.block(Axis::One, Run::Forward);
        let material = desk.money_row(&mut sheet, "material_cost", &self.material_cost)?;
        let labour = desk.money_row(&mut sheet, "labour_cost", &self.labour_cost)?;
        let creativity = desk.row(&mut sheet, "creativity", &self.creativity, Allowed::NotNegative)?;
        let id = desk.given("risk", &self.risk, Allowed::Share)?;
        let risk = sheet.input("average_risk", Unit::Ratio, id);
        if self.risk.value >= rust_decimal::Decimal::ONE {
            let (low, high) = ("0".to_owned(), "< 1".to_owned());
            let value = self.risk.value.to_string();
            return Err(ValuationError::OutOfRange { field: desk.field("risk"), value, low, high });
        }
        let rate = desk.row(&mut sheet, "return_rate", &self.return_rate, Allowed::NotNegative)?;
        let one = || Expr::number(1);
        let used = Expr::from(material) + Expr::from(creativity) * Expr::from(labour);
        let used = sheet.formula("multiplied_cost", money, used);
        let cost = Expr::from(used) / (one() - risk.into()) * (one() + rate.into());
        let mut cost = sheet.formula("replacement_cost", money, cost);
        if let Some(obsolescence) = &self.obsolescence {
            cost = obsolescence.write(desk, &mut sheet, cost)?;
        }
        let mut value = Expr::from(cost);
        if let Some(given) = &self.adjustment {
            value = value * Expr::from(desk.row(&mut sheet, "adjustment", given, Allowed::Positive)?);
        }
        let value = sheet.formula("value", money, value);
        sheet.cite("资产评估实务(二)");
        sheet.finish(&mut desk.workbook);
        Ok(value)
    }
}
