//! Which columns say nothing new: found in order, so that the later of two collinear columns is the one dropped.

use faer::Mat;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::least_squares::back_substitute;

/// A column that was dropped because the columns before it already determine it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Collinear {
    pub name: String,
    /// The columns that determine it, with their coefficients, the largest contribution first (at most 5; empty where the
    /// column is zero or constant within the fixed effects).
    pub determined_by: Vec<(String, f64)>,
}

/// The triangle of the columns that are left.
pub(crate) struct Settled {
    /// Indices of the kept columns, ascending.
    pub kept: Vec<usize>,
    /// Indices of the dropped columns, each with the coefficients of the kept columns before it.
    pub dropped: Vec<(usize, Vec<(usize, f64)>)>,
    pub r: Mat<f64>,
    /// The response in the same basis.
    pub z: Vec<f64>,
}

/// Scaled smallest singular value below which a column counts as collinear. Exact collinearity leaves about 1e-16 to 1e-15
/// of rounding; the hardest certified
/// regression (NIST Filip) stands at 6e-10.
pub(crate) const TOLERANCE: f64 = 1e-12;

/// Goes through the columns of `total` (the triangle of all columns and, last, the response) in order.
///
/// Column `j` is collinear when the vector `v = (c, −1)`, with `c` the best combination of the kept columns scaled by their
/// `lengths` (before fixed effects were taken out), is mapped by the scaled columns to less than `tolerance` of its own length:
/// the scaled columns are then singular to working precision. A rule on the remainder of the column alone would drop a
/// term of the Filip polynomial, as R's `lm` does.
pub(crate) fn settle(total: &Mat<f64>, lengths: &[f64], tolerance: f64) -> Settled {
    let width = total.ncols();
    let mut r = total.clone();
    let mut kept: Vec<usize> = Vec::new();
    let mut dropped = Vec::new();
    // `at` is the position in the shrinking matrix, `j` the column it came from.
    for (j, length) in lengths.iter().enumerate() {
        let at = kept.len();
        let target: Vec<f64> = (0..at).map(|i| r[(i, at)]).collect();
        let combination = back_substitute(&r, &target);
        let rest = r[(at, at)].abs();
        let scaled = kept.iter().zip(&combination).map(|(k, c)| c * lengths[*k]);
        let vector = scaled.fold(length * length, |sum, x| sum + x * x).sqrt();
        if *length > 0.0 && rest > tolerance * vector {
            kept.push(j);
            continue;
        }
        let mut parts: Vec<(usize, f64)> = kept.iter().copied().zip(combination).collect();
        parts.retain(|(k, c)| (c * lengths[*k]).abs() > 1e-9 * length);
        dropped.push((j, parts));
        r = without(&r, at);
    }
    let k = kept.len();
    let z = (0..k).map(|i| r[(i, k)]).collect();
    debug_assert_eq!(r.ncols(), width - dropped.len());
    Settled { r: r.submatrix(0, 0, k, k).to_owned(), z, kept, dropped }
}

/// The triangle without column `at`: the rows below are rotated back to a triangle (Givens).
fn without(r: &Mat<f64>, at: usize) -> Mat<f64> {
    let (rows, columns) = (r.nrows(), r.ncols() - 1);
    let mut out = Mat::from_fn(rows, columns, |i, j| r[(i, if j < at { j } else { j + 1 })]);
    for j in at..columns {
        let below = j + 1;
        if below >= rows {
            break;
        }
        let (a, b) = (out[(j, j)], out[(below, j)]);
        let length = libm::hypot(a, b);
        if length == 0.0 {
            continue;
        }
        let (cosine, sine) = (a / length, b / length);
        for column in j..columns {
            let (top, bottom) = (out[(j, column)], out[(below, column)]);
            out[(j, column)] = cosine * top + sine * bottom;
            out[(below, column)] = cosine * bottom - sine * top;
        }
        out[(below, j)] = 0.0;
    }
    out
}
