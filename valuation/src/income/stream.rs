//! Forecast amounts and numbers over the periods of a life.

use rust_decimal::Decimal;

use crate::desk::{Allowed, Desk};
use crate::error::ValuationError;
use crate::evidence::Support;
use crate::given::{Given, GivenSeries, GivenStream, real};
use crate::unit::Unit;
use crate::workbook::draft::SheetDraft;
use crate::workbook::{Distribution, Expr, InputId, Quantity, RowRef};

/// A forecast after its scalar inputs are written and before its row over time is.
pub(crate) struct Stream {
    shape: Shape,
    /// Multiplies every amount.
    level: Option<RowRef>,
    unit: Unit,
}

enum Shape {
    /// One number a period.
    Each(InputId),
    /// The same number in every period.
    Level(RowRef),
    Growing {
        first: RowRef,
        growth: Growth,
    },
}

enum Growth {
    Constant(RowRef),
    /// One a period; that of the first period is not used.
    Each(InputId),
}

impl Stream {
    /// Checks a forecast of amounts and writes the scalar rows it needs into the block at hand (an `Axis::One` block).
    pub fn begin(
        desk: &mut Desk,
        sheet: &mut SheetDraft,
        member: &str,
        given: &GivenStream,
        periods: u32,
    ) -> Result<Stream, ValuationError> {
        Stream::signed(desk, sheet, member, given, periods, Allowed::NotNegative)
    }

    /// As [`Stream::begin`], with what the amounts may be: a forecast may hold losses.
    pub fn signed(
        desk: &mut Desk,
        sheet: &mut SheetDraft,
        member: &str,
        given: &GivenStream,
        periods: u32,
        allowed: Allowed,
    ) -> Result<Stream, ValuationError> {
        desk.same_currency(member, given.currency)?;
        let support = desk.support(member, &given.evidence, &given.assumption)?;
        let unit = desk.money();
        let shape = match (&given.amounts, given.first) {
            (Some(amounts), None) => {
                certain(desk, member, &given.distribution)?;
                absent(desk, member, "growth", given.growth.is_some())?;
                Shape::Each(each(desk, member, "amounts", amounts, periods, allowed, support)?)
            }
            (None, Some(first)) => {
                desk.allowed(&format!("{member}.first"), first, allowed)?;
                let id = desk.bind(&format!("{member}.first"), drawn(first, &given.distribution), support);
                let first = sheet.input(&format!("first_{}", last(member)), unit, id);
                match &given.growth {
                    None => Shape::Level(first),
                    Some(growth) => Shape::Growing { first, growth: grown(desk, sheet, member, growth, periods)? },
                }
            }
            _ => return Err(one_of(desk, member, "`amounts`, `first`")),
        };
        let level = match &given.level {
            Some(level) => {
                let id = desk.given(&format!("{member}.level"), level, Allowed::NotNegative)?;
                Some(sheet.input("forecast_level", Unit::Ratio, id))
            }
            None => None,
        };
        Ok(Stream { shape, level, unit })
    }

    /// Checks rates, shares or counts over the periods and writes their scalar rows under `key`.
    pub fn numbers(
        desk: &mut Desk,
        sheet: &mut SheetDraft,
        member: &str,
        given: &GivenSeries,
        periods: u32,
        allowed: Allowed,
    ) -> Result<Stream, ValuationError> {
        let support = desk.support(member, &given.evidence, &given.assumption)?;
        let unit = Unit::Ratio;
        let shape = match (given.value, &given.values, given.first) {
            (Some(value), None, None) => {
                desk.allowed(member, value, allowed)?;
                absent(desk, member, "growth", given.growth.is_some())?;
                let id = desk.bind(member, drawn(value, &given.distribution), support);
                Shape::Level(sheet.input(last(member), unit, id))
            }
            (None, Some(values), None) => {
                certain(desk, member, &given.distribution)?;
                absent(desk, member, "growth", given.growth.is_some())?;
                Shape::Each(each(desk, member, "values", values, periods, allowed, support)?)
            }
            (None, None, Some(first)) => {
                desk.allowed(&format!("{member}.first"), first, allowed)?;
                let id = desk.bind(&format!("{member}.first"), drawn(first, &given.distribution), support);
                let first = sheet.input(last(member), unit, id);
                match &given.growth {
                    None => Shape::Level(first),
                    Some(growth) => Shape::Growing { first, growth: constant(desk, sheet, member, growth)? },
                }
            }
            _ => return Err(one_of(desk, member, "`value`, `values`, `first`")),
        };
        Ok(Stream { shape, level: None, unit })
    }

