//! Several large fixed effects taken out of columns at once: sparse least squares on the dummies that are never written.

mod envelope;

use std::ops::Range;
use std::sync::OnceLock;

use rayon::prelude::*;

use crate::design::Levels;
use crate::error::ModelError;
use envelope::{Envelope, Symmetric};

/// Residual of the reduced normal equations, relative. Slopes err by its square, clustered errors by itself.
const TOLERANCE: f64 = 1e-12;
const STEPS_MAX: usize = 20_000;
/// A well connected design stands below `PROBED` after so many steps.
const PROBE_STEPS: usize = 12;
const PROBED: f64 = 1e-5;
/// Pairs of rows that share a level of the first effect, up to which the equations of the second are written out.
const PAIRS_MAX: usize = 400_000_000;

/// What is left of the columns, and what was taken out.
pub(crate) struct Absorbed {
    /// `column − D·a`, in the order of the rows.
    pub columns: Vec<Vec<f64>>,
    /// `a` of each column: the levels of the first effect, of the second, and so on.
    pub parts: Vec<Vec<f64>>,
}

/// Takes the effects out of `count` columns, which `column` writes; the first effect has most levels.
///
/// The first effect is eliminated exactly; conjugate gradients with a diagonal preconditioner solve for the levels of the
/// others. A design that does not contract fast is badly connected: there the reduced equations of the largest of the
/// others are factored and precondition the rest, unless the factor would be too large. Rows stand in the order of the first effect, so that a step reads them once. Each column is solved by one
/// thread, columns in parallel, so that any number of threads gives the same bits.
///
/// Errors: [`ModelError::NotConverged`].
///
/// Source: Correia 2017, “Linear models with high-dimensional fixed effects”, section 3 (conjugate gradients instead of
/// alternating projections); Golub and Van Loan, “Matrix Computations”, 11.5.
pub(crate) fn absorb(
    effects: &[Levels],
    weights: Option<&[f64]>,
    count: usize,
    column: impl Fn(usize, &mut [f64]) + Sync,
) -> Result<Absorbed, ModelError> {
    let sorted = Sorted::of(effects, weights);
    let all: Vec<usize> = (0..count).collect();
    let (mut columns, mut parts) = (Vec::with_capacity(count), Vec::with_capacity(count));
    // As many columns at a time as there are threads, which bounds memory.
    for wave in all.chunks(rayon::current_num_threads().max(1)) {
        let solved: Vec<Option<(Vec<f64>, Vec<f64>)>> = wave
            .par_iter()
            .map(|j| {
                let mut values = vec![0.0; sorted.order.len()];
                column(*j, &mut values);
                sorted.take_out(values)
            })
            .collect();
        for solved in solved {
            let Some((left, part)) = solved else {
                let names: Vec<&str> = effects.iter().map(|effect| effect.column.as_str()).collect();
                return Err(ModelError::NotConverged { effects: names.join(" + ") });
            };
            columns.push(left);
            parts.push(part);
        }
    }
    Ok(Absorbed { columns, parts })
}

/// The rows in the order of the levels of the first effect.
struct Sorted {
    /// Row of the design at each place.
    order: Vec<u32>,
    /// First place of each level of the first effect, and the end.
    starts: Vec<usize>,
    /// For each place the unknowns of its row, one of each further effect.
    unknowns: Vec<u32>,
    /// Further effects.
    width: usize,
    /// Levels of the further effects.
    size: usize,
    weights: Option<Vec<f64>>,
    /// Sum of weights of each level of the first effect.
    level_weights: Vec<f64>,
    /// Sum of weights of each unknown.
    diagonal: Vec<f64>,
    /// The largest of the further effects: its place among them and its unknowns.
    largest: (usize, Range<usize>),
    /// Its factor, made when the first column needs it; `None` inside where it is too large.
    factor: OnceLock<Option<Envelope>>,
}

