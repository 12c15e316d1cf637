//! How much of a workflow is done.

use super::sums::Sums;
use super::{Progress, TaskProgress};
use crate::task_status::TaskStatus;
use crate::time::Timestamp;
use crate::workflow_status::WorkflowStatus;

/// The most a running task counts for, however much it reports: only its end is the whole.
pub(crate) const REPORTED_MAX: f64 = 0.99;
/// The most the clock alone may claim for a running task.
const ELAPSED_MAX: f64 = 0.95;
/// What a running task counts for when nothing is known about it.
const UNKNOWN: f64 = 0.5;

/// The share of a running task at `now`: elapsed ÷ estimate, or a half without an estimate, until it
/// has reached more. A first report that is lower takes nothing back: progress never falls. With a clock
/// that was set back it would; whoever has the clocks reports before what was reached ([`super::reached`]).
pub(crate) fn running(
    reached: f64,
    started_at: Option<Timestamp>,
    estimate: Option<f64>,
    now: Timestamp,
) -> f64 {
    let by_clock = match (estimate, started_at) {
        (Some(estimate), Some(started)) => {
            (now.since(started).as_secs_f64() / estimate).min(ELAPSED_MAX)
        }
        _ => UNKNOWN,
    };
    reached.max(by_clock)
}

/// When a retry is due after a pause: the wait goes on where it stood.
pub(crate) fn due_after_pause(
    due_at: Option<Timestamp>,
    failed_at: Option<Timestamp>,
    paused_at: Timestamp,
    now: Timestamp,
) -> Option<Timestamp> {
    let still_since = failed_at.map_or(paused_at, |failed| failed.max(paused_at));
    due_at.map(|due| due.plus(now.since(still_since)))
}

/// What a task counts for, unless the clock moves it.
pub(super) fn still(task: &TaskProgress) -> Option<f64> {
    match task.status {
        TaskStatus::Completed => Some(1.0),
        TaskStatus::Skipped if task.skip_reason.is_some_and(|reason| reason.is_for_good()) => {
            Some(1.0)
        }
        TaskStatus::Running if task.estimated_duration.is_some() => None,
        TaskStatus::Running => Some(task.progress.max(UNKNOWN)),
        _ => Some(task.progress),
    }
}

/// What a task that the clock moves counts for at `now`.
pub(super) fn moving(task: &TaskProgress, now: Timestamp) -> f64 {
    running(task.progress, task.started_at, task.estimated_duration, now)
}

/// The whole percentage, rounded down; 100 only when the workflow completed.
pub(super) fn percent(progress: &Progress, sums: &Sums, now: Timestamp) -> u8 {
    if progress.summary.status == WorkflowStatus::Completed {
        return 100;
    }
    // Once it is over, nothing runs and the clock no longer counts.
    let now = progress.summary.completed_at.unwrap_or(now);
    let done = sums.done(&progress.tasks, now);
    // A hair is added so that 3 of 3 equal parts of a half do not fall to 49.999….
    let percent = (done * 100.0 + 1e-9).floor().clamp(0.0, 99.0);
    percent as u8
}
