//! The authorised operation as its operator files it: the cost book, the terms of the authority, the products.

use rust_decimal::Decimal;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::case::read;
use crate::error::ValuationError;
use crate::evidence::{Evidence, Support, Supported};
use crate::money::Currency;
use crate::period::Schedule;
use crate::public_data::cost_item::CostItemKind;
use crate::public_data::error::PublicDataError;
use crate::public_data::purpose::UsePurpose;
use crate::public_data::{Circumstances, PermittedRevenue, PermittedRevenueSheet, Product, ProfitBase};
use crate::unit::{PriceUnit, Unit};
use crate::words::{self, Language};
use crate::workbook::draft::SheetDraft;
use crate::workbook::{
    Arithmetic, Axis, Binding, Bindings, Expr, InputId, Point, Quantity, RowRef, Run, Workbook, calculate,
};

/// One year's or several years' filing of an operator: the file of `public-data revenue | ceilings | report`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Operation {
    pub operator: String,
    /// The authority that authorised it.
    pub authorised_by: String,
    pub currency: Currency,
    pub periods: Schedule,
    #[serde(default)]
    pub evidence: Vec<Evidence>,
    pub costs: Vec<CostLine>,
    #[schemars(with = "Supported<Vec<String>>")]
    pub free_use_share: Supported<Vec<Decimal>>,
    #[schemars(with = "Supported<Vec<String>>")]
    pub subsidy: Supported<Vec<Decimal>>,
    pub profit: ProfitTerms,
    /// 税金, excluding VAT.
    #[schemars(with = "Supported<Vec<String>>")]
    pub tax: Supported<Vec<Decimal>>,
    #[schemars(with = "Supported<String>")]
    pub opening_clawback: Supported<Decimal>,
    /// Leading periods before the first full year: their ceilings are trial rates (试行收费标准).
    #[serde(default)]
    pub trial_periods: u32,
    /// Whether ceilings and charged rates include VAT.
    pub ceiling_vat: VatBasis,
    pub products: Vec<ProductTerms>,
    /// How the maximum of one period becomes ceilings; read by `public-data ceilings`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub allocation: Option<crate::public_data::ceilings::Allocation>,
}

/// The permitted profit: the notice leaves rate, base and period to the authority, so each must be sourced.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ProfitTerms {
    #[schemars(with = "Supported<Vec<String>>")]
    pub rate: Supported<Vec<Decimal>>,
    pub base: BaseTerms,
    /// The document that sets base and period, with its number.
    pub source: String,
}

/// What the rate applies to.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum BaseTerms {
    /// Chargeable cost net of subsidy.
    NetCost,
    /// Effective assets of each period.
    Assets(#[schemars(with = "Supported<Vec<String>>")] Supported<Vec<Decimal>>),
}

/// Whether amounts include value added tax.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum VatBasis {
    Excluded,
    /// Included at a rate.
    Included(#[schemars(with = "Supported<String>")] Supported<Decimal>),
}

/// One line of the cost book.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct CostLine {
    pub name: String,
    pub item: CostItemKind,
    #[schemars(with = "Supported<Vec<String>>")]
    pub amounts: Supported<Vec<Decimal>>,
    pub vat: VatBasis,
    /// Whether it is reasonable spend for chargeable products.
    pub eligible: bool,
    /// Why it is not.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
}

/// A product or service.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ProductTerms {
    pub name: String,
    pub per: PriceUnit,
    pub purpose: UsePurpose,
    #[schemars(with = "Supported<Vec<String>>")]
    pub ceiling: Supported<Vec<Decimal>>,
    #[schemars(with = "Supported<Vec<String>>")]
    pub forecast_volume: Supported<Vec<Decimal>>,
    #[schemars(with = "Supported<Vec<String>>")]
    pub charged_rate: Supported<Vec<Decimal>>,
    #[schemars(with = "Supported<Vec<String>>")]
    pub sold_volume: Supported<Vec<Decimal>>,
}

/// The calculated operation.
#[derive(Clone, Debug)]
pub struct Operated {
    pub sheet: PermittedRevenueSheet,
    pub point: Point,
    /// Eligible and ineligible cost, excluding VAT.
    pub eligible_cost: RowRef,
    pub ineligible_cost: RowRef,
}

impl Operation {
    /// Reads a filing from text.
    ///
    /// # Errors
    /// Unreadable text, an unknown field with the nearest known name, a missing or malformed member.
    pub fn from_text(text: &str, format: read::Format) -> Result<Operation, ValuationError> {
        read::document(text, format)
    }

