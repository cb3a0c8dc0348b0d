//! One pass of a workbook over many lanes: chunks of lanes in columns, on every core, with the same bits on any number of
//! them.

use std::collections::BTreeMap;

use rayon::prelude::*;
use rust_decimal::Decimal;

use crate::workbook::check::{check, name};
use crate::workbook::compile::{Compiled, Varying, compile};
use crate::workbook::error::WorkbookError;
use crate::workbook::expr::{CellRef, RowRef};
use crate::workbook::graph::{Binary, Graph, Kind, Operand};
use crate::workbook::lanes::{Column, Lanes};
use crate::workbook::program::{AnySource, Program};
use crate::workbook::sample::{Drawn, Group, Sampler, Set};
use crate::workbook::solve::Sought;
use crate::workbook::workspace::Workspace;
use crate::workbook::{Bindings, InputId, Workbook};

/// Lanes in one chunk: few enough that the columns of a chunk stay in the nearest cache.
pub(crate) const CHUNK: usize = 512;

/// What a pass gives: one column for each output.
#[derive(Clone, Debug, PartialEq)]
pub struct LaneValues {
    pub columns: Vec<Column>,
    /// For each code with a failed check, in how many lanes it failed.
    pub failed_checks: BTreeMap<String, u64>,
    /// Lanes in which an output is not finite; they stay in the columns.
    pub not_finite: u64,
}

/// Calculates `outputs` in every lane.
///
/// A Model output without a value is not finite in its lane and counted; a Books output without one is refused.
/// Errors: whatever [`check`] refuses; [`WorkbookError::NoLanes`], [`WorkbookError::TableInput`],
/// [`WorkbookError::UnknownOutput`], [`WorkbookError::TooManyDimensions`], [`WorkbookError::Undefined`].
pub fn evaluate(
    workbook: &Workbook,
    bindings: &Bindings,
    lanes: &Lanes,
    outputs: &[CellRef],
) -> Result<LaneValues, WorkbookError> {
    Pass::new(workbook, bindings, lanes, outputs, 1)?.run(CHUNK, &[])
}

/// Where the lane-varying inputs come from.
enum Feed<'a> {
    Draws(Sampler),
    Table { columns: &'a [Column], count: usize },
}

/// A compiled pass; it can run several times with other sets of draws.
pub(crate) struct Pass<'a> {
    workbook: &'a Workbook,
    outputs: &'a [CellRef],
    feed: Feed<'a>,
    program: Program,
    solves: Vec<Sought>,
    codes: Vec<String>,
}

