//! What is compared, and how the model shows it.

use crate::reference_model::{Micros, Outcome, State, TaskState, Why, Workflow};

/// Everything of a workflow that both sides know, in words.
#[derive(Debug, Clone, PartialEq)]
pub struct Seen {
    pub state: &'static str,
    pub rev: u64,
    pub epoch: u32,
    pub cancel_requested: bool,
    pub recovering_from: Option<usize>,
    pub recovery_attempts: u32,
    pub max_recovery_attempts: u32,
    pub current_step: usize,
    pub tasks: Vec<SeenTask>,
}

#[derive(Debug, Clone, PartialEq)]
pub struct SeenTask {
    pub state: &'static str,
    pub waiting: bool,
    pub skipped: Option<&'static str>,
    pub failed: Option<&'static str>,
    pub attempt: u32,
    pub retry_count: u32,
    pub lost_count: u32,
    pub generation: u32,
    pub redo: u32,
    pub in_doubt: bool,
    /// What it waits for, and how long that wait is in all.
    pub due_at: Option<(Micros, Micros)>,
    /// An attempt that a recovery took the task from and that is not proven dead.
    pub superseded: Option<u32>,
    pub may_start: bool,
}

pub const fn word(state: State) -> &'static str {
    match state {
        State::Pending => "pending",
        State::Running => "running",
        State::Paused => "paused",
        State::Recovering => "recovering",
        State::Failed => "failed",
        State::Completed => "completed",
        State::Cancelled => "cancelled",
    }
}

const fn task_word(state: TaskState) -> &'static str {
    match state {
        TaskState::Pending => "pending",
        TaskState::Queued => "queued",
        TaskState::Running => "running",
        TaskState::Completed => "completed",
        TaskState::Failed => "failed",
        TaskState::Retrying => "retrying",
        TaskState::Skipped => "skipped",
        TaskState::Cancelled => "cancelled",
    }
}

const fn why(why: Why) -> &'static str {
    match why {
        Why::NotNeeded => "not_needed",
        Why::ConditionNotMet => "condition_not_met",
        Why::Operator => "operator",
        Why::UpstreamFailed => "upstream_failed",
        Why::Stopped => "stopped",
    }
}

pub fn seen(model: &Workflow) -> Seen {
    Seen {
        state: word(model.state),
        rev: model.rev,
        epoch: model.epoch,
        cancel_requested: model.cancel_requested,
        recovering_from: model.recovering_from,
        recovery_attempts: model.recovery_attempts,
        max_recovery_attempts: model.max_recovery_attempts,
        current_step: model.current_step(),
        tasks: (0..model.tasks.len())
            .map(|task| seen_task(model, task))
            .collect(),
    }
}

fn seen_task(model: &Workflow, index: usize) -> SeenTask {
    let task = &model.tasks[index];
    let is_superseded = |a: &&crate::reference_model::Attempt| {
        a.task == index && a.alive && a.outcome == Outcome::Superseded
    };
    SeenTask {
        state: task_word(task.state),
        waiting: task.waiting,
        skipped: task.why_skipped.map(why),
        failed: task.failure,
        attempt: task.attempt,
        retry_count: task.retry_count,
        lost_count: task.lost_count,
        generation: task.generation,
        redo: task.redo,
        in_doubt: task.in_doubt,
        due_at: task.due_at.map(|due| (due, task.wait)),
        superseded: model.attempts.iter().find(is_superseded).map(|a| a.number),
        may_start: model.may_start(index),
    }
}

/// The recorded outcome of an attempt, in a word.
pub fn outcome(model: &Workflow, task: usize, number: u32) -> &'static str {
    let mut attempts = model.attempts.iter();
    let found = attempts.find(|a| a.task == task && a.number == number);
    match found.map(|attempt| attempt.outcome) {
        Some(Outcome::Running) => "running",
        Some(Outcome::Succeeded) => "succeeded",
        Some(Outcome::Failed) => "failed",
        Some(Outcome::TimedOut) => "timed_out",
        Some(Outcome::Cancelled) => "cancelled",
        Some(Outcome::Interrupted) => "interrupted",
        Some(Outcome::Lost) => "lost",
        Some(Outcome::Superseded) => "superseded",
        Some(Outcome::Late) => "late",
        None => "nothing",
    }
}

/// The rows that an action took, as kinds of events and the steps they are about.
pub fn kinds(model: &Workflow) -> Vec<(&'static str, Option<usize>)> {
    let kind = |name: &'static str| name.split_once(':').map_or(name, |(kind, _)| kind);
    let mut kinds: Vec<_> = model
        .rows
        .iter()
        .map(|(name, task)| (kind(name), *task))
        .collect();
    kinds.sort_unstable();
    kinds
}
