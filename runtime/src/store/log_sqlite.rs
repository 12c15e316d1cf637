//! Task logs in a SQLite file of their own, with a cheaper promise than the workflows': a power cut
//! may cost the last moments of output.

use std::path::Path;
use std::time::Duration;

use async_trait::async_trait;
use engine::orchestrator::{LogLine, LogPage, LogStream};
use engine::{StepIndex, Timestamp, WorkflowId};
use sqlx::sqlite::{
    SqliteConnectOptions, SqliteJournalMode, SqlitePool, SqlitePoolOptions, SqliteRow,
    SqliteSynchronous,
};
use sqlx::{ConnectOptions, Row};

use crate::log::{LogFault, LogStore, StoredLine};
use crate::private_file;
use crate::store::{FileWatch, is_no_sound_file};

const READERS: u32 = 4;

const TABLE: &str = "CREATE TABLE IF NOT EXISTS log_lines (
    workflow_id INTEGER NOT NULL,
    task INTEGER NOT NULL,
    number INTEGER NOT NULL,
    at INTEGER NOT NULL,
    attempt INTEGER NOT NULL,
    stream INTEGER NOT NULL CHECK (stream IN (1, 2, 3)),
    text TEXT NOT NULL,
    PRIMARY KEY (workflow_id, task, number)
) STRICT, WITHOUT ROWID";

const APPEND: &str = "INSERT OR REPLACE INTO log_lines
    (workflow_id, task, number, at, attempt, stream, text) VALUES ($1, $2, $3, $4, $5, $6, $7)";

/// What is written and taken away again to see whether anything can be: a line of no workflow.
const TRY: [&str; 2] = [
    "INSERT OR REPLACE INTO log_lines
     (workflow_id, task, number, at, attempt, stream, text) VALUES (0, 0, 0, 0, 0, 3, '')",
    "DELETE FROM log_lines WHERE workflow_id = 0",
];

const LAST: &str = "SELECT COALESCE(MAX(number), 0) AS last FROM log_lines
    WHERE workflow_id = $1 AND task = $2";

const READ: &str = "SELECT number, at, attempt, stream, text FROM log_lines
    WHERE workflow_id = $1 AND task = $2 AND number > $3 ORDER BY number LIMIT $4";

/// So many lines at a time that others who write never wait long.
const FORGET: &str = "DELETE FROM log_lines WHERE workflow_id = $1 AND (task, number) IN
    (SELECT task, number FROM log_lines WHERE workflow_id = $1 LIMIT 10000)";

/// Lines in a file.
#[derive(Debug)]
pub struct SqliteLogStore {
    writer: SqlitePool,
    readers: SqlitePool,
    file: FileWatch,
}

impl SqliteLogStore {
    /// Opens the file (`logs.db`), making it when it is not there. Its folder must exist.
    ///
    /// # Errors
    /// It cannot be opened or is no such file.
    pub async fn open(path: &Path) -> Result<Self, LogFault> {
        let fault = |cause| unusable(path, &cause);
        private_file::make(path).map_err(|cause| fault(sqlx::Error::Io(cause)))?;
        let options = SqliteConnectOptions::new()
            .filename(path)
            .create_if_missing(true)
            .journal_mode(SqliteJournalMode::Wal)
            .synchronous(SqliteSynchronous::Normal)
            .busy_timeout(Duration::from_secs(10))
            .disable_statement_logging();
        let one = SqlitePoolOptions::new().max_connections(1);
        let writer = one.connect_with(options.clone()).await.map_err(fault)?;
        sqlx::query(TABLE).execute(&writer).await.map_err(fault)?;
        let some = SqlitePoolOptions::new().max_connections(READERS);
        let reading = options.read_only(true).create_if_missing(false);
        let readers = some.connect_with(reading).await.map_err(fault)?;
        let file = FileWatch::of_file(path);
        Ok(Self {
            writer,
            readers,
            file,
        })
    }

    /// Closes every connection. Flush the log before.
    pub async fn close(&self) {
        self.readers.close().await;
        self.writer.close().await;
    }

    async fn last_in(
        pool: &SqlitePool,
        workflow_id: WorkflowId,
        task: StepIndex,
    ) -> Result<u64, LogFault> {
        let query = sqlx::query(LAST).bind(workflow_id.0).bind(number(task)?);
        let row = query.fetch_one(pool).await.map_err(fault)?;
        count(row.try_get("last").map_err(fault)?)
    }
}

