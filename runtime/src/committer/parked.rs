//! Queued tasks whose handler this program does not have. They keep their state and go on as soon as
//! the program registers their definition.

use std::collections::{BTreeSet, HashMap};

use engine::{StepIndex, TaskStatus, WorkflowId};
use tracing::warn;

use super::Committer;

/// The tasks that wait, by the hash of their definition. An entry may be out of date when it is
/// woken: the claim decides.
#[derive(Default)]
pub(super) struct Parked {
    places: HashMap<String, BTreeSet<(WorkflowId, StepIndex)>>,
}

impl Parked {
    /// Forgets the tasks of a workflow that is over.
    pub(super) fn forget(&mut self, definition_hash: &str, id: WorkflowId) {
        if let Some(places) = self.places.get_mut(definition_hash) {
            let of_it = (id, StepIndex::MIN)..=(id, StepIndex::MAX);
            for place in places.range(of_it).copied().collect::<Vec<_>>() {
                places.remove(&place);
            }
            if places.is_empty() {
                self.places.remove(definition_hash);
            }
        }
    }

    /// How many tasks wait.
    #[cfg(test)]
    pub(super) fn count(&self) -> usize {
        self.places.values().map(BTreeSet::len).sum()
    }
}

impl Committer {
    /// Sets a queued task aside when nothing here can carry it out; whether that is so.
    pub(super) fn park(&mut self, id: WorkflowId, task: StepIndex) -> bool {
        let Some(active) = self.active.get(&id) else {
            return false;
        };
        let (workflow, hash) = (&active.workflow, &active.header.definition_hash);
        let Some(missing) = self.attempts.missing(workflow, hash, task) else {
            return false;
        };
        let Some(known) = workflow.task(task) else {
            return false;
        };
        if known.status() == TaskStatus::Queued {
            let places = self.parked.places.entry(hash.clone()).or_default();
            if places.insert((id, task)) {
                let why = missing.sentence();
                warn!(workflow = id.0, task, "a task {why}");
                self.note(id, task, known.record().attempt, why);
            }
        }
        true
    }

    /// Lets the tasks of a definition try again, now that the program has registered it.
    pub(super) fn unpark(&mut self, definition_hash: &str) {
        for (id, task) in self
            .parked
            .places
            .remove(definition_hash)
            .unwrap_or_default()
        {
            self.wait_for_slot(id, task);
        }
    }
}
