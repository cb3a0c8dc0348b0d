//! Greenfield: a start-up that owns nothing but the data asset (绿地法).

use crate::desk::{Allowed, Desk};
use crate::error::ValuationError;
use crate::given::{GivenMoney, GivenStream};
use crate::income::frame::{Page, income_method};
use crate::income::stream::Stream;
use crate::workbook::{Axis, Expr, RowRef, Run};

income_method! {
    /// The present value of a start-up that owns only the subject asset and builds up everything else, net of the build cost.
    ///
    /// | member | meaning | range |
    /// | --- | --- | --- |
    /// | `revenue` | revenue per year while the business grows up | ≥ 0 |
    /// | `operating_cost` | cash cost per year | ≥ 0 |
    /// | `depreciation` | wear of what was built, tax-deductible; added back | ≥ 0 |
    /// | `capital_expenditure` | outlays per year | ≥ 0 |
    /// | `working_capital` | increase of working capital per year | any |
    /// | `build_cost` | spent at the valuation date | ≥ 0 |
    ///
    /// A loss reduces the taxable income of later years; it is not refunded.
    ///
    /// Source: IVS 210 (greenfield method).
    Greenfield {
        /// Revenue per year.
        revenue: GivenStream,
        /// Cash cost per year.
        operating_cost: GivenStream,
        /// Tax-deductible wear per year.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        depreciation: Option<GivenStream>,
        /// Outlays per year.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        capital_expenditure: Option<GivenStream>,
        /// Increase of working capital per year.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        working_capital: Option<GivenStream>,
        /// Spent at the valuation date.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        build_cost: Option<GivenMoney>,
    }
}

impl Greenfield {
    /// Writes the sheet and returns the address of the value.
    ///
    /// Source: IVS 210 (greenfield method).
    pub(crate) fn write(&self, desk: &mut Desk) -> Result<RowRef, ValuationError> {
        let mut page = Page::begin(desk, self.frame())?;
        let years = self.years;
        let mut stream = |page: &mut Page, member: &str, given: Option<&GivenStream>, allowed: Allowed| {
            given.map(|given| Stream::signed(desk, &mut page.sheet, member, given, years, allowed)).transpose()
        };
        let some = Allowed::NotNegative;
        let revenue = stream(&mut page, "revenue", Some(&self.revenue), some)?;
        let cost = stream(&mut page, "operating_cost", Some(&self.operating_cost), some)?;
        let wear = stream(&mut page, "depreciation", self.depreciation.as_ref(), some)?;
        let outlay = stream(&mut page, "capital_expenditure", self.capital_expenditure.as_ref(), some)?;
        let working = stream(&mut page, "working_capital", self.working_capital.as_ref(), Allowed::Any)?;
        let build = match &self.build_cost {
            Some(given) => Some(desk.money_row(&mut page.sheet, "build_cost", given)?),
            None => None,
        };
        page.scalars(desk, false)?;
        page.periods(desk);
        let row = |page: &mut Page, stream: &Option<Stream>, key: &str| {
            stream.as_ref().map(|stream| page.stream(stream, key))
        };
        let revenue = row(&mut page, &revenue, "revenue").map_or(Expr::number(0), Expr::from);
        let cost = row(&mut page, &cost, "operating_cost").map_or(Expr::number(0), Expr::from);
        let wear = row(&mut page, &wear, "depreciation");
        let profit = match wear {
            Some(wear) => revenue - cost - wear.into(),
            None => revenue - cost,
        };
        let profit = page.sheet.formula("ebit", page.money, profit);
        let mut flow = after_tax(&mut page, profit);
        if let Some(wear) = wear {
            flow = flow + wear.into();
        }
        for (stream, key) in [(&outlay, "capital_expenditure"), (&working, "working_capital")] {
            if let Some(row) = row(&mut page, stream, key) {
                flow = flow - row.into();
            }
        }
        let flow = page.sheet.formula("free_cash_flow", page.money, flow);
        let present = page.present(flow);
        page.sheet.block(Axis::One, Run::Forward);
        let mut total = page.total(flow, present);
        if let Some(build) = build {
            total = page.sheet.formula("net_of_build_cost", page.money, Expr::from(total) - build.into());
        }
        let value = page.value(total, "IVS 210 (2025)");
        page.finish(desk, value)
    }
}

/// Profit less income tax; losses are carried forward.
fn after_tax(page: &mut Page, profit: RowRef) -> Expr {
    let Some(tax) = page.tax else { return profit.into() };
    let nothing = || Expr::number(0);
    // taxable, tax, losses carried: three rows, the last one read at the period before.
    let losses = page.sheet.next_row(2);
    let profit = || Expr::from(profit);
    let taxable = (profit() - Expr::Prev(losses)).max(nothing());
    let taxable = page.sheet.recurrence("taxable_income", page.money, profit().max(nothing()), taxable);
    let paid = page.sheet.formula("income_tax", page.money, Expr::from(taxable) * Expr::from(tax));
    let left = (Expr::Prev(losses) - profit()).max(nothing());
    page.sheet.recurrence("losses_carried", page.money, (-profit()).max(nothing()), left);
    profit() - paid.into()
}
