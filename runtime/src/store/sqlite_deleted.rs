//! Deleted workflows in SQLite.

use async_trait::async_trait;
use engine::WorkflowId;
use rusqlite::{Connection, TransactionBehavior, params};
use sqlx::Row;
use sqlx::sqlite::{SqlitePool, SqliteRow};

use super::sqlite::SqliteStore;
use super::{
    AnsweredCommand, Deletion, DeletionStore, LastNumbers, StoreError, row, sqlite_commit,
    sqlite_damage,
};
use crate::crash_point;

/// Before its rows are gone. Numbers that nobody gave out do not decide what is given out next.
const NOTE: &str = "INSERT INTO deleted_workflows
        (workflow_id, job_id, last_task_id, at, actor, reason, leftovers)
    SELECT id, CASE WHEN job_id <= ?3 THEN job_id ELSE 0 END,
        (SELECT ifnull(max(id), 0) FROM tasks WHERE workflow_id = ?1 AND id <= ?3), ?4, ?5, ?6, 1
    FROM workflows WHERE id = ?1 AND (?2 IS NULL OR rev = ?2)";

const REMOVE: [&str; 5] = [
    "DELETE FROM quarantine WHERE workflow_id = ?",
    "DELETE FROM workflows WHERE id = ?",
    "DELETE FROM tasks WHERE workflow_id = ?",
    "DELETE FROM attempts WHERE workflow_id = ?",
    "DELETE FROM events WHERE workflow_id = ?",
];

/// Deletes all of it and keeps the answer, or does nothing.
pub(super) fn delete(
    connection: &mut Connection,
    deletion: &Deletion,
    command: Option<&AnsweredCommand>,
) -> Result<(), StoreError> {
    let id = deletion.workflow.0;
    let rev = deletion.rev.map(i64::try_from).transpose();
    let rev = rev.map_err(|error| row::corrupt("the number of an event", &error))?;
    // Whatever fails drops the transaction, and that rolls it back.
    let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
    let (at, most) = (deletion.at.as_micros(), LastNumbers::MOST);
    let noted = transaction.execute(
        NOTE,
        params![id, rev, most, at, deletion.actor, deletion.reason],
    )?;
    if noted != 1 {
        return Err(StoreError::Stale(deletion.workflow));
    }
    for statement in REMOVE {
        transaction.execute(statement, [id])?;
        crash_point::reach("c6");
    }
    let commands = command.map_or(&[][..], std::slice::from_ref);
    sqlite_commit::write_commands(&transaction, commands)?;
    crash_point::reach("c6-whole");
    Ok(transaction.commit()?)
}

#[async_trait]
impl DeletionStore for SqliteStore {
    async fn delete(
        &self,
        deletion: &Deletion,
        command: Option<&AnsweredCommand>,
    ) -> Result<(), StoreError> {
        let _turn = self.writer.turn().await;
        if let Err(fault) = self.batches.delete(deletion, command).await {
            return Err(sqlite_damage::judged(&self.readers, fault).await);
        }
        self.files.check()
    }

    async fn leftovers(&self) -> Result<Vec<WorkflowId>, StoreError> {
        let rows = sqlx::query(
            "SELECT workflow_id FROM deleted_workflows WHERE leftovers = 1 ORDER BY workflow_id",
        )
        .fetch_all(&self.readers)
        .await?;
        let number = |row: &SqliteRow| Ok(WorkflowId(row.try_get("workflow_id")?));
        rows.iter().map(number).collect()
    }

    async fn left_nothing(&self, id: WorkflowId) -> Result<(), StoreError> {
        let mut writer = self.writer.lend().await?;
        let noted =
            sqlx::query("UPDATE deleted_workflows SET leftovers = 0 WHERE workflow_id = $1")
                .bind(id.0)
                .execute(&mut *writer)
                .await;
        let noted = noted.map(drop).map_err(StoreError::from);
        writer.bring_back(noted).await
    }
}

/// The highest numbers that deleted workflows had.
pub(super) async fn last_numbers(readers: &SqlitePool) -> Result<LastNumbers, StoreError> {
    let row = sqlx::query(
        "SELECT ifnull(max(workflow_id), 0) AS workflow, ifnull(max(job_id), 0) AS job,
             ifnull(max(last_task_id), 0) AS task
         FROM deleted_workflows",
    )
    .fetch_one(readers)
    .await?;
    Ok(LastNumbers {
        workflow: row.try_get("workflow")?,
        job: row.try_get("job")?,
        task: row.try_get("task")?,
    })
}