impl Sorted {
    fn of(effects: &[Levels], weights: Option<&[f64]>) -> Sorted {
        let (first, others) = (&effects[0], &effects[1..]);
        let n = first.codes.len();
        let mut starts = vec![0usize; first.levels.len() + 1];
        first.codes.iter().for_each(|code| starts[*code as usize + 1] += 1);
        (1..starts.len()).for_each(|at| starts[at] += starts[at - 1]);
        let mut next = starts.clone();
        let mut order = vec![0u32; n];
        for (row, code) in first.codes.iter().enumerate() {
            order[next[*code as usize]] = row as u32;
            next[*code as usize] += 1;
        }
        let width = others.len();
        let mut unknowns = vec![0u32; n * width];
        let mut size = 0;
        let mut largest = (0, 0..0);
        for (at, effect) in others.iter().enumerate() {
            if effect.levels.len() > largest.1.len() {
                largest = (at, size..size + effect.levels.len());
            }
            for (place, row) in order.iter().enumerate() {
                unknowns[place * width + at] = size as u32 + effect.codes[*row as usize];
            }
            size += effect.levels.len();
        }
        let weights: Option<Vec<f64>> = weights.map(|all| order.iter().map(|row| all[*row as usize]).collect());
        let weight = |place: usize| weights.as_ref().map_or(1.0, |all| all[place]);
        let mut diagonal = vec![0.0; size];
        for (place, row) in unknowns.chunks_exact(width).enumerate() {
            row.iter().for_each(|unknown| diagonal[*unknown as usize] += weight(place));
        }
        let sum = |range: &[usize]| (range[0]..range[1]).fold(0.0, |sum, place| sum + weight(place));
        let level_weights = starts.windows(2).map(sum).collect();
        let factor = OnceLock::new();
        Sorted { order, starts, unknowns, width, size, weights, level_weights, diagonal, largest, factor }
    }

    /// What is left of the column, and its part of every level; `None` where the steps do not suffice.
    fn take_out(&self, column: Vec<f64>) -> Option<(Vec<f64>, Vec<f64>)> {
        let values: Vec<f64> = self.order.iter().map(|row| column[*row as usize]).collect();
        let mut left = column;
        let found = self.conjugate_gradients(&values)?;
        let mut part = Vec::with_capacity(self.level_weights.len() + self.size);
        for (level, range) in self.starts.windows(2).enumerate() {
            let rest = |place: usize| values[place] - self.sum(&found, place);
            let mean = (range[0]..range[1]).fold(0.0, |sum, place| sum + self.weight(place) * rest(place))
                / self.level_weights[level];
            (range[0]..range[1]).for_each(|place| left[self.order[place] as usize] = rest(place) - mean);
            part.push(mean);
        }
        part.extend(found);
        Some((left, part))
    }

    fn conjugate_gradients(&self, values: &[f64]) -> Option<Vec<f64>> {
        let mut found = vec![0.0; self.size];
        let mut rest = vec![0.0; self.size];
        self.scatter(|place| values[place], &mut rest);
        let mut factor = None;
        let mut direction = self.preconditioned(&rest, factor);
        let mut size = dot(&rest, &direction);
        let length = size;
        let mut enough = TOLERANCE * TOLERANCE * size;
        let mut image = vec![0.0; self.size];
        for step in 0..STEPS_MAX {
            if size <= enough || size == 0.0 {
                return Some(found);
            }
            if step == PROBE_STEPS && size > PROBED * PROBED * length {
                factor = self.factor.get_or_init(|| Envelope::of(&self.reduced()?)).as_ref();
                if factor.is_some() {
                    self.scatter(|place| values[place], &mut image);
                    let own = self.preconditioned(&image, factor);
                    enough = TOLERANCE * TOLERANCE * dot(&image, &own);
                    direction = self.preconditioned(&rest, factor);
                    size = dot(&rest, &direction);
                }
            }
            self.scatter(|place| self.sum(&direction, place), &mut image);
            let length = size / dot(&direction, &image);
            if !length.is_finite() {
                return None;
            }
            found.iter_mut().zip(&direction).for_each(|(x, d)| *x += length * d);
            rest.iter_mut().zip(&image).for_each(|(r, i)| *r -= length * i);
            let next = self.preconditioned(&rest, factor);
            let grown = dot(&rest, &next);
            let ratio = grown / size;
            direction.iter_mut().zip(&next).for_each(|(d, s)| *d = s + ratio * *d);
            size = grown;
        }
        None
    }

