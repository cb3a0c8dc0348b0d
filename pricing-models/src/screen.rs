//! Which rows may enter a fit, and the one reason of each that may not.

mod families;
mod outliers;

use std::collections::BTreeMap;

use chrono::NaiveDate;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::error::ModelError;
use crate::frame::{Column, Frame, Text};
pub use outliers::StratumBounds;

/// One rule of a screening. Rules run in the order given; a row is excluded by the first that holds, and later rules do not
/// see it. No rule has a default parameter.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum Rule {
    /// Keeps rows whose `column` says one of `accepted`; the others are not a price: negotiable, free, censored,
    /// placeholder, not stated (the value found is the detail).
    IsPrice { column: String, accepted: Vec<String> },
    /// Keeps rows of the `accepted` kinds: trade, bid, ask, listing.
    Kind { column: String, accepted: Vec<String> },
    /// Keeps rows with a finite price above zero.
    Positive { column: String },
    /// Rows whose price our own tool suggested (`ours`): all excluded, or kept up to `share_max` of the kept rows, in the
    /// order of the frame.
    Origin { column: String, ours: Vec<String>, share_max: f64 },
    /// Rows between related parties, where `column` says `related`.
    RelatedParty { column: String, related: Vec<String> },
    /// A price that at least `share_min` of a title family of at least `rows_min` rows have in common: a placeholder.
    SharedFamilyPrice { price: String, family: String, rows_min: usize, share_min: f64 },
    /// Rows after `cut_off`; the column holds ISO dates, or days since 1970-01-01.
    After { column: String, cut_off: NaiveDate },
    /// Log prices beyond `iqr_multiple` interquartile ranges from the quartiles (type 7) of their stratum; strata with fewer
    /// than `rows_min` rows are not judged.
    Outlier { price: String, strata: Vec<String>, iqr_multiple: f64, rows_min: usize },
}

/// Why a row was excluded.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Reason {
    NotAPrice,
    WrongKind,
    NonPositive,
    SuggestedByTool,
    RelatedParty,
    SharedFamilyPrice,
    AfterCutOff,
    NoDate,
    Outlier,
}

impl Reason {
    /// The key of its word.
    pub fn word(self) -> &'static str {
        match self {
            Reason::NotAPrice => "screen.not_a_price",
            Reason::WrongKind => "screen.wrong_kind",
            Reason::NonPositive => "screen.non_positive",
            Reason::SuggestedByTool => "screen.suggested_by_tool",
            Reason::RelatedParty => "screen.related_party",
            Reason::SharedFamilyPrice => "screen.shared_family_price",
            Reason::AfterCutOff => "screen.after_cut_off",
            Reason::NoDate => "screen.no_date",
            Reason::Outlier => "screen.outlier",
        }
    }
}

/// Rows excluded for one reason.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct ReasonCount {
    pub reason: Reason,
    /// What was found in the row, such as `negotiable`; empty for missing.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub detail: Option<String>,
    pub rows: u64,
}

/// The rows that may enter a fit, and what became of the others: `kept + Σ rows = read`.
#[derive(Clone, Debug, PartialEq)]
pub struct Screened {
    pub read: u64,
    pub kept: Vec<u32>,
    /// Every excluded row with its reason, in the order of the frame.
    pub excluded: Vec<(u32, Reason)>,
    pub reasons: Vec<ReasonCount>,
    /// What each stratum's log prices were held against.
    pub bounds: Vec<StratumBounds>,
}

/// The state while the rules run.
struct Screening<'a> {
    frame: &'a Frame,
    verdict: Vec<Option<Reason>>,
    counts: BTreeMap<(Reason, Option<String>), u64>,
    bounds: Vec<StratumBounds>,
}

/// Runs `rules` over `frame`.
///
/// Errors: an unknown column, text where numbers are needed, or a parameter out of range.
///
/// Source: outliers by Tukey 1977, “Exploratory Data Analysis”, 2C (fences), on log prices; quantiles of type 7 of
/// Hyndman and Fan 1996.
///
/// ```
/// use pricing_models::frame::{Column, Frame};
/// use pricing_models::screen::{Rule, screen};
/// let frame = Frame::new()
///     .with("price", Column::Real(vec![100.0, 0.0, 120.0]))?
///     .with("state", Column::text(["priced", "priced", "negotiable"]))?;
/// let rules = [
///     Rule::IsPrice { column: "state".into(), accepted: vec!["priced".into()] },
///     Rule::Positive { column: "price".into() },
/// ];
/// let screened = screen(&frame, &rules)?;
/// assert_eq!(screened.kept, [0]);
/// assert_eq!(screened.reasons.iter().map(|count| count.rows).sum::<u64>(), 2);
/// # Ok::<(), pricing_models::error::ModelError>(())
/// ```
pub fn screen(frame: &Frame, rules: &[Rule]) -> Result<Screened, ModelError> {
    let mut screening =
        Screening { frame, verdict: vec![None; frame.rows()], counts: BTreeMap::new(), bounds: Vec::new() };
    for rule in rules {
        screening.apply(rule)?;
    }
    let kept = (0..frame.rows() as u32).filter(|row| screening.verdict[*row as usize].is_none()).collect();
    let excluded = screening.verdict.iter().enumerate().filter_map(|(row, reason)| Some((row as u32, (*reason)?)));
    Ok(Screened {
        read: frame.rows() as u64,
        kept,
        excluded: excluded.collect(),
        reasons: screening
            .counts
            .into_iter()
            .map(|((reason, detail), rows)| ReasonCount { reason, detail, rows })
            .collect(),
        bounds: screening.bounds,
    })
}

