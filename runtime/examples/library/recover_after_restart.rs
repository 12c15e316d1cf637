//! Recovery from a failed step in another run of the program: the file remembers everything but the
//! closures, and these are registered again.

use std::path::Path;

use runtime::{
    JobId, JobOrchestrator, Runtime, StepError, WorkflowDefinition, WorkflowStatus, WorkflowStep,
    json,
};

use super::Outcome;

/// The program as it was first, then as it is after it was mended and started again.
pub async fn run(folder: &Path) -> Outcome {
    let file = folder.join("invoices.db");

    let first = Runtime::builder().sqlite(&file).start().await?;
    let definition = invoices(false);
    let workflow = first
        .create_workflow(JobId(7), definition.clone(), None)
        .await?;
    let failed = first.execute_workflow(workflow.id, &definition).await?;
    assert_eq!(failed.status, WorkflowStatus::Failed);
    first.shutdown().await;
    drop(first);

    // Registered before the start, so that nothing has to wait for its handler.
    let definition = invoices(true);
    let second = Runtime::builder()
        .sqlite(&file)
        .register(&definition)
        .start()
        .await?;
    for workflow in second.get_recoverable_workflows().await? {
        println!("{} stands at step {}", workflow.name, workflow.current_step);
        second
            .recover_workflow(workflow.id, workflow.current_step)
            .await?;
        let done = second.execute_workflow(workflow.id, &definition).await?;
        assert_eq!(done.status, WorkflowStatus::Completed);
        // What had been done was not done again.
        let progress = second.get_workflow_progress(workflow.id).await?;
        assert_eq!(
            (progress.tasks[0].attempt, progress.tasks[1].attempt),
            (1, 2)
        );
    }
    second.shutdown().await;
    Ok(())
}

/// The same definition whichever closure sends: closures are no part of it.
fn invoices(is_mended: bool) -> WorkflowDefinition {
    WorkflowDefinition::new("Invoices")
        .step(WorkflowStep::new("Write", "write", |_cx| async {
            Ok(json!(["A-1", "A-2"]))
        }))
        .step(
            WorkflowStep::new("Send", "send", move |cx| async move {
                if !is_mended {
                    return Err(StepError::permanent("the address of A-2 is wrong"));
                }
                Ok(json!({ "sent": cx.output("write")? }))
            })
            .dependencies([0]),
        )
}
