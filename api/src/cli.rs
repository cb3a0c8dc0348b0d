//! The command line: `hengshu <noun> <verb>`.
//!
//! Standard output holds the answer and nothing else; progress and logs go to standard error. Exit codes: 0 done, 1 our
//! fault or the machine's, 2 wrong usage, 3 bad input, 4 refused by a rule, 5 not found, 6 store or register damaged.

pub mod admin;
pub mod asset;
pub mod certificate;
pub mod demo;
pub mod evaluate;
pub mod index;
pub mod judge;
pub mod model;
pub mod option;
pub mod public_data;
pub mod quality;
pub mod report;
pub mod schema;
pub mod serve;
pub mod share;
pub mod trades;
pub mod value;
pub mod verify;

use std::ffi::OsString;
use std::io::Write;
use std::path::PathBuf;
use std::process::ExitCode;

use clap::error::ErrorKind;
use clap::{Args, CommandFactory, FromArgMatches, Parser, Subcommand, ValueEnum};
use serde::Serialize;
use serde_json::Value;
use valuation::words::Language;

use crate::app::App;
use crate::config::Config;
use crate::config::file::ConfigFile;
use crate::error::Error;
use crate::problem::{Failure, Told};
use crate::progress::Progress;
use crate::register::Access;

/// Prices data assets: cost, income and market approach, recorded and reported. 数据资产定价：成本法、收益法、市场法，登记并出具报告。
#[derive(Debug, Parser)]
#[command(name = "hengshu", version, arg_required_else_help = true)]
struct Cli {
    #[command(flatten)]
    global: Global,
    #[command(subcommand)]
    command: Command,
}

