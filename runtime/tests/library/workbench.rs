//! A workbench: engines of both kinds, and waiting for conditions.

use std::future::Future;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use runtime::store::memory::MemoryStore;
use runtime::{
    Actor, EventRecord, JobId, JobOrchestrator, Progress, Runtime, TaskStatus, Value,
    WorkflowDefinition, WorkflowId, WorkflowState, Workflows,
};

use crate::examined::{Examined, roomy};
use crate::folded::Folded;

/// The longest anything may take; far above what it should.
const LIMIT: Duration = Duration::from_secs(60);

/// What the engines of the bench are called.
pub const INSTALLATION: &str = "bench";

/// Runs a test on an engine in memory, then on one with a file; afterwards both are looked through.
pub async fn on_both<Fut: Future<Output = ()>>(test: impl Fn(Runtime) -> Fut) {
    let store = Arc::new(MemoryStore::default());
    let _folded = Folded::of(&store);
    let builder = Runtime::builder().store(store).installation(INSTALLATION);
    test(builder.start().await.unwrap()).await;
    let folder = Examined::new();
    test(open(folder.path(), &[]).await).await;
}

/// The engine over the folder's file, with the closures of these definitions.
pub async fn open(folder: &Path, definitions: &[&WorkflowDefinition]) -> Runtime {
    let builder = roomy().installation(INSTALLATION);
    let mut builder = builder.sqlite(folder.join("data/jobs.db"));
    for definition in definitions {
        builder = builder.register(definition);
    }
    within(builder.start()).await.unwrap()
}

/// Lets go of the file, so that the next engine can have it.
pub async fn close(runtime: Runtime) {
    within(runtime.shutdown()).await;
}

pub async fn within<T>(what: impl Future<Output = T>) -> T {
    tokio::time::timeout(LIMIT, what).await.unwrap()
}

/// Creates a workflow and executes it to its end.
pub async fn execute(runtime: &Runtime, definition: &WorkflowDefinition) -> WorkflowState {
    let created = runtime.create_workflow(JobId(1), definition, None).await;
    let executed = runtime.execute_workflow(created.unwrap().id, definition);
    within(executed).await.unwrap()
}

/// Creates a workflow and starts it.
pub async fn start(runtime: &Runtime, definition: &WorkflowDefinition) -> WorkflowId {
    let created = runtime.create_workflow(JobId(1), definition, None).await;
    let id = created.unwrap().id;
    runtime.start_workflow(id).await.unwrap();
    id
}

pub async fn until(
    runtime: &Runtime,
    id: WorkflowId,
    is_so: impl Fn(&Progress) -> bool,
) -> Progress {
    let waited = async {
        loop {
            let progress = runtime.get_workflow_progress(id).await.unwrap();
            if is_so(&progress) {
                return progress;
            }
            let changed = runtime.changed(id, progress.events);
            drop(tokio::time::timeout(Duration::from_secs(1), changed).await);
        }
    };
    within(waited).await
}

pub async fn output(runtime: &Runtime, id: WorkflowId, task: usize) -> Value {
    let task = runtime.task(&Actor::program(), id, task).await.unwrap();
    task.output.unwrap()
}

/// All events of a workflow.
pub async fn events(runtime: &Runtime, id: WorkflowId) -> Vec<EventRecord> {
    let events = runtime.events(&Actor::program(), id, 0, 100_000).await;
    events.unwrap()
}

/// The lines of a task's log.
pub async fn log(runtime: &Runtime, id: WorkflowId, task: usize) -> Vec<String> {
    let page = runtime.log(&Actor::program(), id, task, 0, 1_000).await;
    let lines = page.unwrap().lines.into_iter();
    lines.map(|line| line.text).collect()
}

/// Why a task failed, which it must have.
pub async fn failure(runtime: &Runtime, id: WorkflowId, task: usize) -> String {
    let progress = runtime.get_workflow_progress(id).await.unwrap();
    let task = &progress.tasks[task];
    assert_eq!(task.status, TaskStatus::Failed, "{task:#?}");
    task.error_message.clone().unwrap()
}
