//! What is lost is lost once, and nothing else is.

use std::fs::File;
use std::path::Path;
use std::sync::atomic::{AtomicU32, Ordering};

use engine::{Actor, Event, Progress, TaskStatus, WorkflowStatus};
use engine::{JobId, JobOrchestrator, StepDefinition, Workflows};
use serde_json::json;
use tokio::sync::Semaphore;

use super::*;
use crate::database::Database;
use crate::process::RunnerProgram;
use crate::settings::{DiskLimits, RoomMark};
use crate::step::StepError;
use crate::store::Store;
use crate::store::sqlite::SqliteStore;
use crate::{Runtime, Settings, WorkflowDefinition, WorkflowStep};

/// The longest anything may take; far above what it should.
const LIMIT: Duration = Duration::from_secs(60);
/// Below which nothing lies.
const ANY_ROOM: RoomMark = RoomMark {
    bytes: 0,
    percent: 0,
    share_at_most: 0,
};

async fn until(runtime: &Runtime, id: WorkflowId, is_so: impl Fn(&Progress) -> bool) -> Progress {
    let waited = async {
        loop {
            let progress = runtime.get_workflow_progress(id).await.unwrap();
            if is_so(&progress) {
                return progress;
            }
            runtime.changed(id, progress.summary.events).await;
        }
    };
    tokio::time::timeout(LIMIT, waited).await.unwrap()
}

async fn start(runtime: &Runtime, definition: &WorkflowDefinition) -> WorkflowId {
    let created = runtime.create_workflow(JobId(1), definition, None).await;
    let id = created.unwrap().id;
    runtime.start_workflow(id).await.unwrap();
    id
}

/// How often an attempt of the workflow was lost.
async fn losses(runtime: &Runtime, id: WorkflowId) -> usize {
    let events = runtime.events(&Actor::program(), id, 0, 1_000).await;
    let lost = |event: &Event| matches!(event, Event::TaskLost { .. });
    let events = events.unwrap();
    events.iter().filter(|record| lost(&record.event)).count()
}

/// Waits until everything was decided that was sent before.
async fn decided(runtime: &Runtime) {
    let step = StepDefinition::new("Nothing", "noop");
    let definition = engine::WorkflowDefinition::new("Later", &[step]).unwrap();
    let later = runtime.create_workflow(JobId(2), definition, None).await;
    later.unwrap();
}

fn runs(attempt: u32) -> impl Fn(&Progress) -> bool {
    move |progress| {
        let task = &progress.tasks[0];
        (task.status, task.attempt) == (TaskStatus::Running, attempt)
    }
}

/// What this very process has just started is nobody's orphan, however often it is looked for.
#[tokio::test(flavor = "multi_thread")]
async fn what_is_under_way_here_is_never_taken_for_lost() {
    let runtime = Runtime::builder().in_memory().start().await.unwrap();
    let steps: Vec<_> = (0..5)
        .map(|n| {
            let mut step = StepDefinition::new(format!("Step {n}"), "noop");
            step.dependencies = (0..n).collect();
            step
        })
        .collect();
    let definition = engine::WorkflowDefinition::new("Busy", &steps).unwrap();
    let take_up = TakeUp::new(&runtime.inner, None, HashSet::new());
    let looks = tokio::spawn(async move {
        let (mut looks, mut orphans) = (0, 0);
        while take_up.inner.strong_count() > 0 {
            orphans += take_up.look().await.unwrap().1;
            looks += 1;
            tokio::task::yield_now().await;
        }
        (looks, orphans)
    });
    for _ in 0..100 {
        let created = runtime.create_workflow(JobId(1), definition.clone(), None);
        let id = created.await.unwrap().id;
        let done = runtime.execute_workflow(id, &definition).await.unwrap();
        assert_eq!(done.summary.status, WorkflowStatus::Completed);
        assert_eq!(losses(&runtime, id).await, 0);
    }
    drop(runtime);
    let (looks, orphans) = looks.await.unwrap();
    assert_eq!(orphans, 0, "of {looks} looks");
    assert!(looks > 0);
}

