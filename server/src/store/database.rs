//! Opens `accounts.db` and brings its tables up to date.

use std::path::{Path, PathBuf};
use std::time::Duration;

use runtime::store::is_no_sound_file;
use sqlx::SqlitePool;
use sqlx::sqlite::{SqliteConnectOptions, SqliteJournalMode, SqlitePoolOptions, SqliteSynchronous};

/// An opened `accounts.db`.
pub type Database = SqlitePool;

/// The database could not do what it was asked.
pub type StoreError = sqlx::Error;

/// The changes of the tables, in order; the file's `user_version` counts those it has.
const MIGRATIONS: [&str; 1] = [include_str!(
    "../../../migrations/accounts/0001_accounts.sql"
)];

/// How long one process waits while another one writes.
const BUSY_TIMEOUT: Duration = Duration::from_secs(5);

/// The file could not be opened.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// The database said no.
    #[error("{} cannot be used: {cause}{}", path.display(), advice(cause))]
    Database {
        /// The file.
        path: PathBuf,
        /// Why.
        cause: sqlx::Error,
    },
    /// A newer program wrote it.
    #[error(
        "{} was written by a newer version of this program (its tables are at {version})",
        path.display()
    )]
    Newer {
        /// The file.
        path: PathBuf,
        /// Of its tables.
        version: i64,
    },
}

fn advice(cause: &sqlx::Error) -> &'static str {
    if is_no_sound_file(cause) {
        "; it is damaged, or no database: restore a copy of it, or move it away and make the accounts anew"
    } else {
        ""
    }
}

/// Opens the file at `path`, making it and its tables if need be. Several processes may have it
/// open at the same time.
///
/// # Errors
/// When the file cannot be opened or comes from a newer version.
pub async fn open(path: &Path) -> Result<Database, OpenError> {
    let named = path.to_path_buf();
    match connect(path).await {
        Ok((_, version)) if is_newer(version) => Err(OpenError::Newer {
            path: named,
            version,
        }),
        Ok((pool, _)) => Ok(pool),
        Err(cause) => Err(OpenError::Database { path: named, cause }),
    }
}

/// The database and the version of its tables.
async fn connect(path: &Path) -> Result<(Database, i64), StoreError> {
    runtime::private_file::make(path).map_err(sqlx::Error::Io)?;
    let options = SqliteConnectOptions::new()
        .filename(path)
        .create_if_missing(true)
        .journal_mode(SqliteJournalMode::Wal)
        .synchronous(SqliteSynchronous::Full)
        .foreign_keys(true)
        .busy_timeout(BUSY_TIMEOUT);
    let pool = SqlitePoolOptions::new()
        .max_connections(4)
        // A file does not go away like a server; asking it before each read costs as much as the read.
        .test_before_acquire(false)
        .connect_with(options)
        .await?;
    let version = migrate(&pool).await?;
    Ok((pool, version))
}

fn is_newer(version: i64) -> bool {
    usize::try_from(version).is_ok_and(|version| version > MIGRATIONS.len())
}

/// Brings the tables up to date, unless they are newer; answers the version that was found.
async fn migrate(pool: &SqlitePool) -> Result<i64, StoreError> {
    let mut transaction = pool.begin_with("BEGIN IMMEDIATE").await?;
    let version: i64 = sqlx::query_scalar("PRAGMA user_version")
        .fetch_one(&mut *transaction)
        .await?;
    let done = usize::try_from(version).unwrap_or(0);
    if is_newer(version) {
        return Ok(version);
    }
    for migration in &MIGRATIONS[done..] {
        sqlx::raw_sql(*migration).execute(&mut *transaction).await?;
    }
    if done < MIGRATIONS.len() {
        // A pragma takes no parameters; the number is that of the last migration.
        sqlx::raw_sql("PRAGMA user_version = 1")
            .execute(&mut *transaction)
            .await?;
    }
    transaction.commit().await?;
    Ok(version)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn opening_twice_changes_nothing() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("accounts.db");
        let first = open(&path).await.unwrap();
        let second = open(&path).await.unwrap();
        for pool in [&first, &second] {
            let version: i64 = sqlx::query_scalar("PRAGMA user_version")
                .fetch_one(pool)
                .await
                .unwrap();
            assert_eq!(version, i64::try_from(MIGRATIONS.len()).unwrap());
        }
    }

    #[tokio::test]
    async fn a_file_of_a_newer_version_is_refused() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("accounts.db");
        let pool = open(&path).await.unwrap();
        sqlx::raw_sql("PRAGMA user_version = 99")
            .execute(&pool)
            .await
            .unwrap();
        pool.close().await;
        let refused = open(&path).await.unwrap_err();
        assert!(matches!(refused, OpenError::Newer { version: 99, .. }));
    }
}
