//! The engine's own checks after every command, and beside them what can be judged here alone: by
//! the rules as they are written down a second time, and by what pages would show. I-numbers are
//! the design's.

use std::collections::HashMap;
use std::time::Duration;

use engine::invariant::{Finding, History, Look, at_rest as rows_at_rest, kept_up, shown};
use engine::retry::backoff;
use engine::{
    Event, EventRecord, Progress, SkipReason, StepIndex, TaskStatus, Timestamp, Workflow,
    WorkflowStatus,
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

/// The first thing found is told.
pub fn none(found: Vec<Finding>) -> Checked {
    found.first().map_or(Ok(()), |first| Err(first.to_string()))
}

/// What is remembered between commands to judge the next one.
#[derive(Default)]
pub struct Memory {
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
    pub fn event(&mut self, history: &History, record: &EventRecord) -> Checked {
        let before = history.folded();
        match &record.event {
            Event::TaskStarted { task, .. } => started(before, *task)?,
            Event::TaskQueued { task } => self.queued(before, *task)?,
            Event::TaskSkipped { task, reason, .. } => skipped(before, *task, *reason)?,
            Event::TaskRetryScheduled {
                task, retry_count, ..
            } => {
                self.retries
                    .insert(*task, (self.awake, backoff(*retry_count)));
            }
            Event::TaskReset { task, .. } => {
                self.shares.remove(task);
                self.retries.remove(task);
                self.percent = 0;
            }
            _ => {}
        }
        Ok(())
    }

    /// I11 by the time that was really spent awake, whatever the rows say.
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

    /// Judges what pages would show at `now`.
    pub fn progress(&mut self, progress: &Progress, now: Timestamp) -> Checked {
        let summary = progress.at(now).summary;
        none(shown(&summary))?;
        let percent = summary.progress;
        hold!(
            percent >= self.percent,
            "I14: {} % falls to {percent} %",
            self.percent
        );
        self.percent = percent;
        for (task, known) in progress.tasks.iter().enumerate() {
            let before = self.shares.insert(task, known.progress).unwrap_or(0.0);
            hold!(
                known.progress >= before,
                "I14: the share of {task} falls from {before}"
            );
        }
        Ok(())
    }
}

/// I6 by the rules as they are written down a second time. Nobody settles a task by hand here.
fn started(before: &Workflow, task: StepIndex) -> Checked {
    let oracle = Oracle::new(before);
    hold!(
        oracle.run_if_holds(task),
        "I6: {task} starts and its run_if does not hold"
    );
    hold!(!oracle.is_blocked(task), "I6: {task} starts and is blocked");
    Ok(())
}

/// Whether a task may be skipped for this reason.
fn skipped(before: &Workflow, task: StepIndex, reason: SkipReason) -> Checked {
    let oracle = Oracle::new(before);
    let runs = before.tasks()[task].status() == TaskStatus::Running;
    let fits = match reason {
        SkipReason::NotNeeded => runs || oracle.next(task) == Next::NotNeeded,
        SkipReason::ConditionNotMet => runs,
        SkipReason::UpstreamFailed | SkipReason::Stopped => oracle.is_blocked(task),
        SkipReason::Operator => false,
    };
    hold!(fits, "{task} is skipped as {reason:?}");
    Ok(())
}

/// What must hold of a workflow at rest: between two commands.
pub fn at_rest(workflow: &Workflow) -> Checked {
    none(rows_at_rest(workflow))?;
    none(kept_up(workflow))?;
    let oracle = Oracle::new(workflow);
    let moves = workflow.status().starts_tasks() && !workflow.record().cancel_requested;
    for (index, task) in workflow.tasks().iter().enumerate() {
        let startable = moves && task.status() == TaskStatus::Queued && !oracle.is_blocked(index);
        hold!(
            startable == workflow.may_start(index),
            "{index} startable: {startable}"
        );
        let runs = task.status() == TaskStatus::Running;
        hold!(
            !runs || oracle.run_if_holds(index),
            "I6: {index} runs, its run_if does not hold"
        );
        if moves && task.status() == TaskStatus::Pending {
            let next = oracle.next(index);
            let rests = matches!(next, Next::Waits | Next::Blocked);
            hold!(rests, "{index} is {next:?} and was left pending");
        }
    }
    Ok(())
}

/// I10: numbers that never go down.
pub fn grows(before: &Look, workflow: &Workflow) -> Checked {
    none(before.grown_to(&Look::at(workflow)))
}
