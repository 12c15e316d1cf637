//! What a row says about a step: why it waits, when it is tried again, how long it took.

use engine::{Progress, SkipReason, TaskProgress, TaskStatus, Timestamp, WorkflowStatus};

use crate::api::workflows::StepFacts;
use crate::format;

/// Which try it is: `1`, `2 of 4`, `–` before the first. Where recoveries or lost attempts make
/// the attempt's number another one, it is told too: `1 of 4, attempt 6`.
pub fn tries(task: &TaskProgress, max_retries: u32) -> String {
    let most = max_retries + 1;
    let (try_number, is_counted) = match task.status {
        _ if task.attempt == 0 => return "–".to_owned(),
        // What a recovery reset was not tried since.
        TaskStatus::Pending => return "–".to_owned(),
        TaskStatus::Failed => ((task.retry_count + 1).min(most), true),
        TaskStatus::Retrying => (task.retry_count.max(1), true),
        _ => (task.retry_count + 1, task.retry_count > 0),
    };
    let tries = if is_counted {
        format!("{try_number} of {most}")
    } else {
        try_number.to_string()
    };
    // The attempt of what waits in the queue has no number yet.
    if task.attempt == try_number || task.status == TaskStatus::Queued {
        tries
    } else {
        format!("{tries}, attempt {}", task.attempt)
    }
}

/// How long the last try took, or has been going on.
pub fn time(task: &TaskProgress, now: impl Fn() -> Timestamp) -> String {
    match (task.started_at, task.ended_at) {
        (Some(started), Some(ended)) => format::duration(ended.since(started)),
        (Some(started), None) if task.status == TaskStatus::Running => {
            format::elapsed(now().since(started))
        }
        _ => "–".to_owned(),
    }
}

/// What stands beside the state. `now` is asked only when the words tick.
pub fn note(
    progress: &Progress,
    index: usize,
    step: &StepFacts,
    now: impl Fn() -> Timestamp,
) -> String {
    let Some(task) = progress.tasks.get(index) else {
        return String::new();
    };
    let status = progress.summary.status;
    match task.status {
        TaskStatus::Pending => waits_for(progress, task),
        // A workflow in quarantine is over, whatever its tasks wait for.
        TaskStatus::Queued if status.is_terminal() => String::new(),
        TaskStatus::Retrying if status.is_terminal() => error(task),
        TaskStatus::Queued => queued_note(status, task).to_owned(),
        TaskStatus::Running => match task.waits_until {
            Some(until) => format!("goes on in {}", format::remaining(until.since(now()))),
            // Later tries begin with the share that an earlier one reached, which says nothing.
            None if task.progress > 0.0 && task.attempt == 1 => {
                format!("{:.0}%", (task.progress * 100.0).floor())
            }
            None => String::new(),
        },
        TaskStatus::Retrying => next_try(status, task, step.max_retries, now),
        TaskStatus::Failed => error(task),
        TaskStatus::Skipped => why_skipped(task).to_owned(),
        TaskStatus::Completed | TaskStatus::Cancelled => String::new(),
    }
}

fn queued_note(status: WorkflowStatus, task: &TaskProgress) -> &'static str {
    match task.waits_for {
        _ if status == WorkflowStatus::Paused => "waits until resumed",
        Some(missing) => missing.sentence(),
        None => "waits for room to run",
    }
}

fn error(task: &TaskProgress) -> String {
    format::first_sentence(task.error_message.as_deref().unwrap_or_default())
}

fn next_try(
    status: WorkflowStatus,
    task: &TaskProgress,
    max_retries: u32,
    now: impl Fn() -> Timestamp,
) -> String {
    let which = format!("{} of {}", task.retry_count + 1, max_retries + 1);
    let when = match task.next_retry_at {
        _ if status == WorkflowStatus::Paused => format!("next try when resumed ({which})"),
        Some(due) => {
            let left = format::remaining(due.since(now()));
            format!("next try in {left} ({which})")
        }
        None => format!("next try soon ({which})"),
    };
    let error = error(task);
    if error.is_empty() {
        when
    } else {
        format!("{when} · {error}")
    }
}

fn waits_for(progress: &Progress, task: &TaskProgress) -> String {
    let status = progress.summary.status;
    if status.is_terminal() {
        return "not reached".to_owned();
    }
    let open: Vec<_> = task
        .dependencies
        .iter()
        .filter_map(|index| progress.tasks.get(*index))
        .filter(|upstream| !upstream.status.is_settled())
        .map(|upstream| format::visible(&upstream.name))
        .collect();
    match (open.as_slice(), status) {
        ([], WorkflowStatus::Pending) => "waits for the start".to_owned(),
        ([], WorkflowStatus::Paused) => "waits until resumed".to_owned(),
        ([], _) => String::new(),
        ([one], _) => format!("waits for {one}"),
        ([one, two], _) => format!("waits for {one} and {two}"),
        ([one, rest @ ..], _) => format!("waits for {one} and {} more", rest.len()),
    }
}

