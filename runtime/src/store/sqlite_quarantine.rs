//! Workflows that were put aside, in SQLite: rows are read here whatever they hold.

use std::collections::BTreeMap;

use async_trait::async_trait;
use engine::progress::{Counts, Summary, WorkflowState};
use engine::{DefinitionId, JobId, Seq, Timestamp, WorkflowId, WorkflowStatus};
use futures::StreamExt;
use serde_json::{Map, Value, json};
use sqlx::sqlite::{SqliteConnection, SqlitePool, SqliteRow};
use sqlx::{Column, Connection, Row, TypeInfo, ValueRef};
use tracing::error;

use super::sqlite::SqliteStore;
use super::{Defect, QuarantineStore, Quarantined, StoreError, row};

/// The rows of a workflow stay where they are, whatever is wrong with them; of the copies no more
/// bytes than these are kept.
const KEPT_BYTES_MAX: usize = 4 * 1024 * 1024;

#[async_trait]
impl QuarantineStore for SqliteStore {
    async fn put_aside(&self, workflow: &Quarantined) -> Result<(), StoreError> {
        // Read before anything is written: whoever meets a damaged page in a transaction that writes
        // can write nothing more in it.
        let kept = kept(&self.readers, workflow.workflow).await?;
        let mut writer = self.writer.lend().await?;
        let done = put_aside(&mut writer, workflow, &kept, true).await;
        let done = match done {
            // Its row lies on the page, and cannot be marked; that it is aside is noted all the same.
            Err(StoreError::DamagedPage(_)) => put_aside(&mut writer, workflow, &kept, false).await,
            done => done,
        };
        writer.bring_back(done).await
    }

    async fn aside(&self) -> Result<Vec<Quarantined>, StoreError> {
        let mut aside = BTreeMap::new();
        let mut is_whole = true;
        // A page that is damaged hides what lies behind it; from the other end that is read as well.
        for statement in NOTED {
            let mut rows = sqlx::query(statement).fetch(&self.readers);
            is_whole = true;
            while let Some(row) = rows.next().await {
                match row.map_err(StoreError::from) {
                    Ok(row) => {
                        let one = noted(&row);
                        aside.insert(one.workflow, one);
                    }
                    Err(fault) if fault.is_of_a_row() => {
                        error!(%fault, "what is noted about quarantine cannot all be read");
                        is_whole = false;
                        break;
                    }
                    Err(fault) => return Err(fault),
                }
            }
            if is_whole {
                break;
            }
        }
        if !is_whole {
            for id in marked(&self.readers).await? {
                aside.entry(id).or_insert_with(|| unnoted(id));
            }
        }
        Ok(aside.into_values().collect())
    }

    async fn remains(
        &self,
        id: WorkflowId,
        cause: &str,
    ) -> Result<Option<WorkflowState>, StoreError> {
        let row = sqlx::query("SELECT * FROM workflows WHERE id = $1")
            .bind(id.0)
            .fetch_optional(&self.readers)
            .await;
        let mut state = match row.map_err(StoreError::from) {
            Ok(None) => return Ok(None),
            Ok(Some(row)) => remains(&row, cause),
            Err(StoreError::DamagedPage(_)) => nothing_but(id, cause),
            Err(fault) => return Err(fault),
        };
        if state.summary.events == 0 {
            state.summary.events = last_event(&self.readers, id).await?;
        }
        Ok(Some(state))
    }
}

/// The number of the last event, which its readers go by, where the row does not tell it: 0 when the
/// events cannot be read either.
async fn last_event(readers: &SqlitePool, id: WorkflowId) -> Result<Seq, StoreError> {
    let row = sqlx::query("SELECT ifnull(max(seq), 0) AS seq FROM events WHERE workflow_id = $1")
        .bind(id.0)
        .fetch_one(readers)
        .await;
    match row.map_err(StoreError::from) {
        Ok(row) => Ok(u64::try_from(number(&row, "seq")).unwrap_or(0)),
        Err(StoreError::DamagedPage(_)) => Ok(0),
        Err(fault) => Err(fault),
    }
}

const NOTED: [&str; 2] = [
    "SELECT workflow_id, at, what, cause FROM quarantine ORDER BY workflow_id",
    "SELECT workflow_id, at, what, cause FROM quarantine ORDER BY workflow_id DESC",
];

