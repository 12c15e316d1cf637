//! Live events.

use std::time::{Duration, Instant};

use futures::StreamExt;
use reqwest::{Method, StatusCode};
use serde_json::Value;

use crate::fixture::{Server, ask, quick, run, waiting};
use crate::frames::{Frames, ids, stream};

#[tokio::test]
async fn a_snapshot_comes_first_and_then_every_event_after_it() {
    let server = Server::start();
    let api = server.api("editor");
    let id = api.create(&quick(), false).await;
    let mut frames = Frames::open(stream(&api, id, "")).await;
    let first = frames.next().await.unwrap();
    assert_eq!((first.event.as_str(), first.id), ("snapshot", 1));
    let retry: u64 = first.retry.unwrap().parse().unwrap();
    assert!((2_000..3_000).contains(&retry), "{retry}");
    assert_eq!(first.data["progress"]["events"], 1);
    assert_eq!(first.data["progress"]["tasks"].as_array().unwrap().len(), 2);
    api.verb(id, "start").await.ok();
    let rest = frames.until("WorkflowCompleted").await;
    let numbers = ids(&rest);
    assert_eq!(numbers, (2..2 + numbers.len() as u64).collect::<Vec<_>>());
    let completed = rest
        .iter()
        .find(|frame| frame.event == "TaskCompleted")
        .unwrap();
    assert_eq!(completed.data["task"], 0);
}

#[tokio::test]
async fn the_whole_history_and_any_part_of_it_can_be_read_again() {
    let server = Server::start();
    let api = server.api("editor");
    let id = api.create(&quick(), true).await;
    let last = api.until(id, "completed").await["events"].as_u64().unwrap();
    let by_header = stream(&api, id, "").header("last-event-id", "0");
    for request in [stream(&api, id, "?after=0"), by_header] {
        let mut all = Frames::open(request).await;
        let all = all.until("WorkflowCompleted").await;
        assert_eq!(all[0].event, "WorkflowCreated");
        assert_eq!(ids(&all), (1..=last).collect::<Vec<_>>());
    }
    let request = stream(&api, id, "?after=0").header("last-event-id", (last - 1).to_string());
    let mut tail = Frames::open(request).await;
    assert_eq!(ids(&tail.until("WorkflowCompleted").await), [last]);
}

#[tokio::test]
async fn a_number_beyond_the_last_event_is_answered_by_a_reset_and_a_snapshot_and_then_the_rest() {
    let server = Server::start();
    let api = server.api("editor");
    let id = api.create(&quick(), false).await;
    let with = |query: &str| stream(&api, id, query);
    let header = |value: &str| with("").header("last-event-id", value);
    let mut streams = Vec::new();
    for request in [
        with("?after=7"),
        header("2"),
        // More than any number holds.
        header("99999999999999999999999"),
    ] {
        let mut frames = Frames::open(request).await;
        let (reset, snapshot) = (frames.next().await.unwrap(), frames.next().await.unwrap());
        assert_eq!((reset.event.as_str(), reset.id), ("reset", 1));
        assert!(reset.retry.is_some() && snapshot.retry.is_none());
        assert_eq!((snapshot.event.as_str(), snapshot.id), ("snapshot", 1));
        assert_eq!(snapshot.data["progress"]["events"], 1);
        streams.push(frames);
    }
    api.verb(id, "start").await.ok();
    for mut frames in streams {
        let rest = ids(&frames.until("WorkflowCompleted").await);
        assert_eq!(rest, (2..2 + rest.len() as u64).collect::<Vec<_>>());
    }
}

#[tokio::test]
async fn whoever_names_the_last_event_gets_no_snapshot_but_the_next_event() {
    let server = Server::start();
    let api = server.api("editor");
    let id = api.create(&quick(), false).await;
    let mut streams = Vec::new();
    for value in ["1", "001"] {
        let request = stream(&api, id, "").header("last-event-id", value);
        streams.push(Frames::open(request).await);
    }
    api.verb(id, "start").await.ok();
    for mut frames in streams {
        let first = frames.next().await.unwrap();
        assert_eq!((first.event.as_str(), first.id), ("WorkflowStarted", 2));
    }
}

