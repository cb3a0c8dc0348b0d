//! The operations of a workbook as one graph: constants are folded at once, equal operations are shared.
//!
//! With no lane-varying input everything folds, so the point value and the lanes have one definition of every operation.

use std::collections::HashMap;

use rust_decimal::Decimal;

use crate::money::round_half_away;
use crate::workbook::expr::Compare;
use crate::workbook::kernel::Kernel;
use crate::workbook::number::{self, Exact};

/// What an operation works on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Operand {
    /// A float by its bits.
    Real(u64),
    Exact(Exact),
    Node(u32),
}

/// Which arithmetic a number belongs to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Kind {
    Real,
    Exact,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Unary {
    Neg,
    Exp,
    Ln,
    Normal,
    Round(u32),
    /// 1 where the number is neither 0 nor undefined, else 0.
    Truth,
    ToReal,
    ToExact,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Binary {
    Add,
    Sub,
    Mul,
    Div,
    Pow,
    Min,
    Max,
    Compare(Compare),
    /// The exact product or quotient, rounded once (Books).
    MulRound(u32),
    DivRound(u32),
}

#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Op {
    /// A lane-varying input, by its number.
    Input(u32),
    Unary(Unary, Operand),
    Binary(Binary, Operand, Operand),
    Select(Operand, Operand, Operand),
    Call(Kernel, Vec<Operand>),
    /// The root of function `solve` of the graph; `several` says instead whether there were several.
    Root {
        solve: u32,
        several: bool,
        args: Vec<Operand>,
    },
}

impl Op {
    /// Calls `each` with every operand.
    pub fn operands(&self, mut each: impl FnMut(Operand)) {
        match self {
            Op::Input(_) => {}
            Op::Unary(_, a) => each(*a),
            Op::Binary(_, a, b) => [*a, *b].into_iter().for_each(each),
            Op::Select(a, b, c) => [*a, *b, *c].into_iter().for_each(each),
            Op::Call(_, args) | Op::Root { args, .. } => args.iter().copied().for_each(each),
        }
    }
}

pub(crate) struct Node {
    pub op: Op,
    pub kind: Kind,
}

#[derive(Default)]
pub(crate) struct Graph {
    pub nodes: Vec<Node>,
    shared: HashMap<Op, u32>,
}

pub(crate) fn real(value: f64) -> Operand {
    Operand::Real(value.to_bits())
}

impl Graph {
    pub fn kind(&self, operand: Operand) -> Kind {
        match operand {
            Operand::Real(_) => Kind::Real,
            Operand::Exact(_) => Kind::Exact,
            Operand::Node(node) => self.nodes[node as usize].kind,
        }
    }

    pub fn node(&mut self, op: Op, kind: Kind) -> Operand {
        if let Some(node) = self.shared.get(&op) {
            return Operand::Node(*node);
        }
        let node = self.nodes.len() as u32;
        self.shared.insert(op.clone(), node);
        self.nodes.push(Node { op, kind });
        Operand::Node(node)
    }

    pub fn unary(&mut self, op: Unary, a: Operand) -> Operand {
        match a {
            Operand::Real(bits) if op == Unary::ToExact => Operand::Exact(number::to_exact(f64::from_bits(bits))),
            Operand::Real(bits) => real(real_unary(op, f64::from_bits(bits))),
            Operand::Exact(value) if op == Unary::ToReal => real(exact_to_real(value)),
            Operand::Exact(value) => Operand::Exact(exact_unary(op, value)),
            Operand::Node(_) => {
                let kind = match op {
                    Unary::ToReal => Kind::Real,
                    Unary::ToExact => Kind::Exact,
                    _ => self.kind(a),
                };
                self.node(Op::Unary(op, a), kind)
            }
        }
    }

    /// Both operands are of one kind.
    pub fn binary(&mut self, op: Binary, a: Operand, b: Operand) -> Operand {
        match (a, b) {
            (Operand::Real(a), Operand::Real(b)) => real(real_binary(op, f64::from_bits(a), f64::from_bits(b))),
            (Operand::Exact(a), Operand::Exact(b)) => Operand::Exact(exact_binary(op, a, b)),
            _ => {
                let kind = self.kind(a);
                self.node(Op::Binary(op, a, b), kind)
            }
        }
    }

