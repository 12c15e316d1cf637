//! What has happened: one variant for each row of the two tables, spelt the same everywhere.

mod ending;
mod error_text;
mod stand_in;
mod told;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::id::{Attempt, JobId, Seq, StepIndex};
use crate::role::ActorKind;
use crate::task_status::SkipReason;
use crate::time::Timestamp;

pub use ending::{AttemptOutcome, FailureKind};
pub use error_text::{EVENT_ERROR_BYTES_MAX, kept};
pub use stand_in::{EVENT_OUTPUT_BYTES_MAX, is_output, stand_in, stands_for};
pub use told::Told;

/// One committed transition of a workflow or a task.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "kind")]
pub enum Event {
    /// The workflow exists, with one pending task per step.
    WorkflowCreated {
        /// The definition's name.
        name: String,
        /// The job it belongs to.
        job_id: JobId,
        /// How many steps it has.
        total_steps: usize,
        /// Its recovery budget.
        max_recovery_attempts: u32,
    },
    /// Pending → running.
    WorkflowStarted,
    /// Running or recovering → paused; also of a paused one, to stop what still runs.
    WorkflowPaused {
        /// Whether what runs is stopped.
        #[serde(default, skip_serializing_if = "std::ops::Not::not")]
        interrupt: bool,
    },
    /// Paused → running; every wait before a retry moves by the time it stood still.
    WorkflowResumed {
        /// When it had been paused.
        paused_at: Timestamp,
    },
    /// Somebody wants it cancelled; what runs is told to stop.
    CancelRequested,
    /// Nothing of it is alive: cancelled.
    WorkflowCancelled,
    /// Every task is completed or skipped.
    WorkflowCompleted,
    /// A task failed and nothing else could go on.
    WorkflowFailed {
        /// The step that failed first, by position.
        failed_step: StepIndex,
    },
    /// Failed or cancelled, and with force running or paused → recovering.
    RecoveryStarted {
        /// The step recovered from.
        from_step: StepIndex,
        /// How often the workflow has been recovered now.
        recovery_attempts: u32,
    },
    /// The step recovered from is past: recovering → running.
    WorkflowRegained,
    /// Somebody allowed more recoveries.
    RecoveryBudgetRaised {
        /// The new budget.
        max_recovery_attempts: u32,
    },
    /// Everything the task waits for is there, or its wait is over.
    TaskQueued {
        /// The step.
        task: StepIndex,
    },
    /// An attempt starts.
    TaskStarted {
        /// The step.
        task: StepIndex,
        /// Which try, from 1.
        attempt: Attempt,
    },
    /// The attempt handed over to a moment.
    TaskWaiting {
        /// The step.
        task: StepIndex,
        /// Which try.
        attempt: Attempt,
        /// When it goes on by itself.
        until: Timestamp,
    },
    /// The attempt says how far it is.
    TaskProgressed {
        /// The step.
        task: StepIndex,
        /// Which try.
        attempt: Attempt,
        /// Done so far, 0 to 1.
        progress: f64,
    },
    /// The attempt ended well.
    TaskCompleted {
        /// The step.
        task: StepIndex,
        /// Which try.
        attempt: Attempt,
        /// What it gives to later steps.
        output: Value,
    },
    /// The attempt failed; the next one is due later.
    TaskRetryScheduled {
        /// The step.
        task: StepIndex,
        /// The try that failed.
        attempt: Attempt,
        /// Why.
        failure: FailureKind,
        /// Why, in words.
        error: String,
        /// How many tries have been charged now.
        retry_count: u32,
        /// When the next try may start.
        due_at: Timestamp,
    },
    /// The attempt failed and no other follows.
    TaskFailed {
        /// The step.
        task: StepIndex,
        /// The try that failed.
        attempt: Attempt,
        /// Why.
        failure: FailureKind,
        /// Why, in words.
        error: String,
        /// How the attempt itself ended.
        #[serde(default = "AttemptOutcome::failed")]
        outcome: AttemptOutcome,
    },
    /// The attempt was stopped in an orderly way; it is not charged.
    TaskInterrupted {
        /// The step.
        task: StepIndex,
        /// Which try.
        attempt: Attempt,
    },
    /// The server died while the attempt ran; it is not charged.
    TaskLost {
        /// The step.
        task: StepIndex,
        /// Which try.
        attempt: Attempt,
        /// How often an attempt of this task was lost.
        lost_count: u32,
    },
    /// The task did not run and need not.
    TaskSkipped {
        /// The step.
        task: StepIndex,
        /// Why.
        reason: SkipReason,
        /// The try that this ended, when one was under way.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        attempt: Option<Attempt>,
    },
    /// The task was stopped because the workflow was cancelled.
    TaskCancelled {
        /// The step.
        task: StepIndex,
        /// The try that this ended, when one was under way.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        attempt: Option<Attempt>,
    },
    /// An operator said that the task is done.
    TaskMarkedDone {
        /// The step.
        task: StepIndex,
        /// What it gives to later steps.
        output: Value,
    },
    /// A recovery does the task again. An attempt that was under way is superseded.
    TaskReset {
        /// The step.
        task: StepIndex,
        /// The try that this superseded, when one was under way.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        attempt: Option<Attempt>,
    },
    /// The last word on an attempt that is over for its task: a superseded one is proven dead, or
    /// one that had timed out ended well all the same. What it gave is kept and used nowhere.
    AttemptEnded {
        /// The step.
        task: StepIndex,
        /// Which try.
        attempt: Attempt,
        /// `superseded`, or `late` when it ended well.
        outcome: AttemptOutcome,
        /// What it would have given.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        output: Option<Value>,
    },
}