impl Screening<'_> {
    fn apply(&mut self, rule: &Rule) -> Result<(), ModelError> {
        match rule {
            Rule::IsPrice { column, accepted } => self.accept(column, accepted, Reason::NotAPrice),
            Rule::Kind { column, accepted } => self.accept(column, accepted, Reason::WrongKind),
            Rule::Positive { column } => {
                let prices = self.frame.real(column, "positive")?;
                self.exclude(Reason::NonPositive, |row| !(prices[row].is_finite() && prices[row] > 0.0), |_| None);
                Ok(())
            }
            Rule::Origin { column, ours, share_max } => self.origin(column, ours, *share_max),
            Rule::RelatedParty { column, related } => {
                let text = self.frame.levels(column)?;
                let is_related = |row: usize| text.get(row).is_some_and(|found| related.iter().any(|r| r == found));
                self.exclude(Reason::RelatedParty, is_related, |_| None);
                Ok(())
            }
            Rule::SharedFamilyPrice { price, family, rows_min, share_min } => {
                let shared = families::shared_prices(self.frame, &self.left(), price, family, *rows_min, *share_min)?;
                self.exclude(Reason::SharedFamilyPrice, |row| shared[row], |_| None);
                Ok(())
            }
            Rule::After { column, cut_off } => self.after(column, *cut_off),
            Rule::Outlier { price, strata, iqr_multiple, rows_min } => {
                let (outside, bounds) =
                    outliers::outliers(self.frame, &self.left(), price, strata, *iqr_multiple, *rows_min)?;
                self.exclude(Reason::Outlier, |row| outside[row], |_| None);
                self.bounds.extend(bounds);
                Ok(())
            }
        }
    }

    /// Rows no rule has excluded so far.
    fn left(&self) -> Vec<usize> {
        (0..self.verdict.len()).filter(|row| self.verdict[*row].is_none()).collect()
    }

    fn exclude(&mut self, reason: Reason, bad: impl Fn(usize) -> bool, detail: impl Fn(usize) -> Option<String>) {
        for row in 0..self.verdict.len() {
            if self.verdict[row].is_none() && bad(row) {
                self.verdict[row] = Some(reason);
                *self.counts.entry((reason, detail(row))).or_insert(0) += 1;
            }
        }
    }

    fn accept(&mut self, column: &str, accepted: &[String], reason: Reason) -> Result<(), ModelError> {
        let text = self.frame.levels(column)?;
        let bad = |row: usize| !text.get(row).is_some_and(|found| accepted.iter().any(|level| level == found));
        self.exclude(reason, bad, |row| Some(text.get(row).unwrap_or_default().to_owned()));
        Ok(())
    }

    fn origin(&mut self, column: &str, ours: &[String], share_max: f64) -> Result<(), ModelError> {
        if !(0.0..1.0).contains(&share_max) {
            return Err(ModelError::Parameter { name: "share_max", value: share_max.to_string(), range: "[0, 1)" });
        }
        let text = self.frame.levels(column)?;
        let is_ours = |row: usize| text.get(row).is_some_and(|found| ours.iter().any(|origin| origin == found));
        let (suggested, others): (Vec<usize>, Vec<usize>) = self.left().into_iter().partition(|row| is_ours(*row));
        let allowed = (share_max / (1.0 - share_max) * others.len() as f64 + 1e-9).floor() as usize;
        let mut over = vec![false; self.verdict.len()];
        suggested.iter().skip(allowed).for_each(|row| over[*row] = true);
        self.exclude(Reason::SuggestedByTool, |row| over[row], |_| None);
        Ok(())
    }

    fn after(&mut self, column: &str, cut_off: NaiveDate) -> Result<(), ModelError> {
        let days: Vec<Option<i64>> = match self.frame.column(column)? {
            Column::Real(values) => values.iter().map(|day| day.is_finite().then_some(day.floor() as i64)).collect(),
            Column::Text(text) => days(text),
        };
        let last = cut_off.to_epoch_days().into();
        self.exclude(Reason::NoDate, |row| days[row].is_none(), |_| None);
        self.exclude(Reason::AfterCutOff, |row| days[row].is_some_and(|day| day > last), |_| None);
        Ok(())
    }
}

