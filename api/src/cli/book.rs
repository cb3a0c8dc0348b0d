//! `hengshu book open|record|run|close|show|trial|memo|disclose|export|verify`.

use std::path::PathBuf;

use chrono::{DateTime, Utc};
use clap::{Subcommand, ValueEnum};
use valuation::recognition::ledger::BookSetup;
use valuation::recognition::month::Month;
use valuation::words::{self, Language};

use crate::app::App;
use crate::cli::value::amount;
use crate::cli::{Answer, Global};
use crate::error::Error;
use crate::register::Access;
use crate::report::ledger::JournalFormat;
use crate::table::Table;
use crate::work::book::entries::{TrialBalance, trial};
use crate::work::book::{self as work, BookRun, files, memo};
use crate::work::document;

#[derive(Debug, Subcommand)]
pub enum Verb {
    /// Open the books that a file (JSON or TOML) describes.
    Open { file: PathBuf },
    /// Record events, one JSON object a line: all of the file or none.
    Record { id: String, file: PathBuf },
    /// Post every period up to one.
    Run {
        id: String,
        #[arg(long, value_parser = month)]
        through: Month,
    },
    /// Post and close the periods up to one.
    Close {
        id: String,
        #[arg(value_parser = month)]
        period: Month,
        /// Bar them from adjusting events as well.
        #[arg(long)]
        lock: bool,
    },
    /// Trial balance and assets of a book.
    Trial {
        id: String,
        #[command(flatten)]
        which: Which,
    },
    /// Why an asset is, or is not, in each book.
    Memo { id: String, asset: String },
    /// The notes of a book.
    Disclose {
        id: String,
        #[command(flatten)]
        which: Which,
        /// First period; January of the year of the last where absent.
        #[arg(long, value_parser = month)]
        from: Option<Month>,
        #[arg(long, value_enum, default_value = "json")]
        to: Notes,
        #[arg(short, long)]
        output: Option<PathBuf>,
    },
    /// The journal of a book for another program.
    Export {
        id: String,
        #[command(flatten)]
        which: Which,
        #[arg(long, value_enum)]
        to: To,
        /// Columns of a voucher file (TOML or JSON) in the place of the shipped ones.
        #[arg(long)]
        template: Option<PathBuf>,
        #[arg(short, long)]
        output: Option<PathBuf>,
    },
    /// Replay every step and compare what follows with what is recorded.
    Verify { id: String },
}

