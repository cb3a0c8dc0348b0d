//! Profit split by equivalent investment (约当投资量法).

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::desk::{Allowed, Desk};
use crate::error::ValuationError;
use crate::given::{Given, GivenMoney, GivenRate, GivenStream};
use crate::income::discounting::{Perpetuity, same_basis};
use crate::income::royalty::life;
use crate::income::split::SplitIncome;
use crate::income::stream::Stream;
use crate::rate::RateBasis;
use crate::unit::Unit;
use crate::workbook::draft::SheetDraft;
use crate::workbook::{Arithmetic, Axis, Expr, RowRef, Run};

/// The split rate follows from what each side has invested, each marked up by its own profit rate:
/// `K = C_a(1+m_a) / [C_a(1+m_a) + C_b(1+m_b)]`; the value is `Σ R_t·K·DF_t`.
///
/// | member | meaning | range |
/// | --- | --- | --- |
/// | `own_cost`, `own_margin` | replacement cost of the data asset and its cost-profit rate m_a | ≥ 0 |
/// | `other_cost`, `other_margin` | cost of the other assets and their cost-profit rate m_b | ≥ 0 |
/// | `income` | net income of the joint undertaking per year | ≥ 0 |
///
/// Errors: a basis that does not match, growth at or above the rate, numbers out of range or without support.
///
/// Source: 资产评估实务(二) (约当投资量法); the published practice example is V1 of
/// `tests/fixtures/reference/MANIFEST.toml`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct EquivalentInvestment {
    /// Distinguishes two uses of the method in one case.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    pub years: u32,
    pub income: GivenStream,
    pub own_cost: GivenMoney,
    pub own_margin: Given,
    pub other_cost: GivenMoney,
    pub other_margin: Given,
    pub cash_flow: RateBasis,
    pub discount_rate: GivenRate,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub perpetuity: Option<Perpetuity>,
}

impl EquivalentInvestment {
    /// Writes the sheet and returns the address of the value.
    ///
    /// Source: 资产评估实务(二), 约当投资量法.
    pub(crate) fn write(&self, desk: &mut Desk) -> Result<RowRef, ValuationError> {
        same_basis(desk, self.cash_flow, &self.discount_rate)?;
        life(desk, self.years)?;
        let money = desk.money();
        let mut sheet = SheetDraft::begin(&desk.workbook, &desk.name, None, Arithmetic::Model);
        sheet.block(Axis::One, Run::Forward);
        let income = Stream::begin(desk, &mut sheet, "income", &self.income, self.years)?;
        let own_cost = desk.amount("own_cost", &self.own_cost)?;
        let own_cost = sheet.input("own_cost", money, own_cost);
        let own_margin = desk.row(&mut sheet, "own_margin", &self.own_margin, Allowed::NotNegative)?;
        let other_cost = desk.amount("other_cost", &self.other_cost)?;
        let other_cost = sheet.input("other_cost", money, other_cost);
        let other_margin = desk.row(&mut sheet, "other_margin", &self.other_margin, Allowed::NotNegative)?;
        let marked_up = |cost: RowRef, margin: RowRef| Expr::from(cost) * (Expr::number(1) + Expr::from(margin));
        let own = sheet.formula("own_equivalent", money, marked_up(own_cost, own_margin));
        let other = sheet.formula("other_equivalent", money, marked_up(other_cost, other_margin));
        let share = Expr::from(own) / (Expr::from(own) + Expr::from(other));
        let share = sheet.formula("split_rate", Unit::Ratio, share);
        let split = SplitIncome { years: self.years, share, key: "total_net_profit", rate: &self.discount_rate };
        split.write(desk, sheet, income, self.perpetuity.as_ref())
    }
}