    fn preconditioned(&self, rest: &[f64], factor: Option<&Envelope>) -> Vec<f64> {
        let mut scaled: Vec<f64> = rest.iter().zip(&self.diagonal).map(|(r, d)| r / d).collect();
        if let Some(factor) = factor {
            let range = self.largest.1.clone();
            scaled[range.clone()].copy_from_slice(&rest[range.clone()]);
            factor.solve(&mut scaled[range]);
        }
        scaled
    }

    /// The equations of the largest further effect after the first effect is eliminated; `None` where they are too many.
    fn reduced(&self) -> Option<Symmetric> {
        let (at, range) = self.largest.clone();
        let pairs: usize = self.starts.windows(2).map(|range| (range[1] - range[0]) * (range[1] - range[0])).sum();
        if pairs > PAIRS_MAX {
            return None;
        }
        let unknown = |place: usize| self.unknowns[place * self.width + at] as usize - range.start;
        let size = range.len();
        let mut begin = vec![0usize; size + 1];
        (0..self.order.len()).for_each(|place| begin[unknown(place) + 1] += 1);
        (1..begin.len()).for_each(|at| begin[at] += begin[at - 1]);
        let mut next = begin.clone();
        // The level of the first effect and the weight of each row of an unknown.
        let mut rows = vec![(0u32, 0.0f64); self.order.len()];
        for (level, range) in self.starts.windows(2).enumerate() {
            for place in range[0]..range[1] {
                let own = unknown(place);
                rows[next[own]] = (level as u32, self.weight(place));
                next[own] += 1;
            }
        }
        let blocks: Vec<usize> = (0..size).step_by(2048).collect();
        let made = blocks.par_iter().map(|from| {
            let mut sums = vec![0.0; size];
            let mut touched: Vec<u32> = Vec::new();
            let one = |own: usize| {
                for (level, weight) in &rows[begin[own]..begin[own + 1]] {
                    let level = *level as usize;
                    let share = weight / self.level_weights[level];
                    for place in self.starts[level]..self.starts[level + 1] {
                        let other = unknown(place);
                        if sums[other] == 0.0 {
                            touched.push(other as u32);
                        }
                        sums[other] -= share * self.weight(place);
                    }
                }
                touched.sort_unstable();
                let mut diagonal = self.diagonal[range.start + own];
                let mut row = Vec::with_capacity(touched.len());
                for other in touched.drain(..) {
                    let value = std::mem::take(&mut sums[other as usize]);
                    if other as usize == own {
                        diagonal += value;
                    } else {
                        row.push((other, value));
                    }
                }
                (diagonal, row)
            };
            (*from..(from + 2048).min(size)).map(one).collect::<Vec<_>>()
        });
        let (diagonal, rows) = made.collect::<Vec<_>>().into_iter().flatten().unzip();
        Some(Symmetric { diagonal, rows })
    }

    /// Adds up `w·(value − mean of its level)` for each unknown.
    fn scatter(&self, value: impl Fn(usize) -> f64, out: &mut [f64]) {
        out.fill(0.0);
        let mut own: Vec<f64> = Vec::new();
        for (range, weights) in self.starts.windows(2).zip(&self.level_weights) {
            own.clear();
            own.extend((range[0]..range[1]).map(&value));
            let mean = own.iter().zip(range[0]..).fold(0.0, |sum, (x, place)| sum + self.weight(place) * x) / weights;
            for (x, place) in own.iter().zip(range[0]..) {
                let rest = self.weight(place) * (x - mean);
                let row = &self.unknowns[place * self.width..(place + 1) * self.width];
                row.iter().for_each(|unknown| out[*unknown as usize] += rest);
            }
        }
    }