impl Event {
    /// The names of all events, for whoever listens to them one by one.
    pub const KINDS: [&str; 25] = [
        "WorkflowCreated",
        "WorkflowStarted",
        "WorkflowPaused",
        "WorkflowResumed",
        "CancelRequested",
        "WorkflowCancelled",
        "WorkflowCompleted",
        "WorkflowFailed",
        "RecoveryStarted",
        "WorkflowRegained",
        "RecoveryBudgetRaised",
        "TaskQueued",
        "TaskStarted",
        "TaskWaiting",
        "TaskProgressed",
        "TaskCompleted",
        "TaskRetryScheduled",
        "TaskFailed",
        "TaskInterrupted",
        "TaskLost",
        "TaskSkipped",
        "TaskCancelled",
        "TaskMarkedDone",
        "TaskReset",
        "AttemptEnded",
    ];

    /// The event's name, as in the tables.
    #[must_use]
    pub const fn kind(&self) -> &'static str {
        match self {
            Self::WorkflowCreated { .. } => "WorkflowCreated",
            Self::WorkflowStarted => "WorkflowStarted",
            Self::WorkflowPaused { .. } => "WorkflowPaused",
            Self::WorkflowResumed { .. } => "WorkflowResumed",
            Self::CancelRequested => "CancelRequested",
            Self::WorkflowCancelled => "WorkflowCancelled",
            Self::WorkflowCompleted => "WorkflowCompleted",
            Self::WorkflowFailed { .. } => "WorkflowFailed",
            Self::RecoveryStarted { .. } => "RecoveryStarted",
            Self::WorkflowRegained => "WorkflowRegained",
            Self::RecoveryBudgetRaised { .. } => "RecoveryBudgetRaised",
            Self::TaskQueued { .. } => "TaskQueued",
            Self::TaskStarted { .. } => "TaskStarted",
            Self::TaskWaiting { .. } => "TaskWaiting",
            Self::TaskProgressed { .. } => "TaskProgressed",
            Self::TaskCompleted { .. } => "TaskCompleted",
            Self::TaskRetryScheduled { .. } => "TaskRetryScheduled",
            Self::TaskFailed { .. } => "TaskFailed",
            Self::TaskInterrupted { .. } => "TaskInterrupted",
            Self::TaskLost { .. } => "TaskLost",
            Self::TaskSkipped { .. } => "TaskSkipped",
            Self::TaskCancelled { .. } => "TaskCancelled",
            Self::TaskMarkedDone { .. } => "TaskMarkedDone",
            Self::TaskReset { .. } => "TaskReset",
            Self::AttemptEnded { .. } => "AttemptEnded",
        }
    }

    /// The step it is about, when it is about one.
    #[must_use]
    pub const fn task(&self) -> Option<StepIndex> {
        match self {
            Self::TaskQueued { task }
            | Self::TaskStarted { task, .. }
            | Self::TaskWaiting { task, .. }
            | Self::TaskProgressed { task, .. }
            | Self::TaskCompleted { task, .. }
            | Self::TaskRetryScheduled { task, .. }
            | Self::TaskFailed { task, .. }
            | Self::TaskInterrupted { task, .. }
            | Self::TaskLost { task, .. }
            | Self::TaskSkipped { task, .. }
            | Self::TaskCancelled { task, .. }
            | Self::TaskMarkedDone { task, .. }
            | Self::TaskReset { task, .. }
            | Self::AttemptEnded { task, .. } => Some(*task),
            _ => None,
        }
    }
}

/// An event with its number, its moment and who caused it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct EventRecord {
    /// 1, 2, 3 … within the workflow, without holes.
    pub seq: Seq,
    /// When it was decided.
    pub at: Timestamp,
    /// Who asked for it; nobody for what the engine does by itself.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub actor: Option<String>,
    /// What kind of actor that is; older versions did not write it down.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub actor_kind: Option<ActorKind>,
    /// Why, in the asker's words. Written as `because`: a skipped task has a `reason` of its own.
    #[serde(default, rename = "because", skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// The asker's id of the command it follows from.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub command_id: Option<String>,
    /// What happened.
    #[serde(flatten)]
    pub event: Event,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_kind_is_listed_as_it_is_written() {
        let source = include_str!("event.rs");
        let named: Vec<_> = source
            .lines()
            .filter_map(|line| line.trim().strip_prefix("Self::")?.split_once("=> \""))
            .filter_map(|(_, rest)| rest.strip_suffix("\","))
            .collect();
        assert_eq!(named, Event::KINDS);
    }
}
