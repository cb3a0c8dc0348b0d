//! The point value of every cell.

use std::collections::BTreeMap;

use crate::workbook::check::{check, name};
use crate::workbook::compile::{Varying, compile};
use crate::workbook::error::WorkbookError;
use crate::workbook::expr::{CellRef, RowRef};
use crate::workbook::graph::Operand;
use crate::workbook::number::Number;
use crate::workbook::solve::Roots;
use crate::workbook::{Bindings, Workbook};

/// The numbers of a workbook at the point values of its inputs.
#[derive(Clone, Debug, PartialEq)]
pub struct Point {
    /// By sheet, block, row and column.
    cells: Vec<Vec<Vec<Vec<Number>>>>,
    failed: Vec<FailedCheck>,
    roots: BTreeMap<RowRef, Roots>,
}

/// A check that does not hold.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FailedCheck {
    pub row: RowRef,
    /// Counted from 0.
    pub column: usize,
    /// A word `check.<code>`; `no_root` and `several_roots` come from `Solve` rows.
    pub code: String,
}

impl Point {
    /// The number of a cell, its column counted from 0; not a number where the workbook has no such cell.
    pub fn number(&self, row: RowRef, column: usize) -> Number {
        self.numbers(row).get(column).copied().unwrap_or(Number::Real(f64::NAN))
    }

    /// The numbers of a row, one for each column; empty where the workbook has no such row.
    pub fn numbers(&self, row: RowRef) -> &[Number] {
        let block = self.cells.get(row.sheet as usize).and_then(|sheet| sheet.get(row.block as usize));
        block.and_then(|block| block.get(row.row as usize)).map_or(&[], Vec::as_slice)
    }

    /// The checks that do not hold, in the order of the workbook.
    pub fn failed_checks(&self) -> &[FailedCheck] {
        &self.failed
    }

    /// The roots a `Solve` row found; `None` for other rows.
    pub fn roots(&self, row: RowRef) -> Option<&Roots> {
        self.roots.get(&row)
    }

    /// The Model cells whose formula has no finite value.
    pub fn not_finite(&self) -> Vec<CellRef> {
        let mut found = Vec::new();
        for (s, sheet) in self.cells.iter().enumerate() {
            for (b, block) in sheet.iter().enumerate() {
                for (r, row) in block.iter().enumerate() {
                    let bad = |number: &Number| matches!(number, Number::Real(value) if !value.is_finite());
                    for column in (0..row.len()).filter(|c| bad(&row[*c])) {
                        let row = RowRef { sheet: s as u32, block: b as u32, row: r as u32 };
                        found.push(CellRef { row, column: column as u32 });
                    }
                }
            }
        }
        found
    }
}

/// Calculates every cell at the point values of the inputs (the mean of a joint normal, the central value of an uncertain
/// input).
///
/// Errors: whatever [`check`] refuses; [`WorkbookError::Undefined`] where a Books cell has no exact value. A Model cell
/// without a value is not finite instead (see [`Point::not_finite`]).
///
/// ```
/// use valuation::assumption::Assumption;
/// use valuation::evidence::Support;
/// use valuation::money::Currency;
/// use valuation::unit::Unit;
/// use valuation::workbook::*;
///
/// let unit = Unit::Money(Currency::CNY);
/// let row = |key: &str, cell| Row { key: key.into(), subject: None, unit, cite: None, cell };
/// let at = |row| RowRef { sheet: 0, block: 0, row };
/// let rows = vec![row("cost", Cell::Input("cost".into())), row("value", Cell::formula(Expr::from(at(0)) * Expr::number(2)))];
/// let block = Block { axis: Axis::One, run: Run::Forward, rows };
/// let sheet = Sheet { key: "cost".into(), subject: None, arithmetic: Arithmetic::Model, blocks: vec![block] };
/// let support = Support::Assumption(Assumption { author: "a".into(), reason: "b".into(), reviewer: "c".into() });
/// let mut bindings = Bindings::default();
/// bindings.inputs.insert("cost".into(), Binding { quantity: Quantity::Real(21.0), support });
/// let point = calculate(&Workbook { sheets: vec![sheet] }, &bindings)?;
/// assert_eq!(point.number(at(1), 0).real(), 42.0);
/// # Ok::<(), WorkbookError>(())
/// ```
pub fn calculate(workbook: &Workbook, bindings: &Bindings) -> Result<Point, WorkbookError> {
    check(workbook, bindings)?;
    let compiled = compile(workbook, bindings, &Varying::new(), None)?;
    let mut cells = Vec::with_capacity(compiled.cells.len());
    for (s, sheet) in compiled.cells.iter().enumerate() {
        let mut blocks = Vec::with_capacity(sheet.len());
        for (b, block) in sheet.iter().enumerate() {
            let mut rows = Vec::with_capacity(block.len());
            for (r, row) in block.iter().enumerate() {
                let at = RowRef { sheet: s as u32, block: b as u32, row: r as u32 };
                let numbers: Result<Vec<Number>, WorkbookError> =
                    row.iter().enumerate().map(|(column, cell)| known(workbook, at, column, *cell)).collect();
                rows.push(numbers?);
            }
            blocks.push(rows);
        }
        cells.push(blocks);
    }
    let failed = compiled.checks.iter().filter(|check| !truth(check.holds));
    let failed = failed.map(|check| FailedCheck { row: check.row, column: check.column, code: check.code.clone() });
    let failed = failed.collect();
    Ok(Point { cells, failed, roots: compiled.roots })
}

