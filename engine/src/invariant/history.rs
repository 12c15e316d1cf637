//! A workflow's whole life, event by event: each event is judged against the workflow as it stood
//! before, then folded. What is kept grows with the tasks and their attempts, not with the events.

mod attempts;
pub(super) mod commands;
pub(super) mod effects;
mod starts;
pub(super) mod waits;

use std::collections::BTreeMap;

use super::ending::may_follow;
use super::finding::{Finding, Findings, Invariant as I};
use super::rows_differ;
use crate::event::{Event, EventRecord};
use crate::id::{Attempt, StepIndex};
use crate::task_status::SkipReason;
use crate::workflow::{Impossible, NewWorkflow, TaskRecord, Workflow, WorkflowRecord};

pub use attempts::Try;

/// See the module.
#[derive(Debug)]
pub struct History {
    folded: Workflow,
    attempts: attempts::Attempts,
    effects: effects::Effects,
    commands: commands::Commands,
    /// Whether an operator settled a task since the last recovery: then what was queued because of
    /// a failure still runs, although nothing is broken any more.
    by_hand: bool,
    /// Whether the moments of events are those of a clock that nobody set.
    is_clock_true: bool,
    /// How many recoveries there were.
    recoveries: u32,
    /// An event could not be folded; nothing after it can be judged.
    is_broken: bool,
}

impl History {
    /// Before the first event, which is at `created_at`.
    #[must_use]
    pub fn new(new: NewWorkflow, created_at: crate::time::Timestamp) -> Self {
        Self {
            folded: Workflow::new(new, created_at),
            attempts: attempts::Attempts::default(),
            effects: effects::Effects::default(),
            commands: commands::Commands::default(),
            by_hand: false,
            is_clock_true: false,
            recoveries: 0,
            is_broken: false,
        }
    }

    /// The same for events whose clock nobody set: then their moments also say whether each try
    /// waited its time. Waits are counted on a clock that cannot be set, so after somebody set the
    /// other one back, events tell of less time than passed.
    #[must_use]
    pub const fn on_a_true_clock(mut self) -> Self {
        self.is_clock_true = true;
        self
    }

    /// The workflow as its events leave it so far.
    #[must_use]
    pub const fn folded(&self) -> &Workflow {
        &self.folded
    }

    /// Its attempts as its events tell of them.
    #[must_use]
    pub const fn attempts(&self) -> &BTreeMap<(StepIndex, Attempt), Try> {
        &self.attempts.known
    }

    /// Whether every event so far could be folded.
    #[must_use]
    pub const fn is_whole(&self) -> bool {
        !self.is_broken
    }

    /// Judges the next event and folds it.
    pub fn follow(&mut self, record: &EventRecord) -> Vec<Finding> {
        let mut found = Findings::default();
        if self.is_broken {
            return found.into_vec();
        }
        self.judge(record, &mut found);
        let share = self.share(record);
        if let Err(impossible) = self.folded.apply(record) {
            self.is_broken = true;
            let number = match impossible {
                Impossible::Hole { .. } | Impossible::Beginning => I::I3,
                _ => I::I1,
            };
            found.hold(number, false, || {
                let (seq, kind) = (record.seq, record.event.kind());
                format!("event {seq} ({kind}) cannot follow: {impossible}")
            });
            return found.into_vec();
        }
        self.remember(record, &mut found);
        if let (Some(task), Some(before)) = (record.event.task(), share) {
            let after = self.share(record).unwrap_or_default();
            found.hold_for(task, I::I14, before <= after && after <= 1.0, || {
                format!(
                    "event {}: the share done goes from {before} to {after}",
                    record.seq
                )
            });
        }
        found.into_vec()
    }

    /// The share done of the task that the event is about, unless the event begins it anew.
    fn share(&self, record: &EventRecord) -> Option<f64> {
        if matches!(record.event, Event::TaskReset { .. }) {
            return None;
        }
        let task = self.folded.task(record.event.task()?)?;
        Some(task.record().share)
    }

    /// What can only be told before the event is folded.
    fn judge(&mut self, record: &EventRecord, found: &mut Findings) {
        let status = self.folded.status();
        let may = !status.is_terminal() || may_follow(&record.event);
        found.hold(I::I4, may, || {
            let (seq, kind) = (record.seq, record.event.kind());
            format!("event {seq} ({kind}) comes when it is {status}")
        });
        match &record.event {
            Event::TaskStarted { task, attempt } => {
                starts::judge(&self.folded, *task, *attempt, self.by_hand, found);
                self.effects.start(&self.folded, *task, *attempt, found);
            }
            Event::TaskQueued { task } if self.is_clock_true => {
                waits::over(&self.folded, *task, record, found);
            }
            Event::TaskRetryScheduled { .. } => waits::scheduled(record, found),
            _ => {}
        }
    }

    fn remember(&mut self, record: &EventRecord, found: &mut Findings) {
        self.attempts.follow(&self.folded, record, found);
        self.effects.follow(&self.folded, &record.event);
        self.commands.follow(record, found);
        match &record.event {
            Event::RecoveryStarted { .. } => {
                self.by_hand = false;
                self.recoveries += 1;
            }
            Event::TaskMarkedDone { .. }
            | Event::TaskSkipped {
                reason: SkipReason::Operator,
                ..
            } => self.by_hand = true,
            _ => {}
        }
    }

    /// I1: whether the rows of a workflow and all its tasks are what its events give. Nothing is
    /// found when they could not all be folded: that was told already.
    #[must_use]
    pub fn compare(&self, record: &WorkflowRecord, tasks: &[&TaskRecord]) -> Vec<Finding> {
        let mut found = Findings::default();
        let (kept, told) = (tasks.len(), self.folded.tasks().len());
        found.hold(I::I1, kept == told, || {
            format!("it has {kept} rows of tasks, its definition has {told} steps")
        });
        let mut found = found.into_vec();
        found.extend(self.compare_workflow(record));
        for (index, row) in tasks.iter().enumerate() {
            found.extend(self.compare_task(index, row));
        }
        found
    }

    /// The same of the workflow's row alone, and I17 as far as it tells it.
    #[must_use]
    pub fn compare_workflow(&self, record: &WorkflowRecord) -> Vec<Finding> {
        let mut found = Findings::default();
        if self.is_broken {
            return found.into_vec();
        }
        found.hold(I::I17, record.epoch >= self.recoveries, || {
            format!(
                "it was recovered {} times in epoch {}",
                self.recoveries, record.epoch
            )
        });
        rows_differ::workflow(record, self.folded.record(), &mut found);
        found.into_vec()
    }

    /// The same of one task's row.
    #[must_use]
    pub fn compare_task(&self, index: StepIndex, row: &TaskRecord) -> Vec<Finding> {
        let mut found = Findings::default();
        if let Some(folded) = self.folded.task(index).filter(|_| !self.is_broken) {
            rows_differ::task(index, row, folded.record(), &mut found);
        }
        found.into_vec()
    }
}
