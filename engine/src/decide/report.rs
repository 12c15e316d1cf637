//! How an attempt ended, and what follows for its task.

use serde_json::Value;

use super::Decision;
use crate::command::{Outcome, Refusal};
use crate::event::{Event, FailureKind};
use crate::id::{Attempt, StepIndex};
use crate::retry::backoff;
use crate::task_status::{SkipReason, TaskStatus};

impl Decision<'_> {
    pub(super) fn report(
        &mut self,
        task: StepIndex,
        attempt: Attempt,
        outcome: &Outcome,
    ) -> Result<(), Refusal> {
        self.check_running(task, attempt)?;
        let event = if self.workflow.record().cancel_requested {
            match outcome {
                // What really happened to the step is told, whatever was decided meanwhile.
                Outcome::Succeeded(output) => Event::TaskCompleted {
                    task,
                    attempt,
                    output: output.clone(),
                },
                _ => Event::TaskCancelled {
                    task,
                    attempt: Some(attempt),
                },
            }
        } else {
            self.ordinary_end(task, attempt, outcome)
        };
        self.emit(event)?;
        self.settle()
    }

    fn ordinary_end(&self, task: StepIndex, attempt: Attempt, outcome: &Outcome) -> Event {
        match outcome {
            Outcome::Succeeded(output) => Event::TaskCompleted {
                task,
                attempt,
                output: output.clone(),
            },
            Outcome::NothingToDo => Event::TaskSkipped {
                task,
                reason: SkipReason::NotNeeded,
                attempt: Some(attempt),
            },
            Outcome::Interrupted => Event::TaskInterrupted { task, attempt },
            Outcome::Lost => self.lost(task, attempt),
            Outcome::Failed { failure, error } => self.failed(task, attempt, *failure, error),
        }
    }

    fn failed(
        &self,
        task: StepIndex,
        attempt: Attempt,
        failure: FailureKind,
        error: &str,
    ) -> Event {
        let record = self.workflow.tasks()[task].record();
        let limit = self.workflow.definition().steps()[task].max_retries;
        let may_help = matches!(failure, FailureKind::Error | FailureKind::TimedOut);
        let error = error.to_owned();
        if !may_help || record.retry_count >= limit {
            return Event::TaskFailed {
                task,
                attempt,
                failure,
                error,
            };
        }
        let retry_count = record.retry_count + 1;
        let due_at = self.now.plus(backoff(retry_count));
        Event::TaskRetryScheduled {
            task,
            attempt,
            failure,
            error,
            retry_count,
            due_at,
        }
    }

    fn lost(&self, task: StepIndex, attempt: Attempt) -> Event {
        let lost_count = self.workflow.tasks()[task].record().lost_count + 1;
        if lost_count < self.workflow.definition().steps()[task].max_lost {
            return Event::TaskLost {
                task,
                attempt,
                lost_count,
            };
        }
        let times = if lost_count == 1 {
            "once".into()
        } else {
            format!("{lost_count} times")
        };
        let error = format!(
            "the server went down {times} while this step ran, so it is not tried again (poison)"
        );
        Event::TaskFailed {
            task,
            attempt,
            failure: FailureKind::Poison,
            error,
        }
    }

    /// The moment a task waits for has come: a retry is queued, a wait is over.
    pub(super) fn due(&mut self, task: StepIndex) -> Result<(), Refusal> {
        let not_due = Refusal::NotDue { task };
        let Some(record) = self.workflow.task(task).map(|task| task.record()) else {
            return Err(not_due);
        };
        if record.due_at.is_none_or(|due| due > self.now) || self.workflow.record().cancel_requested
        {
            return Err(not_due);
        }
        match record.status {
            TaskStatus::Running if record.waiting => {
                let attempt = record.attempt;
                self.emit(Event::TaskCompleted {
                    task,
                    attempt,
                    output: Value::Object(serde_json::Map::new()),
                })?;
                self.settle()
            }
            TaskStatus::Retrying
                if self.workflow.status().starts_tasks() && !self.workflow.is_blocked(task) =>
            {
                self.emit(Event::TaskQueued { task })
            }
            _ => Err(not_due),
        }
    }
}
