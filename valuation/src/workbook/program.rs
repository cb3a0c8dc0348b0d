//! A graph as straight-line code over columns of lanes: only what the outputs need, in slots that are used again as soon as
//! their number is no longer needed (a recurrence so keeps two columns, not one for each period).

use crate::workbook::graph::{Binary, Graph, Kind, Op, Operand, Unary};
use crate::workbook::kernel::Kernel;
use crate::workbook::number::Exact;

/// Where an instruction finds a number of one arithmetic.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Source<T> {
    Constant(T),
    Slot(usize),
}

pub(crate) type RealSource = Source<f64>;
pub(crate) type ExactSource = Source<Exact>;

/// An output: of either arithmetic.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum AnySource {
    Real(RealSource),
    Exact(ExactSource),
}

pub(crate) enum Instruction {
    RealUnary { op: Unary, to: usize, a: RealSource },
    RealBinary { op: Binary, to: usize, a: RealSource, b: RealSource },
    RealSelect { to: usize, test: RealSource, then: RealSource, other: RealSource },
    ExactUnary { op: Unary, to: usize, a: ExactSource },
    ExactBinary { op: Binary, to: usize, a: ExactSource, b: ExactSource },
    ExactSelect { to: usize, test: ExactSource, then: ExactSource, other: ExactSource },
    ToReal { to: usize, a: ExactSource },
    ToExact { to: usize, a: RealSource },
    Call { kernel: Kernel, to: usize, args: Vec<RealSource> },
    Root { solve: usize, several: bool, to: usize, args: Vec<AnySource> },
}

/// An input column the program reads, and the slot it is loaded to before the first instruction.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Load {
    pub input: u32,
    pub kind: Kind,
    pub slot: usize,
}

pub(crate) struct Program {
    pub loads: Vec<Load>,
    pub instructions: Vec<Instruction>,
    pub outputs: Vec<AnySource>,
    pub real_slots: usize,
    pub exact_slots: usize,
}

impl Program {
    /// The code that calculates `outputs`.
    pub fn new(graph: &Graph, outputs: &[Operand]) -> Program {
        let last_use = last_uses(graph, outputs);
        let mut planner = Planner {
            graph,
            slot_of: vec![usize::MAX; graph.nodes.len()],
            real: Slots::default(),
            exact: Slots::default(),
        };
        let mut loads = Vec::new();
        // Inputs are loaded before the first instruction, so their slots are taken before any other.
        for (number, node) in graph.nodes.iter().enumerate() {
            if let (Op::Input(input), Some(_)) = (&node.op, last_use[number]) {
                let slot = planner.take(number);
                loads.push(Load { input: *input, kind: node.kind, slot });
            }
        }
        let mut instructions = Vec::new();
        for (number, node) in graph.nodes.iter().enumerate() {
            if last_use[number].is_none() {
                continue;
            }
            if !matches!(node.op, Op::Input(_)) {
                let to = planner.take(number);
                instructions.push(planner.instruction(&node.op, node.kind, to));
            }
            // The target never shares a slot with an operand: operands are given back after it was taken.
            node.op.operands(|operand| planner.give_back(operand, number, &last_use));
        }
        let outputs = outputs.iter().map(|output| planner.any(*output)).collect();
        let (real_slots, exact_slots) = (planner.real.count, planner.exact.count);
        Program { loads, instructions, outputs, real_slots, exact_slots }
    }
}

/// For each node the last node that reads it (`usize::MAX` for an output); `None` where nothing needs it.
fn last_uses(graph: &Graph, outputs: &[Operand]) -> Vec<Option<usize>> {
    let mut last_use = vec![None; graph.nodes.len()];
    for output in outputs {
        if let Operand::Node(node) = output {
            last_use[*node as usize] = Some(usize::MAX);
        }
    }
    for number in (0..graph.nodes.len()).rev() {
        if last_use[number].is_some() {
            graph.nodes[number].op.operands(|operand| {
                if let Operand::Node(node) = operand {
                    let slot = &mut last_use[node as usize];
                    *slot = Some(slot.map_or(number, |later: usize| later.max(number)));
                }
            });
        }
    }
    last_use
}

