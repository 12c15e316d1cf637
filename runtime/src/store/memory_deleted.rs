//! Deleted workflows in memory.

use async_trait::async_trait;
use engine::WorkflowId;

use super::memory::{Contents, MemoryStore};
use super::{AnsweredCommand, Deletion, DeletionStore, LastNumbers, StoreError};

/// What is kept of a deleted workflow.
pub(super) struct Gone {
    job: i64,
    last_task: i64,
    leaves_something: bool,
}

#[async_trait]
impl DeletionStore for MemoryStore {
    async fn delete(
        &self,
        deletion: &Deletion,
        command: Option<&AnsweredCommand>,
    ) -> Result<(), StoreError> {
        let mut contents = self.contents();
        let id = deletion.workflow;
        let kept = contents.workflows.get(&id).filter(|kept| {
            let rev = deletion.rev;
            rev.is_none_or(|rev| rev == kept.record.rev)
        });
        let Some(kept) = kept else {
            return Err(StoreError::Stale(id));
        };
        let last_task = kept.tasks.values().map(|task| task.id.0).max();
        let gone = Gone {
            job: kept.record.job_id.0,
            last_task: last_task.unwrap_or(0),
            leaves_something: true,
        };
        if let Some(command) = command {
            let key = (command.actor.clone(), command.id.clone());
            if contents.commands.contains_key(&key) {
                let why = "a command of this id was answered already";
                return Err(StoreError::Contradiction(why.to_owned()));
            }
            contents.commands.insert(key, command.clone());
        }
        contents.workflows.remove(&id);
        contents.aside.remove(&id);
        contents.deleted.insert(id, gone);
        Ok(())
    }

    async fn leftovers(&self) -> Result<Vec<WorkflowId>, StoreError> {
        let contents = self.contents();
        let left = contents.deleted.iter();
        let left = left.filter(|(_, gone)| gone.leaves_something);
        Ok(left.map(|(id, _)| *id).collect())
    }

    async fn left_nothing(&self, id: WorkflowId) -> Result<(), StoreError> {
        if let Some(gone) = self.contents().deleted.get_mut(&id) {
            gone.leaves_something = false;
        }
        Ok(())
    }
}

/// The highest numbers that deleted workflows had.
pub(super) fn last_numbers(contents: &Contents) -> LastNumbers {
    let gone = || contents.deleted.values();
    LastNumbers {
        workflow: contents.deleted.keys().next_back().map_or(0, |id| id.0),
        job: gone().map(|gone| gone.job).max().unwrap_or(0),
        task: gone().map(|gone| gone.last_task).max().unwrap_or(0),
    }
}
