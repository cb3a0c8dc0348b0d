//! Quality measured from the data: the dimensions of GB/T 36344-2018 that a table can show, each with its interval.
//!
//! One pass reads every row; what is expected of a column is inferred from its own values and shown with the result, so
//! that a reader can correct it. Dimensions that a table alone cannot show are named as undetermined.

mod cell;
mod column;
mod dependency;
mod duplicates;
mod expectation;
mod indicator;
mod personal;
mod rows;
mod truth;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::error::DataError;
use column::ColumnTally;
use duplicates::Duplicates;
pub use duplicates::NearDuplicates;
pub use expectation::Expectation;
pub use indicator::Indicator;
use indicator::share;
use rows::Sample;
pub use truth::Found;

/// What is asked of a measurement.
#[derive(Clone, Debug, PartialEq)]
pub struct QualityOptions {
    /// The same table without errors, row by row: shows how many cells are right, and which errors the inferred
    /// expectations find.
    pub truth: Option<PathBuf>,
    /// Likeness from which two rows are near duplicates; not looked for where absent.
    pub near_duplicates: Option<f64>,
    /// Weight by dimension; the dimensions that are determined weigh the same where empty.
    pub weights: BTreeMap<String, f64>,
}

/// Measured quality.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Quality {
    pub file: String,
    pub sha256: String,
    pub rows: u64,
    pub columns: u64,
    /// By `dimension.indicator`.
    pub indicators: BTreeMap<String, Indicator>,
    /// Weighted mean of the dimensions, each the mean of its indicators; rates of defects enter as 1 − X.
    pub score: f64,
    /// Weight by dimension, rescaled over those determined.
    pub weights: BTreeMap<String, f64>,
    pub equal_weights: bool,
    /// Dimensions and indicators of the standard that the table does not show.
    pub undetermined: Vec<String>,
    pub by_column: Vec<ColumnQuality>,
    /// Determinations among columns that nearly every row keeps, such as `brewery_id → city`.
    pub dependencies: Vec<Dependency>,
    /// Cells that look like personal information, by kind.
    pub personal_information: BTreeMap<String, u64>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub near_duplicates: Option<NearDuplicates>,
    /// How well the inferred expectations find the true errors, where a truth was given.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub found: Option<Found>,
}

/// One column.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct ColumnQuality {
    pub name: String,
    pub missing: u64,
    /// Exact up to 65,536, an estimate (HyperLogLog, standard error 0.8 %) beyond.
    pub distinct: u64,
    pub expectation: Expectation,
    /// Cells that are there and not as expected.
    pub unexpected: u64,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub least: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub greatest: Option<String>,
}

/// A determination of one column by another.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Dependency {
    pub determinant: String,
    pub dependent: String,
    /// Rows whose value is not that of most rows with the same determinant.
    pub violations: u64,
}

/// Measures the quality of a CSV (UTF-8 or GB18030) or Parquet file.
///
/// | indicator | A over B |
/// | --- | --- |
/// | `completeness.element` | cells with a value over cells |
/// | `completeness.record` | rows in which every column that is nearly always filled has a value over rows |
/// | `conformity.data_model` | rows with as many fields as the header over rows |
/// | `accuracy.format` | values of the kind and shape expected of their column over values |
/// | `accuracy.duplication` | rows that repeat an earlier row over rows (lower is better) |
/// | `accuracy.uniqueness` | distinct values over values, of columns that identify rows |
/// | `accuracy.dirty` | cells with control or replacement characters, blanks around them, or a word for no value, over cells (lower is better) |
/// | `accuracy.cell` | cells equal to the truth, as text, over cells (only with a truth) |
/// | `consistency.associated` | rows that keep every inferred dependency over rows looked at |
/// | `timeliness.sequence` | rows not earlier than the row before, of columns of dates in order, over rows |
///
/// Intervals are Wilson's at 95 %: the table as a sample of what its source delivers.
///
/// Source: GB/T 36344-2018《信息技术 数据质量评价指标》, X = A / B; E. B. Wilson, 1927.
///
/// ```
/// use datasets::quality::{QualityOptions, measure};
/// let dir = tempfile::tempdir()?;
/// let file = dir.path().join("t.csv");
/// std::fs::write(&file, "id,city\n1,贵阳\n2,\n3,遵义\n3,遵义\n")?;
/// let quality = measure(&file, &QualityOptions { truth: None, near_duplicates: None, weights: Default::default() })?;
/// assert_eq!((quality.rows, quality.indicators["completeness.element"].value), (4, 7.0 / 8.0));
/// assert_eq!(quality.indicators["accuracy.duplication"].value, 0.25);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// # Errors
/// An unreadable, empty or damaged file; broken text; a truth of another shape.
pub fn measure(file: &Path, options: &QualityOptions) -> Result<Quality, DataError> {
    let pass = rows::read(file)?;
    let expected: Vec<Expectation> = pass.columns.iter().map(ColumnTally::expectation).collect();
    let dependencies = dependency::inferred(&pass.names, &pass.sample);
    let mut indicators = BTreeMap::new();
    completeness(&pass, &mut indicators);
    accuracy(&pass, &expected, &mut indicators);
    consistency(&pass, &dependencies, &mut indicators);
    let near_duplicates =
        options.near_duplicates.map(|least| duplicates::near(&pass.names, &pass.columns, &pass.sample, least));
    let mut found = None;
    if let Some(clean) = &options.truth {
        let compared = truth::compare(&pass, clean, &expected, &dependencies)?;
        indicators.insert("accuracy.cell".to_owned(), share(compared.right, compared.cells, false));
        found = Some(compared.found);
    }
    let (score, weights) = indicator::score(&indicators, &options.weights);
    let mut personal = BTreeMap::new();
    for column in &pass.columns {
        column.personal.iter().for_each(|(kind, count)| *personal.entry((*kind).to_owned()).or_default() += count);
    }
    Ok(Quality {
        file: file.file_name().unwrap_or_default().to_string_lossy().into_owned(),
        sha256: pass.sha256.clone(),
        rows: pass.rows,
        columns: pass.names.len() as u64,
        undetermined: indicator::undetermined(&indicators),
        score,
        equal_weights: options.weights.is_empty(),
        weights,
        by_column: pass
            .names
            .iter()
            .zip(&pass.columns)
            .zip(expected)
            .map(|((name, own), e)| own.told(name, e))
            .collect(),
        dependencies: dependencies.into_iter().map(|own| own.told(&pass.names)).collect(),
        personal_information: personal,
        indicators,
        near_duplicates,
        found,
    })
}

