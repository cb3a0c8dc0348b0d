//! Everything a formula reads, over all rows of the frame, and which rows are complete.

use std::collections::{BTreeMap, HashMap};

use valuation::market::price_model::Measure;

use super::{Levels, LossReason, RowLoss, effect_name};
use crate::error::ModelError;
use crate::formula::Part;
use crate::frame::{Column, Frame, Text};

pub(super) struct Gather<'a> {
    pub frame: &'a Frame,
    /// Names of `values`, and the columns each reads.
    wanted: Vec<(String, Vec<String>)>,
    pub values: Vec<Vec<f64>>,
    pub texts: Vec<(String, Text)>,
}

impl<'a> Gather<'a> {
    pub fn over(frame: &'a Frame) -> Self {
        Gather { frame, wanted: Vec::new(), values: Vec::new(), texts: Vec::new() }
    }

    pub fn find(&self, name: &str) -> Option<usize> {
        self.wanted.iter().position(|(known, _)| known == name)
    }

    pub fn value(&mut self, name: &str, measure: &Measure) -> Result<usize, ModelError> {
        if let Some(known) = self.find(name) {
            return Ok(known);
        }
        self.values.push(evaluate(measure, self.frame, name)?);
        self.wanted.push((name.to_owned(), measure.attributes().into_iter().map(str::to_owned).collect()));
        Ok(self.values.len() - 1)
    }

    pub fn text(&mut self, column: &str) -> Result<usize, ModelError> {
        if let Some(known) = self.texts.iter().position(|(name, _)| name == column) {
            return Ok(known);
        }
        self.texts.push((column.to_owned(), self.frame.levels(column)?));
        Ok(self.texts.len() - 1)
    }

    pub fn combined(&mut self, columns: &[String]) -> Result<usize, ModelError> {
        if columns.len() == 1 {
            return self.text(&columns[0]);
        }
        self.texts.push((effect_name(columns), combine(self.frame, columns)?));
        Ok(self.texts.len() - 1)
    }

    pub fn part(&mut self, part: &Part) -> Result<(), ModelError> {
        match part {
            Part::Value(named) => self.value(&named.name, &named.measure).map(|_| ()),
            Part::Levels { column, .. } => self.text(column).map(|_| ()),
            Part::Column(name) => match self.frame.column(name)? {
                Column::Real(_) => self.value(name, &Measure::Attribute(name.clone())).map(|_| ()),
                Column::Text(_) => self.text(name).map(|_| ()),
            },
        }
    }

    /// The complete rows, and the others counted under the first reason that holds.
    pub fn complete(&self, weights: Option<&[f64]>, weight_name: &str) -> (Vec<u32>, Vec<RowLoss>) {
        let mut losses: BTreeMap<(usize, LossReason), u64> = BTreeMap::new();
        let mut rows = Vec::new();
        for row in 0..self.frame.rows() {
            match self.fault(row, weights) {
                None => rows.push(row as u32),
                Some(fault) => *losses.entry(fault).or_insert(0) += 1,
            }
        }
        let name = |order: usize| match order.checked_sub(self.values.len()) {
            None => self.wanted[order].0.clone(),
            Some(text) => self.texts.get(text).map_or(weight_name, |(name, _)| name).to_owned(),
        };
        let losses =
            losses.into_iter().map(|((order, reason), rows)| RowLoss { column: name(order), reason, rows }).collect();
        (rows, losses)
    }

    /// What is wrong with `row`: values first, then texts, then the weight, each by its number.
    fn fault(&self, row: usize, weights: Option<&[f64]>) -> Option<(usize, LossReason)> {
        for (order, values) in self.values.iter().enumerate() {
            if !values[row].is_finite() {
                return Some((order, self.reason(order, row)));
            }
        }
        for (order, (_, text)) in self.texts.iter().enumerate() {
            if text.codes[row] == Text::MISSING {
                return Some((self.values.len() + order, LossReason::Missing));
            }
        }
        let order = self.values.len() + self.texts.len();
        match weights?[row] {
            weight if !weight.is_finite() => Some((order, LossReason::Missing)),
            0.0 => Some((order, LossReason::ZeroWeight)),
            _ => None,
        }
    }

