//! How an attempt ended, and what follows for its task.

use serde_json::Value;

use super::Decision;
use crate::command::{Outcome, Refusal};
use crate::definition::Mode;
use crate::event::{self, AttemptOutcome, Event, FailureKind};
use crate::id::{Attempt, StepIndex};
use crate::retry::backoff;
use crate::task_status::{SkipReason, TaskStatus};
use crate::time::Timestamp;

const fn skipped(task: StepIndex, attempt: Attempt, reason: SkipReason) -> Event {
    Event::TaskSkipped {
        task,
        reason,
        attempt: Some(attempt),
    }
}

impl Decision<'_> {
    pub(super) fn report(
        &mut self,
        task: StepIndex,
        attempt: Attempt,
        outcome: &Outcome,
    ) -> Result<(), Refusal> {
        if self.is_superseded(task, attempt) {
            return self.superseded_ended(task, attempt, outcome);
        }
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
        if let Outcome::Late { output, .. } = outcome {
            // What it gave is kept where people look for it, and used nowhere.
            self.emit(Event::AttemptEnded {
                task,
                attempt,
                outcome: AttemptOutcome::Late,
                output: Some(output.clone()),
            })?;
        }
        self.settle()
    }

    fn ordinary_end(&self, task: StepIndex, attempt: Attempt, outcome: &Outcome) -> Event {
        match outcome {
            Outcome::Succeeded(output) => Event::TaskCompleted {
                task,
                attempt,
                output: output.clone(),
            },
            Outcome::NothingToDo => skipped(task, attempt, SkipReason::NotNeeded),
            Outcome::ConditionNotMet => skipped(task, attempt, SkipReason::ConditionNotMet),
            Outcome::Interrupted if self.runs_once(task) => self.unknown(
                task,
                attempt,
                "it was stopped before it ended",
                AttemptOutcome::Interrupted,
            ),
            Outcome::Interrupted => Event::TaskInterrupted { task, attempt },
            Outcome::Lost if self.runs_once(task) => self.unknown(
                task,
                attempt,
                "the server went down while it ran",
                AttemptOutcome::Lost,
            ),
            Outcome::Lost => self.lost(task, attempt),
            Outcome::Failed { failure, error } => {
                let error = event::kept(error);
                match failure {
                    // Known from several starts of the server, whatever the step's limit says.
                    FailureKind::Poison => self.poison(task, attempt, &error),
                    failure => self.failed(task, attempt, *failure, &error),
                }
            }
            Outcome::Late { error, .. } => self.failed(task, attempt, FailureKind::TimedOut, error),
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
        let outcome = match failure {
            FailureKind::TimedOut => AttemptOutcome::TimedOut,
            _ => AttemptOutcome::Failed,
        };
        let is_unknown = matches!(failure, FailureKind::TimedOut | FailureKind::OutcomeUnknown);
        if is_unknown && self.runs_once(task) {
            return self.unknown(task, attempt, error, outcome);
        }
        // A step that may run twice is simply tried again; one that can be asked is asked first.
        let failure = match failure {
            FailureKind::OutcomeUnknown if !self.is_asked(task) => FailureKind::Error,
            known => known,
        };
        let may_help = is_unknown || failure == FailureKind::Error;
        let mut error = error.to_owned();
        if !may_help || record.retry_count >= limit {
            if failure == FailureKind::OutcomeUnknown {
                error.push_str("; it may have taken effect");
            }
            return Event::TaskFailed {
                task,
                attempt,
                failure,
                error,
                outcome,
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
        let why = format!("the server went down {times} while this step ran");
        self.poison(task, attempt, &why)
    }

    fn poison(&self, task: StepIndex, attempt: Attempt, why: &str) -> Event {
        if self.runs_once(task) {
            return self.unknown(task, attempt, why, AttemptOutcome::Lost);
        }
        Event::TaskFailed {
            task,
            attempt,
            failure: FailureKind::Poison,
            error: format!("{why}, so it is not tried again"),
            outcome: AttemptOutcome::Lost,
        }
    }

    fn runs_once(&self, task: StepIndex) -> bool {
        self.workflow.definition().steps()[task].mode == Some(Mode::Once)
    }

    /// Whether the outside is asked before the step is tried again.
    fn is_asked(&self, task: StepIndex) -> bool {
        self.workflow.definition().steps()[task].mode == Some(Mode::Probe)
    }

    /// A step that may run at most once is not tried again when nobody knows how it ended.
    fn unknown(
        &self,
        task: StepIndex,
        attempt: Attempt,
        why: &str,
        outcome: AttemptOutcome,
    ) -> Event {
        let error = format!("{why}; it is not tried again, because it may have taken effect");
        Event::TaskFailed {
            task,
            attempt,
            failure: FailureKind::OutcomeUnknown,
            error,
            outcome,
        }
    }

    pub(super) fn is_superseded(&self, task: StepIndex, attempt: Attempt) -> bool {
        let task = self.workflow.task(task);
        task.is_some_and(|task| task.record().superseded == Some(attempt))
    }

    /// The last of what a recovery stopped is dead: whatever it waited for may start.
    pub(super) fn superseded_ended(
        &mut self,
        task: StepIndex,
        attempt: Attempt,
        outcome: &Outcome,
    ) -> Result<(), Refusal> {
        let (outcome, output) = match outcome {
            Outcome::Succeeded(output) | Outcome::Late { output, .. } => {
                (AttemptOutcome::Late, Some(output.clone()))
            }
            _ => (AttemptOutcome::Superseded, None),
        };
        self.emit(Event::AttemptEnded {
            task,
            attempt,
            outcome,
            output,
        })?;
        self.settle()
    }

    /// The moment a task waits for has come: a retry is queued, a wait is over.
    pub(super) fn due(&mut self, task: StepIndex, due_at: Timestamp) -> Result<(), Refusal> {
        let not_due = Refusal::NotDue { task };
        let Some(record) = self.workflow.task(task).map(|task| task.record()) else {
            return Err(not_due);
        };
        // Any other moment is that of a wait which is over: somebody came before it.
        let is_meant = record.due_at == Some(due_at);
        if !is_meant || self.workflow.record().cancel_requested {
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
