//! Bilateral index numbers over the products traded in both periods, fixed-base or chained.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::error::ModelError;
use crate::index::error::IndexError;
use crate::index::panel::{Column, Panel, jackknife};
use crate::index::{Index, Levels, Told};

/// The formulas. p, q: price and quantity of a product in both periods 0 and 1; s its share of the matched expenditure.
///
/// Source: ILO/IMF/OECD/Eurostat/UN/World Bank, Consumer price index manual: theory, 2020, chapters 2–6.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Formula {
    /// Σp₁q₀ / Σp₀q₀.
    Laspeyres,
    /// Σp₁q₁ / Σp₀q₁.
    Paasche,
    /// √(Laspeyres · Paasche).
    Fisher,
    /// Π (p₁/p₀)^((s₀+s₁)/2).
    Tornqvist,
    /// Σp₁√(q₀q₁) / Σp₀√(q₀q₁).
    Walsh,
    /// Π (p₁/p₀)^w, w in proportion to the logarithmic mean of s₀ and s₁.
    SatoVartia,
    /// Geometric mean of p₁/p₀.
    Jevons,
    /// Arithmetic mean of p₁/p₀; it drifts upwards when chained.
    Carli,
    /// Ratio of the arithmetic means.
    Dutot,
}

impl Formula {
    pub fn text(self) -> &'static str {
        match self {
            Formula::Laspeyres => "laspeyres",
            Formula::Paasche => "paasche",
            Formula::Fisher => "fisher",
            Formula::Tornqvist => "tornqvist",
            Formula::Walsh => "walsh",
            Formula::SatoVartia => "sato_vartia",
            Formula::Jevons => "jevons",
            Formula::Carli => "carli",
            Formula::Dutot => "dutot",
        }
    }

    /// Whether it weighs products by what was sold.
    pub fn needs_quantity(self) -> bool {
        !matches!(self, Formula::Jevons | Formula::Carli | Formula::Dutot)
    }
}

/// What a formula adds up over products. Sums over groups of products add up, so leaving a group out is a subtraction.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(crate) struct Sums {
    terms: [f64; 4],
    pub n: u64,
}

impl Sums {
    fn plus(mut self, other: &Sums) -> Sums {
        self.terms.iter_mut().zip(&other.terms).for_each(|(own, other)| *own += other);
        self.n += other.n;
        self
    }

    fn add(&mut self, terms: [f64; 4]) {
        self.terms.iter_mut().zip(terms).for_each(|(own, term)| *own += term);
        self.n += 1;
    }
}

/// The logarithm of an index between two periods, with each group left out, and the products it rests on.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Link {
    pub log: Option<f64>,
    pub without: Vec<Option<f64>>,
    pub n: u64,
}

impl Link {
    /// No change, on which any number of products agrees.
    pub fn identity(groups: usize, n: u64) -> Link {
        Link { log: Some(0.0), without: vec![Some(0.0); groups], n }
    }
}

impl Formula {
    /// The index from period `zero` to period `one`.
    pub(crate) fn link(self, panel: &Panel, zero: usize, one: usize) -> Link {
        let groups = panel.groups();
        let (zero, one) = (panel.column(zero), panel.column(one));
        if self == Formula::SatoVartia {
            let every = |left_out: Option<usize>| sato_vartia(panel, zero, one, left_out);
            let (log, n) = every(None);
            return Link { log, without: (0..groups).map(|group| every(Some(group)).0).collect(), n };
        }
        let mut sums = vec![Sums::default(); groups];
        for product in 0..panel.products {
            let (p0, p1) = (zero.price[product], one.price[product]);
            if !p0.is_nan() && !p1.is_nan() {
                sums[panel.group(product)].add(self.terms(p0, zero.quantity[product], p1, one.quantity[product]));
            }
        }
        let total = sums.iter().fold(Sums::default(), |total, group| total.plus(group));
        let without = (0..groups)
            .map(|left_out| {
                let others = sums.iter().enumerate().filter(|(group, _)| *group != left_out);
                self.log_value(&others.fold(Sums::default(), |total, (_, group)| total.plus(group)))
            })
            .collect();
        Link { log: self.log_value(&total), without, n: total.n }
    }

    fn terms(self, p0: f64, q0: f64, p1: f64, q1: f64) -> [f64; 4] {
        match self {
            Formula::Laspeyres | Formula::Paasche | Formula::Fisher => [p1 * q0, p0 * q0, p1 * q1, p0 * q1],
            Formula::Tornqvist => {
                let (v0, v1, log) = (p0 * q0, p1 * q1, libm::log(p1 / p0));
                [v0, v1, v0 * log, v1 * log]
            }
            Formula::Walsh => {
                let quantity = (q0 * q1).sqrt();
                [p1 * quantity, p0 * quantity, 0.0, 0.0]
            }
            Formula::Jevons | Formula::SatoVartia => [libm::log(p1 / p0), 0.0, 0.0, 0.0],
            Formula::Carli => [p1 / p0, 0.0, 0.0, 0.0],
            Formula::Dutot => [p1, p0, 0.0, 0.0],
        }
    }

    fn log_value(self, sums: &Sums) -> Option<f64> {
        if sums.n == 0 {
            return None;
        }
        let [a, b, c, d] = sums.terms;
        Some(match self {
            Formula::Laspeyres | Formula::Walsh | Formula::Dutot => libm::log(a / b),
            Formula::Paasche => libm::log(c / d),
            Formula::Fisher => 0.5 * (libm::log(a / b) + libm::log(c / d)),
            Formula::Tornqvist => 0.5 * (c / a + d / b),
            Formula::Jevons | Formula::SatoVartia => a / sums.n as f64,
            Formula::Carli => libm::log(a / sums.n as f64),
        })
    }
}

