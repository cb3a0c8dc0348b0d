//! The correlation matrix nearest to one that no inputs can have.

use crate::workbook::InputId;
use crate::workbook::bindings::Joint;

/// The nearest correlation matrix in the Frobenius norm, rounded to six decimals; a hair inside where rounding would leave
/// the possible ones again.
///
/// Source: Higham 2002, alternating projections with Dykstra's correction.
pub(crate) fn nearest_correlation(matrix: &[Vec<f64>]) -> Vec<Vec<f64>> {
    let n = matrix.len();
    let mut found = matrix.to_vec();
    let mut correction = vec![vec![0.0; n]; n];
    for _ in 0..20_000 {
        let shifted = combined(&found, &correction, -1.0);
        let positive = positive_part(&shifted);
        correction = combined(&positive, &shifted, -1.0);
        let mut next = positive;
        (0..n).for_each(|i| next[i][i] = 1.0);
        let change = (0..n).flat_map(|i| (0..n).map(move |j| (i, j)));
        let change = change.fold(0.0f64, |worst, (i, j)| worst.max((next[i][j] - found[i][j]).abs()));
        found = next;
        if change < 1e-13 {
            break;
        }
    }
    let mut inside = 1.0;
    loop {
        let rounded = |x: f64| libm::round(x * inside * 1e6) / 1e6;
        let tried: Vec<Vec<f64>> =
            (0..n).map(|i| (0..n).map(|j| if i == j { 1.0 } else { rounded(found[i][j]) }).collect()).collect();
        let ids = (0..n).map(|i| InputId(i.to_string())).collect();
        if inside < 0.9 || (Joint::GaussianCopula { ids, correlation: tried.clone() }).factor().is_ok() {
            return tried;
        }
        inside -= 1e-6;
    }
}

fn combined(a: &[Vec<f64>], b: &[Vec<f64>], sign: f64) -> Vec<Vec<f64>> {
    a.iter().zip(b).map(|(a, b)| a.iter().zip(b).map(|(a, b)| a + sign * b).collect()).collect()
}

/// The nearest positive semi-definite matrix: negative eigenvalues become 0.
fn positive_part(matrix: &[Vec<f64>]) -> Vec<Vec<f64>> {
    let n = matrix.len();
    let (values, vectors) = eigen(matrix);
    let entry = |i: usize, j: usize| (0..n).map(|k| values[k].max(0.0) * vectors[i][k] * vectors[j][k]).sum();
    (0..n).map(|i| (0..n).map(|j| entry(i, j)).collect()).collect()
}

/// Eigenvalues and eigenvectors (columns) of a symmetric matrix by Jacobi rotations.
///
/// Source: Golub and Van Loan, Matrix Computations, cyclic Jacobi.
fn eigen(matrix: &[Vec<f64>]) -> (Vec<f64>, Vec<Vec<f64>>) {
    let n = matrix.len();
    let mut a = matrix.to_vec();
    let mut v: Vec<Vec<f64>> = (0..n).map(|i| (0..n).map(|j| if i == j { 1.0 } else { 0.0 }).collect()).collect();
    for _ in 0..60 {
        let off: f64 = (0..n).flat_map(|i| (0..i).map(move |j| (i, j))).map(|(i, j)| a[i][j] * a[i][j]).sum();
        if off < 1e-30 {
            break;
        }
        for p in 0..n {
            for q in p + 1..n {
                if a[p][q] != 0.0 {
                    rotate(&mut a, &mut v, p, q);
                }
            }
        }
    }
    ((0..n).map(|i| a[i][i]).collect(), v)
}

fn rotate(a: &mut [Vec<f64>], v: &mut [Vec<f64>], p: usize, q: usize) {
    let theta = (a[q][q] - a[p][p]) / (2.0 * a[p][q]);
    let sign = if theta >= 0.0 { 1.0 } else { -1.0 };
    let t = sign / (theta.abs() + libm::sqrt(theta * theta + 1.0));
    let c = 1.0 / libm::sqrt(t * t + 1.0);
    let s = t * c;
    for row in a.iter_mut().chain(v.iter_mut()) {
        (row[p], row[q]) = (c * row[p] - s * row[q], s * row[p] + c * row[q]);
    }
    let (low, high) = (p.min(q), p.max(q));
    let (first, second) = a.split_at_mut(high);
    // p stands before q, so the row of p is in the first part.
    for (x, y) in first[low].iter_mut().zip(second[0].iter_mut()) {
        (*x, *y) = (c * *x - s * *y, s * *x + c * *y);
    }
}
