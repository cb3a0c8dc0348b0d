//! Market comparison by component data sets, each from its own grid of comparables.

use rust_decimal::Decimal;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::desk::{Allowed, Desk};
use crate::error::ValuationError;
use crate::evidence::Support;
use crate::given::{Given, GivenMoney};
use crate::market::comparable::{Comparable, adjustment_row};
use crate::market::price_model::AdjustmentGroup;
use crate::unit::Unit;
use crate::workbook::draft::SheetDraft;
use crate::workbook::{Arithmetic, Axis, Expr, Quantity, RowRef, Run};

const GUIDANCE: &str = "《数据资产评估指导意见》(中评协〔2023〕17号)";

/// `P = Σ_i Q_i × X_i1 × … × X_i5` over the subject's component data sets i. Within a component the comparables are
/// adjusted one by one and weighted; the sum never runs over comparables.
///
/// | member | meaning | range |
/// | --- | --- | --- |
/// | `components` | the data sets the subject is decomposed into | at least 1 |
/// | `comparables` | each with price, date, weight and five adjustments | at least 1 a component |
///
/// Errors: an empty list, weights that do not add up to 1, a trade after the valuation date, mixed currencies, numbers
/// without support.
///
/// Source: 《数据资产评估指导意见》(中评协〔2023〕17号), appendix, market approach.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct MarketComponents {
    /// Distinguishes two uses of the method in one case.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    pub components: Vec<Component>,
}

/// One component data set (数据集) of the subject.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Component {
    pub name: String,
    pub comparables: Vec<Comparable>,
}

impl MarketComponents {
    /// Writes the sheet and returns the address of the value.
    ///
    /// Source: 《数据资产评估指导意见》(中评协〔2023〕17号), appendix: P = Σ Q_i × X_i1 × … × X_i5.
    pub(crate) fn write(&self, desk: &mut Desk) -> Result<RowRef, ValuationError> {
        not_empty(desk, "components", self.components.len())?;
        let money = desk.money();
        let mut sheet = SheetDraft::begin(&desk.workbook, &desk.name, None, Arithmetic::Model);
        let mut adjusted = Vec::new();
        for (index, component) in self.components.iter().enumerate() {
            let grid = Grid { member: format!("components[{index}]"), subject: Some(&component.name) };
            adjusted.push((&component.name, grid.write(desk, &mut sheet, &component.comparables)?));
        }
        sheet.block(Axis::One, Run::Forward);
        let mut total = Vec::new();
        for (name, grid) in adjusted {
            let row = sheet.formula("component_value", money, Expr::dot(grid.weight, grid.adjusted));
            sheet.about(name);
            total.push(Expr::from(row));
        }
        let sum = total.into_iter().reduce(|sum, next| sum + next).unwrap_or(Expr::number(0));
        let value = sheet.formula("value", money, sum);
        sheet.cite(GUIDANCE);
        sheet.finish(&mut desk.workbook);
        Ok(value)
    }
}

/// The rows of a grid that the formulas after it need.
pub(crate) struct GridRows {
    pub weight: RowRef,
    pub adjusted: RowRef,
}

/// A grid of comparables with stated adjustments, one column a comparable.
pub(crate) struct Grid<'a> {
    pub member: String,
    pub subject: Option<&'a str>,
}

impl Grid<'_> {
    pub fn write(
        &self,
        desk: &mut Desk,
        sheet: &mut SheetDraft,
        comparables: &[Comparable],
    ) -> Result<GridRows, ValuationError> {
        let list = format!("{}.comparables", self.member).trim_start_matches('.').to_owned();
        not_empty(desk, &list, comparables.len())?;
        let money = desk.money();
        for (index, comparable) in comparables.iter().enumerate() {
            desk.known_by_then(&desk.field(&format!("{list}[{index}].traded_on")), comparable.traded_on)?;
        }
        let names = comparables.iter().map(|comparable| comparable.name.clone()).collect();
        sheet.block(Axis::Items(names), Run::Forward);
        let prices: Vec<&GivenMoney> = comparables.iter().map(|comparable| &comparable.price).collect();
        let price = money_row(desk, sheet, &list, "price", &prices)?;
        if let Some(subject) = self.subject {
            sheet.about(subject);
        }
        let mut product = Expr::from(price);
        for group in AdjustmentGroup::ALL {
            let key = adjustment_row(group);
            let given: Vec<&Given> = comparables.iter().map(|c| c.adjustments.of(group)).collect();
            let row = number_row(desk, sheet, &list, key, &given, Allowed::Positive)?;
            product = product * Expr::from(row);
        }
        let adjusted = sheet.formula("adjusted_price", money, product);
        let given: Vec<&Given> = comparables.iter().map(|comparable| &comparable.weight).collect();
        let sum: Decimal = given.iter().map(|weight| weight.value).sum();
        whole(desk, &list, sum)?;
        let weight = number_row(desk, sheet, &list, "weight", &given, Allowed::Share)?;
        Ok(GridRows { weight, adjusted })
    }
}

