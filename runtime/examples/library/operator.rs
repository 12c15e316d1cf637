//! What operators do: skip a step, recover with force and settle the step it begins with, list, and
//! tell refusals apart. It needs no crate beside `runtime`.

use std::time::Duration;

use runtime::{
    Action, Actor, Instead, JobId, JobOrchestrator, JobOrchestratorError, Recovery, Refusal, Role,
    Runtime, StepError, WorkflowDefinition, WorkflowFilter, WorkflowId, WorkflowSelection,
    WorkflowStatus, WorkflowStep, Workflows, json,
};

use super::Outcome;

/// Two workflows that would not end by themselves.
pub async fn run() -> Outcome {
    let orchestrator = Runtime::builder().in_memory().start().await?;
    let ada = Actor::person("Ada", Role::Operator);

    let mirrors = start(&orchestrator, JobId(1), two_mirrors()).await?;
    until(&orchestrator, mirrors, "TaskRetryScheduled").await?;
    // Whoever decides what became of a step says why.
    let skip = Action::Skip { task: 1 }.because("the second mirror was given up");
    orchestrator.act(&ada, mirrors, skip).await?;
    until(&orchestrator, mirrors, "WorkflowCompleted").await?;

    let scan = start(&orchestrator, JobId(2), scan_and_publish()).await?;
    until(&orchestrator, scan, "TaskStarted").await?;
    // The step is stopped, and taken for done with an output that was found elsewhere.
    let recover = Action::Recover(Recovery {
        from_step: 0,
        force: true,
        instead: Some(Instead::Output(json!({ "pages": 12 }))),
    });
    let recover = recover.because("the pages were counted elsewhere");
    orchestrator.act(&ada, scan, recover).await?;
    until(&orchestrator, scan, "WorkflowCompleted").await?;
    let published = orchestrator.task(&ada, scan, 1).await?;
    assert_eq!(published.output, Some(json!(12)));

    let filter = WorkflowFilter {
        selection: WorkflowSelection::Status(WorkflowStatus::Completed),
        query: Some("mirror".into()),
        limit: 10,
        ..WorkflowFilter::default()
    };
    let page = orchestrator.list(&ada, &filter).await?;
    let found: Vec<_> = page.items.iter().map(|state| state.id).collect();
    assert_eq!((found, page.next), (vec![mirrors], None));

    let again = orchestrator.act(&ada, mirrors, Action::Pause.into()).await;
    match again {
        Err(JobOrchestratorError::Refused(Refusal::State { status, advice, .. })) => {
            println!("it is {status}: {advice}");
            assert_eq!(status, WorkflowStatus::Completed);
        }
        other => return Err(format!("it should have been refused: {other:?}").into()),
    }
    orchestrator.shutdown().await;
    Ok(())
}

/// One of two downloads does not come.
fn two_mirrors() -> WorkflowDefinition {
    WorkflowDefinition::new("Two mirrors")
        .step(WorkflowStep::new("First", "download", |_cx| async {
            Ok(json!({ "count": 1000 }))
        }))
        .step(
            WorkflowStep::new("Second", "download", |_cx| async {
                Err::<(), _>(StepError::transient("nobody answers"))
            })
            .max_retries(100),
        )
        .step(
            WorkflowStep::new("Merge", "merge", |cx| async move {
                Ok(cx.output("first")?.clone())
            })
            .dependencies([0, 1]),
        )
}

/// A scan that takes until somebody stops it.
fn scan_and_publish() -> WorkflowDefinition {
    WorkflowDefinition::new("Scan")
        .step(
            WorkflowStep::new("Scan", "scan", |cx| async move {
                cx.stopped().await;
                Err::<(), _>(StepError::Stopped)
            })
            .timeout(Duration::from_secs(3_600)),
        )
        .step(
            WorkflowStep::new("Publish", "publish", |cx| async move {
                Ok(cx.output("scan")?["pages"].clone())
            })
            .dependencies([0]),
        )
}

async fn start(
    orchestrator: &Runtime,
    job: JobId,
    definition: WorkflowDefinition,
) -> Result<WorkflowId, JobOrchestratorError> {
    let made = orchestrator.create_workflow(job, definition, None).await?;
    orchestrator.start_workflow(made.id).await?;
    Ok(made.id)
}

/// Waits for an event of this kind.
async fn until(orchestrator: &Runtime, id: WorkflowId, kind: &str) -> Outcome {
    let mut events = orchestrator.follow(id, 0);
    while let Some(record) = events.next().await? {
        if record.event.kind() == kind {
            return Ok(());
        }
    }
    Err(format!("workflow {id} ended without {kind}").into())
}
