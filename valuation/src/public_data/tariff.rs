//! Progressive tiers, summed tier by tier, and who uses free of charge.

use rust_decimal::Decimal;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::error::ValuationError;
use crate::evidence::{Evidence, Support, Supported};
use crate::money::{Currency, Money};
use crate::public_data::error::PublicDataError;
use crate::public_data::purpose::UsePurpose;
use crate::unit::{PriceUnit, Unit};
use crate::workbook::draft::SheetDraft;
use crate::workbook::{Arithmetic, Axis, Binding, Bindings, Expr, InputId, Quantity, RowRef, Run, Workbook, calculate};

/// Rules of charging public-data operation in tiers.
const NOTICE: &str = "《关于建立公共数据资源授权运营价格形成机制的通知》(发改价格〔2025〕65号)";

/// A tariff and the usage it is applied to: the file of `public-data tariff`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Tariff {
    /// What is charged for.
    pub name: String,
    pub currency: Currency,
    pub per: PriceUnit,
    #[serde(default)]
    pub evidence: Vec<Evidence>,
    /// In rising order; the last one has no bound.
    pub tiers: Vec<Tier>,
    pub price_source: Support,
    pub usage: Vec<Usage>,
    pub usage_source: Support,
}

/// A tier: the price of what is used above the tier before, up to its bound.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Tier {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Option<String>")]
    pub up_to: Option<Decimal>,
    #[schemars(with = "String")]
    pub price: Decimal,
}

/// What one customer used.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Usage {
    pub customer: String,
    #[schemars(with = "String")]
    pub quantity: Decimal,
    pub purpose: UsePurpose,
    /// What remains of the charge for a key scenario, such as 0.8; with its source.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Option<Supported<String>>")]
    pub discount: Option<Supported<Decimal>>,
}

/// One customer's bill.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Bill {
    pub customer: String,
    #[schemars(with = "String")]
    pub quantity: Decimal,
    pub purpose: UsePurpose,
    pub free: bool,
    /// The charge of each tier.
    pub tiers: Vec<Money>,
    pub gross: Money,
    pub amount: Money,
}

/// The bills with their working paper.
#[derive(Clone, Debug)]
pub struct Billed {
    pub workbook: Workbook,
    pub bindings: Bindings,
    pub bills: Vec<Bill>,
    pub total: Money,
}

impl Tariff {
    /// Bills every customer.
    ///
    /// ```text
    /// charge = Σ_k (min(usage, bound_k) − bound_{k−1})⁺ · price_k      each tier rounded to the cent
    /// ```
    ///
    /// # Errors
    /// No tier; bounds that do not rise; a last tier with a bound; negative numbers; unknown evidence.
    ///
    /// Source: 发改价格〔2025〕65号; 福建省 2025-03-28: 累进阶梯、分档累加, public welfare free.
    pub fn bill(&self) -> Result<Billed, ValuationError> {
        self.check()?;
        let (mut workbook, mut bindings) = (Workbook::default(), Bindings::default());
        let rows = self.sheet(&mut workbook, &mut bindings);
        let point = calculate(&workbook, &bindings)?;
        let money = |row: RowRef, column: usize| {
            let mut amount = point.number(row, column).exact().unwrap_or_default();
            amount.rescale(self.currency.minor_places());
            Money::new(amount, self.currency)
        };
        let bills = self.usage.iter().enumerate().map(|(at, usage)| Bill {
            customer: usage.customer.clone(),
            quantity: usage.quantity,
            purpose: usage.purpose,
            free: !usage.purpose.chargeable(),
            tiers: rows.tiers.iter().map(|row| money(*row, at)).collect(),
            gross: money(rows.gross, at),
            amount: money(rows.amount, at),
        });
        let bills = bills.collect();
        let total = money(rows.total, 0);
        Ok(Billed { workbook, bindings, bills, total })
    }

    fn check(&self) -> Result<(), ValuationError> {
        let missing =
            |name: &str| ValuationError::Missing { field: name.to_owned(), line: None, name: name.to_owned() };
        let mut before = Decimal::ZERO;
        for (index, tier) in self.tiers.iter().enumerate() {
            if tier.price < Decimal::ZERO {
                let field = format!("tiers[{index}].price");
                return Err(ValuationError::Negative { field, value: tier.price.to_string() });
            }
            let last = index + 1 == self.tiers.len();
            match tier.up_to {
                Some(bound) if bound <= before => {
                    let (bound, before) = (bound.to_string(), before.to_string());
                    let field = format!("tiers[{index}].up_to");
                    return Err(PublicDataError::TiersUnordered { field, bound, before }.into());
                }
                Some(bound) if last => {
                    let (field, bound) = (format!("tiers[{index}].up_to"), bound.to_string());
                    return Err(PublicDataError::TiersBounded { field, bound }.into());
                }
                Some(bound) => before = bound,
                None if last => {}
                None => {
                    let (bound, before) = ("∞".to_owned(), before.to_string());
                    let field = format!("tiers[{index}].up_to");
                    return Err(PublicDataError::TiersUnordered { field, bound, before }.into());
                }
            }
        }
        if self.tiers.is_empty() || self.usage.is_empty() {
            return Err(missing(if self.tiers.is_empty() { "tiers" } else { "usage" }));
        }
        for (index, usage) in self.usage.iter().enumerate() {
            if usage.quantity < Decimal::ZERO {
                let field = format!("usage[{index}].quantity");
                return Err(ValuationError::Negative { field, value: usage.quantity.to_string() });
            }
            if let Some(discount) = &usage.discount
                && !(Decimal::ZERO..=Decimal::ONE).contains(&discount.value)
            {
                let (low, high) = ("0".to_owned(), "1".to_owned());
                let (field, value) = (format!("usage[{index}].discount"), discount.value.to_string());
                return Err(ValuationError::OutOfRange { field, value, low, high });
            }
        }
        let supports = [("price_source", &self.price_source), ("usage_source", &self.usage_source)];
        for (field, support) in supports {
            if let Support::Evidence(id) = support
                && !self.evidence.iter().any(|evidence| evidence.id == *id)
            {
                return Err(ValuationError::UnknownEvidence { field: field.to_owned(), id: id.clone() });
            }
        }
        Ok(())
    }

