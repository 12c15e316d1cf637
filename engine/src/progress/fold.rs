//! Keeping a progress up to date event by event, in the browser and on the server alike.

use super::sums::Sums;
use super::{Progress, TaskProgress, first_open, is_current, is_past, share};
use crate::event::{Event, EventRecord};
use crate::id::StepIndex;
use crate::task_status::TaskStatus;
use crate::time::Timestamp;
use crate::workflow_status::WorkflowStatus;

impl Progress {
    /// Folds one event. An event that is already folded changes nothing, and of a workflow in quarantine
    /// every event changes its number alone: it is shown as failed, whatever once happened to it.
    ///
    /// # Errors
    /// When the number leaves a hole: the caller fetches a snapshot and goes on from there.
    pub fn apply(&mut self, record: &EventRecord) -> Result<(), Hole> {
        self.apply_all([record])
    }

    /// Folds events in their order. The percentage is computed once at the end.
    ///
    /// # Errors
    /// As [`apply`](Self::apply); the events before the hole are folded.
    pub fn apply_all<'a>(
        &mut self,
        records: impl IntoIterator<Item = &'a EventRecord>,
    ) -> Result<(), Hole> {
        let mut latest = None;
        let mut answer = Ok(());
        for record in records {
            match self.take_in(record) {
                Ok(true) => latest = Some(record.at),
                Ok(false) => {}
                Err(hole) => {
                    answer = Err(hole);
                    break;
                }
            }
        }
        if let Some(at) = latest {
            self.sum_up(at);
        }
        answer
    }

    /// Takes one event in, but for what is derived; says whether it was new.
    fn take_in(&mut self, record: &EventRecord) -> Result<bool, Hole> {
        let last = self.summary.events;
        if record.seq <= last {
            return Ok(false);
        }
        if self.summary.quarantine.is_some() {
            self.at_least(record.seq);
            return Ok(false);
        }
        if record.seq != last + 1 {
            return Err(Hole {
                last,
                found: record.seq,
            });
        }
        self.summary.events = record.seq;
        match record.event.task() {
            Some(task) => self.apply_to_task(task, &record.event, record.at),
            None => self.apply_to_workflow(&record.event, record.at),
        }
        Ok(true)
    }

    fn apply_to_workflow(&mut self, event: &Event, at: Timestamp) {
        let summary = &mut self.summary;
        match event {
            Event::WorkflowStarted => {
                summary.status = WorkflowStatus::Running;
                summary.started_at = Some(at);
            }
            Event::WorkflowPaused { .. } => summary.status = WorkflowStatus::Paused,
            Event::WorkflowResumed { paused_at } => {
                summary.status = WorkflowStatus::Running;
                for task in self
                    .tasks
                    .iter_mut()
                    .filter(|t| t.status == TaskStatus::Retrying)
                {
                    let due = task.next_retry_at;
                    task.next_retry_at = share::due_after_pause(due, task.ended_at, *paused_at, at);
                }
            }
            Event::CancelRequested => summary.cancel_requested = true,
            Event::WorkflowCancelled => self.end(WorkflowStatus::Cancelled, at),
            Event::WorkflowCompleted => self.end(WorkflowStatus::Completed, at),
            Event::WorkflowFailed { .. } => self.end(WorkflowStatus::Failed, at),
            Event::RecoveryStarted {
                recovery_attempts, ..
            } => {
                summary.status = WorkflowStatus::Recovering;
                summary.recovery_attempts = *recovery_attempts;
                summary.completed_at = None;
                summary.started_at = summary.started_at.or(Some(at));
            }
            Event::WorkflowRegained => summary.status = WorkflowStatus::Running,
            Event::RecoveryBudgetRaised {
                max_recovery_attempts,
            } => {
                summary.max_recovery_attempts = *max_recovery_attempts;
            }
            _ => {}
        }
    }

    fn end(&mut self, status: WorkflowStatus, at: Timestamp) {
        self.summary.status = status;
        self.summary.completed_at = Some(at);
        self.summary.cancel_requested = false;
    }

    fn apply_to_task(&mut self, index: StepIndex, event: &Event, at: Timestamp) {
        let sums = self.sums.get_or_insert_with(|| Sums::of(&self.tasks));
        let Some(task) = self.tasks.get_mut(index) else {
            return;
        };
        sums.take_out(index, task);
        let from = task.status;
        let to = status_after(event, from);
        if from == TaskStatus::Running && to != TaskStatus::Running {
            task.progress =
                share::running(task.progress, task.started_at, task.estimated_duration, at);
            task.ended_at = Some(at);
            task.waits_until = None;
        }
        task.next_retry_at = task.next_retry_at.filter(|_| to == TaskStatus::Retrying);
        task.waits_for = task.waits_for.filter(|_| !to.is_settled());
        task.status = to;
        change(task, event, at);
        sums.count(index, task);
        self.summary.counts.remove(from);
        self.summary.counts.add(to);
        self.point_at(index, to);
    }

    /// Moves what points at current steps, after the state of one became `to`.
    fn point_at(&mut self, index: StepIndex, to: TaskStatus) {
        let summary = &mut self.summary;
        match (is_current(to), summary.current_steps.binary_search(&index)) {
            (true, Err(place)) => summary.current_steps.insert(place, index),
            (false, Ok(place)) => {
                summary.current_steps.remove(place);
            }
            _ => {}
        }
        if !is_past(to) {
            summary.current_step = summary.current_step.min(index);
        } else if summary.current_step == index {
            summary.current_step = first_open(&self.tasks, index);
        }
    }
}

