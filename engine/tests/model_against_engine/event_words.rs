//! What the engine's events say, in words that the model can be compared with.

use engine::{Event, EventRecord, FailureKind};

/// The rows that were taken, as kinds of events and the steps they are about.
pub fn kinds(events: &[EventRecord]) -> Vec<(&'static str, Option<usize>)> {
    let kind = |record: &EventRecord| (record.event.kind(), record.event.task());
    let mut kinds: Vec<_> = events.iter().map(kind).collect();
    kinds.sort_unstable();
    kinds
}

/// How the events say that attempts ended, at last: the step, the attempt, the outcome in a word.
pub fn outcomes(events: &[EventRecord]) -> Vec<(usize, u32, &'static str)> {
    let outcome = |record: &EventRecord| match record.event {
        Event::TaskCompleted { task, attempt, .. } => Some((task, attempt, "succeeded")),
        Event::TaskRetryScheduled {
            task,
            attempt,
            failure,
            ..
        } => match failure {
            FailureKind::TimedOut => Some((task, attempt, "timed_out")),
            _ => Some((task, attempt, "failed")),
        },
        Event::TaskInterrupted { task, attempt } => Some((task, attempt, "interrupted")),
        Event::TaskLost { task, attempt, .. } => Some((task, attempt, "lost")),
        Event::TaskCancelled { task, attempt } => attempt.map(|number| (task, number, "cancelled")),
        Event::TaskFailed {
            task,
            attempt,
            outcome,
            ..
        }
        | Event::AttemptEnded {
            task,
            attempt,
            outcome,
            ..
        } => Some((task, attempt, outcome.as_str())),
        _ => None,
    };
    let all: Vec<_> = events.iter().filter_map(outcome).collect();
    let is_last = |place: usize| {
        let (task, attempt, _) = all[place];
        all[place + 1..]
            .iter()
            .all(|later| (later.0, later.1) != (task, attempt))
    };
    let last = (0..all.len()).filter(|place| is_last(*place));
    last.map(|place| all[place]).collect()
}