/// What is noted of a workflow, whatever its columns hold.
fn noted(row: &SqliteRow) -> Quarantined {
    Quarantined {
        workflow: WorkflowId(number(row, "workflow_id")),
        at: moment(row, "at").unwrap_or_default(),
        defect: Defect::from_word(&text(row, "what")),
        cause: text(row, "cause"),
    }
}

/// The workflows whose rows say that they were put aside: `failed` without a summary, which no other
/// workflow has.
async fn marked(readers: &SqlitePool) -> Result<Vec<WorkflowId>, StoreError> {
    let mut marked = Vec::new();
    let mut rows =
        sqlx::query("SELECT id FROM workflows WHERE status = $1 AND summary IS NULL ORDER BY id")
            .bind(WorkflowStatus::ASIDE.as_str())
            .fetch(readers);
    while let Some(row) = rows.next().await {
        match row.map_err(StoreError::from) {
            Ok(row) => marked.push(WorkflowId(row.try_get("id")?)),
            Err(fault) if fault.is_of_a_row() => break,
            Err(fault) => return Err(fault),
        }
    }
    Ok(marked)
}

fn unnoted(workflow: WorkflowId) -> Quarantined {
    Quarantined {
        workflow,
        at: Timestamp::default(),
        defect: Defect::Unreadable,
        cause: "it was put aside before, and why cannot be read any more".into(),
    }
}

async fn put_aside(
    connection: &mut SqliteConnection,
    workflow: &Quarantined,
    kept: &Value,
    marks: bool,
) -> Result<(), StoreError> {
    let mut transaction = connection.begin_with("BEGIN IMMEDIATE").await?;
    let written = sqlx::query(
        "INSERT INTO quarantine (workflow_id, at, what, cause, kept) VALUES ($1, $2, $3, $4, $5)
         ON CONFLICT DO NOTHING",
    )
    .bind(workflow.workflow.0)
    .bind(workflow.at.as_micros())
    .bind(workflow.defect.as_str())
    .bind(&workflow.cause)
    .bind(kept.to_string())
    .execute(&mut *transaction)
    .await?;
    if written.rows_affected() > 0 && marks {
        sqlx::query("UPDATE workflows SET status = $2, summary = NULL WHERE id = $1")
            .bind(workflow.workflow.0)
            .bind(WorkflowStatus::ASIDE.as_str())
            .execute(&mut *transaction)
            .await?;
    }
    transaction.commit().await?;
    Ok(())
}

impl SqliteStore {
    /// Takes a workflow out of quarantine: its row says again what its events give.
    ///
    /// # Errors
    /// When nothing could be written.
    pub(crate) async fn release(
        &self,
        id: WorkflowId,
        status: WorkflowStatus,
        summary: Option<&Summary>,
    ) -> Result<(), StoreError> {
        let summary = summary.map(row::json_text).transpose()?;
        let mut writer = self.writer.lend().await?;
        let done = release(&mut writer, id, status, summary).await;
        writer.bring_back(done).await
    }
}

async fn release(
    connection: &mut SqliteConnection,
    id: WorkflowId,
    status: WorkflowStatus,
    summary: Option<String>,
) -> Result<(), StoreError> {
    let mut transaction = connection.begin_with("BEGIN IMMEDIATE").await?;
    sqlx::query("UPDATE workflows SET status = $2, summary = $3 WHERE id = $1")
        .bind(id.0)
        .bind(status.as_str())
        .bind(summary)
        .execute(&mut *transaction)
        .await?;
    sqlx::query("DELETE FROM quarantine WHERE workflow_id = $1")
        .bind(id.0)
        .execute(&mut *transaction)
        .await?;
    transaction.commit().await?;
    Ok(())
}

/// What can be told of a workflow's row without believing anything in it.
pub(super) fn remains(row: &SqliteRow, cause: &str) -> WorkflowState {
    let small = |column: &str| u32::try_from(number(row, column)).unwrap_or(0);
    let definition_id: Option<i64> = row.try_get("definition_id").ok().flatten();
    let nothing = nothing_but(WorkflowId(number(row, "id")), cause);
    WorkflowState {
        summary: Summary {
            job_id: JobId(number(row, "job_id")),
            recovery_attempts: small("recovery_attempts"),
            max_recovery_attempts: small("max_recovery_attempts"),
            started_at: moment(row, "started_at"),
            completed_at: moment(row, "completed_at"),
            events: u64::try_from(number(row, "rev")).unwrap_or(0),
            ..nothing.summary
        },
        name: text(row, "name"),
        definition_id: definition_id.map(DefinitionId),
        created_at: moment(row, "created_at").unwrap_or_default(),
        ..nothing
    }
}

