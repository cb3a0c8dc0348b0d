//! Loops over columns of lanes, compiled also for AVX2. No loop fuses a multiplication with an addition, so every machine
//! gives the same bits.

use multiversion::multiversion;

use crate::workbook::elementary::{exp_columns, ln_columns};
use crate::workbook::expr::Compare;
use crate::workbook::graph::{self, Binary, Unary};
use crate::workbook::number;

/// One operand of a loop.
#[derive(Clone, Copy)]
pub(crate) enum Lane<'a> {
    Constant(f64),
    Column(&'a [f64]),
}

impl Lane<'_> {
    #[inline(always)]
    fn at(&self, lane: usize) -> f64 {
        match self {
            Lane::Constant(value) => *value,
            Lane::Column(column) => column[lane],
        }
    }
}

pub(crate) fn unary(op: Unary, to: &mut [f64], a: &[f64]) {
    match op {
        Unary::Exp => exp_columns(to, a),
        Unary::Ln => ln_columns(to, a),
        _ => plain_unary(op, to, a),
    }
}

#[multiversion(targets("x86_64+avx+avx2"))]
fn plain_unary(op: Unary, to: &mut [f64], a: &[f64]) {
    match op {
        Unary::Neg => each(to, a, |a| -a),
        Unary::Truth => each(to, a, |a| graph::real_unary(Unary::Truth, a)),
        Unary::Round(places) => each(to, a, |a| number::round(a, places)),
        other => each(to, a, |a| graph::real_unary(other, a)),
    }
}

#[inline(always)]
fn each(to: &mut [f64], a: &[f64], f: impl Fn(f64) -> f64) {
    for (to, a) in to.iter_mut().zip(a) {
        *to = f(*a);
    }
}

#[inline(always)]
fn both(to: &mut [f64], a: Lane, b: Lane, f: impl Fn(f64, f64) -> f64) {
    match (a, b) {
        (Lane::Column(a), Lane::Column(b)) => {
            for ((to, a), b) in to.iter_mut().zip(a).zip(b) {
                *to = f(*a, *b);
            }
        }
        (Lane::Column(a), Lane::Constant(b)) => {
            for (to, a) in to.iter_mut().zip(a) {
                *to = f(*a, b);
            }
        }
        (Lane::Constant(a), Lane::Column(b)) => {
            for (to, b) in to.iter_mut().zip(b) {
                *to = f(a, *b);
            }
        }
        (Lane::Constant(a), Lane::Constant(b)) => to.fill(f(a, b)),
    }
}

pub(crate) fn binary(op: Binary, to: &mut [f64], a: Lane, b: Lane) {
    match op {
        Binary::Compare(how) => comparison(how, to, a, b),
        Binary::Pow => power(to, a, b),
        _ => arithmetic(op, to, a, b),
    }
}

#[multiversion(targets("x86_64+avx+avx2"))]
fn arithmetic(op: Binary, to: &mut [f64], a: Lane, b: Lane) {
    match op {
        Binary::Add => both(to, a, b, |a, b| a + b),
        Binary::Sub => both(to, a, b, |a, b| a - b),
        Binary::Mul => both(to, a, b, |a, b| a * b),
        Binary::Div => both(to, a, b, |a, b| a / b),
        Binary::Min => both(to, a, b, number::least),
        Binary::Max => both(to, a, b, number::greatest),
        other => both(to, a, b, |a, b| graph::real_binary(other, a, b)),
    }
}

#[multiversion(targets("x86_64+avx+avx2"))]
fn comparison(how: Compare, to: &mut [f64], a: Lane, b: Lane) {
    match how {
        Compare::Less => both(to, a, b, |a, b| graph::compare(Compare::Less, a, b)),
        Compare::LessOrEqual => both(to, a, b, |a, b| graph::compare(Compare::LessOrEqual, a, b)),
        Compare::Equal => both(to, a, b, |a, b| graph::compare(Compare::Equal, a, b)),
        Compare::NotEqual => both(to, a, b, |a, b| graph::compare(Compare::NotEqual, a, b)),
        Compare::GreaterOrEqual => both(to, a, b, |a, b| graph::compare(Compare::GreaterOrEqual, a, b)),
        Compare::Greater => both(to, a, b, |a, b| graph::compare(Compare::Greater, a, b)),
    }
}

fn power(to: &mut [f64], base: Lane, exponent: Lane) {
    match (base, exponent) {
        (Lane::Column(base), Lane::Constant(exponent)) => match number::half_steps(exponent) {
            Some(steps) => power_by_halves(to, base, steps),
            None => each(to, base, |base| libm::pow(base, exponent)),
        },
        _ => both(to, base, exponent, number::power),
    }
}

#[multiversion(targets("x86_64+avx+avx2"))]
fn power_by_halves(to: &mut [f64], base: &[f64], steps: i32) {
    // The same multiplications as `number::power_by_halves`, one loop for each, so that they run over whole registers.
    const WIDTH: usize = 64;
    for (to, base) in to.chunks_mut(WIDTH).zip(base.chunks(WIDTH)) {
        let mut factor = [0.0; WIDTH];
        let mut product = [1.0; WIDTH];
        factor[..base.len()].copy_from_slice(base);
        let mut whole = steps.unsigned_abs() / 2;
        while whole > 0 {
            if whole & 1 == 1 {
                product.iter_mut().zip(&factor).for_each(|(p, f)| *p *= f);
            }
            factor.iter_mut().for_each(|f| *f *= *f);
            whole >>= 1;
        }
        if steps % 2 != 0 {
            product.iter_mut().zip(base).for_each(|(p, b)| *p *= b.sqrt());
        }
        if steps < 0 {
            product.iter_mut().for_each(|p| *p = 1.0 / *p);
        }
        to.copy_from_slice(&product[..base.len()]);
    }
}

#[multiversion(targets("x86_64+avx+avx2"))]
pub(crate) fn select(to: &mut [f64], test: &[f64], then: Lane, other: Lane) {
    match (then, other) {
        (Lane::Column(then), Lane::Column(other)) => {
            for (((to, test), then), other) in to.iter_mut().zip(test).zip(then).zip(other) {
                *to = graph::real_select(*test, *then, *other);
            }
        }
        (then, other) => {
            for (lane, (to, test)) in to.iter_mut().zip(test).enumerate() {
                *to = graph::real_select(*test, then.at(lane), other.at(lane));
            }
        }
    }
}
