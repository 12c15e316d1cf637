//! The read model: exactly what a page or a program shows of a workflow, and the same fold.
//!
//! [`Progress::of`] computes it from the aggregate, [`Progress::apply`] keeps a copy up to date
//! event by event; a property test holds the two together. The percentage is a function of the
//! workflow and of `now`, so a page that ticks asks [`Progress::at`] again.

mod aside;
mod fold;
mod set_back;
pub(crate) mod share;
mod sums;
mod waits_for;

use std::ops::Deref;

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::id::{Attempt, DefinitionId, JobId, Seq, StepIndex, TaskId, WorkflowId};
use crate::task_status::{SkipReason, TaskStatus};
use crate::time::Timestamp;
use crate::workflow::{Task, Workflow};
use crate::workflow_status::WorkflowStatus;
use sums::Sums;

pub use crate::workflow::Counts;
pub use set_back::reached;
pub use waits_for::WaitsFor;

/// Everything about a workflow's progress but its number and its tasks.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Summary {
    /// The job's number.
    pub job_id: JobId,
    /// Its state.
    pub status: WorkflowStatus,
    /// 0 to 100, rounded down; 100 only when completed.
    pub progress: u8,
    /// The lowest step neither completed nor skipped; the last one when there is none.
    pub current_step: StepIndex,
    /// The steps that are queued, running or retrying.
    pub current_steps: Vec<StepIndex>,
    /// How many steps the definition has.
    pub total_steps: usize,
    /// Tasks that ended well.
    pub completed_tasks: usize,
    /// Tasks that failed for good.
    pub failed_tasks: usize,
    /// Tasks under way.
    pub running_tasks: usize,
    /// All tasks.
    pub total_tasks: usize,
    /// Tasks by state; they add up to `total_tasks`.
    pub counts: Counts,
    /// How often it was recovered.
    pub recovery_attempts: u32,
    /// How often it may be recovered.
    pub max_recovery_attempts: u32,
    /// When it was first started.
    pub started_at: Option<Timestamp>,
    /// When it completed, failed or was cancelled.
    pub completed_at: Option<Timestamp>,
    /// The number of its last event.
    pub events: Seq,
    /// Present while somebody's wish to cancel it is being carried out.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub cancel_requested: bool,
    /// What is wrong with it, while it is in quarantine: then it is shown as failed, and no command
    /// is taken for it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub quarantine: Option<String>,
}

/// One task's progress.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct TaskProgress {
    /// Its number.
    pub id: TaskId,
    /// The step's name.
    pub name: String,
    /// The step's type.
    #[serde(rename = "type")]
    pub task_type: String,
    /// Its state.
    pub status: TaskStatus,
    /// Failed tries that were charged, since the last recovery.
    pub retry_count: u32,
    /// The last failure, in words.
    pub error_message: Option<String>,
    /// The steps it depends on, by position.
    pub dependencies: Vec<StepIndex>,
    /// Which try this is, from 1; 0 before the first.
    pub attempt: Attempt,
    /// When the next try is due, while it is retrying.
    pub next_retry_at: Option<Timestamp>,
    /// When the last attempt started.
    pub started_at: Option<Timestamp>,
    /// When the last attempt ended.
    pub ended_at: Option<Timestamp>,
    /// The highest share done that was reached since the last recovery, 0 to 1.
    pub progress: f64,
    /// How long it usually takes, in seconds, when its definition says so.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub estimated_duration: Option<f64>,
    /// Why it was skipped, when it was.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub skip_reason: Option<SkipReason>,
    /// Until when it waits, when it hands over to a moment.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub waits_until: Option<Timestamp>,
    /// What it cannot start without and this program does not have. Only a running engine can
    /// tell: [`Progress::of`] leaves it out, the service fills it in for tasks still to be started.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub waits_for: Option<WaitsFor>,
}

/// A workflow's progress, with its tasks. As in its JSON, the fields of the summary are its own:
/// `progress.status`, `progress.current_step`.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Progress {
    /// The workflow's number.
    pub workflow_id: WorkflowId,
    /// Everything but the tasks.
    #[serde(flatten)]
    pub summary: Summary,
    /// The tasks, in the order of the steps. What they count for is changed by events alone: the sum
    /// of it is kept beside them.
    pub tasks: Vec<TaskProgress>,
    /// None until it is needed, in one that was read from JSON.
    #[serde(skip)]
    sums: Option<Sums>,
}

/// A workflow as lists and commands answer it. As in its JSON, the fields of the summary are its
/// own: `workflow.status`, `workflow.progress`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct WorkflowState {
    /// Its number; `workflow_id` in JSON.
    #[serde(rename = "workflow_id")]
    pub id: WorkflowId,
    /// The fields of its progress.
    #[serde(flatten)]
    pub summary: Summary,
    /// The definition's name.
    pub name: String,
    /// The definition's number; none for a definition that was given inline.
    pub definition_id: Option<DefinitionId>,
    /// What the caller wanted to remember with it.
    pub metadata: Map<String, Value>,
    /// The parameters it runs with.
    pub parameters: Map<String, Value>,
    /// When it was created.
    pub created_at: Timestamp,
}

