//! Direct forecast of the data asset's own income (直接收益预测).

use crate::desk::{Allowed, Desk};
use crate::error::ValuationError;
use crate::given::{GivenSeries, GivenStream};
use crate::income::frame::{Page, income_method};
use crate::income::measure::IncomeMeasure;
use crate::income::split::{GUIDANCE, earned, earned_row};
use crate::income::stream::Stream;
use crate::workbook::{Expr, RowRef};

income_method! {
    /// `P = Σ R_t / (1+i)^t`: the income of the data asset itself.
    ///
    /// | member | meaning | range |
    /// | --- | --- | --- |
    /// | `income` | R_t per year; or `revenue` with `profit_margin` | any |
    /// | `measure` | what the income is: `ebit`, `net_profit`, `net_cash_flow` … | |
    /// | `reinvestment` | outlays that keep the income going, after tax | any |
    ///
    /// Income tax is taken where `measure` is before tax and `cash_flow` is after it.
    ///
    /// ```json
    /// {"method": "direct_income", "years": 10, "measure": "net_cash_flow",
    ///  "income": {"currency": "CNY", "first": "10", "evidence": "E1"},
    ///  "cash_flow": {"price_level": "nominal", "tax": "post_tax", "timing": "end_of_period"},
    ///  "discount_rate": {"value": 0.1, "evidence": "E1",
    ///    "basis": {"price_level": "nominal", "tax": "post_tax", "timing": "end_of_period"}},
    ///  "tax_amortisation": {"years": {"value": 10, "evidence": "E1"}, "tax_rate": {"value": 0.3, "evidence": "E1"}}}
    /// ```
    ///
    /// Errors: a basis that does not match, growth at or above the rate, numbers out of range or without support.
    ///
    /// Source: 《数据资产评估指导意见》(中评协〔2023〕17号), appendix: F_t = R_t.
    DirectIncome {
        /// R_t, income per year.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        income: Option<GivenStream>,
        /// Revenue per year, with `profit_margin`.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        revenue: Option<GivenStream>,
        /// Income as a share of revenue.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        profit_margin: Option<GivenSeries>,
        /// What the income is.
        measure: IncomeMeasure,
        /// Outlays that keep the income going, after tax.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        reinvestment: Option<GivenStream>,
    }
}

impl DirectIncome {
    /// Writes the sheet and returns the address of the value.
    ///
    /// Source: 《数据资产评估指导意见》(中评协〔2023〕17号), appendix, direct forecast.
    pub(crate) fn write(&self, desk: &mut Desk) -> Result<RowRef, ValuationError> {
        let mut page = Page::begin(desk, self.frame())?;
        let flow = self.flow(desk, &mut page)?;
        page.close(desk, flow, GUIDANCE)
    }

    /// Writes scalars and periods up to the cash flow.
    pub(crate) fn flow(&self, desk: &mut Desk, page: &mut Page) -> Result<RowRef, ValuationError> {
        let given = (self.income.as_ref(), self.revenue.as_ref(), self.profit_margin.as_ref());
        let (income, margin) = earned(desk, page, ["income", "revenue", "profit_margin"], given)?;
        let kept = match &self.reinvestment {
            Some(given) => {
                Some(Stream::signed(desk, &mut page.sheet, "reinvestment", given, self.years, Allowed::Any)?)
            }
            None => None,
        };
        page.scalars(desk, self.measure.after_tax())?;
        page.periods(desk);
        let income = earned_row(page, &income, margin.as_ref(), self.measure);
        let flow = page.after_tax(income, self.measure.after_tax());
        let Some(kept) = kept else { return Ok(flow) };
        let kept = page.stream(&kept, "reinvestment");
        if !self.measure.after_tax() {
            page.before_tax(Expr::from(income) - kept.into());
        }
        Ok(page.sheet.formula("free_cash_flow", page.money, Expr::from(flow) - kept.into()))
    }
}
