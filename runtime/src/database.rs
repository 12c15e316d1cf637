//! Opens the databases: the instance lock, the connections with their durability, the migrations.

mod lock;
mod place;

use std::fs::File;
use std::path::{Path, PathBuf};
use std::time::Duration;

use rusqlite::OpenFlags;
use sqlx::migrate::{MigrateError, Migrator};
use sqlx::sqlite::{
    SqliteConnectOptions, SqliteConnection, SqliteJournalMode, SqlitePool, SqlitePoolOptions,
    SqliteSynchronous,
};
use sqlx::{ConnectOptions, Connection, Row};
use tracing::warn;

pub(crate) static MIGRATIONS: Migrator = sqlx::migrate!("../migrations/sqlite");

use crate::clock::{Clock, SystemClock};
use crate::private_file;
use crate::store::sqlite_writer::{BatchWriter, Reopen};
use crate::store::{FileWatch, StoreError, is_no_sound_file, sqlite_fill_in, sqlite_reading};

/// The oldest SQLite whose write-ahead log is safe with several connections.
const SQLITE_AT_LEAST: (u32, u32, u32) = (3, 51, 3);

/// How long a connection waits for another one's transaction.
const BUSY: Duration = Duration::from_secs(10);
/// What the connection that writes workflows may keep of the file in memory; negative as SQLite
/// counts KiB.
const CACHE_KIB: i64 = -32 * 1024;
/// Pages of 4 KiB in the write-ahead log before they are folded into the file. Under load each of
/// them is then copied once for many commits.
const CHECKPOINT_PAGES: i64 = 8_000;

/// Why a database could not be opened.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// Another server uses the file.
    #[error("another server already uses {}; stop it first, or name another data folder", .0.display())]
    InUse(PathBuf),
    /// Another engine uses what a database has for itself, for another database.
    #[error(
        "another engine already uses {}, which two databases cannot share; give each database a folder \
         of its own", .0.display()
    )]
    Shared(PathBuf),
    /// The folder or a file in it cannot be used.
    #[error("cannot use {}: {cause}", path.display())]
    Folder {
        /// The folder or file.
        path: PathBuf,
        /// What the system said.
        cause: std::io::Error,
    },
    /// The library inside is too old.
    #[error("SQLite {0} is too old; 3.51.3 is needed because older ones can corrupt the file")]
    TooOld(String),
    /// The file is no database of ours, or damaged.
    #[error("cannot open {}: {cause}{}", path.display(), advice(cause))]
    Database {
        /// The file.
        path: PathBuf,
        /// What the database said.
        cause: sqlx::Error,
    },
    /// There is nothing of ours in it.
    #[error(
        "{path} holds no tables of this program. What a server writes last lies in {path}-wal until it is \
         folded into the file: put back the one that belongs to it, or restore a copy of the whole folder. \
         A server that is started on this file begins with nothing", path = .0.display()
    )]
    NoTables(PathBuf),
    /// The file cannot be written.
    #[error("cannot write {}: {cause}{}", path.display(), advice(cause))]
    Batches {
        /// The file.
        path: PathBuf,
        /// What the database said.
        cause: rusqlite::Error,
    },
    /// The file lies where two servers could write it at once.
    #[error(
        "{} lies on {kind}, a network file system, on which a database can be damaged; name a data \
         folder on a disk of this machine", path.display()
    )]
    Network {
        /// The folder.
        path: PathBuf,
        /// The kind of file system.
        kind: &'static str,
    },
    /// A newer version of this program has changed the tables.
    #[error(
        "{} was made by a newer version of this program (its tables are at {found}, this version \
         knows them up to {known}); start that version, or restore a copy from before", path.display()
    )]
    TooNew {
        /// The file.
        path: PathBuf,
        /// The number of a migration that is not known here.
        found: i64,
        /// The number of the newest one that is.
        known: i64,
    },
    /// Its tables are older than this version of the program.
    #[error(
        "the tables of {} are not those of this version; start the server of this version on it once, \
         which brings them up to date", path.display()
    )]
    OldTables {
        /// The file.
        path: PathBuf,
    },
    /// The tables could not be brought up to date; none of the change that failed was made.
    #[error("cannot bring the tables of {} up to date: {cause}{}", path.display(), advice(cause))]
    Migration {
        /// The file.
        path: PathBuf,
        /// Why.
        cause: MigrateError,
    },
    /// Rows of an older version could not be filled in; what was filled in already stays so.
    #[error("cannot bring the rows of {} up to date: {cause}", path.display())]
    Rows {
        /// The file.
        path: PathBuf,
        /// Why.
        cause: StoreError,
    },
}

