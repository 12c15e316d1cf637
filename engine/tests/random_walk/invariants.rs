//! The invariants of the design, checked after every command. I-numbers are the design's.

use std::collections::HashMap;
use std::time::Duration;

use engine::retry::backoff;
use engine::workflow::{Counts, TaskRecord, WorkflowRecord};
use engine::{
    Event, EventRecord, FailureKind, Progress, SkipReason, StepIndex, TaskStatus, Timestamp,
    Workflow, WorkflowStatus,
};

use crate::oracle::{Next, Oracle};

/// Fails with the text when the condition does not hold.
macro_rules! hold {
    ($condition:expr, $($text:tt)+) => {
        let holds: bool = $condition;
        if !holds {
            return Err(format!($($text)+));
        }
    };
}
pub(crate) use hold;

pub type Checked = Result<(), String>;

/// What is remembered between commands to judge the next one.
#[derive(Default)]
pub struct Memory {
    /// The attempt under way of each task that has one.
    live: HashMap<StepIndex, u32>,
    last_attempt: HashMap<StepIndex, u32>,
    /// Charged failures since the last recovery.
    charged: HashMap<StepIndex, u32>,
    /// How long the workflow was not paused, in all.
    awake: Duration,
    /// The last moment looked at.
    seen_at: Timestamp,
    /// For each task that waits for its next try: how long awake it was, and how long it must wait.
    retries: HashMap<StepIndex, (Duration, Duration)>,
    percent: u8,
    shares: HashMap<StepIndex, f64>,
}

impl Memory {
    /// Lets time pass up to `now` with the workflow as it is.
    pub fn pass(&mut self, workflow: &Workflow, now: Timestamp) {
        if workflow.status() != WorkflowStatus::Paused {
            self.awake += now.since(self.seen_at);
        }
        self.seen_at = now;
    }

    /// Judges one event against the workflow as it stood just before it.
    pub fn event(&mut self, before: &Workflow, record: &EventRecord) -> Checked {
        let status = before.status();
        if status.is_terminal() {
            let may_follow = matches!(record.event, Event::RecoveryStarted { .. });
            hold!(may_follow, "I4: {} after the end", record.event.kind());
        }
        match &record.event {
            Event::TaskStarted { task, attempt } => self.started(before, *task, *attempt)?,
            Event::TaskQueued { task } => self.queued(before, *task)?,
            Event::TaskSkipped { task, reason, .. } => skipped(before, *task, *reason)?,
            Event::TaskRetryScheduled {
                task, retry_count, ..
            } => {
                self.charge(before, *task)?;
                self.retries
                    .insert(*task, (self.awake, backoff(*retry_count)));
            }
            Event::TaskFailed { task, failure, .. } if *failure != FailureKind::Poison => {
                self.charge(before, *task)?;
            }
            Event::TaskReset { task, .. } => {
                self.charged.remove(task);
                self.shares.remove(task);
                self.retries.remove(task);
                self.percent = 0;
            }
            _ => {}
        }
        let ends = match &record.event {
            Event::TaskCompleted { task, attempt, .. }
            | Event::TaskRetryScheduled { task, attempt, .. }
            | Event::TaskFailed { task, attempt, .. }
            | Event::TaskInterrupted { task, attempt }
            | Event::TaskLost { task, attempt, .. } => Some((*task, Some(*attempt))),
            Event::TaskCancelled { task, attempt } | Event::TaskSkipped { task, attempt, .. } => {
                Some((*task, *attempt))
            }
            _ => None,
        };
        if let Some((task, attempt)) = ends {
            let was = self.live.remove(&task);
            hold!(
                was == attempt,
                "I2: attempt {attempt:?} of {task} ends, {was:?} was alive"
            );
        }
        Ok(())
    }

    fn started(&mut self, before: &Workflow, task: StepIndex, attempt: u32) -> Checked {
        let may = before.status().starts_tasks() && !before.record().cancel_requested;
        hold!(may, "I7: {task} starts while {}", before.status());
        let last = self.last_attempt.insert(task, attempt).unwrap_or(0);
        hold!(
            attempt == last + 1,
            "I10: attempt {attempt} of {task} follows {last}"
        );
        let other = self.live.insert(task, attempt);
        hold!(
            other.is_none(),
            "I5: {task} starts while {other:?} is alive"
        );
        let oracle = Oracle::new(before);
        hold!(
            oracle.run_if_holds(task),
            "I6: {task} starts and its run_if does not hold"
        );
        hold!(!oracle.is_blocked(task), "I6: {task} starts and is blocked");
        Ok(())
    }

