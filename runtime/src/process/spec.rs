//! What to run, and what the server tells the runner about it.

use std::collections::BTreeMap;
use std::path::PathBuf;

use serde::{Deserialize, Serialize};

/// The variable that names the attempt to the command. Always set by the runner.
pub const ATTEMPT_VARIABLE: &str = "JOB_ORCHESTRATOR_ATTEMPT";

/// The variable that holds the absolute path of the attempt's lock file. Attempt names may repeat
/// between two data folders of one machine, this path cannot; so the sweep goes by this one.
pub const LOCK_VARIABLE: &str = "JOB_ORCHESTRATOR_ATTEMPT_LOCK";

/// One command, complete: nothing is inherited from the server.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CommandSpec {
    /// A path, or a name that is looked up in the `PATH` of `env`. A relative path with a slash
    /// counts from the working folder.
    pub program: String,
    /// The arguments after the program's name, each passed as it is.
    pub args: Vec<String>,
    /// Where the command runs; `None` is the server's own folder.
    pub working_dir: Option<PathBuf>,
    /// The whole environment; see [`base_environment`](super::base_environment) for the part a
    /// command cannot do without.
    pub env: BTreeMap<String, String>,
    /// What the command reads; `None` is an empty input.
    pub stdin: Option<String>,
    /// Milliseconds between SIGTERM and SIGKILL when the runner itself is told to end by a
    /// signal. [`RunningCommand::stop`](super::RunningCommand::stop) brings its own.
    pub grace_ms: u64,
    /// Bytes of output relayed, both streams together; what comes after is read and dropped.
    pub output_cap_bytes: u64,
}

impl CommandSpec {
    /// Milliseconds between SIGTERM and SIGKILL unless said otherwise.
    pub const DEFAULT_GRACE_MS: u64 = 10_000;
    /// Bytes of output relayed unless said otherwise: 10 MiB.
    pub const DEFAULT_OUTPUT_CAP_BYTES: u64 = 10 * 1024 * 1024;

    /// A command with an empty environment, no input, in the server's folder.
    pub fn new(
        program: impl Into<String>,
        args: impl IntoIterator<Item = impl Into<String>>,
    ) -> Self {
        Self {
            program: program.into(),
            args: args.into_iter().map(Into::into).collect(),
            working_dir: None,
            env: BTreeMap::new(),
            stdin: None,
            grace_ms: Self::DEFAULT_GRACE_MS,
            output_cap_bytes: Self::DEFAULT_OUTPUT_CAP_BYTES,
        }
    }
}

/// The first line on the lifeline.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct Instruction {
    pub attempt_id: String,
    pub lock_file: PathBuf,
    pub command: CommandSpec,
}
