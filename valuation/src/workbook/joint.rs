//! Inputs that are drawn together: what they must satisfy, and the factor that correlates their normal scores.

use crate::workbook::error::WorkbookError;
use crate::workbook::{Bindings, InputId, Joint, Quantity, distribution};

/// Relative size of what counts as zero on the diagonal of a semi-definite matrix.
const ZERO: f64 = 1e-12;
/// Relative error allowed between a matrix and the product of its factor.
const REBUILT: f64 = 1e-9;

impl Joint {
    /// The inputs of the group.
    pub fn ids(&self) -> &[InputId] {
        match self {
            Joint::Normal { ids, .. } | Joint::GaussianCopula { ids, .. } => ids,
        }
    }

    fn matrix(&self) -> &[Vec<f64>] {
        match self {
            Joint::Normal { covariance, .. } => covariance,
            Joint::GaussianCopula { correlation, .. } => correlation,
        }
    }

    fn names(&self) -> String {
        self.ids().iter().map(|id| id.0.as_str()).collect::<Vec<_>>().join(", ")
    }

    /// The lower triangular `L` with `L·Lᵀ` the covariance or correlation; semi-definite matrices are allowed.
    ///
    /// Errors: [`WorkbookError::JointShape`], [`WorkbookError::NotPositive`].
    pub fn factor(&self) -> Result<Vec<Vec<f64>>, WorkbookError> {
        let matrix = self.matrix();
        let n = self.ids().len();
        let shaped = matrix.len() == n && matrix.iter().all(|row| row.len() == n);
        if !shaped || !symmetric(matrix) {
            return Err(WorkbookError::JointShape { inputs: self.names() });
        }
        let unit = |i: usize| (matrix[i][i] - 1.0).abs() <= ZERO;
        if matches!(self, Joint::GaussianCopula { .. }) && !(0..n).all(unit) {
            return Err(WorkbookError::JointShape { inputs: self.names() });
        }
        semi_cholesky(matrix).ok_or_else(|| WorkbookError::NotPositive { inputs: self.names() })
    }
}

fn symmetric(matrix: &[Vec<f64>]) -> bool {
    let close = |a: f64, b: f64| a.is_finite() && b.is_finite() && (a - b).abs() <= REBUILT * a.abs().max(b.abs());
    (0..matrix.len()).all(|i| (0..=i).all(|j| close(matrix[i][j], matrix[j][i])))
}

/// Cholesky factor of a positive semi-definite matrix; `None` where the factor does not rebuild the matrix.
fn semi_cholesky(a: &[Vec<f64>]) -> Option<Vec<Vec<f64>>> {
    let n = a.len();
    let mut l = vec![vec![0.0; n]; n];
    for j in 0..n {
        let rest = a[j][j] - (0..j).map(|k| l[j][k] * l[j][k]).sum::<f64>();
        if rest < -REBUILT * a[j][j].abs() {
            return None;
        }
        // A column without variance of its own is a combination of those before it.
        if rest <= ZERO * a[j][j].abs() {
            continue;
        }
        l[j][j] = libm::sqrt(rest);
        for i in j + 1..n {
            l[i][j] = (a[i][j] - (0..j).map(|k| l[i][k] * l[j][k]).sum::<f64>()) / l[j][j];
        }
    }
    for i in 0..n {
        for j in 0..=i {
            let rebuilt: f64 = (0..=j).map(|k| l[i][k] * l[j][k]).sum();
            if !((rebuilt - a[i][j]).abs() <= REBUILT * libm::sqrt(a[i][i].abs() * a[j][j].abs())) {
                return None;
            }
        }
    }
    Some(l)
}

/// Whether `input` belongs to a joint draw.
pub(crate) fn holds(bindings: &Bindings, input: &InputId) -> bool {
    bindings.joints.iter().any(|joint| joint.ids().contains(input))
}

/// The mean a joint normal gives `input`.
pub(crate) fn mean_of(bindings: &Bindings, input: &InputId) -> Option<f64> {
    bindings.joints.iter().find_map(|joint| match joint {
        Joint::Normal { ids, mean, .. } => ids.iter().position(|id| id == input).and_then(|i| mean.get(i).copied()),
        Joint::GaussianCopula { .. } => None,
    })
}

/// Refuses distributions with impossible parameters, and joint draws that do not hold together.
pub(crate) fn check(bindings: &Bindings) -> Result<(), WorkbookError> {
    for (id, binding) in &bindings.inputs {
        if let Quantity::Uncertain { distribution, .. } = &binding.quantity
            && !distribution::possible(distribution)
        {
            return Err(WorkbookError::DistributionParameters { input: id.0.clone() });
        }
    }
    let mut seen: Vec<&InputId> = Vec::new();
    for joint in &bindings.joints {
        joint.factor()?;
        if let Joint::Normal { ids, mean, .. } = joint
            && (ids.len() != mean.len() || !mean.iter().all(|m| m.is_finite()))
        {
            return Err(WorkbookError::JointShape { inputs: joint.names() });
        }
        for id in joint.ids() {
            let fits = matches!(
                (joint, bindings.inputs.get(id).map(|b| &b.quantity)),
                (Joint::Normal { .. }, Some(Quantity::Real(_) | Quantity::Exact(_)))
                    | (_, Some(Quantity::Uncertain { .. }))
            );
            if !fits || seen.contains(&id) {
                return Err(WorkbookError::JointMember { input: id.0.clone() });
            }
            seen.push(id);
        }
    }
    Ok(())
}
