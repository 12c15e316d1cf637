//! The fold: what each event does to the aggregate. Every change of a state passes here, and each
//! goes through the table of its kind.

use std::sync::Arc;

use super::Workflow;
use crate::event::{AttemptOutcome, Event, EventRecord, FailureKind};
use crate::id::{Attempt, StepIndex};
use crate::progress::share;
use crate::task_status::{IllegalTaskTransition, TaskStatus, TaskTrigger};
use crate::time::Timestamp;
use crate::workflow_status::{IllegalTransition, WorkflowTrigger};

/// The event cannot follow the events before it.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Impossible {
    /// Its number is not the next one.
    #[error("event {found} follows event {last}")]
    Hole {
        /// The last event's number.
        last: u64,
        /// The number found.
        found: u64,
    },
    /// It is not the beginning where one is due, or one where none is.
    #[error("a workflow begins with WorkflowCreated, and only once")]
    Beginning,
    /// The workflow's table has no such row.
    #[error(transparent)]
    Workflow(#[from] IllegalTransition),
    /// The tasks' table has no such row.
    #[error("task {task}: {source}")]
    Task {
        /// The step.
        task: StepIndex,
        /// The row that is missing.
        source: IllegalTaskTransition,
    },
    /// There is no such step.
    #[error("there is no step {0}")]
    NoSuchStep(StepIndex),
    /// The attempt is neither superseded nor over.
    #[error("attempt {attempt} of task {task} is neither superseded nor over")]
    NotOver {
        /// The step.
        task: StepIndex,
        /// The attempt.
        attempt: Attempt,
    },
}

impl Workflow {
    /// Folds one event into the aggregate.
    ///
    /// # Errors
    /// When the event cannot follow: a hole in the numbers or a row that no table has. The
    /// aggregate is then unchanged.
    pub fn apply(&mut self, record: &EventRecord) -> Result<(), Impossible> {
        let next = self.record.rev + 1;
        if record.seq != next {
            return Err(Impossible::Hole {
                last: self.record.rev,
                found: record.seq,
            });
        }
        if (next == 1) != matches!(record.event, Event::WorkflowCreated { .. }) {
            return Err(Impossible::Beginning);
        }
        match (&record.event, record.event.task()) {
            (
                Event::AttemptEnded {
                    attempt, outcome, ..
                },
                Some(task),
            ) => {
                self.end_attempt(task, *attempt, *outcome)?;
            }
            (event, Some(task)) => self.apply_to_task(task, event, record.at)?,
            (event, None) => self.apply_to_workflow(event, record.at)?,
        }
        self.record.rev = next;
        Ok(())
    }

    fn apply_to_workflow(&mut self, event: &Event, at: Timestamp) -> Result<(), IllegalTransition> {
        use WorkflowTrigger as T;
        let trigger = match event {
            Event::WorkflowStarted => T::Start,
            Event::WorkflowPaused { .. } => T::Pause,
            Event::WorkflowResumed { .. } => T::Resume,
            Event::CancelRequested => T::AskCancel,
            Event::WorkflowCancelled => T::Cancel,
            Event::WorkflowCompleted => T::Complete,
            Event::WorkflowFailed { .. } => T::Fail,
            Event::RecoveryStarted { .. } => T::Recover,
            Event::WorkflowRegained => T::Regain,
            Event::RecoveryBudgetRaised { .. } => T::RaiseBudget,
            _ => return Ok(()), // WorkflowCreated: the aggregate already stands at its beginning
        };
        let record = &mut self.record;
        record.status = record.status.next(trigger)?;
        match event {
            Event::WorkflowStarted => record.started_at = Some(at),
            // What stands still since an earlier pause stands still since then.
            Event::WorkflowPaused { .. } => record.paused_at = record.paused_at.or(Some(at)),
            Event::WorkflowResumed { paused_at } => {
                record.paused_at = None;
                record.recovering_from = None;
                self.move_retries(*paused_at, at);
            }
            Event::CancelRequested => record.cancel_requested = true,
            Event::WorkflowCancelled | Event::WorkflowCompleted | Event::WorkflowFailed { .. } => {
                record.cancel_requested = false;
                record.recovering_from = None;
                record.paused_at = None;
                record.completed_at = Some(at);
            }
            Event::RecoveryStarted {
                from_step,
                recovery_attempts,
            } => {
                record.recovery_attempts = *recovery_attempts;
                record.recovering_from = Some(*from_step);
                record.epoch += 1;
                record.paused_at = None;
                record.completed_at = None;
                record.started_at = record.started_at.or(Some(at));
            }
            Event::WorkflowRegained => record.recovering_from = None,
            Event::RecoveryBudgetRaised {
                max_recovery_attempts,
            } => {
                record.max_recovery_attempts = *max_recovery_attempts;
            }
            _ => {}
        }
        Ok(())
    }

