//! The statements of the register: TEXT and BIGINT, `$n`, no update and no delete.

use std::path::Path;

use sqlx::sqlite::{SqliteConnection, SqlitePool};
use sqlx::{query, query_as, query_scalar};

use super::audit::{self, Link};
use super::fault::RegisterError;

const MIGRATIONS: &[&str] = &[include_str!("../../migrations/0001_register.sql")];

const INSERT_RECORD: &str = "INSERT INTO record (organisation, number, recorded_at, actor, kind, id, supersedes, reason, \
                             hash, document) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)";
const INSERT_LINK: &str = "INSERT INTO audit (organisation, number, recorded_at, actor, kind, id, record_hash, previous, \
                           hash) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)";
const HEAD: &str = "SELECT number, recorded_at, actor, kind, id, record_hash, previous, hash FROM audit \
                    WHERE organisation = $1 ORDER BY number DESC LIMIT 1";
const RECORD: &str = "SELECT organisation, number, recorded_at, actor, kind, id, supersedes, reason, hash, document \
                      FROM record WHERE organisation = $1 AND kind = $2 AND id = $3 AND recorded_at <= $4";
const SUPERSEDED_BY: &str = "SELECT id FROM record WHERE organisation = $1 AND kind = $2 AND supersedes = $3 \
                             AND recorded_at <= $4 ORDER BY number LIMIT 1";
const RECORDS: &str = "SELECT organisation, number, recorded_at, actor, kind, id, supersedes, reason, hash, document \
                       FROM record WHERE organisation = $1 AND kind = $2 AND number > $3 AND recorded_at <= $4 \
                       AND NOT EXISTS (SELECT 1 FROM record AS later WHERE later.organisation = record.organisation \
                       AND later.kind = record.kind AND later.supersedes = record.id AND later.recorded_at <= $4) \
                       ORDER BY number LIMIT $5";
const RECORDS_BY_NUMBER: &str = "SELECT organisation, number, recorded_at, actor, kind, id, supersedes, reason, hash, \
                                 document FROM record WHERE organisation = $1 AND number > $2 ORDER BY number LIMIT $3";
const LINKS: &str = "SELECT number, recorded_at, actor, kind, id, record_hash, previous, hash FROM audit \
                     WHERE organisation = $1 AND number > $2 ORDER BY number LIMIT $3";
const ORGANISATIONS: &str =
    "SELECT organisation FROM record UNION SELECT organisation FROM audit ORDER BY organisation";
const VERSION: &str = "SELECT MAX(number) FROM migration";
/// SQLite's own catalogue; the only statement that the other database words differently.
const TABLES: &str = "SELECT COUNT(*) FROM sqlite_schema WHERE type = 'table'";

/// A row of the table `record`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RecordRow {
    pub organisation: String,
    pub number: i64,
    pub recorded_at: String,
    pub actor: String,
    pub kind: String,
    pub id: String,
    pub supersedes: Option<String>,
    pub reason: Option<String>,
    pub hash: String,
    pub document: String,
}

impl RecordRow {
    /// The hash its content must have.
    pub fn expected_hash(&self) -> String {
        let (supersedes, reason) = (self.supersedes.as_deref(), self.reason.as_deref());
        audit::record_hash(&self.organisation, &self.kind, &self.id, supersedes, reason, &self.document)
    }
}

type RecordColumns = (String, i64, String, String, String, String, Option<String>, Option<String>, String, String);
type LinkColumns = (i64, String, String, String, String, String, String, String);
type RecordBytes = (Bytes, i64, Bytes, Bytes, Bytes, Bytes, Option<Bytes>, Option<Bytes>, Bytes, Bytes);
type LinkBytes = (i64, Bytes, Bytes, Bytes, Bytes, Bytes, Bytes, Bytes);

/// A text that may be broken: a walk must be able to name the row that holds it.
type Bytes = Vec<u8>;

fn shown(bytes: Bytes) -> String {
    String::from_utf8_lossy(&bytes).into_owned()
}

fn row(columns: RecordColumns) -> RecordRow {
    let (organisation, number, recorded_at, actor, kind, id, supersedes, reason, hash, document) = columns;
    RecordRow { organisation, number, recorded_at, actor, kind, id, supersedes, reason, hash, document }
}

fn link(columns: LinkColumns) -> Link {
    let (number, recorded_at, actor, kind, id, record_hash, previous, hash) = columns;
    Link { number, recorded_at, actor, kind, id, record_hash, previous, hash }
}

/// Brings an empty or older register to this build's tables.
pub async fn migrate(pool: &SqlitePool, file: &Path) -> Result<(), RegisterError> {
    let said = |cause: sqlx::Error| RegisterError::of_database(file, &cause);
    let known = MIGRATIONS.len() as i64;
    let mut connection = pool.acquire().await.map_err(said)?;
    if version(&mut connection).await.map_err(said)? < known {
        drop(connection);
        let mut transaction = pool.begin_with("BEGIN IMMEDIATE").await.map_err(said)?;
        // Another process may have been first.
        let have = version(&mut transaction).await.map_err(said)?;
        for migration in &MIGRATIONS[have.clamp(0, known) as usize..] {
            sqlx::raw_sql(*migration).execute(&mut *transaction).await.map_err(said)?;
        }
        transaction.commit().await.map_err(said)?;
        connection = pool.acquire().await.map_err(said)?;
    }
    match version(&mut connection).await.map_err(said)? {
        found if found > known => Err(RegisterError::Newer { file: file.to_owned(), found, known }),
        _ => Ok(()),
    }
}

