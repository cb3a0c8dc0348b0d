//! What owners' data are worth to a model: a utility that contribution games take as a function.

use linfa::dataset::Dataset;
use linfa::traits::{Fit, Predict};
use linfa_linear::LinearRegression;
use ndarray::{Array1, Array2};
use valuation::contribution::coalition::Coalition;

use crate::error::ModelError;
use crate::frame::Frame;

/// Rows of several owners, test rows, and what is predicted from what.
///
/// The worth of a coalition is the coefficient of determination, on the test rows, of least squares (linfa) fitted to the
/// rows of its members: `R² = 1 − Σ(y − ŷ)² / Σ(y − ȳ)²`. It is negative where the model is worse than the mean of the test
/// rows. A coalition with fewer rows than coefficients has none (not a number), and nobody is worth `empty`.
///
/// ```
/// use pricing_models::frame::{Column, Frame};
/// use pricing_models::utility::OwnersData;
/// use valuation::contribution::{exact::shapley, game::Game};
/// let rows = |x: Vec<f64>, y: Vec<f64>| Frame::new().with("x", Column::Real(x))?.with("y", Column::Real(y));
/// let train = rows(vec![0.0, 1.0, 2.0, 0.0, 1.0, 2.0], vec![1.0, 3.0, 5.0, 5.0, 3.0, 1.0])?;
/// let test = rows(vec![0.0, 1.0, 2.0], vec![1.0, 3.0, 5.0])?;
/// // The first owner's rows follow the law of the test rows, the second owner's run against it.
/// let data = OwnersData::new(&train, &[0, 0, 0, 1, 1, 1], 2, &test, "y", &["x".to_owned()], 0.0)?;
/// let utility = |some: &_| data.worth(some);
/// let values = shapley(&Game::Function { players: 2, utility: &utility }).expect("finite").values;
/// assert!(values[0] > 0.9 && values[1] < 0.0);
/// # Ok::<(), pricing_models::error::ModelError>(())
/// ```
#[derive(Clone, Debug)]
pub struct OwnersData {
    features: usize,
    /// Training rows by owner: features and target.
    owned: Vec<Vec<Row>>,
    test: Array2<f64>,
    target: Array1<f64>,
    empty: f64,
}

impl OwnersData {
    /// Gathers the rows; `owner[r]` below `owners` holds training row `r`. Rows with a missing number are left out.
    ///
    /// Errors: an unknown or textual column; no test row; an owner without rows.
    pub fn new(
        train: &Frame,
        owner: &[u32],
        owners: usize,
        test: &Frame,
        target: &str,
        features: &[String],
        empty: f64,
    ) -> Result<OwnersData, ModelError> {
        let mut owned = vec![Vec::new(); owners];
        for (row, owner) in rows(train, target, features)?.into_iter().zip(owner) {
            if let (Some(row), Some(rows)) = (row, owned.get_mut(*owner as usize)) {
                rows.push(row);
            }
        }
        let test: Vec<Row> = rows(test, target, features)?.into_iter().flatten().collect();
        if test.is_empty() || owned.iter().any(Vec::is_empty) {
            return Err(ModelError::TooFewRows { rows: 0, parameters: features.len() + 1 });
        }
        let (test, target) = arrays(test.iter(), features.len());
        Ok(OwnersData { features: features.len(), owned, test, target, empty })
    }

    /// What the coalition's rows are worth; not a number where no model can be fitted to them.
    pub fn worth(&self, coalition: &Coalition) -> f64 {
        if coalition.is_empty() {
            return self.empty;
        }
        let rows = coalition.members().filter_map(|owner| self.owned.get(owner)).flatten();
        let (records, target) = arrays(rows, self.features);
        if records.nrows() <= self.features {
            return f64::NAN;
        }
        match LinearRegression::new().fit(&Dataset::new(records, target)) {
            Ok(model) => determination(&self.target, &model.predict(&self.test)),
            Err(_) => f64::NAN,
        }
    }
}

/// Features and target of one row.
type Row = (Vec<f64>, f64);

/// Features and target of each row; `None` where a number is missing.
fn rows(frame: &Frame, target: &str, features: &[String]) -> Result<Vec<Option<Row>>, ModelError> {
    let target = frame.real(target, "utility")?;
    let columns: Vec<&[f64]> = features.iter().map(|name| frame.real(name, "utility")).collect::<Result<_, _>>()?;
    let row = |row: usize| {
        let features: Vec<f64> = columns.iter().map(|column| column[row]).collect();
        let whole = target[row].is_finite() && features.iter().all(|value| value.is_finite());
        whole.then_some((features, target[row]))
    };
    Ok((0..frame.rows()).map(row).collect())
}

fn arrays<'r>(rows: impl Iterator<Item = &'r Row>, features: usize) -> (Array2<f64>, Array1<f64>) {
    let (mut flat, mut target) = (Vec::new(), Vec::new());
    for (row, value) in rows {
        flat.extend_from_slice(row);
        target.push(*value);
    }
    let records = Array2::from_shape_vec((target.len(), features), flat).expect("every row has as many features");
    (records, Array1::from(target))
}

/// R² by sums in the order of the rows.
fn determination(target: &Array1<f64>, predicted: &Array1<f64>) -> f64 {
    let mean = target.iter().sum::<f64>() / target.len() as f64;
    let missed: f64 = target.iter().zip(predicted).map(|(y, fitted)| (y - fitted) * (y - fitted)).sum();
    let spread: f64 = target.iter().map(|y| (y - mean) * (y - mean)).sum();
    1.0 - missed / spread
}
