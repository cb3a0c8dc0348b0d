//! Hedonic indices: the price of the same characteristics at different times.

use std::collections::BTreeMap;

use rayon::prelude::*;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use valuation::market::price_model::Measure;

use crate::covariance::Errors;
use crate::error::ModelError;
use crate::formula::Formula;
use crate::frame::{Column, Frame, Text};
use crate::hedonic::{Fit, FitOptions, fit};
use crate::index::calendar::Periods;
use crate::index::error::IndexError;
use crate::index::panel::jackknife;
use crate::index::splice::spliced;
use crate::index::{Index, Levels, Splice, Told};

/// Name of the column that tells the period of a row.
const PERIOD: &str = "index_period";

/// Groups of rows left out one at a time for standard errors of imputation.
const GROUPS: usize = 20;

/// The methods.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Method {
    /// One regression with a dummy for each period: characteristics keep their price over the window.
    TimeDummy,
    /// One regression a period; each row is priced by both periods' models.
    DoubleImputation,
}

/// How a hedonic index is computed.
#[derive(Clone, Debug, PartialEq)]
pub struct Hedonic {
    pub method: Method,
    /// Such as `log(price) ~ log(records) + i(category)`, without the period.
    pub formula: String,
    pub errors: Errors,
    /// Place of the base period.
    pub base: usize,
    /// Periods of a window of the time dummy; all where absent.
    pub window: Option<usize>,
    pub splice: Splice,
    /// Divide levels by exp(½ var δ̂), the bias of the exponential of an estimate.
    pub bias_correction: bool,
    /// Imputation from period to period, instead of each against the base.
    pub chained: bool,
}

/// A hedonic index, one in the base period.
///
/// Source: time dummy and imputation: Handbook on residential property price indices, Eurostat 2013, chapter 5; rolling
/// windows: J. Shimizu, K. G. Nishimura, T. Watanabe, Biases and measurement errors in house price indices, 2010; bias
/// correction: P. E. Kennedy, Estimation with correctly interpreted dummy variables, 1981.
///
/// ```
/// use pricing_models::covariance::Errors;
/// use pricing_models::frame::{Column, Frame};
/// use pricing_models::index::hedonic::{Hedonic, Method, hedonic};
/// use pricing_models::index::{Splice, calendar::Periods};
/// let frame = Frame::new()
///     .with("t", Column::Real(vec![1.0, 1.0, 1.0, 2.0, 2.0, 2.0]))?
///     .with("size", Column::Real(vec![1.0, 2.0, 4.0, 2.0, 4.0, 8.0]))?
///     .with("price", Column::Real(vec![3.0, 6.0, 12.0, 9.0, 18.0, 36.0]))?;
/// let periods = Periods::of(&frame.levels("t")?, None)?;
/// let asked = Hedonic {
///     method: Method::TimeDummy, formula: "log(price) ~ log(size)".into(), errors: Errors::Iid, base: 0, window: None,
///     splice: Splice::Mean, bias_correction: false, chained: false,
/// };
/// assert!((hedonic(&frame, &periods, &asked)?.index[1].unwrap() - 1.5).abs() < 1e-9);
/// # Ok::<(), pricing_models::error::ModelError>(())
/// ```
///
/// # Errors
/// Those of the formula and the fit; a response other than the logarithm of a price.
pub fn hedonic(frame: &Frame, periods: &Periods, asked: &Hedonic) -> Result<Index, ModelError> {
    let mut kept: Vec<u32> = (0..frame.rows() as u32).collect();
    kept.retain(|row| periods.of_row[*row as usize] != Text::MISSING);
    if kept.is_empty() {
        return Err(IndexError::NoRows.into());
    }
    let mut excluded = BTreeMap::new();
    if kept.len() < frame.rows() {
        excluded.insert("outside_the_periods".to_owned(), (frame.rows() - kept.len()) as u64);
    }
    let of_row: Vec<u32> = kept.iter().map(|row| periods.of_row[*row as usize]).collect();
    let labels = (0..periods.labels.len()).map(label).collect();
    let frame = frame.select(&kept).with(PERIOD, Column::Text(Text { codes: of_row.clone(), levels: labels }))?;
    let market = Market { frame, of_row, length: periods.labels.len() };
    let (levels, by) = match asked.method {
        Method::TimeDummy => (market.time_dummy(asked, &mut excluded)?, "regression"),
        Method::DoubleImputation => (market.imputation(asked)?, "jackknife"),
    };
    let mut notes = Vec::new();
    if levels.level.iter().any(Option::is_none) {
        notes.push("index.note.too_few_rows".to_owned());
    }
    if asked.bias_correction {
        notes.push("index.note.bias_corrected".to_owned());
    }
    let method = match asked.method {
        Method::TimeDummy => "time_dummy",
        Method::DoubleImputation => "double_imputation",
    };
    Ok(levels.told(Told {
        method: method.to_owned(),
        periods: periods.labels.clone(),
        base: asked.base,
        base_value: 1.0,
        std_error_by: by,
        excluded,
        notes,
    }))
}

