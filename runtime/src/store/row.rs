//! Rows as they are read: moments are microseconds, words are text.

use std::sync::Arc;

use engine::event::EventRecord;
use engine::orchestrator::AttemptRecord;
use engine::workflow::{TaskRecord, WorkflowRecord};
use engine::{DefinitionId, JobId, StepIndex, TaskId, Timestamp, WorkflowId};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use sqlx::Row;
use sqlx::sqlite::SqliteRow;

use super::{Header, Standing, StoreError};

pub(super) fn json_text<T: Serialize + ?Sized>(value: &T) -> Result<String, StoreError> {
    serde_json::to_string(value).map_err(|error| corrupt("a value", &error))
}

pub(super) fn parse<T: for<'de> Deserialize<'de>>(what: &str, text: &str) -> Result<T, StoreError> {
    serde_json::from_str(text).map_err(|error| corrupt(what, &error))
}

pub(super) fn corrupt(what: &str, cause: &dyn std::fmt::Display) -> StoreError {
    StoreError::Corrupt {
        what: what.into(),
        cause: cause.to_string(),
    }
}

/// Reads a word of ours, such as a state.
fn word<T: std::str::FromStr>(what: &str, text: &str) -> Result<T, StoreError>
where
    T::Err: std::fmt::Display,
{
    text.parse().map_err(|error: T::Err| corrupt(what, &error))
}

pub(super) fn number<T: TryFrom<i64>>(row: &SqliteRow, column: &str) -> Result<T, StoreError> {
    let raw: i64 = row.try_get(column)?;
    T::try_from(raw).map_err(|_| corrupt(column, &raw))
}

fn optional_number<T: TryFrom<i64>>(
    row: &SqliteRow,
    column: &str,
) -> Result<Option<T>, StoreError> {
    let raw: Option<i64> = row.try_get(column)?;
    raw.map(|raw| T::try_from(raw).map_err(|_| corrupt(column, &raw)))
        .transpose()
}

pub(super) fn moment(row: &SqliteRow, column: &str) -> Result<Option<Timestamp>, StoreError> {
    let raw: Option<i64> = row.try_get(column)?;
    raw.map(|raw| {
        let moment = Timestamp::from_micros(raw);
        // A moment that cannot be written could not be answered to anybody.
        moment
            .is_writable()
            .then_some(moment)
            .ok_or_else(|| corrupt(column, &format!("{raw} microseconds are no moment")))
    })
    .transpose()
}

/// A moment that has to be there.
fn due_moment(row: &SqliteRow, column: &str) -> Result<Timestamp, StoreError> {
    moment(row, column)?.ok_or_else(|| corrupt(column, &"it is empty"))
}

/// What can be read; what cannot is told in the log and left out, so that a list goes on.
pub(super) fn readable<T>(what: &str, read: Result<T, StoreError>) -> Option<T> {
    read.map_err(|fault| tracing::warn!(%fault, "{what} is left out of a list"))
        .ok()
}

/// A snake-case word of an enum that serde knows.
fn serde_word<T: for<'de> Deserialize<'de>>(
    row: &SqliteRow,
    column: &str,
) -> Result<Option<T>, StoreError> {
    let raw: Option<String> = row.try_get(column)?;
    let read = |text| serde_json::from_value(Value::String(text));
    raw.map(|text| read(text).map_err(|error| corrupt(column, &error)))
        .transpose()
}

pub(super) fn workflow_record(row: &SqliteRow) -> Result<WorkflowRecord, StoreError> {
    Ok(WorkflowRecord {
        id: WorkflowId(row.try_get("id")?),
        job_id: JobId(row.try_get("job_id")?),
        status: word("a workflow's state", row.try_get("status")?)?,
        rev: number(row, "rev")?,
        cancel_requested: row.try_get("cancel_requested")?,
        recovering_from: optional_number(row, "recovering_from")?,
        epoch: number(row, "epoch")?,
        recovery_attempts: number(row, "recovery_attempts")?,
        max_recovery_attempts: number(row, "max_recovery_attempts")?,
        created_at: due_moment(row, "created_at")?,
        started_at: moment(row, "started_at")?,
        completed_at: moment(row, "completed_at")?,
        paused_at: moment(row, "paused_at")?,
        metadata: parse("a workflow's metadata", row.try_get("metadata")?)?,
        parameters: parse("a workflow's parameters", row.try_get("parameters")?)?,
    })
}

/// The task of this position; another one in its place means that a row is missing.
pub(super) fn task_at(row: &SqliteRow, index: StepIndex) -> Result<TaskRecord, StoreError> {
    let found: i64 = row.try_get("task")?;
    if usize::try_from(found) == Ok(index) {
        return task_record(row);
    }
    Err(corrupt(
        "a task",
        &format!("task {found} stands in the place of {index}"),
    ))
}

fn task_record(row: &SqliteRow) -> Result<TaskRecord, StoreError> {
    let output: Option<String> = row.try_get("output")?;
    let output = output
        .map(|text| parse("a task's output", &text))
        .transpose()?;
    Ok(TaskRecord {
        id: TaskId(row.try_get("id")?),
        status: word("a task's state", row.try_get("status")?)?,
        attempt: number(row, "attempt")?,
        retry_count: number(row, "retry_count")?,
        lost_count: number(row, "lost_count")?,
        generation: number(row, "generation")?,
        redo: number(row, "redo")?,
        in_doubt: row.try_get("in_doubt")?,
        waiting: row.try_get("waiting")?,
        superseded: optional_number(row, "superseded")?,
        due_at: moment(row, "due_at")?,
        wait_micros: optional_number(row, "wait_micros")?,
        share: row.try_get("share")?,
        started_at: moment(row, "started_at")?,
        ended_at: moment(row, "ended_at")?,
        failure: serde_word(row, "failure")?,
        error_message: row.try_get("error_message")?,
        skip_reason: serde_word(row, "skip_reason")?,
        output: output.map(Arc::new),
    })
}

pub(super) fn event(row: &SqliteRow) -> Result<EventRecord, StoreError> {
    parse("an event", row.try_get("body")?)
}

pub(super) fn header(row: &SqliteRow) -> Result<Header, StoreError> {
    let id: Option<i64> = row.try_get("definition_id")?;
    let version = optional_number(row, "definition_version")?;
    Ok(Header {
        source: id.map(DefinitionId).zip(version),
        definition_hash: row.try_get("definition_hash")?,
    })
}

pub(super) fn standing(row: &SqliteRow) -> Result<Standing, StoreError> {
    Ok(Standing {
        header: header(row)?,
        status: word("a workflow's state", row.try_get("status")?)?,
        cancel_requested: row.try_get("cancel_requested")?,
        rev: number(row, "rev")?,
    })
}

pub(super) fn attempt_record(row: &SqliteRow) -> Result<AttemptRecord, StoreError> {
    let output: Option<String> = row.try_get("output")?;
    // Older rows hold null where an attempt gave nothing.
    let output = output.filter(|text| text != "null");
    let output = output.map(|text| parse("an attempt's output", &text));
    Ok(AttemptRecord {
        attempt: number(row, "attempt")?,
        started_at: due_moment(row, "started_at")?,
        ended_at: moment(row, "ended_at")?,
        outcome: row.try_get("outcome")?,
        error: row.try_get("error")?,
        output: output.transpose()?,
    })
}
