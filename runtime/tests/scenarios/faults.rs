//! A store that fails now and then: memory is rolled back, neighbours are not harmed, and what an
//! attempt reported is kept until it can be written.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use async_trait::async_trait;
use engine::orchestrator::{AttemptRecord, SavedDefinition, WorkflowFilter};
use engine::progress::WorkflowState;
use engine::{
    DefinitionId, EventRecord, JobId, JobOrchestrator, JobOrchestratorError, Seq, StepIndex,
    Timestamp, WorkflowId, WorkflowStatus,
};
use runtime::Runtime;
use runtime::store::memory::MemoryStore;
use runtime::store::{
    AnsweredCommand, Boot, BootMark, BootStore, Change, DefinitionStore, LastNumbers, NewVersion,
    QuarantineStore, Quarantined, SaveError, SettingStore, StoreError, StoredWorkflow,
    WorkflowStore,
};

use uuid::Uuid;

use crate::bench::{Bench, define, noop};

/// Fails every commit whose number the pattern names.
struct Failing {
    inner: MemoryStore,
    commits: AtomicU64,
    fails: fn(u64) -> bool,
}

#[async_trait]
impl WorkflowStore for Failing {
    async fn commit(
        &self,
        changes: &[Change],
        commands: &[AnsweredCommand],
    ) -> Result<(), StoreError> {
        let number = self.commits.fetch_add(1, Ordering::SeqCst);
        if (self.fails)(number) {
            let (what, cause) = ("the disk".to_owned(), "it is planned to fail".to_owned());
            return Err(StoreError::Corrupt { what, cause });
        }
        self.inner.commit(changes, commands).await
    }

    async fn load(&self, id: WorkflowId) -> Result<Option<StoredWorkflow>, StoreError> {
        self.inner.load(id).await
    }

    async fn command(&self, actor: &str, id: &str) -> Result<Option<AnsweredCommand>, StoreError> {
        self.inner.command(actor, id).await
    }

    async fn forget_commands(&self, before: Timestamp) -> Result<u64, StoreError> {
        self.inner.forget_commands(before).await
    }

    async fn active(&self) -> Result<Vec<WorkflowId>, StoreError> {
        self.inner.active().await
    }

    async fn rev(&self, id: WorkflowId) -> Result<Option<Seq>, StoreError> {
        self.inner.rev(id).await
    }

    async fn events(
        &self,
        id: WorkflowId,
        after: Seq,
        limit: usize,
    ) -> Result<Vec<EventRecord>, StoreError> {
        self.inner.events(id, after, limit).await
    }

    async fn attempts(
        &self,
        id: WorkflowId,
        task: StepIndex,
    ) -> Result<Vec<AttemptRecord>, StoreError> {
        self.inner.attempts(id, task).await
    }

    async fn latest_of_job(&self, job: JobId) -> Result<Option<WorkflowId>, StoreError> {
        self.inner.latest_of_job(job).await
    }

    async fn list(
        &self,
        filter: &WorkflowFilter,
        now: Timestamp,
    ) -> Result<Vec<WorkflowState>, StoreError> {
        self.inner.list(filter, now).await
    }

    async fn last_numbers(&self) -> Result<LastNumbers, StoreError> {
        self.inner.last_numbers().await
    }
}

#[async_trait]
impl QuarantineStore for Failing {
    async fn put_aside(&self, workflow: &Quarantined) -> Result<(), StoreError> {
        self.inner.put_aside(workflow).await
    }

    async fn aside(&self) -> Result<Vec<Quarantined>, StoreError> {
        self.inner.aside().await
    }

    async fn remains(
        &self,
        id: WorkflowId,
        cause: &str,
    ) -> Result<Option<WorkflowState>, StoreError> {
        self.inner.remains(id, cause).await
    }
}

#[async_trait]
impl DefinitionStore for Failing {
    async fn save(&self, new: NewVersion<'_>) -> Result<SavedDefinition, SaveError> {
        self.inner.save(new).await
    }

    async fn definition(
        &self,
        id: DefinitionId,
        version: Option<u32>,
    ) -> Result<Option<SavedDefinition>, StoreError> {
        self.inner.definition(id, version).await
    }

