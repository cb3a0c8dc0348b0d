//! Decay curves fitted to evidence by least squares, with the covariance of their parameters.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::life::Observation;

/// The curves a share can follow.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Curve {
    Linear,
    Exponential,
    Weibull,
}

/// A fitted curve.
#[derive(Clone, Debug, PartialEq)]
pub struct Fit {
    /// `[L]`, `[λ]` or `[η, β]`.
    pub parameters: Vec<f64>,
    /// `s²·(J'J)⁻¹` with s² the residual variance on n − p degrees of freedom.
    pub covariance: Vec<Vec<f64>>,
    /// s
    pub residual_sd: f64,
}

impl Curve {
    /// The share at `age`.
    pub fn share(self, parameters: &[f64], age: f64) -> f64 {
        match (self, parameters) {
            (Curve::Linear, [life]) => 1.0 - age / life,
            (Curve::Exponential, [rate]) => libm::exp(-rate * age),
            (Curve::Weibull, [scale, shape]) => libm::exp(-libm::pow(age / scale, *shape)),
            _ => f64::NAN,
        }
    }

    /// Derivatives of the share by each parameter.
    fn slopes(self, parameters: &[f64], age: f64) -> Vec<f64> {
        match (self, parameters) {
            (Curve::Linear, [life]) => vec![age / (life * life)],
            (Curve::Exponential, [rate]) => vec![-age * libm::exp(-rate * age)],
            (Curve::Weibull, [scale, shape]) => {
                if age == 0.0 {
                    return vec![0.0, 0.0];
                }
                let power = libm::pow(age / scale, *shape);
                let share = libm::exp(-power);
                vec![share * power * shape / scale, -share * power * libm::log(age / scale)]
            }
            _ => Vec::new(),
        }
    }

    /// Where the search begins: the exponential through the mean of −ln s / t.
    fn start(self, observations: &[Observation]) -> Option<Vec<f64>> {
        let inside: Vec<&Observation> =
            observations.iter().filter(|o| o.age > 0.0 && o.share > 0.0 && o.share < 1.0).collect();
        if inside.is_empty() {
            return None;
        }
        let rate = inside.iter().map(|o| -libm::log(o.share) / o.age).sum::<f64>() / inside.len() as f64;
        Some(match self {
            Curve::Linear => vec![1.0 / rate],
            Curve::Exponential => vec![rate],
            Curve::Weibull => vec![1.0 / rate, 1.0],
        })
    }
}

/// The least-squares fit of a curve to shares that remained at given ages; `None` where there are not more observations than
/// parameters, where a number is not finite, or where the search finds no end.
///
/// Source: Levenberg 1944, Marquardt 1963; covariance as SciPy's `curve_fit` with estimated residual variance.
///
/// ```
/// use valuation::life::Observation;
/// use valuation::life::fit::{Curve, fitted};
/// let seen: Vec<Observation> =
///     [(1.0, 0.61), (2.0, 0.36), (3.0, 0.23)].map(|(age, share)| Observation { age, share }).to_vec();
/// let fit = fitted(Curve::Exponential, &seen).unwrap();
/// assert!((fit.parameters[0] - 0.5).abs() < 0.02);
/// ```
pub fn fitted(curve: Curve, observations: &[Observation]) -> Option<Fit> {
    let possible = |o: &Observation| o.age.is_finite() && o.share.is_finite() && o.age >= 0.0;
    let mut parameters = curve.start(observations)?;
    if observations.len() <= parameters.len() || !observations.iter().all(possible) {
        return None;
    }
    let squares = |parameters: &[f64]| -> f64 {
        observations.iter().map(|o| o.share - curve.share(parameters, o.age)).map(|e| e * e).sum()
    };
    let (mut damping, mut left) = (1e-3, squares(&parameters));
    for _ in 0..500 {
        let (normal, gradient) = equations(curve, &parameters, observations);
        let mut damped = normal.clone();
        (0..damped.len()).for_each(|i| damped[i][i] *= 1.0 + damping);
        let step = times(&inverse(&damped)?, &gradient);
        let next: Vec<f64> = parameters.iter().zip(&step).map(|(p, s)| p + s).collect();
        let after = if next.iter().all(|p| *p > 0.0) { squares(&next) } else { f64::INFINITY };
        if after <= left {
            let small = step.iter().zip(&next).all(|(s, p)| s.abs() <= 1e-14 * p.abs());
            (parameters, left, damping) = (next, after, damping * 0.1);
            if small {
                break;
            }
        } else {
            damping *= 10.0;
            if damping > 1e12 {
                break;
            }
        }
    }
    let (normal, _) = equations(curve, &parameters, observations);
    let variance = left / (observations.len() - parameters.len()) as f64;
    let covariance = inverse(&normal)?.into_iter().map(|row| row.into_iter().map(|x| x * variance).collect()).collect();
    Some(Fit { parameters, covariance, residual_sd: libm::sqrt(variance) })
}

/// `J'J` and `J'e`.
fn equations(curve: Curve, parameters: &[f64], observations: &[Observation]) -> (Vec<Vec<f64>>, Vec<f64>) {
    let n = parameters.len();
    let (mut normal, mut gradient) = (vec![vec![0.0; n]; n], vec![0.0; n]);
    for o in observations {
        let slopes = curve.slopes(parameters, o.age);
        let error = o.share - curve.share(parameters, o.age);
        for i in 0..n {
            gradient[i] += slopes[i] * error;
            for j in 0..n {
                normal[i][j] += slopes[i] * slopes[j];
            }
        }
    }
    (normal, gradient)
}

fn times(matrix: &[Vec<f64>], vector: &[f64]) -> Vec<f64> {
    matrix.iter().map(|row| row.iter().zip(vector).map(|(a, b)| a * b).sum()).collect()
}

/// The inverse of a matrix of one or two rows.
fn inverse(matrix: &[Vec<f64>]) -> Option<Vec<Vec<f64>>> {
    let inverse = match matrix {
        [a] => vec![vec![1.0 / a[0]]],
        [a, b] => {
            let determinant = a[0] * b[1] - a[1] * b[0];
            vec![vec![b[1] / determinant, -a[1] / determinant], vec![-b[0] / determinant, a[0] / determinant]]
        }
        _ => return None,
    };
    inverse.iter().flatten().all(|x: &f64| x.is_finite()).then_some(inverse)
}
