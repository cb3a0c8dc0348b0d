//! Multi-period excess earnings (多期超额收益法).

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::desk::{Allowed, Desk};
use crate::error::{Rule, ValuationError};
use crate::given::{Given, GivenMoney, GivenSeries, GivenStream};
use crate::income::frame::{Page, income_method};
use crate::income::measure::IncomeMeasure;
use crate::income::split::{earned, earned_row};
use crate::income::stream::Stream;
use crate::rate::TaxBasis;
use crate::unit::Unit;
use crate::workbook::{Compare, Expr, RowRef};

income_method! {
    /// `CF_t = Rev_t·s_t·m_t·(1−τ) − Σ_j CAC_jt`, discounted: what the primary asset earns after every contributory asset has had
    /// its return.
    ///
    /// | member | meaning | range |
    /// | --- | --- | --- |
    /// | `revenue`, `profit_margin` | revenue that rests on the data asset and its margin; or `income` as such | any |
    /// | `measure` | what the income is: `ebitda`, `ebit`, `net_profit`, `net_cash_flow` … | |
    /// | `contributory` | the other assets with their charges | |
    /// | `charges` | whether the charges are stated `post_tax` or `pre_tax`; as the cash flow where absent | |
    /// | `wara` | reconciles the returns of all assets with the WACC | |
    ///
    /// A contributory charge is one of
    ///
    /// | member | charge of a year |
    /// | --- | --- |
    /// | `amounts` | as stated |
    /// | `share_of_revenue` | share × revenue |
    /// | `value` with `return_on` | value of the asset × required return |
    ///
    /// and `return_of` adds what replaces the asset's wear. It is refused where the income is after wear already (`ebit`,
    /// `profit_before_tax`, `net_profit`): the same wear would be taken twice. Post-tax charges are taken after income tax,
    /// pre-tax charges before it.
    ///
    /// ```json
    /// {"method": "excess_earnings", "years": 3, "measure": "ebit",
    ///  "revenue": {"currency": "CNY", "amounts": ["1000", "1100", "1150"], "evidence": "E1"},
    ///  "profit_margin": {"value": 0.3, "evidence": "E1"}, "tax_rate": {"value": 0.25, "evidence": "E1"},
    ///  "contributory": [
    ///    {"name": "营运资金", "value": {"currency": "CNY", "first": "150", "evidence": "E1"},
    ///     "return_on": {"value": 0.04, "evidence": "E2"}},
    ///    {"name": "人力", "share_of_revenue": {"value": 0.02, "evidence": "E2"}}],
    ///  "cash_flow": {"price_level": "nominal", "tax": "post_tax", "timing": "mid_period"},
    ///  "discount_rate": {"value": 0.15, "evidence": "E2",
    ///    "basis": {"price_level": "nominal", "tax": "post_tax", "timing": "mid_period"}}}
    /// ```
    ///
    /// Errors: two such methods on one revenue (`same_revenue_twice`), a return of an asset whose wear is in the income
    /// already (`return_of_twice`), and those of every income method.
    ///
    /// Source: IVS 210 (excess earnings method); 《数据资产评估指导意见》(中评协〔2023〕17号), appendix: F_t = R_t − Σ C_tj.
    ExcessEarnings {
        /// Income that rests on the data asset, per year; or `revenue` with `profit_margin`.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        income: Option<GivenStream>,
        /// Revenue that rests on the data asset, per year.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        revenue: Option<GivenStream>,
        /// Income as a share of revenue.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        profit_margin: Option<GivenSeries>,
        /// What the income is.
        measure: IncomeMeasure,
        /// The contributory assets, each with its charge.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        contributory: Vec<Contributory>,
        /// Whether the charges are stated before or after tax; as the cash flow where absent.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        charges: Option<TaxBasis>,
        /// Reconciles the returns of all assets with the WACC.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        wara: Option<Wara>,
    }
}

/// A contributory asset and its charge.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Contributory {
    pub name: String,
    /// The charge of each year, as stated.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub amounts: Option<GivenStream>,
    /// The charge as a share of revenue.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub share_of_revenue: Option<GivenSeries>,
    /// Value of the asset per year, with `return_on`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub value: Option<GivenStream>,
    /// Required return on the asset, per year.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub return_on: Option<GivenSeries>,
    /// What replaces the asset's wear per year, where the income is before wear.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub return_of: Option<GivenStream>,
}

