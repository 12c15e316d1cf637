//! A queued task gets room to run, and what a running attempt says about itself.

use super::Decision;
use crate::command::{Outcome, Refusal};
use crate::event::Event;
use crate::id::{Attempt, StepIndex};
use crate::task_status::TaskStatus;
use crate::time::Timestamp;

impl Decision<'_> {
    pub(super) fn start_task(&mut self, task: StepIndex) -> Result<(), Refusal> {
        if !self.workflow.may_start(task) {
            return Err(Refusal::NotStartable { task });
        }
        let attempt = self.workflow.tasks()[task].record().attempt + 1;
        self.emit(Event::TaskStarted { task, attempt })
    }

    pub(super) fn wait(
        &mut self,
        task: StepIndex,
        attempt: Attempt,
        until: Timestamp,
    ) -> Result<(), Refusal> {
        if self.is_superseded(task, attempt) {
            // A wait holds nothing, so nothing of the attempt is alive any more.
            return self.superseded_ended(task, attempt, &Outcome::Interrupted);
        }
        self.check_running(task, attempt)?;
        if self.workflow.record().cancel_requested {
            // A wait holds nothing, so there is nothing to stop first.
            self.emit(Event::TaskCancelled {
                task,
                attempt: Some(attempt),
            })?;
            return self.settle();
        }
        self.emit(Event::TaskWaiting {
            task,
            attempt,
            until,
        })
    }

    pub(super) fn progress(
        &mut self,
        task: StepIndex,
        attempt: Attempt,
        progress: f64,
    ) -> Result<(), Refusal> {
        self.check_running(task, attempt)?;
        self.emit(Event::TaskProgressed {
            task,
            attempt,
            progress: progress.clamp(0.0, 1.0),
        })
    }

    /// Refuses a report about an attempt that is over.
    pub(super) fn check_running(&self, task: StepIndex, attempt: Attempt) -> Result<(), Refusal> {
        let record = self.workflow.task(task).map(|task| task.record());
        match record {
            Some(r) if r.status == TaskStatus::Running && r.attempt == attempt => Ok(()),
            _ => Err(Refusal::Superseded { task, attempt }),
        }
    }
}
