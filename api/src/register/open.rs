//! Opening a register: a file below the data folder, or a PostgreSQL database by its address.

use std::path::{Path, PathBuf};
use std::time::Duration;

use sqlx::postgres::{PgConnectOptions, PgPoolOptions};
use sqlx::sqlite::{SqliteConnectOptions, SqliteJournalMode, SqlitePoolOptions, SqliteSynchronous};

use super::database::Pool;
use super::{Access, FILE, Register, RegisterError, anchor, sql};

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
        let pool = Pool::Sqlite(pool);
        sql::migrate(&pool, &file).await?;
        Ok(Register { pool, dir: dir.to_owned(), file, fixed })
    }

    /// Opens the register at `url`, a `postgres://` address; below `dir` only the last links are kept that this host wrote.
    ///
    /// Errors: `register_unreachable`, `register_newer`, `read_only` (`dir` cannot be written).
    pub async fn connect_to(url: &str, dir: &Path) -> Result<Register, RegisterError> {
        let shown = PathBuf::from(shown(url));
        let said = |cause: sqlx::Error| RegisterError::of_database(&shown, &cause);
        let options: PgConnectOptions = url.parse().map_err(said)?;
        let pool = PgPoolOptions::new()
            .max_connections(8)
            .acquire_timeout(Duration::from_secs(10))
            // An acknowledged write must survive a kill and a power cut.
            .connect_with(options.options([("synchronous_commit", "on"), ("timezone", "UTC")]))
            .await
            .map_err(said)?;
        let pool = Pool::Postgres(pool);
        let dir = dir.join("postgres");
        std::fs::create_dir_all(&dir).map_err(|cause| RegisterError::of_file(&dir, &cause))?;
        sql::migrate(&pool, &shown).await?;
        Ok(Register { pool, dir, file: shown, fixed: false })
    }
}

/// The address without the password in it.
fn shown(url: &str) -> String {
    match (url.split_once("://"), url.rsplit_once('@')) {
        (Some((scheme, rest)), Some((_, host))) => {
            let user = rest.split([':', '@']).next().unwrap_or_default();
            format!("{scheme}://{user}@{host}")
        }
        _ => url.to_owned(),
    }
}
