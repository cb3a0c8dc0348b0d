//! The register: append-only JSON documents with one audit chain per organisation, in SQLite.
//!
//! A record is never edited: a later one supersedes it, with a reason. Each write adds a link to the chain of its
//! organisation in the same transaction, and is acknowledged only after it is on disk.

mod anchor;
mod audit;
mod fault;
mod sql;
mod verify;

use std::path::{Path, PathBuf};
use std::time::Duration;

use chrono::{DateTime, SecondsFormat, Utc};
use serde_json::Value;
use sqlx::sqlite::{SqliteConnectOptions, SqliteJournalMode, SqlitePool, SqlitePoolOptions, SqliteSynchronous};

pub use audit::Link;
pub use fault::RegisterError;
pub use sql::RecordRow;
pub use verify::{Finding, seal};

use anchor::Anchor;

/// The name of the register's file below the data folder.
pub const FILE: &str = "register.db";

/// What a record is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Kind {
    Asset,
    /// Books of an entity: their setup.
    Book,
    /// A step of a book: an event, a run, a closing.
    BookAct,
    /// One import of trades, with the files it wrote.
    Trades,
    Model,
    Valuation,
    /// The files of one working paper or report.
    Report,
    /// A sealed certificate of a registration or a valuation, or its revocation.
    Certificate,
}

impl Kind {
    /// The name in the table and in messages.
    pub fn key(self) -> &'static str {
        match self {
            Kind::Asset => "asset",
            Kind::Book => "book",
            Kind::BookAct => "book_act",
            Kind::Trades => "trades",
            Kind::Model => "model",
            Kind::Valuation => "valuation",
            Kind::Report => "report",
            Kind::Certificate => "certificate",
        }
    }
}

/// What is to be recorded.
#[derive(Clone, Debug, PartialEq)]
pub struct Entry {
    pub kind: Kind,
    /// Made by the caller or from the content, so that a retry names the same record.
    pub id: String,
    pub document: Value,
    /// The record this one replaces, and why.
    pub supersedes: Option<Superseded>,
}

/// A record that is replaced, and why.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Superseded {
    pub id: String,
    pub reason: String,
}

/// A record as it stands in the register.
#[derive(Clone, Debug, PartialEq)]
pub struct Record {
    /// Its place in the chain of its organisation, counted from 1.
    pub number: i64,
    pub recorded_at: String,
    pub actor: String,
    pub kind: String,
    pub id: String,
    pub supersedes: Option<String>,
    pub reason: Option<String>,
    /// SHA-256 over organisation, kind, id, supersedes, reason and document.
    pub hash: String,
    pub document: Value,
}

/// What [`Register::record`] answers: the record, and whether it was written now or had been there.
#[derive(Clone, Debug, PartialEq)]
pub struct Recorded {
    pub record: Record,
    pub fresh: bool,
}

/// Whether a command may write.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Access {
    /// Creates the register where there is none.
    Write,
    /// Leaves a missing register missing.
    Read,
}

/// An open register; clones share it.
#[derive(Clone)]
pub struct Register {
    pool: SqlitePool,
    dir: PathBuf,
    file: PathBuf,
    /// In memory or on a read-only disk: nothing can be recorded.
    fixed: bool,
}

impl Register {
    /// Opens the register below `dir`.
    ///
    /// Errors: `read_only`, `disk_full`, `register_damaged`, `register_newer`.
    pub async fn open(dir: &Path, access: Access) -> Result<Register, RegisterError> {
        let file = dir.join(FILE);
        if !file.exists() && access == Access::Read {
            let memory = SqliteConnectOptions::new().in_memory(true);
            return Register::connect(memory, dir, true).await;
        }
        if !file.exists() {
            std::fs::create_dir_all(dir).map_err(|cause| RegisterError::of_file(dir, &cause))?;
        }
        let options = SqliteConnectOptions::new()
            .filename(&file)
            .create_if_missing(access == Access::Write)
            .busy_timeout(Duration::from_secs(30))
            .journal_mode(SqliteJournalMode::Wal)
            // An acknowledged write must survive a kill and a power cut.
            .synchronous(SqliteSynchronous::Full);
        match Register::connect(options, dir, false).await {
            Err(RegisterError::ReadOnly { .. }) if access == Access::Read && anchor::at_rest(dir) => {
                let archived = SqliteConnectOptions::new().filename(&file).read_only(true).immutable(true);
                Register::connect(archived, dir, true).await
            }
            opened => opened,
        }
    }