    /// Waiting before a retry stood still while the workflow was paused.
    fn move_retries(&mut self, paused_at: Timestamp, now: Timestamp) {
        for task in &mut self.tasks {
            let record = &mut task.record;
            if record.status == TaskStatus::Retrying {
                record.due_at =
                    share::due_after_pause(record.due_at, record.ended_at, paused_at, now);
            }
        }
    }

    fn apply_to_task(
        &mut self,
        index: StepIndex,
        event: &Event,
        at: Timestamp,
    ) -> Result<(), Impossible> {
        let Some(task) = self.tasks.get(index) else {
            return Err(Impossible::NoSuchStep(index));
        };
        let from = task.record.status;
        let trigger = task_trigger(event, from);
        let to = from.next(trigger).map_err(|source| Impossible::Task {
            task: index,
            source,
        })?;
        let had_superseded = self.tasks[index].record.superseded.is_some();
        self.change_task(index, event, at);
        self.tasks[index].record.status = to;
        let has_superseded = self.tasks[index].record.superseded.is_some();
        self.tally.superseded += usize::from(has_superseded);
        self.tally.superseded -= usize::from(had_superseded);
        if from != to || matches!(event, Event::TaskReset { .. }) {
            self.follow(index, from);
        }
        if to == TaskStatus::Pending {
            self.touched.push(index);
        }
        Ok(())
    }

    /// The attempt that a recovery superseded is dead: nothing of the task is alive any more. One
    /// that is over for its task already changes nothing by ending well too late.
    fn end_attempt(
        &mut self,
        index: StepIndex,
        attempt: Attempt,
        outcome: AttemptOutcome,
    ) -> Result<(), Impossible> {
        let Some(task) = self.tasks.get_mut(index) else {
            return Err(Impossible::NoSuchStep(index));
        };
        let record = &mut task.record;
        if record.superseded == Some(attempt) {
            record.superseded = None;
            self.tally.superseded -= 1;
            return Ok(());
        }
        let is_over = record.attempt == attempt && record.status != TaskStatus::Running;
        if is_over && outcome == AttemptOutcome::Late {
            return Ok(());
        }
        Err(Impossible::NotOver {
            task: index,
            attempt,
        })
    }

    /// Everything an event changes in a task but its state.
    fn change_task(&mut self, index: StepIndex, event: &Event, at: Timestamp) {
        let estimate = self.definition.steps()[index].estimated_duration;
        let record = &mut self.tasks[index].record;
        if ends_attempt(event) && record.status == TaskStatus::Running {
            record.share = share::running(record.share, record.started_at, estimate, at);
            record.ended_at = Some(at);
            record.waiting = false;
        }
        record.in_doubt |= leaves_doubt(event);
        match event {
            Event::TaskStarted { attempt, .. } => {
                record.attempt = *attempt;
                record.started_at = Some(at);
                record.ended_at = None;
                forget_wait(record);
                record.waiting = false;
            }
            Event::TaskQueued { .. } => forget_wait(record),
            Event::TaskWaiting { until, .. } => {
                record.waiting = true;
                wait_until(record, *until, at);
            }
            Event::TaskProgressed { progress, .. } => {
                record.share = record.share.max(progress.clamp(0.0, share::REPORTED_MAX));
            }
            Event::TaskCompleted { output, .. } | Event::TaskMarkedDone { output, .. } => {
                record.output = Some(Arc::new(output.clone()));
                record.share = 1.0;
                clear_failure(record);
            }
            Event::TaskRetryScheduled {
                failure,
                error,
                retry_count,
                due_at,
                ..
            } => {
                record.retry_count = *retry_count;
                wait_until(record, *due_at, at);
                record.failure = Some(*failure);
                record.error_message = Some(error.clone());
            }
            Event::TaskFailed { failure, error, .. } => {
                forget_wait(record);
                record.failure = Some(*failure);
                record.error_message = Some(error.clone());
            }
            Event::TaskLost { lost_count, .. } => {
                record.lost_count = *lost_count;
                forget_wait(record);
            }
            Event::TaskSkipped { reason, .. } => {
                record.skip_reason = Some(*reason);
                forget_wait(record);
            }
            Event::TaskInterrupted { .. } | Event::TaskCancelled { .. } => forget_wait(record),
            Event::TaskReset { .. } => reset(record),
            _ => {}
        }
    }
}

