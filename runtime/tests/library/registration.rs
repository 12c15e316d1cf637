//! Closures after a restart: found again when their definition is registered, waited for when not.

use std::sync::Arc;
use std::time::Duration;

use runtime::{
    JobId, JobOrchestrator, RunIf, Settings, StepContext, StepError, TaskStatus, Value, WaitsFor,
    WorkflowDefinition, WorkflowId, WorkflowStatus, WorkflowStep, json,
};
use tokio::sync::Notify;

use crate::examined::{Examined, roomy};
use crate::workbench::{close, execute, log, on_both, open, output, until};

/// Two steps; the first begins, says so, and ends when it is let go.
fn gated(began: &Arc<Notify>, go: &Arc<Notify>, gives: &'static str) -> WorkflowDefinition {
    let (began, go) = (Arc::clone(began), Arc::clone(go));
    let first = move |cx: StepContext| {
        let (began, go) = (Arc::clone(&began), Arc::clone(&go));
        async move {
            began.notify_one();
            tokio::select! {
                () = go.notified() => Ok(json!(gives)),
                () = cx.stopped() => Err(StepError::Stopped),
            }
        }
    };
    let second = |cx: StepContext| async move { Ok::<Value, _>(cx.output(0)?.clone()) };
    WorkflowDefinition::new("Gated")
        .step(WorkflowStep::new("First", "a", first))
        .step(WorkflowStep::new("Second", "b", second).dependencies([0]))
}

/// A file with a workflow of [`gated`] whose first step was interrupted by the end of its program.
async fn interrupted() -> (Examined, WorkflowId) {
    let folder = Examined::new();
    let (began, go) = (Arc::default(), Arc::default());
    let definition = gated(&began, &go, "the first program");
    let impatient = Settings {
        drain: Duration::ZERO,
        ..Settings::default()
    };
    let file = folder.path().join("data/jobs.db");
    let builder = roomy().sqlite(file).settings(impatient);
    let engine = builder.start().await.unwrap();
    let id = crate::workbench::start(&engine, &definition).await;
    crate::workbench::within(began.notified()).await;
    close(engine).await;
    (folder, id)
}

#[tokio::test]
async fn a_workflow_goes_on_after_a_restart_when_its_closures_are_registered_before_the_start() {
    let (folder, id) = interrupted().await;
    let (began, go) = (Arc::default(), Arc::new(Notify::new()));
    let definition = gated(&began, &go, "the second program");
    go.notify_one();
    let engine = open(folder.path(), &[&definition]).await;
    let over = until(&engine, id, |progress| progress.status.is_terminal()).await;
    assert_eq!(over.status, WorkflowStatus::Completed);
    assert_eq!((over.tasks[0].attempt, over.tasks[0].retry_count), (2, 0));
    assert_eq!(output(&engine, id, 1).await, json!("the second program"));
    let lines = log(&engine, id, 0).await;
    assert!(
        !lines
            .iter()
            .any(|line| line.contains("waits for its handler"))
    );
}

#[tokio::test]
async fn a_workflow_whose_handler_is_missing_waits_says_so_and_goes_on_once_it_is_registered() {
    let (folder, id) = interrupted().await;
    let engine = open(folder.path(), &[]).await;
    let is_noted = async || {
        let lines = log(&engine, id, 0).await;
        lines
            .iter()
            .any(|line| line.starts_with("waits for its handler"))
    };
    crate::workbench::within(async {
        while !is_noted().await {
            tokio::task::yield_now().await;
        }
    })
    .await;
    let waits = engine.get_workflow_progress(id).await.unwrap();
    assert_eq!(waits.status, WorkflowStatus::Running);
    assert_eq!(waits.tasks[0].status, TaskStatus::Queued);
    assert_eq!(
        waits.tasks[0].attempt, 1,
        "no attempt was made without a handler"
    );
    assert_eq!(waits.tasks[0].waits_for, Some(WaitsFor::Handler));
    let json = serde_json::to_value(&waits).unwrap();
    assert_eq!(json["tasks"][0]["waits_for"], "handler");

    // Other workflows are not held up by it.
    let other =
        WorkflowDefinition::new("Other").step(WorkflowStep::new("A", "a", |_cx| async { Ok(()) }));
    assert_eq!(
        execute(&engine, &other).await.status,
        WorkflowStatus::Completed
    );
    // A pause and a resume change nothing about what is missing.
    engine.pause_workflow(id).await.unwrap();
    engine.resume_workflow(id).await.unwrap();

    let (began, go) = (Arc::default(), Arc::new(Notify::new()));
    let definition = gated(&began, &go, "the second program");
    engine.register(&definition).unwrap();
    crate::workbench::within(began.notified()).await;
    let runs = engine.get_workflow_progress(id).await.unwrap();
    assert_eq!(runs.tasks[0].waits_for, None);
    go.notify_one();
    let over = until(&engine, id, |progress| progress.status.is_terminal()).await;
    assert_eq!(over.status, WorkflowStatus::Completed);
    assert_eq!(output(&engine, id, 1).await, json!("the second program"));
}

