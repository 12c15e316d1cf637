//! A program may hand every call over to a task of its own, on whatever thread.

use std::path::Path;
use std::time::Duration;

use runtime::database::{Database, FolderLock};
use runtime::doctor;
use runtime::process::{CommandSpec, ProcessRunner, RunningCommand};
use runtime::store::log_sqlite::SqliteLogStore;
use runtime::{
    Actor, JobId, JobOrchestrator, Runtime, WorkflowDefinition, WorkflowId, WorkflowStep,
    Workflows, json,
};

use crate::examined::roomy;

const fn is_send<T: Send>(_: &T) {}

fn definition() -> WorkflowDefinition {
    let step = WorkflowStep::new("Hello", "say", |_cx| async { Ok(json!("hello")) });
    WorkflowDefinition::new("Greet").step(step)
}

/// That it compiles is the test.
#[expect(dead_code, reason = "nothing of it is to be done")]
fn every_call_of_an_engine_may_be_spawned(engine: &Runtime) {
    let (id, definition) = (WorkflowId(1), definition());
    is_send(&engine.create_workflow(JobId(1), definition.clone(), None));
    is_send(&engine.execute_workflow(id, &definition));
    is_send(&engine.start_workflow(id));
    is_send(&engine.workflow(&Actor::program(), id));
    is_send(&engine.follow(id, 0).next());
    is_send(&engine.note_stop());
    is_send(&engine.shutdown());
    is_send(&engine.shutdown_hurried(std::future::ready(())));
}

/// The same for what lies beneath and beside it.
#[expect(dead_code, reason = "nothing of it is to be done")]
fn whatever_opens_a_file_or_starts_a_program_may_be_spawned(
    file: &Path,
    processes: &ProcessRunner,
    command: &mut RunningCommand,
) {
    is_send(&Database::open(file));
    is_send(&Database::wait_until_free(file));
    is_send(&FolderLock::take(file));
    is_send(&SqliteLogStore::open(file));
    is_send(&doctor::examine(file, &[], &mut |_| {}));
    is_send(&doctor::release(file, WorkflowId(1)));
    is_send(&processes.start("a", CommandSpec::new("echo", ["hello"])));
    is_send(&processes.prove_dead("a", Duration::ZERO));
    is_send(&command.next());
}

#[tokio::test(flavor = "multi_thread")]
async fn an_engine_is_started_and_used_in_tasks_of_their_own() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("jobs.db");
    let in_file = tokio::spawn(roomy().sqlite(file).start());
    let in_memory = tokio::spawn(async { Runtime::builder().in_memory().start().await });
    for engine in [in_file.await, in_memory.await] {
        let engine = engine.unwrap().unwrap();
        let made = engine.create_workflow(JobId(1), definition(), None).await;
        let id = made.unwrap().id;
        let running = engine.clone();
        let done = tokio::spawn(async move { running.execute_workflow(id, definition()).await });
        assert_eq!(done.await.unwrap().unwrap().progress, 100);
        let ending = engine.clone();
        tokio::spawn(async move { ending.shutdown().await })
            .await
            .unwrap();
    }
}
