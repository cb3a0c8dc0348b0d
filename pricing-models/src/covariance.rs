//! Residuals and the covariance of the coefficients: classical, heteroskedasticity-robust, clustered.

use std::ops::Range;

use faer::linalg::matmul::matmul;
use faer::{Accum, Mat, Par};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::design::{Design, Removed};
use crate::least_squares::{block_rows, in_blocks};

/// How standard errors are computed. JSON: `"iid"`, `"hc1"`, `{"cluster": "seller"}`.
///
/// | kind | meat of the sandwich | factor |
/// | --- | --- | --- |
/// | `iid` | none: `s²(X′X)⁻¹` | |
/// | `hc0` … `hc3` | `Σ xᵢxᵢ′eᵢ²/(1−hᵢ)^d`, d = 0, 0, 1, 2 | `hc1`: n/(n−K), else 1 |
/// | `cluster` | `Σ_g (Σ_{i∈g} xᵢeᵢ)(…)′` | G/(G−1) · (n−1)/(n−K) |
/// | `two_way` | that of the first column, plus that of the second, less that of their intersection | the same, G the smaller number of clusters |
///
/// With weights, `xᵢ` and `eᵢ` carry the root of the weight. K counts coefficients and fixed effects, less the levels that
/// are redundant; under clusters an effect nested in one of the columns counts once, as in fixest. Tests use t with n−K,
/// under clusters with G−1 degrees of freedom. A two-way covariance that is not positive semi-definite has its negative
/// eigenvalues set to zero.
///
/// Source: White 1980; MacKinnon and White 1985 (HC1–HC3); Cameron and Miller 2015, “A Practitioner's Guide to
/// Cluster-Robust Inference”, sections II and V; factors as in fixest `ssc(K.fixef = "nonnested", G.df = "min")`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Errors {
    Iid,
    Hc0,
    Hc1,
    Hc2,
    Hc3,
    /// Clustered by the levels of this column (one way).
    Cluster(String),
    /// Clustered by the levels of either column.
    TwoWay(String, String),
}

impl Errors {
    /// The columns whose levels are clusters.
    pub fn clusters(&self) -> Vec<&str> {
        match self {
            Errors::Cluster(column) => vec![column],
            Errors::TwoWay(first, second) if first == second => vec![first],
            Errors::TwoWay(first, second) => vec![first, second],
            _ => vec![],
        }
    }

    /// Whether the errors need the leverage of each row.
    pub fn needs_leverages(&self) -> bool {
        matches!(self, Errors::Hc2 | Errors::Hc3)
    }
}

/// What the second pass over the rows gives.
pub(crate) struct Second {
    /// Times the root of the weight.
    pub residuals: Vec<f64>,
    /// `Σ q q′ e²` and the like, in the basis of the triangle; `None` for classical errors.
    pub meat: Option<Mat<f64>>,
}

/// What the pass needs of the first one.
pub(crate) struct First<'a> {
    pub design: &'a Design,
    pub kept: &'a [usize],
    pub removed: &'a Removed,
    pub group_weights: &'a [f64],
    pub inverse: &'a Mat<f64>,
    pub coefficients: &'a [f64],
}

enum Part {
    None,
    Meat(Mat<f64>),
    Scores(Mat<f64>),
}

/// Residuals and, for robust errors, the meat; fixed blocks in parallel, combined in order.
pub(crate) fn second_pass(first: &First, errors: &Errors) -> Second {
    let (n, k) = (first.design.n(), first.kept.len());
    let mut residuals = Vec::with_capacity(n);
    let mut meat = Mat::<f64>::zeros(k, k);
    let clusters = &first.design.clusters;
    let mut sums: Vec<Mat<f64>> = clusters.iter().map(|cluster| Mat::zeros(k, cluster.levels.len())).collect();
    in_blocks(
        n,
        block_rows(k + 1),
        |range| one_block(first, errors, range),
        |range, (part_residuals, part)| {
            residuals.extend(part_residuals);
            match part {
                Part::None => {}
                Part::Meat(part) => meat += part,
                Part::Scores(scores) => {
                    for (cluster, sums) in clusters.iter().zip(&mut sums) {
                        for (row, code) in cluster.codes[range.clone()].iter().enumerate() {
                            let sum = sums.col_as_slice_mut(*code as usize);
                            sum.iter_mut().enumerate().for_each(|(j, total)| *total += scores[(row, j)]);
                        }
                    }
                }
            }
        },
    );
    // The intersection of two columns, which comes last, is counted twice by them.
    for (sums, sign) in sums.iter().zip([1.0, 1.0, -1.0]) {
        matmul(meat.as_mut(), Accum::Add, sums.as_ref(), sums.transpose(), sign, Par::Seq);
    }
    Second { residuals, meat: (*errors != Errors::Iid).then_some(meat) }
}

