//! Least squares by orthogonal triangles: fixed blocks of rows are reduced with one thread each and combined in order, so
//! that any number of threads gives the same bits. The normal equations are never formed.

use std::ops::Range;

use faer::dyn_stack::{MemBuffer, MemStack};
use faer::linalg::qr::no_pivoting::factor::{qr_in_place, qr_in_place_scratch, recommended_block_size};
use faer::{Mat, Par};
use rayon::prelude::*;

/// Blocks that are worked on at a time; their results are combined before the next are begun, which bounds memory.
const WAVE: usize = 16;

/// Rows of one block for a matrix of `width` columns: at least four times as many, so that combining costs little.
pub(crate) fn block_rows(width: usize) -> usize {
    (8 * width).max(4096)
}

/// Works through rows `0..n` in fixed blocks: `map` in parallel, `fold` in order.
pub(crate) fn in_blocks<T: Send>(
    n: usize,
    rows: usize,
    map: impl Fn(Range<usize>) -> T + Sync,
    mut fold: impl FnMut(Range<usize>, T),
) {
    let blocks: Vec<Range<usize>> = (0..n).step_by(rows.max(1)).map(|start| start..(start + rows).min(n)).collect();
    for wave in blocks.chunks(WAVE) {
        let results: Vec<T> = wave.par_iter().map(|range| map(range.clone())).collect();
        for (range, result) in wave.iter().zip(results) {
            fold(range.clone(), result);
        }
    }
}

/// The upper triangle of the QR factorisation of a matrix given in blocks of rows: `width × width`, rows of zeros below
/// the rank of a short matrix.
///
/// Source: Demmel, Grigori, Hoemmen, Langou 2012, “Communication-optimal parallel and sequential QR and LU
/// factorizations”, SIAM J. Sci. Comput. 34 (sequential TSQR).
pub(crate) fn triangle(n: usize, width: usize, block: impl Fn(Range<usize>) -> Mat<f64> + Sync) -> Mat<f64> {
    let mut total = Mat::zeros(width, width);
    let mut first = true;
    in_blocks(
        n,
        block_rows(width),
        |range| upper(block(range)),
        |_, part| {
            if first {
                total.submatrix_mut(0, 0, part.nrows(), width).copy_from(&part);
                first = false;
            } else {
                let stacked = Mat::from_fn(width + part.nrows(), width, |i, j| {
                    if i < width { total[(i, j)] } else { part[(i - width, j)] }
                });
                total.copy_from(&upper(stacked));
            }
        },
    );
    total
}

/// The upper triangle (`min(rows, columns) × columns`) of one block, by Householder reflections on one thread.
fn upper(mut block: Mat<f64>) -> Mat<f64> {
    let (rows, columns) = (block.nrows(), block.ncols());
    let size = rows.min(columns);
    if size == 0 {
        return Mat::zeros(0, columns);
    }
    let reflectors = recommended_block_size::<f64>(rows, columns);
    let mut coefficients = Mat::zeros(reflectors, size);
    let scratch = qr_in_place_scratch::<f64>(rows, columns, reflectors, Par::Seq, Default::default());
    let mut memory = MemBuffer::new(scratch);
    let stack = MemStack::new(&mut memory);
    qr_in_place(block.as_mut(), coefficients.as_mut(), Par::Seq, stack, Default::default());
    Mat::from_fn(size, columns, |i, j| if i <= j { block[(i, j)] } else { 0.0 })
}

/// The inverse of an upper triangle with a diagonal without zeros.
pub(crate) fn inverse(r: &Mat<f64>) -> Mat<f64> {
    let k = r.ncols();
    let mut out = Mat::<f64>::zeros(k, k);
    for j in 0..k {
        out[(j, j)] = 1.0 / r[(j, j)];
        for i in (0..j).rev() {
            let sum = (i + 1..=j).fold(0.0, |sum, l| sum + r[(i, l)] * out[(l, j)]);
            out[(i, j)] = -sum / r[(i, i)];
        }
    }
    out
}

/// Solves `R x = z` for the leading part of an upper triangle that has the length of `z`.
pub(crate) fn back_substitute(r: &Mat<f64>, z: &[f64]) -> Vec<f64> {
    let k = z.len();
    let mut x = vec![0.0; k];
    for i in (0..k).rev() {
        let sum = (i + 1..k).fold(0.0, |sum, j| sum + r[(i, j)] * x[j]);
        x[i] = (z[i] - sum) / r[(i, i)];
    }
    x
}

/// Largest over smallest singular value of an upper triangle, its columns as they are or scaled to unit length; infinite
/// where the smallest is zero.
///
/// Source: Belsley, Kuh, Welsch 1980, “Regression Diagnostics”, chapter 3 (scaled condition number).
pub(crate) fn condition(r: &Mat<f64>, scaled: bool) -> f64 {
    let k = r.ncols();
    if k == 0 {
        return 1.0;
    }
    let lengths: Vec<f64> = (0..k).map(|j| r.col(j).norm_l2()).collect();
    let matrix = Mat::from_fn(k, k, |i, j| if scaled { r[(i, j)] / lengths[j] } else { r[(i, j)] });
    match matrix.singular_values() {
        Ok(values) => match (values.first(), values.last()) {
            (Some(largest), Some(smallest)) if *smallest > 0.0 => largest / smallest,
            _ => f64::INFINITY,
        },
        Err(_) => f64::INFINITY,
    }
}
