//! From a workbook to its graph of operations, period by period in the direction of each block.

use std::collections::BTreeMap;

use crate::workbook::error::WorkbookError;
use crate::workbook::expr::{Compare, Expr, Over, RowRef};
use crate::workbook::graph::{Binary, Graph, Kind, Op, Operand, Unary, real};
use crate::workbook::sheet::{Arithmetic, Block, Cell, Row, Run};
use crate::workbook::solve::{self, Roots, Sought};
use crate::workbook::{Bindings, InputId, Quantity, Workbook, joint, number};

/// The lane-varying inputs: each one's number and arithmetic.
pub(crate) type Varying = BTreeMap<InputId, (u32, Kind)>;

/// A workbook as operations: one operand for each cell.
pub(crate) struct Compiled {
    pub graph: Graph,
    /// By sheet, block, row and column.
    pub cells: Vec<Vec<Vec<Vec<Operand>>>>,
    pub checks: Vec<CheckCell>,
    pub solves: Vec<Sought>,
    /// Roots that no lane changes.
    pub roots: BTreeMap<RowRef, Roots>,
}

pub(crate) struct CheckCell {
    pub code: String,
    pub row: RowRef,
    pub column: usize,
    pub holds: Operand,
}

impl Compiled {
    pub fn cell(&self, row: RowRef, column: usize) -> Option<Operand> {
        let block = self.cells.get(row.sheet as usize)?.get(row.block as usize)?;
        block.get(row.row as usize)?.get(column).copied()
    }
}

/// Compiles a checked workbook; with `until`, only what stands up to the block of that row.
pub(crate) fn compile(
    workbook: &Workbook,
    bindings: &Bindings,
    varying: &Varying,
    until: Option<RowRef>,
) -> Result<Compiled, WorkbookError> {
    let compiled = Compiled {
        graph: Graph::default(),
        cells: Vec::new(),
        checks: Vec::new(),
        solves: Vec::new(),
        roots: BTreeMap::new(),
    };
    let mut compiler = Compiler { workbook, bindings, varying, compiled };
    for (s, sheet) in workbook.sheets.iter().enumerate() {
        compiler.compiled.cells.push(Vec::new());
        for (b, block) in sheet.blocks.iter().enumerate() {
            if until.is_some_and(|last| (s as u32, b as u32) > (last.sheet, last.block)) {
                return Ok(compiler.compiled);
            }
            compiler.block(s as u32, b as u32, block, kind_of(sheet.arithmetic))?;
        }
    }
    Ok(compiler.compiled)
}

fn kind_of(arithmetic: Arithmetic) -> Kind {
    match arithmetic {
        Arithmetic::Model => Kind::Real,
        Arithmetic::Books => Kind::Exact,
    }
}

struct Compiler<'a> {
    workbook: &'a Workbook,
    bindings: &'a Bindings,
    varying: &'a Varying,
    compiled: Compiled,
}

/// The cell an expression is calculated for.
#[derive(Clone, Copy)]
struct Spot {
    at: RowRef,
    column: usize,
    kind: Kind,
}

