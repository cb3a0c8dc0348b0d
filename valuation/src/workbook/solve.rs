//! Roots: the value of an input at which a row is zero. None, one and several are each said.

use serde::{Deserialize, Serialize};

use crate::workbook::compile::{Varying, compile};
use crate::workbook::error::WorkbookError;
use crate::workbook::expr::RowRef;
use crate::workbook::graph::{Kind, Operand, real};
use crate::workbook::program::{AnySource, Load, Program};
use crate::workbook::workspace::Workspace;
use crate::workbook::{Bindings, InputId, Workbook};

/// Intervals the bracket is scanned in; two roots within one of them are not seen.
const INTERVALS: usize = 256;
/// Halvings of an interval; after 60 its ends are neighbours.
const HALVINGS: usize = 60;

/// The roots found in the bracket, in ascending order.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Roots {
    None,
    One(f64),
    Several(Vec<f64>),
}

impl Roots {
    /// The lowest root, which is what the cell holds; not a number where there is none.
    pub fn lowest(&self) -> f64 {
        match self {
            Roots::None => f64::NAN,
            Roots::One(root) => *root,
            Roots::Several(roots) => roots.first().copied().unwrap_or(f64::NAN),
        }
    }
}

/// The target as a function of the unknown and of the lane-varying inputs.
pub(crate) struct Sought {
    program: Program,
    solves: Vec<Sought>,
    unknown: u32,
    bracket: (f64, f64),
}

/// The target of a `Solve` row as a program.
pub(crate) fn sought(
    workbook: &Workbook,
    bindings: &Bindings,
    varying: &Varying,
    unknown: &InputId,
    target: RowRef,
    bracket: (f64, f64),
) -> Result<Sought, WorkbookError> {
    let mut inputs: Varying = varying.clone();
    let number = varying.values().map(|(number, _)| number + 1).max().unwrap_or(0);
    inputs.insert(unknown.clone(), (number, Kind::Real));
    let compiled = compile(workbook, bindings, &inputs, Some(target))?;
    let output = compiled.cell(target, 0).unwrap_or_else(|| real(f64::NAN));
    let program = Program::new(&compiled.graph, &[output]);
    Ok(Sought { program, solves: compiled.solves, unknown: number, bracket })
}

/// Where the other inputs of the target come from.
#[derive(Clone, Copy)]
struct Feed<'a> {
    outer: &'a Workspace,
    args: &'a [AnySource],
    /// One outer lane for every point, or the outer lane of the same number.
    lane: Option<usize>,
}

/// An interval whose ends have opposite signs.
#[derive(Clone, Copy)]
struct Ends {
    low: f64,
    high: f64,
    at_low: f64,
    at_high: f64,
}

const NOWHERE: Ends = Ends { low: f64::NAN, high: f64::NAN, at_low: f64::NAN, at_high: f64::NAN };

fn opposite(a: f64, b: f64) -> bool {
    (a < 0.0 && b > 0.0) || (a > 0.0 && b < 0.0)
}

impl Ends {
    fn middle(&self) -> f64 {
        self.low + (self.high - self.low) * 0.5
    }

    fn narrow(&mut self, x: f64, y: f64) {
        if opposite(self.at_low, y) {
            (self.high, self.at_high) = (x, y);
        } else {
            (self.low, self.at_low) = (x, y);
        }
    }

    /// The better end; `None` where the sign changed at a pole, towards which the target grows.
    fn root(&self, start: &Ends) -> Option<f64> {
        let (root, left) = if self.at_low.abs() <= self.at_high.abs() {
            (self.low, self.at_low.abs())
        } else {
            (self.high, self.at_high.abs())
        };
        (left <= start.at_low.abs().min(start.at_high.abs())).then_some(root)
    }
}

impl Sought {
    /// The inputs the target depends on, without the unknown.
    fn loads(&self) -> impl Iterator<Item = &Load> {
        self.program.loads.iter().filter(|load| load.input != self.unknown)
    }

    /// What the root operation reads: the inputs in the order of [`Sought::loads`].
    pub fn operands(&self, mut input: impl FnMut(u32, Kind) -> Operand) -> Vec<Operand> {
        self.loads().map(|load| input(load.input, load.kind)).collect()
    }

    fn grid(&self) -> Vec<f64> {
        let (low, high) = self.bracket;
        let at = |index: usize| low + (high - low) * (index as f64 / INTERVALS as f64);
        (0..INTERVALS).map(at).chain([high]).collect()
    }

