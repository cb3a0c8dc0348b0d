//! Relief from royalty (许可费节省法).

use crate::desk::{Allowed, Desk};
use crate::error::ValuationError;
use crate::given::{GivenSeries, GivenStream};
use crate::income::frame::{Page, income_method};
use crate::income::stream::Stream;
use crate::workbook::{Expr, RowRef};

income_method! {
    /// The royalties an owner need not pay: `V = Σ (Rev_t·ρ − maintenance_t)·(1−τ)·DF_t`, with a tax amortisation benefit on
    /// request.
    ///
    /// | member | meaning | range |
    /// | --- | --- | --- |
    /// | `revenue` | licensed revenue per year | ≥ 0 |
    /// | `royalty_rate` | ρ, share of revenue; one value or one a year | 0 … 1 |
    /// | `maintenance_rate` | cost the licensor bears, share of revenue | 0 … 1 |
    /// | `tax_rate` | τ; present exactly when `cash_flow` is post-tax | 0 … 1 |
    ///
    /// ```json
    /// {"method": "relief_from_royalty", "years": 3,
    ///  "revenue": {"currency": "CNY", "first": "1000000", "growth": {"value": 0.05, "evidence": "E1"}, "evidence": "E1"},
    ///  "royalty_rate": {"value": 0.06, "evidence": "E2"}, "tax_rate": {"value": 0.25, "evidence": "E1"},
    ///  "cash_flow": {"price_level": "nominal", "tax": "post_tax", "timing": "mid_period"},
    ///  "discount_rate": {"value": 0.12, "evidence": "E2",
    ///    "basis": {"price_level": "nominal", "tax": "post_tax", "timing": "mid_period"}}}
    /// ```
    ///
    /// Errors: a basis that does not match, growth at or above the rate, numbers out of range or without support.
    ///
    /// Source: IVS 210 (relief-from-royalty method); 《资产评估专家指引第9号——数据资产评估》 (2019), income approach.
    ReliefFromRoyalty {
        /// Licensed revenue per year.
        revenue: GivenStream,
        /// ρ, share of revenue.
        royalty_rate: GivenSeries,
        /// Cost the licensor bears, share of revenue.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        maintenance_rate: Option<GivenSeries>,
    }
}

impl ReliefFromRoyalty {
    /// Writes the sheet and returns the address of the value.
    ///
    /// Source: IVS 210 (relief-from-royalty method).
    pub(crate) fn write(&self, desk: &mut Desk) -> Result<RowRef, ValuationError> {
        let mut page = Page::begin(desk, self.frame())?;
        let years = self.years;
        let revenue = Stream::begin(desk, &mut page.sheet, "revenue", &self.revenue, years)?;
        let share = |desk: &mut Desk, page: &mut Page, member: &str, given: &GivenSeries| {
            Stream::numbers(desk, &mut page.sheet, member, given, years, Allowed::Share)
        };
        let royalty_rate = share(desk, &mut page, "royalty_rate", &self.royalty_rate)?;
        let maintenance = match &self.maintenance_rate {
            Some(given) => Some(share(desk, &mut page, "maintenance_rate", given)?),
            None => None,
        };
        page.scalars(desk, false)?;

        page.periods(desk);
        let money = page.money;
        let revenue = page.income(&revenue, "revenue");
        let royalty_rate = royalty_rate.number(&mut page.sheet, "royalty_rate");
        let royalty = page.sheet.formula("royalty", money, Expr::from(revenue) * Expr::from(royalty_rate));
        let before_tax = match maintenance {
            Some(share) => {
                let share = share.number(&mut page.sheet, "maintenance_rate");
                let borne = page.sheet.formula("maintenance", money, Expr::from(revenue) * Expr::from(share));
                let rest = Expr::from(royalty) - Expr::from(borne);
                page.sheet.formula("royalty_after_maintenance", money, rest)
            }
            None => royalty,
        };
        let cash_flow = page.after_tax(before_tax, false);
        page.close(desk, cash_flow, "IVS 210 (2025) · 《资产评估专家指引第9号——数据资产评估》")
    }
}
