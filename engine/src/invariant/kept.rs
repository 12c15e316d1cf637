//! What one change says against the ones before it: I10, I11, I14 and I17 at the price of what changed.

use std::collections::HashMap;
use std::time::Duration;

use super::finding::{Finding, Findings, Invariant as I};
use super::history::waits::EARLY;
use crate::event::{Event, EventRecord};
use crate::id::{Seq, StepIndex};
use crate::retry::backoff;
use crate::time::Timestamp;
use crate::workflow::Workflow;

/// What is remembered of a workflow in memory from one change to the next: of tasks that are under way,
/// since nothing happens to the others before they are reset.
#[derive(Debug, Default)]
pub struct Kept {
    rev: Seq,
    epoch: u32,
    tasks: HashMap<StepIndex, KeptTask>,
    waits: HashMap<StepIndex, Wait>,
}

#[derive(Debug)]
struct KeptTask {
    /// Attempt, generation and redo.
    numbers: [u32; 3],
    share: f64,
}

/// A wait before the next try.
#[derive(Debug, Clone, Copy)]
struct Wait {
    /// When the try before it ended, by the clock that people set and by the other one.
    ended_at: (Timestamp, Duration),
    least: Duration,
}

/// What the clock that nobody can set said, counted from any moment that stays the same.
#[derive(Debug, Clone, Copy)]
pub struct Steady {
    /// Before the change was decided.
    pub before: Duration,
    /// After it was.
    pub after: Duration,
}

impl Kept {
    /// Judges a change by what is remembered, then remembers where it leads.
    pub fn follow(
        &mut self,
        workflow: &Workflow,
        events: &[EventRecord],
        steady: Steady,
    ) -> Vec<Finding> {
        let mut found = Findings::default();
        let (rev, epoch) = (workflow.rev(), workflow.record().epoch);
        found.hold(I::I10, self.rev <= rev, || {
            format!("its last event was number {} and is {rev}", self.rev)
        });
        found.hold(I::I17, self.epoch <= epoch, || {
            format!(
                "it was in epoch {} and is written in epoch {epoch}",
                self.epoch
            )
        });
        (self.rev, self.epoch) = (rev, epoch);
        for record in events {
            self.wait(record, steady, &mut found);
        }
        for record in events {
            if let Some(task) = record.event.task() {
                self.task(workflow, task, &mut found);
            }
        }
        found.into_vec()
    }

    /// After somebody set the clock nothing can be told of waits that began before: either clock may say
    /// that they are over.
    pub fn clock_was_set(&mut self) {
        self.waits.clear();
    }

    /// I11: nobody but a person ends a wait before its time, which has come when either clock says so.
    fn wait(&mut self, record: &EventRecord, steady: Steady, found: &mut Findings) {
        match &record.event {
            Event::TaskRetryScheduled {
                task, retry_count, ..
            } => {
                let ended_at = (record.at, steady.before);
                let least = backoff(*retry_count);
                self.waits.insert(*task, Wait { ended_at, least });
            }
            Event::TaskQueued { task } => {
                let Some(wait) = self.waits.remove(task) else {
                    return;
                };
                let (wall, other) = wait.ended_at;
                let waited = record
                    .at
                    .since(wall)
                    .max(steady.after.saturating_sub(other));
                let is_over = waited + EARLY >= wait.least || record.actor.is_some();
                found.hold_for(*task, I::I11, is_over, || {
                    format!(
                        "event {}: it is queued after {waited:?} of {:?}",
                        record.seq, wait.least
                    )
                });
            }
            Event::TaskReset { task, .. } => {
                // It begins anew, but for its numbers.
                self.waits.remove(task);
                if let Some(kept) = self.tasks.get_mut(task) {
                    kept.share = 0.0;
                }
            }
            Event::TaskSkipped { task, .. }
            | Event::TaskCancelled { task, .. }
            | Event::TaskMarkedDone { task, .. } => {
                self.waits.remove(task);
            }
            _ => {}
        }
    }

    /// I10 and I14.
    fn task(&mut self, workflow: &Workflow, index: StepIndex, found: &mut Findings) {
        let Some(record) = workflow.task(index).map(|task| task.record()) else {
            return;
        };
        let numbers = [record.attempt, record.generation, record.redo];
        if let Some(kept) = self.tasks.get(&index) {
            let before = kept.numbers;
            let grows = before.iter().zip(numbers).all(|(old, new)| *old <= new);
            found.hold_for(index, I::I10, grows, || {
                format!("attempt, generation and redo were {before:?} and are {numbers:?}")
            });
            found.hold_for(index, I::I14, kept.share <= record.share, || {
                format!(
                    "the share done goes from {} to {}",
                    kept.share, record.share
                )
            });
        }
        if record.status.is_settled() {
            self.tasks.remove(&index);
            return;
        }
        let share = record.share;
        self.tasks.insert(index, KeptTask { numbers, share });
    }
}
