//! Pattern 1: each step runs after the one before it and uses what that gave.

use runtime::{JobId, Runtime, WorkflowDefinition, WorkflowStatus, WorkflowStep, json};

use super::Outcome;

/// Three steps in a row.
pub async fn run() -> Outcome {
    let orchestrator = Runtime::builder().in_memory().start().await?;
    let definition = WorkflowDefinition::new("One after the other")
        .step(WorkflowStep::new("Step 1", "task", |_cx| async {
            Ok(json!(1))
        }))
        .step(
            WorkflowStep::new("Step 2", "task", |cx| async move {
                // `?` on any error means: try again, up to `max_retries` times.
                let number: u64 = cx.output(0)?.to_string().parse()?;
                Ok(json!(number + 1))
            })
            .dependencies([0]),
        )
        .step(
            WorkflowStep::new("Step 3", "task", |cx| async move {
                // A step may also be named by its key, which is made from its name.
                Ok(json!([cx.output("step_2")?]))
            })
            .dependencies(["step_2"]),
        );

    let workflow = orchestrator
        .create_workflow(JobId(1), definition.clone(), None)
        .await?;
    let done = orchestrator
        .execute_workflow(workflow.id, &definition)
        .await?;
    println!("{}: {} %", done.status, done.progress);
    assert_eq!(done.status, WorkflowStatus::Completed);
    Ok(())
}