/// `WARA = Σ V_j·r_j / Σ V_j` over the contributory assets, other assets and the subject at its discount rate; it should be
/// the WACC, within the tolerance.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Wara {
    pub wacc: Given,
    /// How far WARA may be from WACC before the check fails.
    pub tolerance: Given,
    pub assets: Vec<WaraAsset>,
}

/// An asset of the business other than the subject.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct WaraAsset {
    pub name: String,
    pub value: GivenMoney,
    pub rate: Given,
}

/// The scalar rows of a charge.
struct Charge<'a> {
    name: &'a str,
    on: ChargeOn,
    of: Option<Stream>,
}

enum ChargeOn {
    Amounts(Stream),
    Share(Stream),
    Value(Stream, Stream),
    /// Only the return of the asset.
    None,
}

impl ExcessEarnings {
    /// Writes the sheet and returns the address of the value.
    ///
    /// Source: IVS 210 (excess earnings method).
    pub(crate) fn write(&self, desk: &mut Desk) -> Result<RowRef, ValuationError> {
        self.primary(desk)?;
        let mut page = Page::begin(desk, self.frame())?;
        let given = (self.income.as_ref(), self.revenue.as_ref(), self.profit_margin.as_ref());
        let (income, margin) = earned(desk, &mut page, ["income", "revenue", "profit_margin"], given)?;
        let mut charges = Vec::new();
        for (index, asset) in self.contributory.iter().enumerate() {
            charges.push(self.charge(desk, &mut page, &format!("contributory[{index}]"), asset)?);
        }
        let taxed = self.measure.after_tax();
        page.scalars(desk, taxed)?;

        page.periods(desk);
        let earned = earned_row(&mut page, &income, margin.as_ref(), self.measure);
        // With a margin, the revenue is the row that the income was taken from.
        let revenue = match self.revenue {
            Some(_) => page.sheet.find("surviving_income").or_else(|| page.sheet.find("revenue")),
            None => None,
        };
        let basis = self.charges.unwrap_or(self.cash_flow.tax);
        if basis == TaxBasis::PreTax && taxed {
            let said = "charges before tax are not taken from an income after tax".to_owned();
            return Err(ValuationError::Malformed { field: desk.field("charges"), line: None, said });
        }
        let flow = if basis == TaxBasis::PostTax {
            let after = page.after_tax(earned, taxed);
            rest(desk, &mut page, &charges, revenue, after)?
        } else {
            let rest = rest(desk, &mut page, &charges, revenue, earned)?;
            page.after_tax(rest, taxed)
        };
        let present = page.present(flow);
        page.sheet.block(crate::workbook::Axis::One, crate::workbook::Run::Forward);
        let total = page.total(flow, present);
        let value = page.value(total, "IVS 210 (2025) · 《数据资产评估指导意见》(中评协〔2023〕17号)");
        if let Some(wara) = &self.wara {
            wara.write(desk, &mut page, value)?;
        }
        page.finish(desk, value)
    }

    /// Two primary assets cannot both take what remains of one revenue.
    fn primary(&self, desk: &Desk) -> Result<(), ValuationError> {
        let here = desk.path.as_str();
        for (index, method) in desk.case.methods.iter().enumerate() {
            let path = format!("methods[{index}]");
            let crate::method::Method::ExcessEarnings(other) = method else { continue };
            if path == here {
                return Ok(());
            }
            let same = |a: &Option<GivenStream>, b: &Option<GivenStream>| a.is_some() && a == b;
            if same(&self.revenue, &other.revenue) || same(&self.income, &other.income) {
                let member = if self.revenue.is_some() { "revenue" } else { "income" };
                return Err(ValuationError::refused(Rule::SameRevenueTwice, desk.field(member), &path, ""));
            }
        }
        Ok(())
    }

