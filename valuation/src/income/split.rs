//! Split of revenue or of net profit (收益分成).

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::desk::{Allowed, Desk};
use crate::error::ValuationError;
use crate::given::{Given, GivenRate, GivenStream};
use crate::income::discounting::{Perpetuity, Terminal, factors, same_basis};
use crate::income::royalty::life;
use crate::income::stream::Stream;
use crate::rate::RateBasis;
use crate::workbook::draft::SheetDraft;
use crate::workbook::{Arithmetic, Axis, Expr, RowRef, Run};

const GUIDANCE: &str = "《数据资产评估指导意见》(中评协〔2023〕17号)";

/// `P = Σ R_t·K / (1+i)^t`: the data asset's share K of the total revenue (or net profit) of its product or business.
///
/// | member | meaning | range |
/// | --- | --- | --- |
/// | `years` | remaining economic life in whole years | 1 … 100 |
/// | `income` | R_t, total revenue or total net profit per year | ≥ 0 |
/// | `measure` | which of the two `income` is | |
/// | `split_rate` | K, share of income | 0 … 1 |
/// | `cash_flow` | basis of the income; must equal that of `discount_rate` | |
///
/// Errors: a basis that does not match, growth at or above the rate, numbers out of range or without support.
///
/// Source: 《数据资产评估指导意见》(中评协〔2023〕17号), appendix: F_t = R_t × K_t1 (revenue) or R_t × K_t2 (net profit).
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct RevenueSplit {
    /// Distinguishes two uses of the method in one case.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    pub years: u32,
    pub income: GivenStream,
    pub measure: IncomeMeasure,
    pub split_rate: Given,
    pub cash_flow: RateBasis,
    pub discount_rate: GivenRate,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub perpetuity: Option<Perpetuity>,
}

/// What is split.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum IncomeMeasure {
    /// 收入
    Revenue,
    /// 净利润
    NetProfit,
}

impl RevenueSplit {
    /// Writes the sheet and returns the address of the value.
    ///
    /// Source: 《数据资产评估指导意见》(中评协〔2023〕17号), appendix, split of income.
    pub(crate) fn write(&self, desk: &mut Desk) -> Result<RowRef, ValuationError> {
        same_basis(desk, self.cash_flow, &self.discount_rate)?;
        life(desk, self.years)?;
        let mut sheet = SheetDraft::begin(&desk.workbook, &desk.name, None, Arithmetic::Model);
        sheet.block(Axis::One, Run::Forward);
        let income = Stream::begin(desk, &mut sheet, "income", &self.income, self.years)?;
        let share = desk.row(&mut sheet, "split_rate", &self.split_rate, Allowed::Share)?;
        let key = match self.measure {
            IncomeMeasure::Revenue => "total_revenue",
            IncomeMeasure::NetProfit => "total_net_profit",
        };
        let split = SplitIncome { years: self.years, share, key, rate: &self.discount_rate };
        let value = split.write(desk, sheet, income, self.perpetuity.as_ref())?;
        Ok(value)
    }
}

/// The common end of the splitting methods: income times a share, discounted.
pub(crate) struct SplitIncome<'a> {
    pub years: u32,
    pub share: RowRef,
    pub key: &'static str,
    pub rate: &'a GivenRate,
}

impl SplitIncome<'_> {
    pub fn write(
        &self,
        desk: &mut Desk,
        mut sheet: SheetDraft,
        income: Stream,
        perpetuity: Option<&Perpetuity>,
    ) -> Result<RowRef, ValuationError> {
        let rate = desk.rate(&mut sheet, "discount_rate", self.rate)?;
        let terminal = match perpetuity {
            Some(perpetuity) => Some(Terminal::begin(desk, &mut sheet, perpetuity, self.rate)?),
            None => None,
        };
        let money = desk.money();
        sheet.block(desk.years(self.years), Run::Forward);
        let income = income.row(&mut sheet, self.key, money);
        let own = sheet.formula("split_income", money, Expr::from(income) * Expr::from(self.share));
        let factor = factors(&mut sheet, rate, self.rate.basis.timing);
        let present = sheet.formula("present_value", money, Expr::from(own) * Expr::from(factor));
        sheet.block(Axis::One, Run::Forward);
        let mut total = sheet.formula("present_value_total", money, Expr::sum(present));
        if let Some(terminal) = terminal {
            let beyond = terminal.rows(&mut sheet, money, rate, own, factor, self.years);
            total = sheet.formula("present_value_with_perpetuity", money, Expr::from(total) + Expr::from(beyond));
        }
        let value = sheet.formula("value", money, Expr::from(total));
        sheet.cite(GUIDANCE);
        sheet.finish(&mut desk.workbook);
        Ok(value)
    }
}
