//! The statements of the register: TEXT and BIGINT, `$n`, no update and no delete.

use std::path::Path;

use super::audit::{self, Link};
use super::database::{Arg, Connection, Pool, Row};
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
const HISTORY: &str = "SELECT organisation, number, recorded_at, actor, kind, id, supersedes, reason, hash, document \
                       FROM record WHERE organisation = $1 AND kind = $2 AND number > $3 ORDER BY number LIMIT $4";
const RECORDS_BY_NUMBER: &str = "SELECT organisation, number, recorded_at, actor, kind, id, supersedes, reason, hash, \
                                 document FROM record WHERE organisation = $1 AND number > $2 ORDER BY number LIMIT $3";
const LINKS: &str = "SELECT number, recorded_at, actor, kind, id, record_hash, previous, hash FROM audit \
                     WHERE organisation = $1 AND number > $2 ORDER BY number LIMIT $3";
const ORGANISATIONS: &str =
    "SELECT organisation FROM record UNION SELECT organisation FROM audit ORDER BY organisation";
const VERSION: &str = "SELECT MAX(number) FROM migration";
/// Each database's own catalogue; the only statement that they word differently.
const TABLES_OF_SQLITE: &str = "SELECT COUNT(*) FROM sqlite_schema WHERE type = 'table'";
const TABLES_OF_POSTGRES: &str = "SELECT COUNT(*) FROM information_schema.tables WHERE \
                                  table_schema = current_schema() AND table_name = 'migration'";

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

/// The columns of a record from the first on.
fn row(found: &Row) -> Result<RecordRow, sqlx::Error> {
    Ok(RecordRow {
        organisation: found.text(0)?,
        number: found.maybe_whole(1)?.unwrap_or_default(),
        recorded_at: found.text(2)?,
        actor: found.text(3)?,
        kind: found.text(4)?,
        id: found.text(5)?,
        supersedes: found.maybe_text(6)?,
        reason: found.maybe_text(7)?,
        hash: found.text(8)?,
        document: found.text(9)?,
    })
}

/// The same where texts may be broken: a walk must be able to name the row that holds them.
fn broken_row(found: &Row) -> Result<RecordRow, sqlx::Error> {
    let shown = |at: usize| Ok::<_, sqlx::Error>(found.shown(at)?.unwrap_or_default());
    Ok(RecordRow {
        organisation: shown(0)?,
        number: found.maybe_whole(1)?.unwrap_or_default(),
        recorded_at: shown(2)?,
        actor: shown(3)?,
        kind: shown(4)?,
        id: shown(5)?,
        supersedes: found.shown(6)?,
        reason: found.shown(7)?,
        hash: shown(8)?,
        document: shown(9)?,
    })
}

/// The columns of a link from the first on; broken texts are replaced, so that their hash no longer fits.
fn link(found: &Row) -> Result<Link, sqlx::Error> {
    let shown = |at: usize| Ok::<_, sqlx::Error>(found.shown(at)?.unwrap_or_default());
    Ok(Link {
        number: found.maybe_whole(0)?.unwrap_or_default(),
        recorded_at: shown(1)?,
        actor: shown(2)?,
        kind: shown(3)?,
        id: shown(4)?,
        record_hash: shown(5)?,
        previous: shown(6)?,
        hash: shown(7)?,
    })
}

/// Brings an empty or older register to this build's tables.
pub async fn migrate(pool: &Pool, file: &Path) -> Result<(), RegisterError> {
    let said = |cause: sqlx::Error| RegisterError::of_database(file, &cause);
    let known = MIGRATIONS.len() as i64;
    let mut lent = pool.lend().await.map_err(said)?;
    if version(&mut lent.connection()).await.map_err(said)? < known {
        drop(lent);
        let mut writing = pool.begin("migration").await.map_err(said)?;
        // Another process may have been first.
        let have = version(&mut writing.connection()).await.map_err(said)?;
        for migration in &MIGRATIONS[have.clamp(0, known) as usize..] {
            writing.connection().script(migration).await.map_err(said)?;
        }
        writing.commit().await.map_err(said)?;
        lent = pool.lend().await.map_err(said)?;
    }
    match version(&mut lent.connection()).await.map_err(said)? {
        found if found > known => Err(RegisterError::Newer { file: file.to_owned(), found, known }),
        _ => Ok(()),
    }
}

async fn version(connection: &mut Connection<'_>) -> Result<i64, sqlx::Error> {
    let tables = if connection.is_sqlite() { TABLES_OF_SQLITE } else { TABLES_OF_POSTGRES };
    let first = |row: Option<Row>| row.map_or(Ok(None), |row| row.maybe_whole(0));
    if first(connection.row(tables, &[]).await?)?.unwrap_or(0) == 0 {
        return Ok(0);
    }
    Ok(first(connection.row(VERSION, &[]).await?)?.unwrap_or(0))
}