/// Text that sorts as the periods do.
fn label(period: usize) -> String {
    format!("p{period:06}")
}

struct Market {
    frame: Frame,
    of_row: Vec<u32>,
    length: usize,
}

impl Market {
    fn rows(&self, wanted: impl Fn(usize) -> bool) -> Vec<u32> {
        (0..self.of_row.len() as u32).filter(|row| wanted(self.of_row[*row as usize] as usize)).collect()
    }

    fn counts(&self) -> Vec<u64> {
        let mut counts = vec![0; self.length];
        self.of_row.iter().for_each(|period| counts[*period as usize] += 1);
        counts
    }

    fn options(errors: &Errors) -> FitOptions {
        FitOptions { errors: errors.clone(), weights: None, level: 0.95, groups: BTreeMap::new() }
    }

    fn time_dummy(&self, asked: &Hedonic, excluded: &mut BTreeMap<String, u64>) -> Result<Levels, ModelError> {
        let width = asked.window.unwrap_or(self.length).min(self.length);
        if width < 2.min(self.length) {
            return Err(IndexError::WindowTooShort { window: width, least: 2 }.into());
        }
        let with_period = match asked.formula.split_once('|') {
            Some((terms, effects)) => format!("{terms} + i({PERIOD}) | {effects}"),
            None => format!("{} + i({PERIOD})", asked.formula),
        };
        let formula = logarithmic(&with_period)?;
        let mut windows = Vec::new();
        let mut log_error = vec![None; self.length];
        for start in 0..=self.length - width {
            let rows = self.rows(|period| (start..start + width).contains(&period));
            let fit = fit(&self.frame.select(&rows), &formula, &Market::options(&asked.errors))?;
            let effects = Effects::of(&fit, start, width, &self.of_row, &rows);
            if width == self.length {
                fit.rows_lost.iter().for_each(|lost| *excluded.entry(lost.column.clone()).or_default() += lost.rows);
                log_error = (0..width).map(|at| effects.error(&fit, at, asked.base)).collect();
            }
            windows.push((0..width).map(|at| effects.log(&fit, at, asked.bias_correction)).collect());
        }
        let logs = spliced(&windows, asked.splice);
        Ok(Levels { level: logs.into_iter().map(|log| log.map(libm::exp)).collect(), log_error, n: self.counts() })
    }

    fn imputation(&self, asked: &Hedonic) -> Result<Levels, ModelError> {
        let formula = logarithmic(&asked.formula)?;
        let whole = self.imputed(&formula, asked, None)?;
        let groups: Vec<Vec<Option<f64>>> = (0..GROUPS)
            .into_par_iter()
            .map(|group| self.imputed(&formula, asked, Some(group)))
            .collect::<Result<_, _>>()?;
        let error = |at: usize| jackknife(&groups.iter().map(|own| own[at]).collect::<Vec<_>>());
        let log_error = (0..self.length).map(error).collect();
        Ok(Levels { level: whole.into_iter().map(|log| log.map(libm::exp)).collect(), log_error, n: self.counts() })
    }