    /// `then` where `test` is neither 0 nor undefined, `other` where it is 0, undefined where it is undefined.
    pub fn select(&mut self, test: Operand, then: Operand, other: Operand) -> Operand {
        match test {
            Operand::Real(bits) if f64::from_bits(bits).is_nan() => self.undefined_like(then),
            Operand::Real(bits) => {
                if f64::from_bits(bits) != 0.0 {
                    then
                } else {
                    other
                }
            }
            Operand::Exact(None) => self.undefined_like(then),
            Operand::Exact(Some(value)) => {
                if value.is_zero() {
                    other
                } else {
                    then
                }
            }
            Operand::Node(_) => {
                let kind = self.kind(then);
                self.node(Op::Select(test, then, other), kind)
            }
        }
    }

    fn undefined_like(&self, operand: Operand) -> Operand {
        match self.kind(operand) {
            Kind::Real => real(f64::NAN),
            Kind::Exact => Operand::Exact(None),
        }
    }

    pub fn call(&mut self, kernel: Kernel, args: Vec<Operand>) -> Operand {
        let known: Option<Vec<f64>> = args
            .iter()
            .map(|arg| match arg {
                Operand::Real(bits) => Some(f64::from_bits(*bits)),
                _ => None,
            })
            .collect();
        match known {
            Some(args) => real(kernel.value(&args)),
            None => self.node(Op::Call(kernel, args), Kind::Real),
        }
    }

    /// The operand in the wanted arithmetic.
    pub fn convert(&mut self, operand: Operand, kind: Kind) -> Operand {
        match (self.kind(operand), kind) {
            (Kind::Real, Kind::Exact) => self.unary(Unary::ToExact, operand),
            (Kind::Exact, Kind::Real) => self.unary(Unary::ToReal, operand),
            _ => operand,
        }
    }
}

pub(crate) fn exact_to_real(value: Exact) -> f64 {
    value.map_or(f64::NAN, number::to_real)
}

#[inline(always)]
pub(crate) fn real_unary(op: Unary, a: f64) -> f64 {
    match op {
        Unary::Neg => -a,
        Unary::Exp => libm::exp(a),
        Unary::Ln => libm::log(a),
        Unary::Normal => number::normal_cdf(a),
        Unary::Round(places) => number::round(a, places),
        Unary::Truth => f64::from(u8::from(a != 0.0 && !a.is_nan())),
        Unary::ToReal | Unary::ToExact => a,
    }
}

#[inline(always)]
pub(crate) fn real_binary(op: Binary, a: f64, b: f64) -> f64 {
    match op {
        Binary::Add => a + b,
        Binary::Sub => a - b,
        Binary::Mul => a * b,
        Binary::Div => a / b,
        Binary::Pow => number::power(a, b),
        Binary::Min => number::least(a, b),
        Binary::Max => number::greatest(a, b),
        Binary::Compare(how) => compare(how, a, b),
        Binary::MulRound(places) => number::round(a * b, places),
        Binary::DivRound(places) => number::round(a / b, places),
    }
}

/// 1 or 0; not a number where either side is not.
#[inline(always)]
pub(crate) fn compare(how: Compare, a: f64, b: f64) -> f64 {
    if a.is_nan() || b.is_nan() {
        return f64::NAN;
    }
    f64::from(u8::from(how.holds(&a, &b)))
}

#[inline(always)]
pub(crate) fn real_select(test: f64, then: f64, other: f64) -> f64 {
    if test.is_nan() {
        f64::NAN
    } else if test != 0.0 {
        then
    } else {
        other
    }
}

pub(crate) fn exact_unary(op: Unary, a: Exact) -> Exact {
    match op {
        Unary::Neg => a.map(|a| -a),
        Unary::Round(places) => a.map(|a| round_half_away(a, places)),
        Unary::Truth => Some(Decimal::from(u8::from(a.is_some_and(|a| !a.is_zero())))),
        // The check keeps transcendentals out of books.
        Unary::Exp | Unary::Ln | Unary::Normal => None,
        Unary::ToReal | Unary::ToExact => a,
    }
}

pub(crate) fn exact_binary(op: Binary, a: Exact, b: Exact) -> Exact {
    let (a, b) = (a?, b?);
    match op {
        Binary::Add => a.checked_add(b),
        Binary::Sub => a.checked_sub(b),
        Binary::Mul => a.checked_mul(b),
        Binary::Div => a.checked_div(b),
        Binary::Pow => None,
        Binary::Min => Some(a.min(b)),
        Binary::Max => Some(a.max(b)),
        Binary::Compare(how) => Some(Decimal::from(u8::from(how.holds(&a, &b)))),
        Binary::MulRound(places) => number::product_rounded(a, b, places),
        Binary::DivRound(places) => number::quotient_rounded(a, b, places),
    }
}