    async fn definitions(
        &self,
        limit: usize,
        before: Option<DefinitionId>,
    ) -> Result<Vec<SavedDefinition>, StoreError> {
        self.inner.definitions(limit, before).await
    }
}

#[async_trait]
impl SettingStore for Failing {
    async fn setting(&self, name: &str) -> Result<Option<String>, StoreError> {
        self.inner.setting(name).await
    }

    async fn set_setting(&self, name: &str, value: &str) -> Result<(), StoreError> {
        self.inner.set_setting(name, value).await
    }
}

#[async_trait]
impl BootStore for Failing {
    async fn begin_boot(&self, incarnation: Uuid, now: Timestamp) -> Result<Vec<Boot>, StoreError> {
        self.inner.begin_boot(incarnation, now).await
    }

    async fn mark_boot(&self, incarnation: Uuid, mark: BootMark) -> Result<(), StoreError> {
        self.inner.mark_boot(incarnation, mark).await
    }
}

async fn bench(fails: fn(u64) -> bool) -> Bench {
    let store = Failing {
        inner: MemoryStore::default(),
        commits: AtomicU64::new(0),
        fails,
    };
    let folder = tempfile::tempdir().unwrap();
    let builder = Runtime::builder()
        .store(Arc::new(store))
        .work_dir(folder.path().join("work"));
    let runtime = builder.start().await.unwrap();
    Bench { folder, runtime }
}

#[tokio::test]
async fn a_command_that_cannot_be_written_is_answered_with_a_fault_and_changes_nothing() {
    // Commit 0 creates; 1 is the start and 2 its second try, alone.
    let bench = bench(|number| matches!(number, 1)).await;
    let id = bench.create(&define(&[noop("Only", &[])])).await.id;
    let answer = bench.runtime.start_workflow(id).await;
    assert!(
        matches!(answer, Err(JobOrchestratorError::Fault { .. })),
        "{answer:?}"
    );
    let progress = bench.progress(id).await;
    assert_eq!(
        (progress.summary.status, progress.summary.events),
        (WorkflowStatus::Pending, 1)
    );
    bench.runtime.start_workflow(id).await.unwrap();
    bench.until_status(id, WorkflowStatus::Completed).await;
}

#[tokio::test]
async fn an_outcome_that_cannot_be_written_is_kept_until_it_can() {
    // Commit 2 is the report of the step's end.
    let bench = bench(|number| number == 2).await;
    let id = bench
        .start(&define(&[noop("First", &[]), noop("Second", &[0])]))
        .await;
    let done = bench.until_status(id, WorkflowStatus::Completed).await;
    assert_eq!(done.tasks[0].attempt, 1, "the step is not run again for it");
    bench.events(id).await;
}

#[tokio::test]
async fn workflows_finish_whole_although_every_third_commit_fails() {
    let bench = Arc::new(bench(|number| number % 3 == 2).await);
    let definition = define(&[
        noop("A", &[]),
        noop("B", &[0]),
        noop("C", &[0]),
        noop("D", &[1, 2]),
    ]);
    let mut ids = Vec::new();
    while ids.len() < 20 {
        let created = bench
            .runtime
            .create_workflow(JobId(1), definition.clone(), None)
            .await;
        let Ok(created) = created else { continue };
        ids.push(created.id);
    }
    for id in &ids {
        while bench.runtime.start_workflow(*id).await.is_err() {}
    }
    for id in ids {
        let done = bench.until_status(id, WorkflowStatus::Completed).await;
        assert!(
            done.tasks.iter().all(|task| task.attempt == 1),
            "{:?}",
            done.tasks
        );
        bench.events(id).await;
    }
}

#[tokio::test(start_paused = true)]
async fn an_outcome_that_cannot_be_written_for_long_is_not_taken_for_lost() {
    // Each try takes a second, and active workflows are looked through every five.
    let bench = bench(|number| (2..20).contains(&number)).await;
    let id = bench.start(&define(&[noop("Only", &[])])).await;
    let done = bench.until_status(id, WorkflowStatus::Completed).await;
    let events = bench.events(id).await;
    assert_eq!(done.tasks[0].attempt, 1, "run again for it: {events:#?}");
}