    fn queued(&mut self, before: &Workflow, task: StepIndex) -> Checked {
        if before.tasks()[task].status() == TaskStatus::Pending {
            let next = Oracle::new(before).next(task);
            hold!(next == Next::Ready, "{task} is queued and is {next:?}");
            return Ok(());
        }
        if let Some((failed, wait)) = self.retries.remove(&task) {
            let waited = self.awake.saturating_sub(failed);
            hold!(waited >= wait, "I11: {task} waited {waited:?} of {wait:?}");
        }
        Ok(())
    }

    fn charge(&mut self, before: &Workflow, task: StepIndex) -> Checked {
        let charged = self.charged.entry(task).or_default();
        *charged += 1;
        let most = before.definition().steps()[task].max_retries + 1;
        hold!(
            *charged <= most,
            "I8: {task} was charged {charged} of {most} tries"
        );
        Ok(())
    }

    /// Judges what pages would show at `now`.
    pub fn progress(&mut self, shown: &Progress, now: Timestamp) -> Checked {
        let percent = shown.at(now).summary.progress;
        hold!(
            percent >= self.percent,
            "I14: {} % falls to {percent} %",
            self.percent
        );
        let is_completed = shown.summary.status == WorkflowStatus::Completed;
        hold!(
            (percent == 100) == is_completed,
            "I14: {percent} % when {}",
            shown.summary.status
        );
        self.percent = percent;
        for (task, known) in shown.tasks.iter().enumerate() {
            let before = self.shares.insert(task, known.progress).unwrap_or(0.0);
            hold!(
                known.progress >= before,
                "I14: the share of {task} falls from {before}"
            );
            hold!(
                (0.0..=1.0).contains(&known.progress),
                "I14: the share of {task}"
            );
        }
        Ok(())
    }
}

/// Whether a task may be skipped for this reason.
fn skipped(before: &Workflow, task: StepIndex, reason: SkipReason) -> Checked {
    let oracle = Oracle::new(before);
    let runs = before.tasks()[task].status() == TaskStatus::Running;
    let fits = match reason {
        SkipReason::NotNeeded => runs || oracle.next(task) == Next::NotNeeded,
        SkipReason::UpstreamFailed | SkipReason::Stopped => oracle.is_blocked(task),
        SkipReason::Operator => false,
    };
    hold!(fits, "{task} is skipped as {reason:?}");
    Ok(())
}

/// What must hold of a workflow at rest: between two commands.
pub fn at_rest(workflow: &Workflow) -> Checked {
    let oracle = Oracle::new(workflow);
    counters(workflow)?;
    match workflow.status() {
        status if status.is_terminal() => ended(workflow, &oracle)?,
        WorkflowStatus::Running | WorkflowStatus::Recovering => moves(workflow, &oracle)?,
        _ => {}
    }
    tasks_at_rest(workflow, &oracle)?;
    times(workflow)
}

/// What must hold of each task between two commands.
fn tasks_at_rest(workflow: &Workflow, oracle: &Oracle<'_>) -> Checked {
    for (index, task) in workflow.tasks().iter().enumerate() {
        let record = task.record();
        let startable = workflow.status().starts_tasks()
            && !workflow.record().cancel_requested
            && record.status == TaskStatus::Queued
            && !oracle.is_blocked(index);
        hold!(
            startable == workflow.may_start(index),
            "{index} startable: {startable}"
        );
        let step = &workflow.definition().steps()[index];
        hold!(
            record.retry_count <= step.max_retries,
            "I8: retries of {index}"
        );
        hold!(
            record.lost_count < step.max_lost,
            "{index} was lost too often"
        );
        let runs = record.status == TaskStatus::Running;
        hold!(
            !runs || oracle.run_if_holds(index),
            "I6: {index} runs, its run_if does not hold"
        );
        hold!(runs || !record.waiting, "{index} waits and does not run");
        let needs_due = record.status == TaskStatus::Retrying || record.waiting;
        hold!(
            record.due_at.is_some() == needs_due,
            "{index} is {} and due {:?}",
            record.status,
            record.due_at
        );
        let has_reason = record.status == TaskStatus::Skipped;
        hold!(
            record.skip_reason.is_some() == has_reason,
            "{index}: {:?}",
            record.skip_reason
        );
    }
    Ok(())
}

