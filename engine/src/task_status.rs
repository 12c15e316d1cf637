//! The eight states of a task and the one table of how they follow each other.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

/// The state of a task: one step of one workflow.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum TaskStatus {
    /// Waits for what it depends on.
    Pending,
    /// May start as soon as there is room.
    Queued,
    /// An attempt is under way, or waits for something outside.
    Running,
    /// Ended well.
    Completed,
    /// Failed for good.
    Failed,
    /// Failed, and waits for its next try.
    Retrying,
    /// Did not run and need not.
    Skipped,
    /// Stopped because the workflow was cancelled.
    Cancelled,
}

/// What may move a task from one state to another.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum TaskTrigger {
    /// Everything it waits for is there.
    Enqueue,
    /// Nothing above it asks for it.
    NoNeed,
    /// The workflow fails and this task can no longer run.
    Block,
    /// An attempt starts.
    Start,
    /// The attempt ended well.
    Succeed,
    /// The attempt failed and another follows.
    Retry,
    /// The attempt failed and none follows.
    GiveUp,
    /// The attempt found nothing to do, or its step's condition false.
    NothingToDo,
    /// The attempt was stopped in an orderly way and is not charged.
    Interrupt,
    /// The attempt's server died.
    Lose,
    /// The attempt hands over to a moment, a person or an outside system.
    Wait,
    /// The attempt says how far it is.
    Progress,
    /// The wait before the next try is over.
    Due,
    /// The workflow is being cancelled.
    Cancel,
    /// An operator says it is done.
    MarkDone,
    /// An operator skips it.
    Skip,
    /// A recovery does it again.
    Reset,
}

/// Why a task was skipped.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SkipReason {
    /// Nothing above it asked for it, or it found nothing to do.
    NotNeeded,
    /// Its condition was false when it was about to run.
    ConditionNotMet,
    /// Something it depends on failed.
    UpstreamFailed,
    /// Another step failed and the definition says to stop then.
    Stopped,
    /// An operator skipped it.
    Operator,
}

impl SkipReason {
    /// Whether the skipped task counts as settled well: not because of a failure.
    #[must_use]
    pub const fn is_for_good(self) -> bool {
        matches!(
            self,
            Self::NotNeeded | Self::ConditionNotMet | Self::Operator
        )
    }
}

/// A state and a trigger that do not go together.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a {from} task does not know \"{trigger}\"")]
pub struct IllegalTaskTransition {
    /// The state it was in.
    pub from: TaskStatus,
    /// What was tried.
    pub trigger: TaskTrigger,
}

impl TaskStatus {
    /// All states.
    pub const ALL: [Self; 8] = [
        Self::Pending,
        Self::Queued,
        Self::Running,
        Self::Completed,
        Self::Failed,
        Self::Retrying,
        Self::Skipped,
        Self::Cancelled,
    ];

    /// The state that follows, or the refusal that names both.
    ///
    /// # Errors
    /// When the table has no such row.
    pub fn next(self, trigger: TaskTrigger) -> Result<Self, IllegalTaskTransition> {
        use TaskStatus::*;
        use TaskTrigger as T;
        Ok(match (self, trigger) {
            (Pending, T::Enqueue) => Queued,
            (Pending, T::NoNeed) => Skipped,
            (Pending | Queued | Retrying, T::Block) => Skipped,
            (Queued, T::Start) => Running,
            (Running, T::Succeed) => Completed,
            (Running, T::Retry) => Retrying,
            (Running, T::GiveUp) => Failed,
            (Running, T::NothingToDo) => Skipped,
            (Running, T::Interrupt | T::Lose) => Queued,
            (Running, T::Wait | T::Progress) => Running,
            (Retrying, T::Due) => Queued,
            (Pending | Queued | Retrying | Running, T::Cancel) => Cancelled,
            (Pending | Queued | Retrying | Failed, T::MarkDone) => Completed,
            (Pending | Queued | Retrying | Failed, T::Skip) => Skipped,
            (_, T::Reset) => Pending,
            (from, trigger) => return Err(IllegalTaskTransition { from, trigger }),
        })
    }

    /// Completed, failed, skipped or cancelled.
    #[must_use]
    pub const fn is_settled(self) -> bool {
        matches!(
            self,
            Self::Completed | Self::Failed | Self::Skipped | Self::Cancelled
        )
    }

    /// The word used in tables, URLs and labels.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Pending => "pending",
            Self::Queued => "queued",
            Self::Running => "running",
            Self::Completed => "completed",
            Self::Failed => "failed",
            Self::Retrying => "retrying",
            Self::Skipped => "skipped",
            Self::Cancelled => "cancelled",
        }
    }
}

impl TaskTrigger {
    /// All triggers.
    pub const ALL: [Self; 17] = [
        Self::Enqueue,
        Self::NoNeed,
        Self::Block,
        Self::Start,
        Self::Succeed,
        Self::Retry,
        Self::GiveUp,
        Self::NothingToDo,
        Self::Interrupt,
        Self::Lose,
        Self::Wait,
        Self::Progress,
        Self::Due,
        Self::Cancel,
        Self::MarkDone,
        Self::Skip,
        Self::Reset,
    ];

    /// The words used in refusals and in the printed table.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Enqueue => "enqueue",
            Self::NoNeed => "no need",
            Self::Block => "block",
            Self::Start => "start",
            Self::Succeed => "succeed",
            Self::Retry => "retry",
            Self::GiveUp => "give up",
            Self::NothingToDo => "nothing to do",
            Self::Interrupt => "interrupt",
            Self::Lose => "lost",
            Self::Wait => "wait",
            Self::Progress => "progress",
            Self::Due => "due",
            Self::Cancel => "cancel",
            Self::MarkDone => "mark done",
            Self::Skip => "skip",
            Self::Reset => "reset",
        }
    }
}

impl fmt::Display for TaskStatus {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl fmt::Display for TaskTrigger {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// The text names no task state.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("no such task state")]
pub struct UnknownTaskStatus;

impl FromStr for TaskStatus {
    type Err = UnknownTaskStatus;

    fn from_str(text: &str) -> Result<Self, UnknownTaskStatus> {
        Self::ALL
            .into_iter()
            .find(|s| s.as_str() == text)
            .ok_or(UnknownTaskStatus)
    }
}
