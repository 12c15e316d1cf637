//! Every call that an engine makes of its store, sent through the faults.

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use async_trait::async_trait;
use engine::orchestrator::{AttemptRecord, SavedDefinition, WorkflowFilter};
use engine::progress::WorkflowState;
use engine::{
    DefinitionId, EventRecord, JobId, Seq, StepIndex, Timestamp, WorkflowDefinition, WorkflowId,
};
use runtime::store::{
    AnsweredCommand, Boot, BootMark, BootStore, Change, DefinitionStore, Deletion, DeletionStore,
    LastNumbers, NewVersion, QuarantineStore, Quarantined, SaveError, SettingStore, Standing,
    Store, StoreError, StoredWorkflow, WorkflowStore,
};
use uuid::Uuid;

use super::Faulty;
use super::fault::{Kind, corrupt};

#[async_trait]
impl<S: Store> WorkflowStore for Faulty<S> {
    async fn commit(
        &self,
        changes: &[Change],
        commands: &[AnsweredCommand],
    ) -> Result<(), StoreError> {
        let number = self.commits.fetch_add(1, Ordering::SeqCst);
        let takes = Duration::from_millis(self.commit_takes.load(Ordering::SeqCst));
        if !takes.is_zero() {
            tokio::time::sleep(takes).await;
        }
        if let Some(change) = changes.first()
            && self.refuses.is_some_and(|refuses| refuses(number))
        {
            return Err(StoreError::Stale(change.record.id));
        }
        if !self.are_writable(changes) {
            return Err(StoreError::DamagedPage("as it is planned".into()));
        }
        if self.is_full() {
            return Err(Kind::Full.error());
        }
        if let Some(disk) = &self.disk {
            disk.fit().await;
        }
        let written = self.call(self.inner.commit(changes, commands)).await;
        if written.is_err() {
            self.failed_commits.fetch_add(1, Ordering::SeqCst);
        }
        written
    }

    fn shared(&self, hash: &str, definition: &Arc<WorkflowDefinition>) -> Arc<WorkflowDefinition> {
        self.inner.shared(hash, definition)
    }

    async fn command(&self, actor: &str, id: &str) -> Result<Option<AnsweredCommand>, StoreError> {
        self.call(self.inner.command(actor, id)).await
    }

    async fn forget_commands(&self, before: Timestamp) -> Result<u64, StoreError> {
        self.call(self.inner.forget_commands(before)).await
    }

    async fn load(&self, id: WorkflowId) -> Result<Option<StoredWorkflow>, StoreError> {
        if self.is_spoilt(id) {
            return Err(corrupt());
        }
        self.call(self.inner.load(id)).await
    }

    async fn load_all(
        &self,
        ids: &[WorkflowId],
    ) -> Result<Vec<(WorkflowId, Result<StoredWorkflow, StoreError>)>, StoreError> {
        let mut read = self.call(self.inner.load_all(ids)).await?;
        for (id, stored) in &mut read {
            if self.is_spoilt(*id) {
                *stored = Err(corrupt());
            }
        }
        Ok(read)
    }

    async fn standing(&self, id: WorkflowId) -> Result<Option<Standing>, StoreError> {
        if self.is_spoilt(id) {
            return Err(corrupt());
        }
        self.call(self.inner.standing(id)).await
    }

    async fn state(
        &self,
        id: WorkflowId,
        now: Timestamp,
    ) -> Result<Option<WorkflowState>, StoreError> {
        if self.is_spoilt(id) {
            return Err(corrupt());
        }
        self.call(self.inner.state(id, now)).await
    }

    async fn active(&self) -> Result<Vec<WorkflowId>, StoreError> {
        self.call_by_the_clock(self.inner.active()).await
    }

    async fn rev(&self, id: WorkflowId) -> Result<Option<Seq>, StoreError> {
        self.call(self.inner.rev(id)).await
    }

    async fn events(
        &self,
        id: WorkflowId,
        after: Seq,
        limit: usize,
    ) -> Result<Vec<EventRecord>, StoreError> {
        self.call(self.inner.events(id, after, limit)).await
    }

    async fn attempts(
        &self,
        id: WorkflowId,
        task: StepIndex,
    ) -> Result<Vec<AttemptRecord>, StoreError> {
        self.call(self.inner.attempts(id, task)).await
    }

