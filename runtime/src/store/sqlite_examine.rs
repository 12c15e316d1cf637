//! Rows as a doctor reads them: each by itself, so that one that cannot be read is told and the
//! others are looked at.

use std::sync::Arc;

use engine::orchestrator::AttemptRecord;
use engine::progress::Summary;
use engine::workflow::{NewWorkflow, TaskRecord, WorkflowRecord};
use engine::{Event, EventRecord, JobId, StepIndex, TaskId, WorkflowDefinition, WorkflowId};
use serde_json::Map;
use sqlx::sqlite::{SqliteConnection, SqliteRow};
use sqlx::{Connection, Row};

use super::{StoreError, row, sqlite_damage};

/// What a doctor reads through.
pub(crate) type Reader = SqliteConnection;

/// What was read, or why it cannot be.
pub(crate) type Read<T> = Result<T, String>;

/// Everything about one workflow but its events, read at one moment.
pub(crate) struct Found {
    pub(crate) record: Read<WorkflowRecord>,
    pub(crate) definition: Read<Arc<WorkflowDefinition>>,
    pub(crate) summary: Read<Option<Summary>>,
    /// In the order of their rows.
    pub(crate) tasks: Vec<Read<TaskRecord>>,
    pub(crate) attempts: Vec<(StepIndex, Read<AttemptRecord>)>,
}

impl Found {
    /// The workflow before its first event. What events do not tell is taken from the rows.
    pub(crate) fn as_new(
        &self,
        id: WorkflowId,
        definition: &Arc<WorkflowDefinition>,
        first: &EventRecord,
    ) -> NewWorkflow {
        let job_id = match &first.event {
            Event::WorkflowCreated { job_id, .. } => *job_id,
            _ => JobId(0),
        };
        // They are numbered in a row, so any of them tells: the first one may be what cannot be read.
        let first_task = (0..).zip(&self.tasks).find_map(|(index, task)| {
            let task = task.as_ref().ok()?;
            Some(TaskId(task.id.0 - index))
        });
        let (metadata, parameters) = match &self.record {
            Ok(record) => (record.metadata.clone(), record.parameters.clone()),
            Err(_) => (Map::new(), Map::new()),
        };
        NewWorkflow {
            id,
            job_id,
            first_task_id: first_task.unwrap_or(TaskId(1)),
            definition: Arc::clone(definition),
            metadata,
            parameters,
        }
    }
}

/// What is told of an event that cannot be read.
pub(crate) type Events = Vec<(u64, Read<EventRecord>)>;

fn told<T>(read: Result<T, StoreError>) -> Read<T> {
    read.map_err(|fault| fault.to_string())
}

/// The next workflows by number.
pub(crate) async fn numbers(
    connection: &mut SqliteConnection,
    after: WorkflowId,
    limit: u32,
) -> Result<Vec<WorkflowId>, StoreError> {
    let rows = sqlx::query("SELECT id FROM workflows WHERE id > $1 ORDER BY id LIMIT $2")
        .bind(after.0)
        .bind(limit)
        .fetch_all(&mut *connection)
        .await;
    let rows = match rows.map_err(StoreError::from) {
        Err(StoreError::DamagedPage(_)) => {
            return sqlite_damage::above(connection, after, limit).await;
        }
        rows => rows?,
    };
    let number = |row: &SqliteRow| Ok(WorkflowId(row.try_get("id")?));
    rows.iter().map(number).collect()
}

/// How many workflows there are.
pub(crate) async fn count(connection: &mut SqliteConnection) -> Result<u64, StoreError> {
    let row = sqlx::query("SELECT count(*) AS count FROM workflows")
        .fetch_one(connection)
        .await?;
    let count: i64 = row.try_get("count")?;
    Ok(count.unsigned_abs())
}

