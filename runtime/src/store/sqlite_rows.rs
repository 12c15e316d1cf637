//! What one transaction writes, taken out of the changes: rows that own what they hold, since they
//! go to the thread that writes.

use std::collections::HashSet;

use engine::workflow::{TaskRecord, WorkflowRecord};
use engine::{EventRecord, StepIndex};
use serde::Serialize;
use serde_json::Value;

use super::attempt_row::{self, AttemptRow};
use super::row::{self, json_text};
use super::{AnsweredCommand, Change, StoreError};

/// All rows of one batch.
#[derive(Debug, Default)]
pub(super) struct Rows {
    pub(super) definitions: Vec<DefinitionRow>,
    pub(super) workflows: Vec<WorkflowRow>,
    pub(super) tasks: Vec<TaskRow>,
    pub(super) attempts: Vec<AttemptRow>,
    /// Workflow and position of the tasks that are done again.
    pub(super) resets: Vec<(i64, StepIndex)>,
    pub(super) events: Vec<EventRow>,
    pub(super) commands: Vec<AnsweredCommand>,
}

/// The text of a definition that is not known to be stored.
#[derive(Debug)]
pub(super) struct DefinitionRow {
    pub(super) hash: String,
    pub(super) body: String,
}

/// A workflow's row, and where it must stand before.
#[derive(Debug)]
pub(super) struct WorkflowRow {
    pub(super) id: i64,
    pub(super) rev: i64,
    /// The number of the event before those of this batch; 0 for a new workflow.
    pub(super) stands_at: i64,
    /// The epoch that it is written in: one that is over writes nothing (I17).
    pub(super) epoch: u32,
    pub(super) written: Written,
}

/// How much of a workflow's row is written. Most batches only move its number on, and then no index
/// has to be touched.
#[derive(Debug)]
pub(super) enum Written {
    Whole(Box<NewWorkflow>),
    State(Box<WorkflowRecord>, Option<String>),
    Rev,
}

/// What is written once.
#[derive(Debug)]
pub(super) struct NewWorkflow {
    pub(super) record: WorkflowRecord,
    pub(super) summary: Option<String>,
    pub(super) name: String,
    pub(super) source: Option<(i64, u32)>,
    pub(super) definition_hash: String,
    pub(super) metadata: String,
    pub(super) parameters: String,
}

/// A task's row.
#[derive(Debug)]
pub(super) struct TaskRow {
    pub(super) workflow_id: i64,
    pub(super) task: StepIndex,
    pub(super) is_new: bool,
    pub(super) record: TaskRecord,
    pub(super) failure: Option<String>,
    pub(super) skip_reason: Option<String>,
    pub(super) output: Option<String>,
}

/// An event's row.
#[derive(Debug)]
pub(super) struct EventRow {
    pub(super) workflow_id: i64,
    pub(super) seq: i64,
    pub(super) body: String,
}

impl Rows {
    /// `frozen` are the hashes of definitions that are stored for certain.
    pub(super) fn of(
        changes: &[Change],
        commands: &[AnsweredCommand],
        frozen: &HashSet<String>,
    ) -> Result<Self, StoreError> {
        let mut rows = Self {
            definitions: definitions(changes, frozen),
            commands: commands.to_vec(),
            ..Self::default()
        };
        rows.workflows.reserve(changes.len());
        for change in changes {
            rows.workflows.push(WorkflowRow::of(change)?);
            for (task, record) in &change.tasks {
                rows.tasks.push(TaskRow::of(change, *task, record)?);
            }
            rows.attempts.extend(attempt_row::attempts(change));
            let id = change.record.id.0;
            let resets = attempt_row::resets(change).map(|task| (id, task));
            rows.resets.extend(resets);
            for event in &change.events {
                rows.events.push(EventRow::of(change, event)?);
            }
        }
        Ok(rows)
    }
}

const fn is_new(change: &Change) -> bool {
    change.record.rev == change.events.len() as u64
}

fn definitions(changes: &[Change], frozen: &HashSet<String>) -> Vec<DefinitionRow> {
    let mut seen = HashSet::new();
    let mut rows = Vec::new();
    for change in changes.iter().filter(|change| is_new(change)) {
        let hash = change.header.definition_hash.as_str();
        if !frozen.contains(hash) && seen.insert(hash) {
            rows.push(DefinitionRow {
                hash: hash.to_owned(),
                body: change.definition.to_json().to_string(),
            });
        }
    }
    rows
}

impl WorkflowRow {
    fn of(change: &Change) -> Result<Self, StoreError> {
        let rev = number(change.record.rev)?;
        let added = change.events.len() as u64;
        let stands_at = number(change.record.rev.saturating_sub(added))?;
        let is_of_tasks = |event: &EventRecord| event.event.task().is_some();
        let written = if is_new(change) {
            Written::Whole(Box::new(NewWorkflow::of(change)?))
        } else if change.summary.is_none() && change.events.iter().all(is_of_tasks) {
            Written::Rev
        } else {
            let summary = change.summary.as_ref().map(json_text).transpose()?;
            Written::State(Box::new(change.record.clone()), summary)
        };
        Ok(Self {
            id: change.record.id.0,
            rev,
            stands_at,
            epoch: change.record.epoch,
            written,
        })
    }
}

impl NewWorkflow {
    fn of(change: &Change) -> Result<Self, StoreError> {
        let record = &change.record;
        Ok(Self {
            record: record.clone(),
            summary: change.summary.as_ref().map(json_text).transpose()?,
            name: change.definition.name().to_owned(),
            source: change.header.source.map(|(id, version)| (id.0, version)),
            definition_hash: change.header.definition_hash.clone(),
            metadata: json_text(&record.metadata)?,
            parameters: json_text(&record.parameters)?,
        })
    }
}

impl TaskRow {
    fn of(change: &Change, task: StepIndex, record: &TaskRecord) -> Result<Self, StoreError> {
        Ok(Self {
            workflow_id: change.record.id.0,
            task,
            is_new: is_new(change),
            failure: record.failure.as_ref().map(word).transpose()?,
            skip_reason: record.skip_reason.as_ref().map(word).transpose()?,
            output: record.output.as_deref().map(json_text).transpose()?,
            record: record.clone(),
        })
    }
}

impl EventRow {
    fn of(change: &Change, event: &EventRecord) -> Result<Self, StoreError> {
        Ok(Self {
            workflow_id: change.record.id.0,
            seq: number(event.seq)?,
            body: json_text(event)?,
        })
    }
}

fn number(count: u64) -> Result<i64, StoreError> {
    i64::try_from(count).map_err(|error| row::corrupt("the number of an event", &error))
}

/// The word that serde has for a value of an enum.
fn word<T: Serialize>(value: &T) -> Result<String, StoreError> {
    match serde_json::to_value(value) {
        Ok(Value::String(word)) => Ok(word),
        other => Err(row::corrupt("a word", &format!("{other:?}"))),
    }
}
