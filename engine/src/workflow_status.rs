//! The seven states of a workflow and the one table of how they follow each other.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

/// The state of a workflow.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum WorkflowStatus {
    /// Created, not started.
    Pending,
    /// Steps run or are about to.
    Running,
    /// Nothing new starts until somebody resumes.
    Paused,
    /// Every step ended well.
    Completed,
    /// A step failed for good and nothing else could go on.
    Failed,
    /// Stopped by somebody.
    Cancelled,
    /// Doing again what broke, until the step recovered from is past.
    Recovering,
}

/// What may move a workflow from one state to another.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum WorkflowTrigger {
    /// Somebody starts it.
    Start,
    /// Somebody pauses it.
    Pause,
    /// Somebody resumes it.
    Resume,
    /// Somebody asks to cancel it while steps may still run.
    AskCancel,
    /// It is cancelled: nothing of it is alive.
    Cancel,
    /// Every task is completed or skipped.
    Complete,
    /// A task failed and nothing else can go on.
    Fail,
    /// Somebody recovers it from a step.
    Recover,
    /// The step recovered from is past.
    Regain,
    /// Somebody raises the recovery budget.
    RaiseBudget,
}

/// A state and a trigger that do not go together.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a {from} workflow does not know \"{trigger}\"")]
pub struct IllegalTransition {
    /// The state it was in.
    pub from: WorkflowStatus,
    /// What was tried.
    pub trigger: WorkflowTrigger,
}

impl WorkflowStatus {
    /// What the row of a workflow says that is in quarantine, and what is shown of it.
    pub const ASIDE: Self = Self::Failed;

    /// All states.
    pub const ALL: [Self; 7] = [
        Self::Pending,
        Self::Running,
        Self::Paused,
        Self::Completed,
        Self::Failed,
        Self::Cancelled,
        Self::Recovering,
    ];

    /// The state that follows, or the refusal that names both.
    ///
    /// # Errors
    /// When the table has no such row.
    pub fn next(self, trigger: WorkflowTrigger) -> Result<Self, IllegalTransition> {
        use WorkflowStatus::*;
        use WorkflowTrigger as T;
        Ok(match (self, trigger) {
            (Pending, T::Start) => Running,
            (Pending, T::Cancel) => Cancelled,
            // Paused again, to interrupt what still runs.
            (Running | Paused | Recovering, T::Pause) => Paused,
            (Running | Paused | Recovering, T::AskCancel) => self,
            (Running | Paused | Recovering, T::Cancel) => Cancelled,
            (Running | Recovering, T::Complete) => Completed,
            (Running | Recovering, T::Fail) => Failed,
            (Paused, T::Start | T::Resume) => Running,
            // Running and paused only with force, which the command carries.
            (Running | Paused | Failed | Cancelled, T::Recover) => Recovering,
            (Recovering, T::Regain) => Running,
            (Running | Paused | Recovering | Failed | Cancelled, T::RaiseBudget) => self,
            (from, trigger) => return Err(IllegalTransition { from, trigger }),
        })
    }

    /// Running, paused or recovering.
    #[must_use]
    pub const fn is_active(self) -> bool {
        matches!(self, Self::Running | Self::Paused | Self::Recovering)
    }

    /// Completed, failed or cancelled.
    #[must_use]
    pub const fn is_terminal(self) -> bool {
        matches!(self, Self::Completed | Self::Failed | Self::Cancelled)
    }

    /// Whether new attempts may start in this state.
    #[must_use]
    pub const fn starts_tasks(self) -> bool {
        matches!(self, Self::Running | Self::Recovering)
    }

    /// The word used in tables, URLs and labels.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Pending => "pending",
            Self::Running => "running",
            Self::Paused => "paused",
            Self::Completed => "completed",
            Self::Failed => "failed",
            Self::Cancelled => "cancelled",
            Self::Recovering => "recovering",
        }
    }
}

impl WorkflowTrigger {
    /// All triggers.
    pub const ALL: [Self; 10] = [
        Self::Start,
        Self::Pause,
        Self::Resume,
        Self::AskCancel,
        Self::Cancel,
        Self::Complete,
        Self::Fail,
        Self::Recover,
        Self::Regain,
        Self::RaiseBudget,
    ];

    /// The word used in refusals.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Start => "start",
            Self::Pause => "pause",
            Self::Resume => "resume",
            Self::AskCancel | Self::Cancel => "cancel",
            Self::Complete => "complete",
            Self::Fail => "fail",
            Self::Recover => "recover",
            Self::Regain => "regain",
            Self::RaiseBudget => "raise the recovery budget",
        }
    }
}

impl fmt::Display for WorkflowStatus {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl fmt::Display for WorkflowTrigger {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// The text names no workflow state.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("no such workflow state")]
pub struct UnknownWorkflowStatus;

impl FromStr for WorkflowStatus {
    type Err = UnknownWorkflowStatus;

    fn from_str(text: &str) -> Result<Self, UnknownWorkflowStatus> {
        Self::ALL
            .into_iter()
            .find(|s| s.as_str() == text)
            .ok_or(UnknownWorkflowStatus)
    }
}
