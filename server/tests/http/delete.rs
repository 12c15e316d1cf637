//! Deleting workflows over HTTP: in every state, by every role, again, at once with others, and who is
//! told.

use futures::future::join_all;
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};

use crate::commands::in_state;
use crate::figures;
use crate::fixture::{Answer, Api, Server, ask, failing, quick};
use crate::frames::{Frames, stream};

async fn delete(api: &Api<'_>, id: i64, key: Option<&str>, body: Option<&Value>) -> Answer {
    let mut request = api.request(Method::DELETE, &format!("/workflows/{id}"));
    if let Some(key) = key {
        request = request.header("Idempotency-Key", key);
    }
    if let Some(body) = body {
        request = request.json(body);
    }
    ask(request).await
}

async fn listed(api: &Api<'_>, query: &str) -> Vec<i64> {
    let page = api.get(&format!("/workflows{query}")).await.ok();
    let items = page["items"].as_array().unwrap();
    items
        .iter()
        .map(|one| one["workflow_id"].as_i64().unwrap())
        .collect()
}

#[tokio::test]
async fn what_is_over_or_was_never_started_is_deleted_and_the_rest_is_refused() {
    let server = Server::start();
    let api = server.api("editor");
    for state in ["running", "paused"] {
        let id = in_state(&api, state).await;
        let before = api.get(&format!("/workflows/{id}")).await.ok();
        let refused = delete(&api, id, None, None).await.problem(409);
        assert_eq!(refused["type"], "urn:job-orchestrator:problem:state");
        let told = (&refused["state"], &refused["trigger"]);
        assert_eq!(told, (&json!(state), &json!("delete")));
        assert_eq!(
            api.get(&format!("/workflows/{id}")).await.ok()["events"],
            before["events"]
        );
        api.verb(id, "cancel").await.ok();
        api.until(id, "cancelled").await;
        delete(&api, id, None, None).await.ok();
    }
    for state in ["pending", "failed", "completed", "cancelled"] {
        let id = in_state(&api, state).await;
        let before = api.get(&format!("/workflows/{id}")).await.ok();
        let body = json!({"reason": "in the way", "expected_rev": before["events"]});
        assert_eq!(
            delete(&api, id, None, Some(&body)).await.ok(),
            before,
            "{state}"
        );
        for path in [
            "",
            "/progress",
            "/tasks/0",
            "/tasks/0/log",
            "/tasks/0/attempts/1",
        ] {
            api.get(&format!("/workflows/{id}{path}"))
                .await
                .problem(404);
        }
        api.verb(id, "start").await.problem(404);
        api.recover(id, 0).await.problem(404);
        delete(&api, id, None, None).await.problem(404);
    }
    for query in [
        "",
        "?status=failed",
        "?status=recoverable",
        "?status=active",
        "?q=a",
    ] {
        assert_eq!(listed(&api, query).await, [0; 0], "{query}");
    }
}

#[tokio::test]
async fn only_an_editor_deletes_and_what_is_sent_wrong_deletes_nothing() {
    let server = Server::start();
    let editor = server.api("editor");
    let id = editor.create(&quick(), false).await;
    let path = format!("/workflows/{id}");
    ask(server.request(Method::DELETE, &format!("/api/v1{path}")))
        .await
        .problem(401);
    for role in ["viewer", "operator"] {
        let refused = delete(&server.api(role), id, None, None).await.problem(403);
        assert!(
            refused["detail"].as_str().unwrap().contains("editor"),
            "{refused}"
        );
    }
    ask(editor.request(Method::DELETE, &format!("{path}?force=true")))
        .await
        .problem(400);
    ask(editor.request(Method::DELETE, "/workflows/one"))
        .await
        .problem(400);
    for (body, pointer) in [
        (json!({"force": true}), "#/force"),
        (json!({"reason": " "}), "#/reason"),
        (json!({"expected_rev": -1}), "#/expected_rev"),
    ] {
        let refused = delete(&editor, id, None, Some(&body)).await;
        assert_eq!(refused.pointers(), [pointer]);
    }
    let stale = delete(&editor, id, None, Some(&json!({"expected_rev": 7}))).await;
    assert_eq!(
        stale.problem(409)["type"],
        "urn:job-orchestrator:problem:stale_view"
    );
    delete(&editor, 99, None, None).await.problem(404);
    assert_eq!(listed(&editor, "").await, [id]);
    delete(&editor, id, None, None).await.ok();
    // An owner may what an editor may.
    let other = editor.create(&quick(), false).await;
    delete(&server.api("owner"), other, None, None).await.ok();
}

