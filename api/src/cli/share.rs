//! `hengshu share value | split`.

use std::path::PathBuf;

use clap::{Args, Subcommand};
use valuation::contribution::statement::Split;
use valuation::words::{self, Language};

use crate::cli::value::amount;
use crate::cli::{Answer, Global};
use crate::compute::Compute;
use crate::error::Error;
use crate::table::Table;
use crate::work::share::{self as work, ShareValues};

#[derive(Debug, Subcommand)]
pub enum Verb {
    /// Value the contribution of each player of a game, or of each owner of data.
    Value(Value),
    /// Divide a till by contribution, to the cent.
    Split(Divide),
}

#[derive(Debug, Args)]
pub struct Value {
    /// JSON or TOML; `hengshu schema share_value` shows the format.
    file: PathBuf,
    /// Where a long sampling keeps its state; a run that was interrupted goes on from there.
    #[arg(long)]
    state: Option<PathBuf>,
}

#[derive(Debug, Args)]
pub struct Divide {
    /// JSON or TOML; `hengshu schema share_split` shows the format.
    file: PathBuf,
    /// The answer of `share value --format json`: its values and standard errors, of those who stay where some leave.
    #[arg(long)]
    values: Option<PathBuf>,
}

impl Verb {
    pub async fn run(self, global: &Global) -> Result<Answer, Error> {
        let language = global.language();
        let compute = Compute::new(&global.config().compute)?;
        match self {
            Verb::Value(asked) => {
                let seed = global.seed;
                let step = global.progress().step(words::text("progress.share", language), None);
                let answered = compute.run(move || work::value(&asked.file, seed, asked.state.as_deref())).await;
                drop(step);
                let found = answered?;
                Answer::done(&found, values(&found, language))
            }
            Verb::Split(asked) => {
                let done = compute.run(move || work::divide(&asked.file, asked.values.as_deref())).await?;
                Answer::done(&done, payments(&done, language))
            }
        }
    }
}

/// Players shown in a table for people; the JSON answer holds all.
const SHOWN: usize = 1_000;

fn values(found: &ShareValues, language: Language) -> String {
    let word = |key: &str| words::text(key, language);
    let mut head = vec![word("cli.head.player"), word("cli.head.value"), word("cli.head.std_error")];
    head.extend(found.normalised.iter().map(|_| word("cli.head.normalised")));
    let rows = found.values.iter().take(SHOWN).map(|(name, value)| {
        let mut row = vec![name.clone(), format!("{value:.6}"), format!("{:.6}", found.std_error[name])];
        row.extend(found.normalised.iter().map(|values| format!("{:.6}", values[name])));
        row
    });
    let mut rows: Vec<Vec<String>> = rows.collect();
    rows.push(vec![word("cli.head.total"), format!("{:.6}", found.total)]);
    Table { head, rows, right: vec![1, 2, 3] }.text()
}

fn payments(done: &Split, language: Language) -> String {
    let word = |key: &str| words::text(key, language);
    let head = ["player", "payment", "held", "due", "reason"].map(|key| word(&format!("cli.head.{key}"))).to_vec();
    let mut rows: Vec<Vec<String>> = done
        .statements
        .iter()
        .map(|statement| {
            let pick = |reason: &valuation::contribution::statement::SaidReason| match language {
                Language::Zh => reason.zh.clone(),
                Language::En => reason.en.clone(),
            };
            let reasons: Vec<String> = statement.reasons.iter().map(pick).collect();
            let money = [&statement.payment, &statement.held, &statement.due].map(amount);
            let [payment, held, due] = money;
            vec![
                statement.party.clone(),
                payment,
                held,
                due,
                reasons.join(if language == Language::Zh { "；" } else { "; " }),
            ]
        })
        .collect();
    rows.push(vec![word("cli.head.total"), amount(&done.total), amount(&done.held)]);
    Table { head, rows, right: vec![1, 2, 3] }.text()
}
