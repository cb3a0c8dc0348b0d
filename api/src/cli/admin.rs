//! `hengshu admin person|people|token|revoke|verify|export|backup|restore`.

use std::io::BufRead;
use std::path::PathBuf;

use clap::Subcommand;
use serde_json::json;
use valuation::words;

use crate::access::Role;
use crate::app::App;
use crate::cli::verify::Verify;
use crate::cli::{Answer, Global};
use crate::error::Error;
use crate::register::Access;
use crate::whole;
use crate::work::page::Ask;
use crate::work::person::{self, PersonRequest};
use crate::work::token::{self, TokenRequest};
use crate::work::{audit, backup};

#[derive(Debug, Subcommand)]
pub enum Verb {
    /// Record a person of the organisation, or change one.
    Person {
        /// What the person signs in with.
        id: String,
        /// Name as it is printed; the id where absent.
        #[arg(long)]
        name: Option<String>,
        /// Once for each role.
        #[arg(long, value_enum, required = true)]
        role: Vec<Role>,
        /// Read the password from standard input.
        #[arg(long)]
        password_stdin: bool,
        /// Take every access away.
        #[arg(long)]
        disable: bool,
        /// Why a recorded person is changed.
        #[arg(long)]
        reason: Option<String>,
    },
    /// List people of the organisation.
    People,
    /// Make an API token for a person; it is printed once.
    Token {
        person: String,
        /// Once for each role.
        #[arg(long, value_enum, required = true)]
        role: Vec<Role>,
        /// Days until it ends.
        #[arg(long, default_value_t = 90)]
        days: u32,
    },
    /// End a token for good.
    Revoke { id: String },
    /// Check that everything recorded is as it was written; names what is not.
    Verify,
    /// Write the organisation's chain with the hashes of its evidence, one JSON object a line.
    Export {
        /// Where to write it.
        #[arg(short, long)]
        output: PathBuf,
    },
    /// Write a backup of register and files into an empty folder.
    Backup { folder: PathBuf },
    /// Restore a backup into an empty data folder and an empty register.
    Restore { folder: PathBuf },
}

impl Verb {
    pub async fn run(self, global: &Global) -> Result<Answer, Error> {
        match self {
            Verb::Person { id, name, role, password_stdin, disable, reason } => {
                let password = if password_stdin { Some(line()?) } else { None };
                let name = name.unwrap_or_else(|| id.clone());
                let request = PersonRequest { name, roles: role, password, disabled: disable, reason };
                let put = async move |app: &App| {
                    let (record, _) = person::put(app, &id, request, None).await?;
                    Answer::done(&record, format!("{}  {}", record.person_id, record.kept.record_hash))
                };
                global.with_app(Access::Write, put).await
            }
            Verb::People => {
                let list = async move |app: &App| {
                    let page = person::list(app, &Ask { limit: Some(1000), cursor: None }).await?;
                    let line = |one: &person::PersonRecord| {
                        let roles: Vec<&str> = one.roles.iter().map(|role| role.key()).collect();
                        format!("{}  {}  {}", one.person_id, one.name, roles.join(", "))
                    };
                    let lines: Vec<String> = page.items.iter().map(line).collect();
                    Answer::done(&page, lines.join("\n"))
                };
                global.with_app(Access::Read, list).await
            }
            Verb::Token { person, role, days } => {
                let make = async move |app: &App| {
                    let record = token::make(app, TokenRequest { person, roles: role, days }).await?;
                    Answer::done(&record, record.token.clone().unwrap_or_default())
                };
                global.with_app(Access::Write, make).await
            }
            Verb::Revoke { id } => {
                let revoke = async move |app: &App| {
                    let record = token::revoke(app, &id).await?;
                    Answer::done(&record, record.token_id.clone())
                };
                global.with_app(Access::Write, revoke).await
            }
            Verb::Verify => Verify::everything().run(global).await,
            Verb::Export { output } => {
                let export = async move |app: &App| {
                    let lines = audit::export(app).await?;
                    whole::write(&output, &lines).map_err(|cause| Error::of_file(&output, &cause))?;
                    let (file, sha256) = (output.display().to_string(), whole::sha256(&lines));
                    Answer::done(&json!({ "file": file, "sha256": sha256 }), format!("{file}  {sha256}"))
                };
                global.with_app(Access::Read, export).await
            }
            Verb::Backup { folder } => {
                let write = async move |app: &App| told(&backup::backup(app, &folder).await?, global);
                global.with_app(Access::Read, write).await
            }
            Verb::Restore { folder } => {
                backup::may_restore(&global.data_dir)?;
                let restore = async move |app: &App| told(&backup::restore(app, &folder).await?, global);
                global.with_app(Access::Write, restore).await
            }
        }
    }
}

fn told(backup: &backup::Backup, global: &Global) -> Result<Answer, Error> {
    let (records, files) = (backup.records.to_string(), backup.files.len().to_string());
    let places = [("records", records.as_str()), ("files", files.as_str())];
    Answer::done(backup, words::format("cli.backup", global.language(), &places))
}

fn line() -> Result<String, Error> {
    let mut line = String::new();
    std::io::stdin().lock().read_line(&mut line).map_err(|cause| Error::WrongUsage { said: cause.to_string() })?;
    Ok(line.trim_end_matches(['\r', '\n']).to_owned())
}
