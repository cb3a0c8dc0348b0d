//! Discount factors, the perpetuity beyond the forecast, and the agreement of rate and cash flow.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::desk::{Allowed, Desk};
use crate::error::ValuationError;
use crate::given::{Given, GivenRate};
use crate::rate::{RateBasis, Timing};
use crate::unit::Unit;
use crate::workbook::draft::SheetDraft;
use crate::workbook::{Compare, Expr, RowRef};

/// What follows the last forecast period for ever.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Perpetuity {
    /// Growth per year; must be below the discount rate.
    pub growth: Given,
}

/// The cash flow's basis must be that of the rate which discounts it.
pub(crate) fn same_basis(desk: &Desk, cash_flow: RateBasis, rate: &GivenRate) -> Result<(), ValuationError> {
    if cash_flow != rate.basis {
        return Err(ValuationError::RateBasis { field: desk.field("discount_rate"), cash_flow, rate: rate.basis });
    }
    Ok(())
}

/// Writes the row of discount factors: 1/(1+r)^t at the end of a period, 1/(1+r)^(t−½) in its middle.
pub(crate) fn factors(sheet: &mut SheetDraft, rate: RowRef, timing: Timing) -> RowRef {
    let own = sheet.next_row(0);
    let grown = Expr::number(1) + Expr::from(rate);
    let first = match timing {
        Timing::EndOfPeriod => Expr::number(1) / grown.clone(),
        Timing::MidPeriod => Expr::number(1) / grown.clone().pow(Expr::number(1) / Expr::number(2)),
    };
    sheet.recurrence("discount_factor", Unit::Ratio, first, Expr::Prev(own) / grown)
}

/// A perpetuity whose scalar row is written.
pub(crate) struct Terminal {
    growth: RowRef,
}

impl Terminal {
    /// Refuses growth at or above the rate and writes the growth row into the block at hand (an `Axis::One` block).
    pub fn begin(
        desk: &mut Desk,
        sheet: &mut SheetDraft,
        perpetuity: &Perpetuity,
        rate: &GivenRate,
    ) -> Result<Terminal, ValuationError> {
        let member = "perpetuity.growth";
        if perpetuity.growth.value >= rate.value {
            let (growth, rate) = (perpetuity.growth.value.to_string(), rate.value.to_string());
            return Err(ValuationError::GrowthNotBelowRate { field: desk.field(member), growth, rate });
        }
        let id = desk.given(member, &perpetuity.growth, Allowed::Rate)?;
        Ok(Terminal { growth: sheet.input("perpetual_growth", Unit::Ratio, id) })
    }

    /// Writes the check and the present value of the perpetuity (Gordon): `CF_n·(1+g)/(r−g)·DF_n`.
    ///
    /// A draw in which growth is not below the rate has no perpetual value: its check fails and is counted, and the
    /// perpetuity stands at 0 in that draw rather than at a meaningless number.
    pub fn rows(
        &self,
        sheet: &mut SheetDraft,
        money: Unit,
        rate: RowRef,
        cash_flow: RowRef,
        factor: RowRef,
        periods: u32,
    ) -> RowRef {
        let exists = || Expr::from(rate).compare(Compare::Greater, Expr::from(self.growth));
        let last = |row| Expr::Over(crate::workbook::Over::Pick { row, at: Box::new(Expr::number(periods.into())) });
        sheet.check("perpetuity_exists", "perpetuity_exists", exists());
        let next = last(cash_flow) * (Expr::number(1) + Expr::from(self.growth));
        let value = next / (Expr::from(rate) - Expr::from(self.growth)) * last(factor);
        sheet.formula("perpetuity_value", money, exists().if_else(value, Expr::number(0)))
    }
}
