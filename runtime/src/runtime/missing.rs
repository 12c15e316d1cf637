//! What tasks cannot start without and this program does not have.

use engine::progress::Progress;
use engine::{TaskStatus, Timestamp};

use super::Runtime;
use crate::store::StoredWorkflow;

impl Runtime {
    /// The progress of a workflow at `now`, which was asked for before the workflow was read: what is noted
    /// when a clock is set back is in rows that are read later. Tasks that are still to be started say what is missing, also
    /// those that are not ready: whoever folds the events that follow knows it when they are.
    pub(super) fn progress_of(&self, stored: &StoredWorkflow, now: Timestamp) -> Progress {
        let workflow = &stored.workflow;
        let mut progress = Progress::of(workflow, now);
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
