//! Price indices: bilateral, multilateral, repeat sales and hedonic, each point with its standard error.
//!
//! Every method answers with an [`Index`]; a point that the data do not determine is absent and a note says why.

pub mod bilateral;
pub mod calendar;
pub mod error;
pub mod hedonic;
pub mod multilateral;
pub mod panel;
pub mod repeat_sales;
mod splice;

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

pub use splice::Splice;

/// A price index.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Index {
    pub method: String,
    /// In order of time.
    pub periods: Vec<String>,
    /// Level by period; absent where the data do not determine it.
    pub index: Vec<Option<f64>>,
    /// Standard error of the level, zero in the base period.
    pub std_error: Vec<Option<f64>>,
    /// 95 % interval, symmetric in logarithms.
    pub low: Vec<Option<f64>>,
    pub high: Vec<Option<f64>>,
    /// Products (or pairs of sales, or observations) behind each point.
    pub n: Vec<u64>,
    pub base: String,
    pub base_value: f64,
    /// How the standard errors were obtained.
    pub std_error_by: String,
    /// Rows left out, by reason.
    pub excluded: BTreeMap<String, u64>,
    /// What a reader must know, as keys of the word table.
    pub notes: Vec<String>,
}

/// Levels and standard errors of their logarithms, before they are told as an [`Index`].
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Levels {
    pub level: Vec<Option<f64>>,
    pub log_error: Vec<Option<f64>>,
    pub n: Vec<u64>,
}

impl Levels {
    /// An index that is `base_value` in period `base`.
    pub fn told(self, told: Told) -> Index {
        let at = told.base;
        let base = self.level.get(at).copied().flatten();
        let scale = |level: f64| base.map(|base| level / base * told.base_value);
        let index: Vec<Option<f64>> = self.level.iter().map(|level| level.and_then(scale)).collect();
        let bound = |sign: f64| {
            let pairs = index.iter().zip(&self.log_error);
            pairs
                .map(|(level, error)| Some(level.as_ref()? * libm::exp(sign * 1.959963984540054 * (*error)?)))
                .collect()
        };
        Index {
            std_error: index.iter().zip(&self.log_error).map(|(level, error)| Some((*level)? * (*error)?)).collect(),
            low: bound(-1.0),
            high: bound(1.0),
            index,
            n: self.n,
            method: told.method,
            base: told.periods.get(at).cloned().unwrap_or_default(),
            periods: told.periods,
            base_value: told.base_value,
            std_error_by: told.std_error_by.to_owned(),
            excluded: told.excluded,
            notes: told.notes,
        }
    }
}

/// What an index says beside its levels.
pub(crate) struct Told {
    pub method: String,
    pub periods: Vec<String>,
    pub base: usize,
    pub base_value: f64,
    pub std_error_by: &'static str,
    pub excluded: BTreeMap<String, u64>,
    pub notes: Vec<String>,
}
