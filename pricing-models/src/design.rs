//! A formula over a frame, compiled: the kept rows, the regressors, the response, and what was left out and why.

use std::collections::BTreeMap;
use std::ops::Range;

use faer::Mat;
use rayon::prelude::*;
use serde::{Deserialize, Serialize};
use valuation::market::price_model::{Factor, Measure, ModelTerm};

use crate::absorb::Absorbed;
use crate::error::{ModelError, nearest};
use crate::formula::{Formula, Part, Term};
use crate::frame::{Column, Frame};

mod gather;
mod singletons;
mod term;

use gather::Gather;
pub(crate) use gather::combine;
pub(crate) use term::term_column;

/// Rows that were not used for one reason.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
pub struct RowLoss {
    /// The column or measure at fault.
    pub column: String,
    pub reason: LossReason,
    pub rows: u64,
}

/// Why a row cannot be used.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum LossReason {
    /// No value.
    Missing,
    /// The measure has no finite value, such as the logarithm of zero.
    Undefined,
    /// The weight is zero.
    ZeroWeight,
    /// The only row of a level of a fixed effect: it fits itself and says nothing about the slopes.
    Singleton,
    /// A level whose prices are all zero: its effect in a Poisson model is −∞.
    Separated,
}

/// The levels of one categorical column over the kept rows.
#[derive(Clone, Debug)]
pub(crate) struct Levels {
    pub column: String,
    pub codes: Vec<u32>,
    pub levels: Vec<String>,
}

impl Levels {
    /// The combinations of two columns that occur; their names are not needed.
    fn meet(&self, other: &Levels) -> Levels {
        let pairs: Vec<u64> =
            self.codes.iter().zip(&other.codes).map(|(a, b)| u64::from(*a) << 32 | u64::from(*b)).collect();
        let mut known = pairs.clone();
        known.par_sort_unstable();
        known.dedup();
        let code = |pair: &u64| known.binary_search(pair).unwrap_or_default() as u32;
        let codes = pairs.par_iter().map(code).collect();
        Levels { column: String::new(), codes, levels: vec![String::new(); known.len()] }
    }
}

/// What the absorbed effects take out of the columns.
pub(crate) enum Removed {
    Nothing,
    /// Mean of each regressor and, last, of the response within each level of the one absorbed effect.
    Means(Vec<Vec<f64>>),
    /// Everything the effects explain together.
    Solved(Absorbed),
}

#[derive(Clone, Debug)]
enum Piece {
    Value(usize),
    Level(usize, u32),
}

#[derive(Clone, Debug)]
pub(crate) struct Regressor {
    pub term: ModelTerm,
    pieces: Vec<Piece>,
}

/// A compiled model; regressors that stand for fixed effects come first.
#[derive(Clone, Debug)]
pub(crate) struct Design {
    pub rows: Vec<u32>,
    pub losses: Vec<RowLoss>,
    pub response: Vec<f64>,
    pub root_weights: Option<Vec<f64>>,
    values: Vec<Vec<f64>>,
    categories: Vec<Levels>,
    pub regressors: Vec<Regressor>,
    /// How many of the regressors are dummies of the second and later fixed effects.
    pub hidden: usize,
    /// Fixed effects that are absorbed: none, one by demeaning, or all of them by the solver.
    pub absorbed: Vec<Levels>,
    pub effects: Vec<(String, usize)>,
    /// One column, or two with their intersection last.
    pub clusters: Vec<Levels>,
}

/// What the rows of a fit need beside the formula.
pub(crate) struct Needs<'a> {
    pub formula: &'a Formula,
    pub weights: Option<&'a str>,
    pub clusters: Vec<&'a str>,
    /// Columns of regressors, and dummies of the effects that are not absorbed.
    pub dummies_max: usize,
    /// Dummies beside one absorbed effect up to which effects are written out; above, all are absorbed together.
    pub written_max: usize,
    /// Leverages are wanted: effects that would need more dummies are refused.
    pub leverages: bool,
}

/// A name for the combined levels of several columns.
pub(crate) fn effect_name(columns: &[String]) -> String {
    columns.join("^")
}