/// What can be told of a workflow whose row cannot be read at all.
pub(super) fn nothing_but(id: WorkflowId, cause: &str) -> WorkflowState {
    WorkflowState {
        id,
        summary: Summary {
            job_id: JobId(0),
            status: WorkflowStatus::ASIDE,
            progress: 0,
            current_step: 0,
            current_steps: Vec::new(),
            total_steps: 0,
            completed_tasks: 0,
            failed_tasks: 0,
            running_tasks: 0,
            total_tasks: 0,
            counts: Counts::default(),
            recovery_attempts: 0,
            max_recovery_attempts: 0,
            started_at: None,
            completed_at: None,
            events: 0,
            cancel_requested: false,
            quarantine: Some(cause.to_owned()),
        },
        name: String::new(),
        definition_id: None,
        metadata: Map::new(),
        parameters: Map::new(),
        created_at: Timestamp::default(),
    }
}

fn number(row: &SqliteRow, column: &str) -> i64 {
    row.try_get(column).unwrap_or(0)
}

fn moment(row: &SqliteRow, column: &str) -> Option<Timestamp> {
    let micros: Option<i64> = row.try_get(column).ok().flatten();
    micros
        .map(Timestamp::from_micros)
        .filter(|moment| moment.is_writable())
}

/// The column's text, with signs in the place of what is none.
fn text(row: &SqliteRow, column: &str) -> String {
    let bytes: Vec<u8> = row.try_get_unchecked(column).unwrap_or_default();
    String::from_utf8_lossy(&bytes).into_owned()
}

/// The rows of a workflow and its tasks, to the byte. What lies on a damaged page stays there.
async fn kept(readers: &SqlitePool, id: WorkflowId) -> Result<Value, StoreError> {
    let workflow = sqlx::query("SELECT * FROM workflows WHERE id = $1")
        .bind(id.0)
        .fetch_optional(readers)
        .await;
    let workflow = unless_damaged(workflow)?;
    let tasks = sqlx::query("SELECT * FROM tasks WHERE workflow_id = $1 ORDER BY task")
        .bind(id.0)
        .fetch_all(readers)
        .await;
    let tasks = unless_damaged(tasks)?;
    let mut bytes = 0;
    let mut rows = Vec::with_capacity(tasks.len());
    for row in &tasks {
        let row = raw(row);
        bytes += row.to_string().len();
        if bytes > KEPT_BYTES_MAX {
            break;
        }
        rows.push(row);
    }
    Ok(json!({
        "workflow": workflow.as_ref().map(raw),
        "tasks": rows,
        "tasks_left_where_they_are": tasks.len() - rows.len(),
    }))
}

/// What was read; nothing where it lies on a damaged page.
fn unless_damaged<T: Default>(read: Result<T, sqlx::Error>) -> Result<T, StoreError> {
    match read.map_err(StoreError::from) {
        Err(StoreError::DamagedPage(_)) => Ok(T::default()),
        read => read,
    }
}

/// A row as JSON, whatever its columns hold.
pub(super) fn raw(row: &SqliteRow) -> Value {
    let column = |column: &sqlx::sqlite::SqliteColumn| {
        let index = column.ordinal();
        (column.name().to_owned(), raw_value(row, index))
    };
    Value::Object(row.columns().iter().map(column).collect())
}

fn raw_value(row: &SqliteRow, index: usize) -> Value {
    let kind = match row.try_get_raw(index) {
        Ok(value) if !value.is_null() => value.type_info().name().to_owned(),
        _ => return Value::Null,
    };
    match kind.as_str() {
        "INTEGER" => row
            .try_get::<i64, _>(index)
            .map_or(Value::Null, Value::from),
        "REAL" => row
            .try_get::<f64, _>(index)
            .map_or(Value::Null, Value::from),
        _ => {
            let bytes: Vec<u8> = row.try_get_unchecked(index).unwrap_or_default();
            match String::from_utf8(bytes) {
                Ok(text) => Value::String(text),
                Err(no_text) => {
                    let hex = no_text.as_bytes().iter().map(|byte| format!("{byte:02x}"));
                    json!({ "hex": hex.collect::<String>() })
                }
            }
        }
    }
}
