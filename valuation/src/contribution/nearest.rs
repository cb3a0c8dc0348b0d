//! Exact Shapley values of the rows of training data under K nearest neighbours.

use multiversion::multiversion;
use rayon::prelude::*;

use crate::contribution::error::ContributionError;

/// Training rows whose distances are computed as one block; their features stay in the nearest cache.
const LANES: usize = 8;
/// Test rows that are handled as one block, and blocks in the air at once.
const TESTS: usize = 8;
const WAVE: usize = 16;

/// Training and test rows: features row by row, and a class for each row.
#[derive(Clone, Copy, Debug)]
pub struct Neighbourhood<'a> {
    pub features: usize,
    /// `rows × features`.
    pub train: &'a [f64],
    pub train_class: &'a [u32],
    pub test: &'a [f64],
    pub test_class: &'a [u32],
    /// Neighbours that vote.
    pub k: usize,
}

/// The value of each training row, and what all of them are worth together.
#[derive(Clone, Debug, PartialEq)]
pub struct RowValues {
    pub values: Vec<f64>,
    /// The share of right votes among the K nearest, averaged over the test rows; the values sum to it.
    pub total: f64,
}

/// The Shapley value of every training row for the utility
/// `v(S) = mean over test rows of (1/K) · number of right classes among the min(K, |S|) nearest rows of S`.
///
/// For each test row the training rows are sorted by Euclidean distance, and from the farthest to the nearest
///
/// ```text
/// s_N = 1[y_N = y] · min(K, N) / (K · N)
/// s_i = s_{i+1} + (1[y_i = y] − 1[y_{i+1} = y]) / K · min(K, i) / i
/// ```
///
/// Tie rule: rows at the same distance are taken in the order in which they stand in the training data.
///
/// # Errors
/// No row, no feature, K of 0, lengths that do not fit, a feature that is not finite.
///
/// Source: Jia et al. 2019, *Efficient task-specific data valuation for nearest neighbor algorithms*, VLDB 12(11), theorem 1.
///
/// ```
/// use valuation::contribution::nearest::{Neighbourhood, shapley};
/// // The nearest row is of the right class, the other is not.
/// let rows = Neighbourhood {
///     features: 1, train: &[0.0, 5.0], train_class: &[1, 0], test: &[1.0], test_class: &[1], k: 1,
/// };
/// let found = shapley(&rows)?;
/// assert_eq!((found.values, found.total), (vec![1.0, 0.0], 1.0));
/// # Ok::<(), valuation::contribution::error::ContributionError>(())
/// ```
pub fn shapley(rows: &Neighbourhood) -> Result<RowValues, ContributionError> {
    rows.check()?;
    let count = rows.train_class.len();
    let tests = rows.test_class.len();
    let columns = by_lanes(rows);
    let steps: Vec<f64> = (0..count).map(|i| rows.k.min(i + 1) as f64 / (rows.k as f64 * (i + 1) as f64)).collect();
    let mut values = vec![0.0; count];
    for wave in (0..tests).step_by(TESTS * WAVE) {
        let blocks = (wave..tests.min(wave + TESTS * WAVE)).step_by(TESTS).collect::<Vec<_>>();
        let parts: Vec<Vec<f64>> = blocks
            .into_par_iter()
            .map(|first| block(rows, &columns, &steps, first..tests.min(first + TESTS)))
            .collect();
        for part in parts {
            values.iter_mut().zip(part).for_each(|(value, part)| *value += part);
        }
    }
    values.iter_mut().for_each(|value| *value /= tests as f64);
    let total = values.iter().sum();
    Ok(RowValues { values, total })
}

/// Values of owners from those of their rows: `owner[r]` of `owners` holds row `r`.
///
/// The row values are those of the game whose players are the rows; their sum over an owner's rows is additive and is not the
/// Shapley value of the game whose players are the owners.
pub fn by_owner(values: &[f64], owner: &[u32], owners: usize) -> Vec<f64> {
    let mut sums = vec![0.0; owners];
    for (value, owner) in values.iter().zip(owner) {
        if let Some(sum) = sums.get_mut(*owner as usize) {
            *sum += value;
        }
    }
    sums
}

impl Neighbourhood<'_> {
    fn check(&self) -> Result<(), ContributionError> {
        let (train, test) = (self.train_class.len(), self.test_class.len());
        for (field, wrong) in [
            ("game.k", self.k == 0),
            ("game.features", self.features == 0 || self.train.len() != train * self.features),
            ("game.train", train == 0 || train > u32::MAX as usize),
            ("game.test", test == 0 || self.test.len() != test * self.features),
        ] {
            if wrong {
                return Err(ContributionError::game(
                    field,
                    format!("{train} × {}, {test}, K = {}", self.features, self.k),
                ));
            }
        }
        for (field, numbers) in [("game.train", self.train), ("game.test", self.test)] {
            if let Some(at) = numbers.iter().position(|number| !number.is_finite()) {
                let (row, column) = (at / self.features + 1, at % self.features + 1);
                let what = format!("{} ({row}, {column})", numbers[at]);
                return Err(ContributionError::game(field, what));
            }
        }
        Ok(())
    }
}