    /// Writes the row over time into the block at hand; `length` is the row of period lengths where the first one is short.
    ///
    /// Stated amounts are those of their periods; a yearly amount that grows is taken for the length of the period.
    pub fn row(&self, sheet: &mut SheetDraft, key: &str, length: Option<RowRef>) -> RowRef {
        let unit = self.unit;
        let short = |amount: Expr, length: Option<RowRef>| match length {
            Some(length) => amount * Expr::from(length),
            None => amount,
        };
        let level = |amount: Expr| match self.level {
            Some(level) => amount * Expr::from(level),
            None => amount,
        };
        match &self.shape {
            Shape::Each(id) if self.level.is_none() => sheet.input(key, unit, id.clone()),
            Shape::Each(id) => {
                let stated = sheet.input("forecast_stated", unit, id.clone());
                sheet.formula(key, unit, level(stated.into()))
            }
            Shape::Level(first) => sheet.formula(key, unit, short(level((*first).into()), length)),
            Shape::Growing { first, growth } => {
                let growth: Expr = match growth {
                    Growth::Constant(row) => (*row).into(),
                    Growth::Each(id) => sheet.input("growth", Unit::Ratio, id.clone()).into(),
                };
                let yearly = if length.is_some() { "yearly_amount" } else { key };
                let own = sheet.next_row(0);
                let grown = Expr::Prev(own) * (Expr::number(1) + growth);
                let row = sheet.recurrence(yearly, unit, level((*first).into()), grown);
                if length.is_some() { sheet.formula(key, unit, short(row.into(), length)) } else { row }
            }
        }
    }

    /// As [`Stream::row`], for numbers: a single number needs no row over time, nor is it shared out over a short period.
    pub fn number(&self, sheet: &mut SheetDraft, key: &str) -> RowRef {
        match &self.shape {
            Shape::Level(row) => *row,
            _ => self.row(sheet, key, None),
        }
    }
}

/// The last name of a path such as `with_data.price`.
fn last(member: &str) -> &str {
    member.rsplit('.').next().unwrap_or(member)
}

fn drawn(value: Decimal, distribution: &Option<Distribution>) -> Quantity {
    match distribution {
        None => Quantity::Exact(value),
        Some(distribution) => Quantity::Uncertain { central: real(value), distribution: distribution.clone() },
    }
}

fn each(
    desk: &mut Desk,
    member: &str,
    list: &str,
    values: &[Decimal],
    periods: u32,
    allowed: Allowed,
    support: Support,
) -> Result<InputId, ValuationError> {
    if values.len() != periods as usize {
        let said = format!("{} {list} for {periods} periods", values.len());
        return Err(ValuationError::Malformed { field: desk.field(member), line: None, said });
    }
    for (index, value) in values.iter().enumerate() {
        desk.allowed(&format!("{member}.{list}[{index}]"), *value, allowed)?;
    }
    Ok(desk.bind(member, Quantity::ExactSeries(values.to_vec()), support))
}

fn constant(desk: &mut Desk, sheet: &mut SheetDraft, member: &str, growth: &Given) -> Result<Growth, ValuationError> {
    let id = desk.given(&format!("{member}.growth"), growth, Allowed::Rate)?;
    Ok(Growth::Constant(sheet.input("growth", Unit::Ratio, id)))
}

fn grown(
    desk: &mut Desk,
    sheet: &mut SheetDraft,
    member: &str,
    growth: &GivenSeries,
    periods: u32,
) -> Result<Growth, ValuationError> {
    let member = format!("{member}.growth");
    match (growth.value, &growth.values) {
        (Some(value), None) => {
            let (evidence, assumption) = (growth.evidence.clone(), growth.assumption.clone());
            let given = Given { value, evidence, assumption, distribution: growth.distribution.clone() };
            let id = desk.given(&member, &given, Allowed::Rate)?;
            Ok(Growth::Constant(sheet.input("growth", Unit::Ratio, id)))
        }
        (None, Some(values)) => {
            let support = desk.support(&member, &growth.evidence, &growth.assumption)?;
            certain(desk, &member, &growth.distribution)?;
            // The first period is where growth starts from.
            let all: Vec<Decimal> = std::iter::once(Decimal::ZERO).chain(values.iter().copied()).collect();
            Ok(Growth::Each(each(desk, &member, "values", &all, periods, Allowed::Rate, support)?))
        }
        _ => Err(one_of(desk, &member, "`value`, `values`")),
    }
}

fn one_of(desk: &Desk, member: &str, names: &str) -> ValuationError {
    let said = format!("exactly one of {names} is expected");
    ValuationError::Malformed { field: desk.field(member), line: None, said }
}

fn certain(desk: &Desk, member: &str, distribution: &Option<Distribution>) -> Result<(), ValuationError> {
    if distribution.is_none() {
        return Ok(());
    }
    let said = "numbers stated period by period have no distribution of their own; state `level`".to_owned();
    Err(ValuationError::Malformed { field: desk.field(&format!("{member}.distribution")), line: None, said })
}

fn absent(desk: &Desk, member: &str, name: &str, present: bool) -> Result<(), ValuationError> {
    if !present {
        return Ok(());
    }
    let said = format!("`{name}` belongs to `first`");
    Err(ValuationError::Malformed { field: desk.field(&format!("{member}.{name}")), line: None, said })
}