/// The event's number does not follow the last one folded.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("event {found} follows event {last}")]
pub struct Hole {
    /// The last event folded.
    pub last: u64,
    /// The event that came.
    pub found: u64,
}

const fn status_after(event: &Event, from: TaskStatus) -> TaskStatus {
    match event {
        Event::TaskQueued { .. } | Event::TaskInterrupted { .. } | Event::TaskLost { .. } => {
            TaskStatus::Queued
        }
        Event::TaskStarted { .. } => TaskStatus::Running,
        Event::TaskCompleted { .. } | Event::TaskMarkedDone { .. } => TaskStatus::Completed,
        Event::TaskRetryScheduled { .. } => TaskStatus::Retrying,
        Event::TaskFailed { .. } => TaskStatus::Failed,
        Event::TaskSkipped { .. } => TaskStatus::Skipped,
        Event::TaskCancelled { .. } => TaskStatus::Cancelled,
        Event::TaskReset { .. } => TaskStatus::Pending,
        _ => from,
    }
}

fn change(task: &mut TaskProgress, event: &Event, at: Timestamp) {
    match event {
        Event::TaskStarted { attempt, .. } => {
            task.attempt = *attempt;
            task.started_at = Some(at);
            task.ended_at = None;
            task.waits_for = None;
        }
        Event::TaskWaiting { until, .. } => task.waits_until = Some(*until),
        Event::TaskProgressed { progress, .. } => {
            task.progress = task.progress.max(progress.clamp(0.0, share::REPORTED_MAX));
        }
        Event::TaskCompleted { .. } | Event::TaskMarkedDone { .. } => {
            task.progress = 1.0;
            task.error_message = None;
        }
        Event::TaskRetryScheduled {
            error,
            retry_count,
            due_at,
            ..
        } => {
            task.retry_count = *retry_count;
            task.next_retry_at = Some(*due_at);
            task.error_message = Some(error.clone());
        }
        Event::TaskFailed { error, .. } => task.error_message = Some(error.clone()),
        Event::TaskSkipped { reason, .. } => task.skip_reason = Some(*reason),
        Event::TaskReset { .. } => {
            task.retry_count = 0;
            task.error_message = None;
            task.skip_reason = None;
            task.progress = 0.0;
            task.started_at = None;
            task.ended_at = None;
        }
        _ => {}
    }
}