    /// A measure is missing where a column it reads is, else undefined.
    fn reason(&self, order: usize, row: usize) -> LossReason {
        let missing = |column: &String| matches!(self.frame.column(column), Ok(Column::Real(v)) if v[row].is_nan());
        if self.wanted[order].1.iter().any(missing) { LossReason::Missing } else { LossReason::Undefined }
    }

    /// The levels present in `rows`, sorted: numbers by value, text by its bytes.
    pub fn levels(&self, index: usize, rows: &[u32]) -> Levels {
        let (column, text) = &self.texts[index];
        let mut present = vec![false; text.levels.len()];
        rows.iter().for_each(|row| present[text.codes[*row as usize] as usize] = true);
        let mut order: Vec<usize> = (0..text.levels.len()).filter(|code| present[*code]).collect();
        let numeric = matches!(self.frame.column(column), Ok(Column::Real(_)));
        if numeric {
            let mut keyed: Vec<(f64, usize)> =
                order.iter().map(|code| (text.levels[*code].parse().unwrap_or(f64::NAN), *code)).collect();
            keyed.sort_by(|a, b| a.0.total_cmp(&b.0));
            order = keyed.into_iter().map(|(_, code)| code).collect();
        } else {
            order.sort_by(|a, b| text.levels[*a].cmp(&text.levels[*b]));
        }
        let mut rank = vec![Text::MISSING; text.levels.len()];
        order.iter().enumerate().for_each(|(at, code)| rank[*code] = at as u32);
        Levels {
            column: column.clone(),
            codes: rows.iter().map(|row| rank[text.codes[*row as usize] as usize]).collect(),
            levels: order.iter().map(|code| text.levels[*code].clone()).collect(),
        }
    }
}

/// A measure over every row of the frame; NaN where a column is missing.
pub(super) fn evaluate(measure: &Measure, frame: &Frame, used_in: &str) -> Result<Vec<f64>, ModelError> {
    let unary = |a: &Measure, f: fn(f64) -> f64| -> Result<Vec<f64>, ModelError> {
        let mut values = evaluate(a, frame, used_in)?;
        values.iter_mut().for_each(|value| *value = f(*value));
        Ok(values)
    };
    let binary = |a: &Measure, b: &Measure, f: fn(f64, f64) -> f64| -> Result<Vec<f64>, ModelError> {
        let (mut left, right) = (evaluate(a, frame, used_in)?, evaluate(b, frame, used_in)?);
        left.iter_mut().zip(&right).for_each(|(x, y)| *x = f(*x, *y));
        Ok(left)
    };
    match measure {
        Measure::Attribute(name) => Ok(frame.real(name, used_in)?.to_vec()),
        Measure::Number(value) => Ok(vec![*value; frame.rows()]),
        Measure::Negative(a) => unary(a, |x| -x),
        Measure::Log(a) => unary(a, libm::log),
        Measure::Exp(a) => unary(a, libm::exp),
        Measure::Sum(a, b) => binary(a, b, |x, y| x + y),
        Measure::Difference(a, b) => binary(a, b, |x, y| x - y),
        Measure::Product(a, b) => binary(a, b, |x, y| x * y),
        Measure::Quotient(a, b) => binary(a, b, |x, y| x / y),
        Measure::Power(a, b) => binary(a, b, libm::pow),
    }
}

/// The combinations of several columns as levels `a^b`.
pub(crate) fn combine(frame: &Frame, columns: &[String]) -> Result<Text, ModelError> {
    let texts = columns.iter().map(|column| frame.levels(column)).collect::<Result<Vec<Text>, _>>()?;
    let mut known: HashMap<Vec<u32>, u32> = HashMap::new();
    let mut levels = Vec::new();
    let codes = (0..frame.rows())
        .map(|row| {
            let key: Vec<u32> = texts.iter().map(|text| text.codes[row]).collect();
            if key.contains(&Text::MISSING) {
                return Text::MISSING;
            }
            *known.entry(key).or_insert_with(|| {
                let parts: Vec<&str> = texts.iter().filter_map(|text| text.get(row)).collect();
                levels.push(parts.join("^"));
                levels.len() as u32 - 1
            })
        })
        .collect();
    Ok(Text { codes, levels })
}