    async fn connect(options: SqliteConnectOptions, dir: &Path, fixed: bool) -> Result<Register, RegisterError> {
        let file = dir.join(FILE);
        let said = |cause: sqlx::Error| RegisterError::of_database(&file, &cause);
        // One connection: SQLite has one writer anyway, and statements here take well under a millisecond.
        let pool = SqlitePoolOptions::new()
            .max_connections(1)
            .min_connections(1)
            .idle_timeout(None)
            .max_lifetime(None)
            .acquire_timeout(Duration::from_secs(60))
            .connect_with(options)
            .await
            .map_err(said)?;
        sql::migrate(&pool, &file).await?;
        Ok(Register { pool, dir: dir.to_owned(), file, fixed })
    }

    fn said(&self, cause: sqlx::Error) -> RegisterError {
        RegisterError::of_database(&self.file, &cause)
    }

    /// Records `entries` in one transaction: all or none. An entry that is there already with the same content is answered
    /// as it stands.
    ///
    /// Errors: `id_conflict` where the id is there with other content; `already_superseded`; `record_not_found`;
    /// `reason_missing`; `read_only`; `disk_full`.
    pub async fn record(
        &self,
        organisation: &str,
        actor: &str,
        entries: &[Entry],
    ) -> Result<Vec<Recorded>, RegisterError> {
        if self.fixed {
            return Err(RegisterError::ReadOnly { file: self.file.clone() });
        }
        let _held = anchor::hold(&self.dir).await?;
        let mut transaction = self.pool.begin_with("BEGIN IMMEDIATE").await.map_err(|c| self.said(c))?;
        let mut head = sql::head(&mut transaction, organisation).await.map_err(|c| self.said(c))?;
        let before = head.clone();
        let mut answers = Vec::with_capacity(entries.len());
        for entry in entries {
            let answer = self.write(&mut transaction, organisation, actor, entry, &mut head).await?;
            answers.push(answer);
        }
        if head == before {
            return Ok(answers);
        }
        Anchor::open(&self.dir)?;
        transaction.commit().await.map_err(|c| self.said(c))?;
        if let Some(head) = &head {
            Anchor::moved(&self.dir, organisation, head)?;
        }
        Ok(answers)
    }

    async fn write(
        &self,
        transaction: &mut sqlx::SqliteConnection,
        organisation: &str,
        actor: &str,
        entry: &Entry,
        head: &mut Option<Link>,
    ) -> Result<Recorded, RegisterError> {
        let kind = entry.kind.key();
        let document = entry.document.to_string();
        let (supersedes, reason) = match &entry.supersedes {
            None => (None, None),
            Some(replaced) => (Some(replaced.id.clone()), Some(replaced.reason.clone())),
        };
        let hash =
            audit::record_hash(organisation, kind, &entry.id, supersedes.as_deref(), reason.as_deref(), &document);
        let there = sql::record(transaction, organisation, kind, &entry.id, FOREVER).await;
        if let Some(row) = there.map_err(|c| self.said(c))? {
            if row.hash != hash {
                return Err(RegisterError::Conflict { kind, id: entry.id.clone() });
            }
            return Ok(Recorded { record: self.read(row)?, fresh: false });
        }
        if let Some(replaced) = &entry.supersedes {
            self.may_supersede(transaction, organisation, kind, replaced).await?;
        }
        let link = Link::after(head.as_ref(), organisation, actor, kind, &entry.id, &hash, &now(head.as_ref()));
        let row = RecordRow {
            organisation: organisation.to_owned(),
            number: link.number,
            recorded_at: link.recorded_at.clone(),
            actor: actor.to_owned(),
            kind: kind.to_owned(),
            id: entry.id.clone(),
            supersedes,
            reason,
            hash,
            document,
        };
        sql::insert_record(transaction, &row).await.map_err(|c| self.said(c))?;
        sql::insert_link(transaction, organisation, &link).await.map_err(|c| self.said(c))?;
        *head = Some(link);
        Ok(Recorded { record: self.read(row)?, fresh: true })
    }

