//! The knobs of the sample market, read from `params.toml`.

use std::sync::OnceLock;

use chrono::NaiveDate;
use serde::Deserialize;

/// Every knob; `params.toml` has a sentence on each.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Params {
    pub first_month: NaiveDate,
    pub months: u32,
    pub products: u32,
    pub sellers: u32,
    pub buyers: u32,
    pub mess: Mess,
    pub law: Slopes,
    pub factor: Vec<Factor>,
}

/// Shares of rows in which something is not as a fit would like it.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Mess {
    pub negotiable: f64,
    pub free: f64,
    pub censored: f64,
    pub not_stated: f64,
    pub placeholder_family: f64,
    pub duplicate: f64,
    pub correction: f64,
    pub cancellation: f64,
    pub tool_suggested: f64,
    pub tool_markup: f64,
}

/// The slopes of the price law.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Slopes {
    pub intercept: f64,
    pub ln_records: f64,
    pub ln_fields: f64,
    pub quality: f64,
    pub ln_history_months: f64,
    pub month_index: f64,
    pub sigma: f64,
}

/// A column of the trade schema whose levels move the price.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Factor {
    pub column: String,
    pub levels: Vec<Level>,
}

#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Level {
    pub level: String,
    pub share: f64,
    pub effect: f64,
}

impl Params {
    /// The parameters the product ships with.
    pub fn shipped() -> &'static Params {
        static PARAMS: OnceLock<Params> = OnceLock::new();
        PARAMS.get_or_init(|| {
            toml::from_str(include_str!("../../params.toml")).expect("a test reads the file that is built in")
        })
    }

    /// The levels of one factor.
    pub fn levels(&self, column: &str) -> &[Level] {
        self.factor.iter().find(|factor| factor.column == column).map_or(&[], |factor| &factor.levels)
    }

    /// Position of the level drawn by `uniform` (0 to 1) according to the shares.
    pub(crate) fn draw(&self, column: &str, uniform: f64) -> usize {
        let levels = self.levels(column);
        let mut below = 0.0;
        for (position, level) in levels.iter().enumerate() {
            below += level.share;
            if uniform < below {
                return position;
            }
        }
        levels.len().saturating_sub(1)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shares_add_up_and_every_factor_has_one_reference() {
        for factor in &Params::shipped().factor {
            let shares: f64 = factor.levels.iter().map(|level| level.share).sum();
            assert!((shares - 1.0).abs() < 1e-12, "{}: {shares}", factor.column);
            assert_eq!(factor.levels.iter().filter(|l| l.effect == 0.0).count(), 1, "{}", factor.column);
        }
    }
}
