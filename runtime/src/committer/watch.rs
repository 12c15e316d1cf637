//! The invariants beside every commit. Checks that cost as much as what changed are always on;
//! those that cost as much as the workflow are on in debug builds, which all tests are.

#[cfg(debug_assertions)]
use std::collections::HashMap;

use engine::event::EventRecord;
use engine::invariant::{Finding, of_change};
#[cfg(debug_assertions)]
use engine::invariant::{Look, at_rest, kept_up};
use engine::{Workflow, WorkflowId};

/// Larger workflows are counted anew only when they are read.
#[cfg(debug_assertions)]
const COUNTED_ANEW_MAX: usize = 500;

/// What is remembered from one commit to the next.
#[derive(Default)]
pub(super) struct Watch {
    #[cfg(debug_assertions)]
    looks: HashMap<WorkflowId, Look>,
}

#[cfg(debug_assertions)]
impl Watch {
    /// Judges a workflow and the events that are about to be written.
    pub(super) fn judge(&mut self, workflow: &Workflow, events: &[EventRecord]) -> Vec<Finding> {
        let mut found = of_change(workflow, events);
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
        found
    }

    /// The workflow leaves memory, or goes back to what the store holds.
    pub(super) fn forget(&mut self, id: WorkflowId) {
        self.looks.remove(&id);
    }
}

#[cfg(not(debug_assertions))]
impl Watch {
    /// Judges a workflow and the events that are about to be written.
    pub(super) fn judge(&mut self, workflow: &Workflow, events: &[EventRecord]) -> Vec<Finding> {
        of_change(workflow, events)
    }

    /// Nothing is remembered.
    pub(super) fn forget(&mut self, _: WorkflowId) {}
}
