//! Discount factors, the perpetuity beyond the forecast, and the agreement of rate and cash flow.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::desk::{Allowed, Desk};
use crate::discount::DiscountRate;
use crate::error::ValuationError;
use crate::given::Given;
use crate::rate::{RateBasis, Timing};
use crate::unit::Unit;
use crate::workbook::draft::SheetDraft;
use crate::workbook::{Compare, Expr, Over, RowRef};

/// What follows the last forecast period for ever.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Perpetuity {
    /// Growth per year; must be below the discount rate.
    pub growth: Given,
}

/// The cash flow's basis must be that of the rate which discounts it.
pub(crate) fn same_basis(
    desk: &Desk,
    member: &str,
    cash_flow: RateBasis,
    rate: &DiscountRate,
) -> Result<(), ValuationError> {
    if cash_flow != rate.basis {
        return Err(ValuationError::RateBasis { field: desk.field(member), cash_flow, rate: rate.basis });
    }
    Ok(())
}

/// Writes the row of discount factors: 1/(1+r)^t at the end of a period, 1/(1+r)^(t−½) in its middle.
pub(crate) fn factors(sheet: &mut SheetDraft, key: &str, rate: RowRef, timing: Timing) -> RowRef {
    let own = sheet.next_row(0);
    let grown = Expr::number(1) + Expr::from(rate);
    let first = match timing {
        Timing::EndOfPeriod => Expr::number(1) / grown.clone(),
        Timing::MidPeriod => Expr::number(1) / grown.clone().pow(Expr::number(1) / Expr::number(2)),
    };
    sheet.recurrence(key, Unit::Ratio, first, Expr::Prev(own) / grown)
}

/// Writes the row of discount factors at stated times: (1+r)^−t.
pub(crate) fn factors_at(sheet: &mut SheetDraft, key: &str, rate: RowRef, time: RowRef) -> RowRef {
    sheet.formula(key, Unit::Ratio, (Expr::number(1) + Expr::from(rate)).pow(-Expr::from(time)))
}

/// Years from the valuation date to each period's cash flow; `first` is the length of a short first period.
pub(crate) fn times(first: Option<RowRef>, timing: Timing) -> Expr {
    let half = || Expr::number(1) / Expr::number(2);
    let earlier = || Expr::Position - Expr::number(1);
    match (first, timing) {
        (None, Timing::EndOfPeriod) => Expr::Position,
        (None, Timing::MidPeriod) => Expr::Position - half(),
        (Some(first), Timing::EndOfPeriod) => Expr::from(first) + earlier(),
        (Some(first), Timing::MidPeriod) => {
            let opening = Expr::Position.compare(Compare::Equal, Expr::number(1));
            opening.if_else(Expr::from(first) / Expr::number(2), Expr::from(first) + earlier() - half())
        }
    }
}

/// A perpetuity whose scalar row is written.
#[derive(Clone, Copy)]
pub(crate) struct Terminal {
    pub growth: RowRef,
}

impl Terminal {
    /// Refuses growth at or above a stated rate and writes the growth row into the block at hand (an `Axis::One` block).
    pub fn begin(
        desk: &mut Desk,
        sheet: &mut SheetDraft,
        perpetuity: &Perpetuity,
        rate: &DiscountRate,
    ) -> Result<Terminal, ValuationError> {
        let member = "perpetuity.growth";
        // A rate that is built up is known when the sheet is calculated; the check of the sheet then refuses it.
        if let (Some(value), None) = (rate.value, &rate.inflation)
            && perpetuity.growth.value >= value
        {
            let (growth, rate) = (perpetuity.growth.value.to_string(), value.to_string());
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
        sheet.check("perpetuity_exists", "perpetuity_exists", exists());
        let value = self.worth(rate.into(), cash_flow, factor, periods);
        sheet.formula("perpetuity_value", money, exists().if_else(value, Expr::number(0)))
    }

    /// `CF_n·(1+g)/(r−g)·DF_n`.
    pub fn worth(&self, rate: Expr, cash_flow: RowRef, factor: RowRef, periods: u32) -> Expr {
        let last = |row| Expr::Over(Over::Pick { row, at: Box::new(Expr::number(periods.into())) });
        let next = last(cash_flow) * (Expr::number(1) + Expr::from(self.growth));
        next / (rate - Expr::from(self.growth)) * last(factor)
    }
}
