//! What is stored about a workflow and its tasks: plain data for the stores.

use std::sync::Arc;

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::NewWorkflow;
use crate::event::FailureKind;
use crate::id::{Attempt, JobId, Seq, StepIndex, TaskId, WorkflowId};
use crate::task_status::{SkipReason, TaskStatus};
use crate::time::Timestamp;
use crate::workflow_status::WorkflowStatus;

/// The stored part of a workflow.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct WorkflowRecord {
    /// Its number.
    pub id: WorkflowId,
    /// The job it belongs to.
    pub job_id: JobId,
    /// Its state.
    pub status: WorkflowStatus,
    /// The number of its last event.
    pub rev: Seq,
    /// Whether somebody asked to cancel it and it is not over yet.
    pub cancel_requested: bool,
    /// The step the last recovery started from, while it is recovering.
    pub recovering_from: Option<StepIndex>,
    /// Grows with each recovery; older attempts may not report any more.
    pub epoch: u32,
    /// How often it was recovered.
    pub recovery_attempts: u32,
    /// How often it may be recovered.
    pub max_recovery_attempts: u32,
    /// When it was created.
    pub created_at: Timestamp,
    /// When it was first started.
    pub started_at: Option<Timestamp>,
    /// When it completed, failed or was cancelled.
    pub completed_at: Option<Timestamp>,
    /// Since when it is paused, while it is.
    pub paused_at: Option<Timestamp>,
    /// What the caller wants to remember with it.
    pub metadata: Map<String, Value>,
    /// The parameters it runs with.
    pub parameters: Map<String, Value>,
}

impl WorkflowRecord {
    /// Marks a workflow that is put into quarantine, which no event tells of: lists go by it, and
    /// nothing can be decided about the workflow any more. For stores that hold records; one that may
    /// not be able to read its row writes [`WorkflowStatus::ASIDE`] over it.
    pub const fn put_aside(&mut self) {
        self.status = WorkflowStatus::ASIDE;
    }

    pub(super) fn new(new: &NewWorkflow, now: Timestamp) -> Self {
        Self {
            id: new.id,
            job_id: new.job_id,
            status: WorkflowStatus::Pending,
            rev: 0,
            cancel_requested: false,
            recovering_from: None,
            epoch: 0,
            recovery_attempts: 0,
            max_recovery_attempts: new.definition.max_recovery_attempts(),
            created_at: now,
            started_at: None,
            completed_at: None,
            paused_at: None,
            metadata: new.metadata.clone(),
            parameters: new.parameters.clone(),
        }
    }
}

/// The stored part of a task.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct TaskRecord {
    /// Its number, unique over all workflows.
    pub id: TaskId,
    /// Its state.
    pub status: TaskStatus,
    /// The last try, from 1; 0 before the first. Only ever grows.
    pub attempt: Attempt,
    /// Failed tries that were charged, since the last recovery.
    pub retry_count: u32,
    /// Tries lost to a dying server, since the last recovery.
    pub lost_count: u32,
    /// Grows each time a recovery resets the task.
    pub generation: u32,
    /// Grows when a recovery resets a task that had completed: its effect is wanted again.
    pub redo: u32,
    /// Whether an earlier attempt may have taken effect, although nobody saw it end well: it was
    /// lost, stopped or too slow. Until the effect is wanted again, which is another one.
    pub in_doubt: bool,
    /// Whether the running attempt waits for a moment and holds nothing.
    pub waiting: bool,
    /// The attempt that a recovery superseded and that is not proven dead yet.
    pub superseded: Option<Attempt>,
    /// When the next try or the end of the wait is due.
    pub due_at: Option<Timestamp>,
    /// How long that wait is in all, in microseconds: after the clock was set back, the moment
    /// comes after this time at the latest.
    pub wait_micros: Option<u64>,
    /// The highest share done that was reached since the last recovery, 0 to 1.
    pub share: f64,
    /// When the last attempt started.
    pub started_at: Option<Timestamp>,
    /// When the last attempt ended.
    pub ended_at: Option<Timestamp>,
    /// What the last failure was.
    pub failure: Option<FailureKind>,
    /// What the last failure was, in words.
    pub error_message: Option<String>,
    /// Why it was skipped.
    pub skip_reason: Option<SkipReason>,
    /// What it gave to later steps.
    pub output: Option<Arc<Value>>,
}

impl TaskRecord {
    pub(super) const fn new(id: TaskId) -> Self {
        Self {
            id,
            status: TaskStatus::Pending,
            attempt: 0,
            retry_count: 0,
            lost_count: 0,
            generation: 0,
            redo: 0,
            in_doubt: false,
            waiting: false,
            superseded: None,
            due_at: None,
            wait_micros: None,
            share: 0.0,
            started_at: None,
            ended_at: None,
            failure: None,
            error_message: None,
            skip_reason: None,
            output: None,
        }
    }
}
