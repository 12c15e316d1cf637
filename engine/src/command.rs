//! What may be asked of a workflow, by people and by the runtime, and how it is refused.

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::event::FailureKind;
use crate::id::{Attempt, StepIndex};
use crate::role::Role;
use crate::workflow_status::{WorkflowStatus, WorkflowTrigger};

/// What people and programs may ask of a workflow.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "action")]
pub enum Action {
    /// Start it; a paused one goes on.
    Start,
    /// Start nothing new until resumed.
    Pause,
    /// Go on.
    Resume,
    /// Stop it for good.
    Cancel,
    /// Do `from_step` again and everything that needs it.
    Recover {
        /// The step's position, from 0.
        from_step: StepIndex,
    },
}

impl Action {
    /// The word used in URLs and refusals.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Start => "start",
            Self::Pause => "pause",
            Self::Resume => "resume",
            Self::Cancel => "cancel",
            Self::Recover { .. } => "recover",
        }
    }

    /// The role that may do it. Each variant is named, so that a new action has to decide.
    #[must_use]
    pub const fn needs(self) -> Role {
        match self {
            Self::Start | Self::Pause | Self::Resume | Self::Cancel | Self::Recover { .. } => {
                Role::Operator
            }
        }
    }
}

/// How an attempt ended.
#[derive(Debug, Clone, PartialEq)]
pub enum Outcome {
    /// Well, with what it gives to later steps.
    Succeeded(Value),
    /// It found nothing to do.
    NothingToDo,
    /// Badly.
    Failed {
        /// Whether another try may help.
        failure: FailureKind,
        /// Why, in words.
        error: String,
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
    /// The moment a task waits for may have come: a retry, or the end of a wait.
    Due {
        /// The step.
        task: StepIndex,
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
    #[error("there is no step {from_step}; the steps are 0 to {last}")]
    NoSuchStep {
        /// What was asked.
        from_step: StepIndex,
        /// The last step's position.
        last: StepIndex,
    },
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
            Self::State { advice, .. } => (*advice).to_owned(),
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
