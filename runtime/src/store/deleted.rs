//! Workflows that were deleted: what goes, and what is kept of them.

use async_trait::async_trait;
use engine::{Seq, Timestamp, WorkflowId};

use super::{AnsweredCommand, LastNumbers, StoreError};

/// A workflow to be deleted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Deletion {
    /// Which.
    pub workflow: WorkflowId,
    /// The number of its last event; none for one in quarantine, whose rows may say anything.
    pub rev: Option<Seq>,
    /// When.
    pub at: Timestamp,
    /// Who deletes it.
    pub actor: String,
    /// Why, in their words.
    pub reason: Option<String>,
}

/// Where workflows are deleted.
#[async_trait]
pub trait DeletionStore: Send + Sync {
    /// Deletes a workflow with its tasks, attempts and events, and what was noted of its quarantine,
    /// and keeps the answer of a command that carried an id: in one transaction, or nothing of it. Its
    /// numbers count as given out for ever.
    ///
    /// # Errors
    /// [`StoreError::Stale`] when it is not there, or not where the deletion thinks it stands.
    async fn delete(
        &self,
        deletion: &Deletion,
        command: Option<&AnsweredCommand>,
    ) -> Result<(), StoreError>;

    /// Deleted workflows of which something may be left beside the store, by number.
    ///
    /// # Errors
    /// When the database is away.
    async fn leftovers(&self) -> Result<Vec<WorkflowId>, StoreError>;

    /// Nothing is left of a deleted workflow.
    ///
    /// # Errors
    /// When nothing could be written.
    async fn left_nothing(&self, id: WorkflowId) -> Result<(), StoreError>;
}

impl LastNumbers {
    /// The higher of each, those of deleted workflows among them.
    pub(super) fn or(self, deleted: Self) -> Self {
        Self {
            workflow: self.workflow.max(deleted.workflow),
            job: self.job.max(deleted.job),
            task: self.task.max(deleted.task),
        }
    }
}
