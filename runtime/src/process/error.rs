//! Why a command could not be handed to a runner, or not be proven dead.

use std::path::PathBuf;
use std::time::Duration;

/// A fault around the runner. A command that cannot be started is no such fault: that is
/// [`Outcome::NotStarted`](super::Outcome::NotStarted).
#[derive(Debug, thiserror::Error)]
pub enum ProcessError {
    /// The attempt's name is not usable as a file name.
    #[error("`{0}` cannot name an attempt: only letters, digits, `-`, `_` and `.` are allowed")]
    AttemptName(String),
    /// The attempt was started before and has not been proven dead since.
    #[error("attempt {0} was started before and is not proven dead")]
    AttemptExists(String),
    /// The lock file could not be made, read or removed.
    #[error("the lock file {path} is not usable: {source}")]
    LockFile {
        /// The file.
        path: PathBuf,
        /// What the system said.
        source: std::io::Error,
    },
    /// The runner's own program could not be started or did not take its instruction.
    #[error("the runner {program} could not be started: {source}")]
    Runner {
        /// The program.
        program: PathBuf,
        /// What the system said.
        source: std::io::Error,
    },
    /// The instruction could not be written down, such as a working folder that is no UTF-8.
    #[error("the command cannot be described to the runner: {0}")]
    Instruction(#[from] serde_json::Error),
    /// Processes of the attempt may still be alive after the time allowed.
    #[error("attempt {attempt_id} is still alive after {waited:?}: {detail}")]
    StillAlive {
        /// The attempt.
        attempt_id: String,
        /// How long was waited.
        waited: Duration,
        /// Which processes, as far as known.
        detail: String,
    },
    /// The process table could not be read.
    #[error("the process table cannot be read: {0}")]
    Table(#[source] std::io::Error),
}
