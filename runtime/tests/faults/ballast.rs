//! The room that is kept for it: on a full disk it is given up, and what a running step comes to is
//! written down at once, and nothing else.

use std::future::Future;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::time::Duration;

use async_trait::async_trait;
use engine::orchestrator::Hindrance;
use engine::{
    JobId, JobOrchestrator, JobOrchestratorError, TaskStatus, TroubleKind, WorkflowDefinition,
    WorkflowId, WorkflowStatus, Workflows,
};
use runtime::clock::TestClock;
use runtime::database::Database;
use runtime::settings::DiskLimits;
use runtime::store::sqlite::SqliteStore;
use runtime::store::{Store, WorkflowStore};
use runtime::{Runtime, Settings, WorkflowStep};
use serde_json::{Map, json};
use sqlx::sqlite::SqliteConnectOptions;
use sqlx::{ConnectOptions, Row};
use tokio::sync::Semaphore;
use tokio::time::{Instant, sleep, timeout};

use crate::examined::{Examined, roomy};
use crate::faulty::{Faulty, TestDisk};
use crate::folded::Folded;
use crate::witness::{registry, witness};

const BALLAST: u64 = 64 * 1024;
const LIMIT: Duration = Duration::from_secs(60);

fn with_ballast(bytes: u64, slots: usize) -> Settings {
    Settings {
        disk: DiskLimits {
            ballast: bytes,
            ..DiskLimits::default()
        },
        others_at_once: slots,
        ..Settings::default()
    }
}

async fn start(folder: &Path, store: Arc<Faulty>, slots: usize) -> Runtime {
    let clock = Arc::new(TestClock::at(1_704_067_200_000_000));
    let builder = roomy().sqlite(folder.join("jobs.db"));
    let builder = builder.store(store).registry(registry()).clock(clock);
    let builder = builder.settings(with_ballast(BALLAST, slots));
    builder.start().await.unwrap()
}

async fn begin(runtime: &Runtime, seconds: f64) -> WorkflowId {
    let (step, _) = witness("Step", 0, seconds, &[]);
    let definition = WorkflowDefinition::new("Runs", &[step]).unwrap();
    let created = runtime.create_workflow(JobId(1), definition, None);
    let id = created.await.unwrap().id;
    runtime.start_workflow(id).await.unwrap();
    id
}

async fn task(store: &dyn Store, id: WorkflowId) -> (TaskStatus, u32) {
    let stored = store.load(id).await.unwrap().unwrap().workflow;
    let record = stored.tasks()[0].record();
    (record.status, record.attempt)
}

#[tokio::test(start_paused = true)]
async fn what_a_running_step_comes_to_on_a_full_disk_is_written_in_the_room_of_the_ballast() {
    let folder = Examined::new();
    let store = Arc::new(Faulty::default());
    let _folded = Folded::of(&store.inner);
    let runtime = start(folder.path(), store.clone(), 8).await;
    let ballast = folder.path().join("jobs.ballast");
    assert_eq!(ballast.metadata().unwrap().len(), BALLAST);

    let id = begin(&runtime, 5.0).await;
    sleep(Duration::from_millis(4_900)).await;
    store.set_full_while(Some(ballast));
    // Sooner than anything that is kept would be tried again.
    sleep(Duration::from_millis(400)).await;
    assert_eq!(task(&*store.inner, id).await, (TaskStatus::Completed, 1));
    runtime.shutdown().await;
}

#[tokio::test(start_paused = true)]
async fn a_workflow_is_deleted_on_a_full_disk_in_the_room_of_the_ballast() {
    let folder = Examined::new();
    let store = Arc::new(Faulty::default());
    let _folded = Folded::of(&store.inner);
    let runtime = start(folder.path(), store.clone(), 8).await;
    let ballast = folder.path().join("jobs.ballast");
    let id = begin(&runtime, 0.0).await;
    while task(&*store.inner, id).await.0 != TaskStatus::Completed {
        sleep(Duration::from_millis(50)).await;
    }
    store.set_full_while(Some(ballast.clone()));
    let definition = WorkflowDefinition::new("New", &[witness("Step", 0, 1.0, &[]).0]);
    let created = runtime.create_workflow(JobId(2), definition.unwrap(), None);
    let full = JobOrchestratorError::Hindered(Hindrance::DiskFull);
    assert_eq!(created.await.err(), Some(full));
    assert!(ballast.exists());
    runtime.delete_workflow(id).await.unwrap();
    assert!(!ballast.exists());
    assert!(store.inner.load(id).await.unwrap().is_none());
    runtime.shutdown().await;
}