fn one_block(first: &First, errors: &Errors, range: Range<usize>) -> (Vec<f64>, Part) {
    let k = first.kept.len();
    let block = first.design.block(range.clone(), first.kept, first.removed);
    let mut residuals = block.col_as_slice(k).to_vec();
    for (j, b) in first.coefficients.iter().enumerate() {
        residuals.iter_mut().zip(block.col_as_slice(j)).for_each(|(e, x)| *e -= x * b);
    }
    if *errors == Errors::Iid {
        return (residuals, Part::None);
    }
    let mut q = Mat::<f64>::zeros(range.len(), k);
    matmul(q.as_mut(), Accum::Replace, block.subcols(0, k), first.inverse.as_ref(), 1.0, Par::Seq);
    let scale: Vec<f64> = match errors {
        Errors::Hc2 | Errors::Hc3 => {
            let leverages = leverages(first, &q, &range);
            let spread = |(e, h): (&f64, f64)| {
                // An observation that fits itself has no residual and says nothing about the spread.
                let rest = 1.0 - h;
                if rest < 1e-10 {
                    0.0
                } else if *errors == Errors::Hc2 {
                    e / rest.sqrt()
                } else {
                    e / rest
                }
            };
            residuals.iter().zip(leverages).map(spread).collect()
        }
        _ => residuals.clone(),
    };
    for j in 0..k {
        q.col_as_slice_mut(j).iter_mut().zip(&scale).for_each(|(x, g)| *x *= g);
    }
    if !first.design.clusters.is_empty() {
        return (residuals, Part::Scores(q));
    }
    let mut meat = Mat::zeros(k, k);
    matmul(meat.as_mut(), Accum::Replace, q.transpose(), q.as_ref(), 1.0, Par::Seq);
    (residuals, Part::Meat(meat))
}

fn leverages(first: &First, q: &Mat<f64>, range: &Range<usize>) -> Vec<f64> {
    let mut all = vec![0.0; range.len()];
    for j in 0..q.ncols() {
        all.iter_mut().zip(q.col_as_slice(j)).for_each(|(h, x)| *h += x * x);
    }
    if let Some(effect) = first.design.absorbed.first() {
        for (at, row) in range.clone().enumerate() {
            let weight = first.design.root_weights.as_ref().map_or(1.0, |roots| roots[row] * roots[row]);
            all[at] += weight / first.group_weights[effect.codes[row] as usize];
        }
    }
    all
}

/// `R⁻¹ M R⁻ᵀ` times `factor`; without meat the identity stands for `M`. Made exactly symmetric.
pub(crate) fn sandwich(inverse: &Mat<f64>, meat: Option<&Mat<f64>>, factor: f64) -> Mat<f64> {
    let k = inverse.ncols();
    let mut half = inverse.clone();
    if let Some(meat) = meat {
        matmul(half.as_mut(), Accum::Replace, inverse.as_ref(), meat.as_ref(), 1.0, Par::Seq);
    }
    let mut full = Mat::<f64>::zeros(k, k);
    matmul(full.as_mut(), Accum::Replace, half.as_ref(), inverse.transpose(), factor, Par::Seq);
    Mat::from_fn(k, k, |i, j| 0.5 * (full[(i, j)] + full[(j, i)]))
}

/// The nearest covariance without negative eigenvalues; one that has none is returned as it is.
///
/// Source: Cameron, Gelbach, Miller 2011, “Robust inference with multiway clustering”, section 2.3.
pub(crate) fn semi_definite(covariance: Mat<f64>) -> Mat<f64> {
    let Ok(eigen) = covariance.self_adjoint_eigen(faer::Side::Lower) else { return covariance };
    let k = covariance.ncols();
    let (values, vectors) = (eigen.S().column_vector(), eigen.U());
    if (0..k).all(|l| values[l] >= 0.0) {
        return covariance;
    }
    Mat::from_fn(k, k, |i, j| (0..k).fold(0.0, |sum, l| sum + vectors[(i, l)] * values[l].max(0.0) * vectors[(j, l)]))
}
