//! Periods: the labels of a time column in order, or the calendar buckets its dates fall in.

use chrono::{Datelike, Days, Months, NaiveDate};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::error::nearest;
use crate::frame::Text;
use crate::index::error::IndexError;

/// How dates become periods.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Bucket {
    Day,
    Month,
    Quarter,
    Year,
}

/// The periods of a table, and the period of each row ([`Text::MISSING`] where it has none).
#[derive(Clone, Debug, PartialEq)]
pub struct Periods {
    pub labels: Vec<String>,
    pub of_row: Vec<u32>,
}

impl Periods {
    /// Periods of a time column: with a bucket, every calendar bucket from the first to the last date, also those in which
    /// nothing was traded; else the distinct labels, in order of number where all are numbers, of text otherwise.
    ///
    /// # Errors
    /// A label that is no date where a bucket is asked for.
    pub fn of(times: &Text, bucket: Option<Bucket>) -> Result<Periods, IndexError> {
        match bucket {
            Some(bucket) => bucketed(times, bucket),
            None => Ok(distinct(times)),
        }
    }

    /// The place of the period called `label`.
    ///
    /// # Errors
    /// No such period; the nearest is named.
    pub fn find(&self, label: &str) -> Result<usize, IndexError> {
        self.labels.iter().position(|known| known == label).ok_or_else(|| IndexError::UnknownPeriod {
            period: label.to_owned(),
            nearest: nearest(label, self.labels.iter().map(String::as_str)),
        })
    }

    /// Only the periods from `from` to `to`; rows outside lose theirs.
    ///
    /// # Errors
    /// An unknown period.
    pub fn within(self, from: Option<&str>, to: Option<&str>) -> Result<Periods, IndexError> {
        let first = from.map_or(Ok(0), |label| self.find(label))?;
        let last = to.map_or(Ok(self.labels.len().saturating_sub(1)), |label| self.find(label))?;
        let kept = |code: u32| match usize::try_from(code) {
            Ok(at) if code != Text::MISSING && (first..=last).contains(&at) => (at - first) as u32,
            _ => Text::MISSING,
        };
        let labels = self.labels.get(first..=last).unwrap_or_default().to_vec();
        Ok(Periods { labels, of_row: self.of_row.iter().map(|code| kept(*code)).collect() })
    }
}

fn distinct(times: &Text) -> Periods {
    let mut used = vec![false; times.levels.len()];
    times.codes.iter().filter(|code| **code != Text::MISSING).for_each(|code| used[*code as usize] = true);
    let mut order: Vec<usize> = (0..times.levels.len()).filter(|level| used[*level]).collect();
    let numbers: Option<Vec<f64>> = times.levels.iter().map(|label| label.trim().parse().ok()).collect();
    match numbers {
        Some(numbers) => order.sort_by(|a, b| numbers[*a].total_cmp(&numbers[*b])),
        None => order.sort_by(|a, b| times.levels[*a].cmp(&times.levels[*b])),
    }
    let mut place = vec![Text::MISSING; times.levels.len()];
    order.iter().enumerate().for_each(|(at, level)| place[*level] = at as u32);
    let of_row =
        times.codes.iter().map(|code| if *code == Text::MISSING { *code } else { place[*code as usize] }).collect();
    Periods { labels: order.into_iter().map(|level| times.levels[level].clone()).collect(), of_row }
}

fn bucketed(times: &Text, bucket: Bucket) -> Result<Periods, IndexError> {
    let of_level: Vec<Option<i64>> =
        times.levels.iter().map(|label| date(label).map(|date| bucket.number(date))).collect();
    let mut numbers = Vec::with_capacity(times.codes.len());
    for (row, code) in times.codes.iter().enumerate() {
        numbers.push(match *code {
            Text::MISSING => None,
            code => match of_level[code as usize] {
                Some(number) => Some(number),
                None => return Err(IndexError::NotADate { row, value: times.levels[code as usize].clone() }),
            },
        });
    }
    let used = numbers.iter().flatten();
    let (Some(first), Some(last)) = (used.clone().min().copied(), used.max().copied()) else {
        return Ok(Periods { labels: Vec::new(), of_row: vec![Text::MISSING; numbers.len()] });
    };
    Ok(Periods {
        labels: (first..=last).map(|number| bucket.label(number)).collect(),
        of_row: numbers.iter().map(|number| number.map_or(Text::MISSING, |n| (n - first) as u32)).collect(),
    })
}

/// A date as `2024-05-20`, `2024/5/20`, `20240520`, or a month as `2024-05`; what follows a blank or a `T` is ignored.
fn date(label: &str) -> Option<NaiveDate> {
    let day = label.trim().split([' ', 'T']).next()?;
    ["%Y-%m-%d", "%Y/%m/%d", "%Y%m%d", "%Y.%m.%d"]
        .iter()
        .find_map(|format| NaiveDate::parse_from_str(day, format).ok())
        .or_else(|| NaiveDate::parse_from_str(&format!("{day}-01"), "%Y-%m-%d").ok())
}

impl Bucket {
    fn number(self, date: NaiveDate) -> i64 {
        let (year, month) = (i64::from(date.year()), i64::from(date.month0()));
        match self {
            Bucket::Day => i64::from(date.num_days_from_ce()),
            Bucket::Month => 12 * year + month,
            Bucket::Quarter => 4 * year + month / 3,
            Bucket::Year => year,
        }
    }

    fn label(self, number: i64) -> String {
        match self {
            Bucket::Day => NaiveDate::from_ymd_opt(1, 1, 1)
                .and_then(|first| first.checked_add_days(Days::new((number - 1).unsigned_abs())))
                .map_or_else(String::new, |date| date.to_string()),
            Bucket::Month => NaiveDate::from_ymd_opt(0, 1, 1)
                .and_then(|first| first.checked_add_months(Months::new(number.unsigned_abs() as u32)))
                .map_or_else(String::new, |date| date.format("%Y-%m").to_string()),
            Bucket::Quarter => format!("{:04}-Q{}", number.div_euclid(4), number.rem_euclid(4) + 1),
            Bucket::Year => format!("{number:04}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::frame::{Column, Frame};

    fn text(labels: &[&str]) -> Text {
        Frame::new().with("t", Column::text(labels)).and_then(|frame| frame.levels("t")).expect("text")
    }

    #[test]
    fn months_without_trades_are_periods_too() {
        let periods = Periods::of(&text(&["2023-11-30", "2024/2/1", "20231201"]), Some(Bucket::Month)).expect("dates");
        assert_eq!(periods.labels, ["2023-11", "2023-12", "2024-01", "2024-02"]);
        assert_eq!(periods.of_row, [0, 3, 1]);
        assert!(Periods::of(&text(&["soon"]), Some(Bucket::Day)).is_err());
    }

    #[test]
    fn numbers_are_ordered_as_numbers() {
        assert_eq!(Periods::of(&text(&["10", "9", "1"]), None).expect("labels").labels, ["1", "9", "10"]);
    }
}
