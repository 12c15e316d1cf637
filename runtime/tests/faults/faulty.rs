//! A store whose calls fail by plan: the n-th one, before or after it did what it was asked, alone or
//! with those that follow.

use std::collections::BTreeSet;
use std::io::{Error as IoError, ErrorKind};
use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use async_trait::async_trait;
use engine::orchestrator::{AttemptRecord, SavedDefinition, WorkflowFilter};
use engine::progress::WorkflowState;
use engine::{
    DefinitionId, EventRecord, JobId, Seq, StepIndex, Timestamp, WorkflowDefinition, WorkflowId,
};
use runtime::store::memory::MemoryStore;
use runtime::store::{
    AnsweredCommand, Boot, BootMark, BootStore, Change, DefinitionStore, LastNumbers, NewVersion,
    QuarantineStore, Quarantined, SaveError, SettingStore, Store, StoreError, StoredWorkflow,
    WorkflowStore,
};
use uuid::Uuid;

/// How a call fails.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// The database is away before anything is done.
    Away,
    /// It is done, and the answer is lost on its way.
    AnswerLost,
    /// The rows themselves cannot be written or read.
    Row,
    /// The disk has no room.
    Full,
}

/// Which calls fail, and how.
#[derive(Debug, Clone, Copy)]
pub struct Plan {
    pub kind: Kind,
    /// The first that fails, counted from 0.
    pub first: u64,
    /// How many fail in a row.
    pub count: u64,
}

/// A disk of a test, asked before each commit; see [`Faulty::on_disk`].
#[async_trait]
pub trait TestDisk: Send + Sync {
    /// Lets the store have the room that there is now.
    async fn fit(&self);

    /// Whether there is no room but what is kept.
    fn is_full(&self) -> bool;
}

/// See the module.
pub struct Faulty<S = MemoryStore> {
    pub inner: Arc<S>,
    disk: Option<Arc<dyn TestDisk>>,
    plan: Mutex<Option<Plan>>,
    calls: AtomicU64,
    is_away: AtomicBool,
    is_full: AtomicBool,
    /// The disk has no room for as long as this file takes it up.
    full_while: Mutex<Option<PathBuf>>,
    /// How many milliseconds a commit takes.
    commit_takes: AtomicU64,
    commits: AtomicU64,
    saves: AtomicU64,
    /// Which commits are refused because of what they hold.
    refuses: Option<fn(u64) -> bool>,
    refuses_quarantine: AtomicBool,
    /// The workflows whose rows cannot be read, and those whose rows cannot be written.
    spoilt: Mutex<BTreeSet<WorkflowId>>,
    unwritable: Mutex<BTreeSet<WorkflowId>>,
}

impl Default for Faulty {
    fn default() -> Self {
        Self::over(Arc::default(), None)
    }
}

impl Faulty {
    pub fn with(plan: Option<Plan>) -> Self {
        Self {
            plan: Mutex::new(plan),
            ..Self::default()
        }
    }

    /// Refuses the commits that the pattern names, counted from 0.
    pub fn refusing(refuses: fn(u64) -> bool) -> Self {
        Self {
            refuses: Some(refuses),
            ..Self::default()
        }
    }
}

impl<S> Faulty<S> {
    fn over(inner: Arc<S>, disk: Option<Arc<dyn TestDisk>>) -> Self {
        Self {
            inner,
            disk,
            plan: Mutex::default(),
            calls: AtomicU64::default(),
            is_away: AtomicBool::default(),
            is_full: AtomicBool::default(),
            full_while: Mutex::default(),
            commit_takes: AtomicU64::default(),
            commits: AtomicU64::default(),
            saves: AtomicU64::default(),
            refuses: None,
            refuses_quarantine: AtomicBool::default(),
            spoilt: Mutex::default(),
            unwritable: Mutex::default(),
        }
    }

    /// A store that has as much room as this disk says.
    pub fn on_disk(inner: Arc<S>, disk: Arc<dyn TestDisk>) -> Self {
        Self::over(inner, Some(disk))
    }

    /// Nothing can be put aside from now on, or it can.
    pub fn refuse_quarantine(&self, refuses: bool) {
        self.refuses_quarantine.store(refuses, Ordering::SeqCst);
    }

    /// The rows of this workflow cannot be read any more.
    pub fn spoil(&self, id: WorkflowId) {
        let mut spoilt = self.spoilt.lock().unwrap_or_else(PoisonError::into_inner);
        spoilt.insert(id);
    }

    /// The rows of this workflow lie where nothing can be written.
    pub fn spoil_writes(&self, id: WorkflowId) {
        let unwritable = self.unwritable.lock();
        unwritable
            .unwrap_or_else(PoisonError::into_inner)
            .insert(id);
    }

    fn are_writable(&self, changes: &[Change]) -> bool {
        let unwritable = self.unwritable.lock();
        let unwritable = unwritable.unwrap_or_else(PoisonError::into_inner);
        let mut ids = changes.iter().map(|change| change.record.id);
        !ids.any(|id| unwritable.contains(&id))
    }

    fn is_spoilt(&self, id: WorkflowId) -> bool {
        let spoilt = self.spoilt.lock().unwrap_or_else(PoisonError::into_inner);
        spoilt.contains(&id)
    }

    /// How many commits were asked for.
    pub fn commits(&self) -> u64 {
        self.commits.load(Ordering::SeqCst)
    }