impl Design {
    pub fn compile(frame: &Frame, needs: &Needs) -> Result<Design, ModelError> {
        let formula = needs.formula;
        let mut gather = Gather::over(frame);
        let response = gather.value(&formula.response.name, &formula.response.measure)?;
        for part in formula.terms.iter().flat_map(|term| &term.factors) {
            gather.part(part)?;
        }
        let mut effect_texts = Vec::new();
        for columns in &formula.effects {
            effect_texts.push(gather.combined(columns)?);
        }
        let clusters = needs.clusters.iter().map(|column| gather.text(column)).collect::<Result<Vec<_>, _>>()?;
        let weights = needs.weights.map(|column| frame.real(column, "weights")).transpose()?;
        if let (Some(weights), Some(column)) = (weights, needs.weights)
            && weights.iter().any(|weight| *weight < 0.0)
        {
            return Err(ModelError::NegativeWeight { column: column.to_owned() });
        }
        let (rows, mut losses) = gather.complete(weights, needs.weights.unwrap_or_default());
        let (rows, alone) = singletons::without(rows, effect_texts.iter().map(|index| &gather.texts[*index]));
        if rows.is_empty() && !alone.is_empty() {
            let effects: Vec<&str> = alone.iter().map(|loss| loss.column.as_str()).collect();
            return Err(ModelError::OnlySingletons { effects: effects.join(", ") });
        }
        losses.extend(alone);
        let keep = |all: &[f64]| -> Vec<f64> { rows.iter().map(|row| all[*row as usize]).collect() };
        let effects: Vec<Levels> = effect_texts.par_iter().map(|index| gather.levels(*index, &rows)).collect();
        let mut clusters: Vec<Levels> = clusters.iter().map(|index| gather.levels(*index, &rows)).collect();
        if let [first, second] = clusters.as_slice() {
            clusters.push(first.meet(second));
        }
        let mut design = Design {
            response: keep(&gather.values[response]),
            root_weights: weights.map(|all| keep(all).iter().map(|weight| weight.sqrt()).collect()),
            values: Vec::new(),
            categories: Vec::new(),
            regressors: Vec::new(),
            hidden: 0,
            effects: effects.iter().map(|effect| (effect.column.clone(), effect.levels.len())).collect(),
            absorbed: Vec::new(),
            clusters,
            rows: Vec::new(),
            losses,
        };
        design.add_effects(effects, needs)?;
        let intercept = formula.intercept && formula.effects.is_empty();
        if intercept {
            let term = ModelTerm { name: "(Intercept)".to_owned(), group: Default::default(), factors: vec![] };
            design.regressors.push(Regressor { term, pieces: vec![] });
        }
        for term in &formula.terms {
            design.add_term(&gather, &rows, formula, term)?;
        }
        let dummies: usize = design.regressors.len() - design.hidden;
        if dummies > needs.dummies_max {
            let columns: Vec<&str> = design.categories.iter().map(|levels| levels.column.as_str()).collect();
            return Err(ModelError::TooManyLevels {
                columns: columns.join(", "),
                levels: dummies,
                limit: needs.dummies_max,
            });
        }
        design.rows = rows;
        Ok(design)
    }

    pub fn n(&self) -> usize {
        self.response.len()
    }

    /// The known levels of each categorical column, in the order of the frame's sorted levels.
    pub fn levels(&self) -> BTreeMap<String, Vec<String>> {
        self.categories.iter().map(|levels| (levels.column.clone(), levels.levels.clone())).collect()
    }

    /// The levels of every fixed effect, the absorbed one first.
    pub fn effect_levels(&self) -> impl Iterator<Item = &Levels> {
        let written =
            self.categories.iter().filter(|levels| self.effects.iter().any(|(name, _)| *name == levels.column));
        self.absorbed.iter().chain(written.take(self.effects.len().saturating_sub(self.absorbed.len())))
    }

    /// Every categorical column, fixed effects first.
    pub fn categorical(&self) -> impl Iterator<Item = &Levels> {
        self.absorbed.iter().chain(&self.categories)
    }

    /// Writes regressor `j` of the rows `range`, unweighted.
    pub fn column(&self, j: usize, range: Range<usize>, out: &mut [f64]) {
        out.fill(1.0);
        for piece in &self.regressors[j].pieces {
            match piece {
                Piece::Value(index) => {
                    out.iter_mut().zip(&self.values[*index][range.clone()]).for_each(|(x, value)| *x *= value);
                }
                Piece::Level(category, level) => {
                    let codes = &self.categories[*category].codes[range.clone()];
                    out.iter_mut().zip(codes).for_each(|(x, code)| {
                        if code != level {
                            *x = 0.0;
                        }
                    });
                }
            }
        }
    }

    /// Regressor `j`, or the response where there is no such regressor, over all rows, unweighted.
    pub fn whole(&self, j: usize, out: &mut [f64]) {
        if j == self.regressors.len() {
            out.copy_from_slice(&self.response);
        } else {
            self.column(j, 0..self.n(), out);
        }
    }

    /// The block of rows `range`: the regressors `which`, then the response; less what the absorbed effects take out,
    /// times the root of the weights.
    pub fn block(&self, range: Range<usize>, which: &[usize], removed: &Removed) -> Mat<f64> {
        let mut block = Mat::zeros(range.len(), which.len() + 1);
        for (at, j) in which.iter().copied().chain([self.regressors.len()]).enumerate() {
            let out = block.col_as_slice_mut(at);
            match removed {
                Removed::Solved(absorbed) => out.copy_from_slice(&absorbed.columns[j][range.clone()]),
                _ if j == self.regressors.len() => out.copy_from_slice(&self.response[range.clone()]),
                _ => self.column(j, range.clone(), out),
            }
            if let (Removed::Means(means), Some(effect)) = (removed, self.absorbed.first()) {
                let codes = &effect.codes[range.clone()];
                out.iter_mut().zip(codes).for_each(|(x, code)| *x -= means[j][*code as usize]);
            }
            if let Some(roots) = &self.root_weights {
                out.iter_mut().zip(&roots[range.clone()]).for_each(|(x, root)| *x *= root);
            }
        }
        block
    }

