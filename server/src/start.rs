//! Starts the engine on a data folder.

use runtime::database::{Database, FolderLock};
use runtime::process::{RunnerProgram, hide, outlive_file_limit};
use runtime::{Runtime, Settings, StartError};

use crate::data_folder::DataFolder;

/// The word that makes this program the runner of one attempt.
pub const RUNNER_WORD: &str = "runner";

/// What steps may do, whatever the owner said.
#[derive(Debug, Clone, Copy, Default)]
pub struct Allowed {
    /// Start programs.
    pub commands: bool,
    /// Reach private addresses.
    pub private_addresses: bool,
}

/// Starts the engine; active workflows go on.
///
/// # Errors
/// When the folder is in use or cannot be used.
pub async fn engine(
    folder: &DataFolder,
    allowed: Allowed,
    limits: Settings,
) -> Result<Runtime, StartError> {
    if let Err(fault) = hide() {
        tracing::warn!(%fault, "commands may look into the memory of this server");
    }
    if let Err(fault) = outlive_file_limit() {
        tracing::warn!(%fault, "a file that reaches the system's limit ends this server");
    }
    Runtime::builder()
        .sqlite(folder.engine_file())
        .work_dir(folder.work_dir())
        .runner(runner())
        .commands(allowed.commands)
        .private_addresses(allowed.private_addresses)
        .settings(limits)
        .start()
        .await
}

/// Takes the folder for this process, before anything else is tried; it has it until the answer is
/// dropped.
///
/// # Errors
/// When another one uses it, or it cannot be used.
pub async fn alone(folder: &DataFolder) -> Result<FolderLock, StartError> {
    let lock = FolderLock::take(folder.path()).await?;
    Database::wait_until_free(&folder.engine_file()).await?;
    Ok(lock)
}

/// This program itself, which stays the same file when an update replaces it.
fn runner() -> RunnerProgram {
    RunnerProgram {
        program: "/proc/self/exe".into(),
        args: vec![RUNNER_WORD.into()],
    }
}