#[tokio::test]
async fn what_is_deleted_five_times_at_once_under_one_id_has_one_answer_and_so_it_has_later() {
    let server = Server::start();
    let api = server.api("editor");
    for round in 0..10 {
        let id = api.create(&quick(), false).await;
        let key = format!("delete-{round}");
        let asked = (0..5).map(|_| delete(&api, id, Some(&key), None));
        let answers: Vec<Value> = join_all(asked).await.iter().map(Answer::ok).collect();
        assert!(answers.iter().all(|one| *one == answers[0]), "{answers:#?}");
        assert_eq!(answers[0]["workflow_id"], id);
        assert_eq!(delete(&api, id, Some(&key), None).await.ok(), answers[0]);
        delete(&api, id, Some("another"), None).await.problem(404);
        let next = api.create(&quick(), false).await;
        let reused = delete(&api, next, Some(&key), None).await.problem(422);
        assert_eq!(
            reused["type"],
            "urn:job-orchestrator:problem:command_id_reused"
        );
        assert!(next > id, "a number is not given out again");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn of_a_deletion_and_a_recovery_at_once_one_wins_and_the_other_is_told() {
    const ROUNDS: usize = 40;
    let server = Server::start();
    let api = &server.api("editor");
    let mut deleted_first = 0;
    for _ in 0..ROUNDS {
        let id = api.create(&failing(), true).await;
        api.until(id, "failed").await;
        let (deleted, recovered) = tokio::join!(delete(api, id, None, None), api.recover(id, 0));
        if deleted.status.is_success() {
            recovered.problem(404);
            api.get(&format!("/workflows/{id}")).await.problem(404);
            deleted_first += 1;
        } else {
            recovered.ok();
            let refused = deleted.problem(409);
            assert_eq!(refused["trigger"], "delete");
            api.until(id, "failed").await;
        }
    }
    figures::tell(format!(
        "races of the program: {ROUNDS} deletions against recoveries: the deletion first {deleted_first} \
         times, the recovery {}; the other was refused each time",
        ROUNDS - deleted_first
    ));
}

#[tokio::test]
async fn whoever_follows_a_workflow_that_is_deleted_is_told_that_it_is_gone_and_the_stream_ends() {
    let server = Server::start();
    let api = server.api("editor");
    let id = api.create(&quick(), false).await;
    let mut streams = Vec::new();
    for query in ["", "?after=0", "?after=1"] {
        streams.push(Frames::open(stream(&api, id, query)).await);
    }
    streams[0].until("snapshot").await;
    streams[1].until("WorkflowCreated").await;
    let mut list = Frames::open(api.request(Method::GET, "/workflows/events")).await;
    assert!(list.block().await.unwrap().contains("snapshot"));
    delete(&api, id, None, None).await.ok();
    for mut frames in streams {
        let gone = frames.next().await.unwrap();
        assert_eq!((gone.event.as_str(), gone.id), ("gone", 1));
        assert!(frames.next().await.is_none(), "the stream ends");
    }
    let mut hint = String::new();
    while !hint.contains(&format!("\"workflow_id\":{id}")) {
        hint = list.block().await.unwrap();
    }
    for query in ["", "?after=1"] {
        let again = ask(stream(&api, id, query)).await;
        assert_eq!(again.status, StatusCode::NOT_FOUND);
    }
}

#[tokio::test]
async fn whoever_follows_the_log_of_a_step_that_is_deleted_hears_its_end() {
    let server = Server::start();
    let api = server.api("editor");
    let id = in_state(&api, "failed").await;
    let path = format!("/workflows/{id}/tasks/0/log/events");
    let mut log = Frames::open(api.request(Method::GET, &path)).await;
    assert!(log.block().await.unwrap().contains("line"));
    delete(&api, id, None, None).await.ok();
    while log.block().await.is_some() {}
    ask(api.request(Method::GET, &path)).await.problem(404);
}
