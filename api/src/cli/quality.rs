//! `hengshu quality FILE`.

use std::collections::BTreeMap;
use std::path::PathBuf;

use clap::Args;
use datasets::quality::{Quality as Measured, QualityOptions, measure};
use valuation::words;

use crate::cli::{Answer, Global};
use crate::error::Error;
use crate::table::Table;
use crate::work::document;

#[derive(Debug, Args)]
pub struct Quality {
    /// A CSV or Parquet table.
    file: PathBuf,
    /// The same table without errors: cell accuracy, and how many errors the inferred expectations find.
    #[arg(long)]
    truth: Option<PathBuf>,
    /// Look for near duplicates from this likeness (0 to 1) on.
    #[arg(long)]
    near_duplicates: Option<f64>,
    /// A JSON or TOML file with a weight for each dimension; equal weights where absent.
    #[arg(long)]
    weights: Option<PathBuf>,
    /// Refuse a table whose score is lower (exit code 4).
    #[arg(long)]
    least_score: Option<f64>,
}

impl Quality {
    pub fn run(self, global: &Global) -> Result<Answer, Error> {
        let weights: BTreeMap<String, f64> = match &self.weights {
            Some(file) => document::read(file)?,
            None => BTreeMap::new(),
        };
        let options = QualityOptions { truth: self.truth, near_duplicates: self.near_duplicates, weights };
        let measured = global.on_threads(|| Ok(measure(&self.file, &options)?))?;
        let exit = match self.least_score {
            Some(least) if measured.score < least => 4,
            _ => 0,
        };
        let text = text(&measured, global);
        Ok(Answer { exit, ..Answer::done(&measured, text)? })
    }
}

fn text(measured: &Measured, global: &Global) -> String {
    let word = |key: &str| words::text(key, global.language());
    let rows = measured.indicators.iter().map(|(name, own)| {
        let label = word(&format!("quality.{name}"));
        vec![label, format!("{:.6}", own.value), format!("{:.4} … {:.4}", own.low, own.high), own.n.to_string()]
    });
    let head = ["indicator", "value", "interval", "n"].map(|key| word(&format!("cli.quality.{key}"))).to_vec();
    let table = Table { head, rows: rows.collect(), right: vec![1, 3] };
    let columns = measured.by_column.iter().map(|own| {
        let kind = own.expectation.kind.clone().or(own.expectation.shape.clone()).unwrap_or_default();
        vec![own.name.clone(), own.missing.to_string(), own.distinct.to_string(), kind, own.unexpected.to_string()]
    });
    let head =
        ["column", "missing", "distinct", "expected", "unexpected"].map(|key| word(&format!("cli.quality.{key}")));
    let by_column = Table { head: head.to_vec(), rows: columns.collect(), right: vec![1, 2, 4] };
    let mut lines = vec![table.text(), String::new(), by_column.text(), String::new()];
    for own in &measured.dependencies {
        lines.push(format!("{} → {}  {}", own.determinant, own.dependent, own.violations));
    }
    for (kind, count) in &measured.personal_information {
        lines.push(format!("{}  {count}", word(&format!("quality.personal.{kind}"))));
    }
    if let Some(found) = &measured.found {
        let (precision, recall) = (word("cli.quality.precision"), word("cli.quality.recall"));
        lines.push(format!("{precision} {:.3}  {recall} {:.3}", found.precision, found.recall));
    }
    if let Some(near) = &measured.near_duplicates {
        lines.push(format!("{}  {}", word("cli.quality.near_duplicates"), near.duplicates));
    }
    lines.push(format!("{}  {:.4}", word("cli.quality.score"), measured.score));
    lines.join("\n")
}