    fn sheet(&self, workbook: &mut Workbook, bindings: &mut Bindings) -> Rows {
        let money = Unit::Money(self.currency);
        let places = self.currency.minor_places();
        let mut bind = |id: String, quantity: Quantity, support: Support| {
            let id = InputId(id);
            bindings.inputs.insert(id.clone(), Binding { quantity, support });
            id
        };
        let mut sheet = SheetDraft::begin(workbook, "tariff", Some(self.name.clone()), Arithmetic::Books);
        sheet.block(Axis::One, Run::Forward);
        let mut tiers = Vec::new();
        for (index, tier) in self.tiers.iter().enumerate() {
            let price =
                bind(format!("tier.{}.price", index + 1), Quantity::Exact(tier.price), self.price_source.clone());
            let price = sheet.input("tier_price", Unit::UnitPrice(self.currency, self.per), price);
            sheet.about(&(index + 1).to_string());
            let bound = tier.up_to.map(|bound| {
                let id = bind(format!("tier.{}.up_to", index + 1), Quantity::Exact(bound), self.price_source.clone());
                let row = sheet.input("tier_bound", Unit::Count, id);
                sheet.about(&(index + 1).to_string());
                row
            });
            tiers.push((price, bound));
        }
        let customers: Vec<String> = self.usage.iter().map(|usage| usage.customer.clone()).collect();
        sheet.block(Axis::Items(customers), Run::Forward);
        let series = |of: &dyn Fn(&Usage) -> Decimal| Quantity::ExactSeries(self.usage.iter().map(of).collect());
        let usage_source = || self.usage_source.clone();
        let used = bind("usage".into(), series(&|usage| usage.quantity), usage_source());
        let used = sheet.input("used_quantity", Unit::Count, used);
        let charged = |usage: &Usage| Decimal::from(u8::from(usage.purpose.chargeable()));
        let charged = bind("chargeable".into(), series(&charged), usage_source());
        let charged = sheet.input("chargeable_use", Unit::Flag, charged);
        sheet.cite(NOTICE);
        let remains = |usage: &Usage| usage.discount.as_ref().map_or(Decimal::ONE, |discount| discount.value);
        let each =
            self.usage.iter().map(|usage| usage.discount.as_ref().map_or_else(usage_source, |d| d.support.clone()));
        let remains = bind("discount".into(), series(&remains), Support::Each(each.collect()));
        let remains = sheet.input("share_after_discount", Unit::Ratio, remains);
        let mut rows = Vec::new();
        let (mut below, mut gross): (Expr, Expr) = (Expr::number(0), Expr::number(0));
        for (index, (price, bound)) in tiers.iter().enumerate() {
            let upper = bound.map_or_else(|| Expr::from(used), |bound| Expr::from(used).min(bound.into()));
            let inside = sheet.formula("tier_quantity", Unit::Count, (upper - below.clone()).max(Expr::number(0)));
            sheet.about(&(index + 1).to_string());
            let charge = sheet.formula("tier_charge", money, (Expr::from(inside) * Expr::from(*price)).round(places));
            sheet.about(&(index + 1).to_string());
            rows.push(charge);
            gross = if index == 0 { charge.into() } else { gross + charge.into() };
            below = bound.map_or(Expr::number(0), Expr::from);
        }
        let gross = sheet.formula("gross_charge", money, gross);
        let amount = (Expr::from(gross) * remains.into()).round(places);
        let amount = Expr::from(charged).if_else(amount, Expr::number(0));
        let amount = sheet.formula("charge", money, amount);
        sheet.block(Axis::One, Run::Forward);
        let total = sheet.formula("total_charge", money, Expr::sum(amount));
        sheet.finish(workbook);
        Rows { tiers: rows, gross, amount, total }
    }
}

struct Rows {
    tiers: Vec<RowRef>,
    gross: RowRef,
    amount: RowRef,
    total: RowRef,
}