#[derive(Default)]
struct Slots {
    free: Vec<usize>,
    count: usize,
}

impl Slots {
    fn take(&mut self) -> usize {
        self.free.pop().unwrap_or_else(|| {
            self.count += 1;
            self.count - 1
        })
    }
}

struct Planner<'a> {
    graph: &'a Graph,
    slot_of: Vec<usize>,
    real: Slots,
    exact: Slots,
}

impl Planner<'_> {
    fn take(&mut self, node: usize) -> usize {
        let slot = match self.graph.nodes[node].kind {
            Kind::Real => self.real.take(),
            Kind::Exact => self.exact.take(),
        };
        self.slot_of[node] = slot;
        slot
    }

    fn give_back(&mut self, operand: Operand, reader: usize, last_use: &[Option<usize>]) {
        let Operand::Node(node) = operand else { return };
        let node = node as usize;
        if last_use[node] == Some(reader) && self.slot_of[node] != usize::MAX {
            let slots = match self.graph.nodes[node].kind {
                Kind::Real => &mut self.real,
                Kind::Exact => &mut self.exact,
            };
            // An operand named twice (x·x) is given back once.
            if !slots.free.contains(&self.slot_of[node]) {
                slots.free.push(self.slot_of[node]);
            }
        }
    }

    fn any(&self, operand: Operand) -> AnySource {
        match self.graph.kind(operand) {
            Kind::Real => AnySource::Real(self.real_source(operand)),
            Kind::Exact => AnySource::Exact(self.exact_source(operand)),
        }
    }

    fn real_source(&self, operand: Operand) -> RealSource {
        match operand {
            Operand::Real(bits) => Source::Constant(f64::from_bits(bits)),
            Operand::Node(node) => Source::Slot(self.slot_of[node as usize]),
            Operand::Exact(_) => Source::Constant(f64::NAN),
        }
    }

    fn exact_source(&self, operand: Operand) -> ExactSource {
        match operand {
            Operand::Exact(value) => Source::Constant(value),
            Operand::Node(node) => Source::Slot(self.slot_of[node as usize]),
            Operand::Real(_) => Source::Constant(None),
        }
    }

    fn instruction(&self, op: &Op, kind: Kind, to: usize) -> Instruction {
        match (op, kind) {
            (Op::Unary(Unary::ToReal, a), _) => Instruction::ToReal { to, a: self.exact_source(*a) },
            (Op::Unary(Unary::ToExact, a), _) => Instruction::ToExact { to, a: self.real_source(*a) },
            (Op::Unary(op, a), Kind::Real) => Instruction::RealUnary { op: *op, to, a: self.real_source(*a) },
            (Op::Unary(op, a), Kind::Exact) => Instruction::ExactUnary { op: *op, to, a: self.exact_source(*a) },
            (Op::Binary(op, a, b), Kind::Real) => {
                Instruction::RealBinary { op: *op, to, a: self.real_source(*a), b: self.real_source(*b) }
            }
            (Op::Binary(op, a, b), Kind::Exact) => {
                Instruction::ExactBinary { op: *op, to, a: self.exact_source(*a), b: self.exact_source(*b) }
            }
            (Op::Select(test, then, other), Kind::Real) => Instruction::RealSelect {
                to,
                test: self.real_source(*test),
                then: self.real_source(*then),
                other: self.real_source(*other),
            },
            (Op::Select(test, then, other), Kind::Exact) => Instruction::ExactSelect {
                to,
                test: self.exact_source(*test),
                then: self.exact_source(*then),
                other: self.exact_source(*other),
            },
            (Op::Call(kernel, args), _) => {
                Instruction::Call { kernel: *kernel, to, args: args.iter().map(|arg| self.real_source(*arg)).collect() }
            }
            (Op::Root { solve, several, args }, _) => {
                let args = args.iter().map(|arg| self.any(*arg)).collect();
                Instruction::Root { solve: *solve as usize, several: *several, to, args }
            }
            // Inputs are loaded, never calculated.
            (Op::Input(_), _) => Instruction::RealUnary { op: Unary::ToReal, to, a: Source::Slot(to) },
        }
    }
}