/// All of it comes into one batch, because the one before takes a second.
#[tokio::test(start_paused = true)]
async fn what_comes_with_an_outcome_has_no_share_in_the_room_of_the_ballast_but_a_cancel() {
    let folder = Examined::new();
    let store = Arc::new(Faulty::default());
    let _folded = Folded::of(&store.inner);
    let runtime = start(folder.path(), store.clone(), 1).await;
    let ballast = folder.path().join("jobs.ballast");
    let ends = begin(&runtime, 5.0).await;
    let queued = begin(&runtime, 5.0).await;
    let unwanted = begin(&runtime, 5.0).await;
    sleep(Duration::from_millis(4_200)).await;
    store.set_commit_takes(Duration::from_secs(1));
    let before = store.commits();
    let create = || {
        let definition = WorkflowDefinition::new("New", &[witness("Step", 0, 1.0, &[]).0]);
        runtime.create_workflow(JobId(2), definition.unwrap(), None)
    };
    // The first makes the others wait; the step ends meanwhile.
    let (first, late, later, cancelled, ()) = tokio::join!(
        create(),
        after(900, create()),
        // Before anybody knows that the disk is full, and decided after that.
        after(1_700, create()),
        after(900, runtime.cancel_workflow(unwanted)),
        after(1_500, async {
            store.set_full_while(Some(ballast.clone()));
            store.set_commit_takes(Duration::ZERO);
        }),
    );
    let known = first.unwrap().id;
    let full = JobOrchestratorError::Hindered(Hindrance::DiskFull);
    assert_eq!((late.err(), later.err()), (Some(full.clone()), Some(full)));
    assert_eq!(cancelled.unwrap().summary.status, WorkflowStatus::Cancelled);
    assert_eq!(
        store.commits() - before,
        3,
        "one with all of it, and one without the creation"
    );
    assert!(!ballast.exists());
    let kept = &*store.inner;
    assert_eq!(task(kept, ends).await, (TaskStatus::Completed, 1));
    assert_eq!(
        task(kept, queued).await,
        (TaskStatus::Queued, 0),
        "it waits"
    );
    let last = kept.last_numbers().await.unwrap().workflow;
    assert_eq!(WorkflowId(last), known, "nothing was created");
    store.set_full_while(None);
    let over = async {
        while task(kept, queued).await.0 != TaskStatus::Completed {
            sleep(Duration::from_millis(50)).await;
        }
    };
    timeout(LIMIT, over).await.expect("it goes on");
    runtime.shutdown().await;
}

async fn after<T>(millis: u64, what: impl Future<Output = T>) -> T {
    sleep(Duration::from_millis(millis)).await;
    what.await
}

/// A disk that has no room for the database but that of the ballast, once it is gone. SQLite itself
/// says that it is full.
struct FullButBallast {
    store: Arc<SqliteStore>,
    ballast: PathBuf,
    /// How many pages the database has when the disk fills up.
    pages: AtomicU32,
    is_full: AtomicBool,
}

/// Of the room of the ballast, in pages.
const ROOM: u32 = 256;

#[async_trait]
impl TestDisk for FullButBallast {
    async fn fit(&self) {
        let room = if self.ballast.exists() { 0 } else { ROOM };
        let most = self.pages.load(Ordering::SeqCst) + room;
        let most = self.is_full.load(Ordering::SeqCst).then_some(most);
        self.store.limit_pages(most).await.unwrap();
    }

    fn is_full(&self) -> bool {
        self.is_full.load(Ordering::SeqCst)
    }
}

impl FullButBallast {
    async fn fill(&self, database: &Path) {
        let options = SqliteConnectOptions::new().filename(database);
        let mut connection = options.read_only(true).connect().await.unwrap();
        let count = sqlx::query("PRAGMA page_count").fetch_one(&mut connection);
        let pages: u32 = count.await.unwrap().get(0);
        self.pages.store(pages, Ordering::SeqCst);
        self.is_full.store(true, Ordering::SeqCst);
    }
}

struct Full {
    _folder: Examined,
    disk: Arc<FullButBallast>,
    runtime: Runtime,
    /// Lets one step end.
    gate: Arc<Semaphore>,
    /// Workflows whose step runs, and workflows whose step waits for a slot.
    running: Vec<WorkflowId>,
    queued: Vec<WorkflowId>,
}

const RUNNING: usize = 20;
/// Of each outcome. All of them have room where the ballast was, and not much beside.
const OUTCOME: usize = 32 * 1024;