type Indicators = BTreeMap<String, Indicator>;

/// What one reading of the file gave.
struct Pass {
    sha256: String,
    names: Vec<String>,
    rows: u64,
    ragged: u64,
    columns: Vec<ColumnTally>,
    duplicates: Duplicates,
    sample: Sample,
}

fn completeness(pass: &Pass, indicators: &mut Indicators) {
    let cells = pass.rows * pass.columns.len() as u64;
    let missing: u64 = pass.columns.iter().map(|column| column.missing).sum();
    indicators.insert("completeness.element".to_owned(), share(cells - missing, cells, false));
    indicators.insert("conformity.data_model".to_owned(), share(pass.rows - pass.ragged, pass.rows, false));
    let required: Vec<usize> =
        (0..pass.columns.len()).filter(|at| pass.columns[*at].is_nearly_always_filled(pass.rows)).collect();
    let whole = |row: &Vec<String>| required.iter().all(|at| !cell::is_missing(&row[*at]));
    let whole = pass.sample.rows.iter().filter(|row| whole(row)).count() as u64;
    if !required.is_empty() {
        indicators.insert("completeness.record".to_owned(), share(whole, pass.sample.rows.len() as u64, false));
    }
}

fn accuracy(pass: &Pass, expected: &[Expectation], indicators: &mut Indicators) {
    let cells = pass.rows * pass.columns.len() as u64;
    let (mut values, mut unexpected, mut dirty) = (0, 0, 0);
    let (mut keyed, mut distinct) = (0, 0);
    for (column, expected) in pass.columns.iter().zip(expected) {
        dirty += column.dirty;
        if expected.is_stated() {
            values += pass.rows - column.missing;
            unexpected += column.unexpected(expected);
        }
        if expected.identifies {
            keyed += pass.rows - column.missing;
            distinct += column.distinct().min(pass.rows - column.missing);
        }
    }
    if values > 0 {
        indicators.insert("accuracy.format".to_owned(), share(values - unexpected, values, false));
    }
    if keyed > 0 {
        indicators.insert("accuracy.uniqueness".to_owned(), share(distinct, keyed, false));
    }
    indicators.insert("accuracy.duplication".to_owned(), share(pass.duplicates.repeated(), pass.rows, true));
    indicators.insert("accuracy.dirty".to_owned(), share(dirty, cells, true));
}

fn consistency(pass: &Pass, dependencies: &[dependency::Inferred], indicators: &mut Indicators) {
    if !dependencies.is_empty() {
        let mut broken = vec![false; pass.sample.rows.len()];
        dependencies.iter().flat_map(|own| &own.violating).for_each(|row| broken[*row] = true);
        let kept = broken.iter().filter(|broken| !**broken).count() as u64;
        indicators.insert("consistency.associated".to_owned(), share(kept, broken.len() as u64, false));
    }
    let (mut in_order, mut pairs) = (0, 0);
    for column in pass.columns.iter().filter(|column| column.dates_are_in_order()) {
        in_order += column.steps.forward;
        pairs += column.steps.forward + column.steps.backward;
    }
    if pairs > 0 {
        indicators.insert("timeliness.sequence".to_owned(), share(in_order, pairs, false));
    }
}