impl<'a> Pass<'a> {
    /// `sets` of draws are prepared (1, or 2 for sensitivity indices).
    pub fn new(
        workbook: &'a Workbook,
        bindings: &Bindings,
        lanes: &'a Lanes,
        outputs: &'a [CellRef],
        sets: usize,
    ) -> Result<Pass<'a>, WorkbookError> {
        check(workbook, bindings)?;
        let (feed, varying) = feed(bindings, lanes, sets)?;
        let mut compiled = compile(workbook, bindings, &varying, None)?;
        let mut wanted = Vec::with_capacity(outputs.len());
        for output in outputs {
            let operand = compiled.cell(output.row, output.column as usize);
            wanted.push(operand.ok_or(WorkbookError::UnknownOutput)?);
        }
        let checks = checks(&mut compiled);
        wanted.extend(checks.values());
        let program = Program::new(&compiled.graph, &wanted);
        let codes = checks.into_keys().collect();
        Ok(Pass { workbook, outputs, feed, program, solves: compiled.solves, codes })
    }

    /// The groups of inputs that are drawn; none for a table.
    pub fn groups(&self) -> &[Group] {
        match &self.feed {
            Feed::Draws(sampler) => &sampler.groups,
            Feed::Table { .. } => &[],
        }
    }

    fn count(&self) -> usize {
        match &self.feed {
            Feed::Draws(sampler) => sampler.count,
            Feed::Table { count, .. } => *count,
        }
    }

    /// Runs over all lanes in chunks of `width`; `sets` says for each group which set it takes (the first where it is
    /// shorter).
    pub fn run(&self, width: usize, sets: &[Set]) -> Result<LaneValues, WorkbookError> {
        let count = self.count();
        let mut columns: Vec<Column> = self.program.outputs[..self.outputs.len()]
            .iter()
            .map(|output| match output {
                AnySource::Real(_) => Column::Real(vec![0.0; count]),
                AnySource::Exact(_) => Column::Exact(vec![Decimal::ZERO; count]),
            })
            .collect();
        let tasks = tasks(&mut columns, count, width);
        let room = || (Workspace::new(&self.program, width.min(count)), Drawn::default());
        let counts: Vec<Result<Counts, WorkbookError>> = tasks
            .into_par_iter()
            .map_init(room, |(space, drawn), task| {
                self.load(space, drawn, sets, task.start, task.lanes);
                space.run(&self.program, &self.solves, task.lanes);
                self.collect(space, task)
            })
            .collect();
        let mut failed_checks = BTreeMap::new();
        let mut not_finite = 0;
        // In order, so that the lane a refusal names is the first one on any number of threads.
        for counts in counts {
            let counts = counts?;
            not_finite += counts.not_finite;
            for (code, failed) in self.codes.iter().zip(counts.failed) {
                if failed > 0 {
                    *failed_checks.entry(code.clone()).or_insert(0) += failed;
                }
            }
        }
        Ok(LaneValues { columns, failed_checks, not_finite })
    }

    /// Puts the inputs of lanes `start..` where the program reads them.
    fn load(&self, space: &mut Workspace, drawn: &mut Drawn, sets: &[Set], start: usize, lanes: usize) {
        match &self.feed {
            Feed::Table { columns, .. } => {
                for load in &self.program.loads {
                    match &columns[load.input as usize] {
                        Column::Real(from) => {
                            space.real[load.slot][..lanes].copy_from_slice(&from[start..start + lanes]);
                        }
                        Column::Exact(from) => {
                            let to = space.exact[load.slot][..lanes].iter_mut();
                            to.zip(&from[start..start + lanes]).for_each(|(to, from)| *to = Some(*from));
                        }
                    }
                }
            }
            Feed::Draws(sampler) => {
                let mut number = 0;
                for (index, group) in sampler.groups.iter().enumerate() {
                    let members = number..number + group.ids.len() as u32;
                    number = members.end;
                    let set = sets.get(index).copied().unwrap_or(Set::First);
                    let loads = self.program.loads.iter().filter(|load| members.contains(&load.input));
                    for (nth, load) in loads.enumerate() {
                        if nth == 0 {
                            group.prepare(set, start, lanes, drawn);
                        }
                        let member = (load.input - members.start) as usize;
                        group.fill(member, set, start, &mut space.real[load.slot][..lanes], drawn);
                    }
                }
            }
        }
    }

    /// Copies the outputs of a chunk and counts what failed in it.
    fn collect(&self, space: &Workspace, task: Task) -> Result<Counts, WorkbookError> {
        let mut finite = vec![true; task.lanes];
        let outputs = self.program.outputs.iter().zip(task.to).zip(self.outputs);
        for ((output, to), cell) in outputs {
            match (output, to) {
                (_, Part::Real(to)) => {
                    space.real_output(*output, to);
                    finite.iter_mut().zip(to.iter()).for_each(|(finite, value)| *finite &= value.is_finite());
                }
                (AnySource::Exact(source), Part::Exact(to)) => {
                    for (lane, to) in to.iter_mut().enumerate() {
                        *to = space.exact_at(*source, lane).ok_or_else(|| WorkbookError::Undefined {
                            at: name(self.workbook, cell.row),
                            column: cell.column as usize,
                            lane: Some((task.start + lane) as u64),
                        })?;
                    }
                }
                (AnySource::Real(_), Part::Exact(_)) => {}
            }
        }
        let failed = self.program.outputs[self.outputs.len()..]
            .iter()
            .map(|holds| (0..task.lanes).filter(|lane| !space.holds(*holds, *lane)).count() as u64)
            .collect();
        Ok(Counts { failed, not_finite: finite.iter().filter(|finite| !**finite).count() as u64 })
    }
}

