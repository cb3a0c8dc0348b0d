//! `hengshu model fit | card`.

use std::path::PathBuf;

use clap::{Args, Subcommand};
use pricing_models::covariance::Errors;
use valuation::words;

use crate::app::App;
use crate::cli::{Answer, Global};
use crate::error::Error;
use crate::register::Access;
use crate::table::Table;
use crate::work::model::{self as work, Ask, Model};

#[derive(Debug, Subcommand)]
pub enum Verb {
    /// Fit a hedonic price model and record it with its card.
    Fit(Fit),
    /// Print the card of a recorded model.
    Card {
        /// The model's id.
        id: String,
    },
}

#[derive(Debug, Args)]
pub struct Fit {
    /// A CSV table; the trade store where absent.
    #[arg(long)]
    data: Option<PathBuf>,
    /// Such as "log(price) ~ log(records) + quality + i(category)".
    #[arg(long)]
    formula: String,
    /// Column of weights.
    #[arg(long)]
    weights: Option<String>,
    /// Column whose levels are clusters.
    #[arg(long)]
    cluster: Option<String>,
    /// iid, hc0, hc1, hc2 or hc3.
    #[arg(long, default_value = "iid")]
    vcov: String,
    /// Column whose levels stay together when the model is evaluated out of sample.
    #[arg(long)]
    split: Option<String>,
}

impl Verb {
    pub async fn run(self, global: &Global) -> Result<Answer, Error> {
        match self {
            Verb::Fit(fit) => fit.run(global).await,
            Verb::Card { id } => {
                let card = async move |app: &App| answer(&work::show(app, &id).await?, global);
                global.with_app(Access::Read, card).await
            }
        }
    }
}

impl Fit {
    async fn run(self, global: &Global) -> Result<Answer, Error> {
        let ask = Ask {
            errors: errors(&self.vcov, self.cluster.clone())?,
            formula: self.formula,
            weights: self.weights,
            groups: self.split,
            seed: global.seed.unwrap_or(0),
        };
        let language = global.language();
        let step = global.progress().step(words::text("progress.fit", language), None);
        let data = self.data;
        let fit = async move |app: &App| {
            let dir = app.trades_dir();
            let model = app
                .compute
                .run(move || match data {
                    Some(file) => work::fit_table(&work::table(&file)?, &ask),
                    None => work::market(&dir)?.fit(&ask),
                })
                .await?;
            work::keep(app, &model).await?;
            answer(&model, global)
        };
        let answered = global.with_app(Access::Write, fit).await;
        drop(step);
        answered
    }
}

pub(crate) fn errors(named: &str, cluster: Option<String>) -> Result<Errors, Error> {
    if let Some(column) = cluster {
        return Ok(Errors::Cluster(column));
    }
    match named {
        "iid" => Ok(Errors::Iid),
        "hc0" => Ok(Errors::Hc0),
        "hc1" => Ok(Errors::Hc1),
        "hc2" => Ok(Errors::Hc2),
        "hc3" => Ok(Errors::Hc3),
        other => Err(Error::WrongUsage { said: format!("--vcov {other}: iid, hc0, hc1, hc2, hc3") }),
    }
}

fn answer(model: &Model, global: &Global) -> Result<Answer, Error> {
    let card = &model.card;
    let language = global.language();
    let word = |key: &str| words::text(key, language);
    let head = ["cli.model.term", "cli.model.estimate", "cli.model.std_error", "cli.model.interval"].map(word).to_vec();
    let rows = card
        .coefficients
        .0
        .iter()
        .map(|(name, line)| {
            vec![
                name.clone(),
                format!("{:.6}", line.estimate),
                format!("{:.6}", line.std_error),
                format!("[{:.6}, {:.6}]", line.low, line.high),
            ]
        })
        .collect();
    let table = Table { head, rows, right: vec![1, 2, 3] };
    let mut lines = vec![card.model_id.clone(), card.formula.clone(), String::new(), table.text(), String::new()];
    lines.push(format!(
        "n = {}  R² = {:.4}  RMSE = {:.4}  {} = {:.1}",
        card.n,
        card.r2,
        card.rmse,
        word("cli.model.condition"),
        card.condition_number
    ));
    if !card.dropped.is_empty() {
        lines.push(format!("{}: {}", word("cli.model.dropped"), card.dropped.join(", ")));
    }
    if let Some(evaluation) = &card.evaluation {
        let percent = |share: Option<f64>| share.map_or_else(|| "—".to_owned(), |value| format!("{value:.1} %"));
        lines.push(format!("{}: {}", word("cli.model.median_ape"), percent(evaluation.median_ape)));
    }
    Answer::done(card, lines.join("\n"))
}