/// Training features in groups of [`LANES`] rows, feature by feature within a group; the last group is filled with zeros.
fn by_lanes(rows: &Neighbourhood) -> Vec<f64> {
    let groups = rows.train_class.len().div_ceil(LANES);
    let mut columns = vec![0.0; groups * rows.features * LANES];
    for (row, features) in rows.train.chunks_exact(rows.features).enumerate() {
        let group = row / LANES * rows.features * LANES;
        for (feature, value) in features.iter().enumerate() {
            columns[group + feature * LANES + row % LANES] = *value;
        }
    }
    columns
}

/// Squared distances of all training rows to two test rows at a time.
#[multiversion(targets("x86_64+avx+avx2"))]
fn distances(columns: &[f64], one: &[f64], two: &[f64], to_one: &mut [f64], to_two: &mut [f64]) {
    let groups = columns.chunks_exact(one.len() * LANES);
    for ((group, a), b) in groups.zip(to_one.chunks_exact_mut(LANES)).zip(to_two.chunks_exact_mut(LANES)) {
        let (mut sum_a, mut sum_b) = ([0.0; LANES], [0.0; LANES]);
        for ((lanes, x), y) in group.chunks_exact(LANES).zip(one).zip(two) {
            for lane in 0..LANES {
                let (d, e) = (lanes[lane] - x, lanes[lane] - y);
                sum_a[lane] += d * d;
                sum_b[lane] += e * e;
            }
        }
        a.copy_from_slice(&sum_a);
        b.copy_from_slice(&sum_b);
    }
}

/// The sum of the values over a block of test rows.
fn block(rows: &Neighbourhood, columns: &[f64], steps: &[f64], tests: std::ops::Range<usize>) -> Vec<f64> {
    let count = rows.train_class.len();
    let padded = count.div_ceil(LANES) * LANES;
    let (mut to_one, mut to_two) = (vec![0.0; padded], vec![0.0; padded]);
    let mut values = vec![0.0; count];
    let mut sorter = Sorter::new(count);
    for first in tests.clone().step_by(2) {
        let second = (first + 1).min(tests.end - 1);
        let row = |test: usize| &rows.test[test * rows.features..(test + 1) * rows.features];
        distances(columns, row(first), row(second), &mut to_one, &mut to_two);
        add(steps, sorter.sorted(&to_one[..count], rows.train_class, rows.test_class[first]), &mut values);
        if second > first {
            add(steps, sorter.sorted(&to_two[..count], rows.train_class, rows.test_class[second]), &mut values);
        }
    }
    values
}

/// Adds the values for one test row, its training rows given from the nearest to the farthest.
fn add(steps: &[f64], nearest: &[Place], values: &mut [f64]) {
    let Some(last) = nearest.last() else { return };
    let mut farther = last.right;
    let mut value = f64::from(farther) * steps[nearest.len() - 1];
    values[last.row as usize] += value;
    for (place, step) in nearest.iter().zip(steps).rev().skip(1) {
        value += (f64::from(place.right) - f64::from(farther)) * step;
        values[place.row as usize] += value;
        farther = place.right;
    }
}

/// A training row at its distance.
#[derive(Clone, Copy, Debug, Default)]
struct Place {
    distance: f64,
    row: u32,
    /// 1 where its class is that of the test row.
    right: u32,
}

/// Sorts by distance, then by row, in time proportional to the number of rows: rows are dealt into buckets of equal width,
/// each bucket is sorted by itself.
struct Sorter {
    starts: Vec<u32>,
    /// The bucket of each row.
    buckets: Vec<u32>,
    places: Vec<Place>,
}

/// Rows of a bucket up to which insertion is faster than the library's sort.
const INSERTION: usize = 24;

impl Sorter {
    fn new(rows: usize) -> Sorter {
        Sorter { starts: vec![0; rows + 1], buckets: vec![0; rows], places: vec![Place::default(); rows] }
    }

