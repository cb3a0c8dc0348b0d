//! What a workbook must satisfy before it is calculated: no cycle can be written, and books stay exact.
//!
//! In a Books sheet every quotient stands under `Round`, and so does every product unless one factor is whole by its form: a
//! whole constant, `Position`, a comparison, a row counted in `Count` or `Flag`, or sums, differences, products and choices
//! of those. A product of other factors has more decimals than its factors, and without `Round` they would grow on along a
//! recurrence. A Model number enters a Books sheet only under `Round`.

use crate::unit::Unit;
use crate::workbook::error::{At, WorkbookError};
use crate::workbook::expr::{Expr, Over, RowRef};
use crate::workbook::sheet::{Arithmetic, Axis, Block, Cell, Row, Run, Sheet};
use crate::workbook::{Bindings, InputId, Quantity, Workbook, joint};

/// Most decimals of a `Round`.
const MOST_PLACES: u32 = 15;
/// Most steps of a tree kernel.
const MOST_STEPS: u32 = 10_000;

/// Refuses a workbook that cannot be calculated with these bindings, naming the row or the input.
pub fn check(workbook: &Workbook, bindings: &Bindings) -> Result<(), WorkbookError> {
    joint::check(bindings)?;
    for (s, sheet) in workbook.sheets.iter().enumerate() {
        for (b, block) in sheet.blocks.iter().enumerate() {
            for (r, row) in block.rows.iter().enumerate() {
                let at = RowRef { sheet: s as u32, block: b as u32, row: r as u32 };
                Checker { workbook, bindings, sheet, block, row, at }.cell()?;
            }
        }
    }
    Ok(())
}

/// The keys of a row that exists.
pub(crate) fn name(workbook: &Workbook, row: RowRef) -> At {
    At {
        sheet: workbook.sheets.get(row.sheet as usize).map(|s| s.key.clone()).unwrap_or_default(),
        row: workbook.row(row).map(|r| r.key.clone()).unwrap_or_default(),
    }
}

struct Checker<'a> {
    workbook: &'a Workbook,
    bindings: &'a Bindings,
    sheet: &'a Sheet,
    block: &'a Block,
    row: &'a Row,
    at: RowRef,
}

/// Where an expression stands.
#[derive(Clone, Copy)]
struct Standing {
    /// Whether the previous (or next) column exists wherever this expression is calculated.
    neighbour: bool,
    rounded: bool,
}

