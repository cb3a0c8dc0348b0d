//! The slots of one thread, and the run of a program over one chunk of lanes.

use crate::workbook::column::{self, Lane};
use crate::workbook::exact_column::{self, ExactLane};
use crate::workbook::graph::{self, Unary};
use crate::workbook::number::{self, Exact};
use crate::workbook::program::{AnySource, ExactSource, Instruction, Program, RealSource, Source};
use crate::workbook::solve::Sought;

/// Columns of at most `width` lanes; one workspace for each thread and program.
pub(crate) struct Workspace {
    pub real: Vec<Vec<f64>>,
    pub exact: Vec<Vec<Exact>>,
    /// The last result of each `Solve`: roots, and 1 where there were several.
    solved: Vec<Option<(Vec<f64>, Vec<f64>)>>,
}

impl Workspace {
    pub fn new(program: &Program, width: usize) -> Workspace {
        Workspace {
            real: vec![vec![0.0; width]; program.real_slots],
            exact: vec![vec![None; width]; program.exact_slots],
            solved: Vec::new(),
        }
    }

    /// Runs over the first `lanes` lanes of the loaded slots.
    pub fn run(&mut self, program: &Program, solves: &[Sought], lanes: usize) {
        self.solved.clear();
        self.solved.resize_with(solves.len(), || None);
        for instruction in &program.instructions {
            self.step(instruction, solves, lanes);
        }
    }

    fn step(&mut self, instruction: &Instruction, solves: &[Sought], lanes: usize) {
        match instruction {
            Instruction::RealUnary { op, to, a } => self.real_to(*to, |own, target| match own.lane(*a, lanes) {
                Lane::Column(a) => column::unary(*op, &mut target[..lanes], a),
                Lane::Constant(a) => target[..lanes].fill(graph::real_unary(*op, a)),
            }),
            Instruction::RealBinary { op, to, a, b } => self.real_to(*to, |own, target| {
                column::binary(*op, &mut target[..lanes], own.lane(*a, lanes), own.lane(*b, lanes));
            }),
            Instruction::RealSelect { to, test, then, other } => self.real_to(*to, |own, target| {
                let (then, other) = (own.lane(*then, lanes), own.lane(*other, lanes));
                match own.lane(*test, lanes) {
                    Lane::Column(test) => column::select(&mut target[..lanes], test, then, other),
                    Lane::Constant(test) => column::select(&mut target[..lanes], &vec![test; lanes], then, other),
                }
            }),
            Instruction::ToReal { to, a } => self.real_to(*to, |own, target| {
                for (lane, target) in target[..lanes].iter_mut().enumerate() {
                    *target = graph::exact_to_real(own.exact_at(*a, lane));
                }
            }),
            Instruction::Call { kernel, to, args } => self.real_to(*to, |own, target| {
                let mut values = vec![0.0; args.len()];
                for (lane, target) in target[..lanes].iter_mut().enumerate() {
                    values.iter_mut().zip(args).for_each(|(value, arg)| *value = own.real_at(*arg, lane));
                    *target = kernel.value(&values);
                }
            }),
            Instruction::Root { solve, several, to, args } => {
                self.root(&solves[*solve], *solve, *several, *to, args, lanes)
            }
            Instruction::ExactUnary { op, to, a } => self.exact_to(*to, |own, target| {
                exact_column::unary(*op, &mut target[..lanes], own.exact_lane(*a, lanes));
            }),
            Instruction::ExactBinary { op, to, a, b } => self.exact_to(*to, |own, target| {
                exact_column::binary(*op, &mut target[..lanes], own.exact_lane(*a, lanes), own.exact_lane(*b, lanes));
            }),
            Instruction::ExactSelect { to, test, then, other } => self.exact_to(*to, |own, target| {
                let (test, then, other) =
                    (own.exact_lane(*test, lanes), own.exact_lane(*then, lanes), own.exact_lane(*other, lanes));
                exact_column::select(&mut target[..lanes], test, then, other);
            }),
            Instruction::ToExact { to, a } => self.exact_to(*to, |own, target| {
                for (lane, target) in target[..lanes].iter_mut().enumerate() {
                    *target = number::to_exact(own.real_at(*a, lane));
                }
            }),
        }
    }

    fn root(&mut self, sought: &Sought, solve: usize, several: bool, to: usize, args: &[AnySource], lanes: usize) {
        if self.solved[solve].is_none() {
            self.solved[solve] = Some(sought.lanes(self, args, lanes));
        }
        if let Some((roots, severals)) = &self.solved[solve] {
            self.real[to][..lanes].copy_from_slice(if several { severals } else { roots });
        }
    }

    /// Takes the target column out while the others are read; a target is never an operand.
    fn real_to(&mut self, to: usize, run: impl FnOnce(&Workspace, &mut Vec<f64>)) {
        let mut target = std::mem::take(&mut self.real[to]);
        run(self, &mut target);
        self.real[to] = target;
    }

    fn exact_to(&mut self, to: usize, run: impl FnOnce(&Workspace, &mut Vec<Exact>)) {
        let mut target = std::mem::take(&mut self.exact[to]);
        run(self, &mut target);
        self.exact[to] = target;
    }

    pub fn lane(&self, source: RealSource, lanes: usize) -> Lane<'_> {
        match source {
            Source::Constant(value) => Lane::Constant(value),
            Source::Slot(slot) => Lane::Column(&self.real[slot][..lanes]),
        }
    }

    fn exact_lane(&self, source: ExactSource, lanes: usize) -> ExactLane<'_> {
        match source {
            Source::Constant(value) => ExactLane::Constant(value),
            Source::Slot(slot) => ExactLane::Column(&self.exact[slot][..lanes]),
        }
    }

    pub fn real_at(&self, source: RealSource, lane: usize) -> f64 {
        match source {
            Source::Constant(value) => value,
            Source::Slot(slot) => self.real[slot][lane],
        }
    }

    pub fn exact_at(&self, source: ExactSource, lane: usize) -> Exact {
        match source {
            Source::Constant(value) => value,
            Source::Slot(slot) => self.exact[slot][lane],
        }
    }

    /// The first `lanes` numbers of an output as floats.
    pub fn real_output(&self, source: AnySource, to: &mut [f64]) {
        match source {
            AnySource::Real(Source::Slot(slot)) => to.copy_from_slice(&self.real[slot][..to.len()]),
            AnySource::Real(Source::Constant(value)) => to.fill(value),
            AnySource::Exact(source) => {
                to.iter_mut()
                    .enumerate()
                    .for_each(|(lane, to)| *to = graph::exact_to_real(self.exact_at(source, lane)));
            }
        }
    }

    /// Whether an output is true in a lane.
    pub fn holds(&self, source: AnySource, lane: usize) -> bool {
        match source {
            AnySource::Real(source) => graph::real_unary(Unary::Truth, self.real_at(source, lane)) == 1.0,
            AnySource::Exact(source) => self.exact_at(source, lane).is_some_and(|value| !value.is_zero()),
        }
    }
}
