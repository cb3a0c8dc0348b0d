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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::workbook::fixture::*;
    use crate::workbook::{Distribution, Joint, Kernel, kernel::OptionKind};

    fn refused(workbook: Workbook, bindings: &Bindings) -> &'static str {
        use crate::fault::Fault;
        check(&workbook, bindings).map_or_else(|error| error.code(), |()| "accepted")
    }

    /// One row `c` after the inputs `a` and `b`.
    fn one(arithmetic: Arithmetic, each: Expr) -> &'static str {
        let bindings = bind(&[("a", Quantity::Real(1.0)), ("b", Quantity::Real(2.0))]);
        let rows = vec![input("a"), input("b"), formula("c", each)];
        refused(Workbook { sheets: vec![sheet(arithmetic, vec![block(Axis::One, rows)])] }, &bindings)
    }

    fn a() -> Expr {
        at(0, 0).into()
    }

    fn b() -> Expr {
        at(0, 1).into()
    }

    #[test]
    fn no_cycle_can_be_written() {
        let model = |each| one(Arithmetic::Model, each);
        assert_eq!(model(a() + b()), "accepted");
        assert_eq!(model(at(0, 2).into()), "workbook_forward_reference");
        assert_eq!(model(at(0, 3).into()), "workbook_missing_row");
        assert_eq!(model(Expr::sum(at(0, 0))), "workbook_forward_reference");
        assert_eq!(model(Expr::Prev(at(0, 0))), "workbook_no_first");
        assert_eq!(model(Expr::Next(at(0, 0))), "workbook_wrong_run");
    }

    #[test]
    fn axes_and_series_fit() {
        let bindings = |count| bind(&[("x", Quantity::RealSeries(vec![0.0; count])), ("y", Quantity::Real(0.0))]);
        let book = |axis: Axis, each: Expr| {
            model(vec![block(years(3), vec![input("x")]), block(axis, vec![input("y"), formula("z", each)])])
        };
        assert_eq!(refused(book(years(3), at(0, 0).into()), &bindings(3)), "accepted");
        assert_eq!(refused(book(years(4), at(0, 0).into()), &bindings(3)), "workbook_axis_mismatch");
        assert_eq!(refused(book(Axis::One, at(0, 0).into()), &bindings(3)), "workbook_axis_mismatch");
        assert_eq!(refused(book(Axis::One, Expr::sum(at(0, 0))), &bindings(3)), "accepted");
        assert_eq!(refused(book(years(3), at(0, 0).into()), &bindings(2)), "workbook_series_length");
        assert_eq!(refused(book(years(0), Expr::number(1)), &bindings(3)), "workbook_empty_axis");
        assert_eq!(refused(book(years(3), Expr::dot(at(0, 0), at(1, 0))), &bindings(3)), "workbook_forward_reference");
        assert_eq!(refused(book(years(3), Expr::number(1)), &Bindings::default()), "workbook_unknown_input");
    }

    #[test]
    fn books_stay_exact() {
        let books = |each| one(Arithmetic::Books, each);
        assert_eq!(books(a() / b()), "workbook_unrounded_quotient");
        assert_eq!(books((a() / b()).round(2)), "accepted");
        assert_eq!(books(a() * b()), "workbook_unrounded_product");
        assert_eq!(books((a() * b() + a()).round(2)), "accepted");
        assert_eq!(books(a() * Expr::Position * Expr::number(12)), "accepted");
        assert_eq!(books(a() * Expr::Number(dec("0.5"))), "workbook_unrounded_product");
        assert_eq!(books(a().exp()), "workbook_not_in_books");
        assert_eq!(books(a().round(16)), "workbook_round_places");
        let mixed = |each| {
            let first = sheet(Arithmetic::Model, vec![block(Axis::One, vec![input("a")])]);
            let second = sheet(Arithmetic::Books, vec![block(Axis::One, vec![formula("c", each)])]);
            refused(Workbook { sheets: vec![first, second] }, &bind(&[("a", Quantity::Real(1.0))]))
        };
        assert_eq!(mixed(a()), "workbook_unrounded_model");
        assert_eq!(mixed(a().round(2)), "accepted");
    }

    #[test]
    fn kernels_and_roots_have_what_they_need() {
        let bindings = bind(&[("a", Quantity::Real(1.0))]);
        let bottom = |cell| {
            let top = block(Axis::One, vec![input("a"), formula("t", a())]);
            refused(model(vec![top, block(Axis::One, vec![row("c", cell)])]), &bindings)
        };
        let call = |steps, args| {
            let args = vec![a(); args];
            bottom(Cell::Call { kernel: Kernel::AmericanOption { kind: OptionKind::Call, steps }, args })
        };
        assert_eq!(call(100, 6), "accepted");
        assert_eq!(call(100, 5), "workbook_kernel_arguments");
        assert_eq!(call(0, 6), "workbook_kernel_steps");
        let solve = |unknown: &str, target, bracket| bottom(Cell::Solve { unknown: unknown.into(), target, bracket });
        assert_eq!(solve("a", at(0, 1), (0.0, 1.0)), "accepted");
        assert_eq!(solve("z", at(0, 1), (0.0, 1.0)), "workbook_solve_unknown");
        assert_eq!(solve("a", at(1, 0), (0.0, 1.0)), "workbook_forward_reference");
        assert_eq!(solve("a", at(0, 1), (1.0, 0.0)), "workbook_solve_bracket");
    }

    #[test]
    fn distributions_and_joint_draws_are_possible() {
        let with = |distribution| refused(Workbook::default(), &bind(&[("a", uncertain(0.0, distribution))]));
        assert_eq!(with(Distribution::Normal { mean: 0.0, sd: -1.0 }), "workbook_distribution");
        assert_eq!(with(Distribution::Triangular { low: 0.0, mode: 2.0, high: 1.0 }), "workbook_distribution");
        assert_eq!(with(Distribution::Uniform { low: f64::NAN, high: 1.0 }), "workbook_distribution");
        let discrete = |p| Distribution::Discrete { values: vec![1.0, 2.0], probabilities: vec![0.5, p] };
        assert_eq!(with(discrete(0.4)), "workbook_distribution");
        assert_eq!(with(discrete(0.5)), "accepted");

        let joint = |ids: &[&str], correlation: Vec<Vec<f64>>| {
            let normal = || uncertain(0.0, Distribution::Normal { mean: 0.0, sd: 1.0 });
            let mut bindings = bind(&[("a", normal()), ("b", normal()), ("c", normal()), ("d", Quantity::Real(0.0))]);
            let ids = ids.iter().map(|id| (*id).into()).collect();
            bindings.joints.push(Joint::GaussianCopula { ids, correlation });
            refused(Workbook::default(), &bindings)
        };
        let pair = |rho: f64| vec![vec![1.0, rho], vec![rho, 1.0]];
        assert_eq!(joint(&["a", "b"], pair(-1.0)), "accepted");
        assert_eq!(joint(&["a", "b"], pair(1.1)), "workbook_not_positive");
        assert_eq!(joint(&["a", "a"], pair(0.1)), "workbook_joint_member");
        assert_eq!(joint(&["a", "d"], pair(0.1)), "workbook_joint_member");
        assert_eq!(joint(&["a", "b", "c"], pair(0.1)), "workbook_joint_shape");
        assert_eq!(joint(&["a", "b"], vec![vec![1.0, 0.2], vec![0.3, 1.0]]), "workbook_joint_shape");
        // Three correlations that cannot hold together.
        let impossible = vec![vec![1.0, 0.9, -0.9], vec![0.9, 1.0, 0.9], vec![-0.9, 0.9, 1.0]];
        assert_eq!(joint(&["a", "b", "c"], impossible), "workbook_not_positive");
    }
}
