//! The SQLite store: one connection writes batches, one the rest, a few read. Its SQL stands in the files beside it.

use std::sync::Arc;

use async_trait::async_trait;
use engine::event::EVENT_OUTPUT_BYTES_MAX;
use engine::orchestrator::{AttemptRecord, WorkflowFilter};
use engine::progress::WorkflowState;
use engine::{
    Attempt, EventRecord, JobId, Seq, StepIndex, Timestamp, WorkflowDefinition, WorkflowId,
};
use sqlx::Row;
use sqlx::sqlite::SqlitePool;

use super::definition_cache::DefinitionCache;
use super::row;
use super::sqlite_loan::Lender;
use super::sqlite_writer::BatchWriter;
use super::{
    AnsweredCommand, Change, FileWatch, LastNumbers, SettingStore, Standing, StoreError,
    StoredWorkflow, WorkflowStore, sqlite_commands, sqlite_damage, sqlite_deleted, sqlite_lists,
    sqlite_load, sqlite_probe,
};
use crate::database::Database;

/// As many pages as SQLite can count.
const PAGES_MAX: u32 = 0xffff_fffe;

/// Everything in one SQLite file.
#[derive(Debug)]
pub struct SqliteStore {
    /// Writes what no workflow is. Nobody has it while a batch is written, so that the two
    /// connections never wait for each other inside SQLite.
    pub(super) writer: Lender,
    pub(super) readers: SqlitePool,
    pub(super) files: FileWatch,
    pub(super) batches: BatchWriter,
    pub(super) definitions: DefinitionCache,
    /// Keeps other servers away from the file.
    _locks: Vec<std::fs::File>,
}

impl SqliteStore {
    /// A store over an open database.
    #[must_use]
    pub fn new(database: Database) -> Self {
        let Database {
            writer,
            batches,
            readers,
            locks,
            options,
            files,
        } = database;
        Self {
            writer: Lender::new(writer, options),
            readers,
            batches,
            definitions: DefinitionCache::default(),
            files,
            _locks: locks,
        }
    }
}

impl SqliteStore {
    /// Lets the file grow to at most so many pages of 4 KiB, and not below what it has. A write that
    /// needs more fails as on a full disk. None: as many as the disk has.
    ///
    /// # Errors
    /// When the database is away.
    pub async fn limit_pages(&self, pages: Option<u32>) -> Result<(), StoreError> {
        let pages = pages.unwrap_or(PAGES_MAX);
        let mut writer = self.writer.lend().await?;
        let text = format!("PRAGMA max_page_count = {pages}");
        let set = sqlx::query(sqlx::AssertSqlSafe(text))
            .execute(&mut *writer)
            .await;
        writer.bring_back(set.map_err(StoreError::from)).await?;
        self.batches.limit(pages).await
    }
}

/// A row that somebody removed by hand may have left others behind, under whose number nothing new
/// can be written. Of tasks the last ones are asked: they were given the highest numbers.
const LAST_NUMBERS: &str = "SELECT
    max((SELECT ifnull(max(id), 0) FROM workflows WHERE id <= $1),
        (SELECT ifnull(max(workflow_id), 0) FROM tasks WHERE workflow_id <= $1),
        (SELECT ifnull(max(workflow_id), 0) FROM attempts WHERE workflow_id <= $1),
        (SELECT ifnull(max(workflow_id), 0) FROM events WHERE workflow_id <= $1)) AS workflow,
    (SELECT ifnull(max(job_id), 0) FROM workflows WHERE job_id <= $1) AS job,
    (SELECT ifnull(max(id), 0) FROM
        (SELECT id FROM tasks WHERE workflow_id <= $1
         ORDER BY workflow_id DESC, task DESC LIMIT 5000)
     WHERE id <= $1) AS task";

#[async_trait]
impl WorkflowStore for SqliteStore {
    async fn commit(
        &self,
        changes: &[Change],
        commands: &[AnsweredCommand],
    ) -> Result<(), StoreError> {
        let _turn = self.writer.turn().await;
        if let Err(fault) = self.batches.commit(changes, commands).await {
            return Err(sqlite_damage::judged(&self.readers, fault).await);
        }
        for change in changes {
            let hash = &change.header.definition_hash;
            self.definitions.put(hash, &change.definition);
        }
        // Only now it is known that this was not written into a file that nobody will find again.
        self.files.check()
    }

    fn shared(&self, hash: &str, definition: &Arc<WorkflowDefinition>) -> Arc<WorkflowDefinition> {
        self.definitions.share(hash, definition)
    }