    /// The rows from the nearest to the farthest, each with whether it is of `class`.
    fn sorted(&mut self, distances: &[f64], classes: &[u32], class: u32) -> &[Place] {
        let (mut low, mut high) = (f64::INFINITY, 0.0_f64);
        for distance in distances {
            low = low.min(*distance);
            high = high.max(*distance);
        }
        let last = (distances.len() - 1) as f64;
        let width = if high > low && (high - low).is_finite() { last / (high - low) } else { 0.0 };
        self.starts.fill(0);
        // A larger distance never falls into an earlier bucket: subtraction and product by a constant keep the order.
        for (bucket, distance) in self.buckets.iter_mut().zip(distances) {
            *bucket = ((distance - low) * width).min(last) as u32;
            self.starts[*bucket as usize + 1] += 1;
        }
        let mut sum = 0;
        for start in &mut self.starts {
            sum += *start;
            *start = sum;
        }
        // Each start moves to the end of its bucket while rows are dealt in their order.
        let rows = self.buckets.iter().zip(distances).zip(classes).zip(0..);
        for (((bucket, distance), row_class), row) in rows {
            let start = &mut self.starts[*bucket as usize];
            let right = u32::from(*row_class == class);
            self.places[*start as usize] = Place { distance: *distance, row, right };
            *start += 1;
        }
        let mut begin = 0;
        for end in &self.starts[..distances.len()] {
            let end = *end as usize;
            sort(&mut self.places[begin..end]);
            begin = end;
        }
        &self.places
    }
}

/// Stable by distance: rows came in their order.
fn sort(places: &mut [Place]) {
    if places.len() > INSERTION {
        places.sort_unstable_by(|a, b| a.distance.total_cmp(&b.distance).then(a.row.cmp(&b.row)));
        return;
    }
    for at in 1..places.len() {
        let moved = places[at];
        let mut to = at;
        while to > 0 && places[to - 1].distance > moved.distance {
            places[to] = places[to - 1];
            to -= 1;
        }
        places[to] = moved;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::contribution::coalition::Coalition;
    use crate::contribution::exact;
    use crate::contribution::game::Game;
    use proptest::prelude::*;

    /// The utility as it is defined, for the sum over all coalitions.
    fn by_definition(rows: &Neighbourhood) -> Vec<f64> {
        let tests = rows.test_class.len();
        let utility = |some: &Coalition| {
            let mut sum = 0.0;
            for test in 0..tests {
                let mut near: Vec<(f64, usize)> = some
                    .members()
                    .map(|row| {
                        let features = 0..rows.features;
                        let difference =
                            |f: usize| rows.train[row * rows.features + f] - rows.test[test * rows.features + f];
                        (features.map(|f| difference(f) * difference(f)).sum(), row)
                    })
                    .collect();
                near.sort_by(|a, b| a.0.total_cmp(&b.0).then(a.1.cmp(&b.1)));
                let right = near.iter().take(rows.k).filter(|(_, row)| rows.train_class[*row] == rows.test_class[test]);
                sum += right.count() as f64 / rows.k as f64;
            }
            sum / tests as f64
        };
        let game = Game::Function { players: rows.train_class.len(), utility: &utility };
        exact::shapley(&game).expect("few rows").values
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(40))]
        /// Small whole numbers, so that distances are often tied.
        #[test]
        fn row_values_are_the_shapley_values_of_the_vote(
            train in prop::collection::vec((0..4i32, 0..4i32, 0..3u32), 1..9),
            test in prop::collection::vec((0..4i32, 0..4i32, 0..3u32), 1..6),
            k in 1..12usize,
        ) {
            let flat = |rows: &[(i32, i32, u32)]| -> Vec<f64> {
                rows.iter().flat_map(|(x, y, _)| [f64::from(*x), f64::from(*y)]).collect()
            };
            let classes = |rows: &[(i32, i32, u32)]| -> Vec<u32> { rows.iter().map(|row| row.2).collect() };
            let (train_rows, test_rows) = (flat(&train), flat(&test));
            let (train_class, test_class) = (classes(&train), classes(&test));
            let rows = Neighbourhood {
                features: 2, train: &train_rows, train_class: &train_class, test: &test_rows, test_class: &test_class, k,
            };
            let found = shapley(&rows).expect("rows");
            for (found, expected) in found.values.iter().zip(by_definition(&rows)) {
                prop_assert!((found - expected).abs() < 1e-12, "{found} instead of {expected}");
            }
        }

        #[test]
        fn rows_are_sorted_by_distance_then_by_place(
            distances in prop::collection::vec(prop_oneof![0.0..1.0f64, Just(0.5), 0.0..1e300, Just(0.0)], 1..400),
        ) {
            let mut sorter = Sorter::new(distances.len());
            let classes = vec![0; distances.len()];
            let found: Vec<u32> = sorter.sorted(&distances, &classes, 0).iter().map(|place| place.row).collect();
            let mut expected: Vec<u32> = (0..distances.len() as u32).collect();
            expected.sort_by(|a, b| distances[*a as usize].total_cmp(&distances[*b as usize]));
            prop_assert_eq!(found, expected);
        }
    }

    #[test]
    fn rows_of_an_owner_are_added() {
        assert_eq!(by_owner(&[0.5, 0.25, 0.25], &[1, 0, 1], 3), [0.25, 0.75, 0.0]);
    }
}