#[async_trait]
impl LogStore for SqliteLogStore {
    async fn append(&self, lines: &[StoredLine]) -> Result<(), LogFault> {
        self.check()?;
        let mut transaction = self.writer.begin().await.map_err(fault)?;
        for stored in lines {
            let query = sqlx::query(APPEND)
                .bind(stored.workflow_id.0)
                .bind(number(stored.task)?)
                .bind(number(stored.line.number)?)
                .bind(stored.line.at.as_micros())
                .bind(i64::from(stored.line.attempt))
                .bind(stream_number(stored.line.stream))
                .bind(&stored.line.text);
            query.execute(&mut *transaction).await.map_err(fault)?;
        }
        transaction.commit().await.map_err(fault)
    }

    fn check(&self) -> Result<(), LogFault> {
        let there = self.file.check();
        there.map_err(|gone| LogFault(gone.to_string()))
    }

    async fn probe(&self) -> Result<(), LogFault> {
        self.check()?;
        let mut transaction = self.writer.begin().await.map_err(fault)?;
        for statement in TRY {
            let tried = sqlx::query(statement).execute(&mut *transaction).await;
            tried.map_err(fault)?;
        }
        transaction.commit().await.map_err(fault)
    }

    async fn last(&self, workflow_id: WorkflowId, task: StepIndex) -> Result<u64, LogFault> {
        Self::last_in(&self.writer, workflow_id, task).await
    }

    async fn forget(&self, workflow_id: WorkflowId) -> Result<(), LogFault> {
        self.check()?;
        loop {
            let query = sqlx::query(FORGET).bind(workflow_id.0);
            let done = query.execute(&self.writer).await.map_err(fault)?;
            if done.rows_affected() == 0 {
                return Ok(());
            }
        }
    }

    async fn read(
        &self,
        workflow_id: WorkflowId,
        task: StepIndex,
        after: u64,
        limit: usize,
    ) -> Result<LogPage, LogFault> {
        // A connection that is open reads a file that is gone as if it were there.
        self.check()?;
        // Lines may come in between the two; the page says the later number.
        let last = Self::last_in(&self.readers, workflow_id, task).await?;
        let query = sqlx::query(READ)
            .bind(workflow_id.0)
            .bind(number(task)?)
            .bind(i64::try_from(after).unwrap_or(i64::MAX))
            .bind(i64::try_from(limit).unwrap_or(i64::MAX));
        let rows = query.fetch_all(&self.readers).await.map_err(fault)?;
        let lines = rows.iter().map(line).collect::<Result<Vec<_>, _>>()?;
        let last = lines.last().map_or(last, |line| last.max(line.number));
        Ok(LogPage { lines, last })
    }
}

fn line(row: &SqliteRow) -> Result<LogLine, LogFault> {
    let attempt: i64 = row.try_get("attempt").map_err(fault)?;
    Ok(LogLine {
        number: count(row.try_get("number").map_err(fault)?)?,
        at: Timestamp::from_micros(row.try_get("at").map_err(fault)?),
        attempt: u32::try_from(attempt).map_err(fault)?,
        stream: stream(row.try_get("stream").map_err(fault)?)?,
        text: row.try_get("text").map_err(fault)?,
    })
}

const fn stream_number(stream: LogStream) -> i64 {
    match stream {
        LogStream::Stdout => 1,
        LogStream::Stderr => 2,
        LogStream::Engine => 3,
    }
}

fn stream(number: i64) -> Result<LogStream, LogFault> {
    let all = [LogStream::Stdout, LogStream::Stderr, LogStream::Engine];
    let found = all.into_iter().find(|s| stream_number(*s) == number);
    found.ok_or_else(|| LogFault(format!("there is no stream {number}")))
}

fn number<N: TryInto<i64>>(n: N) -> Result<i64, LogFault>
where
    N::Error: std::fmt::Display,
{
    n.try_into().map_err(fault)
}

fn count(n: i64) -> Result<u64, LogFault> {
    u64::try_from(n).map_err(fault)
}

fn unusable(path: &Path, cause: &sqlx::Error) -> LogFault {
    let advice = if is_no_sound_file(cause) || path.is_dir() {
        "; it is damaged, or no database: restore a copy of it, or move it away, and a new one is \
         begun, without what steps wrote so far"
    } else {
        ""
    };
    let path = std::path::absolute(path).unwrap_or_else(|_| path.to_path_buf());
    LogFault(format!("cannot open {}: {cause}{advice}", path.display()))
}

fn fault(cause: impl std::fmt::Display) -> LogFault {
    LogFault(cause.to_string())
}
