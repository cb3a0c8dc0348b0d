//! `hengshu model fit | list | card`.

use std::path::PathBuf;

use clap::{Args, Subcommand};
use pricing_models::card::ModelCard;
use valuation::words::{self, Language};

use crate::app::App;
use crate::cli::{Answer, Global};
use crate::error::Error;
use crate::register::Access;
use crate::table::Table;
use crate::work::model::record::{self, ModelSummary};
use crate::work::model::{FitRequest, Vcov, fit_and_keep};
use crate::work::page;

#[derive(Debug, Subcommand)]
pub enum Verb {
    /// Fit a hedonic price model and record it with its card.
    Fit(Fit),
    /// List the recorded models with their headline figures.
    List {
        /// At most so many.
        #[arg(long, default_value_t = 100)]
        limit: u32,
        /// `next` of the page before.
        #[arg(long)]
        cursor: Option<String>,
    },
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
    /// How standard errors are computed.
    #[arg(long, value_enum, default_value = "iid")]
    vcov: Vcov,
    /// Column whose levels stay together when the model is evaluated out of sample.
    #[arg(long)]
    split: Option<String>,
}

impl Verb {
    pub async fn run(self, global: &Global) -> Result<Answer, Error> {
        match self {
            Verb::Fit(fit) => fit.run(global).await,
            Verb::List { limit, cursor } => {
                let list = async move |app: &App| {
                    let page = record::list(app, &page::Ask { limit: Some(limit), cursor }).await?;
                    Answer::done(&page, lines(&page.items, global.language()))
                };
                global.with_app(Access::Read, list).await
            }
            Verb::Card { id } => {
                let card = async move |app: &App| answer(&record::show(app, &id).await?.card, global);
                global.with_app(Access::Read, card).await
            }
        }
    }
}

impl Fit {
    async fn run(self, global: &Global) -> Result<Answer, Error> {
        let request = FitRequest {
            formula: self.formula,
            weights: self.weights,
            cluster: self.cluster,
            vcov: self.vcov,
            split: self.split,
            seed: global.seed.unwrap_or(0),
        };
        let ask = request.ask();
        let step = global.progress().step(words::text("progress.fit", global.language()), None);
        let data = self.data;
        let fit = async move |app: &App| answer(&fit_and_keep(app, ask, data).await?.0.card, global);
        let answered = global.with_app(Access::Write, fit).await;
        drop(step);
        answered
    }
}

/// The beginning of a long formula; the JSON has the whole.
fn short(formula: &str) -> String {
    const SHOWN: usize = 60;
    match formula.char_indices().nth(SHOWN) {
        Some((end, _)) => format!("{}…", &formula[..end]),
        None => formula.to_owned(),
    }
}

/// One line a model.
fn lines(models: &[ModelSummary], language: Language) -> String {
    let head = [
        "cli.head.id",
        "cli.model.n",
        "cli.model.r2",
        "cli.model.rmse",
        "page.model.median_ape",
        "report.heading.cut_off",
        "report.heading.model_formula",
    ];
    let absent = || "—".to_owned();
    let row = |model: &ModelSummary| {
        vec![
            model.model_id.clone(),
            model.n.to_string(),
            model.r2.map_or_else(absent, |r2| format!("{r2:.4}")),
            format!("{:.4}", model.rmse),
            model.median_ape.map_or_else(absent, |ape| format!("{ape:.1} %")),
            model.cut_off.map_or_else(absent, |day| day.to_string()),
            short(&model.formula),
        ]
    };
    Table {
        head: head.iter().map(|key| words::text(key, language)).collect(),
        rows: models.iter().map(row).collect(),
        right: vec![1, 2, 3, 4],
    }
    .text()
}

fn answer(card: &ModelCard, global: &Global) -> Result<Answer, Error> {
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