    async fn command(&self, actor: &str, id: &str) -> Result<Option<AnsweredCommand>, StoreError> {
        sqlite_commands::find(&self.readers, actor, id).await
    }

    async fn forget_commands(&self, before: Timestamp) -> Result<u64, StoreError> {
        let mut writer = self.writer.lend().await?;
        let forgotten = sqlite_commands::forget(&mut writer, before).await;
        writer.bring_back(forgotten).await
    }

    async fn load(&self, id: WorkflowId) -> Result<Option<StoredWorkflow>, StoreError> {
        match sqlite_load::one(self, id).await {
            Err(fault) => Err(sqlite_damage::judged(&self.readers, fault).await),
            read => read,
        }
    }

    async fn load_all(
        &self,
        ids: &[WorkflowId],
    ) -> Result<Vec<(WorkflowId, Result<StoredWorkflow, StoreError>)>, StoreError> {
        sqlite_load::many(self, ids).await
    }

    async fn state(
        &self,
        id: WorkflowId,
        now: Timestamp,
    ) -> Result<Option<WorkflowState>, StoreError> {
        sqlite_lists::state(self, id, now).await
    }

    async fn standing(&self, id: WorkflowId) -> Result<Option<Standing>, StoreError> {
        let found = sqlx::query(
            "SELECT status, cancel_requested, rev, definition_id, definition_version, definition_hash
             FROM workflows WHERE id = $1",
        )
        .bind(id.0)
        .fetch_optional(&self.readers)
        .await?;
        found.as_ref().map(row::standing).transpose()
    }

    async fn active(&self) -> Result<Vec<WorkflowId>, StoreError> {
        let rows = sqlx::query(ACTIVE).fetch_all(&self.readers).await;
        let rows = match rows.map_err(StoreError::from) {
            Err(StoreError::DamagedPage(_)) => return sqlite_damage::active(&self.readers).await,
            rows => rows?,
        };
        rows.iter()
            .map(|row| Ok(WorkflowId(row.try_get("id")?)))
            .collect()
    }

    async fn rev(&self, id: WorkflowId) -> Result<Option<Seq>, StoreError> {
        let row = sqlx::query("SELECT rev FROM workflows WHERE id = $1")
            .bind(id.0)
            .fetch_optional(&self.readers)
            .await?;
        let rev = |row| row::number(row, "rev");
        row.as_ref().map(rev).transpose()
    }

    async fn events(
        &self,
        id: WorkflowId,
        after: Seq,
        limit: usize,
    ) -> Result<Vec<EventRecord>, StoreError> {
        let rows = sqlx::query(
            "SELECT body FROM events WHERE workflow_id = $1 AND seq > $2 ORDER BY seq LIMIT $3",
        )
        .bind(id.0)
        .bind(i64::try_from(after).unwrap_or(i64::MAX))
        .bind(i64::try_from(limit).unwrap_or(i64::MAX))
        .fetch_all(&self.readers)
        .await?;
        rows.iter().map(row::event).collect()
    }

    async fn attempts(
        &self,
        id: WorkflowId,
        task: StepIndex,
    ) -> Result<Vec<AttemptRecord>, StoreError> {
        let rows = sqlx::query(ATTEMPTS)
            .bind(id.0)
            .bind(i64::try_from(task).unwrap_or(i64::MAX))
            .bind(i64::try_from(EVENT_OUTPUT_BYTES_MAX).unwrap_or(i64::MAX))
            .fetch_all(&self.readers)
            .await?;
        let read = |found| row::readable("an attempt", row::attempt_record(found));
        Ok(rows.iter().filter_map(read).collect())
    }

    async fn attempt(
        &self,
        id: WorkflowId,
        task: StepIndex,
        attempt: Attempt,
    ) -> Result<Option<AttemptRecord>, StoreError> {
        let row = sqlx::query(
            "SELECT * FROM attempts WHERE workflow_id = $1 AND task = $2 AND attempt = $3",
        )
        .bind(id.0)
        .bind(i64::try_from(task).unwrap_or(i64::MAX))
        .bind(attempt)
        .fetch_optional(&self.readers)
        .await?;
        row.as_ref().map(row::attempt_record).transpose()
    }

    async fn latest_of_job(&self, job: JobId) -> Result<Option<WorkflowId>, StoreError> {
        let row = sqlx::query("SELECT max(id) AS id FROM workflows WHERE job_id = $1")
            .bind(job.0)
            .fetch_one(&self.readers)
            .await?;
        Ok(row.try_get::<Option<i64>, _>("id")?.map(WorkflowId))
    }