#[tokio::test]
async fn a_workflow_that_waits_for_its_handler_can_be_cancelled_and_stays_so() {
    let (folder, id) = interrupted().await;
    let engine = open(folder.path(), &[]).await;
    engine.cancel_workflow(id).await.unwrap();
    let over = until(&engine, id, |progress| progress.status.is_terminal()).await;
    assert_eq!(over.status, WorkflowStatus::Cancelled);
    assert_eq!(over.tasks[0].waits_for, None);
    let (began, go) = (Arc::default(), Arc::default());
    engine.register(&gated(&began, &go, "too late")).unwrap();
    let progress = engine.get_workflow_progress(id).await.unwrap();
    assert_eq!(progress.status, WorkflowStatus::Cancelled);
    assert_eq!(progress.tasks[0].attempt, 1);
}

#[tokio::test]
async fn a_workflow_of_the_contract_waits_for_closures_that_nobody_registered_yet() {
    on_both(async |engine| {
        let definition =
            WorkflowDefinition::new("Later").step(WorkflowStep::new("A", "a", |_cx| async {
                Ok(json!("late"))
            }));
        let data = definition.to_engine().unwrap().as_ref().clone();
        let created = engine.create_workflow(JobId(1), data, None).await.unwrap();
        let progress = engine.get_workflow_progress(created.id).await.unwrap();
        assert_eq!(progress.tasks[0].waits_for, Some(WaitsFor::Handler));
        engine.start_workflow(created.id).await.unwrap();
        let queued = until(&engine, created.id, |p| {
            p.tasks[0].status == TaskStatus::Queued
        });
        assert_eq!(queued.await.tasks[0].waits_for, Some(WaitsFor::Handler));
        // Executing with the closures registers them.
        let over = engine
            .execute_workflow(created.id, &definition)
            .await
            .unwrap();
        assert_eq!(over.status, WorkflowStatus::Completed);
    })
    .await;
}

#[tokio::test]
async fn what_is_unregistered_while_a_step_runs_is_missed_by_the_next_step_alone() {
    let folder = Examined::new();
    let engine = open(folder.path(), &[]).await;
    let (began, go) = (Arc::new(Notify::new()), Arc::new(Notify::new()));
    // Beside closures a step whose mode its type says, which is never needed.
    let pay = json!({"method": "POST", "url": "https://example.com/"});
    let pay = WorkflowStep::of_type("Pay", "http_request", pay);
    let pay = pay.dependencies([1]).run_if(RunIf::Failed);
    let definition = gated(&began, &go, "kept").step(pay);
    let id = crate::workbench::start(&engine, &definition).await;
    crate::workbench::within(began.notified()).await;
    engine.unregister(&definition).unwrap();
    go.notify_one();
    let queued = |p: &runtime::Progress| p.tasks[1].status == TaskStatus::Queued;
    let waits = until(&engine, id, queued).await;
    assert_eq!(waits.tasks[0].status, TaskStatus::Completed);
    assert_eq!(waits.tasks[1].waits_for, Some(WaitsFor::Handler));
    engine.register(&definition).unwrap();
    let over = until(&engine, id, |progress| progress.status.is_terminal()).await;
    assert_eq!(over.status, WorkflowStatus::Completed);
}

#[tokio::test]
async fn a_closure_that_holds_its_engine_does_not_keep_the_file_after_a_shutdown() {
    let folder = Examined::new();
    let engine = open(folder.path(), &[]).await;
    let own = engine.clone();
    let step = WorkflowStep::new("Ask", "ask", move |_cx| {
        let own = own.clone();
        async move { Ok(json!(own.get_active_workflows().await?.len())) }
    });
    let definition = WorkflowDefinition::new("Asks its engine").step(step);
    let over = execute(&engine, &definition).await;
    assert_eq!(output(&engine, over.id, 0).await, json!(1));
    drop(definition);
    close(engine).await;
    open(folder.path(), &[]).await;
}

#[tokio::test]
async fn a_step_type_that_the_next_program_does_not_know_is_waited_for() {
    let folder = Examined::new();
    let engine = open(folder.path(), &[]).await;
    let definition = WorkflowDefinition::new("Typed")
        .step(WorkflowStep::of_type("A", "delay", json!({"seconds": 0.2})))
        .step(WorkflowStep::of_type("B", "noop", json!({})).dependencies([0]));
    let id = crate::workbench::start(&engine, &definition).await;
    close(engine).await;
    let file = || folder.path().join("data/jobs.db");

    // A program that brings no step type at all.
    let bare = roomy().sqlite(file());
    let bare = bare
        .registry(runtime::step::Registry::default())
        .start()
        .await
        .unwrap();
    let waits = |p: &runtime::Progress| p.tasks[1].status == TaskStatus::Queued;
    let progress = until(&bare, id, waits).await;
    assert_eq!(progress.tasks[1].waits_for, Some(WaitsFor::StepType));
    assert_eq!(progress.status, WorkflowStatus::Running);
    close(bare).await;

    let engine = open(folder.path(), &[]).await;
    let over = until(&engine, id, |progress| progress.status.is_terminal()).await;
    assert_eq!(over.status, WorkflowStatus::Completed);
}

#[tokio::test]
async fn a_wrong_definition_that_is_registered_keeps_the_engine_from_starting() {
    let empty = WorkflowDefinition::new("Empty");
    let started = runtime::Runtime::builder()
        .in_memory()
        .register(&empty)
        .start()
        .await;
    let error = started.unwrap_err().to_string();
    assert!(error.contains("#/steps"), "{error}");
}
