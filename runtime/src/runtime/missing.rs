//! What tasks cannot start without and this program does not have.

use engine::TaskStatus;
use engine::progress::Progress;

use super::Runtime;
use crate::store::StoredWorkflow;

impl Runtime {
    /// The progress of a workflow now. Tasks that are still to be started say what is missing, also
    /// those that are not ready: whoever folds the events that follow knows it when they are.
    pub(super) fn progress_of(&self, stored: &StoredWorkflow) -> Progress {
        let workflow = &stored.workflow;
        let mut progress = Progress::of(workflow, self.inner.clock.now());
        if progress.status.is_terminal() {
            return progress;
        }
        let handlers = &self.inner.handlers;
        for (index, task) in progress.tasks.iter_mut().enumerate() {
            use TaskStatus::{Pending, Queued, Retrying};
            if matches!(task.status, Pending | Queued | Retrying) {
                let hash = &stored.header.definition_hash;
                task.waits_for = handlers.missing(workflow, hash, index);
            }
        }
        progress
    }
}