fn task_trigger(event: &Event, from: TaskStatus) -> TaskTrigger {
    use TaskTrigger as T;
    match event {
        Event::TaskQueued { .. } if from == TaskStatus::Retrying => T::Due,
        Event::TaskQueued { .. } => T::Enqueue,
        Event::TaskStarted { .. } => T::Start,
        Event::TaskWaiting { .. } => T::Wait,
        Event::TaskCompleted { .. } => T::Succeed,
        Event::TaskRetryScheduled { .. } => T::Retry,
        Event::TaskFailed { .. } => T::GiveUp,
        Event::TaskInterrupted { .. } => T::Interrupt,
        Event::TaskLost { .. } => T::Lose,
        Event::TaskSkipped { reason, .. } => skip_trigger(*reason, from),
        Event::TaskCancelled { .. } => T::Cancel,
        Event::TaskMarkedDone { .. } => T::MarkDone,
        Event::TaskReset { .. } => T::Reset,
        _ => T::Progress,
    }
}

fn skip_trigger(reason: crate::task_status::SkipReason, from: TaskStatus) -> TaskTrigger {
    use crate::task_status::SkipReason as R;
    match reason {
        R::ConditionNotMet => TaskTrigger::NothingToDo,
        R::NotNeeded if from == TaskStatus::Running => TaskTrigger::NothingToDo,
        R::NotNeeded => TaskTrigger::NoNeed,
        R::UpstreamFailed | R::Stopped => TaskTrigger::Block,
        R::Operator => TaskTrigger::Skip,
    }
}

const fn ends_attempt(event: &Event) -> bool {
    matches!(
        event,
        Event::TaskCompleted { .. }
            | Event::TaskRetryScheduled { .. }
            | Event::TaskFailed { .. }
            | Event::TaskInterrupted { .. }
            | Event::TaskLost { .. }
            | Event::TaskSkipped { .. }
            | Event::TaskCancelled { .. }
    )
}

/// Whether an attempt ended without anybody knowing if it took effect.
const fn leaves_doubt(event: &Event) -> bool {
    match event {
        Event::TaskLost { .. } | Event::TaskInterrupted { .. } => true,
        Event::TaskRetryScheduled { failure, .. } | Event::TaskFailed { failure, .. } => {
            matches!(
                failure,
                FailureKind::TimedOut | FailureKind::OutcomeUnknown | FailureKind::Poison
            )
        }
        Event::TaskCancelled { attempt, .. } | Event::TaskReset { attempt, .. } => {
            attempt.is_some()
        }
        _ => false,
    }
}

fn clear_failure(record: &mut super::TaskRecord) {
    record.failure = None;
    record.error_message = None;
    forget_wait(record);
}

/// Both the moment and the length of the wait, so that a clock set back delays it by no more.
fn wait_until(record: &mut super::TaskRecord, due: Timestamp, now: Timestamp) {
    record.due_at = Some(due);
    record.wait_micros = u64::try_from(due.since(now).as_micros()).ok();
}

const fn forget_wait(record: &mut super::TaskRecord) {
    record.due_at = None;
    record.wait_micros = None;
}

/// A recovery begins the task anew: only its numbers that never go down stay.
fn reset(record: &mut super::TaskRecord) {
    let is_another_effect = record.status == TaskStatus::Completed;
    let redo = record.redo + u32::from(is_another_effect);
    let is_alive = record.status == TaskStatus::Running && !record.waiting;
    let mut fresh = super::TaskRecord::new(record.id);
    fresh.attempt = record.attempt;
    fresh.generation = record.generation + 1;
    fresh.redo = redo;
    fresh.in_doubt = record.in_doubt && !is_another_effect;
    fresh.superseded = if is_alive {
        Some(record.attempt)
    } else {
        record.superseded
    };
    *record = fresh;
}
