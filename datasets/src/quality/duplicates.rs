//! Rows that say the same thing twice: word for word, or nearly.

use std::collections::{BTreeMap, BTreeSet, HashSet};

use rayon::prelude::*;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::cell;
use super::column::ColumnTally;
use super::rows::Sample;

/// Rows seen before, by hash (64 bits: among ten million rows two differ alike once in 400,000 files).
#[derive(Clone, Debug, Default)]
pub(super) struct Duplicates {
    seen: HashSet<u64>,
    repeated: u64,
}

impl Duplicates {
    pub fn add(&mut self, hashes: Vec<u64>) {
        for hash in hashes {
            self.repeated += u64::from(!self.seen.insert(hash));
        }
    }

    pub fn repeated(&self) -> u64 {
        self.repeated
    }
}

/// A value shared by more rows than this says little about whether two of them are the same.
const BLOCK_ROWS: usize = 64;

/// Pairs of rows that describe the same thing with small differences.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct NearDuplicates {
    /// Rows looked at.
    pub rows: u64,
    /// Likeness from which two rows are the same.
    pub likeness: f64,
    pub pairs: u64,
    /// Rows that repeat another one.
    pub duplicates: u64,
    /// The pairs (rows counted from 1) with their likeness, at most 10,000.
    pub list: Vec<(u64, u64, f64)>,
}

/// Finds near duplicates: rows that share a telling value are compared over every column that does not identify rows; the
/// likeness is the mean Jaro–Winkler likeness of the values both have, telling columns weighing more.
///
/// Source: blocking: I. P. Fellegi, A. B. Sunter, A theory for record linkage, 1969; M. A. Jaro 1989, W. E. Winkler 1990.
pub(super) fn near(names: &[String], columns: &[ColumnTally], sample: &Sample, least: f64) -> NearDuplicates {
    let rows = &sample.rows;
    let compared: Vec<usize> = (0..names.len()).filter(|at| !columns[*at].expectation().identifies).collect();
    // What a value of the column tells, in bits: the more values, the more.
    let weight: Vec<f64> = columns.iter().map(|column| libm::log2(1.0 + column.distinct() as f64)).collect();
    let mut candidates: BTreeSet<(usize, usize)> = BTreeSet::new();
    for at in &compared {
        let mut blocks: BTreeMap<String, Vec<usize>> = BTreeMap::new();
        for (row, cells) in rows.iter().enumerate() {
            let text = cells[*at].trim().to_lowercase();
            if !cell::is_missing(&text) {
                blocks.entry(text).or_default().push(row);
            }
        }
        for block in blocks.values().filter(|block| (2..=BLOCK_ROWS).contains(&block.len())) {
            for (place, first) in block.iter().enumerate() {
                candidates.extend(block[place + 1..].iter().map(|second| (*first, *second)));
            }
        }
    }
    let candidates: Vec<(usize, usize)> = candidates.into_iter().collect();
    let likeness = |(first, second): &(usize, usize)| {
        let (mut sum, mut total) = (0.0, 0.0);
        for at in &compared {
            let (a, b) = (rows[*first][*at].trim(), rows[*second][*at].trim());
            if !cell::is_missing(a) && !cell::is_missing(b) {
                sum += weight[*at] * strsim::jaro_winkler(a, b);
                total += weight[*at];
            }
        }
        if total > 0.0 { sum / total } else { 0.0 }
    };
    let scored: Vec<f64> = candidates.par_iter().map(likeness).collect();
    let same = candidates.iter().zip(&scored).filter(|(_, likeness)| **likeness >= least);
    let list: Vec<(u64, u64, f64)> = same.map(|((a, b), own)| (*a as u64 + 1, *b as u64 + 1, *own)).collect();
    let repeats: BTreeSet<u64> = list.iter().map(|(_, second, _)| *second).collect();
    NearDuplicates {
        rows: rows.len() as u64,
        likeness: least,
        pairs: list.len() as u64,
        duplicates: repeats.len() as u64,
        list: list.into_iter().take(10_000).collect(),
    }
}
