//! The shared tail of every decision: queue what became ready, skip what is not needed, then
//! complete, fail, regain or finish the cancel.

use super::Decision;
use crate::command::Refusal;
use crate::event::Event;
use crate::id::StepIndex;
use crate::task_status::{SkipReason, TaskStatus};
use crate::workflow::Readiness;
use crate::workflow_status::WorkflowStatus;

impl Decision<'_> {
    /// Looks at every task: after a start, a resume or a recovery.
    pub(super) fn settle_all(&mut self) -> Result<(), Refusal> {
        self.workflow.take_touched();
        self.enqueue((0..self.workflow.tasks().len()).collect())?;
        self.settle()
    }

    /// Looks at the tasks whose dependencies changed, then at the workflow.
    pub(super) fn settle(&mut self) -> Result<(), Refusal> {
        let record = self.workflow.record();
        if record.cancel_requested {
            self.workflow.take_touched();
            return if self.workflow.tally().is_quiet() {
                self.emit(Event::WorkflowCancelled)
            } else {
                Ok(())
            };
        }
        if !record.status.starts_tasks() {
            // Only a command moves a paused workflow; the resume looks at every task again.
            self.workflow.take_touched();
            return Ok(());
        }
        let touched = self.workflow.take_touched();
        self.enqueue(touched)?;
        self.regain()?;
        self.finish()
    }

    fn enqueue(&mut self, mut open: Vec<StepIndex>) -> Result<(), Refusal> {
        open.sort_unstable();
        open.dedup();
        while !open.is_empty() {
            for task in open {
                if self.workflow.tasks()[task].status() != TaskStatus::Pending {
                    continue;
                }
                match self.workflow.readiness(task) {
                    Readiness::Ready => self.emit(Event::TaskQueued { task })?,
                    Readiness::NotNeeded => {
                        self.emit(Event::TaskSkipped {
                            task,
                            reason: SkipReason::NotNeeded,
                            attempt: None,
                        })?;
                    }
                    Readiness::Waits | Readiness::Blocked => {}
                }
            }
            open = self.workflow.take_touched();
        }
        Ok(())
    }

    fn regain(&mut self) -> Result<(), Refusal> {
        let record = self.workflow.record();
        let Some(from) = record.recovering_from else {
            return Ok(());
        };
        if record.status != WorkflowStatus::Recovering || self.is_complete() {
            return Ok(());
        }
        let is_past = matches!(
            self.workflow.tasks()[from].status(),
            TaskStatus::Completed | TaskStatus::Skipped
        );
        if is_past {
            self.emit(Event::WorkflowRegained)
        } else {
            Ok(())
        }
    }

    fn is_complete(&self) -> bool {
        let counts = self.workflow.tally().counts;
        counts.completed + counts.skipped == self.workflow.tasks().len()
    }

    fn finish(&mut self) -> Result<(), Refusal> {
        if self.workflow.tally().has_superseded() {
            // An end is quiet: the last of what a recovery stopped ends the workflow.
            return Ok(());
        }
        if self.is_complete() {
            return self.emit(Event::WorkflowCompleted);
        }
        let tally = self.workflow.tally();
        if tally.counts.failed == 0 || tally.is_moving() {
            return Ok(());
        }
        for task in 0..self.workflow.tasks().len() {
            if !self.workflow.is_blocked(task) {
                continue;
            }
            let reason = if self.workflow.is_upstream_broken(task) {
                SkipReason::UpstreamFailed
            } else {
                SkipReason::Stopped
            };
            self.emit(Event::TaskSkipped {
                task,
                reason,
                attempt: None,
            })?;
        }
        self.workflow.take_touched();
        let failed = |t: &crate::workflow::Task| t.status() == TaskStatus::Failed;
        let failed_step = self.workflow.tasks().iter().position(failed).unwrap_or(0);
        self.emit(Event::WorkflowFailed { failed_step })
    }
}