#[tokio::test]
async fn a_number_that_is_none_is_400_and_an_unknown_workflow_404() {
    let server = Server::start();
    let api = server.api("editor");
    let id = api.create(&quick(), false).await;
    for bad in ["abc", "-1", "1.5", "", "%2B1"] {
        ask(stream(&api, id, &format!("?after={bad}")))
            .await
            .problem(400);
    }
    let bad: [&[u8]; 9] = [
        b"x",
        b"-1",
        b"+1",
        b"1.5",
        b"1e3",
        b"0x1",
        b"1 2",
        b"",
        b"\xff\xfe",
    ];
    for bad in bad {
        let request = stream(&api, id, "?after=0").header("last-event-id", bad);
        let problem = ask(request).await.problem(400);
        let detail = problem["detail"].as_str().unwrap();
        assert!(detail.contains("Last-Event-ID"), "{detail}");
    }
    ask(stream(&api, 999, "")).await.problem(404);
    let stranger = server.get("/events/workflows/1").await;
    assert_eq!(stranger.status, StatusCode::UNAUTHORIZED);
}

#[tokio::test]
async fn readers_who_connect_at_any_moment_miss_and_double_nothing() {
    let server = Server::start();
    let api = server.api("editor");
    let steps: Vec<Value> = (0..40)
        .map(|n| {
            serde_json::json!({"name": format!("S{n}"), "task_type": "noop",
            "dependencies": if n == 0 { vec![] } else { vec![n - 1] }})
        })
        .collect();
    let chain = serde_json::json!({"name": "Chain", "steps": steps});
    let id = api.create(&chain, false).await;
    let readers: Vec<_> = (0..8).map(|_| stream(&api, id, "")).collect();
    let started = api.verb(id, "start");
    let reading = futures::stream::iter(readers)
        .map(async |request| {
            let mut frames = Frames::open(request).await;
            let first = frames.next().await.unwrap();
            let is_over = first.data["progress"]["status"] == "completed";
            let rest = if is_over {
                vec![]
            } else {
                frames.until("WorkflowCompleted").await
            };
            (first.id, ids(&rest))
        })
        .buffer_unordered(8)
        .collect::<Vec<_>>();
    let (started, read) = tokio::join!(started, reading);
    started.ok();
    let last = api.until(id, "completed").await["events"].as_u64().unwrap();
    assert_eq!(read.len(), 8);
    for (first, rest) in read {
        assert_eq!(rest, (first + 1..=last).collect::<Vec<_>>());
    }
}

#[tokio::test]
async fn a_stream_ends_soon_after_its_token_is_taken_back_or_its_reader_signs_out() {
    let server = Server::start();
    server.user("ada", "viewer", "correct horse");
    let api = server.api("editor");
    let id = api.create(&waiting(600.0), true).await;
    let cookie = server.sign_in("ada", "correct+horse").await;
    let path = format!("/events/workflows/{id}");
    let with_cookie = || server.request(Method::GET, &path).header("cookie", &cookie);
    let mut page = Frames::open(with_cookie()).await;
    page.until("snapshot").await;
    let mut program = Frames::open(stream(&api, id, "")).await;
    program.until("snapshot").await;
    let left = Instant::now();
    let out = ask(server
        .request(Method::POST, "/logout")
        .header("cookie", &cookie))
    .await;
    assert_eq!(out.status, StatusCode::SEE_OTHER);
    while page.next().await.is_some() {}
    assert!(
        left.elapsed() < Duration::from_secs(5),
        "{:?}",
        left.elapsed()
    );
    assert_eq!(ask(with_cookie()).await.status, StatusCode::UNAUTHORIZED);
    let removed = Instant::now();
    assert!(
        run(
            server.folder.path(),
            &["token", "remove", "--name", "tester"],
            ""
        )
        .status
        .success()
    );
    while program.next().await.is_some() {}
    assert!(
        removed.elapsed() < Duration::from_secs(6),
        "{:?}",
        removed.elapsed()
    );
}
