//! Split of revenue or of profit (收益分成).

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::desk::{Allowed, Desk};
use crate::error::ValuationError;
use crate::given::{Given, GivenSeries, GivenStream};
use crate::income::frame::{Page, income_method};
use crate::income::measure::IncomeMeasure;
use crate::income::stream::Stream;
use crate::unit::Unit;
use crate::workbook::{Expr, RowRef};

pub(crate) const GUIDANCE: &str = "《数据资产评估指导意见》(中评协〔2023〕17号)";

income_method! {
    /// `P = Σ R_t·K_t1·(1−τ)·DF_t`: the data asset's share K of the total revenue of its product or business (收入分成).
    ///
    /// | member | meaning | range |
    /// | --- | --- | --- |
    /// | `income` | R_t, total revenue per year | any |
    /// | `measure` | what `income` is; `revenue` where absent | |
    /// | `split_rate` | K: one value, one a year, or a point of a range | 0 … 1 |
    ///
    /// Income tax is taken where `measure` is before tax and `cash_flow` is after it.
    ///
    /// ```json
    /// {"method": "revenue_split", "years": 5,
    ///  "income": {"currency": "CNY", "amounts": ["400", "420", "430", "450", "440"], "evidence": "E1"},
    ///  "split_rate": {"value": 0.05, "evidence": "E1"}, "tax_rate": {"value": 0.25, "evidence": "E1"},
    ///  "cash_flow": {"price_level": "nominal", "tax": "post_tax", "timing": "end_of_period"},
    ///  "discount_rate": {"value": 0.1, "evidence": "E1",
    ///    "basis": {"price_level": "nominal", "tax": "post_tax", "timing": "end_of_period"}}}
    /// ```
    ///
    /// Errors: a basis that does not match, growth at or above the rate, numbers out of range or without support.
    ///
    /// Source: 《数据资产评估指导意见》(中评协〔2023〕17号), appendix: F_t = R_t × K_t1 (revenue).
    RevenueSplit {
        /// R_t, total revenue per year.
        income: GivenStream,
        /// What the income is; `revenue` where absent.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        measure: Option<IncomeMeasure>,
        /// K, share of the income.
        split_rate: SplitRate,
    }
}

income_method! {
    /// `P = Σ R_t·K_t2·DF_t`: the data asset's share K of the total profit of its product or business (利润分成).
    ///
    /// | member | meaning | range |
    /// | --- | --- | --- |
    /// | `profit` | R_t, total profit per year; or `revenue` with `profit_margin` | any |
    /// | `measure` | what the profit is; `net_profit` where absent | |
    /// | `split_rate` | K: one value, one a year, or a point of a range | 0 … 1 |
    ///
    /// Income tax is taken where `measure` is before tax and `cash_flow` is after it.
    ///
    /// ```json
    /// {"method": "profit_split", "years": 3,
    ///  "profit": {"currency": "CNY", "first": "900000", "growth": {"value": 0.04, "evidence": "E1"}, "evidence": "E1"},
    ///  "split_rate": {"range": {"low": {"value": 0.1, "evidence": "E2"}, "high": {"value": 0.3, "evidence": "E2"},
    ///                           "adjustment": {"value": 0.65, "evidence": "E3"}}},
    ///  "cash_flow": {"price_level": "nominal", "tax": "post_tax", "timing": "end_of_period"},
    ///  "discount_rate": {"value": 0.14, "evidence": "E1",
    ///    "basis": {"price_level": "nominal", "tax": "post_tax", "timing": "end_of_period"}}}
    /// ```
    ///
    /// Errors: as for the split of revenue; neither or both of `profit` and `revenue`.
    ///
    /// Source: 《数据资产评估指导意见》(中评协〔2023〕17号), appendix: F_t = R_t × K_t2 (net profit).
    ProfitSplit {
        /// R_t, total profit per year.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        profit: Option<GivenStream>,
        /// Revenue per year, with `profit_margin`.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        revenue: Option<GivenStream>,
        /// Profit as a share of revenue.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        profit_margin: Option<GivenSeries>,
        /// What the profit is; `net_profit` where absent.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        measure: Option<IncomeMeasure>,
        /// K, share of the profit.
        split_rate: SplitRate,
    }
}

/// The share of the data asset: one `value`, `values` with one a year, or a point of a `range`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(untagged)]
pub enum SplitRate {
    Range(SplitRange),
    Stated(GivenSeries),
}

/// A point of a customary range.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct SplitRange {
    pub range: Range,
}

/// `K = low + (high − low)·adjustment`: the range of split rates of the industry, and where the subject stands in it by its
/// weighted score (分成率 = 下限 + (上限 − 下限) × 调整系数).
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Range {
    pub low: Given,
    pub high: Given,
    pub adjustment: Given,
}

/// A split rate whose scalar rows are written.
pub(crate) enum Share {
    Row(RowRef),
    Stream(Stream),
}

