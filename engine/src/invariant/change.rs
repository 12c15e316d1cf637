//! What is about to be written, judged at the price of what changed: cheap enough for every commit.

use std::collections::BTreeSet;

use super::finding::{Finding, Findings, Invariant as I};
use super::history::commands::Commands;
use super::history::{effects, waits};
use super::{counts, ending, movement, sound};
use crate::event::{Event, EventRecord};
use crate::workflow::Workflow;

/// What must hold of a workflow and the events that brought it where it stands now. Tasks that no
/// event names are not looked at.
#[must_use]
pub fn of_change(workflow: &Workflow, events: &[EventRecord]) -> Vec<Finding> {
    let mut found = Findings::default();
    numbered(workflow, events, &mut found);
    sound::workflow(workflow, &mut found);
    counts::total(workflow, &mut found);
    ending::workflow(workflow, &mut found);
    movement::workflow(workflow, &mut found);
    let mut standing = Standing::before(workflow, events);
    let mut commands = Commands::default();
    for record in events {
        standing.judge(record, &mut found);
        standing.follow(&record.event);
        commands.follow(record, &mut found);
        waits::scheduled(record, &mut found);
        effects::of_change(workflow, &record.event, &mut found);
        if let Some(task) = record.event.task() {
            sound::task(workflow, task, &mut found);
            ending::task(workflow, task, &mut found);
            attempts(workflow, record, &mut found);
        }
    }
    last_words(workflow, events, &mut found);
    found.into_vec()
}

/// I17: the attempt whose word is taken last for a task is its latest one. What an older epoch left
/// behind may only say that it is dead, or came too late.
fn last_words(workflow: &Workflow, events: &[EventRecord], found: &mut Findings) {
    let mut judged = BTreeSet::new();
    for record in events.iter().rev() {
        let is_last_word = matches!(record.event, Event::AttemptEnded { .. });
        let Some(told) = record.event.attempt().filter(|_| !is_last_word) else {
            continue;
        };
        if !judged.insert(told.task) {
            continue;
        }
        let last = workflow.task(told.task).map_or(0, |t| t.record().attempt);
        found.hold_for(told.task, I::I17, told.attempt >= last, || {
            let (kind, attempt) = (record.event.kind(), told.attempt);
            format!("{kind} of attempt {attempt}, and attempt {last} took its place")
        });
    }
}

/// I3: the numbers run up to the last one without holes.
fn numbered(workflow: &Workflow, events: &[EventRecord], found: &mut Findings) {
    let rev = workflow.rev();
    let first = rev.saturating_sub(events.len() as u64);
    let is_run = events
        .iter()
        .zip(first + 1..)
        .all(|(record, number)| record.seq == number);
    found.hold(I::I3, is_run && first + events.len() as u64 == rev, || {
        let numbers: Vec<_> = events.iter().map(|record| record.seq).take(10).collect();
        format!("events {numbers:?} … do not lead to event {rev}")
    });
}

/// I2 and I10: no event speaks of an attempt that was not made yet.
fn attempts(workflow: &Workflow, record: &EventRecord, found: &mut Findings) {
    let Some(told) = record.event.attempt() else {
        return;
    };
    let last = workflow.task(told.task).map_or(0, |t| t.record().attempt);
    found.hold_for(told.task, I::I2, told.attempt <= last, || {
        format!(
            "{} of attempt {}, and {last} is the last",
            record.event.kind(),
            told.attempt
        )
    });
}

/// What is known of the workflow's state between two events of a change.
#[derive(Clone, Copy)]
enum Standing {
    /// An event that says it comes later.
    Unknown,
    /// Tasks may start.
    Moves,
    /// Nothing may start.
    Rests,
    /// Nothing may happen.
    Over,
}

impl Standing {
    /// The state before the first event: it is the present one when no event changes it.
    fn before(workflow: &Workflow, events: &[EventRecord]) -> Self {
        let mut after = Self::Unknown;
        for record in events {
            after.follow(&record.event);
        }
        match after {
            Self::Unknown if workflow.status().is_terminal() => Self::Over,
            Self::Unknown
                if workflow.status().starts_tasks() && !workflow.record().cancel_requested =>
            {
                Self::Moves
            }
            Self::Unknown => Self::Rests,
            _ => Self::Unknown,
        }
    }

    fn follow(&mut self, event: &Event) {
        *self = match event {
            Event::WorkflowStarted
            | Event::WorkflowResumed { .. }
            | Event::RecoveryStarted { .. }
            | Event::WorkflowRegained => Self::Moves,
            Event::WorkflowCreated { .. }
            | Event::WorkflowPaused { .. }
            | Event::CancelRequested => Self::Rests,
            Event::WorkflowCancelled | Event::WorkflowCompleted | Event::WorkflowFailed { .. } => {
                Self::Over
            }
            _ => *self,
        };
    }

    /// I4 and I7.
    fn judge(self, record: &EventRecord, found: &mut Findings) {
        let event = &record.event;
        let may = !matches!(self, Self::Over) || ending::may_follow(event);
        found.hold(I::I4, may, || {
            format!(
                "event {} ({}) comes after the end",
                record.seq,
                event.kind()
            )
        });
        let Event::TaskStarted { task, .. } = event else {
            return;
        };
        found.hold_for(*task, I::I7, !matches!(self, Self::Rests), || {
            format!("event {} starts it while nothing may start", record.seq)
        });
    }
}