pub(crate) fn not_empty(desk: &Desk, member: &str, count: usize) -> Result<(), ValuationError> {
    if count > 0 {
        return Ok(());
    }
    Err(ValuationError::Missing { field: desk.field(member), line: None, name: member.to_owned() })
}

/// Weights add up to 1 (to the ninth decimal, so that thirds can be written).
pub(crate) fn whole(desk: &Desk, member: &str, sum: Decimal) -> Result<(), ValuationError> {
    if (sum - Decimal::ONE).abs() <= Decimal::new(1, 9) {
        return Ok(());
    }
    Err(ValuationError::Weights { field: desk.field(member), sum: sum.to_string() })
}

/// Writes a row of amounts, one a comparable.
pub(crate) fn money_row(
    desk: &mut Desk,
    sheet: &mut SheetDraft,
    list: &str,
    key: &str,
    given: &[&GivenMoney],
) -> Result<RowRef, ValuationError> {
    let mut column = Column::new(list, key);
    for (index, amount) in given.iter().enumerate() {
        let member = column.member(index);
        desk.same_currency(&member, amount.currency)?;
        desk.allowed(&member, amount.amount, Allowed::NotNegative)?;
        column.push(desk.support(&member, &amount.evidence, &amount.assumption)?, amount.amount);
        column.certain(desk, &member, amount.distribution.is_some())?;
    }
    Ok(column.write(desk, sheet, desk.money()))
}

/// Writes a row of numbers, one a comparable.
pub(crate) fn number_row(
    desk: &mut Desk,
    sheet: &mut SheetDraft,
    list: &str,
    key: &str,
    given: &[&Given],
    allowed: Allowed,
) -> Result<RowRef, ValuationError> {
    if given.iter().any(|number| number.distribution.is_some()) {
        return uncertain_row(desk, sheet, list, key, given, allowed);
    }
    let mut column = Column::new(list, key);
    for (index, number) in given.iter().enumerate() {
        let member = column.member(index);
        desk.allowed(&member, number.value, allowed)?;
        column.push(desk.support(&member, &number.evidence, &number.assumption)?, number.value);
    }
    Ok(column.write(desk, sheet, Unit::Ratio))
}

/// A row in which some numbers are uncertain: the stated numbers times a factor common to the row would couple them, so each
/// uncertain number is a scalar input and the row picks it by position.
fn uncertain_row(
    desk: &mut Desk,
    sheet: &mut SheetDraft,
    list: &str,
    key: &str,
    given: &[&Given],
    allowed: Allowed,
) -> Result<RowRef, ValuationError> {
    let mut chosen: Option<Expr> = None;
    for (index, number) in given.iter().enumerate().rev() {
        let member = format!("{list}[{index}].{key}");
        let id = desk.given(&member, number, allowed)?;
        let row = sheet.input(key, Unit::Ratio, id);
        sheet.about(&format!("#{}", index + 1));
        chosen = Some(match chosen {
            None => Expr::from(row),
            Some(other) => {
                let here = Expr::Position.compare(crate::workbook::Compare::Equal, Expr::number(index as i64 + 1));
                here.if_else(Expr::from(row), other)
            }
        });
    }
    Ok(sheet.formula(key, Unit::Ratio, chosen.unwrap_or(Expr::number(1))))
}

/// The numbers of one row with what each rests on.
struct Column {
    list: String,
    key: String,
    values: Vec<Decimal>,
    supports: Vec<Support>,
}

impl Column {
    fn new(list: &str, key: &str) -> Self {
        Column { list: list.to_owned(), key: key.to_owned(), values: Vec::new(), supports: Vec::new() }
    }

    fn member(&self, index: usize) -> String {
        format!("{}[{index}].{}", self.list, self.key)
    }

    fn push(&mut self, support: Support, value: Decimal) {
        self.supports.push(support);
        self.values.push(value);
    }

    fn certain(&self, desk: &Desk, member: &str, uncertain: bool) -> Result<(), ValuationError> {
        if !uncertain {
            return Ok(());
        }
        let said = "a comparable's price is a fact and has no distribution".to_owned();
        Err(ValuationError::Malformed { field: desk.field(member), line: None, said })
    }

    /// One input for the row.
    fn write(self, desk: &mut Desk, sheet: &mut SheetDraft, unit: Unit) -> RowRef {
        let support = joined(self.supports);
        let member = format!("{}.{}", self.list, self.key);
        let id = desk.bind(&member, Quantity::ExactSeries(self.values), support);
        sheet.input(&self.key, unit, id)
    }
}

/// The support of a whole row: one where all numbers rest on the same, else one for each column.
pub(crate) fn joined(supports: Vec<Support>) -> Support {
    match supports.split_first() {
        Some((first, rest)) if rest.iter().all(|next| next == first) => first.clone(),
        _ => Support::Each(supports),
    }
}
