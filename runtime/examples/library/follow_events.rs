//! Following a workflow event by event, and going on from a number that is known.

use runtime::{Event, JobId, JobOrchestrator, Runtime, WorkflowDefinition, WorkflowStep, json};

use super::Outcome;

/// Prints what happens as it happens.
pub async fn run() -> Outcome {
    let orchestrator = Runtime::builder().in_memory().start().await?;
    let definition = WorkflowDefinition::new("Followed")
        .step(WorkflowStep::new("Download", "download", |cx| async move {
            cx.report_progress(0.3);
            Ok(json!({ "count": 1000 }))
        }))
        .step(WorkflowStep::new("Validate", "validate", |_cx| async { Ok(()) }).dependencies([0]));
    let workflow = orchestrator
        .create_workflow(JobId(1), definition, None)
        .await?;
    orchestrator.start_workflow(workflow.id).await?;

    let mut events = orchestrator.follow(workflow.id, 0);
    let mut outputs = Vec::new();
    while let Some(record) = events.next().await? {
        println!("{:>3} {} {}", record.seq, record.at, record.event.kind());
        if let Event::TaskCompleted { output, .. } = record.event {
            outputs.push(output);
        }
    }
    assert_eq!(outputs, [json!({ "count": 1000 }), json!({})]);

    // Whoever knows the numbers up to here gets what comes after, none missing and none twice.
    let mut rest = orchestrator.follow(workflow.id, events.position() - 1);
    let last = rest.next().await?.map(|record| record.event.kind());
    assert_eq!(last, Some("WorkflowCompleted"));
    assert_eq!(rest.next().await?, None);
    Ok(())
}