impl Full {
    async fn new() -> Self {
        let folder = Examined::new();
        let file = folder.path().join("jobs.db");
        let sqlite = Arc::new(SqliteStore::new(Database::open(&file).await.unwrap()));
        let disk = Arc::new(FullButBallast {
            store: Arc::clone(&sqlite),
            ballast: file.with_extension("ballast"),
            pages: AtomicU32::default(),
            is_full: AtomicBool::default(),
        });
        let store = Faulty::on_disk(sqlite, Arc::clone(&disk) as Arc<_>);
        let builder = roomy().sqlite(&file).store(Arc::new(store));
        let builder = builder.registry(registry());
        let settings = with_ballast(u64::from(ROOM) * 4_096, RUNNING);
        let mut full = Self {
            runtime: builder.settings(settings).start().await.unwrap(),
            _folder: folder,
            disk,
            gate: Arc::new(Semaphore::new(0)),
            running: Vec::new(),
            queued: Vec::new(),
        };
        for index in 0..RUNNING + 5 {
            let id = full.begin().await;
            if index < RUNNING {
                full.running.push(id);
            } else {
                full.queued.push(id);
            }
        }
        full.disk.fill(&file).await;
        full
    }

    async fn begin(&self) -> WorkflowId {
        let gate = Arc::clone(&self.gate);
        let step = WorkflowStep::new("Gated", "gate", move |_cx| {
            let gate = Arc::clone(&gate);
            async move {
                gate.acquire().await.unwrap().forget();
                Ok(json!("x".repeat(OUTCOME)))
            }
        });
        let definition = runtime::WorkflowDefinition::new("Gated").step(step);
        let created = self.runtime.create_workflow(JobId(1), &definition, None);
        let id = created.await.unwrap().id;
        self.runtime.start_workflow(id).await.unwrap();
        id
    }

    async fn create(&self) -> Result<WorkflowId, JobOrchestratorError> {
        let (step, _) = witness("New", 0, 0.0, &[]);
        let definition = WorkflowDefinition::new("New", &[step]).unwrap();
        let padding = ("padding".to_owned(), json!("x".repeat(9_000)));
        let created =
            self.runtime
                .create_workflow(JobId(2), definition, Some(Map::from_iter([padding])));
        created.await.map(|state| state.id)
    }

    /// Creates workflows until the disk is full, and says which is the last one.
    async fn until_full(&self) -> WorkflowId {
        let begun = Instant::now();
        let mut last = self.queued[self.queued.len() - 1];
        loop {
            match self.create().await {
                Ok(created) => last = created,
                Err(refused) => {
                    let full = JobOrchestratorError::Hindered(Hindrance::DiskFull);
                    assert_eq!(refused, full);
                    return last;
                }
            }
            assert!(begun.elapsed() < LIMIT, "never full");
        }
    }

    async fn until(&self, what: &str, is_so: impl AsyncFn() -> bool) {
        let waited = async {
            while !is_so().await {
                sleep(Duration::from_millis(10)).await;
            }
        };
        assert!(timeout(LIMIT, waited).await.is_ok(), "never: {what}");
    }

    async fn are(&self, ids: &[WorkflowId], stand: (TaskStatus, u32)) -> bool {
        for id in ids {
            if task(&*self.disk.store, *id).await != stand {
                return false;
            }
        }
        true
    }
}

#[tokio::test]
async fn a_full_disk_takes_down_what_all_running_steps_come_to_and_no_more_until_there_is_room() {
    let full = Full::new().await;
    let runs = async || full.are(&full.running, (TaskStatus::Running, 1)).await;
    full.until("they run", runs).await;
    let last = full.until_full().await;
    let ballast = &full.disk.ballast;
    assert!(
        ballast.exists(),
        "a new workflow is no reason to give it up"
    );
    full.gate.add_permits(RUNNING);
    let completed = async || {
        // Somebody asks all the time.
        assert!(full.create().await.is_err());
        full.are(&full.running, (TaskStatus::Completed, 1)).await
    };
    full.until("their outcomes are written", completed).await;
    assert!(!ballast.exists());
    let numbers = full.disk.store.last_numbers().await.unwrap();
    assert_eq!(WorkflowId(numbers.workflow), last, "nothing was created");
    assert!(
        full.are(&full.queued, (TaskStatus::Queued, 0)).await,
        "nothing was started"
    );

    full.disk.is_full.store(false, Ordering::SeqCst);
    full.gate.add_permits(full.queued.len());
    let completed = async || full.are(&full.queued, (TaskStatus::Completed, 1)).await;
    full.until("what waited goes on", completed).await;
    let troubles = || full.runtime.troubles();
    let is_told = || {
        troubles()
            .iter()
            .any(|one| one.kind == TroubleKind::DiskFull)
    };
    full.until("there is room", async || !is_told()).await;
    assert!(ballast.exists(), "it is there for the next time");
    full.create().await.unwrap();
    full.runtime.shutdown().await;
}
