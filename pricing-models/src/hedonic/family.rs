//! Prices that may be zero or whose spread grows with them: Poisson (PPML) and gamma regression with a logarithmic link.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use valuation::market::price_model::Response;

use super::{Coefficient, Fit, FitOptions, Scale, compile, finish, fit};
use crate::design::{Design, LossReason, RowLoss};
use crate::error::ModelError;
use crate::formula::Formula;
use crate::frame::Frame;
use crate::hedonic::Pass;
use crate::tails::{normal_multiplier, normal_two_sided};

/// How the price spreads around what the formula explains.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Family {
    /// Least squares on the response as it is written.
    #[default]
    Gaussian,
    /// `E[price] = exp(x′b)`, variance proportional to the mean; free prices (zero) stay in. Consistent whatever the spread
    /// is, with robust errors.
    Poisson,
    /// `E[price] = exp(x′b)`, standard deviation proportional to the mean; prices above zero.
    Gamma,
}

impl Family {
    pub fn name(self) -> &'static str {
        match self {
            Family::Gaussian => "gaussian",
            Family::Poisson => "poisson",
            Family::Gamma => "gamma",
        }
    }

    fn allows(self, y: f64) -> bool {
        match self {
            Family::Gaussian => true,
            Family::Poisson => y >= 0.0,
            Family::Gamma => y > 0.0,
        }
    }

    /// Half the contribution of one row to the deviance.
    fn deviance(self, y: f64, mean: f64) -> f64 {
        match self {
            Family::Gaussian => 0.5 * (y - mean) * (y - mean),
            Family::Poisson if y == 0.0 => mean,
            Family::Poisson => y * libm::log(y / mean) - (y - mean),
            Family::Gamma => (y - mean) / mean - libm::log(y / mean),
        }
    }
}

const STEPS_MAX: usize = 100;
/// Linear predictors beyond this never come from prices: a coefficient runs away.
const RUNAWAY: f64 = 60.0;

/// Fits `formula`, whose left side is a price, in the family given; for [`Family::Gaussian`] this is [`fit`].
///
/// Iteratively reweighted least squares with the same fixed effects, errors and collinearity rules as [`fit`]. Tests and
/// intervals are normal; `iid` takes the dispersion as 1 for Poisson and from Pearson's residuals for gamma. `r2` is one
/// less the deviance over that of a constant. Rows of a level whose prices are all zero are separated (the level's effect is
/// −∞): they are left out and counted.
///
/// Errors: those of [`fit`]; prices the family does not allow; `separation` where a coefficient has no finite estimate.
///
/// Source: McCullagh and Nelder 1989, “Generalized Linear Models”, 2.5; Santos Silva and Tenreyro 2006, “The Log of
/// Gravity”; Correia, Guimarães, Zylkin 2019, “Verifying the existence of maximum likelihood estimates”.
pub fn fit_family(frame: &Frame, formula: &Formula, options: &FitOptions, family: Family) -> Result<Fit, ModelError> {
    if family == Family::Gaussian {
        return fit(frame, formula, options);
    }
    let mut kept: Vec<u32> = (0..frame.rows() as u32).collect();
    let mut separated: Vec<RowLoss> = Vec::new();
    let mut current = frame.clone();
    let design = loop {
        let design = compile(&current, formula, options)?;
        if let Some(y) = design.response.iter().find(|y| !family.allows(**y)) {
            let (name, value) = (formula.response.name.clone(), *y);
            return Err(ModelError::PriceOutsideFamily { response: name, value, family: family.name() });
        }
        let Some((column, lost)) = all_zero(&design, family) else { break design };
        let rows: Vec<u32> = lost.iter().map(|at| design.rows[*at]).collect();
        let rest: Vec<u32> = (0..current.rows() as u32).filter(|row| rows.binary_search(row).is_err()).collect();
        kept = rest.iter().map(|row| kept[*row as usize]).collect();
        separated.push(RowLoss { column, reason: LossReason::Separated, rows: rows.len() as u64 });
        current = current.select(&rest);
    };
    let mut fit = reweighted(design, &current, formula, options, family)?;
    fit.rows = fit.rows.iter().map(|row| kept[*row as usize]).collect();
    fit.rows_lost.extend(separated);
    Ok(fit)
}

/// A level of a categorical column whose responses are all zero, and its rows.
fn all_zero(design: &Design, family: Family) -> Option<(String, Vec<usize>)> {
    if family != Family::Poisson || design.n() == 0 {
        return None;
    }
    design.categorical().find_map(|effect| {
        let mut sums = vec![0.0; effect.levels.len()];
        effect.codes.iter().zip(&design.response).for_each(|(code, y)| sums[*code as usize] += y);
        let rows: Vec<usize> = (0..design.n()).filter(|row| sums[effect.codes[*row] as usize] == 0.0).collect();
        (!rows.is_empty()).then(|| (effect.column.clone(), rows))
    })
}