/// There, what had been found stuck was written back as such although it had completed since, or
/// was tried anew.
#[tokio::test(flavor = "multi_thread")]
async fn river_1302_rescue_after_complete() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("jobs.db");
    // However little is left on this machine's disk.
    let disk = DiskLimits {
        little: ANY_ROOM,
        ..DiskLimits::default()
    };
    let settings = Settings {
        disk,
        ..Settings::default()
    };
    let builder = Runtime::builder().sqlite(file).settings(settings);
    let runtime = builder.start().await.unwrap();
    let (gate, tries) = (Arc::new(Semaphore::new(0)), Arc::new(AtomicU32::new(0)));
    let (open, count) = (Arc::clone(&gate), Arc::clone(&tries));
    let step = WorkflowStep::new("Work", "work", move |cx| {
        let (gate, tries) = (Arc::clone(&gate), Arc::clone(&tries));
        async move {
            tries.fetch_add(1, Ordering::SeqCst);
            gate.acquire().await.unwrap().forget();
            if cx.attempt() == 1 {
                return Err(StepError::Transient("the first try fails".into()));
            }
            Ok(json!({}))
        }
    });
    let definition = WorkflowDefinition::new("Stuck").step(step);
    let id = start(&runtime, &definition).await;
    let take_up = TakeUp::new(&runtime.inner, None, HashSet::new());

    // Found while the first try was under way; by now the second one is.
    until(&runtime, id, runs(1)).await;
    open.add_permits(1);
    until(&runtime, id, runs(2)).await;
    take_up.lose((id, 0, 1)).await;
    decided(&runtime).await;
    until(&runtime, id, runs(2)).await;
    assert_eq!(losses(&runtime, id).await, 0);

    // Found while the second try was under way; by now it has completed.
    open.add_permits(1);
    let completed = |progress: &Progress| progress.summary.status == WorkflowStatus::Completed;
    let done = until(&runtime, id, completed).await;
    take_up.lose((id, 0, 2)).await;
    decided(&runtime).await;
    assert_eq!(runtime.get_workflow_progress(id).await.unwrap(), done);
    assert_eq!(
        (losses(&runtime, id).await, count.load(Ordering::SeqCst)),
        (0, 2)
    );
}

/// A runtime over a store that others have as well; forgetting it is its sudden end.
async fn server(store: &Arc<SqliteStore>) -> Runtime {
    let store: Arc<dyn Store> = Arc::clone(store) as _;
    Runtime::builder().store(store).start().await.unwrap()
}

/// The lock of an attempt whose runner does not die.
fn held_lock(folder: &Path, (id, task, attempt): Orphan) -> File {
    std::fs::create_dir_all(folder).unwrap();
    let name = format!("{}.lock", attempt_name(id, task, attempt));
    let lock = File::create(folder.join(name)).unwrap();
    lock.try_lock().unwrap();
    lock
}

/// There, a task whose worker had died was found and given up again at each look until the first
/// finding was carried through, which failed it without another try.
#[tokio::test(flavor = "multi_thread")]
async fn airflow_51969_same_zombie_once() {
    let folder = tempfile::tempdir().unwrap();
    let database = Database::open(&folder.path().join("jobs.db"))
        .await
        .unwrap();
    let store = Arc::new(SqliteStore::new(database));
    let (stays, dies) = (server(&store).await, server(&store).await);
    let endless = WorkflowStep::new("Visit", "visit", |_cx| {
        std::future::pending::<Result<(), _>>()
    });
    let id = start(&dies, &WorkflowDefinition::new("Zombie").step(endless)).await;
    until(&dies, id, runs(1)).await;
    drop(dies);
    let short = WorkflowStep::new("Visit", "visit", |_cx| async { Ok(()) });
    let short = WorkflowDefinition::new("Zombie").step(short);
    stays.register(&short).unwrap();

    let locks = folder.path().join("attempts");
    let lock = held_lock(&locks, (id, 0, 1));
    let program = RunnerProgram {
        program: "/proc/self/exe".into(),
        args: Vec::new(),
    };
    let runner = ProcessRunner::new(program, locks);
    let take_up = TakeUp::new(&stays.inner, Some(runner), HashSet::new());
    let mut found = 0;
    for _ in 0..20 {
        found += take_up.look().await.unwrap().1;
    }
    assert_eq!(found, 1, "found once, however often it is looked for");
    drop(lock);
    let completed = |progress: &Progress| progress.summary.status == WorkflowStatus::Completed;
    let done = until(&stays, id, completed).await;
    assert_eq!((done.tasks[0].attempt, losses(&stays, id).await), (2, 1));
}
