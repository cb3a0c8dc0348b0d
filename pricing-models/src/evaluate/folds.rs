//! Folds that keep families together: a family is in one fold only, so no model is tested on titles it was fitted on.

use crate::error::ModelError;
use crate::frame::Text;

/// A number that looks random, from two numbers (SplitMix64).
///
/// Source: Steele, Lea, Flood 2014, “Fast splittable pseudorandom number generators”.
pub(crate) fn scramble(seed: u64, index: u64) -> u64 {
    let mut z = seed.wrapping_add(index.wrapping_add(1).wrapping_mul(0x9e37_79b9_7f4a_7c15));
    z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    z ^ (z >> 31)
}

/// The fold (0 to `folds − 1`) of each of `rows`, by the levels of `groups`.
///
/// Groups are taken in an order drawn from `seed` and their names (not from the order of the rows), each into the fold that
/// has the fewest rows so far; a row without a group is a group of its own.
///
/// Errors: fewer than 2 folds, or fewer groups than folds.
///
/// ```
/// use pricing_models::evaluate::folds::group_folds;
/// use pricing_models::frame::Column;
/// let Column::Text(families) = Column::text(["a", "b", "a", "c", "b", "d"]) else { unreachable!() };
/// let folds = group_folds(&families, &[0, 1, 2, 3, 4, 5], 2, 7)?;
/// assert_eq!(folds[0], folds[2]);
/// assert_eq!(folds[1], folds[4]);
/// # Ok::<(), pricing_models::error::ModelError>(())
/// ```
pub fn group_folds(groups: &Text, rows: &[u32], folds: usize, seed: u64) -> Result<Vec<usize>, ModelError> {
    if folds < 2 {
        return Err(ModelError::Parameter { name: "folds", value: folds.to_string(), range: "2 …" });
    }
    let mut members: Vec<Vec<usize>> = vec![Vec::new(); groups.levels.len()];
    let mut alone = Vec::new();
    for (at, row) in rows.iter().enumerate() {
        match members.get_mut(groups.codes[*row as usize] as usize) {
            Some(group) => group.push(at),
            None => alone.push(vec![at]),
        }
    }
    let mut named: Vec<(&str, Vec<usize>)> = groups.levels.iter().map(String::as_str).zip(members).collect();
    named.retain(|(_, group)| !group.is_empty());
    named.sort_by(|a, b| a.0.cmp(b.0));
    let mut all: Vec<Vec<usize>> = named.into_iter().map(|(_, group)| group).chain(alone).collect();
    if all.len() < folds {
        return Err(ModelError::TooFewGroups { groups: all.len(), folds });
    }
    let mut order: Vec<(u64, usize)> = (0..all.len()).map(|index| (scramble(seed, index as u64), index)).collect();
    order.sort_unstable();
    let mut sizes = vec![0; folds];
    let mut fold_of = vec![0; rows.len()];
    for (_, index) in order {
        let fold = (0..folds).min_by_key(|fold| sizes[*fold]).unwrap_or_default();
        sizes[fold] += all[index].len();
        std::mem::take(&mut all[index]).into_iter().for_each(|at| fold_of[at] = fold);
    }
    Ok(fold_of)
}
