//! What an event says about an attempt: the row of the attempt follows from it.

use serde_json::Value;

use super::{AttemptOutcome, Event, FailureKind};
use crate::id::{Attempt, StepIndex};

/// What an event says about one attempt.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Told<'a> {
    /// The step.
    pub task: StepIndex,
    /// Which try.
    pub attempt: Attempt,
    /// How it stands from now on.
    pub outcome: AttemptOutcome,
    /// Why, in words, when it went badly.
    pub error: Option<&'a str>,
    /// What it gave, when that came too late to be used.
    pub late_output: Option<&'a Value>,
    /// What it gave in time.
    pub output: Option<&'a Value>,
}

impl Event {
    /// What the event says about an attempt, when it starts or ends one.
    #[must_use]
    pub fn attempt(&self) -> Option<Told<'_>> {
        use AttemptOutcome as O;
        let (task, attempt, outcome, error) = match self {
            Self::TaskStarted { task, attempt } => (*task, *attempt, O::Running, None),
            Self::TaskCompleted { task, attempt, .. } => (*task, *attempt, O::Succeeded, None),
            Self::TaskRetryScheduled {
                task,
                attempt,
                failure,
                error,
                ..
            } => {
                let outcome = match failure {
                    FailureKind::TimedOut => O::TimedOut,
                    _ => O::Failed,
                };
                (*task, *attempt, outcome, Some(error.as_str()))
            }
            Self::TaskFailed {
                task,
                attempt,
                error,
                outcome,
                ..
            } => (*task, *attempt, *outcome, Some(error.as_str())),
            Self::TaskInterrupted { task, attempt } => (*task, *attempt, O::Interrupted, None),
            Self::TaskLost { task, attempt, .. } => (*task, *attempt, O::Lost, None),
            // These may also settle a task that no attempt is under way of.
            Self::TaskCancelled { task, attempt } => (*task, (*attempt)?, O::Cancelled, None),
            Self::TaskSkipped { task, attempt, .. } => (*task, (*attempt)?, O::Succeeded, None),
            Self::TaskReset { task, attempt } => (*task, (*attempt)?, O::Superseded, None),
            Self::AttemptEnded {
                task,
                attempt,
                outcome,
                ..
            } => (*task, *attempt, *outcome, None),
            _ => return None,
        };
        let late_output = match self {
            Self::AttemptEnded { output, .. } => output.as_ref(),
            _ => None,
        };
        let output = match self {
            Self::TaskCompleted { output, .. } => Some(output),
            _ => None,
        };
        Some(Told {
            task,
            attempt,
            outcome,
            error,
            late_output,
            output,
        })
    }
}
