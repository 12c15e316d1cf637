//! The reference's example: download, validate, deduplicate, label, store. The same program runs on
//! a store in memory and on a file.

use std::path::Path;
use std::time::Duration;

use runtime::{
    JobId, JobOrchestrator, Runtime, RuntimeBuilder, StepContext, StepError, Value,
    WorkflowDefinition, WorkflowStatus, WorkflowStep, json,
};

use super::Outcome;

/// Builds the data set twice.
pub async fn run(folder: &Path) -> Outcome {
    build(Runtime::builder().in_memory()).await?;
    build(Runtime::builder().sqlite(folder.join("data/jobs.db"))).await
}

/// A handler may be a function of its own.
async fn deduplicate(cx: StepContext) -> Result<Value, StepError> {
    cx.log().stdout("comparing images");
    cx.report_progress(0.5);
    Ok(json!({ "unique": cx.output("validate")?["valid"] }))
}

async fn build(engine: RuntimeBuilder) -> Outcome {
    let seconds = Duration::from_secs;
    let orchestrator = engine.start().await?;
    let definition = WorkflowDefinition::new("Dataset Build")
        .step(
            WorkflowStep::new("Download", "download", |_cx| async {
                Ok(json!({"count": 1000}))
            })
            .max_retries(3)
            .timeout(seconds(300))
            .estimated_duration(seconds(300)),
        )
        .step(
            WorkflowStep::new("Validate", "validate", |cx| async move {
                Ok(json!({"valid": cx.output(0)?["count"]}))
            })
            .max_retries(2)
            .dependencies([0])
            .estimated_duration(seconds(200)),
        )
        .step(
            WorkflowStep::new("Deduplicate", "deduplicate", deduplicate)
                .max_retries(2)
                .dependencies([1])
                .estimated_duration(seconds(150)),
        )
        .step(
            WorkflowStep::new("Label", "label", |cx| async move {
                Ok(json!({"labeled": cx.output(2)?["unique"]}))
            })
            .max_retries(1)
            .dependencies([2])
            .estimated_duration(seconds(100)),
        )
        .step(
            WorkflowStep::new("Store", "storage", |cx| async move {
                // The same for every try of this effect, also after a crash: whoever stores the
                // labels can tell a repetition by it.
                let key = cx.idempotency_key();
                Ok(json!({"stored": cx.output(3)?["labeled"], "under": key}))
            })
            .max_retries(2)
            .dependencies([3])
            .estimated_duration(seconds(200)),
        )
        .max_recovery_attempts(3);

    let workflow = orchestrator
        .create_workflow(JobId(1), definition.clone(), None)
        .await?;
    let done = orchestrator
        .execute_workflow(workflow.id, &definition)
        .await?;
    let progress = orchestrator.get_workflow_progress(workflow.id).await?;
    println!(
        "Status: {}, Progress: {}%",
        progress.status, progress.progress
    );
    assert_eq!(done.status, WorkflowStatus::Completed);
    assert_eq!((progress.progress, progress.completed_tasks), (100, 5));
    orchestrator.shutdown().await;
    Ok(())
}