fn known(workbook: &Workbook, row: RowRef, column: usize, cell: Operand) -> Result<Number, WorkbookError> {
    match cell {
        Operand::Real(bits) => Ok(Number::Real(f64::from_bits(bits))),
        Operand::Exact(Some(value)) => Ok(Number::Exact(value)),
        // Without lane-varying inputs every operation is folded, so a node cannot be left.
        Operand::Exact(None) | Operand::Node(_) => {
            Err(WorkbookError::Undefined { at: name(workbook, row), column, lane: None })
        }
    }
}

fn truth(holds: Operand) -> bool {
    match holds {
        Operand::Real(bits) => f64::from_bits(bits) == 1.0,
        Operand::Exact(value) => value.is_some_and(|value| !value.is_zero()),
        Operand::Node(_) => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::workbook::fixture::*;
    use crate::workbook::*;
    use proptest::prelude::*;

    fn value(blocks: Vec<Block>, bindings: &Bindings, at: CellRef) -> f64 {
        calculate(&model(blocks), bindings).unwrap().number(at.row, at.column as usize).real()
    }

    #[test]
    fn a_recurrence_starts_with_first_and_runs_forward() {
        // 1000 at 5 % for three years, as any savings table prints it.
        let growth = Cell::recurrence(Expr::from(at(0, 0)), Expr::Prev(at(1, 0)) * (Expr::number(1) + at(0, 1).into()));
        let blocks =
            vec![block(Axis::One, vec![input("start"), input("rate")]), block(years(3), vec![row("sum", growth)])];
        let bindings = bind(&[("start", Quantity::Real(1000.0)), ("rate", Quantity::Real(0.05))]);
        let point = calculate(&model(blocks), &bindings).unwrap();
        let sums: Vec<f64> = point.numbers(at(1, 0)).iter().map(|n| n.real()).collect();
        assert_eq!(sums, [1000.0, 1050.0, 1102.5]);
    }

    #[test]
    fn a_backward_run_starts_at_the_last_column() {
        // Payments of 100 at 10 %: the annuity factors for 1, 2 and 3 payments are 0.9091, 1.7355 and 2.4869.
        let pay = formula("pay", Expr::number(100));
        let worth = |next: Expr| (Expr::from(at(0, 0)) + next) / Expr::Number(dec("1.1"));
        let value_row = row("value", Cell::recurrence(worth(Expr::number(0)), worth(Expr::Next(at(0, 1)))));
        let run = Block { axis: years(3), run: Run::Backward, rows: vec![pay, value_row] };
        let point = calculate(&model(vec![run]), &Bindings::default()).unwrap();
        for (column, factor) in [2.4869, 1.7355, 0.9091].into_iter().enumerate() {
            assert!((point.number(at(0, 1), column).real() / 100.0 - factor).abs() < 5e-5);
        }
    }

    #[test]
    fn prev_may_look_at_a_row_below() {
        // Opening is the previous closing, which stands two rows below.
        let opening = row("opening", Cell::recurrence(Expr::number(10), Expr::Prev(at(0, 2))));
        let flow = formula("flow", Expr::Position);
        let closing = formula("closing", Expr::from(at(0, 0)) + at(0, 1).into());
        let point =
            calculate(&model(vec![block(years(3), vec![opening, flow, closing])]), &Bindings::default()).unwrap();
        let closings: Vec<f64> = point.numbers(at(0, 2)).iter().map(|n| n.real()).collect();
        assert_eq!(closings, [11.0, 13.0, 16.0]);
    }

    #[test]
    fn summaries_of_an_earlier_block() {
        let items = Axis::Items(vec!["a".into(), "b".into(), "c".into()]);
        let x = || Quantity::RealSeries(vec![3.0, 1.0, 2.0]);
        let bindings =
            bind(&[("x", x()), ("w", Quantity::RealSeries(vec![10.0, 20.0, 10.0])), ("k", Quantity::Real(2.9))]);
        let data = || block(items.clone(), vec![input("x"), input("w")]);
        let over = |over: Over| {
            let rows = vec![input("k"), formula("over", Expr::Over(over))];
            value(vec![data(), block(Axis::One, rows)], &bindings, cell(1, 1, 0))
        };
        let k = || Box::new(Expr::from(at(1, 0)));
        assert_eq!(over(Over::Sum(at(0, 0))), 6.0);
        assert_eq!(over(Over::Dot(at(0, 0), at(0, 1))), 70.0);
        assert_eq!(over(Over::Min(at(0, 0))), 1.0);
        assert_eq!(over(Over::Max(at(0, 0))), 3.0);
        assert_eq!(over(Over::Pick { row: at(0, 0), at: k() }), 1.0);
        assert!(over(Over::Pick { row: at(0, 0), at: Box::new(Expr::number(4)) }).is_nan());
        assert!(over(Over::Pick { row: at(0, 0), at: Box::new(Expr::number(0)) }).is_nan());
        assert_eq!(over(Over::Group { row: at(0, 0), by: at(0, 1), key: Box::new(Expr::number(10)) }), 5.0);
    }

    #[test]
    fn what_has_no_value_is_not_a_number_and_fails_its_check() {
        let rows = vec![
            formula("bad", Expr::number(0) / Expr::number(0)),
            formula("chosen", Expr::number(0).if_else(at(0, 0).into(), Expr::number(7))),
            formula("tested", Expr::from(at(0, 0)).if_else(Expr::number(1), Expr::number(2))),
            formula("least", Expr::from(at(0, 0)).min(Expr::number(2))),
            row("check", Cell::Check { expr: at(0, 0).into(), code: "finite".into() }),
        ];
        let point = calculate(&model(vec![block(Axis::One, rows)]), &Bindings::default()).unwrap();
        assert_eq!(point.number(at(0, 1), 0).real(), 7.0);
        assert!(point.number(at(0, 2), 0).real().is_nan() && point.number(at(0, 3), 0).real().is_nan());
        assert_eq!(point.failed_checks()[0].code, "finite");
        assert_eq!(point.not_finite().len(), 3);
    }

    #[test]
    fn books_name_the_cell_that_has_no_value() {
        let rows = vec![input("a"), formula("share", (Expr::number(1) / at(0, 0).into()).round(2))];
        let zero = bind(&[("a", Quantity::Exact(dec("0")))]);
        let refused = calculate(&books(vec![block(Axis::One, rows)]), &zero).unwrap_err();
        assert!(matches!(refused, WorkbookError::Undefined { at, column: 0, lane: None } if at.row == "share"));
    }

    #[test]
    fn roots_are_none_one_or_several() {
        // x³ − 6x² + 11x − 6 has the roots 1, 2 and 3; 1/(x − 2) changes sign without one.
        let x = || Expr::from(at(0, 0));
        let cubic = x() * x() * x() - Expr::number(6) * x() * x() + Expr::number(11) * x() - Expr::number(6);
        let solved = |target: Expr, bracket| {
            let top = block(Axis::One, vec![input("x"), formula("target", target)]);
            let solve = Cell::Solve { unknown: "x".into(), target: at(0, 1), bracket };
            let bottom = block(Axis::One, vec![row("root", solve)]);
            let point = calculate(&model(vec![top, bottom]), &bind(&[("x", Quantity::Real(0.5))])).unwrap();
            let failed: Vec<String> = point.failed_checks().iter().map(|f| f.code.clone()).collect();
            (point.roots(at(1, 0)).unwrap().clone(), failed)
        };
        assert!(
            matches!(solved(cubic.clone(), (0.0, 1.5)), (Roots::One(r), f) if (r - 1.0).abs() < 1e-14 && f.is_empty())
        );
        let (several, failed) = solved(cubic.clone(), (0.03, 3.7));
        assert!(matches!(several, Roots::Several(roots) if roots.len() == 3 && (roots[2] - 3.0).abs() < 1e-13));
        assert_eq!(failed, ["several_roots"]);
        assert_eq!(solved(cubic, (4.0, 5.0)), (Roots::None, vec!["no_root".to_owned()]));
        assert_eq!(solved(Expr::number(1) / (x() - Expr::number(2)), (1.0, 2.9)).0, Roots::None);
    }

    proptest! {
        /// Sums, differences and rounded products of cents and rates agree between the two arithmetics.
        #[test]
        fn model_and_books_agree(a in -1_000_000i64..1_000_000, b in -1_000_000i64..1_000_000, rate in -9999i64..9999) {
            let rows = || vec![
                input("a"), input("b"), input("rate"),
                formula("part", (Expr::from(at(0, 0)) * at(0, 2).into()).round(2)),
                formula("rest", Expr::from(at(0, 1)) - at(0, 3).into()),
                formula("least", Expr::from(at(0, 4)).min(at(0, 0).into())),
                formula("signed", Expr::from(at(0, 4)).compare(Compare::Less, Expr::number(0))
                    .if_else(-Expr::from(at(0, 4)), at(0, 3).into())),
            ];
            let exact = |x, scale| Quantity::Exact(rust_decimal::Decimal::new(x, scale));
            let bindings = bind(&[("a", exact(a, 2)), ("b", exact(b, 2)), ("rate", exact(rate, 4))]);
            let real = calculate(&model(vec![block(Axis::One, rows())]), &bindings).unwrap();
            let decimal = calculate(&books(vec![block(Axis::One, rows())]), &bindings).unwrap();
            for index in 3..7 {
                let (x, y) = (real.number(at(0, index), 0).real(), decimal.number(at(0, index), 0).exact().unwrap());
                prop_assert!((x - number::to_real(y)).abs() < 1e-8, "{index}: {x} {y}");
            }
        }
    }
}
