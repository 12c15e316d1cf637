//! What is written together: counted, not timed.

use engine::orchestrator::{DefinitionSource, NewWorkflowRequest};
use engine::{Actor, StepDefinition, WorkflowStatus, Workflows};
use serde_json::Map;

use crate::workbench::{Workbench, define, noop};

/// Each step after the one before it.
fn chain(length: usize) -> Vec<StepDefinition> {
    let link = |index: usize| {
        let before: Vec<_> = index.checked_sub(1).into_iter().collect();
        noop(&format!("Step {index}"), &before)
    };
    (0..length).map(link).collect()
}

#[tokio::test]
async fn a_chain_of_a_hundred_steps_costs_one_commit_a_step() {
    let bench = Workbench::new().await;
    let definition = define(&chain(100));
    let before = bench.runtime.commits();
    let request = NewWorkflowRequest {
        definition: DefinitionSource::Inline(definition.to_json()),
        job_id: None,
        parameters: Map::new(),
        metadata: Map::new(),
        start: true,
        command_id: None,
    };
    let submitted = bench.runtime.submit(&Actor::program(), request).await;
    let id = submitted.unwrap().id;
    let done = bench.runtime.execute_workflow(id, &definition).await;
    assert_eq!(done.unwrap().summary.status, WorkflowStatus::Completed);
    // The end can be read a moment before its commit is counted; after the stop all are.
    bench.runtime.shutdown().await;
    // The first makes the workflow, starts it and its first step; each of the others takes the end
    // of a step and starts the next one, or ends the workflow.
    assert_eq!(bench.runtime.commits() - before, 1 + 100);
}