    async fn list(
        &self,
        filter: &WorkflowFilter,
        now: Timestamp,
    ) -> Result<Vec<WorkflowState>, StoreError> {
        sqlite_lists::list(self, filter, now).await
    }

    async fn last_numbers(&self) -> Result<LastNumbers, StoreError> {
        let deleted = sqlite_deleted::last_numbers(&self.readers).await?;
        let read = sqlx::query(LAST_NUMBERS)
            .bind(LastNumbers::MOST)
            .fetch_one(&self.readers)
            .await;
        let row = match read.map_err(StoreError::from) {
            Err(StoreError::DamagedPage(_)) => {
                let found = sqlite_damage::last_numbers(&self.readers).await?;
                return Ok(found.or(deleted));
            }
            read => read?,
        };
        let found = LastNumbers {
            workflow: row.try_get("workflow")?,
            job: row.try_get("job")?,
            task: row.try_get("task")?,
        };
        Ok(found.or(deleted))
    }

    async fn probe(&self, writes: bool) -> Result<bool, StoreError> {
        self.files.check()?;
        let writer = if writes {
            Some(self.writer.lend().await?)
        } else {
            self.writer.lend_if_free().await?
        };
        let Some(mut writer) = writer else {
            return Ok(false);
        };
        let probed = sqlite_probe::probe(&mut writer, writes).await;
        writer.bring_back(probed).await?;
        if writes {
            // Workflows are written through another connection, which may be the one that failed.
            let turn = self.writer.turn().await;
            self.batches.probe().await?;
            drop(turn);
            sqlite_damage::look(&self.readers).await?;
        }
        self.files.check()?;
        Ok(true)
    }
}

/// What is larger than an event holds is not read: what stands for it in events says its length.
const ATTEMPTS: &str = "SELECT attempt, started_at, ended_at, outcome, error,
        CASE WHEN octet_length(output) > $3
            THEN json_object('not_in_event', json('true'), 'bytes', octet_length(output))
            ELSE output END AS output
    FROM attempts WHERE workflow_id = $1 AND task = $2 ORDER BY attempt";

/// The states in the order of their index, with everything between them: what has none of these
/// words is looked at as well, without reading the rows of all others.
const ACTIVE: &str = "SELECT id FROM workflows INDEXED BY workflows_by_status
        WHERE status IN ('running', 'paused', 'recovering')
    UNION ALL SELECT id FROM workflows INDEXED BY workflows_by_status WHERE status < 'cancelled'
    UNION ALL SELECT id FROM workflows INDEXED BY workflows_by_status
        WHERE status > 'cancelled' AND status < 'completed'
    UNION ALL SELECT id FROM workflows INDEXED BY workflows_by_status
        WHERE status > 'completed' AND status < 'failed'
    UNION ALL SELECT id FROM workflows INDEXED BY workflows_by_status
        WHERE status > 'failed' AND status < 'paused'
    UNION ALL SELECT id FROM workflows INDEXED BY workflows_by_status
        WHERE status > 'paused' AND status < 'pending'
    UNION ALL SELECT id FROM workflows INDEXED BY workflows_by_status
        WHERE status > 'pending' AND status < 'recovering'
    UNION ALL SELECT id FROM workflows INDEXED BY workflows_by_status
        WHERE status > 'recovering' AND status < 'running'
    UNION ALL SELECT id FROM workflows INDEXED BY workflows_by_status WHERE status > 'running'
    ORDER BY id";

#[async_trait]
impl SettingStore for SqliteStore {
    async fn setting(&self, name: &str) -> Result<Option<String>, StoreError> {
        let row = sqlx::query("SELECT value FROM settings WHERE name = $1")
            .bind(name)
            .fetch_optional(&self.readers)
            .await?;
        row.map(|row| row.try_get("value"))
            .transpose()
            .map_err(StoreError::from)
    }

    async fn set_setting(&self, name: &str, value: &str) -> Result<(), StoreError> {
        let mut writer = self.writer.lend().await?;
        let set = sqlx::query(
            "INSERT INTO settings (name, value) VALUES ($1, $2)
             ON CONFLICT (name) DO UPDATE SET value = excluded.value",
        )
        .bind(name)
        .bind(value)
        .execute(&mut *writer)
        .await;
        writer.bring_back(set.map_err(StoreError::from)).await?;
        self.files.check()
    }
}