/// What to do about a file that is damaged as a whole.
fn advice(cause: &(dyn std::error::Error + 'static)) -> &'static str {
    if is_no_sound_file(cause) {
        "; it is damaged, or no database: restore a copy of it, or name another data folder"
    } else {
        ""
    }
}

/// An open SQLite file that no other server can open.
#[derive(Debug)]
pub struct Database {
    /// The connection that writes what no workflow is.
    pub(crate) writer: SqliteConnection,
    /// The thread that writes workflows.
    pub(crate) batches: BatchWriter,
    /// Connections that only read.
    pub(crate) readers: SqlitePool,
    /// Held as long as the database is open; none when it is only read.
    pub(crate) locks: Vec<File>,
    /// How another connection that writes is opened.
    pub(crate) options: SqliteConnectOptions,
    /// Notices that the file was taken away.
    pub(crate) files: FileWatch,
}

/// A folder that no other process can take. Held until it is dropped.
#[derive(Debug)]
pub struct FolderLock {
    _folder: File,
}

impl FolderLock {
    /// Takes the folder, which has to be there, for this process alone; waits a moment for what is
    /// left of one that was killed. For folders with one database in them: the lock beside a
    /// database can be removed with its file, this one cannot.
    ///
    /// # Errors
    /// [`OpenError::InUse`] when another process has it; when it cannot be opened.
    pub async fn take(folder: &Path) -> Result<Self, OpenError> {
        Ok(Self {
            _folder: lock::take_folder_patiently(folder).await?,
        })
    }
}

impl Database {
    /// Whether no server uses the file now.
    ///
    /// # Errors
    /// When one does, or the folder cannot be used.
    pub fn check_free(path: &Path) -> Result<(), OpenError> {
        match lock::take(path) {
            Err(OpenError::Folder { cause, .. }) if may_only_read(&cause) => lock::look(path),
            taken => taken.map(drop),
        }
    }

    /// The same, a moment later if need be: what is left of a server that was killed is gone then.
    ///
    /// # Errors
    /// When a server still uses the file, or the folder cannot be used.
    pub async fn wait_until_free(path: &Path) -> Result<(), OpenError> {
        lock::take_patiently(path).await.map(drop)
    }

    /// Opens the file, making it and its folder when they are not there, and brings its tables up
    /// to date.
    ///
    /// # Errors
    /// When another server uses it, or when it cannot be used; the text says what to mend.
    pub async fn open(path: &Path) -> Result<Self, OpenError> {
        Self::open_with(path, &[]).await
    }

    /// Opens it with what lies `beside` it, which no engine on another database may use meanwhile.
    pub(crate) async fn open_with(path: &Path, beside: &[PathBuf]) -> Result<Self, OpenError> {
        let mut locks = vec![lock::take_patiently(path).await?];
        for shared in beside {
            locks.push(lock::take_beside_patiently(shared).await?);
        }
        place::check(path)?;
        if sqlite_reading::has_lost_log(path) {
            warn_of_lost_log(path);
        }
        private_file::make(path).map_err(|cause| OpenError::Folder {
            path: path.to_path_buf(),
            cause,
        })?;
        let failed = |cause| OpenError::Database {
            path: path.to_path_buf(),
            cause,
        };
        let options = options(path);
        let mut writer = options.clone().connect().await.map_err(failed)?;
        check_version(&mut writer).await.map_err(failed)??;
        migrate(&mut writer, path).await?;
        let readers = SqlitePoolOptions::new()
            .max_connections(4)
            // A file does not go away like a server; asking it before each read costs as much as
            // the read.
            .test_before_acquire(false)
            .connect_with(options.clone().read_only(true).create_if_missing(false))
            .await
            .map_err(failed)?;
        let first = batches(path).map_err(|cause| OpenError::Batches {
            path: path.to_path_buf(),
            cause,
        })?;
        let files = FileWatch::of(path);
        let batches = BatchWriter::start(first, again(path, &files));
        let batches = batches.map_err(|cause| OpenError::Folder {
            path: path.to_path_buf(),
            cause,
        })?;
        Ok(Self {
            writer,
            batches,
            readers,
            locks,
            options,
            files,
        })
    }
}

/// Opens the connection that writes workflows once more, if its files are still the same.
fn again(path: &Path, files: &FileWatch) -> Reopen {
    let (path, files) = (path.to_path_buf(), files.clone());
    Box::new(move || {
        files.check()?;
        Ok(batches(&path)?)
    })
}

/// The connection that writes workflows, as durable as every other.
fn batches(path: &Path) -> Result<rusqlite::Connection, rusqlite::Error> {
    // The file is there: what is opened again must not make an empty one in its place.
    let flags = OpenFlags::default() & !OpenFlags::SQLITE_OPEN_CREATE;
    let connection = rusqlite::Connection::open_with_flags(path, flags)?;
    connection.busy_timeout(BUSY)?;
    connection.set_prepared_statement_cache_capacity(64);
    let pragmas: [(&str, &dyn rusqlite::ToSql); 5] = [
        ("journal_mode", &"wal"),
        ("synchronous", &"full"),
        ("foreign_keys", &true),
        ("cache_size", &CACHE_KIB),
        ("wal_autocheckpoint", &CHECKPOINT_PAGES),
    ];
    for (name, value) in pragmas {
        connection.pragma_update(None, name, value)?;
    }
    #[cfg(debug_assertions)]
    crate::store::sqlite_arrows::guard(&connection)?;
    Ok(connection)
}

/// How every connection of ours is opened: nothing that was answered is lost to a power cut.
pub(crate) fn options(path: &Path) -> SqliteConnectOptions {
    SqliteConnectOptions::new()
        .filename(path)
        .create_if_missing(true)
        .journal_mode(SqliteJournalMode::Wal)
        .synchronous(SqliteSynchronous::Full)
        .foreign_keys(true)
        .busy_timeout(BUSY)
        .disable_statement_logging()
}

fn warn_of_lost_log(path: &Path) {
    warn!(
        file = %path.display(),
        "the file beside it with what was written last (-wal) was taken away; that is lost, and it goes on \
         from what stood in the file before"
    );
}

fn may_only_read(cause: &std::io::Error) -> bool {
    use std::io::ErrorKind::{PermissionDenied, ReadOnlyFilesystem};
    matches!(cause.kind(), PermissionDenied | ReadOnlyFilesystem)
}

/// Brings the tables up to date; each migration is a transaction with the note that it was made. What
/// has to be filled in row by row is done before the one that notes it.
async fn migrate(writer: &mut SqliteConnection, path: &Path) -> Result<(), OpenError> {
    #[cfg(debug_assertions)]
    end_within(writer).await;
    let known = MIGRATIONS.iter().map(|migration| migration.version).max();
    let known = known.unwrap_or_default();
    let failed = |cause| match cause {
        MigrateError::VersionMissing(found) if found > known => OpenError::TooNew {
            path: path.to_path_buf(),
            found,
            known,
        },
        cause => OpenError::Migration {
            path: path.to_path_buf(),
            cause,
        },
    };
    let before = sqlite_fill_in::NOTED_BY - 1;
    // Not `run_to` and `run`: with what they take, a future that opens a database cannot be sent to
    // another thread, so that no program could spawn it.
    let made = MIGRATIONS.run_direct(Some(before), writer, false).await;
    made.map_err(failed)?;
    let filled = sqlite_fill_in::fill_in(writer, SystemClock.now()).await;
    filled.map_err(|cause| OpenError::Rows {
        path: path.to_path_buf(),
        cause,
    })?;
    let made = MIGRATIONS.run_direct(None, writer, false).await;
    made.map_err(failed)
}

/// Makes every instruction of SQLite a place at which the process may end, for a test that asked
/// for it.
#[cfg(debug_assertions)]
async fn end_within(writer: &mut SqliteConnection) {
    const PLACE: &str = "c10";
    if crate::crash_point::is_awaited(PLACE)
        && let Ok(mut handle) = writer.lock_handle().await
    {
        handle.set_progress_handler(1, || {
            crate::crash_point::reach(PLACE);
            true
        });
    }
}

pub(crate) async fn check_version(
    connection: &mut SqliteConnection,
) -> Result<Result<(), OpenError>, sqlx::Error> {
    let row = sqlx::query("SELECT sqlite_version() AS version")
        .fetch_one(connection)
        .await?;
    let version: String = row.try_get("version")?;
    Ok(if is_new_enough(&version) {
        Ok(())
    } else {
        Err(OpenError::TooOld(version))
    })
}

/// Compares numbers, not letters: 3.9 came before 3.51.
fn is_new_enough(version: &str) -> bool {
    let mut parts = version
        .split('.')
        .map(|part| part.parse::<u32>().unwrap_or(0));
    let mut next = || parts.next().unwrap_or(0);
    (next(), next(), next()) >= SQLITE_AT_LEAST
}

impl Database {
    /// Closes every connection, so that the write-ahead log is folded into the file.
    pub async fn close(self) -> Result<(), sqlx::Error> {
        self.readers.close().await;
        drop(self.batches);
        self.writer.close().await
    }
}

#[cfg(test)]
mod tests {
    use super::is_new_enough;

    #[test]
    fn a_version_of_sqlite_that_can_corrupt_the_file_is_too_old() {
        for version in ["3.51.3", "3.51.10", "3.52", "4.0.0"] {
            assert!(is_new_enough(version), "{version}");
        }
        for version in ["3.51.2", "3.51", "3.9.4", "2.99.99", "", "new"] {
            assert!(!is_new_enough(version), "{version}");
        }
    }
}
