//! What may be asked of a workflow, by people and by the runtime, and how it is refused.

use serde_json::Value;

use crate::action::Action;
use crate::event::FailureKind;
use crate::id::{Attempt, Seq, StepIndex};
use crate::task_status::TaskStatus;
use crate::workflow_status::{WorkflowStatus, WorkflowTrigger};

/// How an attempt ended.
#[derive(Debug, Clone, PartialEq)]
pub enum Outcome {
    /// Well, with what it gives to later steps.
    Succeeded(Value),
    /// It found nothing to do.
    NothingToDo,
    /// The step's condition was false, so nothing was done.
    ConditionNotMet,
    /// Badly.
    Failed {
        /// Whether another try may help.
        failure: FailureKind,
        /// Why, in words.
        error: String,
    },
    /// It ran longer than its timeout and then ended well all the same: too late to be used.
    Late {
        /// That it was too slow, in words.
        error: String,
        /// What it would have given.
        output: Value,
    },
    /// It was stopped because somebody cancelled the workflow or the server stops in order.
    Interrupted,
    /// Its server died.
    Lost,
}

/// Everything that can be decided about a workflow.
#[derive(Debug, Clone, PartialEq)]
pub enum Command {
    /// The first event.
    Create,
    /// What somebody asks for.
    Act(Action),
    /// A queued task gets room to run.
    StartTask {
        /// The step.
        task: StepIndex,
    },
    /// An attempt hands over to a moment.
    Wait {
        /// The step.
        task: StepIndex,
        /// Which try.
        attempt: Attempt,
        /// When it goes on by itself.
        until: crate::time::Timestamp,
    },
    /// An attempt says how far it is, 0 to 1.
    Progress {
        /// The step.
        task: StepIndex,
        /// Which try.
        attempt: Attempt,
        /// Done so far.
        progress: f64,
    },
    /// An attempt ended.
    Report {
        /// The step.
        task: StepIndex,
        /// Which try.
        attempt: Attempt,
        /// How.
        outcome: Outcome,
    },
    /// The moment a task waits for has come, says whoever has the clocks: a retry, or the end of a
    /// wait. It is not held against `now`, since a wall clock may have been set back meanwhile.
    Due {
        /// The step.
        task: StepIndex,
        /// The moment that has come. A task that waits for another one is not meant.
        due_at: crate::time::Timestamp,
    },
}

/// Why something is not done. A refusal changes nothing.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// The table has no such row.
    #[error("a {status} workflow cannot be {}: {advice}", past(*.trigger))]
    State {
        /// The state it is in.
        status: WorkflowStatus,
        /// What was asked.
        trigger: WorkflowTrigger,
        /// What can be done instead.
        advice: &'static str,
    },
    /// It is being cancelled.
    #[error("the workflow is being cancelled; wait until it is")]
    Cancelling,
    /// It may not be recovered again.
    #[error("the recovery budget is spent: {used} of {budget} recoveries were made")]
    BudgetSpent {
        /// How often it was recovered.
        used: u32,
        /// How often it may be.
        budget: u32,
    },
    /// The definition has no such step.
    #[error("there is no step {task}; the steps are 0 to {last}")]
    NoSuchStep {
        /// What was asked.
        task: StepIndex,
        /// The last step's position.
        last: StepIndex,
    },
    /// The asker's page is out of date.
    #[error(
        "the workflow has moved on: its last event is number {rev}, not {expected}; look again"
    )]
    StaleView {
        /// The number the asker knew.
        expected: Seq,
        /// The number of the last event.
        rev: Seq,
    },
    /// A step's command needs a workflow that is active.
    #[error("the workflow is {status}, so step {task} cannot be {verb}: {advice}")]
    NotActive {
        /// The step.
        task: StepIndex,
        /// The state the workflow is in.
        status: WorkflowStatus,
        /// What was asked, as a participle.
        verb: &'static str,
        /// What can be done instead.
        advice: &'static str,
    },
    /// The tasks' table has no such row.
    #[error("step {task} is {status} and cannot be {verb}: {advice}")]
    TaskState {
        /// The step.
        task: StepIndex,
        /// The state it is in.
        status: TaskStatus,
        /// What was asked, as a participle.
        verb: &'static str,
        /// What can be done instead.
        advice: &'static str,
    },
    /// The budget asked for is not larger, or too large.
    #[error("the recovery budget is {budget}; a raised one is larger, and at most {most}")]
    NotRaised {
        /// The present budget.
        budget: u32,
        /// The largest there is.
        most: u32,
    },
    /// It does not go on by itself, so nobody can wait for its end.
    #[error("a {status} workflow cannot be executed: {advice}")]
    NotExecutable {
        /// The state it is in.
        status: WorkflowStatus,
        /// What can be done instead.
        advice: &'static str,
    },
    /// It is not over, or something of it is still alive.
    #[error("a {status} workflow cannot be deleted: {advice}")]
    NotDeletable {
        /// The state it is in.
        status: WorkflowStatus,
        /// What can be done instead.
        advice: &'static str,
    },
    /// It is in quarantine: its rows cannot be read, or contradict each other.
    #[error(
        "the workflow is in quarantine: {cause}; an owner can mend it and let it go on \
         (job-orchestrator doctor)"
    )]
    Quarantined {
        /// What is wrong with it.
        cause: String,
    },
    /// Another command was given under the same id.
    #[error("the command id was already used for another command; give each command its own")]
    CommandIdReused,
    /// The report is about an attempt that is over.
    #[error("attempt {attempt} of step {task} is over")]
    Superseded {
        /// The step.
        task: StepIndex,
        /// The attempt.
        attempt: Attempt,
    },
    /// The task cannot start now.
    #[error("step {task} cannot start now")]
    NotStartable {
        /// The step.
        task: StepIndex,
    },
    /// The moment has not come, or nothing waits for it.
    #[error("step {task} is not due")]
    NotDue {
        /// The step.
        task: StepIndex,
    },
    /// A fault of ours: the decision contradicts the tables.
    #[error("the decision does not fit the tables: {0}")]
    Fault(#[from] crate::workflow::Impossible),
}

impl Refusal {
    /// What is in the way, for a reader who sees beside it what was asked and in which state.
    #[must_use]
    pub fn advice(&self) -> String {
        match self {
            Self::State { advice, .. } | Self::NotDeletable { advice, .. } => (*advice).to_owned(),
            other => other.to_string(),
        }
    }
}

fn past(trigger: WorkflowTrigger) -> &'static str {
    match trigger {
        WorkflowTrigger::Start => "started",
        WorkflowTrigger::Pause => "paused",
        WorkflowTrigger::Resume => "resumed",
        WorkflowTrigger::AskCancel | WorkflowTrigger::Cancel => "cancelled",
        WorkflowTrigger::Recover => "recovered",
        WorkflowTrigger::Complete => "completed",
        WorkflowTrigger::Fail => "failed",
        WorkflowTrigger::Regain => "regained",
        WorkflowTrigger::RaiseBudget => "given a larger recovery budget",
    }
}
