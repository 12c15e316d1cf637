//! What all tasks count for together, kept so that an event costs what it changes and not what the
//! workflow has.

use std::collections::BTreeSet;

use super::{TaskProgress, share};
use crate::id::StepIndex;
use crate::time::Timestamp;

/// A sum of weights. Whole numbers, because their sum is the same in whatever order tasks are counted
/// in and taken out again; that of floating point numbers is not, and folding has to give exactly what
/// computing gives.
type Parts = i128;

/// Parts of a weight of one. Five thousand steps of a year each stay far below what [`Parts`] holds.
const ONE: f64 = (1_u128 << 80) as f64;

/// Sums over the tasks of a progress.
#[derive(Debug, Clone)]
pub(super) struct Sums {
    /// Whether every task says how long it takes: then that is its weight.
    is_estimated: bool,
    whole: Parts,
    /// What those count for that the clock does not move.
    still: Parts,
    /// Those that the clock moves.
    moving: BTreeSet<StepIndex>,
}

impl Sums {
    pub(super) fn of(tasks: &[TaskProgress]) -> Self {
        let mut sums = Self {
            is_estimated: tasks.iter().all(|task| task.estimated_duration.is_some()),
            whole: 0,
            still: 0,
            moving: BTreeSet::new(),
        };
        for (index, task) in tasks.iter().enumerate() {
            sums.whole = sums.whole.saturating_add(parts(sums.weight(task)));
            sums.count(index, task);
        }
        sums
    }

    /// Counts a task in.
    pub(super) fn count(&mut self, index: StepIndex, task: &TaskProgress) {
        match share::still(task) {
            Some(share) => self.still = self.still.saturating_add(self.parts_of(task, share)),
            None => {
                self.moving.insert(index);
            }
        }
    }

    /// Takes a task out as it was when it was counted in.
    pub(super) fn take_out(&mut self, index: StepIndex, task: &TaskProgress) {
        match share::still(task) {
            Some(share) => self.still = self.still.saturating_sub(self.parts_of(task, share)),
            None => {
                self.moving.remove(&index);
            }
        }
    }

    /// How much is done at `now`, 0 to 1.
    pub(super) fn done(&self, tasks: &[TaskProgress], now: Timestamp) -> f64 {
        let moving = self.moving.iter().filter_map(|index| tasks.get(*index));
        let done = moving.fold(self.still, |done, task| {
            done.saturating_add(self.parts_of(task, share::moving(task, now)))
        });
        if self.whole <= 0 {
            return 0.0;
        }
        done as f64 / self.whole as f64
    }

    fn parts_of(&self, task: &TaskProgress, share: f64) -> Parts {
        parts(self.weight(task) * share)
    }

    fn weight(&self, task: &TaskProgress) -> f64 {
        task.estimated_duration
            .filter(|_| self.is_estimated)
            .unwrap_or(1.0)
    }
}

const fn parts(weight: f64) -> Parts {
    (weight * ONE) as Parts
}