/// Which book, up to which period, as known when.
#[derive(Debug, clap::Args)]
pub struct Which {
    /// One of the books; the first where absent.
    #[arg(long)]
    book: Option<String>,
    /// Last period; the last one posted where absent.
    #[arg(long, value_parser = month)]
    through: Option<Month>,
    /// As known at this moment (RFC 3339).
    #[arg(long)]
    known_at: Option<DateTime<Utc>>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Notes {
    Json,
    /// Tables with live formulas.
    Xlsx,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum To {
    Hledger,
    Beancount,
    Csv,
    Kingdee,
    Yonyou,
}

fn month(text: &str) -> Result<Month, String> {
    Month::try_from(text.to_owned())
}

impl Which {
    async fn ledger(&self, app: &App, id: &str) -> Result<(valuation::recognition::ledger::Ledger, String), Error> {
        let (ledger, _) = work::ledger(app, id, self.known_at).await?;
        let first = ledger.setup().books.first().map(|book| book.name.clone()).unwrap_or_default();
        let book = self.book.clone().unwrap_or(first);
        Ok((ledger, book))
    }
}

impl Verb {
    pub async fn run(self, global: &Global) -> Result<Answer, Error> {
        let language = global.language();
        match self {
            Verb::Open { .. } | Verb::Record { .. } | Verb::Run { .. } | Verb::Close { .. } => {
                self.write(global, language).await
            }
            Verb::Trial { id, which } => {
                let show = async move |app: &App| {
                    let (ledger, book) = which.ledger(app, &id).await?;
                    let found = trial(&ledger, &book, which.through)?;
                    Answer::done(&found, trial_text(&found, language))
                };
                global.with_app(Access::Read, show).await
            }
            Verb::Memo { id, asset } => {
                let show = async move |app: &App| {
                    let (ledger, _) = work::ledger(app, &id, None).await?;
                    let found = memo::memo(&ledger, &asset)?;
                    let text = memo_text(&found, language);
                    Answer::done(&found, text)
                };
                global.with_app(Access::Read, show).await
            }
            Verb::Disclose { id, which, from, to, output } => {
                let disclose = async move |app: &App| disclose(app, &id, &which, from, (to, output), language).await;
                global.with_app(Access::Read, disclose).await
            }
            Verb::Export { id, which, to, template, output } => {
                let export = async move |app: &App| {
                    let (ledger, book) = which.ledger(app, &id).await?;
                    let format = JournalFormat::from(to);
                    let bytes = files::export(&ledger, &book, format, template.as_deref())?;
                    let path = output.unwrap_or_else(|| format!("{id}.{book}.{}", format.ending()).into());
                    let written = files::keep(&path, &bytes)?;
                    Answer::done(&written, format!("{}  {}", written.file, written.sha256))
                };
                global.with_app(Access::Read, export).await
            }
            Verb::Verify { id } => {
                let check = async move |app: &App| {
                    let found = work::verify(app, &id).await?;
                    let lines = found.failures.iter().map(|f| format!("{} {} {}", f.code, f.subject, f.detail));
                    let count = format!("{} / {}", found.checked, found.entries);
                    let text = std::iter::once(count).chain(lines).collect::<Vec<_>>().join("\n");
                    let answer = Answer::done(&found, text)?;
                    let exit = if found.failures.is_empty() { 0 } else { 6 };
                    Ok(Answer { exit, ..answer })
                };
                global.with_app(Access::Read, check).await
            }
        }
    }

    /// The steps that change the books.
    async fn write(self, global: &Global, language: Language) -> Result<Answer, Error> {
        let act = async move |app: &App| match self {
            Verb::Open { file } => {
                let setup: BookSetup = document::read(&file)?;
                let opened = work::open(app, setup).await?;
                Answer::done(&opened, opened.book_id.clone())
            }
            Verb::Record { id, file } => {
                let done = work::record(app, &id, &file).await?;
                let places = [("recorded", done.recorded.to_string()), ("already", done.already.to_string())];
                let places: Vec<(&str, &str)> = places.iter().map(|(name, value)| (*name, value.as_str())).collect();
                Answer::done(&done, words::format("cli.book.recorded", language, &places))
            }
            Verb::Run { id, through } => answer_run(work::run(app, &id, through).await?),
            Verb::Close { id, period, lock } => answer_run(work::close(app, &id, period, lock).await?),
            _ => Err(Error::internal("a step that does not write")),
        };
        global.with_app(Access::Write, act).await
    }
}

impl From<To> for JournalFormat {
    fn from(to: To) -> JournalFormat {
        match to {
            To::Hledger => JournalFormat::Hledger,
            To::Beancount => JournalFormat::Beancount,
            To::Csv => JournalFormat::Csv,
            To::Kingdee => JournalFormat::Kingdee,
            To::Yonyou => JournalFormat::Yonyou,
        }
    }
}

fn answer_run(run: BookRun) -> Result<Answer, Error> {
    let lines = run.posted.iter().map(|(book, count)| format!("{book}  {count}"));
    let text = lines.collect::<Vec<_>>().join("\n");
    Answer::done(&run, text)
}

async fn disclose(
    app: &App,
    id: &str,
    which: &Which,
    from: Option<Month>,
    (to, output): (Notes, Option<PathBuf>),
    language: Language,
) -> Result<Answer, Error> {
    let (ledger, book) = which.ledger(app, id).await?;
    let through = which.through.or(ledger.through()).unwrap_or(ledger.setup().first_period);
    let from = from.unwrap_or(Month::january(through.year()));
    let notes = files::notes_of(&ledger, &book, from, through)?;
    let bytes = match to {
        Notes::Json if output.is_none() => return Answer::done(&notes, notes_text(&notes, language)),
        Notes::Json => serde_json::to_vec_pretty(&notes).map_err(Error::internal)?,
        Notes::Xlsx => files::notes_workbook(&notes, language)?,
    };
    let ending = if to == Notes::Json { "json" } else { "xlsx" };
    let path = output.unwrap_or_else(|| format!("{id}.{book}.{through}.{ending}").into());
    let written = files::keep(&path, &bytes)?;
    Answer::done(&written, format!("{}  {}", written.file, written.sha256))
}

fn trial_text(found: &TrialBalance, language: Language) -> String {
    let word = |key: &str| words::text(key, language);
    let side = |money: &Option<valuation::money::Money>| money.as_ref().map(amount).unwrap_or_default();
    let mut rows: Vec<Vec<String>> = found
        .accounts
        .iter()
        .map(|line| {
            let name = line.account.label(language);
            vec![line.account.code().to_owned(), name, side(&line.debit), side(&line.credit)]
        })
        .collect();
    rows.push(vec![String::new(), word("book.column.total"), amount(&found.debit), amount(&found.credit)]);
    let head = ["book.column.account", "book.column.name", "book.column.debit", "book.column.credit"].map(word);
    let table = Table { head: head.to_vec(), rows, right: vec![2, 3] }.text();
    format!("{}  {}  {}\n\n{table}", found.book_id, found.book, found.through)
}

fn memo_text(found: &memo::RecognitionMemo, language: Language) -> String {
    let mut lines = vec![format!("{}  {}", found.asset, found.name)];
    for one in &found.decisions {
        let code = serde_json::to_value(one.decision.outcome).unwrap_or_default();
        let outcome = words::text(&format!("book.outcome.{}", code.as_str().unwrap_or_default()), language);
        let rule = words::text(&format!("book.rule.{}", one.decision.rule), language);
        lines.push(format!("\n{}: {outcome} — {rule}", one.book));
        for finding in one.decision.general.iter().chain(&one.decision.development) {
            let names = finding.criteria.iter().map(|criterion| {
                let code = serde_json::to_value(criterion).unwrap_or_default();
                words::text(&format!("book.criterion.{}", code.as_str().unwrap_or_default()), language)
            });
            let mark = if finding.met { "✓" } else { "✗" };
            let evidence = finding.evidence.join(" ");
            lines.push(format!("  {mark} {}  {evidence}", names.collect::<Vec<_>>().join(" + ")));
        }
    }
    lines.join("\n")
}

fn notes_text(notes: &valuation::recognition::disclosure::Notes, language: Language) -> String {
    let word = |key: &str| words::text(key, language);
    let mut text = Vec::new();
    let tables =
        [("intangible", &notes.intangible), ("inventory", &notes.inventory), ("development", &notes.development)];
    for (name, table) in tables {
        let head = ["item", "bought", "made", "otherwise", "total"].map(|key| word(&format!("book.column.{key}")));
        let rows = table.rows.iter().map(|row| {
            let label = format!("{}{}", "  ".repeat(row.level.into()), word(&format!("book.note.{}", row.key)));
            let values = row.values.iter().chain([&row.total]).map(|value| match row.level {
                0 => String::new(),
                _ => amount(&valuation::money::Money::new(*value, notes.currency)),
            });
            std::iter::once(label).chain(values).collect()
        });
        text.push(word(&format!("book.sheet.{name}")));
        text.push(Table { head: head.to_vec(), rows: rows.collect(), right: vec![1, 2, 3, 4] }.text());
    }
    text.join("\n\n")
}