struct Counts {
    failed: Vec<u64>,
    not_finite: u64,
}

/// A chunk of lanes and the parts of the output columns it writes.
struct Task<'a> {
    start: usize,
    lanes: usize,
    to: Vec<Part<'a>>,
}

enum Part<'a> {
    Real(&'a mut [f64]),
    Exact(&'a mut [Decimal]),
}

fn tasks(columns: &mut [Column], count: usize, width: usize) -> Vec<Task<'_>> {
    let starts = (0..count).step_by(width);
    let mut tasks: Vec<Task> =
        starts.map(|start| Task { start, lanes: width.min(count - start), to: Vec::new() }).collect();
    for column in columns {
        match column {
            Column::Real(values) => {
                tasks.iter_mut().zip(values.chunks_mut(width)).for_each(|(task, part)| task.to.push(Part::Real(part)));
            }
            Column::Exact(values) => {
                tasks.iter_mut().zip(values.chunks_mut(width)).for_each(|(task, part)| task.to.push(Part::Exact(part)));
            }
        }
    }
    tasks
}

/// The inputs that vary, and where their numbers come from.
fn feed<'a>(bindings: &Bindings, lanes: &'a Lanes, sets: usize) -> Result<(Feed<'a>, Varying), WorkbookError> {
    match lanes {
        Lanes::Draws { count: 0, .. } => Err(WorkbookError::NoLanes),
        Lanes::Draws { count, seed, sampling } => {
            let sampler = Sampler::new(bindings, *count, *seed, *sampling, sets)?;
            let ids = sampler.groups.iter().flat_map(|group| &group.ids);
            let varying = ids.zip(0..).map(|(id, number)| (id.clone(), (number, Kind::Real))).collect();
            Ok((Feed::Draws(sampler), varying))
        }
        Lanes::Table { ids, columns } => {
            let count = columns.first().map_or(0, Column::len);
            if count == 0 {
                return Err(WorkbookError::NoLanes);
            }
            let refused = |id: &InputId| WorkbookError::TableInput { input: id.0.clone() };
            if ids.len() != columns.len() {
                return Err(ids.get(columns.len()).map_or(WorkbookError::NoLanes, refused));
            }
            let mut varying = Varying::new();
            for ((id, column), number) in ids.iter().zip(columns).zip(0..) {
                let kind = match column {
                    Column::Real(_) => Kind::Real,
                    Column::Exact(_) => Kind::Exact,
                };
                let known = bindings.inputs.contains_key(id) && column.len() == count;
                if !known || varying.insert(id.clone(), (number, kind)).is_some() {
                    return Err(refused(id));
                }
            }
            Ok((Feed::Table { columns, count }, varying))
        }
    }
}

/// For each code the operand that is true where all its checks hold.
fn checks(compiled: &mut Compiled) -> BTreeMap<String, Operand> {
    let mut all: BTreeMap<String, Operand> = BTreeMap::new();
    let Compiled { graph, checks, .. } = compiled;
    for check in checks {
        let holds = graph.convert(check.holds, Kind::Real);
        let before = all.get(&check.code).copied();
        all.insert(check.code.clone(), before.map_or(holds, |before| both(graph, before, holds)));
    }
    all
}

fn both(graph: &mut Graph, a: Operand, b: Operand) -> Operand {
    graph.binary(Binary::Mul, a, b)
}

impl Column {
    /// Number of lanes.
    pub fn len(&self) -> usize {
        match self {
            Column::Real(values) => values.len(),
            Column::Exact(values) => values.len(),
        }
    }

    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The numbers as floats.
    pub fn into_real(self) -> Vec<f64> {
        match self {
            Column::Real(values) => values,
            Column::Exact(values) => values.into_iter().map(crate::workbook::number::to_real).collect(),
        }
    }
}

