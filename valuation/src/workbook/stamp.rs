//! A scenario is a sheet stamped again with other inputs.

use std::collections::BTreeMap;

use crate::workbook::error::WorkbookError;
use crate::workbook::expr::{Expr, Over, RowRef};
use crate::workbook::sheet::{Cell, Sheet};
use crate::workbook::{InputId, Workbook};

impl Workbook {
    /// Appends a copy of sheet `sheet` for another subject: references within the sheet follow the copy, references to earlier
    /// sheets stay, and inputs named in `inputs` are replaced. Gives the index of the copy.
    ///
    /// Errors: [`WorkbookError::UnknownSheet`].
    ///
    /// ```
    /// use valuation::unit::Unit;
    /// use valuation::workbook::draft::SheetDraft;
    /// use valuation::workbook::{Arithmetic, Cell, Expr, Workbook};
    /// let mut workbook = Workbook::default();
    /// let mut sheet = SheetDraft::begin(&workbook, "scenario_income", Some("base".into()), Arithmetic::Model);
    /// let rate = sheet.input("discount_rate", Unit::Ratio, "base.rate");
    /// sheet.formula("factor", Unit::Ratio, Expr::number(1) / (Expr::number(1) + rate.into()));
    /// sheet.finish(&mut workbook);
    /// let renamed = [("base.rate".into(), "high.rate".into())].into();
    /// let copy = workbook.stamp(0, "high", &renamed)?;
    /// assert_eq!(workbook.sheets[copy as usize].blocks[0].rows[0].cell, Cell::Input("high.rate".into()));
    /// # Ok::<(), valuation::workbook::WorkbookError>(())
    /// ```
    pub fn stamp(
        &mut self,
        sheet: u32,
        subject: &str,
        inputs: &BTreeMap<InputId, InputId>,
    ) -> Result<u32, WorkbookError> {
        let source = self.sheets.get(sheet as usize).ok_or(WorkbookError::UnknownSheet { sheet })?;
        let copy = self.sheets.len() as u32;
        let mut stamped: Sheet = source.clone();
        stamped.subject = Some(subject.to_owned());
        let moved = |row: &mut RowRef| {
            if row.sheet == sheet {
                row.sheet = copy;
            }
        };
        let renamed = |input: &mut InputId| {
            if let Some(other) = inputs.get(input) {
                *input = other.clone();
            }
        };
        for row in stamped.blocks.iter_mut().flat_map(|block| &mut block.rows) {
            match &mut row.cell {
                Cell::Input(input) => renamed(input),
                Cell::Formula { first, each } => {
                    if let Some(first) = first {
                        first.each_row(&moved);
                    }
                    each.each_row(&moved);
                }
                Cell::Call { args, .. } => args.iter_mut().for_each(|arg| arg.each_row(&moved)),
                Cell::Solve { unknown, target, .. } => {
                    renamed(unknown);
                    moved(target);
                }
                Cell::Check { expr, .. } => expr.each_row(&moved),
            }
        }
        self.sheets.push(stamped);
        Ok(copy)
    }
}

impl Expr {
    /// Calls `change` with every row the formula refers to.
    pub fn each_row(&mut self, change: &impl Fn(&mut RowRef)) {
        match self {
            Expr::Number(_) | Expr::Position => {}
            Expr::Row(row) | Expr::Prev(row) | Expr::Next(row) => change(row),
            Expr::Neg(a) | Expr::Exp(a) | Expr::Ln(a) | Expr::Normal(a) | Expr::Round { value: a, .. } => {
                a.each_row(change);
            }
            Expr::Add(a, b)
            | Expr::Sub(a, b)
            | Expr::Mul(a, b)
            | Expr::Div(a, b)
            | Expr::Pow(a, b)
            | Expr::Min(a, b)
            | Expr::Max(a, b)
            | Expr::Compare(_, a, b) => {
                a.each_row(change);
                b.each_row(change);
            }
            Expr::If { test, then, other } => [test, then, other].into_iter().for_each(|part| part.each_row(change)),
            Expr::Over(over) => match over {
                Over::Sum(row) | Over::Min(row) | Over::Max(row) => change(row),
                Over::Dot(left, right) => {
                    change(left);
                    change(right);
                }
                Over::Pick { row, at } => {
                    change(row);
                    at.each_row(change);
                }
                Over::Group { row, by, key } => {
                    change(row);
                    change(by);
                    key.each_row(change);
                }
            },
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::workbook::fixture::*;
    use crate::workbook::{Arithmetic, Axis, Quantity, calculate};

    #[test]
    fn a_stamped_scenario_calculates_with_its_own_inputs() {
        let shared = sheet(Arithmetic::Model, vec![block(Axis::One, vec![input("cash")])]);
        let own = |row| RowRef { sheet: 1, block: 0, row };
        let value = Expr::from(at(0, 0)) / (Expr::number(1) + own(0).into());
        let scenario = sheet(Arithmetic::Model, vec![block(Axis::One, vec![input("rate"), formula("value", value)])]);
        let mut workbook = Workbook { sheets: vec![shared, scenario] };
        let copy = workbook.stamp(1, "high", &[("rate".into(), "high.rate".into())].into()).unwrap();
        let real = Quantity::Real;
        let bindings = bind(&[("cash", real(110.0)), ("rate", real(0.1)), ("high.rate", real(0.25))]);
        let point = calculate(&workbook, &bindings).unwrap();
        assert_eq!(point.number(RowRef { sheet: copy, block: 0, row: 1 }, 0).real(), 88.0);
        assert!((point.number(own(1), 0).real() - 100.0).abs() < 1e-12);
        assert_eq!(workbook.sheets[2].subject.as_deref(), Some("high"));
        assert_eq!(workbook.stamp(9, "x", &BTreeMap::new()), Err(WorkbookError::UnknownSheet { sheet: 9 }));
    }
}
