//! `hengshu demo [--serve]`.

use clap::Args;
use valuation::method::Approach;
use valuation::words;

use crate::app::App;
use crate::cli::serve::Serve;
use crate::cli::value::{amount, interval};
use crate::cli::{Answer, Format, Global};
use crate::error::Error;
use crate::register::Access;
use crate::service;
use crate::table::Table;
use crate::work::demo::{Demo as Made, demo};

#[derive(Debug, Args)]
pub struct Demo {
    /// Serve the result until stopped.
    #[arg(long)]
    serve: bool,
    #[command(flatten)]
    service: Serve,
    /// Rows of the sample market.
    #[arg(long, default_value_t = 50_000)]
    trades: usize,
}

impl Demo {
    pub async fn run(self, global: &Global) -> Result<Answer, Error> {
        let rows = self.trades;
        let seed = global.seed.unwrap_or(1);
        let make = async move |app: &App| {
            let made = demo(app, rows, seed, &global.progress(), global.language()).await?;
            Answer::done(&made, text(&made, global))
        };
        if self.serve {
            service::free(&self.service.bind)?;
        }
        let answer = global.with_app(Access::Write, make).await?;
        if !self.serve {
            return Ok(answer);
        }
        match global.format {
            Format::Json => println!("{}", answer.json),
            Format::Table => println!("{}", answer.text),
        }
        self.service.run(global).await
    }
}

/// One line an asset: its estimate by each approach with the interval, the conclusion; then its files.
fn text(made: &Made, global: &Global) -> String {
    let language = global.language();
    let word = |key: &str| words::text(key, language);
    let mut head = vec![word("cli.head.asset")];
    head.extend([Approach::Cost, Approach::Income, Approach::Market].map(|approach| word(approach.word())));
    head.push(word("cli.head.conclusion"));
    let mut rows = Vec::new();
    for one in &made.valuations {
        let mut values = vec![one.valuation.asset.clone()];
        let mut ranges = vec![String::new()];
        for approach in [Approach::Cost, Approach::Income, Approach::Market] {
            let found = one.valuation.estimates.iter().find(|estimate| estimate.approach == approach);
            values.push(found.map_or_else(String::new, |estimate| amount(&estimate.value)));
            ranges.push(found.map_or_else(String::new, |estimate| interval(&estimate.interval)));
        }
        values.push(amount(&one.valuation.conclusion.value));
        ranges.push(interval(&one.valuation.conclusion.interval));
        rows.extend([values, ranges]);
    }
    let table = Table { head, rows, right: vec![1, 2, 3, 4] };
    let places = [
        ("trades", made.trades.to_string()),
        ("screened", made.screened_out.to_string()),
        ("n", made.n.to_string()),
        ("r2", format!("{:.3}", made.r2)),
    ];
    let places: Vec<(&str, &str)> = places.iter().map(|(name, value)| (*name, value.as_str())).collect();
    let mut lines =
        vec![words::format("cli.demo.market", language, &places), String::new(), table.text(), String::new()];
    lines.push(word("cli.demo.files"));
    lines.extend(made.valuations.iter().flat_map(|one| one.files.iter().map(|file| format!("  {file}"))));
    lines.push(words::format("cli.demo.data", language, &[("dir", &made.data_dir)]));
    lines.join("\n")
}