    /// How many definitions were to be saved.
    pub fn saves(&self) -> u64 {
        self.saves.load(Ordering::SeqCst)
    }

    /// How many calls there were, probes aside.
    pub fn calls(&self) -> u64 {
        self.calls.load(Ordering::SeqCst)
    }

    /// Every call fails from now on, or none does.
    pub fn set_away(&self, is_away: bool) {
        self.is_away.store(is_away, Ordering::SeqCst);
    }

    /// The disk has no room from now on, or it has.
    pub fn set_full(&self, is_full: bool) {
        self.is_full.store(is_full, Ordering::SeqCst);
    }

    /// So long does a commit take from now on.
    pub fn set_commit_takes(&self, length: Duration) {
        let millis = u64::try_from(length.as_millis()).unwrap();
        self.commit_takes.store(millis, Ordering::SeqCst);
    }

    /// The disk has no room from now on, for as long as this file is there.
    pub fn set_full_while(&self, file: Option<PathBuf>) {
        *self
            .full_while
            .lock()
            .unwrap_or_else(PoisonError::into_inner) = file;
    }

    fn is_full(&self) -> bool {
        let file = self.full_while.lock();
        let file = file.unwrap_or_else(PoisonError::into_inner);
        self.is_full.load(Ordering::SeqCst) || file.as_ref().is_some_and(|file| file.exists())
    }

    /// The fault of the present call, if one is planned for it.
    fn fault(&self) -> Option<Kind> {
        let number = self.calls.fetch_add(1, Ordering::SeqCst);
        if self.is_away.load(Ordering::SeqCst) {
            return Some(Kind::Away);
        }
        let plan = *self.plan.lock().unwrap_or_else(PoisonError::into_inner);
        let plan = plan.filter(|plan| (plan.first..plan.first + plan.count).contains(&number))?;
        Some(plan.kind)
    }

    /// The call, failing as planned. A future that is dropped has done nothing.
    async fn call<T>(
        &self,
        done: impl Future<Output = Result<T, StoreError>> + Send,
    ) -> Result<T, StoreError> {
        match self.fault() {
            None => done.await,
            Some(Kind::AnswerLost) => {
                done.await?;
                Err(io(ErrorKind::ConnectionReset))
            }
            Some(Kind::Away) => Err(io(ErrorKind::ConnectionRefused)),
            Some(Kind::Full) => Err(io(ErrorKind::StorageFull)),
            Some(Kind::Row) => Err(corrupt()),
        }
    }
}

fn corrupt() -> StoreError {
    let (what, cause) = ("a row".into(), "it is planned to fail".into());
    StoreError::Corrupt { what, cause }
}

fn io(kind: ErrorKind) -> StoreError {
    StoreError::Database(sqlx::Error::Io(IoError::new(kind, "it is planned to fail")))
}

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
            return Err(io(ErrorKind::StorageFull));
        }
        if let Some(disk) = &self.disk {
            disk.fit().await;
        }
        self.call(self.inner.commit(changes, commands)).await
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
        self.call(self.inner.load_all(ids)).await
    }

    async fn active(&self) -> Result<Vec<WorkflowId>, StoreError> {
        // Asked every few seconds, so that it is not counted.
        if self.is_away.load(Ordering::SeqCst) {
            return Err(io(ErrorKind::ConnectionRefused));
        }
        self.inner.active().await
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
        if self.is_away.load(Ordering::SeqCst) {
            return Err(io(ErrorKind::ConnectionRefused));
        }
        let has_no_room = self.disk.as_ref().is_some_and(|disk| disk.is_full());
        if writes && (has_no_room || self.is_full()) {
            return Err(io(ErrorKind::StorageFull));
        }
        self.inner.probe(writes).await
    }
}

#[async_trait]
impl<S: Store> DefinitionStore for Faulty<S> {
    async fn save(&self, new: NewVersion<'_>) -> Result<SavedDefinition, SaveError> {
        self.saves.fetch_add(1, Ordering::SeqCst);
        if self.is_away.load(Ordering::SeqCst) {
            return Err(SaveError::Store(io(ErrorKind::ConnectionRefused)));
        }
        if self.is_full() {
            return Err(SaveError::Store(io(ErrorKind::StorageFull)));
        }
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
impl<S: Store> SettingStore for Faulty<S> {
    async fn setting(&self, name: &str) -> Result<Option<String>, StoreError> {
        self.inner.setting(name).await
    }

    async fn set_setting(&self, name: &str, value: &str) -> Result<(), StoreError> {
        self.inner.set_setting(name, value).await
    }
}

#[async_trait]
impl<S: Store> BootStore for Faulty<S> {
    async fn begin_boot(&self, incarnation: Uuid, now: Timestamp) -> Result<Vec<Boot>, StoreError> {
        self.inner.begin_boot(incarnation, now).await
    }

    async fn mark_boot(&self, incarnation: Uuid, mark: BootMark) -> Result<(), StoreError> {
        self.inner.mark_boot(incarnation, mark).await
    }
}

#[async_trait]
impl<S: Store> QuarantineStore for Faulty<S> {
    async fn put_aside(&self, workflow: &Quarantined) -> Result<(), StoreError> {
        if self.refuses_quarantine.load(Ordering::SeqCst) {
            return Err(io(ErrorKind::ConnectionRefused));
        }
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
