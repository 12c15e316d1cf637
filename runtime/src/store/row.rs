//! Rows as they travel to and from SQL: moments as microseconds, words as text.

use std::sync::Arc;

use engine::event::{AttemptOutcome, EventRecord, FailureKind};
use engine::orchestrator::AttemptRecord;
use engine::workflow::{TaskRecord, WorkflowRecord};
use engine::{DefinitionId, JobId, SkipReason, StepIndex, TaskId, Timestamp, WorkflowId};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use sqlx::Row;
use sqlx::sqlite::SqliteRow;

use super::{Change, Header, StoreError};

/// A workflow as one JSON object of a batch.
#[derive(Serialize)]
pub(super) struct WorkflowRow<'a> {
    id: i64,
    job_id: i64,
    name: &'a str,
    name_lower: String,
    definition_id: Option<i64>,
    definition_version: Option<u32>,
    definition_hash: &'a str,
    status: &'static str,
    rev: u64,
    /// How many events this batch adds; the row must stand that far behind.
    added: usize,
    cancel_requested: bool,
    recovering_from: Option<StepIndex>,
    epoch: u32,
    recovery_attempts: u32,
    max_recovery_attempts: u32,
    created_at: i64,
    started_at: Option<i64>,
    completed_at: Option<i64>,
    paused_at: Option<i64>,
    metadata: String,
    parameters: String,
    summary: Option<String>,
}

impl<'a> WorkflowRow<'a> {
    pub(super) fn of(change: &'a Change) -> Result<Self, StoreError> {
        let record = &change.record;
        let summary = change
            .summary
            .as_ref()
            .map(serde_json::to_string)
            .transpose();
        let is_new = record.rev == change.events.len() as u64;
        // Written once, so only the first batch carries them.
        let once = |value: &serde_json::Map<String, Value>| {
            if is_new {
                json_text(value)
            } else {
                Ok(String::new())
            }
        };
        Ok(Self {
            id: record.id.0,
            job_id: record.job_id.0,
            name: change.definition.name(),
            name_lower: change.definition.name().to_lowercase(),
            definition_id: change.header.source.map(|(id, _)| id.0),
            definition_version: change.header.source.map(|(_, version)| version),
            definition_hash: &change.header.definition_hash,
            status: record.status.as_str(),
            rev: record.rev,
            added: change.events.len(),
            cancel_requested: record.cancel_requested,
            recovering_from: record.recovering_from,
            epoch: record.epoch,
            recovery_attempts: record.recovery_attempts,
            max_recovery_attempts: record.max_recovery_attempts,
            created_at: record.created_at.as_micros(),
            started_at: record.started_at.map(Timestamp::as_micros),
            completed_at: record.completed_at.map(Timestamp::as_micros),
            paused_at: record.paused_at.map(Timestamp::as_micros),
            metadata: once(&record.metadata)?,
            parameters: once(&record.parameters)?,
            summary: summary.map_err(|error| corrupt("a summary", &error))?,
        })
    }
}

/// A task as one JSON object of a batch.
#[derive(Serialize)]
pub(super) struct TaskRow<'a> {
    workflow_id: i64,
    task: StepIndex,
    id: i64,
    status: &'static str,
    attempt: u32,
    retry_count: u32,
    lost_count: u32,
    generation: u32,
    redo: u32,
    waiting: bool,
    superseded: Option<u32>,
    due_at: Option<i64>,
    wait_micros: Option<u64>,
    share: f64,
    started_at: Option<i64>,
    ended_at: Option<i64>,
    failure: Option<FailureKind>,
    error_message: Option<&'a str>,
    skip_reason: Option<SkipReason>,
    output: Option<String>,
}

impl<'a> TaskRow<'a> {
    pub(super) fn of(
        workflow: WorkflowId,
        task: StepIndex,
        record: &'a TaskRecord,
    ) -> Result<Self, StoreError> {
        Ok(Self {
            workflow_id: workflow.0,
            task,
            id: record.id.0,
            status: record.status.as_str(),
            attempt: record.attempt,
            retry_count: record.retry_count,
            lost_count: record.lost_count,
            generation: record.generation,
            redo: record.redo,
            waiting: record.waiting,
            superseded: record.superseded,
            due_at: record.due_at.map(Timestamp::as_micros),
            wait_micros: record.wait_micros,
            share: record.share,
            started_at: record.started_at.map(Timestamp::as_micros),
            ended_at: record.ended_at.map(Timestamp::as_micros),
            failure: record.failure,
            error_message: record.error_message.as_deref(),
            skip_reason: record.skip_reason,
            output: record.output.as_deref().map(json_text).transpose()?,
        })
    }
}

/// A change of one attempt, read off the events of a batch.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub(super) struct AttemptRow {
    pub(super) workflow_id: i64,
    pub(super) task: StepIndex,
    pub(super) attempt: u32,
    pub(super) started_at: i64,
    pub(super) ended_at: Option<i64>,
    pub(super) outcome: AttemptOutcome,
    pub(super) error: Option<String>,
}

/// What the change's events say about attempts. Only the last word on each attempt is kept.
pub(super) fn attempts(change: &Change) -> Vec<AttemptRow> {
    let mut rows: Vec<AttemptRow> = Vec::new();
    for record in &change.events {
        let Some(told) = record.event.attempt() else {
            continue;
        };
        let (task, attempt, outcome) = (told.task, told.attempt, told.outcome);
        let error = told.error.map(str::to_owned);
        let at = record.at.as_micros();
        let known = rows
            .iter_mut()
            .rev()
            .find(|row| row.task == task && row.attempt == attempt);
        match known {
            Some(row) => {
                row.ended_at = Some(at).filter(|_| outcome != AttemptOutcome::Running);
                row.outcome = outcome;
                row.error = error;
            }
            None => rows.push(AttemptRow {
                workflow_id: change.record.id.0,
                task,
                attempt,
                started_at: at,
                ended_at: Some(at).filter(|_| outcome != AttemptOutcome::Running),
                outcome,
                error,
            }),
        }
    }
    rows
}

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

fn number<T: TryFrom<i64>>(row: &SqliteRow, column: &str) -> Result<T, StoreError> {
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
    Ok(raw.map(Timestamp::from_micros))
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
    let created: i64 = row.try_get("created_at")?;
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
        created_at: Timestamp::from_micros(created),
        started_at: moment(row, "started_at")?,
        completed_at: moment(row, "completed_at")?,
        paused_at: moment(row, "paused_at")?,
        metadata: parse("a workflow's metadata", row.try_get("metadata")?)?,
        parameters: parse("a workflow's parameters", row.try_get("parameters")?)?,
    })
}

pub(super) fn task_record(row: &SqliteRow) -> Result<TaskRecord, StoreError> {
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

pub(super) fn attempt_record(row: &SqliteRow) -> Result<AttemptRecord, StoreError> {
    let started: i64 = row.try_get("started_at")?;
    Ok(AttemptRecord {
        attempt: number(row, "attempt")?,
        started_at: Timestamp::from_micros(started),
        ended_at: moment(row, "ended_at")?,
        outcome: row.try_get("outcome")?,
        error: row.try_get("error")?,
    })
}
