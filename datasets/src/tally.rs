//! Counts of stored rows by kind and by price state.

use std::collections::BTreeMap;
use std::ops::AddAssign;

use arrow::array::{Array, RecordBatch, StringArray};
use serde::{Deserialize, Serialize};

/// Rows, by kind and by price state; every word of a vocabulary that occurs has an entry.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Tally {
    pub rows: u64,
    /// `trade`, `bid`, `ask`, `listing` → rows.
    pub by_kind: BTreeMap<String, u64>,
    /// `priced`, `censored`, `negotiable`, `free`, `placeholder`, `not_stated` → rows.
    pub by_price_state: BTreeMap<String, u64>,
}

impl Tally {
    /// Rows whose price is only a printed bound.
    pub fn censored(&self) -> u64 {
        self.by_price_state.get("censored").copied().unwrap_or_default()
    }

    /// Counts the rows of a batch.
    pub fn of(batch: &RecordBatch) -> Tally {
        Tally {
            rows: batch.num_rows() as u64,
            by_kind: count(batch, "kind"),
            by_price_state: count(batch, "price_state"),
        }
    }
}

fn count(batch: &RecordBatch, column: &str) -> BTreeMap<String, u64> {
    let mut counts: BTreeMap<&str, u64> = BTreeMap::new();
    if let Some(words) = batch.column_by_name(column).and_then(|c| c.as_any().downcast_ref::<StringArray>()) {
        for row in 0..words.len() {
            *counts.entry(words.value(row)).or_default() += 1;
        }
    }
    counts.into_iter().map(|(word, rows)| (word.to_owned(), rows)).collect()
}

impl AddAssign<&Tally> for Tally {
    fn add_assign(&mut self, other: &Tally) {
        self.rows += other.rows;
        for (mine, theirs) in [(&mut self.by_kind, &other.by_kind), (&mut self.by_price_state, &other.by_price_state)] {
            for (word, rows) in theirs {
                *mine.entry(word.clone()).or_default() += rows;
            }
        }
    }
}
