//! What one pass counts of a column; tallies of parts of a file add up.

use std::collections::{BTreeMap, HashSet};

use chrono::NaiveDate;

use super::ColumnQuality;
use super::cell::{self, KINDS, Kind};
use super::expectation::{AGREEMENT, Expectation};
use super::personal;

/// Distinct values counted exactly.
const EXACT: usize = 65_536;
/// Registers of the HyperLogLog beyond.
const REGISTERS: usize = 1 << 14;
/// Shapes kept apart; the rest are counted together.
const SHAPES: usize = 256;

/// Steps from a row's date to the next row's.
#[derive(Clone, Debug, Default)]
pub(super) struct Steps {
    pub forward: u64,
    pub backward: u64,
    first: Option<NaiveDate>,
    last: Option<NaiveDate>,
}

#[derive(Clone, Debug, Default)]
pub(super) struct ColumnTally {
    pub rows: u64,
    pub missing: u64,
    pub dirty: u64,
    kinds: [u64; KINDS],
    shapes: BTreeMap<String, u64>,
    other_shapes: u64,
    exact: HashSet<u64>,
    registers: Vec<u8>,
    numbers: Option<(f64, f64)>,
    dates: Option<(NaiveDate, NaiveDate)>,
    pub steps: Steps,
    pub personal: BTreeMap<&'static str, u64>,
}

impl ColumnTally {
    pub fn take(&mut self, text: &str) {
        self.rows += 1;
        if cell::is_missing(text) {
            self.missing += 1;
            self.dirty += u64::from(cell::is_missing_word(text));
            return;
        }
        self.dirty += u64::from(cell::is_dirty(text));
        let kind = cell::kind(text);
        self.kinds[kind as usize] += 1;
        match kind {
            Kind::Integer | Kind::Decimal => {
                if let Some(value) = cell::number(text) {
                    let (low, high) = self.numbers.unwrap_or((value, value));
                    self.numbers = Some((low.min(value), high.max(value)));
                }
            }
            Kind::Date => {
                if let Some(date) = cell::date(text) {
                    let (low, high) = self.dates.unwrap_or((date, date));
                    self.dates = Some((low.min(date), high.max(date)));
                    self.steps.take(date);
                }
            }
            Kind::Text | Kind::Quantity | Kind::AmbiguousDate => self.shape(cell::shape(text), 1),
            Kind::Boolean => {}
        }
        if let Some(kind) = personal::kind(text) {
            *self.personal.entry(kind).or_default() += 1;
        }
        self.value(cell::hash(text.as_bytes()));
    }

    fn shape(&mut self, shape: String, count: u64) {
        if self.shapes.len() < SHAPES || self.shapes.contains_key(&shape) {
            *self.shapes.entry(shape).or_default() += count;
        } else {
            self.other_shapes += count;
        }
    }

    fn value(&mut self, hash: u64) {
        if self.registers.is_empty() {
            self.exact.insert(hash);
            if self.exact.len() > EXACT {
                self.registers = vec![0; REGISTERS];
                for hash in std::mem::take(&mut self.exact) {
                    self.register(hash);
                }
            }
        } else {
            self.register(hash);
        }
    }

    fn register(&mut self, hash: u64) {
        let at = (hash >> (64 - REGISTERS.trailing_zeros())) as usize;
        let rank = (hash << REGISTERS.trailing_zeros()).leading_zeros() as u8 + 1;
        self.registers[at] = self.registers[at].max(rank);
    }

    /// Adds the tally of the part that follows.
    pub fn add(&mut self, next: ColumnTally) {
        self.rows += next.rows;
        self.missing += next.missing;
        self.dirty += next.dirty;
        self.kinds.iter_mut().zip(next.kinds).for_each(|(own, other)| *own += other);
        next.shapes.into_iter().for_each(|(shape, count)| self.shape(shape, count));
        self.other_shapes += next.other_shapes;
        self.numbers = match (self.numbers, next.numbers) {
            (Some((low, high)), Some((l, h))) => Some((low.min(l), high.max(h))),
            (a, b) => a.or(b),
        };
        self.dates = match (self.dates, next.dates) {
            (Some((low, high)), Some((l, h))) => Some((low.min(l), high.max(h))),
            (a, b) => a.or(b),
        };
        self.steps.add(&next.steps);
        next.personal.into_iter().for_each(|(kind, count)| *self.personal.entry(kind).or_default() += count);
        next.exact.into_iter().for_each(|hash| self.value(hash));
        if !next.registers.is_empty() {
            if self.registers.is_empty() {
                self.registers = vec![0; REGISTERS];
                std::mem::take(&mut self.exact).into_iter().for_each(|hash| self.register(hash));
            }
            self.registers.iter_mut().zip(next.registers).for_each(|(own, other)| *own = (*own).max(other));
        }
    }

