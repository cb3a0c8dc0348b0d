//! Loops over columns of decimals: the operation is chosen once for a column, not once for a lane.

use rust_decimal::Decimal;

use crate::workbook::expr::Compare;
use crate::workbook::graph::{self, Binary, Unary};
use crate::workbook::number::{self, Exact};

/// One operand of a loop.
#[derive(Clone, Copy)]
pub(crate) enum ExactLane<'a> {
    Constant(Exact),
    Column(&'a [Exact]),
}

impl ExactLane<'_> {
    #[inline(always)]
    fn at(&self, lane: usize) -> Exact {
        match self {
            ExactLane::Constant(value) => *value,
            ExactLane::Column(column) => column[lane],
        }
    }
}

pub(crate) fn unary(op: Unary, to: &mut [Exact], a: ExactLane) {
    for (lane, to) in to.iter_mut().enumerate() {
        *to = graph::exact_unary(op, a.at(lane));
    }
}

#[inline(always)]
fn both(to: &mut [Exact], a: ExactLane, b: ExactLane, f: impl Fn(Decimal, Decimal) -> Exact) {
    let of = |a: Exact, b: Exact| f(a?, b?);
    match (a, b) {
        (ExactLane::Column(a), ExactLane::Column(b)) => {
            to.iter_mut().zip(a).zip(b).for_each(|((to, a), b)| *to = of(*a, *b));
        }
        (ExactLane::Column(a), ExactLane::Constant(b)) => to.iter_mut().zip(a).for_each(|(to, a)| *to = of(*a, b)),
        (ExactLane::Constant(a), ExactLane::Column(b)) => to.iter_mut().zip(b).for_each(|(to, b)| *to = of(a, *b)),
        (ExactLane::Constant(a), ExactLane::Constant(b)) => to.fill(of(a, b)),
    }
}

pub(crate) fn binary(op: Binary, to: &mut [Exact], a: ExactLane, b: ExactLane) {
    match op {
        Binary::Add => both(to, a, b, |a, b| a.checked_add(b)),
        Binary::Sub => both(to, a, b, |a, b| a.checked_sub(b)),
        Binary::Mul => both(to, a, b, |a, b| a.checked_mul(b)),
        Binary::Min => both(to, a, b, |a, b| Some(a.min(b))),
        Binary::Max => both(to, a, b, |a, b| Some(a.max(b))),
        Binary::MulRound(places) => both(to, a, b, |a, b| number::product_rounded(a, b, places)),
        Binary::DivRound(places) => both(to, a, b, |a, b| number::quotient_rounded(a, b, places)),
        Binary::Compare(how) => comparison(how, to, a, b),
        other => both(to, a, b, |a, b| graph::exact_binary(other, Some(a), Some(b))),
    }
}

fn comparison(how: Compare, to: &mut [Exact], a: ExactLane, b: ExactLane) {
    let (yes, no) = (Some(Decimal::ONE), Some(Decimal::ZERO));
    both(to, a, b, |a, b| if how.holds(&a, &b) { yes } else { no });
}

pub(crate) fn select(to: &mut [Exact], test: ExactLane, then: ExactLane, other: ExactLane) {
    for (lane, to) in to.iter_mut().enumerate() {
        *to = match test.at(lane) {
            None => None,
            Some(test) if test.is_zero() => other.at(lane),
            Some(_) => then.at(lane),
        };
    }
}
