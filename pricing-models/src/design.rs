//! A formula over a frame, compiled: the kept rows, the regressors, the response, and what was left out and why.

use std::collections::BTreeMap;
use std::ops::Range;

use faer::Mat;
use serde::{Deserialize, Serialize};
use valuation::market::price_model::{Factor, Measure, ModelTerm};

use crate::error::{ModelError, nearest};
use crate::formula::{Formula, Part, Term};
use crate::frame::{Column, Frame};

mod gather;
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
}

/// The levels of one categorical column over the kept rows.
#[derive(Clone, Debug)]
pub(crate) struct Levels {
    pub column: String,
    pub codes: Vec<u32>,
    pub levels: Vec<String>,
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
    /// The first fixed effect, absorbed by demeaning.
    pub absorbed: Option<Levels>,
    pub effects: Vec<(String, usize)>,
    pub cluster: Option<Levels>,
}

/// What the rows of a fit need beside the formula.
pub(crate) struct Needs<'a> {
    pub formula: &'a Formula,
    pub weights: Option<&'a str>,
    pub cluster: Option<&'a str>,
    pub dummies_max: usize,
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
        let cluster = needs.cluster.map(|column| gather.text(column)).transpose()?;
        let weights = needs.weights.map(|column| frame.real(column, "weights")).transpose()?;
        if let (Some(weights), Some(column)) = (weights, needs.weights)
            && weights.iter().any(|weight| *weight < 0.0)
        {
            return Err(ModelError::NegativeWeight { column: column.to_owned() });
        }
        let (rows, losses) = gather.complete(weights, needs.weights.unwrap_or_default());
        let keep = |all: &[f64]| -> Vec<f64> { rows.iter().map(|row| all[*row as usize]).collect() };
        let effects: Vec<Levels> = effect_texts.iter().map(|index| gather.levels(*index, &rows)).collect();
        let mut design = Design {
            response: keep(&gather.values[response]),
            root_weights: weights.map(|all| keep(all).iter().map(|weight| weight.sqrt()).collect()),
            values: Vec::new(),
            categories: Vec::new(),
            regressors: Vec::new(),
            hidden: 0,
            effects: effects.iter().map(|effect| (effect.column.clone(), effect.levels.len())).collect(),
            absorbed: None,
            cluster: cluster.map(|index| gather.levels(index, &rows)),
            rows: Vec::new(),
            losses,
        };
        design.add_effects(effects, needs.dummies_max)?;
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
        let absorbed = self.absorbed.iter();
        absorbed.chain(written.take(self.effects.len().saturating_sub(1)))
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

    /// The block of rows `range`: the regressors `which`, then the response; less the means of the absorbed effect
    /// (`means[j][level]`, the response last), times the root of the weights.
    pub fn block(&self, range: Range<usize>, which: &[usize], means: Option<&[Vec<f64>]>) -> Mat<f64> {
        let mut block = Mat::zeros(range.len(), which.len() + 1);
        for (at, j) in which.iter().copied().chain([self.regressors.len()]).enumerate() {
            let out = block.col_as_slice_mut(at);
            if j == self.regressors.len() {
                out.copy_from_slice(&self.response[range.clone()]);
            } else {
                self.column(j, range.clone(), out);
            }
            if let (Some(means), Some(effect)) = (means, &self.absorbed) {
                let codes = &effect.codes[range.clone()];
                out.iter_mut().zip(codes).for_each(|(x, code)| *x -= means[j][*code as usize]);
            }
            if let Some(roots) = &self.root_weights {
                out.iter_mut().zip(&roots[range.clone()]).for_each(|(x, root)| *x *= root);
            }
        }
        block
    }

    /// The first effect is absorbed; the others become dummies without their first level.
    fn add_effects(&mut self, effects: Vec<Levels>, limit: usize) -> Result<(), ModelError> {
        let mut effects = effects;
        // The effect with most levels is absorbed (the first among equals), the others are written out.
        let largest = (0..effects.len()).max_by_key(|index| (effects[*index].levels.len(), usize::MAX - index));
        let Some(largest) = largest else { return Ok(()) };
        let absorbed = effects.remove(largest);
        let written: usize = effects.iter().map(|effect| effect.levels.len().saturating_sub(1)).sum();
        if written > limit {
            let columns: Vec<&str> = effects.iter().map(|effect| effect.column.as_str()).collect();
            return Err(ModelError::TooManyLevels { columns: columns.join(", "), levels: written, limit });
        }
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
        self.absorbed = Some(absorbed);
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