    async fn may_supersede(
        &self,
        transaction: &mut sqlx::SqliteConnection,
        organisation: &str,
        kind: &'static str,
        replaced: &Superseded,
    ) -> Result<(), RegisterError> {
        if replaced.reason.trim().is_empty() {
            return Err(RegisterError::ReasonMissing { id: replaced.id.clone() });
        }
        let old = sql::record(transaction, organisation, kind, &replaced.id, FOREVER).await;
        if old.map_err(|c| self.said(c))?.is_none() {
            return Err(RegisterError::NotFound { kind, id: replaced.id.clone() });
        }
        let later = sql::superseded_by(transaction, organisation, kind, &replaced.id, FOREVER).await;
        match later.map_err(|c| self.said(c))? {
            Some(by) => Err(RegisterError::AlreadySuperseded { id: replaced.id.clone(), by }),
            None => Ok(()),
        }
    }

    /// The record of a row, where it hashes to what was written: nothing is made from a changed record.
    fn read(&self, row: RecordRow) -> Result<Record, RegisterError> {
        let damaged = || RegisterError::Damaged { file: self.file.clone(), what: format!("{} {}", row.kind, row.id) };
        if row.hash != row.expected_hash() {
            return Err(damaged());
        }
        let document = serde_json::from_str(&row.document).map_err(|_| damaged())?;
        Ok(Record {
            number: row.number,
            recorded_at: row.recorded_at,
            actor: row.actor,
            kind: row.kind,
            id: row.id,
            supersedes: row.supersedes,
            reason: row.reason,
            hash: row.hash,
            document,
        })
    }

    /// The record `id` as known at `known_at` (now where it is `None`).
    pub async fn get(
        &self,
        organisation: &str,
        kind: Kind,
        id: &str,
        known_at: Option<DateTime<Utc>>,
    ) -> Result<Option<Record>, RegisterError> {
        let known_at = moment(known_at);
        let mut connection = self.pool.acquire().await.map_err(|c| self.said(c))?;
        let row = sql::record(&mut connection, organisation, kind.key(), id, &known_at).await;
        row.map_err(|c| self.said(c))?.map(|row| self.read(row)).transpose()
    }

    /// The record that replaced `id`, as known at `known_at`.
    pub async fn superseded_by(
        &self,
        organisation: &str,
        kind: Kind,
        id: &str,
        known_at: Option<DateTime<Utc>>,
    ) -> Result<Option<String>, RegisterError> {
        let known_at = moment(known_at);
        let mut connection = self.pool.acquire().await.map_err(|c| self.said(c))?;
        let later = sql::superseded_by(&mut connection, organisation, kind.key(), id, &known_at).await;
        later.map_err(|c| self.said(c))
    }

    /// Up to `limit` records of `kind` that are not superseded, as known at `known_at`, after place `after` of the chain.
    pub async fn list(
        &self,
        organisation: &str,
        kind: Kind,
        after: i64,
        limit: i64,
        known_at: Option<DateTime<Utc>>,
    ) -> Result<Vec<Record>, RegisterError> {
        let known_at = moment(known_at);
        let mut connection = self.pool.acquire().await.map_err(|c| self.said(c))?;
        let rows = sql::records(&mut connection, organisation, kind.key(), after, limit, &known_at).await;
        rows.map_err(|c| self.said(c))?.into_iter().map(|row| self.read(row)).collect()
    }

    /// Closes the register and, where no other process has unfinished writes, seals its file.
    pub async fn close(self) -> Result<(), RegisterError> {
        self.pool.close().await;
        if self.fixed {
            return Ok(());
        }
        let _held = anchor::hold(&self.dir).await?;
        Anchor::seal(&self.dir)
    }
}

/// Later than every moment that can be recorded.
const FOREVER: &str = "9999-12-31T23:59:59.999999Z";

fn moment(known_at: Option<DateTime<Utc>>) -> String {
    known_at.map_or_else(|| FOREVER.to_owned(), |at| at.to_rfc3339_opts(SecondsFormat::Micros, true))
}

/// The moment of a write; never before the previous one of the chain, whatever the clock says.
fn now(head: Option<&Link>) -> String {
    let now = moment(Some(Utc::now()));
    match head {
        Some(head) if head.recorded_at > now => head.recorded_at.clone(),
        _ => now,
    }
}