    /// Writes the scalars of one charge.
    fn charge<'a>(
        &self,
        desk: &mut Desk,
        page: &mut Page,
        at: &str,
        asset: &'a Contributory,
    ) -> Result<Charge<'a>, ValuationError> {
        let years = self.years;
        let member = |name: &str| format!("{at}.{name}");
        let sheet = &mut page.sheet;
        let on = match (&asset.amounts, &asset.share_of_revenue, &asset.value, &asset.return_on) {
            (Some(amounts), None, None, None) => {
                ChargeOn::Amounts(Stream::begin(desk, sheet, &member("amounts"), amounts, years)?)
            }
            (None, Some(share), None, None) => {
                let share = Stream::numbers(desk, sheet, &member("share_of_revenue"), share, years, Allowed::Share)?;
                sheet.about(&asset.name);
                ChargeOn::Share(share)
            }
            (None, None, Some(value), Some(rate)) => {
                let value = Stream::begin(desk, sheet, &member("value"), value, years)?;
                sheet.about(&asset.name);
                let rate = Stream::numbers(desk, sheet, &member("return_on"), rate, years, Allowed::Rate)?;
                sheet.about(&asset.name);
                ChargeOn::Value(value, rate)
            }
            (None, None, None, None) if asset.return_of.is_some() => ChargeOn::None,
            _ => {
                let said = "one of `amounts`, `share_of_revenue`, `value` with `return_on` is expected".to_owned();
                return Err(ValuationError::Malformed { field: desk.field(at), line: None, said });
            }
        };
        let of = match &asset.return_of {
            None => None,
            Some(_) if self.measure.after_wear() => {
                let (field, measure) = (desk.field(&member("return_of")), self.measure.row());
                return Err(ValuationError::refused(Rule::ReturnOfTwice, field, measure, ""));
            }
            Some(given) => Some(Stream::begin(desk, sheet, &member("return_of"), given, years)?),
        };
        Ok(Charge { name: &asset.name, on, of })
    }
}

/// Writes the rows of the charges and what remains after them.
fn rest(
    desk: &Desk,
    page: &mut Page,
    charges: &[Charge],
    revenue: Option<RowRef>,
    income: RowRef,
) -> Result<RowRef, ValuationError> {
    let money = page.money;
    let mut rest = Expr::from(income);
    for (index, charge) in charges.iter().enumerate() {
        let on = match &charge.on {
            ChargeOn::Amounts(stream) => Some(page.stream(stream, "contributory_charge")),
            ChargeOn::Share(share) => {
                let revenue = revenue.ok_or_else(|| {
                    let field = desk.field(&format!("contributory[{index}].share_of_revenue"));
                    let said = "a share of revenue needs `revenue` with `profit_margin`".to_owned();
                    ValuationError::Malformed { field, line: None, said }
                })?;
                let share = share.number(&mut page.sheet, "share_of_revenue");
                Some(page.sheet.formula("contributory_charge", money, Expr::from(revenue) * Expr::from(share)))
            }
            ChargeOn::Value(value, rate) => {
                // A balance is not shared out over a short period; the return on it is.
                let value = value.row(&mut page.sheet, "contributory_value", None);
                page.sheet.about(charge.name);
                let rate = rate.number(&mut page.sheet, "return_on");
                let mut on = Expr::from(value) * Expr::from(rate);
                if let Some(length) = page.length {
                    on = on * Expr::from(length);
                }
                Some(page.sheet.formula("contributory_charge", money, on))
            }
            ChargeOn::None => None,
        };
        if let Some(on) = on {
            page.sheet.about(charge.name);
            rest = rest - on.into();
        }
        if let Some(of) = &charge.of {
            let of = page.stream(of, "return_of");
            page.sheet.about(charge.name);
            rest = rest - of.into();
        }
    }
    Ok(page.sheet.formula("excess_earnings", money, rest))
}

impl Wara {
    /// Writes the reconciliation below the value.
    fn write(&self, desk: &mut Desk, page: &mut Page, value: RowRef) -> Result<(), ValuationError> {
        let (mut total, mut returns) = (Expr::from(value), Expr::from(value) * Expr::from(page.rate));
        for (index, asset) in self.assets.iter().enumerate() {
            let id = desk.amount(&format!("wara.assets[{index}].value"), &asset.value)?;
            let worth = page.sheet.input("other_asset_value", page.money, id);
            page.sheet.about(&asset.name);
            let id = desk.given(&format!("wara.assets[{index}].rate"), &asset.rate, Allowed::Rate)?;
            let rate = page.sheet.input("required_return", Unit::Ratio, id);
            page.sheet.about(&asset.name);
            total = total + worth.into();
            returns = returns + Expr::from(worth) * Expr::from(rate);
        }
        let wara = page.sheet.formula("wara", Unit::Ratio, returns / total);
        let id = desk.given("wara.wacc", &self.wacc, Allowed::Rate)?;
        let wacc = page.sheet.input("wacc", Unit::Ratio, id);
        let id = desk.given("wara.tolerance", &self.tolerance, Allowed::NotNegative)?;
        let tolerance = page.sheet.input("wara_tolerance", Unit::Ratio, id);
        let apart = || Expr::from(wara) - wacc.into();
        let apart = apart().max(-apart());
        page.sheet.check("wara_reconciles", "wara_reconciles", apart.compare(Compare::LessOrEqual, tolerance.into()));
        Ok(())
    }
}
