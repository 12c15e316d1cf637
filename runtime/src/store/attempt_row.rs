//! What the events of a change say about attempts.

use std::collections::HashMap;

use engine::event::{AttemptOutcome, EVENT_OUTPUT_BYTES_MAX, Event, stand_in};
use engine::orchestrator::AttemptRecord;
use engine::workflow::TaskRecord;
use engine::{StepIndex, TaskStatus, Timestamp};
use serde_json::Value;

use super::Change;

/// A change of one attempt, read off the events of a batch.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct AttemptRow {
    pub(super) workflow_id: i64,
    pub(super) task: StepIndex,
    pub(super) attempt: u32,
    pub(super) started_at: i64,
    pub(super) ended_at: Option<i64>,
    pub(super) outcome: AttemptOutcome,
    /// Why it failed; none leaves what was told before.
    pub(super) error: Option<String>,
    /// What it gave, when its task does not keep it.
    pub(super) output: Option<Value>,
    /// Whether it starts in this change: there is no row of it yet.
    pub(super) is_new: bool,
}

impl AttemptRow {
    /// The attempt before anything but its start is known.
    pub(super) fn fresh(&self) -> AttemptRecord {
        AttemptRecord {
            attempt: self.attempt,
            started_at: Timestamp::from_micros(self.started_at),
            ended_at: None,
            outcome: String::new(),
            error: None,
            output: None,
        }
    }

    /// Brings what is kept of the attempt up to date.
    pub(super) fn write_to(&self, kept: &mut AttemptRecord) {
        kept.ended_at = self.ended_at.map(Timestamp::from_micros);
        kept.outcome = self.outcome.as_str().to_owned();
        if self.error.is_some() {
            kept.error.clone_from(&self.error);
        }
        if self.output.is_some() {
            kept.output.clone_from(&self.output);
        }
    }
}

/// The tasks that are done again: what they gave so far is kept with the attempt that gave it.
pub(super) fn resets(change: &Change) -> impl Iterator<Item = StepIndex> + '_ {
    change
        .events
        .iter()
        .filter_map(|record| match record.event {
            Event::TaskReset { task, .. } => Some(task),
            _ => None,
        })
}

/// Before the task forgets it: what its attempt gave. What an operator gave, for a task that no attempt
/// of its present start completed, is nobody's.
pub(super) fn keep_output(task: &TaskRecord, attempt: &mut AttemptRecord) {
    let is_its_own = task.status == TaskStatus::Completed && task.started_at.is_some();
    let has_succeeded = attempt.outcome == AttemptOutcome::Succeeded.as_str();
    if is_its_own && has_succeeded && attempt.output.is_none() {
        attempt.output = task
            .output
            .as_deref()
            .filter(|given| !given.is_null())
            .cloned();
    }
}

/// What the change's events say about attempts. Only the last word on each attempt is kept.
pub(super) fn attempts(change: &Change) -> Vec<AttemptRow> {
    let mut rows: Vec<AttemptRow> = Vec::new();
    let mut places = HashMap::new();
    for record in &change.events {
        let Some(told) = record.event.attempt() else {
            continue;
        };
        let (task, attempt, outcome) = (told.task, told.attempt, told.outcome);
        let error = told.error.map(str::to_owned);
        let at = record.at.as_micros();
        let ended_at = Some(at).filter(|_| outcome != AttemptOutcome::Running);
        let place = *places.entry((task, attempt)).or_insert(rows.len());
        match rows.get_mut(place) {
            Some(row) => {
                row.ended_at = ended_at;
                row.outcome = outcome;
                row.error = error.or_else(|| row.error.take());
            }
            None => rows.push(AttemptRow {
                workflow_id: change.record.id.0,
                task,
                attempt,
                started_at: at,
                ended_at,
                outcome,
                error,
                output: None,
                is_new: matches!(record.event, Event::TaskStarted { .. }),
            }),
        }
    }
    for late in &change.late_outputs {
        let place = places.get(&(late.task, late.attempt));
        if let Some(row) = place.and_then(|place| rows.get_mut(*place)) {
            row.output = Some(late.output.clone());
        }
    }
    rows
}

/// The attempt without an output that is too large for an event.
pub(super) fn in_a_list(attempt: &AttemptRecord) -> AttemptRecord {
    let bytes = attempt
        .output
        .as_ref()
        .map(|output| output.to_string().len());
    AttemptRecord {
        output: match bytes {
            Some(bytes) if bytes > EVENT_OUTPUT_BYTES_MAX => Some(stand_in(bytes)),
            _ => attempt.output.clone(),
        },
        ..attempt.clone()
    }
}