    /// The permitted revenue of every period, without looking whether the ceilings fit.
    ///
    /// Sheets: the cost book (eligible lines excluding VAT), then the permitted revenue.
    ///
    /// # Errors
    /// Series of other lengths than the periods; negative numbers; unknown evidence; an ineligible line without a reason; a
    /// charge for a free purpose; a permitted revenue below zero, with its period.
    ///
    /// Source: 发改价格〔2025〕65号 (2025): 最高准许收入 = 经营成本 + 准许利润 + 税金, cost net of government subsidy.
    pub fn calculate(&self) -> Result<Operated, ValuationError> {
        self.check()?;
        let (mut workbook, mut bindings) = (Workbook::default(), Bindings::default());
        let (eligible_cost, ineligible_cost) = self.cost_book(&mut workbook, &mut bindings);
        let under = Circumstances {
            operating_cost: Some(eligible_cost),
            trial_periods: self.trial_periods,
            ceiling_vat: match &self.ceiling_vat {
                VatBasis::Excluded => None,
                VatBasis::Included(rate) => Some(rate.clone()),
            },
        };
        let sheet = self.terms().sheet_after(workbook, bindings, &under)?;
        let point = calculate(&sheet.workbook, &sheet.bindings)?;
        for column in 0..self.periods.count {
            let value = point.number(sheet.before_clawback, column as usize).exact().unwrap_or_default();
            if value < Decimal::ZERO {
                let (field, period) = ("subsidy".to_owned(), self.periods.label(column));
                return Err(PublicDataError::NegativeRevenue { field, period, value: value.to_string() }.into());
            }
        }
        Ok(Operated { sheet, point, eligible_cost, ineligible_cost })
    }

    /// Whether ceilings fit into the maximum of every period and rates stay below their ceilings.
    ///
    /// # Errors
    /// The first constraint that is missed, with its period and by how much.
    ///
    /// Source: 发改价格〔2025〕65号: ceilings within the maximum permitted revenue, rates at or below the ceilings.
    pub fn feasible(&self, done: &Operated) -> Result<(), ValuationError> {
        let infeasible = |field: String, constraint: &str, column: u32, found: Decimal, allowed: Decimal| {
            let constraint = words::text(&format!("check.{constraint}"), Language::Zh);
            ValuationError::from(PublicDataError::CeilingsInfeasible {
                field,
                constraint,
                period: self.periods.label(column),
                found: found.to_string(),
                allowed: allowed.to_string(),
                difference: (found - allowed).to_string(),
            })
        };
        for column in 0..self.periods.count {
            let at = column as usize;
            for (index, product) in self.products.iter().enumerate() {
                let (rate, ceiling) = (product.charged_rate.value[at], product.ceiling.value[at]);
                if rate > ceiling {
                    let field = format!("products[{index}].charged_rate");
                    return Err(infeasible(field, "rate_within_ceiling", column, rate, ceiling));
                }
            }
            let exact = |row| done.point.number(row, at).exact().unwrap_or_default();
            let (found, allowed) = (exact(done.sheet.ceiling_revenue), exact(done.sheet.maximum_permitted_revenue));
            if column >= self.trial_periods && found > allowed {
                return Err(infeasible("products".to_owned(), "ceilings_feasible", column, found, allowed));
            }
        }
        Ok(())
    }

    fn terms(&self) -> PermittedRevenue {
        let zero = vec![Decimal::ZERO; self.periods.count as usize];
        PermittedRevenue {
            currency: self.currency,
            periods: self.periods,
            // Stands in the cost book instead.
            operating_cost: Supported { value: zero, support: self.tax.support.clone() },
            free_use_share: self.free_use_share.clone(),
            subsidy: self.subsidy.clone(),
            profit_rate: self.profit.rate.clone(),
            profit_base: match &self.profit.base {
                BaseTerms::NetCost => ProfitBase::NetCost,
                BaseTerms::Assets(assets) => ProfitBase::Assets(assets.clone()),
            },
            tax: self.tax.clone(),
            opening_clawback: self.opening_clawback.clone(),
            products: self.products.iter().map(ProductTerms::product).collect(),
        }
    }

    fn check(&self) -> Result<(), ValuationError> {
        for (index, line) in self.costs.iter().enumerate() {
            let field = format!("costs[{index}].amounts");
            let periods = self.periods.count as usize;
            if line.amounts.value.len() != periods {
                let said = format!("{} numbers for {periods} periods", line.amounts.value.len());
                return Err(ValuationError::Malformed { field, line: None, said });
            }
            if let Some(value) = line.amounts.value.iter().find(|value| **value < Decimal::ZERO) {
                return Err(ValuationError::Negative { field, value: value.to_string() });
            }
            if !line.eligible && line.reason.as_ref().is_none_or(|reason| reason.trim().is_empty()) {
                let (field, name) = (format!("costs[{index}]"), "reason".to_owned());
                return Err(ValuationError::Missing { field, line: None, name });
            }
        }
        if self.costs.is_empty() || self.profit.source.trim().is_empty() {
            let name = if self.costs.is_empty() { "costs" } else { "profit.source" }.to_owned();
            return Err(ValuationError::Missing { field: name.clone(), line: None, name });
        }
        for (index, product) in self.products.iter().enumerate() {
            let charged = product.charged_rate.value.iter().any(|rate| *rate > Decimal::ZERO);
            if charged && !product.purpose.chargeable() {
                let field = format!("products[{index}].charged_rate");
                let purpose = product.purpose.label(Language::Zh);
                return Err(PublicDataError::ChargedButFree { field, purpose }.into());
            }
        }
        self.evidence_known()
    }

