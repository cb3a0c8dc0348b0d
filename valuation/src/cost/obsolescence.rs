//! Obsolescence: what function, technology and the market take from the cost (功能性、技术性、经济性贬值).

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::desk::{Allowed, Desk};
use crate::error::ValuationError;
use crate::given::Given;
use crate::unit::Unit;
use crate::workbook::draft::SheetDraft;
use crate::workbook::{Expr, RowRef};

/// Each a share of what is left after those before it: `(1−functional)(1−technological)(1−economic)`; wear by age instead
/// of a functional share: remaining / (used + remaining).
///
/// Source: IVS 105 (2025), cost approach, obsolescence.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Obsolescence {
    /// 功能性贬值率
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub functional: Option<Given>,
    /// 技术性贬值率
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub technological: Option<Given>,
    /// 经济性贬值率
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub economic: Option<Given>,
    /// 已使用年限与剩余年限: wear by age (成新率).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub age: Option<AgeLife>,
}

/// Years used and years left.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct AgeLife {
    pub used: Given,
    pub remaining: Given,
}

impl Obsolescence {
    /// Writes the rows and returns what of the cost is left.
    pub(crate) fn write(
        &self,
        desk: &mut Desk,
        sheet: &mut SheetDraft,
        cost: RowRef,
    ) -> Result<RowRef, ValuationError> {
        let money = desk.money();
        let mut left = Expr::from(cost);
        if let Some(age) = &self.age {
            let mut years = |member: &str, given: &Given| -> Result<RowRef, ValuationError> {
                let id = desk.given(&format!("obsolescence.age.{member}"), given, Allowed::NotNegative)?;
                Ok(sheet.input(if member == "used" { "used_years" } else { "remaining_years" }, Unit::Years, id))
            };
            let (used, remaining) = (years("used", &age.used)?, years("remaining", &age.remaining)?);
            let fresh = Expr::from(remaining) / (Expr::from(used) + remaining.into());
            left = left * Expr::from(sheet.formula("newness_rate", Unit::Ratio, fresh));
        }
        let shares = [
            ("functional", "functional_obsolescence", &self.functional),
            ("technological", "technological_obsolescence", &self.technological),
            ("economic", "economic_obsolescence", &self.economic),
        ];
        for (member, key, share) in shares {
            let Some(given) = share else { continue };
            let id = desk.given(&format!("obsolescence.{member}"), given, Allowed::Share)?;
            let row = sheet.input(key, Unit::Ratio, id);
            left = left * (Expr::number(1) - row.into());
        }
        Ok(sheet.formula("cost_after_obsolescence", money, left))
    }
}
