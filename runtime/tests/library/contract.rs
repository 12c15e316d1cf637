//! What the reference's calls promise beside the happy path.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use runtime::{
    JobId, JobOrchestrator, JobOrchestratorError, Refusal, Runtime, StepError, WorkflowDefinition,
    WorkflowStatus, WorkflowStep, json,
};
use tokio::sync::Semaphore;

use crate::examined::{Examined, roomy};
use crate::workbench::{close, events, on_both, start, until, within};

/// A workflow that fails until it is mended.
fn fails_until(is_mended: &Arc<AtomicBool>) -> WorkflowDefinition {
    let is_mended = Arc::clone(is_mended);
    let step = WorkflowStep::new("Step", "step", move |_cx| {
        let is_mended = is_mended.load(Ordering::SeqCst);
        async move {
            if is_mended {
                Ok(json!("done"))
            } else {
                Err(StepError::permanent("not mended"))
            }
        }
    });
    WorkflowDefinition::new("Fails").step(step)
}

/// A workflow whose step runs until it is stopped.
fn goes_on() -> WorkflowDefinition {
    let step = WorkflowStep::new("Step", "step", |cx| async move {
        cx.stopped().await;
        Err::<(), _>(StepError::Stopped)
    });
    WorkflowDefinition::new("Goes on").step(step)
}

/// A workflow whose step runs until it is let through, whatever it is told.
fn ends_when_let(gate: &Arc<Semaphore>) -> WorkflowDefinition {
    let gate = Arc::clone(gate);
    let step = WorkflowStep::new("Step", "step", move |_cx| {
        let gate = Arc::clone(&gate);
        async move {
            gate.acquire().await.unwrap().forget();
            Ok(json!("let"))
        }
    });
    WorkflowDefinition::new("Is let").step(step)
}

