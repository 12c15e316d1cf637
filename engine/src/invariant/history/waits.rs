//! I11: the next try waits its time.

use std::time::Duration;

use super::super::finding::{Findings, Invariant as I};
use crate::event::{Event, EventRecord};
use crate::id::StepIndex;
use crate::retry::backoff;
use crate::task_status::TaskStatus;
use crate::workflow::Workflow;

/// By how much a moment may come early.
pub(in crate::invariant) const EARLY: Duration = Duration::from_millis(1);

/// A wait is as long as the number of failures asks for, counted from the recorded end.
pub(in crate::invariant) fn scheduled(record: &EventRecord, found: &mut Findings) {
    let Event::TaskRetryScheduled {
        task,
        retry_count,
        due_at,
        ..
    } = &record.event
    else {
        return;
    };
    let (wait, least) = (due_at.since(record.at), backoff(*retry_count));
    found.hold_for(*task, I::I11, wait + EARLY >= least, || {
        format!(
            "event {}: the next try is due after {wait:?} of {least:?}",
            record.seq
        )
    });
}

/// Whether a try that is queued had waited, by the workflow as it stood before.
pub(super) fn over(before: &Workflow, task: StepIndex, record: &EventRecord, found: &mut Findings) {
    let Some(known) = before.task(task).map(|task| task.record()) else {
        return;
    };
    // Only a person says "try now".
    let (Some(due), TaskStatus::Retrying, None) = (known.due_at, known.status, &record.actor)
    else {
        return;
    };
    let left = due.since(record.at);
    found.hold_for(task, I::I11, left <= EARLY, || {
        format!(
            "event {}: it is queued {left:?} before its next try is due",
            record.seq
        )
    });
}
