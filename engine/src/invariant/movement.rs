//! I19: what is under way has a reason to move, and nothing that could move was left lying.

use super::finding::{Findings, Invariant as I};
use crate::definition::RunIf;
use crate::id::StepIndex;
use crate::task_status::{SkipReason, TaskStatus};
use crate::workflow::{Readiness, Workflow};

/// By the counters alone, however many tasks there are. A task that waits for a slot, or for a
/// handler that is not registered, is queued; one that waits for a moment runs.
pub(super) fn workflow(workflow: &Workflow, found: &mut Findings) {
    let (status, tally) = (workflow.status(), workflow.tally());
    if workflow.record().cancel_requested {
        found.hold(I::I19, !tally.is_quiet(), || {
            "it is being cancelled and nothing of it is alive".into()
        });
    } else if status.starts_tasks() {
        let moves = tally.is_moving() || tally.has_superseded();
        found.hold(I::I19, moves, || {
            format!("it is {status}, and no task runs, may start or is due")
        });
    }
}

/// One task of a workflow that moves by itself.
pub(super) fn task(workflow: &Workflow, index: StepIndex, found: &mut Findings) {
    let Some(task) = workflow.task(index) else {
        return;
    };
    runs_rightly(workflow, index, found);
    if !workflow.status().starts_tasks() || workflow.record().cancel_requested {
        return;
    }
    if task.status() == TaskStatus::Pending {
        let readiness = workflow.readiness(index);
        let waits = matches!(readiness, Readiness::Waits | Readiness::Blocked);
        found.hold_for(index, I::I19, waits, || {
            format!("it is {readiness:?} and was left pending")
        });
    }
    let reason = task.record().skip_reason;
    let is_early = matches!(
        reason,
        Some(SkipReason::Stopped | SkipReason::UpstreamFailed)
    );
    found.hold_for(index, I::I13, !is_early, || {
        format!("it was skipped ({reason:?}) before the workflow failed")
    });
}

/// I6 as far as rows tell it. Of steps that answer a failure they do not: the failure may have been
/// settled by an operator since, and what was queued because of it still runs.
fn runs_rightly(workflow: &Workflow, index: StepIndex, found: &mut Findings) {
    let runs = workflow
        .task(index)
        .is_some_and(|task| task.status() == TaskStatus::Running);
    if runs && workflow.definition().steps()[index].run_if == RunIf::Ok {
        found.hold_for(index, I::I6, asks_for(workflow, index), || {
            "it runs, and what it depends on does not ask for it".into()
        });
    }
}

/// Whether everything above the task is over, and asks for it.
pub(super) fn asks_for(workflow: &Workflow, index: StepIndex) -> bool {
    let above = workflow.definition().graph().dependencies(index);
    let status = |at: StepIndex| workflow.tasks()[at].status();
    let is_spared = |at: StepIndex| {
        let reason = workflow.tasks()[at].record().skip_reason;
        status(at) == TaskStatus::Skipped && reason.is_some_and(SkipReason::is_for_good)
    };
    let is_over = |at: StepIndex| status(at).is_settled() || workflow.is_blocked(at);
    let is_well = |at: StepIndex| status(at) == TaskStatus::Completed || is_spared(at);
    let completed = |at: StepIndex| status(at) == TaskStatus::Completed;
    let mut above_all = above.iter().copied();
    match workflow.definition().steps()[index].run_if {
        RunIf::Ok => {
            above_all.all(is_well) && (above.is_empty() || above.iter().copied().any(completed))
        }
        RunIf::Always => above_all.all(is_over),
        RunIf::Failed => above_all.all(is_over) && !above.iter().copied().all(is_well),
    }
}
