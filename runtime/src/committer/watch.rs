//! The invariants beside every commit. Checks that cost as much as what changed are always on;
//! those that cost as much as the workflow are on in debug builds, which all tests are.

use std::collections::HashMap;
use std::time::Duration;

use engine::event::EventRecord;
use engine::invariant::{Finding, Kept, Steady, of_change};
#[cfg(debug_assertions)]
use engine::invariant::{Look, at_rest, kept_up};
use engine::{Workflow, WorkflowId};
use tokio::time::Instant;

/// Larger workflows are counted anew only when they are read.
#[cfg(debug_assertions)]
const COUNTED_ANEW_MAX: usize = 500;

/// What is remembered from one commit to the next.
pub(super) struct Watch {
    /// From here on the clock that nobody can set is counted.
    begun: Instant,
    kept: HashMap<WorkflowId, Kept>,
    #[cfg(debug_assertions)]
    looks: HashMap<WorkflowId, Look>,
}

impl Watch {
    /// Nothing is remembered at `begun`.
    pub(super) fn beginning(begun: Instant) -> Self {
        Self {
            begun,
            kept: HashMap::new(),
            #[cfg(debug_assertions)]
            looks: HashMap::new(),
        }
    }

    /// What has passed at a later reading of the clock that nobody can set.
    pub(super) fn passed(&self, steady: Instant) -> Duration {
        steady.saturating_duration_since(self.begun)
    }

    /// Judges a workflow and the events that are about to be written.
    pub(super) fn judge(
        &mut self,
        workflow: &Workflow,
        events: &[EventRecord],
        steady: Steady,
    ) -> Vec<Finding> {
        let mut found = of_change(workflow, events);
        let kept = self.kept.entry(workflow.id()).or_default();
        found.extend(kept.follow(workflow, events, steady));
        #[cfg(debug_assertions)]
        self.judge_whole(workflow, &mut found);
        found
    }

    #[cfg(debug_assertions)]
    fn judge_whole(&mut self, workflow: &Workflow, found: &mut Vec<Finding>) {
        if workflow.tasks().len() <= COUNTED_ANEW_MAX {
            found.extend(at_rest(workflow));
            found.extend(kept_up(workflow));
        }
        let look = Look::at(workflow);
        if let Some(before) = self.looks.get(&workflow.id()) {
            found.extend(before.grown_to(&look));
        }
        if found.is_empty() {
            self.looks.insert(workflow.id(), look);
        }
    }

    /// The workflow leaves memory, or goes back to what the store holds.
    pub(super) fn forget(&mut self, id: WorkflowId) {
        self.kept.remove(&id);
        #[cfg(debug_assertions)]
        self.looks.remove(&id);
    }

    /// Somebody set the clock: what was being waited for may be over by it.
    pub(super) fn clock_was_set(&mut self) {
        self.kept.values_mut().for_each(Kept::clock_was_set);
    }
}
