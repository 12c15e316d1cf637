//! One batch, one transaction, a handful of statements however many workflows it holds: the rows
//! travel as one JSON text each and SQLite takes them apart.

use serde::Serialize;
use sqlx::sqlite::SqliteConnection;
use sqlx::{Connection, Row};

use super::row::{self, AttemptRow, TaskRow, WorkflowRow};
use super::{AnsweredCommand, Change, StoreError, sqlite_commands};

pub(super) async fn commit(
    writer: &mut SqliteConnection,
    changes: &[Change],
    commands: &[AnsweredCommand],
) -> Result<(), StoreError> {
    let mut transaction = writer.begin_with("BEGIN IMMEDIATE").await?;
    if !changes.is_empty() {
        freeze_definitions(&mut transaction, changes).await?;
        if !write_workflows(&mut transaction, changes).await? {
            transaction.rollback().await?;
            return Err(overtaken(writer, changes).await?);
        }
        write_tasks(&mut transaction, changes).await?;
        write_attempts(&mut transaction, changes).await?;
        write_events(&mut transaction, changes).await?;
    }
    sqlite_commands::write(&mut transaction, commands).await?;
    transaction.commit().await?;
    Ok(())
}

fn is_new(change: &Change) -> bool {
    change.record.rev == change.events.len() as u64
}

/// The texts of definitions that are not stored yet.
async fn freeze_definitions(
    connection: &mut SqliteConnection,
    changes: &[Change],
) -> Result<(), StoreError> {
    let mut seen = std::collections::HashSet::new();
    for change in changes.iter().filter(|change| is_new(change)) {
        let hash = change.header.definition_hash.as_str();
        if !seen.insert(hash) {
            continue;
        }
        sqlx::query(
            "INSERT INTO frozen_definitions (hash, body) VALUES ($1, $2) ON CONFLICT DO NOTHING",
        )
        .bind(hash)
        .bind(change.definition.to_json().to_string())
        .execute(&mut *connection)
        .await?;
    }
    Ok(())
}

/// Every row must stand exactly where the batch thinks it stands; else the answer is false and the
/// transaction must not be committed.
async fn write_workflows(
    connection: &mut SqliteConnection,
    changes: &[Change],
) -> Result<bool, StoreError> {
    let rows = changes
        .iter()
        .map(WorkflowRow::of)
        .collect::<Result<Vec<_>, _>>()?;
    let written = sqlx::query(
        "INSERT INTO workflows (id, job_id, name, name_lower, definition_id,
             definition_version, definition_hash, status, rev, cancel_requested, recovering_from, epoch,
             recovery_attempts, max_recovery_attempts, created_at, started_at, completed_at,
             paused_at, metadata, parameters, summary)
         SELECT v->>'id', v->>'job_id', v->>'name', v->>'name_lower', v->>'definition_id',
             v->>'definition_version', v->>'definition_hash', v->>'status', v->>'rev', v->>'cancel_requested',
             v->>'recovering_from', v->>'epoch', v->>'recovery_attempts',
             v->>'max_recovery_attempts', v->>'created_at', v->>'started_at', v->>'completed_at',
             v->>'paused_at', v->>'metadata', v->>'parameters', v->>'summary'
         FROM (SELECT value AS v FROM json_each($1))
         WHERE v->>'rev' - v->>'added'
             = ifnull((SELECT w.rev FROM workflows w WHERE w.id = v->>'id'), 0)
         ON CONFLICT (id) DO UPDATE SET status = excluded.status, rev = excluded.rev,
             cancel_requested = excluded.cancel_requested,
             recovering_from = excluded.recovering_from, epoch = excluded.epoch,
             recovery_attempts = excluded.recovery_attempts,
             max_recovery_attempts = excluded.max_recovery_attempts,
             started_at = excluded.started_at, completed_at = excluded.completed_at,
             paused_at = excluded.paused_at, summary = excluded.summary",
    )
    .bind(row::json_text(&rows)?)
    .execute(&mut *connection)
    .await?
    .rows_affected();
    Ok(written == changes.len() as u64)
}