/// Why a step was skipped.
pub fn why_skipped(task: &TaskProgress) -> &'static str {
    match task.skip_reason {
        // Only an attempt can find that there is nothing to do.
        Some(SkipReason::NotNeeded) if task.started_at.is_some() => "there was nothing to do",
        Some(SkipReason::NotNeeded) => "not needed",
        Some(SkipReason::ConditionNotMet) => "its condition was not met",
        Some(SkipReason::UpstreamFailed) => "a step before it failed",
        Some(SkipReason::Stopped) => "stopped because another step failed",
        Some(SkipReason::Operator) => "skipped by an operator",
        None => "",
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use engine::WaitsFor;

    use super::*;

    fn task(status: TaskStatus) -> TaskProgress {
        // One retry: the first attempt failed, and the second runs or is over.
        let attempt = if status == TaskStatus::Retrying { 1 } else { 2 };
        let json = serde_json::json!({
            "id": 1, "name": "Validate", "type": "check", "status": status, "retry_count": 1,
            "error_message": "exit code 3", "dependencies": [], "attempt": attempt,
            "next_retry_at": "2024-01-01T00:00:07Z", "started_at": "2024-01-01T00:00:00Z",
            "ended_at": null, "progress": 0.0
        });
        serde_json::from_value(json).unwrap()
    }

    #[test]
    fn a_retrying_step_says_when_and_which_try_comes_next() {
        let now: Timestamp = "2024-01-01T00:00:00.5Z".parse().unwrap();
        let said = next_try(
            WorkflowStatus::Running,
            &task(TaskStatus::Retrying),
            3,
            || now,
        );
        assert_eq!(said, "next try in 7 s (2 of 4) · exit code 3");
        let paused = next_try(
            WorkflowStatus::Paused,
            &task(TaskStatus::Retrying),
            3,
            || now,
        );
        assert_eq!(paused, "next try when resumed (2 of 4) · exit code 3");
    }

    #[test]
    fn a_step_that_nobody_here_can_carry_out_says_what_it_waits_for() {
        let mut queued = task(TaskStatus::Queued);
        let said = |task: &TaskProgress| queued_note(WorkflowStatus::Running, task);
        assert_eq!(said(&queued), "waits for room to run");
        queued.waits_for = Some(WaitsFor::Handler);
        let missing = "waits for its handler, which no program has registered here";
        assert_eq!(said(&queued), missing);
        let paused = queued_note(WorkflowStatus::Paused, &queued);
        assert_eq!(paused, "waits until resumed");
    }

    #[test]
    fn a_skipped_step_says_why() {
        let mut skipped = task(TaskStatus::Skipped);
        let mut said = |reason, has_started: bool| {
            skipped.skip_reason = Some(reason);
            if !has_started {
                skipped.started_at = None;
            }
            why_skipped(&skipped)
        };
        let condition = said(SkipReason::ConditionNotMet, true);
        assert_eq!(condition, "its condition was not met");
        assert_eq!(said(SkipReason::NotNeeded, true), "there was nothing to do");
        // No attempt looked: everything before it was skipped.
        assert_eq!(said(SkipReason::NotNeeded, false), "not needed");
        let by_hand = said(SkipReason::Operator, false);
        assert_eq!(by_hand, "skipped by an operator");
    }

    #[test]
    fn tries_are_counted_against_what_is_allowed() {
        assert_eq!(tries(&task(TaskStatus::Running), 3), "2 of 4");
        assert_eq!(tries(&task(TaskStatus::Retrying), 3), "1 of 4");
        assert_eq!(tries(&task(TaskStatus::Failed), 1), "2 of 2");
        let mut fresh = task(TaskStatus::Pending);
        fresh.attempt = 0;
        assert_eq!(tries(&fresh, 3), "–");
    }

    #[test]
    fn an_attempt_that_has_another_number_than_its_try_is_told_with_both() {
        let mut again = task(TaskStatus::Failed);
        again.retry_count = 0;
        again.attempt = 2;
        assert_eq!(tries(&again, 0), "1 of 1, attempt 2");
        again.status = TaskStatus::Completed;
        assert_eq!(tries(&again, 0), "1, attempt 2");
        again.status = TaskStatus::Queued;
        assert_eq!(tries(&again, 0), "1");
        again.status = TaskStatus::Pending;
        assert_eq!(tries(&again, 0), "–");
    }

    #[test]
    fn a_running_step_shows_how_long_it_runs() {
        let running = task(TaskStatus::Running);
        let later = running
            .started_at
            .unwrap()
            .plus(Duration::from_millis(65_900));
        assert_eq!(time(&running, || later), "1 m 05 s");
    }
}