fn status_refused(refused: JobOrchestratorError) -> WorkflowStatus {
    match refused {
        JobOrchestratorError::Refused(Refusal::NotExecutable { status, .. }) => status,
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn executing_what_has_failed_is_refused_until_it_is_recovered() {
    on_both(async |engine| {
        let is_mended = Arc::default();
        let definition = fails_until(&is_mended);
        let made = engine.create_workflow(JobId(1), &definition, None).await;
        let id = made.unwrap().id;
        // It fails while somebody waits for it: that is an answer.
        let failed = within(engine.execute_workflow(id, &definition)).await;
        assert_eq!(failed.unwrap().status, WorkflowStatus::Failed);
        let refused = within(engine.execute_workflow(id, &definition)).await;
        let refused = refused.unwrap_err();
        let told = "a failed workflow cannot be executed: recover it first";
        assert_eq!(refused.to_string(), told);
        assert_eq!(status_refused(refused), WorkflowStatus::Failed);
        is_mended.store(true, Ordering::SeqCst);
        engine.recover_workflow(id, 0).await.unwrap();
        let done = within(engine.execute_workflow(id, &definition)).await;
        assert_eq!(done.unwrap().status, WorkflowStatus::Completed);
        // What is completed is answered again and again.
        let done = within(engine.execute_workflow(id, &definition)).await;
        assert_eq!(done.unwrap().status, WorkflowStatus::Completed);
    })
    .await;
}

#[tokio::test]
async fn executing_what_is_paused_or_being_cancelled_is_refused_and_changes_nothing() {
    on_both(async |engine| {
        let gate = Arc::new(Semaphore::new(0));
        let definition = ends_when_let(&gate);
        let id = start(&engine, &definition).await;
        until(&engine, id, |p| p.running_tasks == 1).await;
        engine.pause_workflow(id).await.unwrap();
        let before = events(&engine, id).await;
        let refused = within(engine.execute_workflow(id, &definition)).await;
        assert_eq!(status_refused(refused.unwrap_err()), WorkflowStatus::Paused);
        assert_eq!(events(&engine, id).await, before);
        engine.cancel_workflow(id).await.unwrap();
        let before = events(&engine, id).await;
        let refused = within(engine.execute_workflow(id, &definition)).await;
        let Err(JobOrchestratorError::Refused(Refusal::Cancelling)) = refused else {
            panic!("{refused:?}");
        };
        assert_eq!(events(&engine, id).await, before);
        gate.add_permits(1);
        until(&engine, id, |p| p.status == WorkflowStatus::Cancelled).await;
        let over = within(engine.execute_workflow(id, &definition)).await;
        assert_eq!(over.unwrap().status, WorkflowStatus::Cancelled);
    })
    .await;
}

#[tokio::test]
async fn a_list_that_is_asked_for_whole_is_whole_however_long_it_is() {
    const MANY: usize = 2_003;
    let engine = Runtime::builder().in_memory().start().await.unwrap();
    let definition = fails_until(&Arc::default());
    let mut last = None;
    for _ in 0..MANY {
        last = Some(start(&engine, &definition).await);
    }
    for id in 1..=last.unwrap().0 {
        let id = runtime::WorkflowId(id);
        until(&engine, id, |p| p.status == WorkflowStatus::Failed).await;
    }
    let failed = engine.get_failed_workflows().await.unwrap();
    let numbers: Vec<_> = failed.iter().map(|state| state.id.0).collect();
    let wanted: Vec<_> = (1..=MANY as i64).rev().collect();
    assert_eq!(numbers, wanted);
    let recoverable = engine.get_recoverable_workflows().await.unwrap();
    assert_eq!(recoverable.len(), MANY);
    assert_eq!(engine.get_active_workflows().await.unwrap(), []);
}

#[test]
fn a_runtime_that_is_dropped_keeps_its_file_until_its_tokio_runtime_ends() {
    let folder = Examined::new();
    let file = folder.path().join("data/jobs.db");
    let open = || roomy().sqlite(&file).start();
    let tokio = || tokio::runtime::Runtime::new().unwrap();
    let first = tokio();
    first.block_on(async {
        let dropped = open().await.unwrap();
        start(&dropped, &goes_on()).await;
        drop(dropped);
        assert!(open().await.unwrap_err().is_in_use());
    });
    drop(first);
    tokio().block_on(async {
        let engine = open().await.unwrap();
        let active = engine.get_active_workflows().await.unwrap();
        assert_eq!(active.len(), 1);
        engine.shutdown().await;
        drop(engine);
        // After an orderly stop at once.
        open().await.unwrap().shutdown().await;
    });
}

#[tokio::test]
async fn two_files_share_no_folder_at_the_same_time() {
    let folder = Examined::new();
    let place = |name: &str| folder.path().join(name);
    let first = roomy().sqlite(place("data/first.db"));
    let first = first.start().await.unwrap();
    let second = || roomy().sqlite(place("data/second.db")).start();
    let refused = second().await.unwrap_err();
    let told = refused.to_string();
    let is_told = told.contains("data/logs.db") && told.contains("a folder of its own");
    assert!(is_told && refused.is_in_use(), "{told}");
    assert!(!place("data/second.db").exists());
    close(first).await;
    close(second().await.unwrap()).await;

    // The folder for work is emptied at each start.
    let open = |file: &str| {
        let builder = roomy().sqlite(place(file));
        builder.work_dir(place("scratch")).start()
    };
    let first = open("first/jobs.db").await.unwrap();
    let told = open("second/jobs.db").await.unwrap_err().to_string();
    assert!(told.contains("scratch"), "{told}");
    close(first).await;
    close(open("second/jobs.db").await.unwrap()).await;
}

#[tokio::test]
async fn following_ends_with_a_workflow_and_goes_on_after_its_recovery() {
    on_both(async |engine| {
        let is_mended = Arc::default();
        let definition = fails_until(&is_mended);
        let id = start(&engine, &definition).await;
        let mut events = engine.follow(id, 0);
        let mut kinds = Vec::new();
        while let Some(record) = within(events.next()).await.unwrap() {
            kinds.push(record.event.kind());
        }
        assert_eq!(kinds.last(), Some(&"WorkflowFailed"));
        is_mended.store(true, Ordering::SeqCst);
        engine.recover_workflow(id, 0).await.unwrap();
        while let Some(record) = within(events.next()).await.unwrap() {
            kinds.push(record.event.kind());
        }
        assert_eq!(kinds.last(), Some(&"WorkflowCompleted"));
        let nobody = engine.follow(runtime::WorkflowId(99), 0).next().await;
        let missing = matches!(nobody, Err(JobOrchestratorError::NotFound { id: 99, .. }));
        assert!(missing, "{nobody:?}");
    })
    .await;
}