/// Names the change whose row stands elsewhere, now that nothing of the batch is written.
async fn overtaken(
    connection: &mut SqliteConnection,
    changes: &[Change],
) -> Result<StoreError, StoreError> {
    for change in changes {
        let id = change.record.id;
        let row = sqlx::query("SELECT rev FROM workflows WHERE id = $1")
            .bind(id.0)
            .fetch_optional(&mut *connection)
            .await?;
        let stands_at: i64 = row.map_or(Ok(0), |row| row.try_get("rev"))?;
        if stands_at.unsigned_abs() + change.events.len() as u64 != change.record.rev {
            return Ok(StoreError::Stale(id));
        }
    }
    let cause = "not every row was written, and none stands elsewhere";
    Ok(row::corrupt("the table of workflows", &cause))
}

async fn write_tasks(
    connection: &mut SqliteConnection,
    changes: &[Change],
) -> Result<(), StoreError> {
    let mut rows = Vec::new();
    for change in changes {
        for (index, record) in &change.tasks {
            rows.push(TaskRow::of(change.record.id, *index, record)?);
        }
    }
    if rows.is_empty() {
        return Ok(());
    }
    sqlx::query(
        "INSERT INTO tasks (workflow_id, task, id, status, attempt, retry_count, lost_count,
             generation, redo, waiting, superseded, due_at, wait_micros, share, started_at,
             ended_at, failure, error_message, skip_reason, output)
         SELECT v->>'workflow_id', v->>'task', v->>'id', v->>'status', v->>'attempt',
             v->>'retry_count', v->>'lost_count', v->>'generation', v->>'redo', v->>'waiting',
             v->>'superseded', v->>'due_at', v->>'wait_micros', v->>'share', v->>'started_at', v->>'ended_at', v->>'failure',
             v->>'error_message', v->>'skip_reason', v->>'output'
         FROM (SELECT value AS v FROM json_each($1)) WHERE true
         ON CONFLICT (workflow_id, task) DO UPDATE SET status = excluded.status,
             attempt = excluded.attempt, retry_count = excluded.retry_count,
             lost_count = excluded.lost_count, generation = excluded.generation,
             redo = excluded.redo, waiting = excluded.waiting,
             superseded = excluded.superseded, due_at = excluded.due_at,
             wait_micros = excluded.wait_micros,
             share = excluded.share, started_at = excluded.started_at,
             ended_at = excluded.ended_at, failure = excluded.failure,
             error_message = excluded.error_message, skip_reason = excluded.skip_reason,
             output = excluded.output",
    )
    .bind(row::json_text(&rows)?)
    .execute(connection)
    .await?;
    Ok(())
}

async fn write_attempts(
    connection: &mut SqliteConnection,
    changes: &[Change],
) -> Result<(), StoreError> {
    let rows: Vec<AttemptRow> = changes.iter().flat_map(row::attempts).collect();
    if rows.is_empty() {
        return Ok(());
    }
    sqlx::query(
        "INSERT INTO attempts (workflow_id, task, attempt, started_at, ended_at, outcome, error)
         SELECT v->>'workflow_id', v->>'task', v->>'attempt', v->>'started_at', v->>'ended_at',
             v->>'outcome', v->>'error'
         FROM (SELECT value AS v FROM json_each($1)) WHERE true
         ON CONFLICT (workflow_id, task, attempt) DO UPDATE SET ended_at = excluded.ended_at,
             outcome = excluded.outcome, error = excluded.error",
    )
    .bind(row::json_text(&rows)?)
    .execute(connection)
    .await?;
    Ok(())
}

#[derive(Serialize)]
struct EventRow {
    w: i64,
    s: u64,
    b: String,
}

async fn write_events(
    connection: &mut SqliteConnection,
    changes: &[Change],
) -> Result<(), StoreError> {
    let mut rows = Vec::new();
    for change in changes {
        for event in &change.events {
            rows.push(EventRow {
                w: change.record.id.0,
                s: event.seq,
                b: row::json_text(event)?,
            });
        }
    }
    sqlx::query(
        "INSERT INTO events (workflow_id, seq, body)
         SELECT v->>'w', v->>'s', v->>'b' FROM (SELECT value AS v FROM json_each($1)) WHERE true",
    )
    .bind(row::json_text(&rows)?)
    .execute(connection)
    .await?;
    Ok(())
}