impl Summary {
    /// Whether it failed and may still be recovered.
    #[must_use]
    pub const fn is_recoverable(&self) -> bool {
        matches!(self.status, WorkflowStatus::Failed)
            && self.recovery_attempts < self.max_recovery_attempts
            && self.quarantine.is_none()
    }
}

impl Deref for Progress {
    type Target = Summary;

    fn deref(&self) -> &Summary {
        &self.summary
    }
}

impl Deref for WorkflowState {
    type Target = Summary;

    fn deref(&self) -> &Summary {
        &self.summary
    }
}

impl Progress {
    /// The progress of `workflow` at `now`.
    #[must_use]
    pub fn of(workflow: &Workflow, now: Timestamp) -> Self {
        let record = workflow.record();
        let steps = workflow.definition().steps();
        let tasks: Vec<_> = steps
            .iter()
            .zip(workflow.tasks())
            .map(|(step, task)| TaskProgress::of(step, task))
            .collect();
        let sums = Sums::of(&tasks);
        let summary = Summary {
            job_id: record.job_id,
            status: record.status,
            progress: 0,
            current_step: first_open(&tasks, 0),
            current_steps: current_steps(&tasks),
            total_steps: tasks.len(),
            completed_tasks: 0,
            failed_tasks: 0,
            running_tasks: 0,
            total_tasks: tasks.len(),
            counts: workflow.tally().counts,
            recovery_attempts: record.recovery_attempts,
            max_recovery_attempts: record.max_recovery_attempts,
            started_at: record.started_at,
            completed_at: record.completed_at,
            events: record.rev,
            cancel_requested: record.cancel_requested,
            quarantine: None,
        };
        let mut progress = Self {
            workflow_id: record.id,
            summary,
            tasks,
            sums: Some(sums),
        };
        progress.sum_up(now);
        progress
    }

    /// What is left to show of a workflow whose tasks cannot be read.
    #[must_use]
    pub const fn without_tasks(workflow_id: WorkflowId, summary: Summary) -> Self {
        Self {
            workflow_id,
            summary,
            tasks: Vec::new(),
            sums: None,
        }
    }

    /// The same progress seen at another moment: only the percentage can differ.
    #[must_use]
    pub fn at(&self, now: Timestamp) -> Self {
        let mut later = self.clone();
        later.summary.progress = self.percent_at(now);
        later
    }

    /// The percentage at another moment, 0 to 100: what [`at`](Self::at) would show.
    #[must_use]
    pub fn percent_at(&self, now: Timestamp) -> u8 {
        match &self.sums {
            Some(sums) => share::percent(self, sums, now),
            None => share::percent(self, &Sums::of(&self.tasks), now),
        }
    }

    /// The step to show as having failed first, if one failed.
    #[must_use]
    pub fn failed_step(&self) -> Option<StepIndex> {
        self.tasks
            .iter()
            .position(|task| task.status == TaskStatus::Failed)
    }

    /// Fills in what follows from all tasks together.
    fn sum_up(&mut self, now: Timestamp) {
        use TaskStatus::{Completed, Failed, Running};
        let summary = &mut self.summary;
        summary.completed_tasks = summary.counts.of(Completed);
        summary.failed_tasks = summary.counts.of(Failed);
        summary.running_tasks = summary.counts.of(Running);
        self.summary.progress = self.percent_at(now);
    }
}

/// What is kept beside the tasks follows from them.
impl PartialEq for Progress {
    fn eq(&self, other: &Self) -> bool {
        self.workflow_id == other.workflow_id
            && self.summary == other.summary
            && self.tasks == other.tasks
    }
}

const fn is_past(status: TaskStatus) -> bool {
    matches!(status, TaskStatus::Completed | TaskStatus::Skipped)
}

const fn is_current(status: TaskStatus) -> bool {
    matches!(
        status,
        TaskStatus::Queued | TaskStatus::Running | TaskStatus::Retrying
    )
}

/// The first task from this one on that is neither completed nor skipped; the last one when there is
/// none.
fn first_open(tasks: &[TaskProgress], from: StepIndex) -> StepIndex {
    let mut later = tasks.iter().enumerate().skip(from);
    let open = later.find(|(_, task)| !is_past(task.status));
    open.map_or(tasks.len().saturating_sub(1), |(index, _)| index)
}

fn current_steps(tasks: &[TaskProgress]) -> Vec<StepIndex> {
    let tasks = tasks.iter().enumerate();
    let current = tasks.filter(|(_, task)| is_current(task.status));
    current.map(|(index, _)| index).collect()
}

impl TaskProgress {
    fn of(step: &crate::definition::StepDefinition, task: &Task) -> Self {
        let record = task.record();
        let due = |wanted: bool| record.due_at.filter(|_| wanted);
        Self {
            id: record.id,
            name: step.name.clone(),
            task_type: step.task_type.clone(),
            status: record.status,
            retry_count: record.retry_count,
            error_message: record.error_message.clone(),
            dependencies: step.dependencies.clone(),
            attempt: record.attempt,
            next_retry_at: due(record.status == TaskStatus::Retrying),
            started_at: record.started_at,
            ended_at: record.ended_at,
            progress: record.share,
            estimated_duration: step.estimated_duration,
            skip_reason: record.skip_reason,
            waits_until: due(record.waiting),
            waits_for: None,
        }
    }
}