/// Days since 1970-01-01 of ISO dates.
fn days(text: &Text) -> Vec<Option<i64>> {
    let parsed: Vec<Option<i64>> = text
        .levels
        .iter()
        .map(|level| level.get(..10)?.parse::<NaiveDate>().ok().map(|date| date.to_epoch_days().into()))
        .collect();
    text.codes.iter().map(|code| parsed.get(*code as usize).copied().flatten()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn names(values: &[&str]) -> Vec<String> {
        values.iter().map(|value| (*value).to_owned()).collect()
    }

    #[test]
    fn every_row_is_kept_or_has_one_reason() {
        let mut price = vec![90.0, 100.0, 110.0, 95.0, 105.0, 1e6, -1.0, f64::NAN, 7.0, 7.0, 7.0, 100.0, 100.0, 100.0];
        price.extend([101.0, 99.0]);
        let n = price.len();
        let mut state = vec!["priced"; n];
        state[7] = "negotiable";
        let mut origin = vec!["posted"; n];
        (origin[11], origin[12]) = ("tool", "tool");
        let mut day = vec!["2026-01-01"; n];
        (day[13], day[14]) = ("2026-07-01", "");
        let family: Vec<&str> = (0..n).map(|row| if (8..11).contains(&row) { "series" } else { "" }).collect();
        let frame = Frame::new()
            .with("price", Column::Real(price))
            .unwrap()
            .with("state", Column::text(state))
            .unwrap()
            .with("origin", Column::text(origin))
            .unwrap()
            .with("day", Column::text(day))
            .unwrap()
            .with("family", Column::text(family))
            .unwrap();
        let cut_off = NaiveDate::from_ymd_opt(2026, 6, 30).unwrap();
        let rules = [
            Rule::IsPrice { column: "state".into(), accepted: names(&["priced"]) },
            Rule::Positive { column: "price".into() },
            Rule::Origin { column: "origin".into(), ours: names(&["tool"]), share_max: 0.10 },
            Rule::SharedFamilyPrice { price: "price".into(), family: "family".into(), rows_min: 3, share_min: 1.0 },
            Rule::After { column: "day".into(), cut_off },
            Rule::Outlier { price: "price".into(), strata: vec![], iqr_multiple: 3.0, rows_min: 5 },
        ];
        let screened = screen(&frame, &rules).unwrap();
        let expected = [
            (5, Reason::Outlier),
            (6, Reason::NonPositive),
            (7, Reason::NotAPrice),
            (8, Reason::SharedFamilyPrice),
            (9, Reason::SharedFamilyPrice),
            (10, Reason::SharedFamilyPrice),
            (12, Reason::SuggestedByTool),
            (13, Reason::AfterCutOff),
            (14, Reason::NoDate),
        ];
        assert_eq!(screened.excluded, expected);
        assert_eq!(screened.kept, [0, 1, 2, 3, 4, 11, 15]);
        let (low, high) = screened.bounds[0].bounds.unwrap();
        assert!(low < 90.0 && 110.0 < high && high < 1e6 && screened.bounds[0].excluded == 1);
        let detail: Vec<_> = screened.reasons.iter().filter_map(|count| count.detail.as_deref()).collect();
        assert_eq!(detail, ["negotiable"]);
    }

    #[test]
    fn bounds_are_those_of_type_7_quartiles() {
        // R: quantile(log(c(1, 2, 4, 8, 16)), c(.25, .75)) = log 2, log 8.
        let frame = Frame::new().with("price", Column::Real(vec![1.0, 2.0, 4.0, 8.0, 16.0])).unwrap();
        let rule = Rule::Outlier { price: "price".into(), strata: vec![], iqr_multiple: 1.0, rows_min: 5 };
        let (low, high) = screen(&frame, &[rule]).unwrap().bounds[0].bounds.unwrap();
        assert!((low - 0.5).abs() < 1e-12 && (high - 32.0).abs() < 1e-9);
    }

    proptest! {
        #[test]
        fn nothing_is_lost(prices in prop::collection::vec(prop_oneof![-5.0..500.0f64, Just(0.0), Just(f64::NAN)], 0..80),
                           k in 0.1..3.0f64, share in 0.0..0.9f64) {
            let origin: Vec<&str> = (0..prices.len()).map(|row| if row % 3 == 0 { "tool" } else { "" }).collect();
            let frame = Frame::new().with("price", Column::Real(prices)).unwrap().with("origin", Column::text(origin)).unwrap();
            let rules = [
                Rule::Positive { column: "price".into() },
                Rule::Origin { column: "origin".into(), ours: names(&["tool"]), share_max: share },
                Rule::Outlier { price: "price".into(), strata: vec!["origin".into()], iqr_multiple: k, rows_min: 4 },
            ];
            let screened = screen(&frame, &rules).unwrap();
            let counted: u64 = screened.reasons.iter().map(|count| count.rows).sum();
            prop_assert_eq!(screened.kept.len() as u64 + counted, screened.read);
            prop_assert_eq!(screened.excluded.len() as u64, counted);
        }
    }
}
