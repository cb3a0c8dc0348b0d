//! Determinations among columns: where the one is known, so is the other.

use std::cmp::Reverse;
use std::collections::HashMap;

use super::Dependency;
use super::cell;
use super::rows::Sample;

/// The share of rows in groups of two or more that a dependency must hold in.
const HOLDS: f64 = 0.95;

/// A dependency and the rows that break it.
#[derive(Clone, Debug)]
pub(super) struct Inferred {
    pub determinant: usize,
    pub dependent: usize,
    /// Places in the sample.
    pub violating: Vec<usize>,
}

impl Inferred {
    pub fn told(&self, names: &[String]) -> Dependency {
        Dependency {
            determinant: names[self.determinant].clone(),
            dependent: names[self.dependent].clone(),
            violations: self.violating.len() as u64,
        }
    }
}

/// Groups of rows by the value of a column, in order of their first row; values that are missing make none.
fn groups(sample: &Sample, column: usize) -> Vec<Vec<usize>> {
    let mut place: HashMap<&str, usize> = HashMap::new();
    let mut groups: Vec<Vec<usize>> = Vec::new();
    for (row, cells) in sample.rows.iter().enumerate() {
        let text = cells[column].as_str();
        if !cell::is_missing(text) {
            let at = *place.entry(text).or_insert_with(|| {
                groups.push(Vec::new());
                groups.len() - 1
            });
            groups[at].push(row);
        }
    }
    groups.retain(|group| group.len() > 1);
    groups
}

/// The dependencies of single columns on single columns that nearly every row keeps. A dependent column must vary among
/// the groups, or it would depend on everything.
///
/// Source: approximate functional dependencies, measure g₃: J. Kivinen, H. Mannila, 1995.
pub(super) fn inferred(names: &[String], sample: &Sample) -> Vec<Inferred> {
    let mut found = Vec::new();
    for determinant in 0..names.len() {
        let groups = groups(sample, determinant);
        let grouped: usize = groups.iter().map(Vec::len).sum();
        // Few groups, or few rows in them, show nothing.
        if groups.len() < 2 || grouped * 4 < sample.rows.len() {
            continue;
        }
        for dependent in (0..names.len()).filter(|other| *other != determinant) {
            if let Some(violating) = broken(sample, &groups, dependent, grouped) {
                found.push(Inferred { determinant, dependent, violating });
            }
        }
    }
    found
}

/// The rows that do not have the value most of their group has; `None` where too many, or where all groups agree on one.
fn broken(sample: &Sample, groups: &[Vec<usize>], dependent: usize, grouped: usize) -> Option<Vec<usize>> {
    let mut violating = Vec::new();
    let mut common: HashMap<&str, usize> = HashMap::new();
    let too_many = |violating: &Vec<usize>| violating.len() as f64 > (1.0 - HOLDS) * grouped as f64;
    for group in groups {
        let mut counts: HashMap<&str, (usize, usize)> = HashMap::new();
        for (place, row) in group.iter().enumerate() {
            counts.entry(sample.rows[*row][dependent].as_str()).or_insert((0, place)).0 += 1;
        }
        // Of equally common values the one that stands first, whatever the order of the map.
        let (most, (count, _)) = counts.iter().max_by_key(|(_, (count, place))| (*count, Reverse(*place)))?;
        *common.entry(most).or_default() += group.len();
        // Without a majority nobody knows which of the values is wrong.
        let majority = 2 * count > group.len();
        if counts.len() > 1 {
            violating.extend(group.iter().copied().filter(|row| !majority || sample.rows[*row][dependent] != *most));
        }
        if too_many(&violating) {
            return None;
        }
    }
    let one_value = common.values().any(|rows| *rows as f64 > HOLDS * grouped as f64);
    (!one_value).then_some(violating)
}