impl Checker<'_> {
    fn here(&self) -> At {
        At { sheet: self.sheet.key.clone(), row: self.row.key.clone() }
    }

    fn books(&self) -> bool {
        self.sheet.arithmetic == Arithmetic::Books
    }

    fn cell(&self) -> Result<(), WorkbookError> {
        if self.block.axis.is_empty() {
            return Err(WorkbookError::EmptyAxis { at: self.here() });
        }
        let alone = Standing { neighbour: false, rounded: false };
        match &self.row.cell {
            Cell::Input(input) => self.input(input),
            Cell::Formula { first, each } => {
                if let Some(first) = first {
                    self.expr(first, alone)?;
                }
                self.expr(each, Standing { neighbour: first.is_some(), ..alone })
            }
            Cell::Check { expr, .. } => self.expr(expr, alone),
            Cell::Call { kernel, args } => {
                self.model_only("Call")?;
                if args.len() != kernel.arity() {
                    let (expected, found) = (kernel.arity(), args.len());
                    return Err(WorkbookError::KernelArguments { at: self.here(), expected, found });
                }
                let steps = kernel.steps();
                if !(1..=MOST_STEPS).contains(&steps) {
                    return Err(WorkbookError::KernelSteps { at: self.here(), steps });
                }
                args.iter().try_for_each(|arg| self.expr(arg, alone))
            }
            Cell::Solve { unknown, target, bracket } => self.solve(unknown, *target, *bracket),
        }
    }

    fn input(&self, input: &InputId) -> Result<(), WorkbookError> {
        let found = match self.bindings.inputs.get(input).map(|b| &b.quantity) {
            None => return Err(WorkbookError::UnknownInput { at: self.here(), input: input.0.clone() }),
            Some(Quantity::RealSeries(series)) => series.len(),
            Some(Quantity::ExactSeries(series)) => series.len(),
            Some(_) => return Ok(()),
        };
        let expected = self.block.axis.len();
        if found != expected {
            return Err(WorkbookError::SeriesLength { at: self.here(), input: input.0.clone(), expected, found });
        }
        Ok(())
    }

    fn solve(&self, unknown: &InputId, target: RowRef, bracket: (f64, f64)) -> Result<(), WorkbookError> {
        self.model_only("Solve")?;
        self.earlier(target)?;
        let single = self.workbook.block(target).is_some_and(|block| block.axis == Axis::One);
        let model = self.arithmetic_of(target) == Some(Arithmetic::Model);
        if !single || !model || self.block.axis != Axis::One {
            return Err(WorkbookError::SolveTarget { at: self.here() });
        }
        let (low, high) = bracket;
        if !(low.is_finite() && high.is_finite() && low < high) {
            return Err(WorkbookError::SolveBracket { at: self.here(), low, high });
        }
        match self.bindings.inputs.get(unknown).map(|b| &b.quantity) {
            Some(Quantity::Real(_) | Quantity::Exact(_)) if !joint::holds(self.bindings, unknown) => Ok(()),
            _ => Err(WorkbookError::SolveUnknown { at: self.here(), input: unknown.0.clone() }),
        }
    }

    fn model_only(&self, what: &'static str) -> Result<(), WorkbookError> {
        if self.books() {
            return Err(WorkbookError::NotInBooks { at: self.here(), what });
        }
        Ok(())
    }

    fn arithmetic_of(&self, row: RowRef) -> Option<Arithmetic> {
        self.workbook.sheets.get(row.sheet as usize).map(|sheet| sheet.arithmetic)
    }

    fn expr(&self, expr: &Expr, standing: Standing) -> Result<(), WorkbookError> {
        match expr {
            Expr::Number(_) | Expr::Position => Ok(()),
            Expr::Row(row) => self.column_reference(*row, standing),
            Expr::Prev(row) => self.neighbour(*row, Run::Forward, standing),
            Expr::Next(row) => self.neighbour(*row, Run::Backward, standing),
            Expr::Neg(a) => self.expr(a, standing),
            Expr::Add(a, b) | Expr::Sub(a, b) | Expr::Min(a, b) | Expr::Max(a, b) | Expr::Compare(_, a, b) => {
                self.expr(a, standing)?;
                self.expr(b, standing)
            }
            Expr::Mul(a, b) => {
                if self.books() && !standing.rounded && !self.whole(a) && !self.whole(b) {
                    return Err(WorkbookError::UnroundedProduct { at: self.here() });
                }
                self.expr(a, standing)?;
                self.expr(b, standing)
            }
            Expr::Div(a, b) => {
                if self.books() && !standing.rounded {
                    return Err(WorkbookError::UnroundedQuotient { at: self.here() });
                }
                self.expr(a, standing)?;
                self.expr(b, standing)
            }
            Expr::Pow(a, b) => {
                self.model_only("Pow")?;
                self.expr(a, standing)?;
                self.expr(b, standing)
            }
            Expr::Exp(a) => self.model_only("Exp").and_then(|()| self.expr(a, standing)),
            Expr::Ln(a) => self.model_only("Ln").and_then(|()| self.expr(a, standing)),
            Expr::Normal(a) => self.model_only("Normal").and_then(|()| self.expr(a, standing)),
            Expr::If { test, then, other } => {
                self.expr(test, standing)?;
                self.expr(then, standing)?;
                self.expr(other, standing)
            }
            Expr::Over(over) => self.over(over, standing),
            Expr::Round { value, places } => {
                if *places > MOST_PLACES {
                    return Err(WorkbookError::RoundPlaces { at: self.here(), places: *places });
                }
                self.expr(value, Standing { rounded: true, ..standing })
            }
        }
    }

    /// Whether the number is whole by its form.
    fn whole(&self, expr: &Expr) -> bool {
        match expr {
            Expr::Number(value) => value.fract().is_zero(),
            Expr::Position | Expr::Compare(..) | Expr::Round { places: 0, .. } => true,
            Expr::Row(row) | Expr::Prev(row) | Expr::Next(row) => {
                matches!(self.workbook.row(*row).map(|r| r.unit), Some(Unit::Count | Unit::Flag))
            }
            Expr::Neg(a) => self.whole(a),
            Expr::Add(a, b) | Expr::Sub(a, b) | Expr::Mul(a, b) | Expr::Min(a, b) | Expr::Max(a, b) => {
                self.whole(a) && self.whole(b)
            }
            Expr::If { then, other, .. } => self.whole(then) && self.whole(other),
            _ => false,
        }
    }

    /// A row that exists; its name for a refusal.
    fn existing(&self, row: RowRef) -> Result<At, WorkbookError> {
        match self.workbook.row(row) {
            Some(_) => Ok(name(self.workbook, row)),
            None => {
                let to = format!("({}, {}, {})", row.sheet + 1, row.block + 1, row.row + 1);
                Err(WorkbookError::MissingRow { at: self.here(), to })
            }
        }
    }

    /// A row of an earlier block or sheet.
    fn earlier(&self, row: RowRef) -> Result<(), WorkbookError> {
        let to = self.existing(row)?;
        if (row.sheet, row.block) >= (self.at.sheet, self.at.block) {
            return Err(WorkbookError::ForwardReference { at: self.here(), to });
        }
        Ok(())
    }

    fn column_reference(&self, row: RowRef, standing: Standing) -> Result<(), WorkbookError> {
        let to = self.existing(row)?;
        if (row.sheet, row.block) == (self.at.sheet, self.at.block) {
            if row.row >= self.at.row {
                return Err(WorkbookError::ForwardReference { at: self.here(), to });
            }
            return Ok(());
        }
        self.earlier(row)?;
        let axis = self.workbook.block(row).map(|block| &block.axis);
        if axis != Some(&Axis::One) && axis != Some(&self.block.axis) {
            return Err(WorkbookError::AxisMismatch { at: self.here(), to });
        }
        self.rounded_model(row, standing)
    }

    fn rounded_model(&self, row: RowRef, standing: Standing) -> Result<(), WorkbookError> {
        if self.books() && !standing.rounded && self.arithmetic_of(row) == Some(Arithmetic::Model) {
            return Err(WorkbookError::UnroundedModel { at: self.here(), to: name(self.workbook, row) });
        }
        Ok(())
    }

    fn neighbour(&self, row: RowRef, run: Run, standing: Standing) -> Result<(), WorkbookError> {
        self.existing(row)?;
        if self.block.run != run || (row.sheet, row.block) != (self.at.sheet, self.at.block) {
            return Err(WorkbookError::WrongRun { at: self.here() });
        }
        if !standing.neighbour {
            return Err(WorkbookError::NoFirst { at: self.here() });
        }
        Ok(())
    }

    fn over(&self, over: &Over, standing: Standing) -> Result<(), WorkbookError> {
        let (row, beside, at) = match over {
            Over::Sum(row) | Over::Min(row) | Over::Max(row) => (*row, None, None),
            Over::Dot(row, other) => (*row, Some(*other), None),
            Over::Pick { row, at } => (*row, None, Some(at)),
            Over::Group { row, by, key } => (*row, Some(*by), Some(key)),
        };
        self.earlier(row)?;
        self.rounded_model(row, standing)?;
        if let Some(beside) = beside {
            let to = self.existing(beside)?;
            self.earlier(beside)?;
            self.rounded_model(beside, standing)?;
            if (beside.sheet, beside.block) != (row.sheet, row.block) {
                return Err(WorkbookError::AxisMismatch { at: self.here(), to });
            }
            let whole = self.whole(&Expr::Row(row)) || self.whole(&Expr::Row(beside));
            if matches!(over, Over::Dot(..)) && self.books() && !standing.rounded && !whole {
                return Err(WorkbookError::UnroundedProduct { at: self.here() });
            }
        }
        at.map_or(Ok(()), |at| self.expr(at, standing))
    }
}
