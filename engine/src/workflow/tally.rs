//! How many tasks are in which state, kept up with every event.

use serde::{Deserialize, Serialize};

use crate::task_status::TaskStatus;

/// Counts of tasks by state; they add up to the number of tasks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Counts {
    /// Waiting for what they depend on.
    pub pending: usize,
    /// Ready to start.
    pub queued: usize,
    /// Under way or waiting for a moment.
    pub running: usize,
    /// Ended well.
    pub completed: usize,
    /// Failed for good.
    pub failed: usize,
    /// Waiting for their next try.
    pub retrying: usize,
    /// Did not run and need not.
    pub skipped: usize,
    /// Stopped by a cancel.
    pub cancelled: usize,
}

impl Counts {
    /// The count of one state.
    #[must_use]
    pub const fn of(&self, status: TaskStatus) -> usize {
        match status {
            TaskStatus::Pending => self.pending,
            TaskStatus::Queued => self.queued,
            TaskStatus::Running => self.running,
            TaskStatus::Completed => self.completed,
            TaskStatus::Failed => self.failed,
            TaskStatus::Retrying => self.retrying,
            TaskStatus::Skipped => self.skipped,
            TaskStatus::Cancelled => self.cancelled,
        }
    }

    /// Counts one task more in `status`.
    pub fn add(&mut self, status: TaskStatus) {
        *self.slot(status) += 1;
    }

    /// Counts one task less in `status`.
    pub fn remove(&mut self, status: TaskStatus) {
        let slot = self.slot(status);
        *slot = slot.saturating_sub(1);
    }

    /// All counts together.
    #[must_use]
    pub fn total(&self) -> usize {
        TaskStatus::ALL
            .into_iter()
            .map(|status| self.of(status))
            .sum()
    }

    fn slot(&mut self, status: TaskStatus) -> &mut usize {
        match status {
            TaskStatus::Pending => &mut self.pending,
            TaskStatus::Queued => &mut self.queued,
            TaskStatus::Running => &mut self.running,
            TaskStatus::Completed => &mut self.completed,
            TaskStatus::Failed => &mut self.failed,
            TaskStatus::Retrying => &mut self.retrying,
            TaskStatus::Skipped => &mut self.skipped,
            TaskStatus::Cancelled => &mut self.cancelled,
        }
    }
}

/// What the end of a workflow is decided from, without looking at every task.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Tally {
    /// Tasks by state.
    pub counts: Counts,
    /// Blocked tasks that are queued or retrying.
    pub(super) blocked_active: usize,
    /// Tasks with an attempt that a recovery superseded and that is not proven dead yet.
    pub(super) superseded: usize,
}

impl Tally {
    /// Whether nothing is alive: no attempt is under way, superseded ones included.
    #[must_use]
    pub const fn is_quiet(&self) -> bool {
        self.counts.running == 0 && self.superseded == 0
    }

    /// Whether an attempt that a recovery superseded is not proven dead yet.
    #[must_use]
    pub const fn has_superseded(&self) -> bool {
        self.superseded > 0
    }

    /// Whether an attempt is under way or may still start.
    #[must_use]
    pub const fn is_moving(&self) -> bool {
        self.counts.running + self.counts.queued + self.counts.retrying > self.blocked_active
    }
}