/// Reads a workflow, if it is there.
pub(crate) async fn workflow(
    connection: &mut SqliteConnection,
    id: WorkflowId,
) -> Result<Option<Found>, StoreError> {
    let found = sqlx::query(
        "SELECT w.*, f.body FROM workflows w
         LEFT JOIN frozen_definitions f ON f.hash = w.definition_hash WHERE w.id = $1",
    )
    .bind(id.0)
    .fetch_optional(&mut *connection)
    .await?;
    let Some(found) = found else { return Ok(None) };
    let tasks = sqlx::query("SELECT * FROM tasks WHERE workflow_id = $1 ORDER BY task")
        .bind(id.0)
        .fetch_all(&mut *connection)
        .await?;
    let attempts =
        sqlx::query("SELECT * FROM attempts WHERE workflow_id = $1 ORDER BY task, attempt")
            .bind(id.0)
            .fetch_all(connection)
            .await?;
    let task = |(index, row): (usize, &SqliteRow)| told(row::task_at(row, index));
    let attempt = |row: &SqliteRow| {
        let task: i64 = row.try_get("task").unwrap_or(i64::MAX);
        let task = usize::try_from(task).unwrap_or(usize::MAX);
        (task, told(row::attempt_record(row)))
    };
    Ok(Some(Found {
        record: told(row::workflow_record(&found)),
        definition: definition(&found),
        summary: told(summary(&found)),
        tasks: tasks.iter().enumerate().map(task).collect(),
        attempts: attempts.iter().map(attempt).collect(),
    }))
}

fn definition(found: &SqliteRow) -> Read<Arc<WorkflowDefinition>> {
    let body: Option<&str> = told(found.try_get("body").map_err(StoreError::from))?;
    let body = body.ok_or("its definition is not there")?;
    let body = told(row::parse("its definition", body))?;
    let read = WorkflowDefinition::from_json(&body);
    read.map(Arc::new).map_err(|problems| {
        let first = problems.first().map(ToString::to_string);
        format!("its definition is none: {}", first.unwrap_or_default())
    })
}

fn summary(found: &SqliteRow) -> Result<Option<Summary>, StoreError> {
    let text: Option<String> = found.try_get("summary")?;
    text.map(|text| row::parse("its summary", &text))
        .transpose()
}

/// Whether a workflow is in quarantine, as far as that can be read.
pub(crate) async fn is_aside(
    connection: &mut SqliteConnection,
    id: WorkflowId,
) -> Result<bool, StoreError> {
    let found = sqlx::query("SELECT 1 FROM quarantine WHERE workflow_id = $1")
        .bind(id.0)
        .fetch_optional(connection)
        .await;
    match found.map_err(StoreError::from) {
        Err(StoreError::DamagedPage(_)) => Ok(false),
        found => Ok(found?.is_some()),
    }
}

/// The next events of a workflow, each with its number.
pub(crate) async fn events(
    connection: &mut SqliteConnection,
    id: WorkflowId,
    after: u64,
    limit: u32,
) -> Result<Events, StoreError> {
    let rows = sqlx::query(
        "SELECT seq, body FROM events WHERE workflow_id = $1 AND seq > $2 ORDER BY seq LIMIT $3",
    )
    .bind(id.0)
    .bind(i64::try_from(after).unwrap_or(i64::MAX))
    .bind(limit)
    .fetch_all(connection)
    .await?;
    let event = |row: &SqliteRow| {
        let seq: i64 = row.try_get("seq")?;
        Ok((seq.unsigned_abs(), told(row::event(row))))
    };
    rows.iter().map(event).collect()
}

/// Every workflow with what decides in which lists it is: its state, how often it was recovered, and
/// how often it may be. Read without any index.
pub(crate) async fn standings(
    connection: &mut SqliteConnection,
) -> Result<Vec<(WorkflowId, String, i64, i64)>, StoreError> {
    let rows = sqlx::query(
        "SELECT id, CAST(status AS BLOB) AS status, recovery_attempts, max_recovery_attempts
         FROM workflows NOT INDEXED",
    )
    .fetch_all(connection)
    .await?;
    let standing = |row: &SqliteRow| {
        let status: Vec<u8> = row.try_get("status")?;
        Ok((
            WorkflowId(row.try_get("id")?),
            String::from_utf8_lossy(&status).into_owned(),
            row.try_get("recovery_attempts")?,
            row.try_get("max_recovery_attempts")?,
        ))
    };
    rows.iter().map(standing).collect()
}

/// An answered command: whose, its id, and the answer.
pub(crate) type Answered = (String, String, Read<engine::progress::WorkflowState>);

