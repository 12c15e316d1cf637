//! The program stood still for a while: what ended meanwhile is not taken for what took too long.

use std::sync::Arc;
use std::time::Duration;

use runtime::{
    JobId, JobOrchestrator, Mode, Runtime, WorkflowDefinition, WorkflowState, WorkflowStatus,
    WorkflowStep, json,
};
use tokio::sync::Notify;
use tokio::time::{advance, sleep};

use crate::workbench::failure;

/// Runs a step that takes `seconds` and may take 20, while time jumps from its begin to 28 s later.
async fn stand_still(seconds: u64) -> (Runtime, WorkflowState) {
    let engine = Runtime::builder().in_memory().start().await.unwrap();
    let begun = Arc::new(Notify::new());
    let tell = Arc::clone(&begun);
    let step = WorkflowStep::new("Long", "long", move |_cx| {
        let tell = Arc::clone(&tell);
        async move {
            tell.notify_one();
            sleep(Duration::from_secs(seconds)).await;
            // Like the end of a program, it is not seen at one look.
            sleep(Duration::from_millis(100)).await;
            Ok(json!("done"))
        }
    });
    let step = step.mode(Mode::Once).timeout(Duration::from_secs(20));
    let definition = WorkflowDefinition::new("Stands still").step(step);
    let created = engine.create_workflow(JobId(1), definition.clone(), None);
    let id = created.await.unwrap().id;
    engine.start_workflow(id).await.unwrap();
    begun.notified().await;
    advance(Duration::from_secs(28)).await;
    let done = engine.execute_workflow(id, &definition).await.unwrap();
    (engine, done)
}

#[tokio::test(start_paused = true)]
async fn what_ended_in_time_while_the_program_stood_still_has_not_timed_out() {
    let (engine, done) = stand_still(8).await;
    let progress = engine.get_workflow_progress(done.id).await.unwrap();
    let task = &progress.tasks[0];
    assert_eq!(done.status, WorkflowStatus::Completed, "{task:#?}");
}

#[tokio::test(start_paused = true)]
async fn what_had_not_ended_when_the_program_went_on_has_timed_out() {
    let (engine, done) = stand_still(600).await;
    assert_eq!(done.status, WorkflowStatus::Failed);
    let why = failure(&engine, done.id, 0).await;
    assert!(why.contains("timed out after 20 s"), "{why}");
}
