//! How an attempt ends, and why.

use serde::{Deserialize, Serialize};

/// Why an attempt failed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum FailureKind {
    /// The handler said so, and another try may help.
    Error,
    /// The handler said that trying again cannot help.
    Permanent,
    /// It ran longer than its timeout.
    TimedOut,
    /// The server went down too often while it ran.
    Poison,
    /// Nobody knows whether it took effect, and the step may run at most once.
    OutcomeUnknown,
}

/// How an attempt stands, as its row says.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum AttemptOutcome {
    /// It is under way.
    Running,
    /// It ended well.
    Succeeded,
    /// It ended badly.
    Failed,
    /// It ran longer than its timeout.
    TimedOut,
    /// It was stopped because the workflow was cancelled.
    Cancelled,
    /// It was stopped in an orderly way.
    Interrupted,
    /// Its server died.
    Lost,
    /// A recovery took its place.
    Superseded,
    /// It had timed out, or a recovery took its place, and yet it ended well; its output was not
    /// used.
    Late,
}

impl AttemptOutcome {
    /// All of them.
    pub const ALL: [Self; 9] = [
        Self::Running,
        Self::Succeeded,
        Self::Failed,
        Self::TimedOut,
        Self::Cancelled,
        Self::Interrupted,
        Self::Lost,
        Self::Superseded,
        Self::Late,
    ];

    /// What events written before outcomes were told apart mean.
    pub(super) const fn failed() -> Self {
        Self::Failed
    }

    /// The word used in rows and answers.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Running => "running",
            Self::Succeeded => "succeeded",
            Self::Failed => "failed",
            Self::TimedOut => "timed_out",
            Self::Cancelled => "cancelled",
            Self::Interrupted => "interrupted",
            Self::Lost => "lost",
            Self::Superseded => "superseded",
            Self::Late => "late",
        }
    }
}
