//! What was found not to hold.

use std::fmt;

use serde::Serialize;

use crate::id::StepIndex;

/// A statement that must always hold, by its number in the design.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[allow(missing_docs, reason = "each has its statement below")]
pub enum Invariant {
    I1,
    I2,
    I3,
    I4,
    I5,
    I6,
    I7,
    I8,
    I9,
    I10,
    I11,
    I12,
    I13,
    I14,
    I15,
    I16,
    I17,
    I18,
    I19,
    I20,
    /// What no decision writes, whatever came before it.
    Rows,
}

impl Invariant {
    /// All of them.
    pub const ALL: [Self; 21] = [
        Self::I1,
        Self::I2,
        Self::I3,
        Self::I4,
        Self::I5,
        Self::I6,
        Self::I7,
        Self::I8,
        Self::I9,
        Self::I10,
        Self::I11,
        Self::I12,
        Self::I13,
        Self::I14,
        Self::I15,
        Self::I16,
        Self::I17,
        Self::I18,
        Self::I19,
        Self::I20,
        Self::Rows,
    ];

    /// What must hold, in a sentence without its full stop.
    #[must_use]
    pub const fn statement(self) -> &'static str {
        match self {
            Self::I1 => "folding the events of a workflow gives its rows",
            Self::I2 => "an attempt has one outcome",
            Self::I3 => "events are numbered 1, 2, 3 … without holes",
            Self::I4 => "when a workflow is over, every task is settled and nothing happens to it",
            Self::I5 => "a task has at most one attempt under way",
            Self::I6 => "a task runs only while what it depends on asks for it",
            Self::I7 => "nothing starts while a workflow is paused or being cancelled",
            Self::I8 => "no task is tried more often than its definition allows",
            Self::I9 => "a workflow is recovered at most as often as its budget allows",
            Self::I10 => "attempts, epochs, generations and event numbers never go down",
            Self::I11 => "the next try waits its time after a failure",
            Self::I12 => "a step that may run once takes effect at most once",
            Self::I13 => "in a completed workflow every task is completed or was not needed",
            Self::I14 => "progress is 0 to 100, never falls, and is 100 when completed",
            Self::I15 => "the counters add up to the number of tasks",
            Self::I16 => "a command's id has one result",
            Self::I17 => "nothing is written by a server whose time is over",
            Self::I18 => "each list holds what its name says",
            Self::I19 => "a running workflow has a reason to move",
            Self::I20 => "no secret is written down",
            Self::Rows => "a row holds what the engine can have written",
        }
    }
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
