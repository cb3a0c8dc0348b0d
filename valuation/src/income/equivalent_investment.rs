//! Profit split by equivalent investment (约当投资量法).

use crate::desk::{Allowed, Desk};
use crate::error::ValuationError;
use crate::given::{Given, GivenMoney, GivenStream};
use crate::income::frame::{Page, income_method};
use crate::income::measure::IncomeMeasure;
use crate::income::split::{Share, split};
use crate::income::stream::Stream;
use crate::unit::Unit;
use crate::workbook::{Expr, RowRef};

income_method! {
    /// The split rate follows from what each side has invested, each marked up by its own profit rate:
    /// `K = C_a(1+m_a) / [C_a(1+m_a) + C_b(1+m_b)]`; the value is `Σ R_t·K·DF_t`.
    ///
    /// | member | meaning | range |
    /// | --- | --- | --- |
    /// | `own_cost`, `own_margin` | replacement cost of the data asset and its cost-profit rate m_a | ≥ 0 |
    /// | `other_cost`, `other_margin` | cost of the other assets and their cost-profit rate m_b | ≥ 0 |
    /// | `income` | income of the joint undertaking per year | any |
    /// | `measure` | what it is; `net_profit` where absent | |
    ///
    /// Errors: a basis that does not match, growth at or above the rate, numbers out of range or without support.
    ///
    /// Source: 资产评估实务(二) (约当投资量法); the published practice example is V1 of
    /// `tests/fixtures/reference/MANIFEST.toml`.
    EquivalentInvestment {
        /// Income of the joint undertaking per year.
        income: GivenStream,
        /// What the income is; `net_profit` where absent.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        measure: Option<IncomeMeasure>,
        /// C_a, replacement cost of the data asset.
        own_cost: GivenMoney,
        /// m_a, its cost-profit rate.
        own_margin: Given,
        /// C_b, cost of the other assets.
        other_cost: GivenMoney,
        /// m_b, their cost-profit rate.
        other_margin: Given,
    }
}

impl EquivalentInvestment {
    /// Writes the sheet and returns the address of the value.
    ///
    /// Source: 资产评估实务(二), 约当投资量法.
    pub(crate) fn write(&self, desk: &mut Desk) -> Result<RowRef, ValuationError> {
        let mut page = Page::begin(desk, self.frame())?;
        let measure = self.measure.unwrap_or(IncomeMeasure::NetProfit);
        let income = Stream::signed(desk, &mut page.sheet, "income", &self.income, self.years, Allowed::Any)?;
        let own_cost = desk.money_row(&mut page.sheet, "own_cost", &self.own_cost)?;
        let own_margin = desk.row(&mut page.sheet, "own_margin", &self.own_margin, Allowed::NotNegative)?;
        let other_cost = desk.money_row(&mut page.sheet, "other_cost", &self.other_cost)?;
        let other_margin = desk.row(&mut page.sheet, "other_margin", &self.other_margin, Allowed::NotNegative)?;
        let marked_up = |cost: RowRef, margin: RowRef| Expr::from(cost) * (Expr::number(1) + Expr::from(margin));
        let own = page.sheet.formula("own_equivalent", page.money, marked_up(own_cost, own_margin));
        let other = page.sheet.formula("other_equivalent", page.money, marked_up(other_cost, other_margin));
        let share = Expr::from(own) / (Expr::from(own) + Expr::from(other));
        let share = Share::Row(page.sheet.formula("split_rate", Unit::Ratio, share));
        page.scalars(desk, measure.after_tax())?;
        page.periods(desk);
        let income = page.income(&income, measure.row());
        split(desk, page, income, &share, measure)
    }
}
