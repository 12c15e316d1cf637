//! How a command ended.

use serde::{Deserialize, Serialize};

/// The end of an attempt's process tree: when this is known, nothing of it is alive.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ExitFacts {
    /// What became of the command itself.
    pub outcome: Outcome,
    /// True if the tree was told to end (by `stop` or by a signal to the runner) before it ended.
    pub stopped: bool,
    /// True if something of the tree had to be killed because it outlived the grace.
    pub killed: bool,
    /// True if output beyond the cap was dropped.
    pub output_truncated: bool,
}

impl ExitFacts {
    /// The exit code, if the command ended with one by itself or while it was being stopped.
    pub fn code(&self) -> Option<i32> {
        match self.outcome {
            Outcome::Exited { code } => Some(code),
            _ => None,
        }
    }
}

/// What became of the command.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Outcome {
    /// It returned this exit code.
    Exited {
        /// 0 to 255.
        code: i32,
    },
    /// A signal ended it.
    Signalled {
        /// The signal's number.
        signal: i32,
    },
    /// It never ran.
    NotStarted {
        /// Why, for programs.
        reason: NotStarted,
        /// Why, for people.
        text: String,
    },
    /// The runner vanished, so how the command ended is unknown. What it left was killed.
    RunnerLost {
        /// What is known about the runner's end.
        text: String,
    },
}

/// Why a command never ran.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum NotStarted {
    /// The program, its interpreter or the working folder does not exist.
    NotFound,
    /// The program may not be executed or the working folder not be entered.
    NoPermission,
    /// A name or value cannot be passed to a process, such as one with a zero byte.
    Invalid,
    /// The runner could not prepare itself.
    Runner,
    /// Anything else the system said, such as too long a list of arguments.
    Other,
}
