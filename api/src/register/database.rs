//! The two databases a register can live in, spoken to in one language: TEXT and BIGINT, `$n`.

use sqlx::pool::PoolConnection;
use sqlx::postgres::{PgConnection, PgPool, PgRow};
use sqlx::sqlite::{SqliteConnection, SqlitePool, SqliteRow};
use sqlx::{Acquire, Executor, Postgres, Row as _, Sqlite, Transaction, query, raw_sql};

/// Connections to the database.
#[derive(Clone)]
pub enum Pool {
    Sqlite(SqlitePool),
    Postgres(PgPool),
}

/// A connection lent by the pool.
pub enum Lent {
    Sqlite(PoolConnection<Sqlite>),
    Postgres(PoolConnection<Postgres>),
}

/// A transaction; nothing of it stays where it is dropped before it is committed.
pub enum Writing {
    Sqlite(Transaction<'static, Sqlite>),
    Postgres(Transaction<'static, Postgres>),
}

/// What statements run on.
pub enum Connection<'c> {
    Sqlite(&'c mut SqliteConnection),
    Postgres(&'c mut PgConnection),
}

/// A value of a `$n`.
#[derive(Clone, Copy, Debug)]
pub enum Arg<'a> {
    Text(&'a str),
    Maybe(Option<&'a str>),
    Whole(i64),
}

/// One row of an answer; columns are counted from 0.
pub enum Row {
    Sqlite(SqliteRow),
    Postgres(PgRow),
}

/// One writer of a chain at a time: held until the transaction ends.
const HOLD_CHAIN: &str = "SELECT pg_advisory_xact_lock(hashtextextended($1, 0))";

impl Pool {
    pub async fn lend(&self) -> Result<Lent, sqlx::Error> {
        Ok(match self {
            Pool::Sqlite(pool) => Lent::Sqlite(pool.acquire().await?),
            Pool::Postgres(pool) => Lent::Postgres(pool.acquire().await?),
        })
    }

    /// Begins to write to the chain called `chain`; other writers of it wait.
    pub async fn begin(&self, chain: &str) -> Result<Writing, sqlx::Error> {
        match self {
            Pool::Sqlite(pool) => Ok(Writing::Sqlite(pool.begin_with("BEGIN IMMEDIATE").await?)),
            Pool::Postgres(pool) => {
                let mut writing = Writing::Postgres(pool.begin().await?);
                writing.connection().run(HOLD_CHAIN, &[Arg::Text(chain)]).await?;
                Ok(writing)
            }
        }
    }

    pub async fn close(&self) {
        match self {
            Pool::Sqlite(pool) => pool.close().await,
            Pool::Postgres(pool) => pool.close().await,
        }
    }

    pub fn is_sqlite(&self) -> bool {
        matches!(self, Pool::Sqlite(_))
    }
}

impl Lent {
    pub fn connection(&mut self) -> Connection<'_> {
        match self {
            Lent::Sqlite(lent) => Connection::Sqlite(lent),
            Lent::Postgres(lent) => Connection::Postgres(lent),
        }
    }
}

impl Writing {
    pub fn connection(&mut self) -> Connection<'_> {
        match self {
            Writing::Sqlite(writing) => Connection::Sqlite(writing),
            Writing::Postgres(writing) => Connection::Postgres(writing),
        }
    }

    pub async fn commit(self) -> Result<(), sqlx::Error> {
        match self {
            Writing::Sqlite(writing) => writing.commit().await,
            Writing::Postgres(writing) => writing.commit().await,
        }
    }
}

/// The same lines for both databases: a statement with its values.
macro_rules! bound {
    ($sql:expr, $args:expr) => {{
        let mut statement = query($sql);
        for arg in $args {
            statement = match *arg {
                Arg::Text(text) => statement.bind(text.to_owned()),
                Arg::Maybe(text) => statement.bind(text.map(str::to_owned)),
                Arg::Whole(number) => statement.bind(number),
            };
        }
        statement
    }};
}

impl Connection<'_> {
    pub async fn rows(&mut self, sql: &'static str, args: &[Arg<'_>]) -> Result<Vec<Row>, sqlx::Error> {
        Ok(match self {
            Connection::Sqlite(connection) => {
                let found = bound!(sql, args).fetch_all(&mut **connection).await?;
                found.into_iter().map(Row::Sqlite).collect()
            }
            Connection::Postgres(connection) => {
                let found = bound!(sql, args).fetch_all(&mut **connection).await?;
                found.into_iter().map(Row::Postgres).collect()
            }
        })
    }

    pub async fn row(&mut self, sql: &'static str, args: &[Arg<'_>]) -> Result<Option<Row>, sqlx::Error> {
        Ok(self.rows(sql, args).await?.into_iter().next())
    }

    pub async fn run(&mut self, sql: &'static str, args: &[Arg<'_>]) -> Result<(), sqlx::Error> {
        match self {
            Connection::Sqlite(connection) => bound!(sql, args).execute(&mut **connection).await.map(|_| ()),
            Connection::Postgres(connection) => bound!(sql, args).execute(&mut **connection).await.map(|_| ()),
        }
    }

    /// Several statements at once.
    pub async fn script(&mut self, sql: &'static str) -> Result<(), sqlx::Error> {
        match self {
            Connection::Sqlite(connection) => connection.execute(raw_sql(sql)).await.map(|_| ()),
            Connection::Postgres(connection) => {
                let connection: &mut PgConnection = connection.acquire().await?;
                connection.execute(raw_sql(sql)).await.map(|_| ())
            }
        }
    }

    pub fn is_sqlite(&self) -> bool {
        matches!(self, Connection::Sqlite(_))
    }
}

impl Row {
    pub fn text(&self, at: usize) -> Result<String, sqlx::Error> {
        match self {
            Row::Sqlite(row) => row.try_get(at),
            Row::Postgres(row) => row.try_get(at),
        }
    }

    pub fn maybe_text(&self, at: usize) -> Result<Option<String>, sqlx::Error> {
        match self {
            Row::Sqlite(row) => row.try_get(at),
            Row::Postgres(row) => row.try_get(at),
        }
    }

    pub fn maybe_whole(&self, at: usize) -> Result<Option<i64>, sqlx::Error> {
        match self {
            Row::Sqlite(row) => row.try_get(at),
            Row::Postgres(row) => row.try_get(at),
        }
    }

    /// A text that may be broken, with its broken bytes replaced.
    pub fn shown(&self, at: usize) -> Result<Option<String>, sqlx::Error> {
        let bytes: Option<Vec<u8>> = match self {
            Row::Sqlite(row) => row.try_get(at)?,
            Row::Postgres(row) => row.try_get_unchecked(at)?,
        };
        Ok(bytes.map(|bytes| String::from_utf8_lossy(&bytes).into_owned()))
    }
}
