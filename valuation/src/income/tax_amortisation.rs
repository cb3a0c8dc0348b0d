//! The tax amortisation benefit (TAB): what a buyer's tax deductions add to an income-approach value.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::given::Given;
use crate::rate::Timing;
use crate::unit::Unit;
use crate::workbook::draft::SheetDraft;
use crate::workbook::{Compare, Expr, RowRef};

/// Straight-line tax amortisation of the value over `years`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct TaxAmortisation {
    /// Years over which tax law lets a buyer amortise the value.
    pub years: Given,
    /// τ; absent where that of the method serves.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tax_rate: Option<Given>,
}

/// Writes the rows of the TAB factor and returns the address of the factor.
///
/// `TABf = 1 / (1 − (τ/n)·a(n,k))`, with `a(n,k) = (1 − (1+k)^−n)/k`, times `(1+k)^½` for mid-period flows; a(n,0) = n.
/// It applies to income-approach values only.
///
/// Source: International Valuation Glossary and IVS 210 (tax amortisation benefit); the formula is checked against two
/// published examples, V8 and V9 of `tests/fixtures/reference/MANIFEST.toml`.
pub fn factor(sheet: &mut SheetDraft, tax: RowRef, rate: RowRef, years: RowRef, timing: Timing) -> RowRef {
    let one = || Expr::number(1);
    let discounted = one() - (one() + Expr::from(rate)).pow(-Expr::from(years));
    let level = Expr::from(rate).compare(Compare::Equal, Expr::number(0));
    let annuity = sheet.formula("annuity_factor", Unit::Ratio, level.if_else(years.into(), discounted / rate.into()));
    let half = match timing {
        Timing::EndOfPeriod => one(),
        Timing::MidPeriod => (one() + Expr::from(rate)).pow(one() / Expr::number(2)),
    };
    let shield = Expr::from(tax) / Expr::from(years) * Expr::from(annuity) * half;
    sheet.formula("tax_amortisation_factor", Unit::Ratio, one() / (one() - shield))
}
