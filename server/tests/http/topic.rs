//! The log of a step that comes with the events of its workflow.

use std::path::PathBuf;
use std::time::{Duration, Instant};

use reqwest::Method;
use serde_json::{Value, json};
use tokio::time::timeout;

use crate::fixture::{Api, PATIENCE, Server, ask, quick, run};
use crate::frames::{Frames, stream};

/// A step that runs a shell script, which finds the path of a file in `$GATE`.
fn says(name: &str, script: &str, gate: &str) -> Value {
    let config = json!({"program": "sh", "args": ["-c", script], "env": {"GATE": gate}});
    json!({"name": name, "task_type": "command", "config": config, "max_retries": 0})
}

fn gate(server: &Server) -> (PathBuf, String) {
    let gate = server.folder.path().join("gate");
    let text = gate.to_str().unwrap().to_owned();
    (gate, text)
}

/// What came over one stream or several, one after the other.
#[derive(Default)]
struct Heard {
    /// The numbers of the events.
    events: Vec<u64>,
    kinds: Vec<String>,
    lines: Vec<Value>,
}

impl Heard {
    /// Takes the next frame. What the stream says is held against what it may say.
    async fn take(&mut self, frames: &mut Frames, step: u64) {
        let (id, kind, data) = frames.next_bare().await;
        if kind == "log" {
            assert_eq!(id, None, "{data}");
            assert_eq!(
                (&data["kind"], &data["task"]),
                (&json!("log"), &json!(step))
            );
            let lines = data["lines"].as_array().unwrap();
            assert!(!lines.is_empty());
            self.lines.extend(lines.iter().cloned());
        } else {
            assert_eq!(data["seq"].as_u64(), id, "{data}");
            self.events.push(id.unwrap());
            self.kinds.push(kind);
        }
    }

    async fn until(&mut self, frames: &mut Frames, step: u64, is_so: impl Fn(&Self) -> bool) {
        let begun = Instant::now();
        while !is_so(self) {
            // A stream that only says that it is alive goes on for ever.
            assert!(
                begun.elapsed() < PATIENCE,
                "{:?}: {:?}",
                self.kinds,
                self.lines
            );
            let took = timeout(PATIENCE, self.take(frames, step)).await;
            assert!(took.is_ok(), "{:?}: {:?}", self.kinds, self.lines);
        }
    }

    fn says(&self, text: &str) -> bool {
        self.lines.iter().any(|line| line["text"] == text)
    }

    fn has(&self, kind: &str) -> bool {
        self.kinds.iter().any(|one| one == kind)
    }

    fn last_line(&self) -> u64 {
        self.lines.last().unwrap()["number"].as_u64().unwrap()
    }

    /// Each line and each event once, in order, from these on.
    fn assert_whole(&self, event: u64, line: u64) {
        let events: Vec<_> = (event..).take(self.events.len()).collect();
        assert_eq!(self.events, events);
        let numbers = self
            .lines
            .iter()
            .map(|line| line["number"].as_u64().unwrap());
        let lines: Vec<_> = (line..).take(self.lines.len()).collect();
        assert_eq!(numbers.collect::<Vec<_>>(), lines);
    }
}

/// The whole log of a step, as it is kept.
async fn log(api: &Api<'_>, id: i64, step: u64) -> Vec<Value> {
    let path = format!("/workflows/{id}/tasks/{step}/log?limit=200");
    let log = api.get(&path).await.ok();
    assert_eq!(log["next_cursor"], Value::Null);
    log["items"].as_array().unwrap().clone()
}

#[tokio::test]
async fn the_log_of_a_step_comes_with_the_events_each_line_once_in_order_and_without_a_number() {
    let server = Server::start();
    let api = server.api("editor");
    let (gate, path) = gate(&server);
    let script = "echo one; echo two; until [ -e \"$GATE\" ]; do sleep 0.05; done; echo three";
    let steps = json!([says("Say", script, &path), says("Other", "echo other", "")]);
    let id = api
        .create(&json!({"name": "Log", "steps": steps}), true)
        .await;
    let mut frames = Frames::open(stream(&api, id, "?after=0&log_of=0")).await;
    let mut heard = Heard::default();
    heard.until(&mut frames, 0, |heard| heard.says("two")).await;
    let (event, line) = (heard.events.len() as u64, heard.last_line());
    std::fs::write(gate, "").unwrap();
    let is_over = |heard: &Heard| heard.says("three") && heard.has("WorkflowCompleted");
    heard.until(&mut frames, 0, is_over).await;
    heard.assert_whole(1, 1);
    assert_eq!(heard.lines, log(&api, id, 0).await);

    // Whoever comes back names the last event and the last line; the header wins over the address.
    let query = format!("?after=0&log_of=0&log_after={line}");
    let request = stream(&api, id, &query).header("last-event-id", event.to_string());
    let mut rest = Frames::open(request).await;
    let mut after = Heard::default();
    after.until(&mut rest, 0, is_over).await;
    after.assert_whole(event + 1, line + 1);
    assert_eq!(after.lines, heard.lines[line as usize..]);
}

