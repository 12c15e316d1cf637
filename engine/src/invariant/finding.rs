//! What was found not to hold.

use std::fmt;

use serde::Serialize;

use crate::id::StepIndex;

/// A statement that must always hold, by its number in the design.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
pub enum Invariant {
    /// Folding the events of a workflow gives its rows.
    I1,
    /// An attempt has one outcome.
    I2,
    /// Events are numbered 1, 2, 3 … without holes.
    I3,
    /// When a workflow is over, every task is settled and nothing happens to it.
    I4,
    /// A task has at most one attempt under way.
    I5,
    /// A task runs only while what it depends on asks for it.
    I6,
    /// Nothing starts while a workflow is paused or being cancelled.
    I7,
    /// No task is tried more often than its definition allows.
    I8,
    /// A workflow is recovered at most as often as its budget allows.
    I9,
    /// Attempts, epochs, generations and event numbers never go down.
    I10,
    /// The next try waits its time after a failure.
    I11,
    /// A step that may run once takes effect at most once.
    I12,
    /// In a completed workflow every task is completed or was not needed.
    I13,
    /// Progress is 0 to 100, never falls, and is 100 when completed.
    I14,
    /// The counters add up to the number of tasks.
    I15,
    /// A command's id has one result.
    I16,
    /// Nothing is written by a server whose time is over.
    I17,
    /// Each list holds what its name says.
    I18,
    /// A running workflow has a reason to move.
    I19,
    /// No secret is written down.
    I20,
    /// A row holds what the engine can have written, whatever came before it.
    Rows,
}

impl fmt::Display for Invariant {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Rows => write!(f, "rows"),
            numbered => write!(f, "{numbered:?}"),
        }
    }
}

/// One thing that does not hold. It reads as a line: `I4: step 2 is queued when completed`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Finding {
    /// What does not hold.
    pub invariant: Invariant,
    /// The step it is about, when it is about one.
    pub task: Option<StepIndex>,
    /// What was seen instead.
    pub detail: String,
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.task {
            Some(task) => write!(f, "{}: step {task}: {}", self.invariant, self.detail),
            None => write!(f, "{}: {}", self.invariant, self.detail),
        }
    }
}

/// What was found so far. Texts are made only when something does not hold.
#[derive(Debug, Default)]
pub(super) struct Findings(Vec<Finding>);

impl Findings {
    pub(super) fn hold(
        &mut self,
        invariant: Invariant,
        holds: bool,
        detail: impl FnOnce() -> String,
    ) {
        self.judge(invariant, None, holds, detail);
    }

    pub(super) fn hold_for(
        &mut self,
        task: StepIndex,
        invariant: Invariant,
        holds: bool,
        detail: impl FnOnce() -> String,
    ) {
        self.judge(invariant, Some(task), holds, detail);
    }

    fn judge(
        &mut self,
        invariant: Invariant,
        task: Option<StepIndex>,
        holds: bool,
        detail: impl FnOnce() -> String,
    ) {
        if !holds {
            let detail = detail();
            self.0.push(Finding {
                invariant,
                task,
                detail,
            });
        }
    }

    pub(super) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    pub(super) fn into_vec(self) -> Vec<Finding> {
        self.0
    }
}
