//! I2, I5 and I8: each attempt ends once, one at a time, and not more often than allowed.

use std::collections::{BTreeMap, HashMap};

use serde_json::Value;

use super::super::finding::{Findings, Invariant as I};
use crate::event::{AttemptOutcome, Event, EventRecord, FailureKind};
use crate::id::{Attempt, StepIndex};
use crate::time::Timestamp;
use crate::workflow::Workflow;

/// One attempt as events tell of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Try {
    /// When it started.
    pub started_at: Timestamp,
    /// When it ended.
    pub ended_at: Option<Timestamp>,
    /// How it stands.
    pub outcome: AttemptOutcome,
    /// Why it failed, in words.
    pub error: Option<String>,
    /// What it gave too late, or what stands for that in the event.
    pub late_output: Option<Value>,
    /// What it gave in time, or what stands for that in the event.
    pub output: Option<Value>,
}

/// All attempts of a workflow.
#[derive(Debug, Default)]
pub(super) struct Attempts {
    pub(super) known: BTreeMap<(StepIndex, Attempt), Try>,
    /// Charged failures of each task since the last recovery.
    charged: HashMap<StepIndex, u32>,
}

impl Attempts {
    pub(super) fn follow(&mut self, folded: &Workflow, record: &EventRecord, found: &mut Findings) {
        self.charge(folded, &record.event, found);
        let Some(told) = record.event.attempt() else {
            return;
        };
        let (task, place) = (told.task, (told.task, told.attempt));
        let is_start = told.outcome == AttemptOutcome::Running;
        if is_start {
            let other = self.running(task);
            found.hold_for(task, I::I5, other.is_none(), || {
                let other = other.unwrap_or_default();
                format!(
                    "attempt {} starts while attempt {other} is under way",
                    told.attempt
                )
            });
            let fresh = Try {
                started_at: record.at,
                ended_at: None,
                outcome: told.outcome,
                error: None,
                late_output: None,
                output: None,
            };
            let before = self.known.insert(place, fresh);
            found.hold_for(task, I::I2, before.is_none(), || {
                format!("attempt {} starts a second time", told.attempt)
            });
            return;
        }
        let was = self.known.get(&place).map(|known| known.outcome);
        // The last word on a superseded attempt is spoken once it is proven dead.
        let is_last_word = matches!(record.event, Event::AttemptEnded { .. });
        let may = match was {
            Some(AttemptOutcome::Running) => true,
            Some(AttemptOutcome::Superseded) => is_last_word,
            // A success that came too late is told with the timeout, or with the cancel that came
            // before it.
            Some(AttemptOutcome::TimedOut | AttemptOutcome::Cancelled) => {
                is_last_word && told.outcome == AttemptOutcome::Late
            }
            _ => false,
        };
        found.hold_for(task, I::I2, may, || {
            let (attempt, outcome) = (told.attempt, told.outcome);
            format!("attempt {attempt} ends as {outcome:?}, it was {was:?} before")
        });
        if let Some(known) = self.known.get_mut(&place) {
            known.ended_at = Some(record.at);
            known.outcome = told.outcome;
            if told.error.is_some() {
                known.error = told.error.map(str::to_owned);
            }
            known.late_output = told.late_output.cloned();
            known.output = told.output.cloned();
        }
    }

    fn running(&self, task: StepIndex) -> Option<Attempt> {
        let of_task = self.known.range((task, 0)..=(task, Attempt::MAX));
        let mut newest_first = of_task.rev();
        newest_first
            .find(|(_, known)| known.outcome == AttemptOutcome::Running)
            .map(|((_, attempt), _)| *attempt)
    }

    fn charge(&mut self, folded: &Workflow, event: &Event, found: &mut Findings) {
        let task = match event {
            Event::TaskReset { task, .. } => {
                self.charged.remove(task);
                return;
            }
            Event::TaskRetryScheduled { task, .. } => *task,
            Event::TaskFailed { task, failure, .. } if *failure != FailureKind::Poison => *task,
            _ => return,
        };
        let charged = self.charged.entry(task).or_default();
        *charged += 1;
        let step = folded.definition().steps().get(task);
        let most = step.map_or(0, |step| step.max_retries + 1);
        found.hold_for(task, I::I8, *charged <= most, || {
            format!("it was charged {charged} tries of {most}")
        });
    }
}
