//! An exact factor of one effect's reduced normal equations, for designs that are badly connected: those have small
//! separators, so that the factor stays small where conjugate gradients alone are slow.

/// Numbers the envelope may hold, and multiplications its factor may take.
const ENVELOPE_MAX: usize = 60_000_000;
const WORK_MAX: usize = 4_000_000_000;
/// Added to the diagonal, relative: the equations are singular, once for each connected part.
const RIDGE: f64 = 1e-9;

/// A symmetric matrix by rows: neighbours in ascending order with their values, and the diagonal.
pub(super) struct Symmetric {
    pub diagonal: Vec<f64>,
    pub rows: Vec<Vec<(u32, f64)>>,
}

/// Cholesky's factor between the first entry of each row and the diagonal.
pub(super) struct Envelope {
    /// Place of each unknown.
    place: Vec<u32>,
    /// First column of each row, and where the row begins in `values`.
    first: Vec<usize>,
    begin: Vec<usize>,
    values: Vec<f64>,
}

impl Envelope {
    /// `None` where the envelope would be too large.
    ///
    /// Source: George and Liu 1981, “Computer Solution of Large Sparse Positive Definite Systems”, chapters 4 and 5
    /// (reverse Cuthill–McKee ordering, envelope method).
    pub fn of(matrix: &Symmetric) -> Option<Envelope> {
        let place = cuthill_mckee(matrix);
        let n = place.len();
        let mut unknown = vec![0usize; n];
        place.iter().enumerate().for_each(|(u, p)| unknown[*p as usize] = u);
        let (mut first, mut begin) = (Vec::with_capacity(n), Vec::with_capacity(n + 1));
        let (mut size, mut work) = (0usize, 0usize);
        for (p, u) in unknown.iter().enumerate() {
            let leftmost = matrix.rows[*u].iter().map(|(v, _)| place[*v as usize] as usize).min();
            let start = leftmost.unwrap_or(p).min(p);
            first.push(start);
            begin.push(size);
            size += p - start + 1;
            work += (p - start + 1) * (p - start + 1) / 2;
            if size > ENVELOPE_MAX || work > WORK_MAX {
                return None;
            }
        }
        begin.push(size);
        let mut values = vec![0.0; size];
        for (p, u) in unknown.iter().enumerate() {
            for (v, value) in &matrix.rows[*u] {
                let q = place[*v as usize] as usize;
                if q < p {
                    values[begin[p] + q - first[p]] = *value;
                }
            }
            values[begin[p + 1] - 1] = matrix.diagonal[*u] * (1.0 + RIDGE) + f64::MIN_POSITIVE;
        }
        let mut envelope = Envelope { place, first, begin, values };
        envelope.factor();
        Some(envelope)
    }

    fn factor(&mut self) {
        for i in 0..self.first.len() {
            let (before, rest) = self.values.split_at_mut(self.begin[i]);
            let row = &mut rest[..self.begin[i + 1] - self.begin[i]];
            let start = self.first[i];
            for j in start..i {
                let other = &before[self.begin[j]..self.begin[j + 1]];
                let from = start.max(self.first[j]);
                let ours = &row[from - start..j - start];
                let theirs = &other[from - self.first[j]..];
                let product = ours.iter().zip(theirs).fold(0.0, |sum, (a, b)| sum + a * b);
                row[j - start] = (row[j - start] - product) / other[j - self.first[j]];
            }
            let last = row.len() - 1;
            let square = row[..last].iter().fold(0.0, |sum, a| sum + a * a);
            let own = row[last];
            // A connected part has one direction that nothing determines: its last pivot is the ridge.
            row[last] = (own - square).max(RIDGE * 1e-2 * own).max(f64::MIN_POSITIVE).sqrt();
        }
    }

    /// Solves for the unknowns in place.
    pub fn solve(&self, right: &mut [f64]) {
        let n = self.first.len();
        let mut x = vec![0.0; n];
        right.iter().zip(&self.place).for_each(|(value, place)| x[*place as usize] = *value);
        for i in 0..n {
            let row = &self.values[self.begin[i]..self.begin[i + 1]];
            let known = &x[self.first[i]..i];
            let product = row.iter().zip(known).fold(0.0, |sum, (l, x)| sum + l * x);
            x[i] = (x[i] - product) / row[row.len() - 1];
        }
        for i in (0..n).rev() {
            let row = &self.values[self.begin[i]..self.begin[i + 1]];
            let value = x[i] / row[row.len() - 1];
            x[i] = value;
            x[self.first[i]..i].iter_mut().zip(row).for_each(|(x, l)| *x -= l * value);
        }
        right.iter_mut().zip(&self.place).for_each(|(value, place)| *value = x[*place as usize]);
    }
}

/// The place of each unknown: breadth first from an unknown at the edge, neighbours of few neighbours first, reversed.
fn cuthill_mckee(matrix: &Symmetric) -> Vec<u32> {
    let n = matrix.rows.len();
    let degree = |u: usize| matrix.rows[u].len();
    let mut by_degree: Vec<usize> = (0..n).collect();
    by_degree.sort_by_key(|u| (degree(*u), *u));
    let mut seen = vec![false; n];
    let mut order: Vec<usize> = Vec::with_capacity(n);
    for start in by_degree {
        if seen[start] {
            continue;
        }
        let edge = farthest(matrix, start);
        seen[edge] = true;
        let mut at = order.len();
        order.push(edge);
        while at < order.len() {
            let mut next: Vec<usize> =
                matrix.rows[order[at]].iter().map(|(v, _)| *v as usize).filter(|v| !seen[*v]).collect();
            next.sort_by_key(|v| (degree(*v), *v));
            next.iter().for_each(|v| seen[*v] = true);
            order.extend(next);
            at += 1;
        }
    }
    let mut place = vec![0u32; n];
    order.iter().rev().enumerate().for_each(|(p, u)| place[*u] = p as u32);
    place
}

/// The last unknown that a breadth-first walk from `start` reaches.
fn farthest(matrix: &Symmetric, start: usize) -> usize {
    let mut seen = std::collections::HashSet::from([start]);
    let mut order = vec![start];
    let mut at = 0;
    while at < order.len() {
        for (v, _) in &matrix.rows[order[at]] {
            if seen.insert(*v as usize) {
                order.push(*v as usize);
            }
        }
        at += 1;
    }
    order[order.len() - 1]
}