    /// The effect with most levels is absorbed (the first among equals) and the others become dummies without their first
    /// level; where those are many, all effects are absorbed.
    fn add_effects(&mut self, mut effects: Vec<Levels>, needs: &Needs) -> Result<(), ModelError> {
        let largest = (0..effects.len()).max_by_key(|index| (effects[*index].levels.len(), usize::MAX - index));
        let Some(largest) = largest else { return Ok(()) };
        let all: usize = effects.iter().map(|effect| effect.levels.len().saturating_sub(1)).sum();
        let written = all - effects[largest].levels.len().saturating_sub(1);
        let limit = if needs.leverages { needs.dummies_max } else { needs.written_max };
        if written > limit {
            if needs.leverages {
                let columns: Vec<&str> = effects.iter().map(|effect| effect.column.as_str()).collect();
                return Err(ModelError::LeveragesNeedDummies { columns: columns.join(", "), levels: written, limit });
            }
            effects.swap(0, largest);
            self.absorbed = effects;
            return Ok(());
        }
        self.absorbed = vec![effects.remove(largest)];
        for effect in effects {
            let category = self.categories.len();
            for code in 1..effect.levels.len() {
                let level = effect.levels[code].clone();
                let term = ModelTerm {
                    name: format!("{}::{level}", effect.column),
                    group: Default::default(),
                    factors: vec![Factor::Level { attribute: effect.column.clone(), level }],
                };
                self.regressors.push(Regressor { term, pieces: vec![Piece::Level(category, code as u32)] });
            }
            self.categories.push(effect);
        }
        self.hidden = self.regressors.len();
        Ok(())
    }

    /// Adds the columns of one term: numbers multiply, levels unfold, the first factor varying fastest.
    fn add_term(&mut self, gather: &Gather, rows: &[u32], formula: &Formula, term: &Term) -> Result<(), ModelError> {
        let constant = formula.intercept || !formula.effects.is_empty();
        let mut products = vec![(Vec::<String>::new(), Vec::<Factor>::new(), Vec::<Piece>::new())];
        for (at, part) in term.factors.iter().enumerate() {
            let rest = term.without(at);
            let margin = if rest.factors.is_empty() { constant } else { formula.terms.iter().any(|t| t.same(&rest)) };
            let choices = self.choices(gather, rows, part, margin)?;
            let mut longer = Vec::new();
            for (name, factor, piece) in &choices {
                for (names, factors, pieces) in &products {
                    let mut product = (names.clone(), factors.clone(), pieces.clone());
                    product.0.push(name.clone());
                    product.1.push(factor.clone());
                    product.2.push(piece.clone());
                    longer.push(product);
                }
            }
            products = longer;
        }
        for (names, factors, pieces) in products {
            let term = ModelTerm { name: names.join(":"), group: Default::default(), factors };
            self.regressors.push(Regressor { term, pieces });
        }
        Ok(())
    }

    /// The columns one factor stands for. `margin`: the term without it is in the model, so its first level is left out.
    fn choices(
        &mut self,
        gather: &Gather,
        rows: &[u32],
        part: &Part,
        margin: bool,
    ) -> Result<Vec<(String, Factor, Piece)>, ModelError> {
        let value = |design: &mut Design, name: &str, measure: &Measure| {
            let index = gather.find(name).unwrap_or_default();
            design.values.push(rows.iter().map(|row| gather.values[index][*row as usize]).collect());
            vec![(name.to_owned(), Factor::Value(measure.clone()), Piece::Value(design.values.len() - 1))]
        };
        let (column, reference, every, glue) = match part {
            Part::Value(named) => return Ok(value(self, &named.name, &named.measure)),
            Part::Column(name) => match gather.frame.column(name)? {
                Column::Real(_) => return Ok(value(self, name, &Measure::Attribute(name.clone()))),
                Column::Text(_) => (name, &None, false, ""),
            },
            Part::Levels { column, reference, every } => (column, reference, *every, "::"),
        };
        let category = match self.categories.iter().position(|levels| &levels.column == column) {
            Some(known) => known,
            None => {
                let text = gather.texts.iter().position(|(name, _)| name == column).unwrap_or_default();
                self.categories.push(gather.levels(text, rows));
                self.categories.len() - 1
            }
        };
        let levels = &self.categories[category].levels;
        let left_out = match reference {
            Some(level) => match levels.iter().position(|known| known == level) {
                Some(index) => Some(index),
                None => {
                    return Err(ModelError::UnknownReference {
                        column: column.clone(),
                        level: level.clone(),
                        nearest: nearest(level, levels.iter().map(String::as_str)),
                    });
                }
            },
            None if margin && !every => Some(0),
            None => None,
        };
        let kept = levels.iter().enumerate().filter(|(code, _)| Some(*code) != left_out);
        Ok(kept
            .map(|(code, level)| {
                let factor = Factor::Level { attribute: column.clone(), level: level.clone() };
                (format!("{column}{glue}{level}"), factor, Piece::Level(category, code as u32))
            })
            .collect())
    }
}
