//! `hengshu model fit | list | card | predict | explain`.

use std::path::PathBuf;

use clap::{Args, Subcommand};
use pricing_models::card::ModelCard;
use pricing_models::hedonic::Family;
use valuation::words::{self, Language};

use crate::app::App;
use crate::cli::{Answer, Global};
use crate::error::Error;
use crate::register::Access;
use crate::table::Table;
use crate::work::model::predict::{self, Predictions, Question};
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
    /// Prices with intervals for the rows of a table, by a recorded model.
    Predict(Put),
    /// The same, with what each term adds to the price.
    Explain(Put),
}

#[derive(Debug, Args)]
pub struct Put {
    /// The model's id.
    model: String,
    /// A CSV or Parquet table with the columns of the formula.
    #[arg(long)]
    data: PathBuf,
    /// Level of the intervals.
    #[arg(long, default_value_t = 0.9)]
    level: f64,
    /// Refuse rows with a number outside the rows of the fit instead of marking them.
    #[arg(long)]
    refuse_outside: bool,
}

#[derive(Debug, Args)]
pub struct Fit {
    /// A CSV or Parquet table; the trade store where absent.
    #[arg(long)]
    data: Option<PathBuf>,
    /// Such as "log(price) ~ log(records) + quality + i(category)".
    #[arg(long)]
    formula: String,
    /// Column of weights.
    #[arg(long)]
    weights: Option<String>,
    /// Column whose levels are clusters, or two joined by +, such as seller+month.
    #[arg(long)]
    cluster: Option<String>,
    /// How standard errors are computed.
    #[arg(long, value_enum, default_value = "iid")]
    vcov: Vcov,
    /// gaussian (least squares), poisson (free prices stay in) or gamma; the last two take the price itself on the left.
    #[arg(long, default_value = "gaussian", value_parser = family)]
    family: Family,
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
            Verb::Predict(put) => put.run(false, global).await,
            Verb::Explain(put) => put.run(true, global).await,
        }
    }
}

impl Put {
    async fn run(self, explain: bool, global: &Global) -> Result<Answer, Error> {
        let Put { model, data, level, refuse_outside } = self;
        let question = Question { model, data, level, explain, refuse_outside };
        let put = async move |app: &App| {
            let answer = predict::predict(app, question).await?;
            Answer::done(&answer, prices(&answer, global.language()))
        };
        global.with_app(Access::Read, put).await
    }
}

/// One line a row; below it what the terms add.
fn prices(answer: &Predictions, language: Language) -> String {
    let word = |key: &str| words::text(key, language);
    let head = ["cli.model.row", "cli.model.median", "cli.model.mean", "cli.model.low", "cli.model.high"];
    let mut head: Vec<String> = head.iter().map(|key| word(key)).collect();
    let parts = answer.contributions.as_deref().unwrap_or_default();
    let named = parts.iter().flatten().next();
    head.extend(named.iter().flat_map(|parts| parts.keys().cloned()));
    let mut rows = Vec::new();
    for (at, prediction) in answer.predictions.iter().enumerate() {
        let mut line = vec![(at + 1).to_string()];
        match prediction {
            Some(p) => line.extend([p.value, p.mean, p.low, p.high].map(|number| format!("{number:.4}"))),
            None => line.extend(std::iter::repeat_n("—".to_owned(), 4)),
        }
        let own = parts.get(at).and_then(Option::as_ref);
        line.extend(
            own.iter().flat_map(|own| own.values().map(|part| format!("{:.4}", part.as_f64().unwrap_or(f64::NAN)))),
        );
        line.resize(head.len(), String::new());
        rows.push(line);
    }
    let right = (0..head.len()).collect();
    let mut text = vec![Table { head, rows, right }.text()];
    for refused in &answer.refused {
        let places = [("row", refused.row.to_string()), ("column", refused.column.clone())];
        let places: Vec<(&str, &str)> = places.iter().map(|(name, value)| (*name, value.as_str())).collect();
        text.push(words::format(&format!("cli.model.refused.{}", refused.reason), language, &places));
    }
    text.join("\n")
}

impl Fit {
    async fn run(self, global: &Global) -> Result<Answer, Error> {
        let request = FitRequest {
            formula: self.formula,
            weights: self.weights,
            cluster: self.cluster,
            vcov: self.vcov,
            family: self.family,
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

fn family(name: &str) -> Result<Family, String> {
    let all = [Family::Gaussian, Family::Poisson, Family::Gamma];
    all.into_iter().find(|family| family.name() == name).ok_or_else(|| all.map(Family::name).join(", "))
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
