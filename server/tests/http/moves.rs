//! The streams beside those of one workflow: what moves in the list, and the log of a step.

use reqwest::Method;
use serde_json::json;

use crate::fixture::{Api, Server, ask, quick, waiting};
use crate::frames::Frames;

async fn moves(api: &Api<'_>) -> Frames {
    Frames::open(api.request(Method::GET, "/workflows/events")).await
}

#[tokio::test]
async fn the_stream_of_the_list_names_what_is_active_and_then_every_workflow_that_moves() {
    let server = Server::start();
    let api = server.api("editor");
    let active = api.create(&waiting(600.0), true).await;
    api.create(&quick(), false).await;
    let rev = api.until(active, "running").await["events"].clone();
    let mut frames = moves(&api).await;
    let (id, kind, snapshot) = frames.next_bare().await;
    assert_eq!((id, kind.as_str()), (None, "snapshot"));
    let named = json!({"workflow_id": active, "rev": snapshot["workflows"][0]["rev"]});
    assert_eq!(snapshot["workflows"], json!([named]));
    assert!(snapshot["workflows"][0]["rev"].as_u64() >= rev.as_u64());

    let moved = api.create(&quick(), true).await;
    let last = api.until(moved, "completed").await["events"].clone();
    let mut known = 0;
    while known < last.as_u64().unwrap() {
        let (id, kind, hint) = frames.next_bare().await;
        assert_eq!((id, kind.as_str()), (None, "hint"));
        if hint["workflow_id"] == moved {
            let rev = hint["rev"].as_u64().unwrap();
            assert!(rev > known, "{hint}");
            known = rev;
        } else {
            assert_eq!(hint["workflow_id"], active);
        }
    }
    assert_eq!(last, known);
    ask(api.request(Method::GET, "/workflows/events?after=1"))
        .await
        .problem(400);
}

#[tokio::test]
async fn the_stream_of_a_log_gives_each_line_once_as_it_is_written_and_goes_on_where_it_was_left() {
    let server = Server::start();
    let api = server.api("editor");
    let gate = server.folder.path().join("gate");
    let script = "echo one; echo two; until [ -e \"$GATE\" ]; do sleep 0.05; done; echo three";
    let config =
        json!({"program": "sh", "args": ["-c", script], "env": {"GATE": gate.to_str().unwrap()}});
    let steps = json!([{"name": "Say", "task_type": "command", "config": config}]);
    let id = api
        .create(&json!({"name": "Log", "steps": steps}), true)
        .await;
    let log = |query: &str| {
        let path = format!("/workflows/{id}/tasks/0/log/events{query}");
        api.request(Method::GET, &path)
    };
    let mut frames = Frames::open(log("")).await;
    let mut lines = Vec::new();
    let mut until = async |text: &str| {
        loop {
            let (id, kind, line) = frames.next_bare().await;
            assert_eq!(kind, "line");
            assert_eq!(line["number"].as_u64(), id);
            let is_it = line["text"] == text;
            lines.push(line);
            if is_it {
                return id.unwrap();
            }
        }
    };
    let seen = until("two").await;
    std::fs::write(gate, "").unwrap();
    until("three").await;
    let numbers = lines.iter().map(|line| line["number"].as_u64().unwrap());
    assert_eq!(
        numbers.collect::<Vec<_>>(),
        (1..=lines.len() as u64).collect::<Vec<_>>()
    );
    let by_header = log("").header("last-event-id", seen.to_string());
    for request in [by_header, log(&format!("?after={seen}"))] {
        let mut rest = Frames::open(request).await;
        assert_eq!(rest.next_bare().await.0, Some(seen + 1));
    }
    ask(log("?after=x")).await.problem(400);
    let unknown = format!("/workflows/{id}/tasks/9/log/events");
    ask(api.request(Method::GET, &unknown)).await.problem(404);
}