#[tokio::test]
async fn a_long_log_comes_whole_to_pages_and_programs_of_every_role() {
    let server = Server::start();
    let api = server.api("editor");
    let step = says("Count", "seq 2000", "");
    let id = api
        .create(&json!({"name": "Long", "steps": [step]}), true)
        .await;
    api.until(id, "completed").await;
    server.user("ada", "viewer", "correct horse");
    let cookie = server.sign_in("ada", "correct+horse").await;
    let by_page = server.request(Method::GET, &format!("/events/workflows/{id}?log_of=0"));
    let by_viewer = stream(&server.api("viewer"), id, "?log_of=0&log_after=0");
    for request in [by_page.header("cookie", cookie), by_viewer] {
        let mut frames = Frames::open(request).await;
        let mut heard = Heard::default();
        heard
            .until(&mut frames, 0, |heard| heard.says("2000"))
            .await;
        assert_eq!(heard.kinds, ["snapshot"], "it comes before the log");
        heard.assert_whole(heard.events[0], 1);
        let counted = heard.lines.iter().filter(|line| line["stream"] == "stdout");
        let counted = counted.map(|line| line["text"].as_str().unwrap().parse().unwrap());
        assert_eq!(
            counted.collect::<Vec<u64>>(),
            (1..=2_000).collect::<Vec<_>>()
        );
    }
}

#[tokio::test]
async fn the_log_of_a_step_that_is_tried_again_and_done_again_goes_on_over_the_same_stream() {
    let server = Server::start_set("stream_heartbeat_seconds = 4");
    let api = server.api("editor");
    let (gate, path) = gate(&server);
    let mut step = says("Try", "echo trying; [ -e \"$GATE\" ]", &path);
    step["max_retries"] = 1.into();
    let definition = json!({"name": "Again", "max_recovery_attempts": 1, "steps": [step]});
    let id = api.create(&definition, false).await;
    let mut frames = Frames::open(stream(&api, id, "?after=0&log_of=0")).await;
    // Nothing more is said for so long that nobody looks for lines any more.
    while frames.block().await.unwrap() != ": heartbeat\n\n" {}
    api.verb(id, "start").await.ok();
    let mut heard = Heard::default();
    let has_failed = |heard: &Heard| heard.has("WorkflowFailed") && tries(heard) == [1, 2];
    heard.until(&mut frames, 0, has_failed).await;
    std::fs::write(gate, "").unwrap();
    api.recover(id, 0).await.ok();
    let is_done = |heard: &Heard| heard.has("WorkflowCompleted") && tries(heard) == [1, 2, 3];
    heard.until(&mut frames, 0, is_done).await;
    heard.assert_whole(2, 1);
    assert_eq!(heard.lines, log(&api, id, 0).await[..heard.lines.len()]);
}

/// The tries that said that they try.
fn tries(heard: &Heard) -> Vec<u64> {
    let said = heard.lines.iter().filter(|line| line["text"] == "trying");
    said.map(|line| line["attempt"].as_u64().unwrap()).collect()
}

#[tokio::test]
async fn a_stream_with_a_log_that_never_ends_ends_after_its_token_is_taken_back() {
    let server = Server::start();
    let api = server.api("editor");
    let step = says("Chat", "while :; do echo on and on; sleep 0.01; done", "");
    let id = api
        .create(&json!({"name": "Chat", "steps": [step]}), true)
        .await;
    let mut frames = Frames::open(stream(&api, id, "?log_of=0")).await;
    let mut heard = Heard::default();
    heard
        .until(&mut frames, 0, |heard| heard.says("on and on"))
        .await;
    let words = ["token", "remove", "--name", "tester"];
    assert!(run(server.folder.path(), &words, "").status.success());
    let removed = Instant::now();
    while frames.block().await.is_some() {
        let took = removed.elapsed();
        assert!(took < Duration::from_secs(6), "{took:?}");
    }
}

#[tokio::test]
async fn what_is_no_step_or_no_line_is_refused_before_the_stream_begins() {
    let server = Server::start();
    let api = server.api("viewer");
    let id = server.api("editor").create(&quick(), false).await;
    let no_step = ["x", "-1", "1.5", "", "%2B1", "99999999999999999999999"];
    let no_line = ["x", "-1", "1.5", "", "%2B1"];
    for bad in no_step {
        let problem = ask(stream(&api, id, &format!("?log_of={bad}")))
            .await
            .problem(400);
        assert_eq!(problem["parameter"], "log_of");
    }
    for bad in no_line {
        let query = format!("?log_of=0&log_after={bad}");
        let problem = ask(stream(&api, id, &query)).await.problem(400);
        let detail = problem["detail"].as_str().unwrap();
        assert!(detail.contains("log_after"), "{detail}");
    }
    let problem = ask(stream(&api, id, "?log_after=0")).await.problem(400);
    assert_eq!(problem["parameter"], "log_after");
    ask(stream(&api, id, "?log=0")).await.problem(400);
    ask(stream(&api, id, "?log_of=2")).await.problem(404);
    ask(stream(&api, 999, "?log_of=0")).await.problem(404);
    // A line beyond the last one is no mistake: nothing comes until there are more.
    let query = "?log_of=0&log_after=99999999999999999999999";
    let mut frames = Frames::open(stream(&api, id, query)).await;
    assert_eq!(frames.next_bare().await.1, "snapshot");
}
