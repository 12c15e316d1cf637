//! Start, pause, resume, cancel and recover, in every state.

use std::time::Instant;

use reqwest::Method;
use serde_json::{Value, json};

use crate::fixture::{Api, PATIENCE, Server, ask, failing, quick, waiting};

/// A workflow in this state; what waits in it waits longer than the test takes.
pub async fn in_state(api: &Api<'_>, state: &str) -> i64 {
    let definition = match state {
        "failed" => failing(),
        "completed" => quick(),
        _ => waiting(600.0),
    };
    let id = api.create(&definition, state != "pending").await;
    if matches!(state, "running" | "paused" | "cancelled") {
        until_it_waits(api, id).await;
    }
    match state {
        "paused" => drop(api.verb(id, "pause").await.ok()),
        "cancelled" => drop(api.verb(id, "cancel").await.ok()),
        _ => {}
    }
    api.until(id, state).await;
    id
}

/// Nothing more happens by itself once the first step waits for its moment.
async fn until_it_waits(api: &Api<'_>, id: i64) {
    let begun = Instant::now();
    loop {
        let progress = api.get(&format!("/workflows/{id}/progress")).await.ok();
        if progress["tasks"][0]["waits_until"].is_string() {
            return;
        }
        assert!(begun.elapsed() < PATIENCE, "{progress}");
        tokio::time::sleep(std::time::Duration::from_millis(10)).await;
    }
}

#[tokio::test]
async fn each_command_answers_as_the_table_of_commands_by_state_says() {
    let server = Server::start();
    let api = server.api("editor");
    // Columns: start, resume, pause, cancel. A word is the state afterwards; 409 is a refusal.
    let table = [
        ("pending", ["running", "409", "409", "cancelled"]),
        ("running", ["running", "running", "paused", "cancelled"]),
        ("paused", ["running", "running", "paused", "cancelled"]),
        ("failed", ["409", "409", "409", "409"]),
        ("completed", ["409", "409", "409", "409"]),
        ("cancelled", ["409", "409", "409", "cancelled"]),
    ];
    for (state, row) in table {
        for (verb, expected) in ["start", "resume", "pause", "cancel"].into_iter().zip(row) {
            let id = in_state(&api, state).await;
            let before = api.get(&format!("/workflows/{id}")).await.ok();
            let answer = api.verb(id, verb).await;
            if expected == "409" {
                let problem = answer.problem(409);
                assert_eq!(
                    (&problem["state"], &problem["trigger"]),
                    (&json!(state), &json!(verb))
                );
                let after = api.get(&format!("/workflows/{id}")).await.ok();
                assert_eq!(after["events"], before["events"], "{state} {verb}");
            } else {
                answer.ok();
                let after = api.until(id, expected).await;
                if expected == state {
                    assert_eq!(after["events"], before["events"], "{state} {verb}");
                }
            }
        }
    }
}

#[tokio::test]
async fn recovery_does_a_step_again_within_its_budget() {
    let server = Server::start();
    let api = server.api("editor");
    let id = in_state(&api, "failed").await;
    for wrong in [
        json!({}),
        json!({"from_step": null}),
        json!({"from_step": "0"}),
        json!({"from_step": -1}),
        json!({"from_step": 0.5}),
        json!({"from_step": 9}),
    ] {
        let answer = api.post(&format!("/workflows/{id}/recover"), &wrong).await;
        assert_eq!(answer.pointers(), ["#/from_step"], "{wrong}");
    }
    let empty = ask(api.request(Method::POST, &format!("/workflows/{id}/recover"))).await;
    assert_eq!(empty.pointers(), ["#/from_step"]);
    let recovered = api.recover(id, 0).await.ok();
    assert_eq!(recovered["recovery_attempts"], 1);
    api.until(id, "failed").await;
    let spent = api.recover(id, 0).await.problem(409);
    assert_eq!(
        (&spent["state"], &spent["trigger"]),
        (&json!("failed"), &json!("recover"))
    );
    let pending = in_state(&api, "pending").await;
    let refused = api.recover(pending, 0).await.problem(409);
    assert_eq!(
        (&refused["state"], &refused["trigger"]),
        (&json!("pending"), &json!("recover"))
    );
    api.recover(999, 0).await.problem(404);
}

#[tokio::test]
async fn a_recovery_may_settle_its_step_with_an_output_instead_of_doing_it_again() {
    let server = Server::start();
    let api = server.api("editor");
    let id = in_state(&api, "failed").await;
    let recover = format!("/workflows/{id}/recover");
    for wrong in [
        json!("done"),
        json!({}),
        json!({"outputs": 1}),
        json!(["skip"]),
    ] {
        let body = json!({"from_step": 0, "instead": wrong});
        assert_eq!(api.post(&recover, &body).await.pointers(), ["#/instead"]);
    }
    let body =
        json!({"from_step": 0, "instead": {"output": {"rows": 3}}, "reason": "done by hand"});
    api.post(&recover, &body).await.ok();
    api.until(id, "completed").await;
    let task = api.get(&format!("/workflows/{id}/tasks/0")).await.ok();
    assert_eq!(task["output"], json!({"rows": 3}));
    assert_eq!(task["attempts"].as_array().map(Vec::len), Some(1));
}

#[tokio::test]
async fn a_verb_takes_no_body_or_an_empty_object_of_any_content_type() {
    let server = Server::start();
    let api = server.api("operator");
    let editor = server.api("editor");
    let id = editor.create(&waiting(600.0), false).await;
    let post = |body: &'static str| {
        let path = format!("/workflows/{id}/start");
        ask(api
            .request(Method::POST, &path)
            .body(body)
            .header("content-type", "text/plain"))
    };
    for body in ["", "  \n", "{}"] {
        post(body).await.ok();
    }
    assert_eq!(post("{\"force\": true}").await.pointers(), ["#/force"]);
    assert_eq!(post("[]").await.pointers(), ["#"]);
    assert_eq!(post("null").await.pointers(), ["#"]);
    post("{").await.problem(400);
}

#[tokio::test]
async fn a_cancel_is_answered_at_once_and_while_it_is_carried_out_everything_else_is_refused() {
    let server = Server::start();
    let api = server.api("editor");
    // When it is told to end it takes its time, until it may.
    let gate = server.folder.path().join("gate");
    let script = format!(
        "trap 'until [ -e {} ]; do sleep 0.05; done; exit 1' TERM; echo up; while :; do sleep 0.1; done",
        gate.display()
    );
    let stubborn: Value = json!({"name": "Stubborn", "steps": [{
        "name": "S", "task_type": "command", "max_retries": 0,
        "config": {"program": "sh", "args": ["-c", script]}
    }]});
    let id = api.create(&stubborn, true).await;
    let begun = Instant::now();
    loop {
        let log = api.get(&format!("/workflows/{id}/tasks/0/log")).await.ok();
        if log["items"]
            .as_array()
            .unwrap()
            .iter()
            .any(|line| line["text"] == "up")
        {
            break;
        }
        assert!(begun.elapsed() < PATIENCE, "the step never began: {log}");
        tokio::time::sleep(std::time::Duration::from_millis(20)).await;
    }
    let answer = api.verb(id, "cancel").await.ok();
    assert_eq!(
        (&answer["status"], &answer["cancel_requested"]),
        (&json!("running"), &json!(true))
    );
    let refused = api.verb(id, "pause").await.problem(409);
    assert_eq!(
        (&refused["state"], &refused["trigger"]),
        (&json!("running"), &json!("pause"))
    );
    api.verb(id, "cancel").await.ok();
    std::fs::write(gate, "").unwrap();
    api.until(id, "cancelled").await;
}
