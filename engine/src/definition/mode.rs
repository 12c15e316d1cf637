//! What happens to a step whose attempt ended without anybody knowing how.

use serde::{Deserialize, Serialize};

/// What a step promises when the end of an attempt is unknown: the server died, the attempt was
/// stopped or timed out, an answer never came.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Mode {
    /// At least once: it is tried again.
    #[default]
    Retry,
    /// At most once: it fails with the reason `outcome_unknown`, and people decide.
    Once,
    /// It is tried again, but the next attempt first asks the outside whether the step's key was
    /// already seen.
    Probe,
}

impl Mode {
    /// All modes.
    pub const ALL: [Self; 3] = [Self::Retry, Self::Once, Self::Probe];

    /// The word used in JSON and forms.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Retry => "retry",
            Self::Once => "once",
            Self::Probe => "probe",
        }
    }
}
