//! Workflows of a Rust program on the same file: their closures are not in this server.

use engine::JobOrchestrator;
use runtime::{JobId, StepError, WorkflowDefinition, WorkflowStep};
use serde_json::json;

use crate::examined::{Examined, roomy};
use crate::fixture::Server;
use crate::quarantine::change;

/// A server on a data folder where a program left a workflow whose first step it was carrying out.
pub async fn left_by_a_program() -> (Server, i64) {
    let folder = Examined::new();
    let file = folder.path().join("job-orchestrator.db");
    let settings = runtime::Settings {
        drain: std::time::Duration::ZERO,
        ..runtime::Settings::default()
    };
    let builder = roomy().sqlite(file).settings(settings);
    let program = builder.start().await.unwrap();
    let definition = WorkflowDefinition::new("Of a program").step(WorkflowStep::new(
        "Count",
        "count",
        |cx| async move {
            cx.stopped().await;
            Err::<(), _>(StepError::Stopped)
        },
    ));
    let created = program.create_workflow(JobId(1), &definition, None).await;
    let id = created.unwrap().id;
    program.start_workflow(id).await.unwrap();
    program.shutdown().await;
    drop(program);
    (Server::start_with(folder, &["--allow-commands"]), id.0)
}

#[tokio::test]
async fn a_workflow_whose_closures_are_in_another_program_waits_and_says_for_what() {
    let (server, id) = left_by_a_program().await;
    let api = server.api("editor");
    let progress = api.get(&format!("/workflows/{id}/progress")).await.ok();
    assert_eq!(progress["status"], "running");
    assert_eq!(progress["tasks"][0]["status"], "queued");
    assert_eq!(progress["tasks"][0]["waits_for"], "handler");
    let log = api.get(&format!("/workflows/{id}/tasks/0/log")).await.ok();
    let lines = log["items"].as_array().unwrap();
    let told = "waits for its handler, which no program has registered here";
    assert!(lines.iter().any(|line| line["text"] == told), "{log}");
    // It is an ordinary workflow otherwise.
    api.verb(id, "cancel").await.ok();
    api.until(id, "cancelled").await;
}

#[tokio::test]
async fn what_came_too_late_is_among_the_attempts_of_the_task() {
    let folder = Examined::new();
    let file = folder.path().join("job-orchestrator.db");
    let program = roomy().sqlite(file).start().await.unwrap();
    let deaf = WorkflowStep::new("Deaf", "count", |cx| async move {
        cx.stopped().await;
        Ok(json!({"count": 41}))
    });
    let deaf = deaf
        .timeout(std::time::Duration::from_millis(100))
        .max_retries(0);
    let definition = WorkflowDefinition::new("Late").step(deaf);
    let created = program.create_workflow(JobId(1), &definition, None).await;
    let id = created.unwrap().id;
    program.execute_workflow(id, &definition).await.unwrap();
    program.shutdown().await;
    drop(program);
    let server = Server::start_with(folder, &[]);
    let api = server.api("viewer");
    let task = api.get(&format!("/workflows/{id}/tasks/0")).await.ok();
    let attempt = &task["attempts"][0];
    assert_eq!(
        (&attempt["outcome"], &attempt["output"]),
        (&json!("late"), &json!({"count": 41})),
        "{task}"
    );
    assert_eq!(task["output"], json!(null), "it is not applied");
    let path = format!("/workflows/{id}/tasks/0/attempts");
    let alone = api.get(&format!("{path}/1")).await.ok();
    assert_eq!(alone, *attempt);
    for none in [2, 4_294_967_297_u64] {
        api.get(&format!("{path}/{none}")).await.problem(404);
    }
    // A large one is given alone, and stood for in the list.
    let large = json!("x".repeat(9_000));
    let held = format!("UPDATE attempts SET output = '{large}' WHERE workflow_id = {id}");
    server
        .folder
        .is_damaged("what an attempt gave is another thing than its event tells");
    change(server.folder.path(), &held).await;
    let task = api.get(&format!("/workflows/{id}/tasks/0")).await.ok();
    let stands = json!({"not_in_event": true, "bytes": 9_002});
    assert_eq!(task["attempts"][0]["output"], stands);
    let alone = api.get(&format!("{path}/1")).await.ok();
    assert_eq!(alone["output"], large);
}

#[tokio::test]
async fn a_definition_that_is_sent_cannot_claim_a_closure() {
    let server = Server::start();
    let api = server.api("editor");
    let step = json!({"name": "A", "task_type": "count", "handler": "closure"});
    let definition = json!({"name": "Sent", "steps": [step]});
    let answer = api.post("/definitions", &definition).await;
    assert_eq!(answer.pointers(), ["#/steps/0/handler"]);
}