fn reweighted(
    mut design: Design,
    frame: &Frame,
    formula: &Formula,
    options: &FitOptions,
    family: Family,
) -> Result<Fit, ModelError> {
    let y = design.response.clone();
    let n = y.len();
    let own: Vec<f64> = match &design.root_weights {
        Some(roots) => roots.iter().map(|root| root * root).collect(),
        None => vec![1.0; n],
    };
    let weights = own.iter().fold(0.0, |sum, w| sum + w);
    let mean = y.iter().zip(&own).fold(0.0, |sum, (y, w)| sum + w * y) / weights;
    if mean.is_nan() || mean <= 0.0 {
        return Err(ModelError::Separation { term: formula.response.name.clone() });
    }
    let total = |means: &dyn Fn(usize) -> f64| {
        (0..n).fold(0.0, |sum, row| sum + 2.0 * own[row] * family.deviance(y[row], means(row)))
    };
    let mut linear: Vec<f64> = y.iter().map(|y| libm::log(0.5 * (y + mean))).collect();
    let mut deviance = f64::INFINITY;
    let mut settled = false;
    for _ in 0..STEPS_MAX {
        working(&mut design, &y, &own, &linear, family);
        let pass = Pass::over(&design, &crate::covariance::Errors::Iid)?;
        let roots = design.root_weights.as_deref().unwrap_or(&[]);
        let step = pass.second.residuals.iter().zip(roots).zip(&design.response);
        linear = step.map(|((e, root), z)| z - e / root).collect();
        if linear.iter().any(|x| x.is_nan() || x.abs() > RUNAWAY) {
            return Err(ModelError::Separation { term: pass.largest(&design) });
        }
        let now = total(&|row| libm::exp(linear[row]));
        settled = (now - deviance).abs() <= 1e-14 * (now.abs() + 0.1);
        deviance = now;
        if settled {
            break;
        }
    }
    working(&mut design, &y, &own, &linear, family);
    let pass = Pass::over(&design, &options.errors)?;
    // A zero price far below all others says that its coefficient only stopped because the numbers ended.
    let vanished = (0..n).any(|row| y[row] == 0.0 && libm::exp(linear[row]) < 1e-10 * mean);
    if !settled || vanished {
        return Err(ModelError::Separation { term: pass.largest(&design) });
    }
    let means: Vec<f64> = linear.iter().map(|x| libm::exp(*x)).collect();
    let pearson = (0..n).fold(0.0, |sum, row| {
        let relative = (y[row] - means[row]) / means[row];
        sum + own[row] * relative * relative
    });
    let spread = pearson / (n - pass.first.parameters) as f64;
    let scale = if family == Family::Poisson { 1.0 } else { spread };
    let mut fit = finish(design, pass, formula, options, Scale::Known(scale));
    fit.predictor.note_support(frame, &fit.rows)?;
    fit.deviance = Some(deviance);
    fit.r2 = 1.0 - deviance / total(&|_| mean);
    let squares = (0..n).fold(0.0, |sum, row| sum + own[row] * (y[row] - means[row]) * (y[row] - means[row]));
    fit.rmse = (squares / weights).sqrt();
    fit.residual_sd = spread.sqrt();
    fit.residuals = y.iter().zip(&means).map(|(y, mean)| y - mean).collect();
    fit.fitted = means;
    Ok(in_family(fit, family))
}

/// What least squares reports otherwise, or not at all.
fn in_family(mut fit: Fit, family: Family) -> Fit {
    fit.family = family;
    fit.r2_centred = true;
    fit.r2_adjusted = f64::NAN;
    fit.r2_within = None;
    fit.f = None;
    fit.smearing = 1.0;
    fit.predictor.in_family(Response::LogPrice, fit.residual_sd);
    fit.coefficients = fit.coefficients.iter().map(|line| normal(line, fit.options.level)).collect();
    fit
}

/// The weighted regression of one step.
fn working(design: &mut Design, y: &[f64], own: &[f64], linear: &[f64], family: Family) {
    let mean = |row: usize| libm::exp(linear[row]);
    design.response = (0..y.len()).map(|row| linear[row] + (y[row] - mean(row)) / mean(row)).collect();
    let weight = |row: usize| if family == Family::Poisson { own[row] * mean(row) } else { own[row] };
    design.root_weights = Some((0..y.len()).map(|row| weight(row).sqrt()).collect());
}

fn normal(line: &Coefficient, level: f64) -> Coefficient {
    let half = normal_multiplier(level) * line.std_error;
    Coefficient { p: normal_two_sided(line.t), low: line.estimate - half, high: line.estimate + half, ..line.clone() }
}
