//! A store whose calls fail by plan: the n-th one, before or after it did what it was asked, alone or
//! with those that follow. Or by chance.

mod calls;
mod fault;

use std::collections::BTreeSet;
use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::mpsc::{Sender, channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use async_trait::async_trait;
use engine::WorkflowId;
use runtime::store::memory::MemoryStore;
use runtime::store::{Change, StoreError};

use fault::Fate;
pub use fault::{Chance, Kind, Met, Plan, Rates};

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
    chance: Mutex<Option<Chance>>,
    met: Met,
    /// All calls, from which a plan counts; and those that are not made by the clock alone.
    numbered: AtomicU64,
    calls: AtomicU64,
    /// Whether time that is simulated stands still during a call: what is asked is not in memory.
    holds_clock: bool,
    is_dead: AtomicBool,
    is_away: AtomicBool,
    is_full: AtomicBool,
    /// The disk has no room for as long as this file takes it up.
    full_while: Mutex<Option<PathBuf>>,
    /// How many milliseconds a commit takes.
    commit_takes: AtomicU64,
    commits: AtomicU64,
    failed_commits: AtomicU64,
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
    /// A store that fails by chance, over what is kept already.
    pub fn by_chance(inner: &Arc<MemoryStore>, chance: Option<Chance>, met: &Met) -> Self {
        Self {
            chance: Mutex::new(chance),
            met: met.clone(),
            ..Self::over(Arc::clone(inner), None)
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
    /// A store that fails by plan, over one that needs more than memory.
    pub fn in_a_file(inner: Arc<S>) -> Self {
        Self {
            holds_clock: true,
            ..Self::over(inner, None)
        }
    }

    fn over(inner: Arc<S>, disk: Option<Arc<dyn TestDisk>>) -> Self {
        Self {
            inner,
            disk,
            plan: Mutex::default(),
            chance: Mutex::default(),
            met: Met::default(),
            numbered: AtomicU64::default(),
            calls: AtomicU64::default(),
            holds_clock: false,
            is_dead: AtomicBool::default(),
            is_away: AtomicBool::default(),
            is_full: AtomicBool::default(),
            full_while: Mutex::default(),
            commit_takes: AtomicU64::default(),
            commits: AtomicU64::default(),
            failed_commits: AtomicU64::default(),
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

    /// How many of them were answered with a planned fault.
    pub fn failed_commits(&self) -> u64 {
        self.failed_commits.load(Ordering::SeqCst)
    }

    /// How many definitions were to be saved.
    pub fn saves(&self) -> u64 {
        self.saves.load(Ordering::SeqCst)
    }

    /// How many calls there were, without what is asked every few seconds: whether it can be written,
    /// and what is active.
    pub fn calls(&self) -> u64 {
        self.calls.load(Ordering::SeqCst)
    }

    /// How many there were since a plan began.
    pub fn numbered(&self) -> u64 {
        self.numbered.load(Ordering::SeqCst)
    }

    /// From the next call on, which is number 0, calls fail by this plan.
    pub fn begin(&self, plan: Option<Plan>) {
        *self.plan.lock().unwrap_or_else(PoisonError::into_inner) = plan;
        self.numbered.store(0, Ordering::SeqCst);
    }

    /// Calls fail by this chance from now on, or no longer.
    pub fn set_chance(&self, chance: Option<Chance>) {
        *self.chance.lock().unwrap_or_else(PoisonError::into_inner) = chance;
    }

    /// The server that asks is gone: what it asked for and what it will ask for is never answered. What
    /// is not done yet never is.
    pub fn die(&self) {
        self.is_dead.store(true, Ordering::SeqCst);
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

    /// What becomes of the present call.
    fn fate(&self) -> Fate {
        let number = self.numbered.fetch_add(1, Ordering::SeqCst);
        let mut fate = Fate::default();
        if let Some(chance) = &mut *self.chance.lock().unwrap_or_else(PoisonError::into_inner) {
            fate = chance.fate();
        }
        let plan = *self.plan.lock().unwrap_or_else(PoisonError::into_inner);
        fate.kind = plan.and_then(|plan| plan.fault_of(number)).or(fate.kind);
        if self.is_away.load(Ordering::SeqCst) {
            fate.kind = Some(Kind::Away);
        }
        self.met.note_fate(fate);
        fate
    }

    /// As long as it is there, time that is simulated stands still, where what is kept is not in memory.
    pub fn still(&self) -> Option<StandingClock> {
        self.holds_clock.then(StandingClock::new)
    }

    async fn call<T, E: From<StoreError>>(
        &self,
        done: impl Future<Output = Result<T, E>> + Send,
    ) -> Result<T, E> {
        self.calls.fetch_add(1, Ordering::SeqCst);
        self.call_by_the_clock(done).await
    }

    /// The call, failing as it is its fate. A future that is dropped has done nothing.
    async fn call_by_the_clock<T, E: From<StoreError>>(
        &self,
        done: impl Future<Output = Result<T, E>> + Send,
    ) -> Result<T, E> {
        let fate = self.fate();
        self.pass(fate.before).await;
        let done = async {
            let _still = self.still();
            done.await
        };
        let answer = match fate.kind {
            None => done.await,
            Some(Kind::AnswerLost) => match done.await {
                Ok(_) => Err(Kind::AnswerLost.error().into()),
                failed => failed,
            },
            Some(kind) => Err(kind.error().into()),
        };
        self.pass(fate.after).await;
        answer
    }

    /// Lets this time pass; it never does for a server that is gone.
    async fn pass(&self, time: Duration) {
        if !time.is_zero() {
            tokio::time::sleep(time).await;
        }
        if self.is_dead.load(Ordering::SeqCst) {
            std::future::pending::<()>().await;
        }
    }
}

/// While it is there, time that is simulated does not go on: a thread is at work.
pub struct StandingClock(#[expect(dead_code, reason = "the thread waits for its end")] Sender<()>);

impl StandingClock {
    pub fn new() -> Self {
        let (until, is_over) = channel();
        drop(tokio::task::spawn_blocking(move || is_over.recv()));
        Self(until)
    }
}
