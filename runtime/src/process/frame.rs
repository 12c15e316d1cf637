//! What the runner says: one JSON object per line on its standard output.

use serde::{Deserialize, Serialize};

use super::exit_facts::ExitFacts;

/// One frame, which is also what [`RunningCommand::next`](super::RunningCommand::next) yields.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ProcessEvent {
    /// Something the command wrote. Ends after a line feed where possible; a text without one at
    /// its end is continued by the next text of the same stream. Bytes that are no UTF-8 are
    /// replaced by U+FFFD.
    Output {
        /// Which of the two.
        stream: OutputStream,
        /// At least one character.
        text: String,
    },
    /// A sentence of the runner for the log.
    Notice(String),
    /// The end: nothing of the tree is alive. Nothing comes after it.
    Ended(ExitFacts),
}

/// The stream an output was written to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum OutputStream {
    /// Standard output.
    Stdout,
    /// Standard error.
    Stderr,
}
