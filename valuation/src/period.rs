//! Dates, day counts and schedules of periods.

use chrono::{Datelike, Months, NaiveDate};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// The length of one period.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Step {
    Month,
    Quarter,
    Year,
}

impl Step {
    /// Months in one period.
    pub fn months(self) -> u32 {
        match self {
            Step::Month => 1,
            Step::Quarter => 3,
            Step::Year => 12,
        }
    }
}

/// Consecutive periods: the first begins on `start`, each lasts one `step`.
///
/// ```
/// use chrono::NaiveDate;
/// use valuation::period::{Schedule, Step};
/// let years = Schedule { start: NaiveDate::from_ymd_opt(2026, 7, 1).unwrap(), step: Step::Year, count: 3 };
/// assert_eq!(years.end(0), NaiveDate::from_ymd_opt(2027, 6, 30));
/// assert_eq!(years.label(0), "2026-07-01/2027-06-30");
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Schedule {
    pub start: NaiveDate,
    pub step: Step,
    pub count: u32,
}

impl Schedule {
    /// First day of period `index` (counted from 0); `None` beyond the calendar.
    pub fn begin(&self, index: u32) -> Option<NaiveDate> {
        self.start.checked_add_months(Months::new(self.step.months().checked_mul(index)?))
    }

    /// Last day of period `index` (counted from 0); `None` beyond the calendar.
    pub fn end(&self, index: u32) -> Option<NaiveDate> {
        self.begin(index.checked_add(1)?)?.pred_opt()
    }

    /// The period as a heading: a month `2026-07`, else its first and last day.
    pub fn label(&self, index: u32) -> String {
        match (self.begin(index), self.end(index), self.step) {
            (Some(begin), _, Step::Month) if begin.day() == 1 => format!("{}-{:02}", begin.year(), begin.month()),
            (Some(begin), Some(end), _) => format!("{begin}/{end}"),
            _ => format!("{}", index + 1),
        }
    }
}

/// How a span of days becomes a fraction of a year.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
pub enum DayCount {
    /// Actual days over 365 (ISDA Actual/365 Fixed).
    #[serde(rename = "actual_365")]
    Actual365,
    /// Actual days over 360 (ISDA Actual/360).
    #[serde(rename = "actual_360")]
    Actual360,
    /// 30/360 bond basis (ISDA 2006 §4.16(f)).
    #[serde(rename = "thirty_360")]
    Thirty360,
}

impl DayCount {
    /// Years from `from` to `to`; negative where `to` is earlier.
    ///
    /// Source: ISDA 2006 Definitions §4.16(d), (e), (f).
    pub fn years(self, from: NaiveDate, to: NaiveDate) -> f64 {
        match self {
            DayCount::Actual365 => (to - from).num_days() as f64 / 365.0,
            DayCount::Actual360 => (to - from).num_days() as f64 / 360.0,
            DayCount::Thirty360 => {
                let d1 = from.day().min(30) as i64;
                let d2 = if d1 == 30 { to.day().min(30) as i64 } else { to.day() as i64 };
                let months = (to.year() - from.year()) as i64 * 12 + to.month() as i64 - from.month() as i64;
                (months * 30 + d2 - d1) as f64 / 360.0
            }
        }
    }
}
