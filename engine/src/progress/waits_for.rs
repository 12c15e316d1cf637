//! What a task waits for that is no step.

use serde::{Deserialize, Serialize};

/// What a task cannot start without and this program does not have. The task is not failed: it goes
/// on by itself as soon as a program has it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum WaitsFor {
    /// The closure that carries it out: no program has registered the definition here.
    Handler,
    /// Its step type: this program knows none of that name.
    StepType,
}

impl WaitsFor {
    /// The reason in a sentence without its full stop.
    #[must_use]
    pub const fn sentence(self) -> &'static str {
        match self {
            Self::Handler => "waits for its handler, which no program has registered here",
            Self::StepType => "waits for its step type, which this server does not know",
        }
    }
}
