//! Authorised operation of public data: a filing in, permitted revenue, ceilings, bills and the yearly report out.

mod report;

use std::collections::BTreeMap;
use std::path::Path;

use chrono::NaiveDate;
use rust_decimal::Decimal;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use valuation::case::read;
use valuation::evidence::Evidence;
use valuation::money::{Money, UnitPrice};
use valuation::public_data::ceilings::{Allocated, allocate};
use valuation::public_data::operation::{Operated, Operation};
use valuation::public_data::tariff::{Bill, Billed, Tariff};
use valuation::record;
use valuation::workbook::{Bindings, Point, RowRef, Workbook, calculate};

use crate::error::Error;
use crate::report::xlsx::{self, Cached, Paper};
use crate::report::{Format, html, json};
use crate::whole::{self, sha256};
use crate::work::document;
use crate::work::report::WrittenReport;

/// What `public-data revenue` answers.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Revenue {
    pub operator: String,
    pub periods: Vec<String>,
    /// Leading periods with trial rates instead of a maximum.
    pub trial_periods: u32,
    /// Excluding VAT, like every amount here.
    pub eligible_cost: Vec<Money>,
    pub ineligible_cost: Vec<Money>,
    pub before_clawback: Vec<Money>,
    /// What is deducted in each period for what was earned above the maximum before.
    pub clawback: Vec<Money>,
    pub maximum_permitted_revenue: Vec<Money>,
    pub ceiling_revenue: Vec<Money>,
    pub revenue: Vec<Money>,
    pub excess: Vec<Money>,
    /// What is still to be deducted after the last period.
    pub clawback_due_after: Money,
    /// Ceiling rates of each period by product.
    pub ceilings: BTreeMap<String, Vec<UnitPrice>>,
    /// The document that sets base and period of the permitted profit.
    pub profit_source: String,
    pub sheet: String,
    /// SHA-256 of the filing.
    pub hash: String,
}

/// What `public-data ceilings` answers.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Ceilings {
    pub period: String,
    pub maximum_permitted_revenue: Money,
    pub ceilings: BTreeMap<String, UnitPrice>,
    /// Revenue at the ceilings, excluding VAT.
    pub ceiling_revenue: Money,
    pub unused_revenue: Money,
    /// The part of driver cost that every ceiling covers where no bound stands in the way.
    #[schemars(with = "String")]
    pub cover: Decimal,
    pub sheet: String,
}

/// What `public-data tariff` answers.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Bills {
    pub bills: Vec<Bill>,
    pub total: Money,
    /// The fee schedule for publication.
    pub schedule: Vec<ScheduleLine>,
    pub sheet: String,
}

/// One line of a fee schedule.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct ScheduleLine {
    #[schemars(with = "String")]
    pub above: Decimal,
    #[schemars(with = "Option<String>")]
    pub up_to: Option<Decimal>,
    pub price: UnitPrice,
}

/// A calculated workbook that can be handed out as a working paper.
pub struct Working {
    pub title: String,
    /// The last day it speaks of; also the document's date.
    pub date: NaiveDate,
    pub workbook: Workbook,
    pub bindings: Bindings,
    pub evidence: Vec<Evidence>,
    /// Of the file it was calculated from.
    pub hash: String,
}

impl Working {
    /// Writes the working paper.
    ///
    /// # Errors
    /// Those of the writer; a file that cannot be written.
    pub fn write(&self, to: &Path) -> Result<WrittenReport, Error> {
        put(&self.bytes()?, to)
    }

    /// The working paper at the point values.
    pub fn paper<'a>(&'a self, point: &'a Point, facts: &'a [(&'a str, String)]) -> Paper<'a> {
        Paper {
            title: &self.title,
            valuation_date: self.date,
            workbook: &self.workbook,
            bindings: &self.bindings,
            point,
            evidence: &self.evidence,
            facts,
            simulated: None,
            cached: Cached::Engine,
        }
    }

    fn bytes(&self) -> Result<Vec<u8>, Error> {
        let point: Point = calculate(&self.workbook, &self.bindings).map_err(crate::report::ReportError::from)?;
        let facts =
            [("report.fact.hash", self.hash.clone()), ("report.fact.engine", env!("CARGO_PKG_VERSION").to_owned())];
        let written = xlsx::write(&self.paper(&point, &facts))?;
        Ok(written.bytes)
    }
}

fn put(bytes: &[u8], to: &Path) -> Result<WrittenReport, Error> {
    whole::write(to, bytes).map_err(|cause| Error::of_file(to, &cause))?;
    Ok(WrittenReport { file: to.display().to_string(), sha256: sha256(bytes) })
}

/// A fault of the text that was read from `path`.
fn in_text<'t>(path: &Path, text: &'t str) -> impl Fn(valuation::error::ValuationError) -> Error + 't {
    let file = document::name(path);
    move |fault| Error::of_case(file.clone(), text, fault)
}

/// Reads and calculates a filing; ceilings that do not fit are refused where `strict`.
fn operated(path: &Path, strict: bool) -> Result<(Operation, Operated, String), Error> {
    let (text, format) = document::text(path)?;
    let operation = Operation::from_text(&text, format).map_err(in_text(path, &text))?;
    let done = operation.calculate().map_err(in_text(path, &text))?;
    if strict {
        operation.feasible(&done).map_err(in_text(path, &text))?;
    }
    Ok((operation, done, text))
}

fn moneys(operation: &Operation, done: &Operated, row: RowRef) -> Vec<Money> {
    let money = |number: &valuation::workbook::Number| {
        let mut amount = number.exact().unwrap_or_default();
        amount.rescale(operation.currency.minor_places());
        Money::new(amount, operation.currency)
    };
    done.point.numbers(row).iter().map(money).collect()
}