impl Compiler<'_> {
    fn block(&mut self, sheet: u32, block: u32, source: &Block, kind: Kind) -> Result<(), WorkbookError> {
        let columns = source.axis.len();
        let unset = match kind {
            Kind::Real => real(f64::NAN),
            Kind::Exact => Operand::Exact(None),
        };
        self.compiled.cells[sheet as usize].push(vec![vec![unset; columns]; source.rows.len()]);
        for step in 0..columns {
            let column = match source.run {
                Run::Forward => step,
                Run::Backward => columns - 1 - step,
            };
            for (r, row) in source.rows.iter().enumerate() {
                let at = RowRef { sheet, block, row: r as u32 };
                let value = self.cell(row, Spot { at, column, kind }, step == 0)?;
                self.compiled.cells[sheet as usize][block as usize][r][column] = value;
            }
        }
        Ok(())
    }

    fn cell(&mut self, row: &Row, spot: Spot, starts: bool) -> Result<Operand, WorkbookError> {
        Ok(match &row.cell {
            Cell::Input(input) => self.input(input, spot),
            Cell::Formula { first: Some(first), .. } if starts => self.expr(first, spot),
            Cell::Formula { each, .. } => self.expr(each, spot),
            Cell::Call { kernel, args } => {
                let args = args.iter().map(|arg| self.expr(arg, spot)).collect();
                self.compiled.graph.call(*kernel, args)
            }
            Cell::Solve { unknown, target, bracket } => self.solve(unknown, *target, *bracket, spot)?,
            Cell::Check { expr, code } => {
                let value = self.expr(expr, spot);
                let holds = self.compiled.graph.unary(Unary::Truth, value);
                self.compiled.checks.push(CheckCell { code: code.clone(), row: spot.at, column: spot.column, holds });
                holds
            }
        })
    }

    fn input(&mut self, input: &InputId, spot: Spot) -> Operand {
        let native = match self.varying.get(input) {
            Some((number, kind)) => self.compiled.graph.node(Op::Input(*number), *kind),
            None => point_of(self.bindings, input, spot.column),
        };
        self.compiled.graph.convert(native, spot.kind)
    }

    fn solve(
        &mut self,
        unknown: &InputId,
        target: RowRef,
        bracket: (f64, f64),
        spot: Spot,
    ) -> Result<Operand, WorkbookError> {
        let sought = solve::sought(self.workbook, self.bindings, self.varying, unknown, target, bracket)?;
        let args = sought.operands(|input, kind| self.compiled.graph.node(Op::Input(input), kind));
        if args.is_empty() {
            let roots = sought.roots();
            let root = real(roots.lowest());
            self.solved(spot, real(f64::from(u8::from(matches!(roots, Roots::Several(_))))), root);
            self.compiled.roots.insert(spot.at, roots);
            return Ok(root);
        }
        let solve = self.compiled.solves.len() as u32;
        self.compiled.solves.push(sought);
        let root = self.compiled.graph.node(Op::Root { solve, several: false, args: args.clone() }, Kind::Real);
        let several = self.compiled.graph.node(Op::Root { solve, several: true, args }, Kind::Real);
        self.solved(spot, several, root);
        Ok(root)
    }

    /// The two checks every solved cell carries: that there is a root, and that there is one only.
    fn solved(&mut self, spot: Spot, several: Operand, root: Operand) {
        let graph = &mut self.compiled.graph;
        let found = graph.binary(Binary::Compare(Compare::Equal), root, root);
        let found = graph.unary(Unary::Truth, found);
        let single = graph.binary(Binary::Compare(Compare::Equal), several, real(0.0));
        for (code, holds) in [("no_root", found), ("several_roots", single)] {
            let code = code.to_owned();
            self.compiled.checks.push(CheckCell { code, row: spot.at, column: spot.column, holds });
        }
    }

    /// A cell of `row` in the arithmetic of `spot`: the same column, or the only one.
    fn value(&mut self, row: RowRef, column: usize, kind: Kind) -> Operand {
        let cells = &self.compiled.cells[row.sheet as usize][row.block as usize][row.row as usize];
        let value = if cells.len() == 1 { cells[0] } else { cells[column] };
        self.compiled.graph.convert(value, kind)
    }

    fn expr(&mut self, expr: &Expr, spot: Spot) -> Operand {
        match expr {
            Expr::Number(value) => match spot.kind {
                Kind::Real => real(number::to_real(*value)),
                Kind::Exact => Operand::Exact(Some(*value)),
            },
            Expr::Row(row) => self.value(*row, spot.column, spot.kind),
            Expr::Prev(row) => self.value(*row, spot.column - 1, spot.kind),
            Expr::Next(row) => self.value(*row, spot.column + 1, spot.kind),
            Expr::Position => self.whole(spot.column + 1, spot.kind),
            Expr::Neg(a) => self.unary(Unary::Neg, a, spot),
            Expr::Exp(a) => self.unary(Unary::Exp, a, spot),
            Expr::Ln(a) => self.unary(Unary::Ln, a, spot),
            Expr::Normal(a) => self.unary(Unary::Normal, a, spot),
            Expr::Add(a, b) => self.binary(Binary::Add, a, b, spot),
            Expr::Sub(a, b) => self.binary(Binary::Sub, a, b, spot),
            Expr::Mul(a, b) => self.binary(Binary::Mul, a, b, spot),
            Expr::Div(a, b) => self.binary(Binary::Div, a, b, spot),
            Expr::Pow(a, b) => self.binary(Binary::Pow, a, b, spot),
            Expr::Min(a, b) => self.binary(Binary::Min, a, b, spot),
            Expr::Max(a, b) => self.binary(Binary::Max, a, b, spot),
            Expr::Compare(how, a, b) => self.binary(Binary::Compare(*how), a, b, spot),
            Expr::If { test, then, other } => {
                let test = self.expr(test, spot);
                let then = self.expr(then, spot);
                let other = self.expr(other, spot);
                self.compiled.graph.select(test, then, other)
            }
            Expr::Over(over) => self.over(over, spot),
            // In books the exact product or quotient is rounded once.
            Expr::Round { value, places } => match (&**value, spot.kind) {
                (Expr::Mul(a, b), Kind::Exact) => self.binary(Binary::MulRound(*places), a, b, spot),
                (Expr::Div(a, b), Kind::Exact) => self.binary(Binary::DivRound(*places), a, b, spot),
                _ => self.unary(Unary::Round(*places), value, spot),
            },
        }
    }

    fn whole(&self, value: usize, kind: Kind) -> Operand {
        match kind {
            Kind::Real => real(value as f64),
            Kind::Exact => Operand::Exact(Some(value.into())),
        }
    }

    fn unary(&mut self, op: Unary, a: &Expr, spot: Spot) -> Operand {
        let a = self.expr(a, spot);
        self.compiled.graph.unary(op, a)
    }

    fn binary(&mut self, op: Binary, a: &Expr, b: &Expr, spot: Spot) -> Operand {
        let a = self.expr(a, spot);
        let b = self.expr(b, spot);
        self.compiled.graph.binary(op, a, b)
    }

    fn columns(&self, row: RowRef) -> usize {
        self.compiled.cells[row.sheet as usize][row.block as usize][row.row as usize].len()
    }

    /// Combines the columns of `row` in their written order.
    fn fold(&mut self, op: Binary, row: RowRef, spot: Spot) -> Operand {
        let mut total = self.value(row, 0, spot.kind);
        for column in 1..self.columns(row) {
            let next = self.value(row, column, spot.kind);
            total = self.compiled.graph.binary(op, total, next);
        }
        total
    }

    fn over(&mut self, over: &Over, spot: Spot) -> Operand {
        match over {
            Over::Sum(row) => self.fold(Binary::Add, *row, spot),
            Over::Min(row) => self.fold(Binary::Min, *row, spot),
            Over::Max(row) => self.fold(Binary::Max, *row, spot),
            Over::Dot(left, right) => {
                let mut total = None;
                for column in 0..self.columns(*left) {
                    let a = self.value(*left, column, spot.kind);
                    let b = self.value(*right, column, spot.kind);
                    let product = self.compiled.graph.binary(Binary::Mul, a, b);
                    total = Some(match total {
                        None => product,
                        Some(total) => self.compiled.graph.binary(Binary::Add, total, product),
                    });
                }
                total.unwrap_or_else(|| self.whole(0, spot.kind))
            }
            Over::Pick { row, at } => self.pick(*row, at, spot),
            Over::Group { row, by, key } => {
                let key = self.expr(key, spot);
                let zero = self.whole(0, spot.kind);
                let mut total = zero;
                for column in 0..self.columns(*row) {
                    let by = self.value(*by, column, spot.kind);
                    let value = self.value(*row, column, spot.kind);
                    let same = self.compiled.graph.binary(Binary::Compare(Compare::Equal), by, key);
                    let part = self.compiled.graph.select(same, value, zero);
                    total = self.compiled.graph.binary(Binary::Add, total, part);
                }
                total
            }
        }
    }

    /// Column `k` where `k ≤ at < k + 1`, as a spreadsheet's INDEX takes the whole part; undefined outside the row.
    fn pick(&mut self, row: RowRef, at: &Expr, spot: Spot) -> Operand {
        let at = self.expr(at, spot);
        let undefined = match spot.kind {
            Kind::Real => real(f64::NAN),
            Kind::Exact => Operand::Exact(None),
        };
        let mut picked = undefined;
        for column in (0..self.columns(row)).rev() {
            let value = self.value(row, column, spot.kind);
            let limit = self.whole(column + 2, spot.kind);
            let below = self.compiled.graph.binary(Binary::Compare(Compare::Less), at, limit);
            picked = self.compiled.graph.select(below, value, picked);
        }
        let one = self.whole(1, spot.kind);
        let before = self.compiled.graph.binary(Binary::Compare(Compare::Less), at, one);
        self.compiled.graph.select(before, undefined, picked)
    }
}

/// The point value of an input in one column: the number itself, the mean of a joint normal, or the central value.
pub(crate) fn point_of(bindings: &Bindings, input: &InputId, column: usize) -> Operand {
    if let Some(mean) = joint::mean_of(bindings, input) {
        return real(mean);
    }
    match bindings.inputs.get(input).map(|binding| &binding.quantity) {
        Some(Quantity::Real(value)) => real(*value),
        Some(Quantity::Exact(value)) => Operand::Exact(Some(*value)),
        Some(Quantity::RealSeries(series)) => real(series.get(column).copied().unwrap_or(f64::NAN)),
        Some(Quantity::ExactSeries(series)) => Operand::Exact(series.get(column).copied()),
        Some(Quantity::Uncertain { central, .. }) => real(*central),
        None => real(f64::NAN),
    }
}
