//! `hengshu evaluate ratios`.

use std::path::PathBuf;

use clap::{Args, Subcommand};
use pricing_models::evaluate::study::{RatioStudy, StudyOptions};
use valuation::words;

use crate::cli::{Answer, Global};
use crate::error::Error;
use crate::table::Table;
use crate::work;

#[derive(Debug, Subcommand)]
pub enum Verb {
    /// Statistics of assessed values against prices, with bootstrap intervals.
    Ratios(Ratios),
}

#[derive(Debug, Args)]
pub struct Ratios {
    /// A CSV or Parquet table.
    #[arg(long)]
    data: PathBuf,
    /// Column of assessed values.
    #[arg(long)]
    assessed: String,
    /// Column of prices.
    #[arg(long)]
    sale: String,
    /// Bootstrap replicates.
    #[arg(long, default_value_t = 1000)]
    replicates: usize,
    /// Level of the intervals.
    #[arg(long, default_value_t = 0.95)]
    level: f64,
}

impl Verb {
    pub fn run(self, global: &Global) -> Result<Answer, Error> {
        let Verb::Ratios(asked) = self;
        let options = StudyOptions { replicates: asked.replicates, seed: global.seed.unwrap_or(0), level: asked.level };
        let study = global.on_threads(|| {
            let frame = work::model::table::read(&asked.data)?;
            work::evaluate::ratios(&frame, &asked.assessed, &asked.sale, &options)
        })?;
        let text = text(&study, global);
        Answer::done(&study, text)
    }
}

fn text(study: &RatioStudy, global: &Global) -> String {
    let word = |key: &str| words::text(&format!("cli.evaluate.{key}"), global.language());
    let values = [
        ("median", Some(study.median)),
        ("mean", Some(study.mean)),
        ("weighted_mean", Some(study.weighted_mean)),
        ("cod", Some(study.cod)),
        ("prd", Some(study.prd)),
        ("prb", study.prb.map(|prb| prb.value)),
        ("ki", study.ki),
        ("mki", study.mki),
        ("vei", study.vei.as_ref().map(|vei| vei.value)),
    ];
    let range =
        |range: Option<&[f64; 2]>| range.map_or_else(String::new, |[low, high]| format!("{low:.4} … {high:.4}"));
    let rows = values.iter().map(|(name, value)| {
        vec![
            words::text(&format!("cli.evaluate.{name}"), global.language()),
            value.map_or_else(|| "—".to_owned(), |value| format!("{value:.4}")),
            range(study.ci.get(*name)),
            range(study.accepted.get(*name)),
        ]
    });
    let head = vec![word("statistic"), word("value"), word("interval"), word("accepted")];
    let table = Table { head, rows: rows.collect(), right: vec![1] };
    format!("{}\n\nn = {}", table.text(), study.n)
}
