//! The log of a task: numbered lines that are kept, and readable while they grow.
//!
//! Steps write through a [`TaskLog`], which never waits. One writer task numbers the lines of each
//! task 1, 2, 3 … over all its attempts and appends them in batches to a [`LogStore`]. Nothing that
//! a decision depends on is in there: a power cut may cost the last moments of output, never a
//! transition.

mod task_log;
mod writer;

use async_trait::async_trait;
use engine::orchestrator::{LogLine, LogPage};
use engine::{StepIndex, WorkflowId};

pub use task_log::TaskLog;
pub use writer::LogWriter;

/// Most bytes of text in one line; longer lines are kept in pieces.
pub const LINE_BYTES_MAX: usize = 16 * 1024;
/// Most bytes one attempt may write, each line counted with [`LINE_BYTES_OVERHEAD`] on top.
pub const ATTEMPT_BYTES_MAX: usize = 10 * 1024 * 1024;
/// What a line costs beside its text.
pub const LINE_BYTES_OVERHEAD: usize = 64;

/// A numbered line and whose it is.
#[derive(Debug, Clone, PartialEq)]
pub struct StoredLine {
    /// The workflow.
    pub workflow_id: WorkflowId,
    /// The step's position.
    pub task: StepIndex,
    /// The line.
    pub line: LogLine,
}

/// The lines could not be written or read.
#[derive(Debug, thiserror::Error)]
#[error("the task log: {0}")]
pub struct LogFault(pub String);

/// Where lines are kept.
#[async_trait]
pub trait LogStore: Send + Sync + 'static {
    /// Appends all lines or none. A line whose number is there already replaces it, so that a
    /// batch may be repeated when nobody knows whether it was written.
    async fn append(&self, lines: &[StoredLine]) -> Result<(), LogFault>;

    /// The number of the task's last line, 0 when there is none.
    async fn last(&self, workflow_id: WorkflowId, task: StepIndex) -> Result<u64, LogFault>;

    /// Whether lines are still kept where they are looked for at the next start.
    fn check(&self) -> Result<(), LogFault> {
        Ok(())
    }

    /// Whether lines can be written just now: tried while they could not. Leaves nothing behind.
    async fn probe(&self) -> Result<(), LogFault> {
        Ok(())
    }

    /// Removes all lines of a workflow. What was removed before an error stays removed.
    async fn forget(&self, workflow_id: WorkflowId) -> Result<(), LogFault>;

    /// Lines with a number above `after`, in order, at most `limit`.
    async fn read(
        &self,
        workflow_id: WorkflowId,
        task: StepIndex,
        after: u64,
        limit: usize,
    ) -> Result<LogPage, LogFault>;
}

#[cfg(test)]
mod tests;
