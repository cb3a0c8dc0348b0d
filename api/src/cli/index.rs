//! `hengshu index compute`.

use std::path::PathBuf;

use clap::{Args, Subcommand, ValueEnum};
use pricing_models::index::calendar::Bucket;
use pricing_models::index::repeat_sales::Pairing;
use pricing_models::index::{Index, Splice};
use valuation::words;

use crate::cli::{Answer, Global};
use crate::error::Error;
use crate::table::Table;
use crate::work::index::{self as work, Ask, Method};
use crate::work::model::Vcov;

#[derive(Debug, Subcommand)]
pub enum Verb {
    /// Compute a price index over a table or the trade store.
    Compute(Box<Compute>),
}

#[derive(Debug, Args)]
pub struct Compute {
    /// A CSV or Parquet table; the trade store where absent.
    #[arg(long)]
    data: Option<PathBuf>,
    /// laspeyres paasche fisher tornqvist walsh sato_vartia jevons carli dutot geks geks_tornqvist geks_walsh geks_jevons
    /// wtpd time_dummy double_imputation repeat_sales repeat_sales_arithmetic case_shiller
    #[arg(long)]
    method: String,
    /// Column of periods or dates.
    #[arg(long, default_value = "traded_on")]
    time: String,
    /// Column that says which rows are the same product.
    #[arg(long)]
    product: Option<String>,
    /// Column of prices.
    #[arg(long, default_value = "price")]
    price: String,
    /// Column of quantities.
    #[arg(long)]
    quantity: Option<String>,
    /// Gather dates into periods.
    #[arg(long, value_enum)]
    bucket: Option<BucketName>,
    /// First period used.
    #[arg(long)]
    from: Option<String>,
    /// Last period used.
    #[arg(long)]
    to: Option<String>,
    /// Base period; the first where absent.
    #[arg(long)]
    base: Option<String>,
    /// Value in the base period: 1, and 100 for repeat sales, where absent.
    #[arg(long)]
    base_value: Option<f64>,
    /// Chain from period to period.
    #[arg(long)]
    chained: bool,
    /// Periods of a window of a multilateral or time-dummy index; all where absent.
    #[arg(long)]
    window: Option<usize>,
    /// How windows are joined.
    #[arg(long, value_enum, default_value = "mean")]
    splice: SpliceName,
    /// Of a hedonic index, without the period: "log(price) ~ log(records) + i(category)".
    #[arg(long)]
    formula: Option<String>,
    /// Standard errors of a time dummy.
    #[arg(long, value_enum, default_value = "iid")]
    vcov: Vcov,
    /// Column whose levels are clusters.
    #[arg(long)]
    cluster: Option<String>,
    /// Take the bias of the exponential out of a time dummy.
    #[arg(long)]
    bias_correction: bool,
    /// Pairs of a repeat-sales index: each sale with the next, or with every later one.
    #[arg(long, value_enum, default_value = "consecutive")]
    pairs: PairingName,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
enum BucketName {
    Day,
    Month,
    Quarter,
    Year,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
#[value(rename_all = "snake_case")]
enum SpliceName {
    Movement,
    Window,
    Half,
    Mean,
    WindowPublished,
    HalfPublished,
    MeanPublished,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
enum PairingName {
    Consecutive,
    All,
}

impl Verb {
    pub fn run(self, global: &Global) -> Result<Answer, Error> {
        match self {
            Verb::Compute(compute) => compute.run(global),
        }
    }
}

impl Compute {
    fn run(self, global: &Global) -> Result<Answer, Error> {
        let ask = Ask {
            method: Method::named(&self.method)?,
            time: self.time,
            product: self.product,
            price: self.price,
            quantity: self.quantity,
            bucket: self.bucket.map(|bucket| match bucket {
                BucketName::Day => Bucket::Day,
                BucketName::Month => Bucket::Month,
                BucketName::Quarter => Bucket::Quarter,
                BucketName::Year => Bucket::Year,
            }),
            from: self.from,
            to: self.to,
            base: self.base,
            base_value: self.base_value,
            chained: self.chained,
            window: self.window,
            splice: match self.splice {
                SpliceName::Movement => Splice::Movement,
                SpliceName::Window => Splice::Window,
                SpliceName::Half => Splice::Half,
                SpliceName::Mean => Splice::Mean,
                SpliceName::WindowPublished => Splice::WindowPublished,
                SpliceName::HalfPublished => Splice::HalfPublished,
                SpliceName::MeanPublished => Splice::MeanPublished,
            },
            formula: self.formula,
            errors: self.vcov.errors(self.cluster),
            bias_correction: self.bias_correction,
            pairing: match self.pairs {
                PairingName::Consecutive => Pairing::Consecutive,
                PairingName::All => Pairing::All,
            },
        };
        let index = global.on_threads(|| {
            let frame = match &self.data {
                Some(file) => crate::work::model::table::read(file)?,
                None => work::store_frame(&global.config().data.dir.join("trades"))?,
            };
            work::compute(&frame, &ask)
        })?;
        let text = text(&index, global);
        Answer::done(&index, text)
    }
}

fn text(index: &Index, global: &Global) -> String {
    let word = |key: &str| words::text(key, global.language());
    let number = |value: Option<f64>| value.map_or_else(|| "—".to_owned(), |value| format!("{value:.6}"));
    let rows = (0..index.periods.len())
        .map(|at| {
            vec![
                index.periods[at].clone(),
                number(index.index[at]),
                number(index.std_error[at]),
                number(index.low[at]),
                number(index.high[at]),
                index.n[at].to_string(),
            ]
        })
        .collect();
    let head = ["period", "index", "std_error", "low", "high", "n"].map(|key| word(&format!("cli.index.{key}")));
    let table = Table { head: head.to_vec(), rows, right: vec![1, 2, 3, 4, 5] };
    let mut lines = vec![table.text()];
    if !index.excluded.is_empty() {
        let counts = index.excluded.iter().map(|(reason, rows)| {
            let reason = words::text(&format!("index.excluded.{reason}"), global.language());
            format!("{} {rows}", reason.trim_start_matches("index.excluded."))
        });
        lines.push(format!("{}: {}", word("cli.index.excluded"), counts.collect::<Vec<_>>().join(", ")));
    }
    lines.extend(index.notes.iter().map(|note| word(note)));
    lines.join("\n")
}
