//! What the events of a change say about attempts.

use std::collections::HashMap;

use engine::StepIndex;
use engine::event::{AttemptOutcome, Event};
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
    /// What it gave, when it came too late.
    pub(super) output: Option<Value>,
    /// Whether it starts in this change: there is no row of it yet.
    pub(super) is_new: bool,
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