/// What every command understands.
#[derive(Clone, Debug, Args)]
#[command(next_help_heading = "Global options")]
pub struct Global {
    /// Answer as one JSON object or as a table.
    #[arg(long, global = true, value_enum, default_value = "table")]
    pub format: Format,
    /// Language of tables, messages and reports.
    #[arg(long, global = true, value_enum, default_value = "zh", env = "HENGSHU_LANG")]
    pub lang: Lang,
    /// Threads that compute; one per core where 0.
    #[arg(long, global = true, default_value_t = 0)]
    pub threads: usize,
    /// Seed where chance is involved; recorded in the output.
    #[arg(long, global = true)]
    pub seed: Option<u64>,
    /// Where the register, the trade store and the reports live.
    #[arg(long, global = true, default_value = "./hengshu-data", env = "HENGSHU_DATA_DIR")]
    pub data_dir: PathBuf,
    /// A configuration file; `hengshu.toml` in the present folder where there is one.
    #[arg(long, global = true, value_name = "FILE", env = "HENGSHU_CONFIG")]
    pub config: Option<PathBuf>,
    /// What the file and the environment say that no option says.
    #[arg(skip)]
    pub settings: ConfigFile,
    /// Address of a PostgreSQL database for the register, such as postgres://USER@HOST/DATABASE; a file where absent.
    #[arg(long, global = true, value_name = "URL", env = "HENGSHU_REGISTER", hide_env_values = true)]
    pub register: Option<String>,
    /// Whose chain records are written to.
    #[arg(long, global = true, default_value = "local", env = "HENGSHU_ORGANISATION")]
    pub organisation: String,
    /// Who is recorded as the writer.
    #[arg(long, global = true, default_value = "local", env = "HENGSHU_ACTOR")]
    pub actor: String,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Format {
    Json,
    Table,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Lang {
    Zh,
    En,
}

impl From<Lang> for Language {
    fn from(lang: Lang) -> Language {
        match lang {
            Lang::Zh => Language::Zh,
            Lang::En => Language::En,
        }
    }
}

#[derive(Debug, Subcommand)]
enum Command {
    /// People, tokens, audit, backup and restore.
    #[command(subcommand)]
    Admin(admin::Verb),
    /// Register and show data assets.
    #[command(subcommand)]
    Asset(asset::Verb),
    /// Write a sample market, fit a price model, value three sample assets, write their files.
    Demo(demo::Demo),
    /// Measure how good prices or assessments are.
    #[command(subcommand)]
    Evaluate(evaluate::Verb),
    /// Price indices.
    #[command(subcommand)]
    Index(index::Verb),
    /// Weights and verdicts from expert judgement.
    #[command(subcommand)]
    Judge(judge::Verb),
    /// Fit price models and read their cards.
    #[command(subcommand)]
    Model(model::Verb),
    /// Price one option: Black–Scholes–Merton or the Cox–Ross–Rubinstein tree.
    Option(option::OptionFile),
    /// Import trades and check the trade store.
    #[command(subcommand)]
    Trades(trades::Verb),
    /// Measure the quality of a table.
    Quality(quality::Quality),
    /// Value a case and record the result.
    Value(value::Value),
    /// Write the report or the working paper of a recorded valuation.
    Report(report::Report),
    /// Check that everything recorded is as it was written and is calculated the same again.
    Verify(verify::Verify),
    /// Print the JSON Schema of an input or output.
    Schema(schema::Schema),
    /// Seal, verify and revoke certificates of assets and valuations.
    #[command(subcommand)]
    Certificate(certificate::Verb),
    /// Price the authorised operation of public data: permitted revenue, ceilings, tiers, yearly report.
    #[command(subcommand)]
    PublicData(public_data::Verb),
    /// Value contributions and divide income by them.
    #[command(subcommand)]
    Share(share::Verb),
    /// Serve the HTTP interface.
    Serve(serve::Serve),
}

/// What a command answers.
pub struct Answer {
    pub json: Value,
    /// The same for people.
    pub text: String,
    pub exit: u8,
}

impl Answer {
    /// A successful answer.
    pub fn done(json: &impl Serialize, text: String) -> Result<Answer, Error> {
        Ok(Answer { json: serde_json::to_value(json).map_err(Error::internal)?, text, exit: 0 })
    }
}

impl Global {
    /// The settings these arguments stand for.
    pub fn config(&self) -> Config {
        let mut config = Config::at(&self.data_dir);
        config.data.register.clone_from(&self.register);
        config.data.organisation.clone_from(&self.organisation);
        config.data.actor.clone_from(&self.actor);
        config.compute.threads = self.threads;
        config.language = self.lang.into();
        self.settings.fill(&mut config);
        config
    }

    pub fn language(&self) -> Language {
        self.lang.into()
    }

    pub fn progress(&self) -> Progress {
        Progress::on_terminal()
    }

    /// Runs `work` on the threads asked for.
    pub fn on_threads<T: Send>(&self, work: impl FnOnce() -> Result<T, Error> + Send) -> Result<T, Error> {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(self.threads).build().map_err(Error::internal)?;
        pool.install(work)
    }

    /// Runs `work` with the house open and closes it afterwards.
    pub async fn with_app<F>(&self, access: Access, work: F) -> Result<Answer, Error>
    where
        F: AsyncFnOnce(&App) -> Result<Answer, Error>,
    {
        let app = App::open(self.config(), access).await?;
        let answer = work(&app).await;
        let closed = app.close().await;
        let answer = answer?;
        closed.map(|()| answer)
    }
}

async fn run(cli: Cli) -> Result<Answer, Error> {
    let global = &cli.global;
    match cli.command {
        Command::Admin(verb) => verb.run(global).await,
        Command::Asset(verb) => verb.run(global).await,
        Command::Demo(demo) => demo.run(global).await,
        Command::Evaluate(verb) => verb.run(global),
        Command::Index(verb) => verb.run(global),
        Command::Judge(verb) => verb.run(global),
        Command::Model(verb) => verb.run(global).await,
        Command::Option(option) => option.run(global),
        Command::Trades(verb) => verb.run(global).await,
        Command::Value(value) => value.run(global).await,
        Command::Quality(quality) => quality.run(global),
        Command::Report(report) => report.run(global).await,
        Command::Verify(verify) => verify.run(global).await,
        Command::Schema(schema) => schema.run(),
        Command::Certificate(verb) => verb.run(global).await,
        Command::PublicData(verb) => verb.run(global),
        Command::Share(verb) => verb.run(global).await,
        Command::Serve(serve) => serve.run(global).await,
    }
}

/// The program: reads the arguments, runs the command, prints the answer or the fault.
pub fn main() -> ExitCode {
    let arguments: Vec<OsString> = std::env::args_os().collect();
    let (format, language) = asked(&arguments);
    let settings = match settings(&arguments) {
        Ok(settings) => settings,
        Err(error) => return fail(&error, format, language),
    };
    let cli = match parsed(&arguments, &settings) {
        Ok(mut cli) => {
            cli.global.settings = settings;
            cli
        }
        Err(said) if matches!(said.kind(), ErrorKind::DisplayHelp | ErrorKind::DisplayVersion) => {
            print(&said.render().to_string());
            return ExitCode::SUCCESS;
        }
        Err(said) => {
            let said = said.render().to_string();
            let said = said.strip_prefix("error: ").unwrap_or(&said).trim_end().to_owned();
            return fail(&Error::WrongUsage { said }, format, language);
        }
    };
    log();
    let (format, language) = (cli.global.format, cli.global.lang.into());
    let answered = match crate::runtime() {
        Ok(runtime) => runtime.block_on(run(cli)),
        Err(cause) => Err(Error::internal(cause)),
    };
    match answered {
        Ok(answer) => {
            print(&match format {
                Format::Json => format!("{}\n", answer.json),
                Format::Table if answer.text.is_empty() => String::new(),
                Format::Table => format!("{}\n", answer.text.trim_end()),
            });
            ExitCode::from(answer.exit)
        }
        Err(error) => fail(&error, format, language),
    }
}

/// Logs go to standard error: lines for people, or JSON objects where `HENGSHU_LOG_FORMAT` is `json`.
fn log() {
    let filter = tracing_subscriber::EnvFilter::try_from_env("HENGSHU_LOG").unwrap_or_else(|_| "warn".into());
    let log = tracing_subscriber::fmt().with_env_filter(filter).with_writer(std::io::stderr);
    match std::env::var("HENGSHU_LOG_FORMAT").as_deref() {
        Ok("json") => log.json().init(),
        _ => log.init(),
    }
}

/// The configuration file that is named, or the one that lies here; the environment over it.
fn settings(arguments: &[OsString]) -> Result<ConfigFile, Error> {
    let named = value(arguments, "--config").or_else(|| std::env::var("HENGSHU_CONFIG").ok()).map(PathBuf::from);
    let here = PathBuf::from("hengshu.toml");
    let mut settings = match named.or_else(|| here.is_file().then_some(here)) {
        Some(file) => ConfigFile::read(&file)?,
        None => ConfigFile::default(),
    };
    settings.overlay(|name| std::env::var(name).ok())?;
    Ok(settings)
}

/// Reads the arguments: an option stands before the environment, the environment before the file, the file before what we
/// think best.
fn parsed(arguments: &[OsString], settings: &ConfigFile) -> Result<Cli, clap::Error> {
    let mut command = Cli::command();
    for (name, value) in settings.options() {
        // A default lives as long as the program; there are a handful, made once.
        let value: &'static str = value.leak();
        command = command.mut_arg(name, |option| option.default_value(value));
    }
    if let Some(bind) = settings.service.bind.clone() {
        let bind: &'static str = bind.leak();
        for name in ["serve", "demo"] {
            command = command.mut_subcommand(name, |c| c.mut_arg("bind", |option| option.default_value(bind)));
        }
    }
    Cli::from_arg_matches(&command.try_get_matches_from(arguments)?)
}

/// The value of an option as far as it can be seen in arguments that may not be understood as a whole.
fn value(arguments: &[OsString], name: &str) -> Option<String> {
    arguments.iter().enumerate().find_map(|(at, argument)| {
        let argument = argument.to_str()?;
        match argument.strip_prefix(name)? {
            "" => arguments.get(at + 1)?.to_str().map(str::to_owned),
            rest => rest.strip_prefix('=').map(str::to_owned),
        }
    })
}

/// Format and language as far as they can be seen in arguments that may not be understood as a whole.
fn asked(arguments: &[OsString]) -> (Format, Language) {
    let value = |name: &str| value(arguments, name);
    let format = if value("--format").as_deref() == Some("json") { Format::Json } else { Format::Table };
    let language = value("--lang").or_else(|| std::env::var("HENGSHU_LANG").ok());
    (format, if language.as_deref() == Some("en") { Language::En } else { Language::Zh })
}

fn fail(error: &Error, format: Format, language: Language) -> ExitCode {
    let told = Told::of(error, language);
    match format {
        Format::Json => match serde_json::to_string(&Failure { error: told }) {
            Ok(json) => print(&format!("{json}\n")),
            Err(cause) => eprintln!("{cause}"),
        },
        Format::Table => eprintln!("{}", told.lines(language)),
    }
    ExitCode::from(error.table().exit)
}

/// Prints to standard output; a reader that went away is no fault of ours.
fn print(text: &str) {
    let mut out = std::io::stdout().lock();
    let _ = out.write_all(text.as_bytes()).and_then(|()| out.flush());
}
