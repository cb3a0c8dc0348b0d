//! Two-level simulation: the outer loop over what we do not know, the inner one over what varies.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::known_input;
use super::plan::AskedTwoLevel;
use crate::error::ValuationError;
use crate::money::{Currency, Money};
use crate::value::Draft;
use crate::workbook::{Cell, CellRef, Column, InputId, Lanes, Quantity, RowRef, Sampling, evaluate};

/// For each draw of what is not known, the distribution of the value over what varies; here is how its mean, its 5th and its
/// 95th percentile are themselves distributed.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct TwoLevel {
    pub of: String,
    /// Inputs of the outer loop.
    pub unknown: Vec<String>,
    /// Inputs of the inner loop.
    pub varies: Vec<String>,
    pub outer: u32,
    pub inner: u32,
    pub mean: Spread,
    pub p5: Spread,
    pub p95: Spread,
    /// The share of the whole variance that knowing more would remove: variance of the inner means over all variance.
    pub unknown_share: f64,
}

/// The distribution over the outer loop.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Spread {
    pub p5: Option<Money>,
    pub p50: Option<Money>,
    pub p95: Option<Money>,
}

/// Draws each level by itself and evaluates every pair.
pub(super) fn two_level(
    draft: &Draft,
    asked: &AskedTwoLevel,
    output: CellRef,
    currency: Currency,
    seed: u64,
) -> Result<TwoLevel, ValuationError> {
    let (unknown, varies) = levels(draft, asked)?;
    let outer = drawn(draft, &unknown, asked.outer as usize, seed)?;
    // Another stream than that of the outer loop.
    let inner = drawn(draft, &varies, asked.inner as usize, seed.wrapping_add(0x9e37_79b9_7f4a_7c15))?;
    let (count, within) = (asked.outer as usize, asked.inner as usize);
    let mut ids = unknown.clone();
    ids.extend(varies.iter().cloned());
    let spread = |column: &Vec<f64>| column.iter().flat_map(|x| std::iter::repeat_n(*x, within)).collect();
    let tiled = |column: &Vec<f64>| std::iter::repeat_n(column, count).flatten().copied().collect();
    let mut columns: Vec<Column> = outer.iter().map(|column| Column::Real(spread(column))).collect();
    columns.extend(inner.iter().map(|column| Column::Real(tiled(column))));
    let found = evaluate(&draft.workbook, &draft.bindings, &Lanes::Table { ids, columns }, &[output])?;
    let values = found.columns.into_iter().next().map(Column::into_real).unwrap_or_default();
    Ok(summary(asked, (unknown, varies), &values, currency))
}

fn levels(draft: &Draft, asked: &AskedTwoLevel) -> Result<(Vec<InputId>, Vec<InputId>), ValuationError> {
    let bindings = &draft.bindings;
    let uncertain = |id: &InputId| {
        let joint = bindings.joints.iter().any(|joint| joint.ids().contains(id));
        joint || matches!(bindings.inputs.get(id).map(|b| &b.quantity), Some(Quantity::Uncertain { .. }))
    };
    let field = "uncertainty.two_level.varies".to_owned();
    let mut varies = Vec::new();
    for name in &asked.varies {
        let id = known_input(bindings, field.clone(), name)?;
        if !uncertain(&id) {
            return Err(ValuationError::UnknownInput { field, name: name.clone(), nearest: None });
        }
        varies.push(id);
    }
    let unknown: Vec<InputId> =
        bindings.inputs.keys().filter(|id| uncertain(id) && !varies.contains(id)).cloned().collect();
    let parted = bindings.joints.iter().find(|joint| {
        let inner = joint.ids().iter().filter(|id| varies.contains(id)).count();
        inner != 0 && inner != joint.ids().len()
    });
    if parted.is_some() || varies.is_empty() || unknown.is_empty() {
        let said = "each level needs an uncertain input, and inputs drawn together stand on one level".to_owned();
        return Err(ValuationError::Malformed { field, line: None, said });
    }
    Ok((unknown, varies))
}

/// Draws of the named inputs, read from the rows that hold them.
fn drawn(draft: &Draft, ids: &[InputId], count: usize, seed: u64) -> Result<Vec<Vec<f64>>, ValuationError> {
    let mut cells = Vec::with_capacity(ids.len());
    for id in ids {
        let row = holder(draft, id).ok_or_else(|| ValuationError::UnknownInput {
            field: "uncertainty.two_level".to_owned(),
            name: id.0.clone(),
            nearest: None,
        })?;
        cells.push(CellRef { row, column: 0 });
    }
    let lanes = Lanes::Draws { count, seed, sampling: Sampling::LatinHypercube };
    let found = evaluate(&draft.workbook, &draft.bindings, &lanes, &cells)?;
    Ok(found.columns.into_iter().map(Column::into_real).collect())
}

fn holder(draft: &Draft, id: &InputId) -> Option<RowRef> {
    for (s, sheet) in draft.workbook.sheets.iter().enumerate() {
        for (b, block) in sheet.blocks.iter().enumerate() {
            let held = |cell: &Cell| matches!(cell, Cell::Input(input) if input == id);
            if let Some(r) = block.rows.iter().position(|row| held(&row.cell)) {
                return Some(RowRef { sheet: s as u32, block: b as u32, row: r as u32 });
            }
        }
    }
    None
}

fn summary(
    asked: &AskedTwoLevel,
    (unknown, varies): (Vec<InputId>, Vec<InputId>),
    values: &[f64],
    currency: Currency,
) -> TwoLevel {
    let (mut means, mut lows, mut highs, mut variances) = (Vec::new(), Vec::new(), Vec::new(), Vec::new());
    for inner in values.chunks(asked.inner as usize) {
        let mut sorted: Vec<f64> = inner.iter().copied().filter(|x| x.is_finite()).collect();
        sorted.sort_unstable_by(f64::total_cmp);
        let (mean, variance) = moments(&sorted);
        means.push(mean);
        variances.push(variance);
        lows.push(quantile(&sorted, 0.05));
        highs.push(quantile(&sorted, 0.95));
    }
    let between = moments(&means).1;
    let (within, _) = moments(&variances);
    let spread = |mut values: Vec<f64>| {
        values.sort_unstable_by(f64::total_cmp);
        let at = |p: f64| Money::from_model(quantile(&values, p), currency).ok();
        Spread { p5: at(0.05), p50: at(0.5), p95: at(0.95) }
    };
    TwoLevel {
        of: asked.of.clone(),
        unknown: super::names(&unknown),
        varies: super::names(&varies),
        outer: asked.outer,
        inner: asked.inner,
        mean: spread(means),
        p5: spread(lows),
        p95: spread(highs),
        unknown_share: between / (between + within),
    }
}

fn moments(values: &[f64]) -> (f64, f64) {
    let n = values.len() as f64;
    let mean = values.iter().sum::<f64>() / n;
    (mean, values.iter().map(|x| (x - mean) * (x - mean)).sum::<f64>() / (n - 1.0))
}

/// Hyndman and Fan 1996, definition 7.
fn quantile(sorted: &[f64], p: f64) -> f64 {
    let Some(last) = sorted.len().checked_sub(1) else { return f64::NAN };
    let place = p * last as f64;
    let below = place.floor() as usize;
    sorted[below] + (sorted[(below + 1).min(last)] - sorted[below]) * (place - below as f64)
}