    fn sum(&self, levels: &[f64], place: usize) -> f64 {
        let row = &self.unknowns[place * self.width..(place + 1) * self.width];
        row.iter().fold(0.0, |sum, unknown| sum + levels[*unknown as usize])
    }

    fn weight(&self, place: usize) -> f64 {
        self.weights.as_ref().map_or(1.0, |all| all[place])
    }
}

fn dot(a: &[f64], b: &[f64]) -> f64 {
    a.iter().zip(b).fold(0.0, |sum, (x, y)| sum + x * y)
}

/// Levels that are redundant beside the others: the connected parts of the first two effects, and one of each further
/// effect (a lower bound from three effects on, as in reghdfe and fixest).
pub(crate) fn redundant(effects: &[Levels]) -> usize {
    let [first, second, rest @ ..] = effects else { return 0 };
    let mut parent: Vec<u32> = (0..(first.levels.len() + second.levels.len()) as u32).collect();
    let mut parts = parent.len();
    for (a, b) in first.codes.iter().zip(&second.codes) {
        let (a, b) = (root(&mut parent, *a), root(&mut parent, first.levels.len() as u32 + *b));
        if a != b {
            parent[a.max(b) as usize] = a.min(b);
            parts -= 1;
        }
    }
    parts + rest.len()
}

fn root(parent: &mut [u32], mut at: u32) -> u32 {
    while parent[at as usize] != at {
        let above = parent[parent[at as usize] as usize];
        parent[at as usize] = above;
        at = above;
    }
    at
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::evaluate::folds::scramble;

    fn effect(column: &str, levels: u64, code: impl Fn(u64) -> u64) -> Levels {
        let codes = (0..20_000).map(|row| code(row) as u32).collect();
        Levels { column: column.into(), codes, levels: (0..levels).map(|level| level.to_string()).collect() }
    }

    #[test]
    fn what_is_left_is_orthogonal_to_every_level_at_any_number_of_threads() {
        // Ten rows a buyer; sellers follow each other round, which is badly connected, or are drawn.
        for hard in [true, false] {
            let effects = [
                effect("buyer", 2000, |row| row / 10),
                effect("seller", 90, |row| if hard { row % 90 } else { scramble(3, row) % 90 }),
                effect("year", 10, |row| row % 10),
            ];
            let column = |j: usize, out: &mut [f64]| {
                for (row, x) in out.iter_mut().enumerate() {
                    *x = (scramble(j as u64, row as u64) >> 40) as f64 / 1e6 + (row / 700) as f64;
                }
            };
            let run = |threads: usize| {
                let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
                pool.install(|| absorb(&effects, None, 3, column).unwrap())
            };
            let one = run(1);
            for left in &one.columns {
                for effect in &effects {
                    let mut sums = vec![0.0; effect.levels.len()];
                    left.iter().zip(&effect.codes).for_each(|(x, code)| sums[*code as usize] += x);
                    assert!(sums.iter().all(|sum| sum.abs() < 1e-6), "{} {hard}", effect.column);
                }
            }
            let bits = |found: &Absorbed| -> Vec<u64> {
                found.columns.iter().chain(&found.parts).flatten().map(|x| x.to_bits()).collect()
            };
            assert_eq!(bits(&one), bits(&run(2)));
            assert_eq!(bits(&one), bits(&run(8)));
        }
    }

    #[test]
    fn connected_parts_are_counted() {
        let two = [effect("a", 4, |row| row % 4), effect("b", 2, |row| row % 2)];
        assert_eq!(redundant(&two), 2);
        assert_eq!(redundant(&two[..1]), 0);
    }
}