/// Source: K. Sato, The ideal log-change index number, 1976; Y. Vartia, 1976.
fn sato_vartia(panel: &Panel, zero: Column, one: Column, left_out: Option<usize>) -> (Option<f64>, u64) {
    let matched = |product: &usize| {
        !zero.price[*product].is_nan()
            && !one.price[*product].is_nan()
            && left_out.is_none_or(|group| panel.group(*product) != group)
    };
    let spent = |column: Column, product: usize| column.price[product] * column.quantity[product];
    let (mut total0, mut total1, mut n) = (0.0, 0.0, 0);
    for product in (0..panel.products).filter(matched) {
        total0 += spent(zero, product);
        total1 += spent(one, product);
        n += 1;
    }
    let (mut weighted, mut weights) = (0.0, 0.0);
    for product in (0..panel.products).filter(matched) {
        let (s0, s1) = (spent(zero, product) / total0, spent(one, product) / total1);
        // The logarithmic mean; the difference of logarithms loses all digits where the shares meet.
        let mean = if (s1 - s0).abs() <= 1e-8 * s0 { 0.5 * (s0 + s1) } else { (s1 - s0) / libm::log(s1 / s0) };
        weighted += mean * libm::log(one.price[product] / zero.price[product]);
        weights += mean;
    }
    ((n > 0).then(|| weighted / weights), n)
}

/// How a bilateral index becomes a series.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Series {
    pub formula: Formula,
    /// Place of the base period.
    pub base: usize,
    /// From period to period, instead of each period against the base.
    pub chained: bool,
}

/// A bilateral index over all periods, one in the base period. Standard errors by the delete-a-group jackknife over
/// products: how much the index would differ with other products of the same market.
///
/// A period that shares no product with its comparison has no level; a chain broken so stays broken, and a note says so.
///
/// Source: Consumer price index manual: theory, 2020, chapters 2 and 9 (chaining).
///
/// ```
/// use pricing_models::frame::{Column, Frame};
/// use pricing_models::index::bilateral::{Formula, Series, bilateral};
/// use pricing_models::index::{calendar::Periods, panel::{Names, Panel}};
/// let frame = Frame::new()
///     .with("t", Column::text(["1", "1", "2", "2"]))?
///     .with("id", Column::text(["a", "b", "a", "b"]))?
///     .with("p", Column::Real(vec![1.0, 2.0, 4.0, 2.0]))?;
/// let periods = Periods::of(&frame.levels("t")?, None)?;
/// let panel = Panel::read(&frame, &periods, Names { product: "id", price: "p", quantity: None })?;
/// let index = bilateral(&panel, Series { formula: Formula::Jevons, base: 0, chained: false })?;
/// assert!((index.index[1].unwrap() - 2.0).abs() < 1e-12);
/// # Ok::<(), pricing_models::error::ModelError>(())
/// ```
///
/// # Errors
/// The formula weighs by quantities and there are none.
pub fn bilateral(panel: &Panel, series: Series) -> Result<Index, ModelError> {
    let Series { formula, base, chained } = series;
    if formula.needs_quantity() && !panel.has_quantity {
        return Err(IndexError::QuantityNeeded { method: formula.text().to_owned() }.into());
    }
    let length = panel.periods.len();
    let own = |period| panel.column(period).price.iter().filter(|price| !price.is_nan()).count() as u64;
    let links: Vec<Link> = (0..length)
        .map(|period| match (chained, period) {
            (true, 0) => Link::identity(panel.groups(), own(0)),
            (true, _) => formula.link(panel, period - 1, period),
            (false, _) if period == base => Link::identity(panel.groups(), own(base)),
            (false, _) => formula.link(panel, base, period),
        })
        .collect();
    let total = |logs: &mut dyn Iterator<Item = Option<f64>>| -> Vec<Option<f64>> {
        let logs: Vec<Option<f64>> = logs.collect();
        if chained { cumulated(&logs, base) } else { logs }
    };
    let logs = total(&mut links.iter().map(|link| link.log));
    let replicates: Vec<Vec<Option<f64>>> =
        (0..panel.groups()).map(|group| total(&mut links.iter().map(|link| link.without[group]))).collect();
    let log_error =
        (0..length).map(|at| jackknife(&replicates.iter().map(|own| own[at]).collect::<Vec<_>>())).collect();
    let notes = if logs.iter().any(Option::is_none) { vec!["index.note.no_common_product".to_owned()] } else { vec![] };
    let level = logs.into_iter().map(|log| log.map(libm::exp)).collect();
    let n = links.iter().map(|link| link.n).collect();
    Ok(Levels { level, log_error, n }.told(Told {
        method: formula.text().to_owned(),
        periods: panel.periods.clone(),
        base,
        base_value: 1.0,
        std_error_by: "jackknife",
        excluded: panel.excluded.clone(),
        notes,
    }))
}

/// Sums of links, zero in the base period; nothing is known across a missing link.
fn cumulated(links: &[Option<f64>], base: usize) -> Vec<Option<f64>> {
    let mut logs = vec![None; links.len()];
    logs[base] = Some(0.0);
    for at in base + 1..links.len() {
        logs[at] = logs[at - 1].zip(links[at]).map(|(level, link): (f64, f64)| level + link);
    }
    for at in (0..base).rev() {
        logs[at] = logs[at + 1].zip(links[at + 1]).map(|(level, link): (f64, f64)| level - link);
    }
    logs
}
