//! What the simulation of a valuation says: the statistics of every estimate and of the conclusion, drawn again from the record.

use std::collections::BTreeMap;

use serde::Serialize;
use valuation::case::Dependence;
use valuation::estimate::IntervalSource;
use valuation::record::Valuation;
use valuation::workbook::{CellRef, Lanes, Sampling, Simulated, WorkbookError, simulate};

use super::charts;

/// The probabilities whose quantiles are told.
pub const PROBABILITIES: [f64; 5] = [0.05, 0.25, 0.5, 0.75, 0.95];

/// A simulation in figures.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Summary {
    pub draws: u32,
    pub seed: u64,
    pub sampling: Sampling,
    /// Draws in which some output is not finite.
    pub not_finite: u64,
    /// Draws in which a check failed, by check.
    pub failed_checks: BTreeMap<String, u64>,
    /// One for each estimate in the order of the case, then the conclusion before rounding.
    pub outputs: Vec<Output>,
    /// How often the conclusion fell between round numbers.
    pub histogram: Vec<Bin>,
    /// Inputs that are drawn together.
    pub dependence: Vec<Dependence>,
}

/// The distribution of one output over its finite draws.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Output {
    #[serde(skip)]
    pub cell: CellRef,
    /// The sheet it stands on.
    pub sheet: String,
    /// Finite draws.
    pub count: u64,
    pub not_finite: u64,
    pub mean: f64,
    /// With divisor n − 1.
    pub sd: f64,
    /// Of the mean.
    pub std_error: f64,
    pub quantiles: [Quantile; 5],
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize)]
pub struct Quantile {
    pub probability: f64,
    pub value: f64,
}

/// A class of a histogram: from `low` (inclusive) to `high` (exclusive, but for the last).
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Bin {
    pub low: f64,
    pub high: f64,
    pub count: u64,
}

impl Summary {
    /// Simulates the recorded workbook by its recorded plan; `None` where no input is uncertain.
    ///
    /// # Errors
    /// Those of a workbook that this build refuses.
    pub fn of(valuation: &Valuation) -> Result<Option<Summary>, WorkbookError> {
        let intervals = valuation.estimates.iter().map(|estimate| &estimate.interval);
        let simulated = |how: &IntervalSource| *how == IntervalSource::Simulation;
        if !intervals.chain([&valuation.conclusion.interval]).any(|interval| simulated(&interval.how)) {
            return Ok(None);
        }
        let plan = &valuation.case.simulation;
        // The last output is the conclusion after rounding; its distribution is that of the one before.
        let rows = &valuation.outputs[..valuation.outputs.len().saturating_sub(1)];
        let cells: Vec<CellRef> = rows.iter().map(|row| CellRef { row: *row, column: 0 }).collect();
        let lanes = Lanes::Draws { count: plan.draws as usize, seed: plan.seed, sampling: plan.sampling };
        let found = simulate(&valuation.workbook, &valuation.bindings, &lanes, &cells)?;
        let sheet = |cell: &CellRef| {
            valuation.workbook.sheets.get(cell.row.sheet as usize).map_or_else(String::new, |sheet| sheet.key.clone())
        };
        Ok(Some(Summary {
            draws: plan.draws,
            seed: plan.seed,
            sampling: plan.sampling,
            not_finite: found.not_finite,
            failed_checks: found.failed_checks,
            outputs: found.outputs.iter().map(|output| Output::of(output, sheet(&output.cell))).collect(),
            histogram: found.outputs.last().map_or_else(Vec::new, |output| bins(output.sorted())),
            dependence: valuation.case.dependence.clone(),
        }))
    }
}

impl Output {
    fn of(output: &Simulated, sheet: String) -> Output {
        Output {
            cell: output.cell,
            sheet,
            count: output.count as u64,
            not_finite: output.not_finite as u64,
            mean: output.mean,
            sd: output.sd,
            std_error: output.std_error,
            quantiles: PROBABILITIES.map(|probability| Quantile { probability, value: output.quantile(probability) }),
        }
    }
}

/// Classes a histogram has, about.
const CLASSES: usize = 40;

/// Counts finite values, in ascending order, between round numbers; nothing where all are equal.
pub fn bins(sorted: &[f64]) -> Vec<Bin> {
    let (Some(low), Some(high)) = (sorted.first(), sorted.last()) else { return Vec::new() };
    if low >= high {
        return Vec::new();
    }
    let edges = charts::ticks(*low, *high, CLASSES);
    let last = edges.len() - 2;
    let below = |edge: f64| sorted.partition_point(|value| *value < edge);
    let count = |index: usize| {
        let until = if index == last { sorted.len() } else { below(edges[index + 1]) };
        (until - below(edges[index])) as u64
    };
    (0..=last).map(|index| Bin { low: edges[index], high: edges[index + 1], count: count(index) }).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_value_falls_into_one_class() {
        let values: Vec<f64> = (0..1000).map(|number| f64::from(number) * 0.37 - 50.0).collect();
        let found = bins(&values);
        assert_eq!(found.iter().map(|bin| bin.count).sum::<u64>(), 1000);
        for bin in &found {
            let inside = values.iter().filter(|value| (bin.low..bin.high).contains(*value)).count() as u64;
            assert_eq!(inside, bin.count, "{bin:?}");
        }
        assert!(found.len() > 20 && found.len() <= 80);
        assert_eq!(bins(&[2.0, 2.0]), []);
        // The greatest value belongs to the last class also where it stands on its edge.
        assert_eq!(bins(&[0.0, 40.0]).last().map(|bin| bin.count), Some(1));
    }
}