/// What goes with the workflow's state.
fn times(workflow: &Workflow) -> Checked {
    let record = workflow.record();
    hold!(
        record.recovery_attempts <= record.max_recovery_attempts,
        "I9"
    );
    hold!(
        record.paused_at.is_some() == (record.status == WorkflowStatus::Paused),
        "paused_at"
    );
    let past = |from: StepIndex| {
        let status = workflow.tasks()[from].status();
        matches!(status, TaskStatus::Completed | TaskStatus::Skipped)
    };
    let from = record.recovering_from;
    let recovers = match record.status {
        WorkflowStatus::Recovering => {
            from.is_some_and(|from| record.cancel_requested || !past(from))
        }
        WorkflowStatus::Paused => true,
        _ => from.is_none(),
    };
    hold!(recovers, "recovering from {from:?} while {}", record.status);
    hold!(
        record.completed_at.is_some() == record.status.is_terminal(),
        "completed_at"
    );
    Ok(())
}

/// I15: the counters are those of a count from nothing.
fn counters(workflow: &Workflow) -> Checked {
    let mut counted = Counts::default();
    workflow
        .tasks()
        .iter()
        .for_each(|t| counted.add(t.status()));
    let tally = workflow.tally();
    hold!(
        tally.counts == counted,
        "I15: {:?} is not {counted:?}",
        tally.counts
    );
    hold!(
        counted.total() == workflow.tasks().len(),
        "I15: the counters do not add up"
    );
    let records = workflow
        .tasks()
        .iter()
        .map(|t| t.record().clone())
        .collect();
    let definition = workflow.definition().clone();
    let restored = Workflow::restore(workflow.record().clone(), definition, records);
    hold!(
        restored.tally() == tally,
        "a restored workflow counts otherwise"
    );
    Ok(())
}

/// I4 and I13: what an end is.
fn ended(workflow: &Workflow, oracle: &Oracle<'_>) -> Checked {
    let status = workflow.status();
    for (index, task) in workflow.tasks().iter().enumerate() {
        hold!(
            task.status().is_settled(),
            "I4: {index} is {} when {status}",
            task.status()
        );
        if status == WorkflowStatus::Completed {
            let is_well = task.status() == TaskStatus::Completed || oracle.is_spared(index);
            hold!(is_well, "I13: {index} is {} when completed", task.status());
        }
        if status == WorkflowStatus::Failed {
            hold!(
                task.status() != TaskStatus::Cancelled,
                "{index} is cancelled when failed"
            );
        }
    }
    let failed = workflow.tally().counts.failed;
    hold!(
        status != WorkflowStatus::Failed || failed > 0,
        "failed and no task failed"
    );
    hold!(
        !workflow.record().cancel_requested,
        "a cancel is asked and it is over"
    );
    Ok(())
}

/// I19, and that nothing that could be queued or skipped was left lying.
fn moves(workflow: &Workflow, oracle: &Oracle<'_>) -> Checked {
    let counts = workflow.tally().counts;
    if workflow.record().cancel_requested {
        hold!(counts.running > 0, "I19: cancelling and nothing to stop");
        return Ok(());
    }
    let is_due = |(index, task): (usize, &engine::workflow::Task)| {
        task.status() == TaskStatus::Retrying && !oracle.is_blocked(index)
    };
    let has_reason = counts.running > 0
        || workflow.startable().next().is_some()
        || workflow.tasks().iter().enumerate().any(is_due);
    hold!(
        has_reason,
        "I19: nothing can move a {} workflow",
        workflow.status()
    );
    for (index, task) in workflow.tasks().iter().enumerate() {
        if task.status() == TaskStatus::Pending {
            let next = oracle.next(index);
            let at_rest = matches!(next, Next::Waits | Next::Blocked);
            hold!(at_rest, "{index} is {next:?} and was left pending");
        }
        let blocked = matches!(
            task.record().skip_reason,
            Some(SkipReason::Stopped | SkipReason::UpstreamFailed)
        );
        hold!(!blocked, "{index} was skipped before the workflow failed");
    }
    Ok(())
}

/// I10: numbers that never go down.
pub fn grows(
    before: (&WorkflowRecord, &[TaskRecord]),
    after: (&WorkflowRecord, &[TaskRecord]),
) -> Checked {
    hold!(
        before.0.rev <= after.0.rev && before.0.epoch <= after.0.epoch,
        "I10: rev or epoch"
    );
    for (index, (old, new)) in before.1.iter().zip(after.1).enumerate() {
        let grows =
            old.attempt <= new.attempt && old.generation <= new.generation && old.redo <= new.redo;
        hold!(grows, "I10: the numbers of {index} go down");
    }
    Ok(())
}
