//! Pattern 2: branches run side by side and meet again.

use std::sync::Arc;

use runtime::{JobId, Runtime, WorkflowDefinition, WorkflowStatus, WorkflowStep, json};
use tokio::sync::Barrier;

use super::Outcome;

/// Download, validate, two branches, merge.
pub async fn run() -> Outcome {
    let orchestrator = Runtime::builder().in_memory().start().await?;
    // Opens once both branches are there: one after the other they would wait for ever.
    let both = Arc::new(Barrier::new(2));
    let branch = |name: &str, adds: u64| {
        let both = Arc::clone(&both);
        WorkflowStep::new(name, "process", move |cx| {
            let both = Arc::clone(&both);
            async move {
                both.wait().await;
                let count = cx.output("validate")?.as_u64().unwrap_or_default();
                Ok(json!(count + adds))
            }
        })
        .dependencies([1])
    };
    let definition = WorkflowDefinition::new("Side by side")
        .step(WorkflowStep::new("Download", "download", |_cx| async {
            Ok(json!(1000))
        }))
        .step(
            WorkflowStep::new("Validate", "validate", |cx| async move {
                Ok(cx.output(0)?.clone())
            })
            .dependencies([0]),
        )
        .step(branch("Process A", 1))
        .step(branch("Process B", 2))
        .step(
            WorkflowStep::new("Merge", "merge", |cx| async move {
                Ok(json!([cx.output(2)?, cx.output(3)?]))
            })
            .dependencies([2, 3]),
        );

    let workflow = orchestrator
        .create_workflow(JobId(1), definition.clone(), None)
        .await?;
    let done = orchestrator
        .execute_workflow(workflow.id, &definition)
        .await?;
    println!(
        "{}: {} of {}",
        done.status, done.completed_tasks, done.total_tasks
    );
    assert_eq!(done.status, WorkflowStatus::Completed);
    Ok(())
}