impl RowRef {
    /// The cell in `column`, counted from 0.
    pub fn cell(self, column: u32) -> CellRef {
        CellRef { row: self, column }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::workbook::fixture::*;
    use crate::workbook::*;
    use proptest::prelude::*;

    fn draws(count: usize, sampling: Sampling) -> Lanes {
        Lanes::Draws { count, seed: 11, sampling }
    }

    /// Every distribution, a copula and a joint normal; an `If` with a check, a recurrence, a power and a kernel.
    fn rich() -> (Workbook, Bindings, Vec<CellRef>) {
        let pert = Distribution::Pert { low: 0.1, mode: 0.15, high: 0.3, shape: 4.0 };
        let discrete = Distribution::Discrete { values: vec![0.0, 1.0], probabilities: vec![0.25, 0.75] };
        let mut bindings = bind(&[
            ("a", uncertain(1.0, Distribution::Lognormal { mu: 0.0, sigma: 0.3 })),
            ("b", uncertain(0.05, Distribution::Normal { mean: 0.05, sd: 0.02 })),
            ("c", uncertain(0.15, pert)),
            ("d", uncertain(0.1, Distribution::Triangular { low: 0.0, mode: 0.1, high: 0.3 })),
            ("e", uncertain(0.5, Distribution::Uniform { low: 0.0, high: 1.0 })),
            ("f", uncertain(1.0, discrete)),
            ("g", Quantity::Real(1.0)),
            ("h", Quantity::Real(2.0)),
            ("x", Quantity::Real(0.1)),
        ]);
        bindings.joints = vec![
            Joint::GaussianCopula {
                ids: vec!["b".into(), "d".into()],
                correlation: vec![vec![1.0, -0.6], vec![-0.6, 1.0]],
            },
            Joint::Normal {
                ids: vec!["g".into(), "h".into()],
                mean: vec![1.0, 2.0],
                covariance: vec![vec![0.04, 0.03], vec![0.03, 0.09]],
            },
        ];
        let inputs = ["a", "b", "c", "d", "e", "f", "g", "h", "x"].map(input).to_vec();
        let one = |row| Expr::from(at(0, row));
        let grown = Cell::recurrence(one(0), Expr::Prev(at(1, 0)) * (Expr::number(1) + one(1)));
        let rows = vec![
            row("grown", grown),
            formula("factor", (Expr::number(1) + one(3)).pow(Expr::Number(dec("0.5")) - Expr::Position)),
            formula("flow", (Expr::from(at(1, 0)) * at(1, 1).into() * (Expr::number(1) - one(2))).round(4)),
        ];
        let kernel = Kernel::AmericanOption { kind: kernel::OptionKind::Put, steps: 20 };
        let args =
            vec![one(0), Expr::number(1), one(4) * Expr::Number(dec("0.1")), one(2), Expr::number(1), Expr::number(0)];
        let terminal = one(0) / (one(3) - one(1));
        let total = vec![
            formula("total", Expr::sum(at(1, 2)) + one(5) * one(6) + one(7).ln().exp()),
            row("option", Cell::Call { kernel, args }),
            row(
                "rate_above_growth",
                Cell::Check { expr: one(3).compare(Compare::Greater, one(1)), code: "growth".into() },
            ),
            formula("terminal", Expr::from(at(2, 2)).if_else(terminal, Expr::number(0))),
            formula("shifted", one(8) - one(3)),
        ];
        let solve = Cell::Solve { unknown: "x".into(), target: at(2, 4), bracket: (-1.0, 1.0) };
        let blocks = vec![
            block(Axis::One, inputs),
            block(years(4), rows),
            block(Axis::One, total),
            block(Axis::One, vec![row("break_even", solve)]),
        ];
        let outputs = vec![cell(2, 0, 0), cell(2, 1, 0), cell(2, 3, 0), cell(1, 2, 3), cell(3, 0, 0), cell(0, 3, 0)];
        (model(blocks), bindings, outputs)
    }

    fn bits(values: &LaneValues) -> Vec<u64> {
        values.columns.iter().flat_map(|c| c.clone().into_real()).map(f64::to_bits).collect()
    }

    #[test]
    fn threads_and_chunks_do_not_change_a_bit() {
        let (workbook, bindings, outputs) = rich();
        for sampling in [Sampling::Random, Sampling::LatinHypercube, Sampling::Sobol] {
            let lanes = draws(1111, sampling);
            let pass = Pass::new(&workbook, &bindings, &lanes, &outputs, 1).unwrap();
            let expected = pass.run(CHUNK, &[]).unwrap();
            assert!(expected.failed_checks["growth"] > 0);
            for width in [1, 7, 256, 1024, 5000] {
                assert_eq!(pass.run(width, &[]).unwrap(), expected, "{sampling:?} {width}");
            }
            for threads in [1, 2, 8] {
                let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
                let found = pool.install(|| evaluate(&workbook, &bindings, &lanes, &outputs)).unwrap();
                assert_eq!(bits(&found), bits(&expected), "{sampling:?} {threads}");
                assert_eq!(found.failed_checks, expected.failed_checks);
            }
        }
    }

    /// A lane has the bits of the point value at the inputs of the lane.
    #[test]
    fn a_lane_is_the_point_value_of_its_inputs() {
        let (workbook, bindings, mut outputs) = rich();
        let inputs = ["a", "b", "c", "d", "e", "f", "g", "h"];
        outputs.extend((0..8).map(|row| cell(0, row, 0)));
        let found = evaluate(&workbook, &bindings, &draws(40, Sampling::Random), &outputs).unwrap();
        let columns: Vec<Vec<f64>> = found.columns.into_iter().map(Column::into_real).collect();
        let at_inputs = |lane: usize| {
            let known: Vec<(&str, Quantity)> =
                inputs.iter().enumerate().map(|(i, id)| (*id, Quantity::Real(columns[6 + i][lane]))).collect();
            let mut known = bind(&known);
            known.inputs.insert("x".into(), bindings.inputs[&"x".into()].clone());
            known
        };
        for lane in 0..40 {
            let point = calculate(&workbook, &at_inputs(lane)).unwrap();
            for (output, column) in outputs[..6].iter().zip(&columns) {
                let (ours, expected) = (column[lane], point.number(output.row, output.column as usize).real());
                assert_eq!(ours.to_bits(), expected.to_bits(), "{output:?} {lane}: {ours} {expected}");
            }
        }
    }

    #[test]
    fn a_table_gives_one_lane_for_each_row() {
        let rows = vec![input("a"), input("b"), formula("part", (Expr::from(at(0, 0)) / at(0, 1).into()).round(2))];
        let workbook = books(vec![block(Axis::One, rows)]);
        let bindings = bind(&[("a", Quantity::Exact(dec("1"))), ("b", Quantity::Exact(dec("8")))]);
        let table = |b: Vec<Decimal>| Lanes::Table {
            ids: vec!["a".into(), "b".into()],
            columns: vec![Column::Exact(vec![dec("10"), dec("20.05"), dec("-1")]), Column::Exact(b)],
        };
        let output = [cell(0, 2, 0)];
        let found = evaluate(&workbook, &bindings, &table(vec![dec("4"), dec("10"), dec("8")]), &output).unwrap();
        // 2.005 and 0.125 are halfway and go away from zero.
        assert_eq!(found.columns, [Column::Exact(vec![dec("2.50"), dec("2.01"), dec("-0.13")])]);
        let refused = evaluate(&workbook, &bindings, &table(vec![dec("4"), dec("0"), dec("0")]), &output).unwrap_err();
        assert!(matches!(refused, WorkbookError::Undefined { lane: Some(1), .. }));
        let short = evaluate(&workbook, &bindings, &table(vec![dec("4")]), &output).unwrap_err();
        assert_eq!(short, WorkbookError::TableInput { input: "b".into() });
    }

    #[test]
    fn draws_that_are_not_finite_stay_and_are_counted() {
        let uniform = Distribution::Uniform { low: -1.0, high: 1.0 };
        let rows = vec![input("a"), formula("ln", Expr::from(at(0, 0)).ln())];
        let workbook = model(vec![block(Axis::One, rows)]);
        let bindings = bind(&[("a", uncertain(0.5, uniform))]);
        let found = evaluate(&workbook, &bindings, &draws(1000, Sampling::LatinHypercube), &[cell(0, 1, 0)]).unwrap();
        // Exactly half of the strata are negative.
        assert_eq!(found.not_finite, 500);
        let Column::Real(values) = &found.columns[0] else { panic!("a model column is real") };
        assert_eq!((values.len(), values.iter().filter(|x| x.is_nan()).count()), (1000, 500));
    }

    #[test]
    fn what_does_not_vary_is_calculated_once() {
        let rows = vec![input("a"), formula("b", Expr::from(at(0, 0)).exp()), formula("c", Expr::from(at(0, 1)).ln())];
        let workbook = model(vec![block(Axis::One, rows)]);
        let bindings = bind(&[("a", Quantity::Real(2.0))]);
        let lanes = draws(10, Sampling::Random);
        let output = [cell(0, 2, 0)];
        let pass = Pass::new(&workbook, &bindings, &lanes, &output, 1).unwrap();
        assert!(pass.program.instructions.is_empty() && pass.program.loads.is_empty());
        assert_eq!(pass.run(CHUNK, &[]).unwrap().columns, [Column::Real(vec![2.0; 10])]);
    }

    #[test]
    fn a_recurrence_keeps_few_columns_whatever_its_length() {
        let grown = Cell::recurrence(at(0, 0).into(), Expr::Prev(at(1, 0)) * (Expr::number(1) + at(0, 0).into()));
        let slots = |count| {
            let workbook =
                model(vec![block(Axis::One, vec![input("a")]), block(years(count), vec![row("grown", grown.clone())])]);
            let bindings = bind(&[("a", uncertain(0.0, Distribution::Uniform { low: 0.0, high: 1.0 }))]);
            let lanes = draws(1, Sampling::Random);
            let output = [cell(1, 0, count - 1)];
            Pass::new(&workbook, &bindings, &lanes, &output, 1).unwrap().program.real_slots
        };
        assert_eq!(slots(5), slots(500));
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(32))]
        /// Lanes of books have the digits of the point value.
        #[test]
        fn lanes_of_books_are_exact(costs in proptest::collection::vec(1i64..1_000_000_000, 1..20), months in 1u32..60) {
            let opening = row("opening", Cell::recurrence(at(0, 0).into(), Expr::Prev(at(1, 2))));
            let life = Expr::number(i64::from(months)) - Expr::Position + Expr::number(1);
            let charge = formula("charge", (Expr::from(at(1, 0)) / life).round(2));
            let closing = formula("closing", Expr::from(at(1, 0)) - at(1, 1).into());
            let workbook = books(vec![
                block(Axis::One, vec![input("cost")]),
                block(years(months), vec![opening, charge, closing]),
            ]);
            let exact = |cents: i64| Decimal::new(cents, 2);
            let bindings = bind(&[("cost", Quantity::Exact(exact(1)))]);
            let column = Column::Exact(costs.iter().map(|c| exact(*c)).collect());
            let lanes = Lanes::Table { ids: vec!["cost".into()], columns: vec![column] };
            let outputs = [cell(1, 1, 0), cell(1, 2, months - 1)];
            let found = evaluate(&workbook, &bindings, &lanes, &outputs).unwrap();
            for (lane, cost) in costs.iter().enumerate() {
                let point = calculate(&workbook, &bind(&[("cost", Quantity::Exact(exact(*cost)))])).unwrap();
                for (column, output) in found.columns.iter().zip(&outputs) {
                    let Column::Exact(values) = column else { panic!("books are exact") };
                    prop_assert_eq!(Some(values[lane]), point.number(output.row, output.column as usize).exact());
                }
                // Straight line over the remaining life writes the cost off to the last cent.
                let Column::Exact(closing) = &found.columns[1] else { panic!("books are exact") };
                prop_assert!(closing[lane].is_zero());
            }
        }
    }
}
