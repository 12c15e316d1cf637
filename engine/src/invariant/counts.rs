//! I14 and I15: what is shown, and the counters that are kept up event by event.

use super::finding::{Finding, Findings, Invariant as I};
use crate::progress::Summary;
use crate::workflow::{Counts, Workflow};
use crate::workflow_status::WorkflowStatus;

/// I15: the counters are those of a count from nothing.
pub(super) fn recounted(workflow: &Workflow, found: &mut Findings) {
    let mut counted = Counts::default();
    for task in workflow.tasks() {
        counted.add(task.status());
    }
    let kept = workflow.tally().counts;
    found.hold(I::I15, kept == counted, || {
        format!("it counts {kept:?}, its tasks are {counted:?}")
    });
}

/// I15, in time that does not grow with the workflow.
pub(super) fn total(workflow: &Workflow, found: &mut Findings) {
    let (counted, tasks) = (workflow.tally().counts.total(), workflow.tasks().len());
    found.hold(I::I15, counted == tasks, || {
        format!("it counts {counted} tasks and has {tasks}")
    });
}

/// Whether a workflow that was changed in memory counts as one that is read from its rows: what
/// blocks and what may start follows from these counters.
#[must_use]
pub fn kept_up(workflow: &Workflow) -> Vec<Finding> {
    let mut found = Findings::default();
    let records = workflow.tasks().iter().map(|task| task.record().clone());
    let restored = Workflow::restore(
        workflow.record().clone(),
        workflow.definition().clone(),
        records.collect(),
    );
    let (kept, fresh) = (workflow.tally(), restored.tally());
    found.hold(I::I15, kept == fresh, || {
        format!("it counts {kept:?}, read from its rows {fresh:?}")
    });
    found.into_vec()
}

/// What must hold of what a page or a list shows of a workflow.
#[must_use]
pub fn shown(summary: &Summary) -> Vec<Finding> {
    let mut found = Findings::default();
    let is_completed = summary.status == WorkflowStatus::Completed;
    let percent = summary.progress;
    let is_whole = if is_completed {
        percent == 100
    } else {
        percent < 100
    };
    found.hold(I::I14, is_whole, || {
        format!("its progress is {percent} when {}", summary.status)
    });
    let (counted, tasks) = (summary.counts.total(), summary.total_tasks);
    found.hold(I::I15, counted == tasks, || {
        format!("its counters add up to {counted} of {tasks} tasks")
    });
    let named = (
        summary.completed_tasks,
        summary.failed_tasks,
        summary.running_tasks,
    );
    let counts = &summary.counts;
    let meant = (counts.completed, counts.failed, counts.running);
    found.hold(I::I15, named == meant, || {
        format!("completed, failed and running are {named:?}, counted {meant:?}")
    });
    found.into_vec()
}