    /// Every input rests on an evidence of the file or on an assumption.
    fn evidence_known(&self) -> Result<(), ValuationError> {
        let mut supports: Vec<(String, &Support)> = vec![
            ("free_use_share".to_owned(), &self.free_use_share.support),
            ("subsidy".to_owned(), &self.subsidy.support),
            ("profit.rate".to_owned(), &self.profit.rate.support),
            ("tax".to_owned(), &self.tax.support),
            ("opening_clawback".to_owned(), &self.opening_clawback.support),
        ];
        if let BaseTerms::Assets(assets) = &self.profit.base {
            supports.push(("profit.base.assets".to_owned(), &assets.support));
        }
        if let VatBasis::Included(rate) = &self.ceiling_vat {
            supports.push(("ceiling_vat.included".to_owned(), &rate.support));
        }
        for (index, line) in self.costs.iter().enumerate() {
            supports.push((format!("costs[{index}].amounts"), &line.amounts.support));
            if let VatBasis::Included(rate) = &line.vat {
                supports.push((format!("costs[{index}].vat"), &rate.support));
            }
        }
        for (index, product) in self.products.iter().enumerate() {
            for (member, series) in [
                ("ceiling", &product.ceiling),
                ("forecast_volume", &product.forecast_volume),
                ("charged_rate", &product.charged_rate),
                ("sold_volume", &product.sold_volume),
            ] {
                supports.push((format!("products[{index}].{member}"), &series.support));
            }
        }
        let known = |id: &String| self.evidence.iter().any(|evidence| evidence.id == *id);
        for (field, support) in supports {
            let each = match support {
                Support::Each(each) => each.as_slice(),
                one => std::slice::from_ref(one),
            };
            for support in each {
                if let Support::Evidence(id) = support
                    && !known(id)
                {
                    return Err(ValuationError::UnknownEvidence { field, id: id.clone() });
                }
            }
        }
        Ok(())
    }

    /// The cost book: every line excluding VAT, then the sums of what is eligible and what is not.
    fn cost_book(&self, workbook: &mut Workbook, bindings: &mut Bindings) -> (RowRef, RowRef) {
        let money = Unit::Money(self.currency);
        let places = self.currency.minor_places();
        let mut sheet = SheetDraft::begin(workbook, "operating_cost", None, Arithmetic::Books);
        let mut bind = |id: String, quantity: Quantity, support: &Support| {
            let id = InputId(id);
            bindings.inputs.insert(id.clone(), Binding { quantity, support: support.clone() });
            id
        };
        sheet.block(Axis::One, Run::Forward);
        let mut rates: Vec<Option<RowRef>> = Vec::new();
        for (index, line) in self.costs.iter().enumerate() {
            rates.push(match &line.vat {
                VatBasis::Excluded => None,
                VatBasis::Included(rate) => {
                    let id = bind(format!("cost.{}.vat_rate", index + 1), Quantity::Exact(rate.value), &rate.support);
                    let row = sheet.input("cost_vat_rate", Unit::Ratio, id);
                    sheet.about(&line.name);
                    Some(row)
                }
            });
        }
        if rates.iter().all(Option::is_none) {
            sheet.formula("cost_lines", Unit::Count, Expr::number(self.costs.len() as i64));
        }
        sheet.block(Axis::Time(self.periods), Run::Forward);
        let (mut eligible, mut ineligible) = (Expr::number(0), Expr::number(0));
        for ((index, line), rate) in self.costs.iter().enumerate().zip(rates) {
            let kind = line.item.label(Language::Zh);
            let about = format!("{kind}：{}", line.name);
            let amounts = Quantity::ExactSeries(line.amounts.value.clone());
            let id = bind(format!("cost.{}.amounts", index + 1), amounts, &line.amounts.support);
            let mut row = sheet.input("cost_amount", money, id);
            sheet.about(&about);
            if let Some(rate) = rate {
                let net = (Expr::from(row) / (Expr::number(1) + rate.into())).round(places);
                row = sheet.formula("cost_without_vat", money, net);
                sheet.about(&about);
            }
            match (line.eligible, &line.reason) {
                (true, _) => eligible = eligible + row.into(),
                (false, reason) => {
                    ineligible = ineligible + row.into();
                    sheet.formula("cost_not_eligible", money, row.into());
                    sheet.about(&format!("{}（{}）", line.name, reason.as_deref().unwrap_or_default()));
                }
            }
        }
        let eligible = sheet.formula("eligible_cost", money, eligible);
        sheet.cite(super::NOTICE);
        let ineligible = sheet.formula("ineligible_cost", money, ineligible);
        sheet.finish(workbook);
        (eligible, ineligible)
    }
}

impl ProductTerms {
    fn product(&self) -> Product {
        Product {
            name: self.name.clone(),
            per: self.per,
            ceiling: self.ceiling.clone(),
            forecast_volume: self.forecast_volume.clone(),
            charged_rate: self.charged_rate.clone(),
            sold_volume: self.sold_volume.clone(),
        }
    }
}