impl SplitRate {
    pub(crate) fn begin(&self, desk: &mut Desk, page: &mut Page, years: u32) -> Result<Share, ValuationError> {
        match self {
            SplitRate::Stated(given) => {
                let stream = Stream::numbers(desk, &mut page.sheet, "split_rate", given, years, Allowed::Share)?;
                Ok(Share::Stream(stream))
            }
            SplitRate::Range(SplitRange { range }) => {
                let mut row = |member: &str, key: &str, given: &Given| -> Result<RowRef, ValuationError> {
                    let id = desk.given(&format!("split_rate.range.{member}"), given, Allowed::Share)?;
                    Ok(page.sheet.input(key, Unit::Ratio, id))
                };
                let low = row("low", "split_low", &range.low)?;
                let high = row("high", "split_high", &range.high)?;
                let adjustment = row("adjustment", "split_adjustment", &range.adjustment)?;
                let rate = Expr::from(low) + (Expr::from(high) - low.into()) * Expr::from(adjustment);
                Ok(Share::Row(page.sheet.formula("split_rate", Unit::Ratio, rate)))
            }
        }
    }
}

impl Share {
    pub(crate) fn row(&self, page: &mut Page) -> RowRef {
        match self {
            Share::Row(row) => *row,
            Share::Stream(stream) => stream.number(&mut page.sheet, "split_rate"),
        }
    }
}

impl RevenueSplit {
    /// Writes the sheet and returns the address of the value.
    ///
    /// Source: 《数据资产评估指导意见》(中评协〔2023〕17号), appendix, split of income.
    pub(crate) fn write(&self, desk: &mut Desk) -> Result<RowRef, ValuationError> {
        let mut page = Page::begin(desk, self.frame())?;
        let measure = self.measure.unwrap_or(IncomeMeasure::Revenue);
        let income = Stream::signed(desk, &mut page.sheet, "income", &self.income, self.years, Allowed::Any)?;
        let share = self.split_rate.begin(desk, &mut page, self.years)?;
        page.scalars(desk, measure.after_tax())?;
        page.periods(desk);
        let income = page.income(&income, measure.row());
        split(desk, page, income, &share, measure)
    }
}

impl ProfitSplit {
    /// Writes the sheet and returns the address of the value.
    ///
    /// Source: 《数据资产评估指导意见》(中评协〔2023〕17号), appendix, split of income.
    pub(crate) fn write(&self, desk: &mut Desk) -> Result<RowRef, ValuationError> {
        let mut page = Page::begin(desk, self.frame())?;
        let measure = self.measure.unwrap_or(IncomeMeasure::NetProfit);
        let (income, margin) = earned(
            desk,
            &mut page,
            ["profit", "revenue", "profit_margin"],
            (self.profit.as_ref(), self.revenue.as_ref(), self.profit_margin.as_ref()),
        )?;
        let share = self.split_rate.begin(desk, &mut page, self.years)?;
        page.scalars(desk, measure.after_tax())?;
        page.periods(desk);
        let profit = earned_row(&mut page, &income, margin.as_ref(), measure);
        split(desk, page, profit, &share, measure)
    }
}

/// An income stated as such, or a revenue with a margin.
pub(crate) fn earned(
    desk: &mut Desk,
    page: &mut Page,
    [income, revenue, margin]: [&str; 3],
    given: (Option<&GivenStream>, Option<&GivenStream>, Option<&GivenSeries>),
) -> Result<(Stream, Option<Stream>), ValuationError> {
    let years = page.frame.years;
    match given {
        (Some(stated), None, None) => {
            Ok((Stream::signed(desk, &mut page.sheet, income, stated, years, Allowed::Any)?, None))
        }
        (None, Some(stated), Some(rate)) => {
            let stream = Stream::begin(desk, &mut page.sheet, revenue, stated, years)?;
            let margin = Stream::numbers(desk, &mut page.sheet, margin, rate, years, Allowed::Any)?;
            Ok((stream, Some(margin)))
        }
        _ => {
            let said = format!("either `{income}`, or `{revenue}` with `{margin}`, is expected");
            Err(ValuationError::Malformed { field: desk.field(income), line: None, said })
        }
    }
}

/// The row of an income from [`earned`].
pub(crate) fn earned_row(page: &mut Page, income: &Stream, margin: Option<&Stream>, measure: IncomeMeasure) -> RowRef {
    let Some(margin) = margin else { return page.income(income, measure.row()) };
    let revenue = page.income(income, "revenue");
    let margin = margin.number(&mut page.sheet, "profit_margin");
    page.sheet.formula(measure.row(), page.money, Expr::from(revenue) * Expr::from(margin))
}

/// The share of an income, taxed where it is before tax, discounted.
pub(crate) fn split(
    desk: &mut Desk,
    mut page: Page,
    income: RowRef,
    share: &Share,
    measure: IncomeMeasure,
) -> Result<RowRef, ValuationError> {
    let share = share.row(&mut page);
    let own = page.sheet.formula("split_income", page.money, Expr::from(income) * Expr::from(share));
    let flow = page.after_tax(own, measure.after_tax());
    page.close(desk, flow, GUIDANCE)
}
