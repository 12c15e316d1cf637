//! What people ask for, judged by the state as the table of commands says.

use super::Decision;
use crate::action::Action;
use crate::allowed::{self, Verdict};
use crate::command::Refusal;
use crate::event::Event;
use crate::task_status::TaskStatus;
use crate::workflow_status::WorkflowStatus;

impl Decision<'_> {
    pub(super) fn act(&mut self, action: &Action) -> Result<(), Refusal> {
        let last = self.workflow.tasks().len().saturating_sub(1);
        if let Some(task) = action.task().filter(|task| *task > last) {
            return Err(Refusal::NoSuchStep { task, last });
        }
        let is_busy = self.workflow.is_busy();
        if allowed::verdict(self.workflow.record(), is_busy, action)? == Verdict::Same {
            return Ok(());
        }
        match action {
            Action::Start | Action::Resume => self.go(),
            Action::Pause => self.emit(Event::WorkflowPaused { interrupt: false }),
            Action::PauseAndInterrupt => self.emit(Event::WorkflowPaused { interrupt: true }),
            Action::Cancel => self.cancel(),
            Action::Recover(recovery) => self.recover(recovery),
            Action::Skip { task } => self.skip(*task),
            Action::MarkDone { task, output } => self.mark_done(*task, output),
            Action::TryNow { task } => self.try_now(*task),
            Action::RaiseBudget {
                max_recovery_attempts,
            } => {
                let max_recovery_attempts = *max_recovery_attempts;
                self.emit(Event::RecoveryBudgetRaised {
                    max_recovery_attempts,
                })
            }
            // Nothing is left that an event could tell of.
            Action::Delete => Ok(()),
        }
    }

    /// Starts a pending workflow, or lets a paused one go on where it stood.
    fn go(&mut self) -> Result<(), Refusal> {
        match self.workflow.record().paused_at {
            Some(paused_at) if self.workflow.status() == WorkflowStatus::Paused => {
                self.emit(Event::WorkflowResumed { paused_at })?;
            }
            _ => self.emit(Event::WorkflowStarted)?,
        }
        self.settle_all()
    }

    fn cancel(&mut self) -> Result<(), Refusal> {
        let is_active = self.workflow.status().is_active();
        if is_active {
            self.emit(Event::CancelRequested)?;
        }
        for task in 0..self.workflow.tasks().len() {
            let record = self.workflow.tasks()[task].record();
            let attempt = match record.status {
                TaskStatus::Pending | TaskStatus::Queued | TaskStatus::Retrying => None,
                // It waits for a moment and holds nothing, so there is nothing to stop first.
                TaskStatus::Running if record.waiting => Some(record.attempt),
                _ => continue,
            };
            self.emit(Event::TaskCancelled { task, attempt })?;
        }
        if is_active {
            self.settle()
        } else {
            self.emit(Event::WorkflowCancelled)
        }
    }
}