    /// Logarithms of the levels, zero in the base period, with every twentieth row left out where asked.
    fn imputed(
        &self,
        formula: &Formula,
        asked: &Hedonic,
        left_out: Option<usize>,
    ) -> Result<Vec<Option<f64>>, ModelError> {
        let options = Market::options(&asked.errors);
        let frames: Vec<Frame> = (0..self.length)
            .map(|period| {
                let mut rows = self.rows(|own| own == period);
                rows.retain(|row| left_out.is_none_or(|group| *row as usize % GROUPS != group));
                self.frame.select(&rows)
            })
            .collect();
        let fits: Vec<Option<Fit>> = frames
            .iter()
            .map(|frame| match fit(frame, formula, &options) {
                Ok(fit) => Ok(Some(fit)),
                // A thin period has no model and so no level; anything else is the user's to mend.
                Err(ModelError::TooFewRows { .. } | ModelError::NothingToFit) => Ok(None),
                Err(error) => Err(error),
            })
            .collect::<Result<_, _>>()?;
        let link = |zero: usize, one: usize| -> Result<Option<f64>, ModelError> {
            let (Some(old), Some(new)) = (&fits[zero], &fits[one]) else { return Ok(None) };
            let side = |frame: &Frame| -> Result<Option<f64>, ModelError> {
                let (before, after) = (old.predict(frame, 0.95)?, new.predict(frame, 0.95)?);
                let logs: Vec<f64> = before
                    .iter()
                    .zip(&after)
                    .filter_map(|(before, after)| Some(libm::log(after.price()?.value / before.price()?.value)))
                    .collect();
                Ok((!logs.is_empty()).then(|| logs.iter().sum::<f64>() / logs.len() as f64))
            };
            let (first, second) = (side(&frames[zero])?, side(&frames[one])?);
            Ok(first.zip(second).map(|(first, second)| 0.5 * (first + second)))
        };
        let mut logs = vec![None; self.length];
        logs[asked.base] = fits[asked.base].as_ref().map(|_| 0.0);
        for at in asked.base + 1..self.length {
            logs[at] = match asked.chained {
                true => logs[at - 1].zip(link(at - 1, at)?).map(|(level, link): (f64, f64)| level + link),
                false => link(asked.base, at)?,
            };
        }
        for at in (0..asked.base).rev() {
            logs[at] = match asked.chained {
                true => logs[at + 1].zip(link(at, at + 1)?).map(|(level, link): (f64, f64)| level - link),
                false => link(asked.base, at)?,
            };
        }
        Ok(logs)
    }
}

/// A formula whose response is the logarithm of a price, so that differences of effects are an index.
fn logarithmic(text: &str) -> Result<Formula, ModelError> {
    let formula = Formula::parse(text)?;
    match &formula.response.measure {
        Measure::Log(_) => Ok(formula),
        _ => Err(ModelError::ResponseNotPrice { response: formula.response.name }),
    }
}

/// Where the period effects of a window stand among the coefficients.
struct Effects {
    /// By place in the window: the coefficient; the reference has none but is known.
    place: Vec<Option<usize>>,
    reference: Option<usize>,
}

impl Effects {
    fn of(fit: &Fit, start: usize, width: usize, of_row: &[u32], rows: &[u32]) -> Effects {
        let name = |at: usize| format!("{PERIOD}::{}", label(start + at));
        let place: Vec<Option<usize>> =
            (0..width).map(|at| fit.terms.iter().position(|term| term.name == name(at))).collect();
        let used = |at: usize| fit.rows.iter().any(|row| of_row[rows[*row as usize] as usize] as usize == start + at);
        let reference = (0..width).find(|at| place[*at].is_none() && used(*at));
        Effects { place, reference }
    }

    fn log(&self, fit: &Fit, at: usize, bias_correction: bool) -> Option<f64> {
        match self.place[at] {
            Some(place) => {
                let bias = if bias_correction { 0.5 * fit.covariance[place][place] } else { 0.0 };
                Some(fit.coefficients[place].estimate - bias)
            }
            None => (self.reference == Some(at)).then_some(0.0),
        }
    }

    /// The standard error of the effect of `at` less that of `base`.
    fn error(&self, fit: &Fit, at: usize, base: usize) -> Option<f64> {
        let known = |at: usize| self.place[at].is_some() || self.reference == Some(at);
        if !known(at) || !known(base) {
            return None;
        }
        let covariance = |a: Option<usize>, b: Option<usize>| a.zip(b).map_or(0.0, |(a, b)| fit.covariance[a][b]);
        let (own, zero) = (self.place[at], self.place[base]);
        Some((covariance(own, own) + covariance(zero, zero) - 2.0 * covariance(own, zero)).max(0.0).sqrt())
    }
}
