//! Opens a file only to look at it, also while a server uses it.

use std::path::{Path, PathBuf};

use sqlx::sqlite::{SqliteConnectOptions, SqliteConnection, SqlitePoolOptions};
use sqlx::{ConnectOptions, Connection, Row};

use super::sqlite_writer::BatchWriter;
use super::{FileWatch, StoreError};
use crate::database::{self, Database, MIGRATIONS, OpenError};

impl Database {
    /// Opens the file to look at it: nothing can be written, and its tables have to be those of this
    /// version.
    ///
    /// # Errors
    /// When it is no database of this version.
    pub(crate) async fn open_reading(path: &Path) -> Result<Self, OpenError> {
        let writer = Self::connect_reading(path).await?;
        let options = usable(path).await.map_err(|cause| unusable(path, cause))?;
        let readers = SqlitePoolOptions::new()
            .max_connections(2)
            .connect_with(options.clone())
            .await;
        let flags = rusqlite::OpenFlags::SQLITE_OPEN_READ_ONLY;
        let batches = rusqlite::Connection::open_with_flags(path, flags);
        let batches = batches.map_err(|cause| OpenError::Batches {
            path: path.to_path_buf(),
            cause,
        })?;
        // Nothing is written, so nothing can be open on it that would not end.
        let batches = BatchWriter::start(batches, Box::new(|| Err(StoreError::NoWriter)));
        let batches = batches.map_err(|cause| OpenError::Folder {
            path: path.to_path_buf(),
            cause,
        })?;
        Ok(Self {
            writer,
            batches,
            readers: readers.map_err(|cause| unusable(path, cause))?,
            locks: Vec::new(),
            options,
            files: FileWatch::of(path),
        })
    }

    /// One connection that only reads.
    ///
    /// # Errors
    /// When it is no database of this version.
    pub(crate) async fn connect_reading(path: &Path) -> Result<SqliteConnection, OpenError> {
        let failed = |cause| unusable(path, cause);
        let mut connection = Self::connect_any(path).await.map_err(failed)?;
        database::check_version(&mut connection)
            .await
            .map_err(failed)??;
        let tables = sqlx::query("SELECT name FROM sqlite_schema WHERE name = '_sqlx_migrations'")
            .fetch_optional(&mut connection)
            .await;
        if tables.map_err(failed)?.is_none() {
            return Err(OpenError::NoTables(path.to_path_buf()));
        }
        let rows = sqlx::query("SELECT version FROM _sqlx_migrations")
            .fetch_all(&mut connection)
            .await
            .map_err(failed)?;
        let applied: Result<Vec<i64>, sqlx::Error> =
            rows.iter().map(|row| row.try_get("version")).collect();
        let applied = applied.map_err(failed)?;
        let known: Vec<i64> = MIGRATIONS.iter().map(|one| one.version).collect();
        if let Some(found) = applied.iter().find(|version| !known.contains(version)) {
            return Err(OpenError::TooNew {
                path: path.to_path_buf(),
                found: *found,
                known: known.into_iter().max().unwrap_or_default(),
            });
        }
        if known.iter().any(|version| !applied.contains(version)) {
            let path = path.to_path_buf();
            return Err(OpenError::OldTables { path });
        }
        Ok(connection)
    }

    /// One connection that only reads, to a file of any kind of ours.
    ///
    /// # Errors
    /// Those of the database.
    pub(crate) async fn connect_any(path: &Path) -> Result<SqliteConnection, sqlx::Error> {
        usable(path).await?.connect().await
    }
}

/// How the file can be opened. A reader needs the index of the write-ahead log, which it makes where there
/// is none; where it may make nothing, a file without such a log is read as one that nobody changes. So is
/// one whose log was taken away: opening it would make an empty one, and nobody could tell any more.
async fn usable(path: &Path) -> Result<SqliteConnectOptions, sqlx::Error> {
    let options = options(path);
    if has_lost_log(path) {
        return Ok(options.immutable(true));
    }
    match options.clone().connect().await {
        Ok(connection) => connection.close().await.map(|()| options),
        Err(cause) if is_denied(&cause) && !has_log(path) => Ok(options.immutable(true)),
        Err(cause) => Err(cause),
    }
}

/// Whether the database says that something cannot be opened or made.
pub(crate) fn is_denied(cause: &sqlx::Error) -> bool {
    const READONLY: i32 = 8;
    const CANTOPEN: i32 = 14;
    let code = cause.as_database_error().and_then(|error| error.code());
    let code = code.and_then(|code| code.parse::<i32>().ok());
    code.is_some_and(|code| matches!(code & 0xff, READONLY | CANTOPEN))
}

/// Whether something was written that is not in the file yet.
pub(crate) fn has_log(path: &Path) -> bool {
    std::fs::metadata(beside(path, "-wal")).is_ok_and(|log| log.len() > 0)
}

/// Whether what was written last was taken away: whoever folds it into the file removes its index first.
pub(crate) fn has_lost_log(path: &Path) -> bool {
    beside(path, "-shm").exists() && !beside(path, "-wal").exists()
}

fn beside(path: &Path, end: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(end);
    name.into()
}

fn options(path: &Path) -> SqliteConnectOptions {
    database::options(path)
        .read_only(true)
        .create_if_missing(false)
}

fn unusable(path: &Path, cause: sqlx::Error) -> OpenError {
    OpenError::Database {
        path: path.to_path_buf(),
        cause,
    }
}
