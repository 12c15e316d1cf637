//! Pattern 3: look at a workflow, and recover it from the step that failed.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use runtime::{
    JobId, JobOrchestrator, Runtime, StepError, WorkflowDefinition, WorkflowStatus, WorkflowStep,
    json,
};

use super::Outcome;

/// A step that cannot do its work until somebody has mended what it needs.
pub async fn run() -> Outcome {
    let orchestrator = Runtime::builder().in_memory().start().await?;
    let is_mended = Arc::new(AtomicBool::new(false));
    let disk = Arc::clone(&is_mended);
    let definition = WorkflowDefinition::new("With a failure")
        .step(WorkflowStep::new("Count", "count", |_cx| async {
            Ok(json!(1000))
        }))
        .step(
            WorkflowStep::new("Store", "storage", move |_cx| {
                let disk = Arc::clone(&disk);
                async move {
                    if disk.load(Ordering::Relaxed) {
                        Ok(json!({ "stored": 1000 }))
                    } else {
                        // Another try cannot help: the step fails at once.
                        Err(StepError::permanent("the disk is not there"))
                    }
                }
            })
            .dependencies([0]),
        )
        .max_recovery_attempts(3);

    let workflow = orchestrator
        .create_workflow(JobId(1), definition.clone(), None)
        .await?;
    orchestrator
        .execute_workflow(workflow.id, &definition)
        .await?;

    let progress = orchestrator.get_workflow_progress(workflow.id).await?;
    assert_eq!(progress.status, WorkflowStatus::Failed);
    let failed = &progress.tasks[progress.current_step];
    println!("{} failed: {:?}", failed.name, failed.error_message);

    is_mended.store(true, Ordering::Relaxed);
    if progress.status == WorkflowStatus::Failed {
        orchestrator
            .recover_workflow(workflow.id, progress.current_step)
            .await?;
    }
    let done = orchestrator
        .execute_workflow(workflow.id, &definition)
        .await?;
    println!("{} after {} recovery", done.status, done.recovery_attempts);
    assert_eq!(done.status, WorkflowStatus::Completed);
    Ok(())
}
