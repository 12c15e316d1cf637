//! Doing a step again, and everything that needs it.

use super::Decision;
use crate::action::{Instead, Recovery};
use crate::command::Refusal;
use crate::event::Event;
use crate::graph::Graph;
use crate::id::StepIndex;
use crate::task_status::{SkipReason, TaskStatus};

/// Which steps a recovery from `from_step` does again: that step and every task that is neither
/// completed nor skipped for good, each with what depends on it. One flag per step; a page shows it
/// before anybody presses the button.
#[must_use]
pub fn reset_set(
    graph: &Graph,
    tasks: &[(TaskStatus, Option<SkipReason>)],
    from_step: StepIndex,
) -> Vec<bool> {
    let is_kept = |(status, reason): &(TaskStatus, Option<SkipReason>)| match status {
        TaskStatus::Completed => true,
        TaskStatus::Skipped => reason.is_some_and(SkipReason::is_for_good),
        _ => false,
    };
    let broken = tasks
        .iter()
        .enumerate()
        .filter(|(_, task)| !is_kept(task))
        .map(|(i, _)| i);
    graph.downstream(broken.chain([from_step]))
}

impl Decision<'_> {
    pub(super) fn recover(&mut self, recovery: &Recovery) -> Result<(), Refusal> {
        let from_step = recovery.from_step;
        let states: Vec<_> = self
            .workflow
            .tasks()
            .iter()
            .map(|task| (task.status(), task.record().skip_reason))
            .collect();
        let again = reset_set(self.workflow.definition().graph(), &states, from_step);
        let recovery_attempts = self.workflow.record().recovery_attempts + 1;
        self.emit(Event::RecoveryStarted {
            from_step,
            recovery_attempts,
        })?;
        for task in again
            .iter()
            .enumerate()
            .filter(|(_, again)| **again)
            .map(|(i, _)| i)
        {
            let record = self.workflow.tasks()[task].record();
            let attempt = (record.status == TaskStatus::Running).then_some(record.attempt);
            self.emit(Event::TaskReset { task, attempt })?;
        }
        let task = from_step;
        match &recovery.instead {
            None => {}
            Some(Instead::Skip) => self.emit(Event::TaskSkipped {
                task,
                reason: SkipReason::Operator,
                attempt: None,
            })?,
            Some(Instead::Output(output)) => {
                let output = output.clone();
                self.emit(Event::TaskMarkedDone { task, output })?;
            }
        }
        self.settle_all()
    }
}