    /// Target values at `xs`.
    fn values(&self, space: &mut Workspace, feed: Option<Feed>, xs: &[f64], to: &mut [f64]) {
        if let Some(feed) = feed {
            for (load, arg) in self.loads().zip(feed.args) {
                for point in 0..xs.len() {
                    let lane = feed.lane.unwrap_or(point);
                    match arg {
                        AnySource::Real(source) => space.real[load.slot][point] = feed.outer.real_at(*source, lane),
                        AnySource::Exact(source) => space.exact[load.slot][point] = feed.outer.exact_at(*source, lane),
                    }
                }
            }
        }
        if let Some(load) = self.program.loads.iter().find(|load| load.input == self.unknown) {
            space.real[load.slot][..xs.len()].copy_from_slice(xs);
        }
        space.run(&self.program, &self.solves, xs.len());
        space.real_output(self.program.outputs[0], to);
    }

    /// All roots where no other input varies.
    pub fn roots(&self) -> Roots {
        self.search(&mut Workspace::new(&self.program, INTERVALS + 1), None)
    }

    fn search(&self, space: &mut Workspace, feed: Option<Feed>) -> Roots {
        let xs = self.grid();
        let mut ys = vec![0.0; xs.len()];
        self.values(space, feed, &xs, &mut ys);
        let mut roots = Vec::new();
        for index in 0..xs.len() {
            // A stretch of zeros counts once, at its start.
            if ys[index] == 0.0 && (index == 0 || ys[index - 1] != 0.0) {
                roots.push(xs[index]);
            }
            if index + 1 < xs.len() && opposite(ys[index], ys[index + 1]) {
                let ends = Ends { low: xs[index], high: xs[index + 1], at_low: ys[index], at_high: ys[index + 1] };
                roots.extend(self.halve(space, feed, &[ends])[0]);
            }
        }
        match roots.len() {
            0 => Roots::None,
            1 => Roots::One(roots[0]),
            _ => Roots::Several(roots),
        }
    }

    /// Halves intervals until their ends are neighbours.
    fn halve(&self, space: &mut Workspace, feed: Option<Feed>, start: &[Ends]) -> Vec<Option<f64>> {
        let mut ends = start.to_vec();
        let mut ys = vec![0.0; ends.len()];
        for _ in 0..HALVINGS {
            let xs: Vec<f64> = ends.iter().map(Ends::middle).collect();
            self.values(space, feed, &xs, &mut ys);
            ends.iter_mut().zip(xs).zip(&ys).for_each(|((ends, x), y)| ends.narrow(x, *y));
        }
        ends.iter().zip(start).map(|(ends, start)| ends.root(start)).collect()
    }

    /// The lowest root of each lane, and 1 where the lane has several.
    pub fn lanes(&self, outer: &Workspace, args: &[AnySource], lanes: usize) -> (Vec<f64>, Vec<f64>) {
        let mut space = Workspace::new(&self.program, lanes.max(INTERVALS + 1));
        let all = Feed { outer, args, lane: None };
        let grid = self.grid();
        let mut first = vec![NOWHERE; lanes];
        let mut changes = vec![0u32; lanes];
        // A root on the grid, several changes of sign, or a pole: the lane is searched on its own.
        let mut alone = vec![false; lanes];
        let mut before = vec![f64::NAN; lanes];
        let mut after = vec![0.0; lanes];
        for (index, x) in grid.iter().enumerate() {
            self.values(&mut space, Some(all), &vec![*x; lanes], &mut after);
            for lane in 0..lanes {
                alone[lane] |= after[lane] == 0.0;
                if opposite(before[lane], after[lane]) {
                    changes[lane] += 1;
                    first[lane] = Ends { low: grid[index - 1], high: *x, at_low: before[lane], at_high: after[lane] };
                }
            }
            before.copy_from_slice(&after);
        }
        let found = self.halve(&mut space, Some(all), &first);
        let mut roots: Vec<f64> = found.iter().map(|root| root.unwrap_or(f64::NAN)).collect();
        let mut several = vec![0.0; lanes];
        for lane in 0..lanes {
            if alone[lane] || changes[lane] > 1 {
                let found = self.search(&mut space, Some(Feed { lane: Some(lane), ..all }));
                several[lane] = f64::from(u8::from(matches!(found, Roots::Several(_))));
                roots[lane] = found.lowest();
            }
        }
        (roots, several)
    }
}
