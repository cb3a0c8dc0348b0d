//! How a depreciable amount is spread over months.
//!
//! A plan speaks of cumulative amounts: after each month the sum charged is the rounded planned sum, so that years come out
//! to the cent whatever the months are, and the last month ends exactly at the base. It is made anew, from the carrying
//! amount and the months left, when an impairment or a change of estimate resets it.

use rust_decimal::Decimal;

use crate::money::round_half_away;
use crate::recognition::event::{Convention, Method};

/// Halves of months in a year: mid-month conventions need them.
const YEAR: u32 = 24;

/// A running plan.
///
/// ```
/// use rust_decimal::Decimal;
/// use valuation::recognition::event::{Convention, Method};
/// use valuation::recognition::plan::Plan;
/// let (base, residual) = (Decimal::from(1000), Decimal::ZERO);
/// let mut plan = Plan::new(base, residual, 3, &Method::StraightLine, Convention::FullMonth, 2);
/// let charges: Vec<String> = (0..3).map(|_| plan.charge(Decimal::ZERO).to_string()).collect();
/// assert_eq!(charges, ["333.33", "333.34", "333.33"]);
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct Plan {
    base: Decimal,
    /// Half months of the plan, and those gone.
    total: u32,
    done: u32,
    /// Half months of the plans before this one.
    gone: u32,
    /// Half months of the next charge: 1 in the first month of the mid-month convention.
    next: u32,
    shape: Shape,
    places: u32,
    charged: Decimal,
}

#[derive(Clone, Debug, PartialEq)]
enum Shape {
    Straight,
    /// Planned sum at the end of each year of the plan.
    Years(Vec<Decimal>),
    /// Units left to the plan, used in it, and used before it.
    Units {
        total: Decimal,
        used: Decimal,
        before: Decimal,
    },
}

impl Plan {
    /// A plan for `base`, which leaves `residual`, over `months` from the first month charged on.
    pub fn new(
        base: Decimal,
        residual: Decimal,
        months: u32,
        method: &Method,
        convention: Convention,
        places: u32,
    ) -> Plan {
        let total = months * 2;
        let next = if convention == Convention::MidMonth { 1 } else { 2 };
        let shape = Shape::of(base, residual, total, method, Gone::default());
        Plan { base, total, done: 0, gone: 0, next, shape, places, charged: Decimal::ZERO }
    }

    /// The charge of the next month, in which `units` were used.
    pub fn charge(&mut self, units: Decimal) -> Decimal {
        if let Shape::Units { used, .. } = &mut self.shape {
            *used += units;
        }
        let step = std::mem::replace(&mut self.next, 2);
        self.done = (self.done + step).min(self.total);
        self.catch_up()
    }

    /// The charge of the month of derecognition by the mid-month convention: half a month.
    pub fn half(&mut self) -> Decimal {
        self.next = 2;
        self.done = (self.done + 1).min(self.total);
        self.catch_up()
    }

    fn catch_up(&mut self) -> Decimal {
        let planned = round_half_away(self.planned(), self.places);
        let charge = planned - self.charged;
        self.charged = planned;
        charge
    }

    fn planned(&self) -> Decimal {
        match &self.shape {
            // What is not used is not charged, however long it takes.
            Shape::Units { total, used, .. } if *used >= *total => self.base,
            Shape::Units { total, used, .. } => self.base * *used / *total,
            _ if self.done >= self.total => self.base,
            Shape::Straight => self.base * Decimal::from(self.done) / Decimal::from(self.total),
            Shape::Years(ends) => {
                let year = (self.done / YEAR) as usize;
                let before = if year == 0 { Decimal::ZERO } else { ends.get(year - 1).copied().unwrap_or(self.base) };
                let after = ends.get(year).copied().unwrap_or(self.base);
                let length = (self.total - year as u32 * YEAR).min(YEAR);
                before + (after - before) * Decimal::from(self.done % YEAR) / Decimal::from(length)
            }
        }
    }

    /// The rest of this plan for another base, months or method; from the next month on.
    pub fn reset(&self, base: Decimal, residual: Decimal, months: Option<u32>, method: &Method) -> Plan {
        let total = months.map_or(self.total - self.done, |months| months * 2);
        let used = match &self.shape {
            Shape::Units { before, used, .. } => *before + *used,
            _ => Decimal::ZERO,
        };
        let gone = Gone { halves: self.gone + self.done, used };
        let shape = Shape::of(base, residual, total, method, gone);
        Plan {
            base,
            total,
            done: 0,
            gone: gone.halves,
            next: self.next,
            shape,
            places: self.places,
            charged: Decimal::ZERO,
        }
    }

    /// Whether every month of the life is charged.
    pub fn is_done(&self) -> bool {
        match &self.shape {
            Shape::Units { total, used, .. } => used >= total,
            _ => self.done >= self.total,
        }
    }

    /// Whole months left.
    pub fn months_left(&self) -> u32 {
        (self.total - self.done).div_ceil(2)
    }
}

/// What earlier plans of the asset took.
#[derive(Clone, Copy, Default)]
struct Gone {
    halves: u32,
    used: Decimal,
}

impl Shape {
    fn of(base: Decimal, residual: Decimal, total: u32, method: &Method, gone: Gone) -> Shape {
        let years = total.div_ceil(YEAR);
        let halves = |year: u32| Decimal::from(total - year * YEAR);
        let length = |year: u32| Decimal::from((total - year * YEAR).min(YEAR));
        match method {
            Method::StraightLine => Shape::Straight,
            Method::UnitsOfUse(all) => {
                let total = (*all - gone.used).max(Decimal::ZERO);
                Shape::Units { total, used: Decimal::ZERO, before: gone.used }
            }
            Method::Declining => {
                let (mut ends, mut sum) = (Vec::new(), Decimal::ZERO);
                for year in 0..years {
                    let left = base - sum;
                    // Twice the straight-line share of a year; the last two years in equal parts.
                    let share = match total - year * YEAR <= 2 * YEAR {
                        true => left * length(year) / halves(year),
                        false => left.min((left + residual) * Decimal::from(2 * YEAR) / Decimal::from(total)),
                    };
                    sum += share;
                    ends.push(sum);
                }
                Shape::Years(ends)
            }
            Method::SumOfYears => by_weights(base, (0..years).map(|year| halves(year) * length(year)).collect()),
            Method::ExpectedBenefit(pattern) => {
                // A plan that was reset goes on with the weights of the years left.
                let weight = |year: u32| {
                    let at = (gone.halves / YEAR + year) as usize;
                    pattern.weights.get(at).or(pattern.weights.last()).copied().unwrap_or(Decimal::ONE)
                };
                by_weights(base, (0..years).map(|year| weight(year) * length(year)).collect())
            }
        }
    }
}

fn by_weights(base: Decimal, weights: Vec<Decimal>) -> Shape {
    let all: Decimal = weights.iter().sum();
    if all <= Decimal::ZERO {
        return Shape::Straight;
    }
    let mut sum = Decimal::ZERO;
    let ends = weights.iter().map(|weight| {
        sum += weight;
        base * sum / all
    });
    Shape::Years(ends.collect())
}