    /// Distinct values.
    ///
    /// Source: P. Flajolet, É. Fusy, O. Gandouet, F. Meunier, HyperLogLog, 2007.
    pub fn distinct(&self) -> u64 {
        if self.registers.is_empty() {
            return self.exact.len() as u64;
        }
        let count = REGISTERS as f64;
        let sum: f64 = self.registers.iter().map(|rank| libm::exp2(-f64::from(*rank))).sum();
        let raw = 0.7213 / (1.0 + 1.079 / count) * count * count / sum;
        let zeros = self.registers.iter().filter(|rank| **rank == 0).count() as f64;
        // Below this the empty registers tell more.
        if raw <= 2.5 * count && zeros > 0.0 { (count * libm::log(count / zeros)) as u64 } else { raw as u64 }
    }

    fn values(&self) -> u64 {
        self.rows - self.missing
    }

    fn of(&self, kind: Kind) -> u64 {
        self.kinds[kind as usize]
    }

    /// What nearly all values agree on.
    pub fn expectation(&self) -> Expectation {
        let values = self.values() as f64;
        let enough = |count: u64| values >= 5.0 && count as f64 >= AGREEMENT * values;
        let kind = match () {
            () if enough(self.of(Kind::Integer)) => Some("integer"),
            // A unit belongs to the name of a column: numbers that carry one are numbers written otherwise than expected.
            () if enough(self.of(Kind::Integer) + self.of(Kind::Decimal) + self.of(Kind::Quantity)) => Some("decimal"),
            // ISO 8601 and GB/T 7408 say which number is the day.
            () if enough(self.of(Kind::Date) + self.of(Kind::AmbiguousDate)) => Some("date"),
            () if enough(self.of(Kind::Boolean)) => Some("boolean"),
            () => None,
        };
        let common = self.shapes.iter().max_by(|a, b| a.1.cmp(b.1).then(b.0.cmp(a.0)));
        let shape = match (kind, common) {
            // A shape of letters alone says only that it is a text.
            (None, Some((shape, count)))
                if enough(*count) && shape.chars().any(|c| !matches!(c, 'A' | 'a' | '字' | ' ')) =>
            {
                Some(shape.clone())
            }
            _ => None,
        };
        let identifies = values >= 5.0
            && self.of(Kind::Decimal) == 0
            && self.of(Kind::Date) == 0
            && self.distinct() as f64 >= 0.98 * values
            && self.missing == 0;
        Expectation { kind: kind.map(str::to_owned), shape, identifies }
    }

    /// Values that are not as expected.
    pub fn unexpected(&self, expected: &Expectation) -> u64 {
        let right = match (expected.kind.as_deref(), &expected.shape) {
            (Some("integer"), _) => self.of(Kind::Integer),
            (Some("decimal"), _) => self.of(Kind::Integer) + self.of(Kind::Decimal),
            (Some("date"), _) => self.of(Kind::Date),
            (Some("boolean"), _) => self.of(Kind::Boolean),
            (_, Some(shape)) => self.shapes.get(shape).copied().unwrap_or(0),
            _ => self.values(),
        };
        self.values() - right
    }

    /// Whether a missing value is the exception.
    pub fn is_nearly_always_filled(&self, rows: u64) -> bool {
        rows > 0 && self.missing as f64 <= (1.0 - AGREEMENT) * rows as f64
    }

    /// Whether the rows are meant to be in order of these dates.
    pub fn dates_are_in_order(&self) -> bool {
        let steps = self.steps.forward + self.steps.backward;
        steps >= 5 && self.steps.forward as f64 >= AGREEMENT * steps as f64 && self.distinct() > 1
    }

    pub fn told(&self, name: &str, expectation: Expectation) -> ColumnQuality {
        let dates = self.dates.map(|(low, high)| (low.to_string(), high.to_string()));
        let numbers = self.numbers.map(|(low, high)| (low.to_string(), high.to_string()));
        let range = if expectation.kind.as_deref() == Some("date") { dates } else { numbers };
        ColumnQuality {
            name: name.to_owned(),
            missing: self.missing,
            distinct: self.distinct(),
            unexpected: if expectation.is_stated() { self.unexpected(&expectation) } else { 0 },
            expectation,
            least: range.as_ref().map(|(low, _)| low.clone()),
            greatest: range.map(|(_, high)| high),
        }
    }
}

impl Steps {
    fn take(&mut self, date: NaiveDate) {
        if let Some(last) = self.last {
            if date >= last { self.forward += 1 } else { self.backward += 1 }
        }
        self.first.get_or_insert(date);
        self.last = Some(date);
    }

    fn add(&mut self, next: &Steps) {
        if let (Some(last), Some(first)) = (self.last, next.first) {
            if first >= last { self.forward += 1 } else { self.backward += 1 }
        }
        self.forward += next.forward;
        self.backward += next.backward;
        self.first = self.first.or(next.first);
        self.last = next.last.or(self.last);
    }
}
