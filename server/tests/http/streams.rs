//! Live events.

use std::time::{Duration, Instant};

use futures::StreamExt;
use reqwest::{Method, RequestBuilder, Response, StatusCode};
use serde_json::Value;

use crate::fixture::{Api, PATIENCE, Server, ask, quick, run, waiting};

/// A stream that is being read.
struct Frames {
    response: Response,
    buffer: String,
}

/// One frame.
#[derive(Debug)]
struct Frame {
    id: u64,
    event: String,
    data: Value,
    retry: Option<String>,
}

impl Frames {
    async fn open(request: RequestBuilder) -> Self {
        let response = request.send().await.unwrap();
        assert_eq!(response.status(), StatusCode::OK);
        let header = |name: &str| response.headers()[name].to_str().unwrap().to_owned();
        assert_eq!(header("content-type"), "text/event-stream");
        assert_eq!(header("cache-control"), "no-store");
        assert_eq!(header("x-accel-buffering"), "no");
        assert!(!response.headers().contains_key("content-encoding"));
        Self {
            response,
            buffer: String::new(),
        }
    }

    /// The next frame; none when the stream ends.
    async fn next(&mut self) -> Option<Frame> {
        loop {
            if let Some(end) = self.buffer.find("\n\n") {
                let text: String = self.buffer.drain(..end + 2).collect();
                if text.starts_with(':') {
                    continue;
                }
                return Some(read(&text));
            }
            let chunk = tokio::time::timeout(PATIENCE, self.response.chunk());
            let chunk = chunk.await.expect("nothing came").ok()??;
            self.buffer.push_str(std::str::from_utf8(&chunk).unwrap());
        }
    }

    /// Frames up to one of this kind.
    async fn until(&mut self, kind: &str) -> Vec<Frame> {
        let mut frames = Vec::new();
        loop {
            frames.push(self.next().await.expect("the stream ended"));
            if frames.last().unwrap().event == kind {
                return frames;
            }
        }
    }
}

fn read(text: &str) -> Frame {
    let field = |name: &str| {
        let lines = text.lines().filter_map(|line| line.split_once(": "));
        let found = lines
            .filter(|(field, _)| *field == name)
            .map(|(_, value)| value.to_owned());
        found.collect::<Vec<_>>()
    };
    let data: Value = serde_json::from_str(&field("data").concat()).unwrap();
    let frame = Frame {
        id: field("id")[0].parse().unwrap(),
        event: field("event").remove(0),
        data,
        retry: field("retry").into_iter().next(),
    };
    assert_eq!(frame.data["seq"], frame.id, "{frame:?}");
    assert_eq!(frame.data["kind"], frame.event, "{frame:?}");
    assert!(frame.data["at"].as_str().unwrap().ends_with('Z'));
    frame
}

fn stream(api: &Api<'_>, id: i64, query: &str) -> RequestBuilder {
    api.request(Method::GET, &format!("/workflows/{id}/events{query}"))
}

fn ids(frames: &[Frame]) -> Vec<u64> {
    frames.iter().map(|frame| frame.id).collect()
}

#[tokio::test]
async fn a_snapshot_comes_first_and_then_every_event_after_it() {
    let server = Server::start();
    let api = server.api("editor");
    let id = api.create(&quick(), false).await;
    let mut frames = Frames::open(stream(&api, id, "")).await;
    let first = frames.next().await.unwrap();
    assert_eq!((first.event.as_str(), first.id), ("snapshot", 1));
    assert_eq!(first.retry.as_deref(), Some("2000"));
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
    let mut all = Frames::open(stream(&api, id, "?after=0")).await;
    let all = all.until("WorkflowCompleted").await;
    assert_eq!(all[0].event, "WorkflowCreated");
    assert_eq!(ids(&all), (1..=last).collect::<Vec<_>>());
    let request = stream(&api, id, "?after=0").header("last-event-id", (last - 1).to_string());
    let mut tail = Frames::open(request).await;
    assert_eq!(ids(&tail.until("WorkflowCompleted").await), [last]);
}

#[tokio::test]
async fn a_number_beyond_the_last_event_is_answered_by_a_reset_and_a_snapshot() {
    let server = Server::start();
    let api = server.api("editor");
    let id = api.create(&quick(), false).await;
    let mut frames = Frames::open(stream(&api, id, "?after=7")).await;
    let (reset, snapshot) = (frames.next().await.unwrap(), frames.next().await.unwrap());
    assert_eq!((reset.event.as_str(), reset.id), ("reset", 1));
    assert_eq!((snapshot.event.as_str(), snapshot.id), ("snapshot", 1));
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
    let bad = stream(&api, id, "?after=0").header("last-event-id", "x");
    ask(bad).await.problem(400);
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
