//! I12: a step that may run once takes effect at most once. A recovery is a person's word that it
//! is wanted again, with the same key unless it had completed.

use std::collections::HashMap;

use super::super::finding::{Findings, Invariant as I};
use crate::definition::Mode;
use crate::event::{Event, FailureKind};
use crate::id::{Attempt, StepIndex};
use crate::task_status::TaskStatus;
use crate::workflow::Workflow;

/// The attempt of each `once` step that may have taken effect since the last recovery.
#[derive(Debug, Default)]
pub(super) struct Effects(HashMap<StepIndex, Attempt>);

impl Effects {
    pub(super) fn start(
        &self,
        folded: &Workflow,
        task: StepIndex,
        attempt: Attempt,
        found: &mut Findings,
    ) {
        let before = self.0.get(&task);
        found.hold_for(
            task,
            I::I12,
            !runs_once(folded, task) || before.is_none(),
            || {
                let before = before.copied().unwrap_or_default();
                format!("attempt {attempt} starts, and attempt {before} may have taken effect")
            },
        );
    }

    pub(super) fn follow(&mut self, folded: &Workflow, event: &Event) {
        let effect = match event {
            Event::TaskReset { task, .. } => {
                self.0.remove(task);
                return;
            }
            Event::TaskCompleted { task, attempt, .. }
            | Event::TaskInterrupted { task, attempt }
            | Event::TaskLost { task, attempt, .. } => (*task, *attempt),
            Event::TaskRetryScheduled {
                task,
                attempt,
                failure: FailureKind::TimedOut | FailureKind::OutcomeUnknown,
                ..
            }
            | Event::TaskFailed {
                task,
                attempt,
                failure: FailureKind::TimedOut | FailureKind::OutcomeUnknown,
                ..
            } => (*task, *attempt),
            _ => return,
        };
        if runs_once(folded, effect.0) {
            self.0.insert(effect.0, effect.1);
        }
    }
}

/// The same by what is about to be written alone: nothing lets a step that may run once go on to another
/// try, once it may have taken effect, and none starts after an end that left that open. Since the last
/// recovery: a reset forgets how the try before it ended.
pub(in crate::invariant) fn of_change(workflow: &Workflow, event: &Event, found: &mut Findings) {
    let Some(task) = event.task().filter(|task| runs_once(workflow, *task)) else {
        return;
    };
    let leaves_open = matches!(
        event,
        Event::TaskInterrupted { .. }
            | Event::TaskLost { .. }
            | Event::TaskRetryScheduled {
                failure: FailureKind::TimedOut | FailureKind::OutcomeUnknown,
                ..
            }
    );
    found.hold_for(task, I::I12, !leaves_open, || {
        let kind = event.kind();
        format!("{kind} lets it be tried again, and it may have taken effect")
    });
    let Some(record) = workflow.task(task).map(|task| task.record()) else {
        return;
    };
    let is_open = record.lost_count > 0
        || matches!(
            record.failure,
            Some(FailureKind::TimedOut | FailureKind::OutcomeUnknown | FailureKind::Poison)
        );
    let starts = matches!(event, Event::TaskStarted { attempt, .. } if *attempt == record.attempt);
    let is_under_way = record.status == TaskStatus::Running;
    found.hold_for(task, I::I12, !(starts && is_under_way && is_open), || {
        format!(
            "attempt {} starts after one that may have taken effect",
            record.attempt
        )
    });
}

fn runs_once(folded: &Workflow, task: StepIndex) -> bool {
    let step = folded.definition().steps().get(task);
    step.is_some_and(|step| step.mode == Some(Mode::Once))
}
