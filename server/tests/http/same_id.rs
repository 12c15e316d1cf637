//! Starts that come more than once under the same id.

use futures::future::join_all;
use reqwest::Method;
use serde_json::{Value, json};

use crate::event_table;
use crate::fixture::{Answer, Server, ask, quick};

const AT_ONCE: usize = 20;

/// There, calls that came with the id of a workflow that was still under way carried it out once
/// more, all of them side by side.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn dbos_544_same_id_parallel() {
    let server = Server::start();
    let api = &server.api("editor");
    let witness = server.folder.path().join("witness");
    let script = format!("echo begun >>{}", witness.display());
    let definition = json!({"name": "Witnessed", "steps": [{
        "name": "Write", "task_type": "command", "config": {"program": "sh", "args": ["-c", script]}
    }]});
    let times = || std::fs::read_to_string(&witness).unwrap().lines().count();

    let body = json!({"definition": definition, "start": true});
    let sent = (0..AT_ONCE).map(|_| api.keyed("/workflows", "the-same", &body));
    let answers: Vec<Value> = join_all(sent).await.iter().map(Answer::ok).collect();
    assert!(answers.iter().all(|one| *one == answers[0]), "{answers:#?}");
    let id = answers[0]["workflow_id"].as_i64().unwrap();
    api.until(id, "completed").await;
    assert_eq!(times(), 1);

    // The number of a workflow is an id of it as well, and a start needs no other.
    let other = api.create(&definition, false).await;
    let sent = join_all((0..AT_ONCE).map(|_| api.verb(other, "start"))).await;
    let taken = sent.iter().filter(|answer| answer.status.is_success());
    assert!(taken.count() > 0);
    api.until(other, "completed").await;
    assert_eq!(times(), 2);

    let table = event_table::read(&server).await;
    assert_eq!(table.keys().copied().collect::<Vec<_>>(), [id, other]);
    for events in table.values() {
        assert_eq!(event_table::count(events, "WorkflowStarted"), 1);
        assert_eq!(event_table::count(events, "TaskStarted"), 1);
    }
}

/// Whose an id is says not the name alone: the token of the fixture is called as this person is.
#[tokio::test]
async fn a_token_and_a_person_of_one_name_have_ids_of_their_own() {
    let server = Server::start();
    server.user("tester", "editor", "correct horse");
    let cookie = server.sign_in("tester", "correct horse").await;
    let api = server.api("editor");
    let body = json!({"definition": quick()});
    let as_person = async || {
        let request = server
            .request(Method::POST, "/api/v1/workflows")
            .json(&body);
        let request = request.header("cookie", &cookie);
        let request = request.header("origin", &server.address);
        ask(request.header("Idempotency-Key", "the-same"))
            .await
            .ok()
    };
    let as_token = async || api.keyed("/workflows", "the-same", &body).await.ok();
    let (of_token, of_person) = (as_token().await, as_person().await);
    assert_ne!(of_token["workflow_id"], of_person["workflow_id"]);
    assert_eq!(as_token().await, of_token);
    assert_eq!(as_person().await, of_person);
}
