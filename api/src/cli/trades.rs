//! `hengshu trades import|screen|verify`.

use std::path::PathBuf;

use chrono::{DateTime, Utc};
use clap::Subcommand;
use datasets::import::Imported;
use datasets::mapping::Mapping;
use pricing_models::screen::ReasonCount;
use serde_json::json;
use valuation::words::{self, Language};

use crate::app::App;
use crate::cli::{Answer, Global};
use crate::error::Error;
use crate::register::Access;
use crate::table::Table;
use crate::work::screening::{self, Screening};
use crate::work::trades::{self, ImportRequest};

#[derive(Debug, Subcommand)]
pub enum Verb {
    /// Bring a CSV or Parquet file into the trade store.
    Import {
        file: PathBuf,
        /// A shipped mapping (hengshu, zhejiang, guangzhou, guiyang, shanghai) or a mapping file.
        #[arg(long)]
        mapping: String,
        /// The moment of recording for rows whose mapping gives none (RFC 3339); now where absent.
        #[arg(long)]
        recorded_at: Option<DateTime<Utc>>,
        /// Read and judge everything, change nothing.
        #[arg(long)]
        dry_run: bool,
        /// A CSV file that gets every reject.
        #[arg(long)]
        rejects: Option<PathBuf>,
    },
    /// Say which trades a fit may use, and why not the others.
    Screen {
        /// A CSV file that gets every dropped trade with its reason.
        #[arg(long)]
        dropped: Option<PathBuf>,
    },
    /// Compare every trade file with its checksum.
    Verify,
}

/// Rejects that the table shows; all are in the JSON and in `--rejects`.
const SHOWN: usize = 20;

impl Verb {
    pub async fn run(self, global: &Global) -> Result<Answer, Error> {
        let language = global.language();
        match self {
            Verb::Import { file, mapping, recorded_at, dry_run, rejects } => {
                let mapping = Mapping::find(&mapping)?;
                let length = std::fs::metadata(&file).map_err(|cause| Error::of_file(&file, &cause))?.len();
                let step = global.progress().step(words::text("progress.import", language), Some(length));
                let told = std::sync::atomic::AtomicU64::new(0);
                let progress = move |at: datasets::import::Progress| {
                    let before = told.swap(at.bytes, std::sync::atomic::Ordering::Relaxed);
                    step.advance(at.bytes.saturating_sub(before));
                };
                let request = ImportRequest { file, mapping, recorded_at, dry_run, rejects_file: rejects };
                let import = async move |app: &App| {
                    let done = trades::import_file(app, request, progress).await?;
                    Answer::done(&done, text(&done, language))
                };
                global.with_app(Access::Write, import).await
            }
            Verb::Screen { dropped } => {
                let screen = async move |app: &App| {
                    let found = screening::screening(app, dropped).await?;
                    Answer::done(&found, screened(&found, language))
                };
                global.with_app(Access::Read, screen).await
            }
            Verb::Verify => {
                let verify = async move |app: &App| {
                    let dir = app.trades_dir();
                    let (checked, failures) = app.compute.run(move || Ok(trades::damage(&dir, None))).await?;
                    crate::cli::verify::told(&json!({ "checked": checked, "failures": failures }), &failures, language)
                };
                global.with_app(Access::Read, verify).await
            }
        }
    }
}

fn text(done: &Imported, language: Language) -> String {
    let counts = [
        ("read", done.read.to_string()),
        ("imported", done.imported.to_string()),
        ("rejected", done.rejected.to_string()),
        ("duplicates", done.duplicates.to_string()),
        ("censored", done.censored.to_string()),
    ];
    let counts: Vec<(&str, &str)> = counts.iter().map(|(name, value)| (*name, value.as_str())).collect();
    let said = words::format("cli.import.counts", language, &counts);
    if done.rejects.is_empty() {
        return said;
    }
    let head = ["cli.error.line", "cli.error.field", "cli.head.finding", "cli.head.raw"];
    let row = |reject: &datasets::loaded::Reject| {
        vec![reject.line.to_string(), reject.field.clone(), reject.explain(language), reject.raw.clone()]
    };
    let table = Table {
        head: head.iter().map(|key| words::text(key, language)).collect(),
        rows: done.rejects.iter().take(SHOWN).map(row).collect(),
        right: vec![0],
    };
    format!("{said}\n\n{}", table.text())
}

/// One line a reason.
fn screened(found: &Screening, language: Language) -> String {
    let counts =
        [("read", found.read.to_string()), ("kept", found.kept.to_string()), ("dropped", found.dropped.to_string())];
    let counts: Vec<(&str, &str)> = counts.iter().map(|(name, value)| (*name, value.as_str())).collect();
    let said = words::format("cli.screen.counts", language, &counts);
    let row = |count: &ReasonCount| {
        let state = count.detail.as_deref().unwrap_or_default();
        let key = format!("terms.price_state.{state}");
        let detail = if words::has(&key) { words::text(&key, language) } else { state.to_owned() };
        vec![words::text(count.reason.word(), language), detail, count.rows.to_string()]
    };
    let head = ["report.heading.reason", "cli.head.detail", "cli.head.rows"];
    let table = Table {
        head: head.iter().map(|key| words::text(key, language)).collect(),
        rows: found.reasons.iter().map(row).collect(),
        right: vec![2],
    };
    if found.reasons.is_empty() { said } else { format!("{said}\n\n{}", table.text()) }
}
