//! What executing a workflow comes to by its state: a row of the table of commands that is no action
//! of its own, since it is answered only at the end.

use crate::command::Refusal;
use crate::workflow_status::WorkflowStatus;

/// What executing a workflow begins with.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Execution {
    /// It is started, then waited for.
    Start,
    /// It goes on already and is waited for.
    Wait,
    /// It is over for good: the answer is the present state.
    Over,
}

/// Judges the execution of a workflow.
///
/// # Errors
/// The refusal with its reason.
pub fn execution(status: WorkflowStatus, cancel_requested: bool) -> Result<Execution, Refusal> {
    let refuse = |advice| Err(Refusal::NotExecutable { status, advice });
    match status {
        _ if cancel_requested => Err(Refusal::Cancelling),
        WorkflowStatus::Pending => Ok(Execution::Start),
        WorkflowStatus::Running | WorkflowStatus::Recovering => Ok(Execution::Wait),
        WorkflowStatus::Completed | WorkflowStatus::Cancelled => Ok(Execution::Over),
        WorkflowStatus::Paused => refuse("resume it first"),
        WorkflowStatus::Failed => refuse("recover it first"),
    }
}
