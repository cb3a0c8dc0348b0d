//! The expert guideline's cost form: total cost, its return, and the utility of the data.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::cost::line::{CostLine, lines};
use crate::cost::replacement::total;
use crate::desk::{Allowed, Desk};
use crate::error::ValuationError;
use crate::given::{Given, GivenMoney};
use crate::unit::Unit;
use crate::workbook::draft::SheetDraft;
use crate::workbook::{Arithmetic, Axis, Expr, RowRef, Run};

/// `P = TC × (1+R) × U` with `U = α·β·(1+l)·(1−r)`.
///
/// | member | meaning | range |
/// | --- | --- | --- |
/// | `total_cost` or `lines` | TC, total cost of the data | ≥ 0 |
/// | `return_rate` | R, return on cost (成本投资回报率) | ≥ 0 |
/// | `quality` | α, data-quality coefficient (数据质量系数) | ≥ 0 |
/// | `circulation` | β, circulation coefficient (数据流通系数): one number, or classes with volume and coefficient | ≥ 0 |
/// | `monopoly` | l, monopoly coefficient (数据垄断系数) | 0 … 1 |
/// | `risk` | r, value-realisation-risk coefficient (数据价值实现风险系数) | 0 … 1 |
/// | `utility` | U as such, instead of the four coefficients | ≥ 0 |
///
/// ```json
/// {"method": "guideline_cost", "total_cost": {"amount": "1000000", "currency": "CNY", "evidence": "E1"},
///  "return_rate": {"value": 0.12, "evidence": "E1"}, "quality": {"value": 0.95, "evidence": "E2"},
///  "circulation": {"value": 1.1, "evidence": "E2"}, "monopoly": {"value": 0.2, "evidence": "E2"},
///  "risk": {"value": 0.15, "evidence": "E2"}}
/// ```
///
/// Source: 《资产评估专家指引第9号——数据资产评估》 (2019), cost approach.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct GuidelineCost {
    /// Distinguishes two uses of the method in one case.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub total_cost: Option<GivenMoney>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub lines: Option<Vec<CostLine>>,
    pub return_rate: Given,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub quality: Option<Given>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub circulation: Option<Circulation>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub monopoly: Option<Given>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub risk: Option<Given>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub utility: Option<Given>,
}

/// β: one number, or `Σ coefficient·volume / Σ volume` over classes (open, public, shared, non-shared).
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(untagged)]
pub enum Circulation {
    Classes(CirculationClasses),
    Stated(Given),
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct CirculationClasses {
    pub classes: Vec<CirculationClass>,
}

/// A class of data with its transmission coefficient and volume.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct CirculationClass {
    pub name: String,
    pub coefficient: Given,
    pub volume: Given,
}

impl GuidelineCost {
    /// Writes the sheet and returns the address of the value.
    ///
    /// Source: 《资产评估专家指引第9号——数据资产评估》 (2019): P = TC × (1+R) × U.
    pub(crate) fn write(&self, desk: &mut Desk) -> Result<RowRef, ValuationError> {
        let money = desk.money();
        let mut sheet = SheetDraft::begin(&desk.workbook, &desk.name, None, Arithmetic::Model);
        sheet.block(Axis::One, Run::Forward);
        let cost = match (&self.total_cost, &self.lines) {
            (Some(cost), None) => desk.money_row(&mut sheet, "total_cost", cost)?,
            (None, Some(list)) => {
                let rows = lines(desk, &mut sheet, list)?;
                sheet.formula("total_cost", money, total(&rows))
            }
            _ => return Err(one_of(desk, "total_cost", "exactly one of `total_cost` and `lines` is expected")),
        };
        let rate = desk.row(&mut sheet, "return_rate", &self.return_rate, Allowed::NotNegative)?;
        let utility = self.utility(desk, &mut sheet)?;
        let one = Expr::number(1);
        let value = Expr::from(cost) * (one + rate.into()) * Expr::from(utility);
        let value = sheet.formula("value", money, value);
        sheet.cite("《资产评估专家指引第9号——数据资产评估》 (2019)");
        sheet.finish(&mut desk.workbook);
        Ok(value)
    }

    fn utility(&self, desk: &mut Desk, sheet: &mut SheetDraft) -> Result<RowRef, ValuationError> {
        let (quality, circulation, monopoly, risk) =
            match (&self.utility, &self.quality, &self.circulation, &self.monopoly, &self.risk) {
                (Some(given), None, None, None, None) => {
                    return desk.row(sheet, "utility", given, Allowed::NotNegative);
                }
                (None, Some(quality), Some(circulation), Some(monopoly), Some(risk)) => {
                    (quality, circulation, monopoly, risk)
                }
                _ => {
                    let said = "either `utility`, or `quality`, `circulation`, `monopoly` and `risk`, is expected";
                    return Err(one_of(desk, "utility", said));
                }
            };
        let quality = coefficient(desk, sheet, "quality", "quality_coefficient", quality, Allowed::NotNegative)?;
        let circulation = match circulation {
            Circulation::Stated(given) => {
                coefficient(desk, sheet, "circulation", "circulation_coefficient", given, Allowed::NotNegative)?
            }
            Circulation::Classes(classes) => classes.write(desk, sheet)?,
        };
        let monopoly = coefficient(desk, sheet, "monopoly", "monopoly_coefficient", monopoly, Allowed::Share)?;
        let risk = coefficient(desk, sheet, "risk", "risk_coefficient", risk, Allowed::Share)?;
        let one = || Expr::number(1);
        let utility = Expr::from(quality) * Expr::from(circulation) * (one() + monopoly.into());
        Ok(sheet.formula("utility", Unit::Ratio, utility * (one() - risk.into())))
    }
}

fn one_of(desk: &Desk, member: &str, said: &str) -> ValuationError {
    ValuationError::Malformed { field: desk.field(member), line: None, said: said.to_owned() }
}

fn coefficient(
    desk: &mut Desk,
    sheet: &mut SheetDraft,
    member: &str,
    key: &str,
    given: &Given,
    allowed: Allowed,
) -> Result<RowRef, ValuationError> {
    let id = desk.given(member, given, allowed)?;
    Ok(sheet.input(key, Unit::Ratio, id))
}

impl CirculationClasses {
    fn write(&self, desk: &mut Desk, sheet: &mut SheetDraft) -> Result<RowRef, ValuationError> {
        let (mut passed, mut volume): (Option<Expr>, Option<Expr>) = (None, None);
        for (index, class) in self.classes.iter().enumerate() {
            let at = format!("circulation.classes[{index}]");
            let part = format!("{at}.coefficient");
            let rate =
                coefficient(desk, sheet, &part, "transmission_coefficient", &class.coefficient, Allowed::NotNegative)?;
            sheet.about(&class.name);
            let id = desk.given(&format!("{at}.volume"), &class.volume, Allowed::NotNegative)?;
            let size = sheet.input("class_volume", Unit::Count, id);
            sheet.about(&class.name);
            let through = Expr::from(rate) * Expr::from(size);
            passed = Some(passed.map_or(through.clone(), |sum| sum + through));
            volume = Some(volume.map_or(Expr::from(size), |sum| sum + size.into()));
        }
        let (Some(passed), Some(volume)) = (passed, volume) else {
            return Err(one_of(desk, "circulation.classes", "at least one class is expected"));
        };
        Ok(sheet.formula("circulation_coefficient", Unit::Ratio, passed / volume))
    }
}