fn answer(operation: &Operation, done: &Operated) -> Revenue {
    let sheet = &done.sheet;
    let row = |row| moneys(operation, done, row);
    let ceilings = operation.products.iter().map(|product| {
        let price = |amount: &Decimal| UnitPrice { amount: *amount, currency: operation.currency, per: product.per };
        (product.name.clone(), product.ceiling.value.iter().map(price).collect())
    });
    let after = row(sheet.clawback_due_after).into_iter().next();
    Revenue {
        operator: operation.operator.clone(),
        periods: (0..operation.periods.count).map(|period| operation.periods.label(period)).collect(),
        trial_periods: operation.trial_periods,
        eligible_cost: row(done.eligible_cost),
        ineligible_cost: row(done.ineligible_cost),
        before_clawback: row(sheet.before_clawback),
        clawback: row(sheet.clawback),
        maximum_permitted_revenue: row(sheet.maximum_permitted_revenue),
        ceiling_revenue: row(sheet.ceiling_revenue),
        revenue: row(sheet.revenue),
        excess: row(sheet.excess),
        clawback_due_after: after.unwrap_or_else(|| Money::new(Decimal::ZERO, operation.currency)),
        ceilings: ceilings.collect(),
        profit_source: operation.profit.source.clone(),
        sheet: "permitted_revenue".to_owned(),
        hash: record::sha256(operation),
    }
}

fn working(operation: &Operation, workbook: &Workbook, bindings: &Bindings) -> Working {
    let last = operation.periods.count.saturating_sub(1);
    Working {
        title: operation.operator.clone(),
        date: operation.periods.end(last).unwrap_or(operation.periods.start),
        workbook: workbook.clone(),
        bindings: bindings.clone(),
        evidence: operation.evidence.clone(),
        hash: record::sha256(operation),
    }
}

/// The permitted revenue of a filing and its working paper.
///
/// # Errors
/// What is wrong with the filing; a permitted revenue below zero; ceilings that do not fit (which, and by how much).
pub fn revenue(path: &Path) -> Result<(Revenue, Working), Error> {
    let (operation, done, _) = operated(path, true)?;
    let paper = working(&operation, &done.sheet.workbook, &done.sheet.bindings);
    Ok((answer(&operation, &done), paper))
}

/// The ceilings of the period that the filing's allocation names, and their working paper.
///
/// # Errors
/// What is wrong with the filing; lower bounds beyond the maximum, and by how much.
pub fn ceilings(path: &Path) -> Result<(Ceilings, Working), Error> {
    let (operation, done, text) = operated(path, false)?;
    let found: Allocated = allocate(&operation, &done).map_err(in_text(path, &text))?;
    let money = |amount: Decimal| {
        let mut amount = amount;
        amount.rescale(operation.currency.minor_places());
        Money::new(amount, operation.currency)
    };
    let per =
        |name: &String| operation.products.iter().find(|product| product.name == *name).map(|product| product.per);
    let rates = found.products.iter().zip(&found.ceiling).filter_map(|(name, amount)| {
        let price = UnitPrice { amount: *amount, currency: operation.currency, per: per(name)? };
        Some((name.clone(), price))
    });
    let period = operation.allocation.as_ref().map_or(0, |terms| terms.period.saturating_sub(1));
    let answer = Ceilings {
        period: operation.periods.label(period),
        maximum_permitted_revenue: money(found.maximum),
        ceilings: rates.collect(),
        ceiling_revenue: money(found.revenue),
        unused_revenue: money(found.maximum - found.revenue),
        cover: found.cover,
        sheet: "ceilings".to_owned(),
    };
    Ok((answer, working(&operation, &found.workbook, &found.bindings)))
}

/// The bills of a tariff and their working paper.
///
/// # Errors
/// What is wrong with the tariff.
pub fn tariff(path: &Path) -> Result<(Bills, Working), Error> {
    let (text, format) = document::text(path)?;
    let tariff: Tariff = read::document(&text, format).map_err(in_text(path, &text))?;
    let billed: Billed = tariff.bill().map_err(in_text(path, &text))?;
    let mut above = Decimal::ZERO;
    let schedule = tariff.tiers.iter().map(|tier| {
        let price = UnitPrice { amount: tier.price, currency: tariff.currency, per: tariff.per };
        let line = ScheduleLine { above, up_to: tier.up_to, price };
        above = tier.up_to.unwrap_or(above);
        line
    });
    let schedule = schedule.collect();
    let date = tariff.evidence.iter().map(|evidence| evidence.known_on).max().unwrap_or(NaiveDate::MIN);
    let working = Working {
        title: tariff.name.clone(),
        date,
        workbook: billed.workbook,
        bindings: billed.bindings,
        evidence: tariff.evidence.clone(),
        hash: record::sha256(&tariff),
    };
    Ok((Bills { bills: billed.bills, total: billed.total, schedule, sheet: "tariff".to_owned() }, working))
}

/// Writes the yearly operating report with the fee schedule, or the working paper.
///
/// # Errors
/// As [`revenue`]; a file that cannot be written.
pub fn yearly(path: &Path, format: Format, to: &Path) -> Result<WrittenReport, Error> {
    let (operation, done, _) = operated(path, true)?;
    let bytes = match format {
        Format::Xlsx => working(&operation, &done.sheet.workbook, &done.sheet.bindings).bytes()?,
        Format::Html => html::write(&report::compose(&operation, &done, &answer(&operation, &done)))?.into_bytes(),
        Format::Json => json::write(&report::compose(&operation, &done, &answer(&operation, &done)))?,
    };
    put(&bytes, to)
}