    async fn attempt(
        &self,
        id: WorkflowId,
        task: StepIndex,
        attempt: u32,
    ) -> Result<Option<AttemptRecord>, StoreError> {
        self.call(self.inner.attempt(id, task, attempt)).await
    }

    async fn latest_of_job(&self, job: JobId) -> Result<Option<WorkflowId>, StoreError> {
        self.call(self.inner.latest_of_job(job)).await
    }

    async fn list(
        &self,
        filter: &WorkflowFilter,
        now: Timestamp,
    ) -> Result<Vec<WorkflowState>, StoreError> {
        self.call(self.inner.list(filter, now)).await
    }

    async fn last_numbers(&self) -> Result<LastNumbers, StoreError> {
        self.call(self.inner.last_numbers()).await
    }

    async fn probe(&self, writes: bool) -> Result<bool, StoreError> {
        self.call_by_the_clock(async {
            let has_no_room = self.disk.as_ref().is_some_and(|disk| disk.is_full());
            if writes && (has_no_room || self.is_full()) {
                return Err(Kind::Full.error());
            }
            self.inner.probe(writes).await
        })
        .await
    }
}

#[async_trait]
impl<S: Store> DefinitionStore for Faulty<S> {
    async fn save(&self, new: NewVersion<'_>) -> Result<SavedDefinition, SaveError> {
        self.saves.fetch_add(1, Ordering::SeqCst);
        if self.is_full() {
            return Err(SaveError::Store(Kind::Full.error()));
        }
        self.call(self.inner.save(new)).await
    }

    async fn definition(
        &self,
        id: DefinitionId,
        version: Option<u32>,
    ) -> Result<Option<SavedDefinition>, StoreError> {
        self.call(self.inner.definition(id, version)).await
    }

    async fn definitions(
        &self,
        limit: usize,
        before: Option<DefinitionId>,
    ) -> Result<Vec<SavedDefinition>, StoreError> {
        self.call(self.inner.definitions(limit, before)).await
    }
}

#[async_trait]
impl<S: Store> SettingStore for Faulty<S> {
    async fn setting(&self, name: &str) -> Result<Option<String>, StoreError> {
        self.call(self.inner.setting(name)).await
    }

    async fn set_setting(&self, name: &str, value: &str) -> Result<(), StoreError> {
        self.call(self.inner.set_setting(name, value)).await
    }
}

#[async_trait]
impl<S: Store> BootStore for Faulty<S> {
    async fn begin_boot(&self, incarnation: Uuid, now: Timestamp) -> Result<Vec<Boot>, StoreError> {
        self.call(self.inner.begin_boot(incarnation, now)).await
    }

    async fn mark_boot(&self, incarnation: Uuid, mark: BootMark) -> Result<(), StoreError> {
        self.call(self.inner.mark_boot(incarnation, mark)).await
    }
}

#[async_trait]
impl<S: Store> QuarantineStore for Faulty<S> {
    async fn put_aside(&self, workflow: &Quarantined) -> Result<(), StoreError> {
        if self.refuses_quarantine.load(Ordering::SeqCst) {
            return Err(Kind::Away.error());
        }
        self.call(self.inner.put_aside(workflow)).await
    }

    async fn aside(&self) -> Result<Vec<Quarantined>, StoreError> {
        self.call(self.inner.aside()).await
    }

    async fn remains(
        &self,
        id: WorkflowId,
        cause: &str,
    ) -> Result<Option<WorkflowState>, StoreError> {
        self.call(self.inner.remains(id, cause)).await
    }
}

#[async_trait]
impl<S: Store> DeletionStore for Faulty<S> {
    async fn delete(
        &self,
        deletion: &Deletion,
        command: Option<&AnsweredCommand>,
    ) -> Result<(), StoreError> {
        if self.is_full() {
            return Err(Kind::Full.error());
        }
        if let Some(disk) = &self.disk {
            disk.fit().await;
        }
        self.call(self.inner.delete(deletion, command)).await
    }

    async fn leftovers(&self) -> Result<Vec<WorkflowId>, StoreError> {
        self.call_by_the_clock(self.inner.leftovers()).await
    }

    async fn left_nothing(&self, id: WorkflowId) -> Result<(), StoreError> {
        self.call_by_the_clock(self.inner.left_nothing(id)).await
    }
}