/// The last link of the chain.
pub async fn head(connection: &mut Connection<'_>, organisation: &str) -> Result<Option<Link>, sqlx::Error> {
    connection.row(HEAD, &[Arg::Text(organisation)]).await?.as_ref().map(link).transpose()
}

pub async fn record(
    connection: &mut Connection<'_>,
    organisation: &str,
    kind: &str,
    id: &str,
    known_at: &str,
) -> Result<Option<RecordRow>, sqlx::Error> {
    let args = [Arg::Text(organisation), Arg::Text(kind), Arg::Text(id), Arg::Text(known_at)];
    connection.row(RECORD, &args).await?.as_ref().map(row).transpose()
}

pub async fn superseded_by(
    connection: &mut Connection<'_>,
    organisation: &str,
    kind: &str,
    id: &str,
    known_at: &str,
) -> Result<Option<String>, sqlx::Error> {
    let args = [Arg::Text(organisation), Arg::Text(kind), Arg::Text(id), Arg::Text(known_at)];
    connection.row(SUPERSEDED_BY, &args).await?.map(|row| row.text(0)).transpose()
}

pub async fn records(
    connection: &mut Connection<'_>,
    organisation: &str,
    kind: &str,
    after: i64,
    limit: i64,
    known_at: &str,
) -> Result<Vec<RecordRow>, sqlx::Error> {
    let args = [Arg::Text(organisation), Arg::Text(kind), Arg::Whole(after), Arg::Text(known_at), Arg::Whole(limit)];
    connection.rows(RECORDS, &args).await?.iter().map(row).collect()
}

/// Records of a kind in the order of the chain, superseded ones as well.
pub async fn history(
    connection: &mut Connection<'_>,
    organisation: &str,
    kind: &str,
    after: i64,
    limit: i64,
) -> Result<Vec<RecordRow>, sqlx::Error> {
    let args = [Arg::Text(organisation), Arg::Text(kind), Arg::Whole(after), Arg::Whole(limit)];
    connection.rows(HISTORY, &args).await?.iter().map(row).collect()
}

/// Records in the order of the chain; broken text is replaced, so that their hash no longer fits.
pub async fn records_by_number(
    connection: &mut Connection<'_>,
    organisation: &str,
    after: i64,
    limit: i64,
) -> Result<Vec<RecordRow>, sqlx::Error> {
    let args = [Arg::Text(organisation), Arg::Whole(after), Arg::Whole(limit)];
    connection.rows(RECORDS_BY_NUMBER, &args).await?.iter().map(broken_row).collect()
}

/// Links in the order of the chain.
pub async fn links(
    connection: &mut Connection<'_>,
    organisation: &str,
    after: i64,
    limit: i64,
) -> Result<Vec<Link>, sqlx::Error> {
    let args = [Arg::Text(organisation), Arg::Whole(after), Arg::Whole(limit)];
    connection.rows(LINKS, &args).await?.iter().map(link).collect()
}

pub async fn organisations(connection: &mut Connection<'_>) -> Result<Vec<String>, sqlx::Error> {
    let found = connection.rows(ORGANISATIONS, &[]).await?;
    found.iter().map(|row| Ok(row.shown(0)?.unwrap_or_default())).collect()
}

/// SQLite's own check of pages, indexes and constraints; empty where all is well. PostgreSQL checks its pages itself.
pub async fn structure(connection: &mut Connection<'_>) -> Result<Vec<String>, sqlx::Error> {
    if !connection.is_sqlite() {
        return Ok(Vec::new());
    }
    let said = connection.rows("PRAGMA integrity_check", &[]).await?;
    let said: Vec<String> = said.iter().map(|row| row.text(0)).collect::<Result<_, _>>()?;
    Ok(said.into_iter().filter(|line| line != "ok").collect())
}

pub async fn insert_record(connection: &mut Connection<'_>, row: &RecordRow) -> Result<(), sqlx::Error> {
    let args = [
        Arg::Text(&row.organisation),
        Arg::Whole(row.number),
        Arg::Text(&row.recorded_at),
        Arg::Text(&row.actor),
        Arg::Text(&row.kind),
        Arg::Text(&row.id),
        Arg::Maybe(row.supersedes.as_deref()),
        Arg::Maybe(row.reason.as_deref()),
        Arg::Text(&row.hash),
        Arg::Text(&row.document),
    ];
    connection.run(INSERT_RECORD, &args).await
}

pub async fn insert_link(connection: &mut Connection<'_>, organisation: &str, link: &Link) -> Result<(), sqlx::Error> {
    let args = [
        Arg::Text(organisation),
        Arg::Whole(link.number),
        Arg::Text(&link.recorded_at),
        Arg::Text(&link.actor),
        Arg::Text(&link.kind),
        Arg::Text(&link.id),
        Arg::Text(&link.record_hash),
        Arg::Text(&link.previous),
        Arg::Text(&link.hash),
    ];
    connection.run(INSERT_LINK, &args).await
}
