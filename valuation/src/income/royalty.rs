//! Relief from royalty (许可费节省法).

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::desk::{Allowed, Desk};
use crate::error::ValuationError;
use crate::given::{Given, GivenRate, GivenStream};
use crate::income::discounting::{Perpetuity, Terminal, factors, same_basis};
use crate::income::stream::Stream;
use crate::income::tax_amortisation::{self, TaxAmortisation};
use crate::rate::{RateBasis, TaxBasis};
use crate::unit::Unit;
use crate::workbook::draft::SheetDraft;
use crate::workbook::{Arithmetic, Axis, Expr, RowRef, Run};

/// The royalties an owner need not pay: `V = Σ (Rev_t·ρ − maintenance_t)·(1−τ)·DF_t`, with a tax amortisation benefit on
/// request.
///
/// | member | meaning | range |
/// | --- | --- | --- |
/// | `years` | remaining economic life in whole years | 1 … 100 |
/// | `revenue` | licensed revenue per year | ≥ 0 |
/// | `royalty_rate` | ρ, share of revenue | 0 … 1 |
/// | `maintenance_rate` | cost the licensor bears, share of revenue | 0 … 1 |
/// | `tax_rate` | τ; present exactly when `cash_flow` is post-tax | 0 … 1 |
/// | `cash_flow` | basis of the cash flow; must equal that of `discount_rate` | |
/// | `perpetuity` | what follows the last year; its growth is below the rate | |
///
/// Errors: a basis that does not match, growth at or above the rate, numbers out of range or without support.
///
/// Source: IVS 210 (relief-from-royalty method); 《资产评估专家指引第9号——数据资产评估》 (2019), income approach.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ReliefFromRoyalty {
    /// Distinguishes two uses of the method in one case.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    pub years: u32,
    pub revenue: GivenStream,
    pub royalty_rate: Given,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub maintenance_rate: Option<Given>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tax_rate: Option<Given>,
    pub cash_flow: RateBasis,
    pub discount_rate: GivenRate,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub perpetuity: Option<Perpetuity>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tax_amortisation: Option<TaxAmortisation>,
}

impl ReliefFromRoyalty {
    /// Writes the sheet and returns the address of the value.
    ///
    /// Source: IVS 210 (relief-from-royalty method).
    pub(crate) fn write(&self, desk: &mut Desk) -> Result<RowRef, ValuationError> {
        same_basis(desk, self.cash_flow, &self.discount_rate)?;
        life(desk, self.years)?;
        let mut sheet = SheetDraft::begin(&desk.workbook, &desk.name, None, Arithmetic::Model);
        sheet.block(Axis::One, Run::Forward);
        let revenue = Stream::begin(desk, &mut sheet, "revenue", &self.revenue, self.years)?;
        let royalty_rate = desk.row(&mut sheet, "royalty_rate", &self.royalty_rate, Allowed::Share)?;
        let maintenance = match &self.maintenance_rate {
            Some(given) => Some(desk.row(&mut sheet, "maintenance_rate", given, Allowed::Share)?),
            None => None,
        };
        let tax = tax_row(desk, &mut sheet, self.cash_flow.tax, &self.tax_rate)?;
        let rate = desk.rate(&mut sheet, "discount_rate", &self.discount_rate)?;
        let terminal = match &self.perpetuity {
            Some(perpetuity) => Some(Terminal::begin(desk, &mut sheet, perpetuity, &self.discount_rate)?),
            None => None,
        };
        let amortised = match (&self.tax_amortisation, tax) {
            (Some(amortisation), Some(tax)) => {
                let id = desk.given("tax_amortisation.years", &amortisation.years, Allowed::Positive)?;
                Some((sheet.input("tax_amortisation_years", Unit::Years, id), tax))
            }
            (Some(_), None) => return Err(tax_missing(desk)),
            (None, _) => None,
        };

        let money = desk.money();
        sheet.block(desk.years(self.years), Run::Forward);
        let revenue = revenue.row(&mut sheet, "revenue", money);
        let royalty = sheet.formula("royalty", money, Expr::from(revenue) * Expr::from(royalty_rate));
        let before_tax = match maintenance {
            Some(share) => {
                let borne = sheet.formula("maintenance", money, Expr::from(revenue) * Expr::from(share));
                sheet.formula("royalty_after_maintenance", money, Expr::from(royalty) - Expr::from(borne))
            }
            None => royalty,
        };
        let cash_flow = after_tax(&mut sheet, money, before_tax, tax);
        let factor = factors(&mut sheet, rate, self.discount_rate.basis.timing);
        let present = sheet.formula("present_value", money, Expr::from(cash_flow) * Expr::from(factor));

        sheet.block(Axis::One, Run::Forward);
        let sum = sheet.formula("present_value_total", money, Expr::sum(present));
        let mut total = sum;
        if let Some(terminal) = terminal {
            let beyond = terminal.rows(&mut sheet, money, rate, cash_flow, factor, self.years);
            total = sheet.formula("present_value_with_perpetuity", money, Expr::from(sum) + Expr::from(beyond));
        }
        let mut value = Expr::from(total);
        if let Some((years, tax)) = amortised {
            let timing = self.discount_rate.basis.timing;
            value = value * tax_amortisation::factor(&mut sheet, tax, rate, years, timing).into();
        }
        let value = sheet.formula("value", money, value);
        sheet.cite("IVS 210 (2025) · 《资产评估专家指引第9号——数据资产评估》");
        sheet.finish(&mut desk.workbook);
        Ok(value)
    }
}

/// A life of 1 to 100 whole years.
pub(crate) fn life(desk: &Desk, years: u32) -> Result<(), ValuationError> {
    if (1..=100).contains(&years) {
        return Ok(());
    }
    let (low, high) = ("1".to_owned(), "100".to_owned());
    Err(ValuationError::OutOfRange { field: desk.field("years"), value: years.to_string(), low, high })
}

/// The tax row: present exactly when the cash flow is after tax.
pub(crate) fn tax_row(
    desk: &mut Desk,
    sheet: &mut SheetDraft,
    basis: TaxBasis,
    tax: &Option<Given>,
) -> Result<Option<RowRef>, ValuationError> {
    match (basis, tax) {
        (TaxBasis::PostTax, Some(given)) => Ok(Some(desk.row(sheet, "tax_rate", given, Allowed::Share)?)),
        (TaxBasis::PostTax, None) => Err(tax_missing(desk)),
        (TaxBasis::PreTax, None) => Ok(None),
        (TaxBasis::PreTax, Some(_)) => {
            let said = "a pre-tax cash flow has no tax rate".to_owned();
            Err(ValuationError::Malformed { field: desk.field("tax_rate"), line: None, said })
        }
    }
}

fn tax_missing(desk: &Desk) -> ValuationError {
    ValuationError::Missing { field: desk.field("tax_rate"), line: None, name: "tax_rate".to_owned() }
}

/// Income tax and what remains after it; the cash flow itself where it is pre-tax.
pub(crate) fn after_tax(sheet: &mut SheetDraft, money: Unit, before: RowRef, tax: Option<RowRef>) -> RowRef {
    let Some(tax) = tax else { return before };
    let paid = sheet.formula("income_tax", money, Expr::from(before) * Expr::from(tax));
    sheet.formula("cash_flow", money, Expr::from(before) - Expr::from(paid))
}
