//! What a task means to the tasks that depend on it, and what that makes of them.
//!
//! Each task counts its dependencies by class. An event changes the class of one task, and only the
//! counters of its dependents follow: the join behind a thousand steps costs each of them one
//! subtraction.

use super::Workflow;
use crate::definition::{OnFailure, RunIf};
use crate::id::StepIndex;
use crate::task_status::TaskStatus;

/// What a task means to its dependents.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Class {
    /// It may still run.
    Open,
    /// It completed.
    Completed,
    /// It was skipped for good: not needed, or by an operator.
    Spared,
    /// It failed, was cancelled, was skipped because of a failure, or is blocked.
    Broken,
}

/// How many dependencies are in which class.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Upstream {
    open: usize,
    completed: usize,
    spared: usize,
    broken: usize,
}

impl Upstream {
    pub(super) const fn all_open(open: usize) -> Self {
        Self {
            open,
            completed: 0,
            spared: 0,
            broken: 0,
        }
    }

    fn slot(&mut self, class: Class) -> &mut usize {
        match class {
            Class::Open => &mut self.open,
            Class::Completed => &mut self.completed,
            Class::Spared => &mut self.spared,
            Class::Broken => &mut self.broken,
        }
    }
}

/// What a pending task may do next.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Readiness {
    /// It waits for something that may still run.
    Waits,
    /// It may be queued.
    Ready,
    /// Nothing asks for it: skip it.
    NotNeeded,
    /// It no longer runs unless somebody acts.
    Blocked,
}

impl Workflow {
    /// What the pending task `index` may do next, as `run_if` says.
    pub(crate) fn readiness(&self, index: StepIndex) -> Readiness {
        let upstream = self.tasks[index].upstream;
        let run_if = self.definition.steps()[index].run_if;
        if run_if == RunIf::Ok && (upstream.broken > 0 || self.is_stopping()) {
            return Readiness::Blocked;
        }
        if upstream.open > 0 {
            return Readiness::Waits;
        }
        let is_asked_for = match run_if {
            RunIf::Ok => upstream.completed > 0 || upstream.spared == 0,
            RunIf::Always => true,
            RunIf::Failed => upstream.broken > 0,
        };
        if is_asked_for {
            Readiness::Ready
        } else {
            Readiness::NotNeeded
        }
    }

    /// Whether the task no longer runs unless somebody acts.
    pub(crate) fn is_blocked(&self, index: StepIndex) -> bool {
        let task = &self.tasks[index];
        let may_block = match task.status() {
            TaskStatus::Pending => task.upstream.broken > 0 || self.is_stopping(),
            TaskStatus::Queued | TaskStatus::Retrying => self.is_stopping(),
            _ => false,
        };
        may_block && self.definition.steps()[index].run_if == RunIf::Ok
    }

    /// Whether the task is blocked by something it depends on, not only by `stop`.
    pub(crate) fn is_upstream_broken(&self, index: StepIndex) -> bool {
        self.tasks[index].upstream.broken > 0
    }

    fn is_stopping(&self) -> bool {
        self.definition.on_failure() == OnFailure::Stop && self.tally.counts.failed > 0
    }

    fn class_now(&self, index: StepIndex) -> Class {
        let task = &self.tasks[index];
        match task.status() {
            TaskStatus::Completed => Class::Completed,
            TaskStatus::Failed | TaskStatus::Cancelled => Class::Broken,
            TaskStatus::Skipped if task.record.skip_reason.is_some_and(|r| r.is_for_good()) => {
                Class::Spared
            }
            TaskStatus::Skipped => Class::Broken,
            _ if self.is_blocked(index) => Class::Broken,
            _ => Class::Open,
        }
    }

    /// Brings the class of `start` and of everything that follows from it up to date.
    pub(super) fn reclass(&mut self, start: StepIndex) {
        let mut open = vec![start];
        while let Some(index) = open.pop() {
            let (old, new) = (self.tasks[index].class, self.class_now(index));
            if old == new {
                continue;
            }
            self.tasks[index].class = new;
            let definition = self.definition.clone();
            for &next in definition.graph().dependents(index) {
                let upstream = &mut self.tasks[next].upstream;
                *upstream.slot(old) -= 1;
                *upstream.slot(new) += 1;
                self.touched.push(next);
                open.push(next);
            }
        }
    }

    /// Counts everything afresh: after loading, and when `stop` begins or ends to bite.
    pub(super) fn recount(&mut self) {
        self.tally = super::Tally::default();
        for task in &self.tasks {
            self.tally.counts.add(task.record.status);
            self.tally.superseded += usize::from(task.record.superseded.is_some());
        }
        for index in 0..self.tasks.len() {
            self.reclass(index);
            self.touched.push(index);
        }
        let is_active = |s: TaskStatus| matches!(s, TaskStatus::Queued | TaskStatus::Retrying);
        self.tally.blocked_active = (0..self.tasks.len())
            .filter(|i| is_active(self.tasks[*i].status()) && self.is_blocked(*i))
            .count();
    }

    /// Follows one task's change of state in the counters.
    pub(super) fn follow(&mut self, index: StepIndex, from: TaskStatus) {
        let was_stopping = self.is_stopping();
        let to = self.tasks[index].status();
        self.tally.counts.remove(from);
        self.tally.counts.add(to);
        if was_stopping != self.is_stopping() {
            self.recount();
            return;
        }
        if was_stopping && self.definition.steps()[index].run_if == RunIf::Ok {
            let active = |s| matches!(s, TaskStatus::Queued | TaskStatus::Retrying);
            self.tally.blocked_active += usize::from(active(to));
            self.tally.blocked_active -= usize::from(active(from));
        }
        self.reclass(index);
    }
}