async fn version(connection: &mut SqliteConnection) -> Result<i64, sqlx::Error> {
    if query_scalar::<_, i64>(TABLES).fetch_one(&mut *connection).await? == 0 {
        return Ok(0);
    }
    Ok(query_scalar::<_, Option<i64>>(VERSION).fetch_one(connection).await?.unwrap_or(0))
}

/// The last link of the chain.
pub async fn head(connection: &mut SqliteConnection, organisation: &str) -> Result<Option<Link>, sqlx::Error> {
    Ok(query_as::<_, LinkColumns>(HEAD).bind(organisation).fetch_optional(connection).await?.map(link))
}

pub async fn record(
    connection: &mut SqliteConnection,
    organisation: &str,
    kind: &str,
    id: &str,
    known_at: &str,
) -> Result<Option<RecordRow>, sqlx::Error> {
    let found = query_as::<_, RecordColumns>(RECORD).bind(organisation).bind(kind).bind(id).bind(known_at);
    Ok(found.fetch_optional(connection).await?.map(row))
}

pub async fn superseded_by(
    connection: &mut SqliteConnection,
    organisation: &str,
    kind: &str,
    id: &str,
    known_at: &str,
) -> Result<Option<String>, sqlx::Error> {
    let later = query_scalar(SUPERSEDED_BY).bind(organisation).bind(kind).bind(id).bind(known_at);
    later.fetch_optional(connection).await
}

pub async fn records(
    connection: &mut SqliteConnection,
    organisation: &str,
    kind: &str,
    after: i64,
    limit: i64,
    known_at: &str,
) -> Result<Vec<RecordRow>, sqlx::Error> {
    let found = query_as::<_, RecordColumns>(RECORDS).bind(organisation).bind(kind).bind(after);
    let found = found.bind(known_at).bind(limit).fetch_all(connection).await?;
    Ok(found.into_iter().map(row).collect())
}

/// Records in the order of the chain; broken text is replaced, so that their hash no longer fits.
pub async fn records_by_number(
    connection: &mut SqliteConnection,
    organisation: &str,
    after: i64,
    limit: i64,
) -> Result<Vec<RecordRow>, sqlx::Error> {
    let found = query_as::<_, RecordBytes>(RECORDS_BY_NUMBER).bind(organisation).bind(after).bind(limit);
    let read = |columns: RecordBytes| {
        let (organisation, number, recorded_at, actor, kind, id, supersedes, reason, hash, document) = columns;
        row((
            shown(organisation),
            number,
            shown(recorded_at),
            shown(actor),
            shown(kind),
            shown(id),
            supersedes.map(shown),
            reason.map(shown),
            shown(hash),
            shown(document),
        ))
    };
    Ok(found.fetch_all(connection).await?.into_iter().map(read).collect())
}

/// Links in the order of the chain; broken text is replaced, so that their hash no longer fits.
pub async fn links(
    connection: &mut SqliteConnection,
    organisation: &str,
    after: i64,
    limit: i64,
) -> Result<Vec<Link>, sqlx::Error> {
    let found = query_as::<_, LinkBytes>(LINKS).bind(organisation).bind(after).bind(limit);
    let read = |columns: LinkBytes| {
        let (number, recorded_at, actor, kind, id, record_hash, previous, hash) = columns;
        let [recorded_at, actor, kind, id] = [recorded_at, actor, kind, id].map(shown);
        let [record_hash, previous, hash] = [record_hash, previous, hash].map(shown);
        Link { number, recorded_at, actor, kind, id, record_hash, previous, hash }
    };
    Ok(found.fetch_all(connection).await?.into_iter().map(read).collect())
}

pub async fn organisations(connection: &mut SqliteConnection) -> Result<Vec<String>, sqlx::Error> {
    let found: Vec<Bytes> = query_scalar(ORGANISATIONS).fetch_all(connection).await?;
    Ok(found.into_iter().map(shown).collect())
}

/// SQLite's own check of pages, indexes and constraints; empty where all is well.
pub async fn structure(connection: &mut SqliteConnection) -> Result<Vec<String>, sqlx::Error> {
    let said: Vec<String> = query_scalar("PRAGMA integrity_check").fetch_all(connection).await?;
    Ok(said.into_iter().filter(|line| line != "ok").collect())
}

pub async fn insert_record(connection: &mut SqliteConnection, row: &RecordRow) -> Result<(), sqlx::Error> {
    query(INSERT_RECORD)
        .bind(&row.organisation)
        .bind(row.number)
        .bind(&row.recorded_at)
        .bind(&row.actor)
        .bind(&row.kind)
        .bind(&row.id)
        .bind(&row.supersedes)
        .bind(&row.reason)
        .bind(&row.hash)
        .bind(&row.document)
        .execute(connection)
        .await
        .map(|_| ())
}

pub async fn insert_link(
    connection: &mut SqliteConnection,
    organisation: &str,
    link: &Link,
) -> Result<(), sqlx::Error> {
    query(INSERT_LINK)
        .bind(organisation)
        .bind(link.number)
        .bind(&link.recorded_at)
        .bind(&link.actor)
        .bind(&link.kind)
        .bind(&link.id)
        .bind(&link.record_hash)
        .bind(&link.previous)
        .bind(&link.hash)
        .execute(connection)
        .await
        .map(|_| ())
}
