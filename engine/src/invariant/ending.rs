//! I4 and I13: what an end is.

use super::finding::{Findings, Invariant as I};
use crate::event::Event;
use crate::id::StepIndex;
use crate::task_status::{SkipReason, TaskStatus};
use crate::workflow::Workflow;
use crate::workflow_status::WorkflowStatus;

/// By the counters alone, however many tasks there are.
pub(super) fn workflow(workflow: &Workflow, found: &mut Findings) {
    let (status, counts) = (workflow.status(), workflow.tally().counts);
    if !status.is_terminal() {
        return;
    }
    let open = counts.pending + counts.queued + counts.running + counts.retrying;
    found.hold(I::I4, open == 0, || {
        format!("it is {status} and {open} of its tasks are not settled")
    });
    found.hold(I::I4, workflow.tally().is_quiet(), || {
        format!("it is {status} and an attempt of it is alive")
    });
    let fits = match status {
        WorkflowStatus::Completed => counts.failed == 0 && counts.cancelled == 0,
        WorkflowStatus::Failed => counts.failed > 0 && counts.cancelled == 0,
        _ => true,
    };
    found.hold(I::I13, fits, || {
        let (failed, cancelled) = (counts.failed, counts.cancelled);
        format!("it is {status} with {failed} tasks failed and {cancelled} cancelled")
    });
}

/// The same of one task.
pub(super) fn task(workflow: &Workflow, index: StepIndex, found: &mut Findings) {
    let status = workflow.status();
    let Some(task) = workflow.task(index) else {
        return;
    };
    if status.is_terminal() {
        found.hold_for(index, I::I4, task.status().is_settled(), || {
            format!("it is {} when the workflow is {status}", task.status())
        });
    }
    if status != WorkflowStatus::Completed {
        return;
    }
    let reason = task.record().skip_reason;
    let is_well = match task.status() {
        TaskStatus::Completed => true,
        TaskStatus::Skipped => reason.is_some_and(SkipReason::is_for_good),
        _ => false,
    };
    found.hold_for(index, I::I13, is_well, || {
        format!(
            "it is {} ({reason:?}) in a completed workflow",
            task.status()
        )
    });
}

/// Whether the event may follow the end of a workflow.
pub(super) const fn may_follow(event: &Event) -> bool {
    matches!(
        event,
        Event::RecoveryStarted { .. }
            | Event::RecoveryBudgetRaised { .. }
            // The last word of an attempt that a recovery with force stopped.
            | Event::AttemptEnded { .. }
    )
}