/// The next answered commands after one that was read.
pub(crate) async fn commands(
    connection: &mut SqliteConnection,
    after: (&str, &str),
    limit: u32,
) -> Result<Vec<Answered>, StoreError> {
    let rows = sqlx::query(
        "SELECT actor, id, answer FROM commands WHERE (actor, id) > ($1, $2)
         ORDER BY actor, id LIMIT $3",
    )
    .bind(after.0)
    .bind(after.1)
    .bind(limit)
    .fetch_all(connection)
    .await?;
    let command = |row: &SqliteRow| {
        let answer: Result<String, StoreError> = row.try_get("answer").map_err(StoreError::from);
        let answer = answer.and_then(|text| row::parse("the answer", &text));
        Ok((row.try_get("actor")?, row.try_get("id")?, told(answer)))
    };
    rows.iter().map(command).collect()
}

/// Frozen definitions: the hash each is kept under, and its text.
pub(crate) async fn frozen(
    connection: &mut SqliteConnection,
    after: &str,
    limit: u32,
) -> Result<Vec<(String, Read<serde_json::Value>)>, StoreError> {
    let rows = sqlx::query(
        "SELECT hash, body FROM frozen_definitions WHERE hash > $1 ORDER BY hash LIMIT $2",
    )
    .bind(after)
    .bind(limit)
    .fetch_all(connection)
    .await?;
    let one = |row: &SqliteRow| {
        let body: Result<String, StoreError> = row.try_get("body").map_err(StoreError::from);
        let body = body.and_then(|text| row::parse("a frozen definition", &text));
        Ok((row.try_get("hash")?, told(body)))
    };
    rows.iter().map(one).collect()
}

/// Rows that belong to no workflow, by table.
pub(crate) async fn strays(
    connection: &mut SqliteConnection,
) -> Result<Vec<(&'static str, i64)>, StoreError> {
    let row = sqlx::query(
        "SELECT
            (SELECT count(*) FROM tasks WHERE workflow_id NOT IN (SELECT id FROM workflows)) AS tasks,
            (SELECT count(*) FROM attempts
             WHERE workflow_id NOT IN (SELECT id FROM workflows)) AS attempts,
            (SELECT count(*) FROM events
             WHERE workflow_id NOT IN (SELECT id FROM workflows)) AS events,
            (SELECT count(*) FROM quarantine
             WHERE workflow_id NOT IN (SELECT id FROM workflows)) AS quarantine",
    )
    .fetch_one(connection)
    .await?;
    let tables = ["tasks", "attempts", "events", "quarantine"];
    let counted = tables.map(|table| Ok::<_, StoreError>((table, row.try_get(table)?)));
    let counted = counted.into_iter().collect::<Result<Vec<_>, _>>()?;
    Ok(counted
        .into_iter()
        .filter(|(_, count)| *count > 0)
        .collect())
}

/// How many workflows that were deleted have rows.
pub(crate) async fn deleted_with_rows(
    connection: &mut SqliteConnection,
) -> Result<i64, StoreError> {
    let text = "SELECT count(*) AS back FROM deleted_workflows
        WHERE workflow_id IN (SELECT id FROM workflows)";
    let row = sqlx::query(text).fetch_one(connection).await?;
    Ok(row.try_get("back")?)
}

/// Whether a workflow was deleted.
pub(crate) async fn is_deleted(
    connection: &mut SqliteConnection,
    id: WorkflowId,
) -> Result<bool, StoreError> {
    let found = sqlx::query("SELECT 1 FROM deleted_workflows WHERE workflow_id = $1")
        .bind(id.0)
        .fetch_optional(connection)
        .await?;
    Ok(found.is_some())
}

/// What the database itself says of its file: nothing when it is sound.
pub(crate) async fn damage(connection: &mut SqliteConnection) -> Result<Vec<String>, StoreError> {
    let rows = sqlx::query("PRAGMA quick_check(20)")
        .fetch_all(connection)
        .await;
    let rows = match rows.map_err(StoreError::from) {
        // Damaged so badly that the look itself fails.
        Err(fault @ StoreError::DamagedPage(_)) => return Ok(vec![fault.to_string()]),
        rows => rows?,
    };
    let told: Result<Vec<String>, sqlx::Error> = rows.iter().map(|row| row.try_get(0)).collect();
    Ok(told?.into_iter().filter(|line| line != "ok").collect())
}

/// Everything of one moment: what is read until it is dropped does not move.
pub(crate) async fn moment(
    connection: &mut SqliteConnection,
) -> Result<sqlx::Transaction<'_, sqlx::Sqlite>, StoreError> {
    Ok(connection.begin().await?)
}
