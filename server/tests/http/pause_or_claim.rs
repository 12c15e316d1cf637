//! A pause against a claim: the step that is about to start is one of those that drain, or does not
//! start before the resume.
//!
//! Tier A: 100 rounds; tier B (`JOB_ORCHESTRATOR_TIER=B`): 1,000.

use serde_json::{Value, json};
use tempfile::TempDir;

use crate::event_table::{self, first};
use crate::figures;
use crate::fixture::{Api, Server};
use crate::gate::Gate;
use crate::head_start::HeadStart;

#[derive(Debug, Default)]
struct Counts {
    drained: usize,
    held_back: usize,
}

/// Two steps one after the other, each before a door of its own.
struct Doors {
    first: String,
    second: String,
}

impl Doors {
    fn of(round: usize) -> Self {
        Self {
            first: format!("first-{round}"),
            second: format!("second-{round}"),
        }
    }
}

async fn until_task(api: &Api<'_>, id: i64, task: usize, status: &str) -> Value {
    api.until_progress(id, |progress| progress["tasks"][task]["status"] == status)
        .await
}

/// The first step's end, with which the second one starts, and a pause. Says whether the second one
/// had started.
async fn race(api: &Api<'_>, gate: &Gate, head_start: &HeadStart, doors: &Doors) -> (i64, bool) {
    let steps = [gate.step(&doors.first, &[]), gate.step(&doors.second, &[0])];
    let definition = json!({"name": "Two", "steps": steps});
    let id = api.create(&definition, true).await;
    gate.until_called(&doors.first).await;
    let end = async {
        head_start.of_the_other().await;
        gate.open(&doors.first);
    };
    let pause = async {
        head_start.of_one().await;
        api.verb(id, "pause").await.ok()
    };
    let ((), paused) = tokio::join!(end, pause);
    assert_eq!(paused["status"], "paused");
    let progress = until_task(api, id, 0, "completed").await;
    match progress["tasks"][1]["status"].as_str() {
        Some("running") => (id, true),
        // Queued when the pause was committed between the end of the first and the claim.
        Some("pending" | "queued") => (id, false),
        _ => panic!("neither of the two: {progress}"),
    }
}

/// Lets it end, and asserts that it was paused until it was resumed.
async fn go_on(api: &Api<'_>, gate: &Gate, id: i64, (doors, drains): (&Doors, bool)) {
    gate.open(&doors.second);
    if drains {
        let drained = until_task(api, id, 1, "completed").await;
        assert_eq!(drained["status"], "paused", "only a command ends a pause");
    }
    api.verb(id, "resume").await.ok();
    api.until(id, "completed").await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_step_that_a_pause_meets_at_its_start_drains_or_waits_for_the_resume() {
    let is_long = std::env::var("JOB_ORCHESTRATOR_TIER").is_ok_and(|tier| tier == "B");
    let rounds = if is_long { 1_000 } else { 100 };
    let gate = Gate::start().await;
    let server = Server::start_with(TempDir::new().unwrap(), &["--allow-private-addresses"]);
    let api = &server.api("editor");
    let mut head_start = HeadStart::default();
    let (mut counts, mut ended) = (Counts::default(), Vec::new());
    for round in 0..rounds {
        let doors = Doors::of(round);
        let (id, drains) = race(api, &gate, &head_start, &doors).await;
        head_start.change(drains);
        go_on(api, &gate, id, (&doors, drains)).await;
        let count = if drains {
            &mut counts.drained
        } else {
            &mut counts.held_back
        };
        *count += 1;
        ended.push((id, drains));
    }
    let table = event_table::read(&server).await;
    for (id, drains) in ended {
        let events = &table[&id];
        let started = first(events, "TaskStarted", Some(1)).unwrap();
        let paused = first(events, "WorkflowPaused", None).unwrap();
        let resumed = first(events, "WorkflowResumed", None).unwrap();
        let held = if drains {
            started < paused
        } else {
            started > resumed
        };
        assert!(held, "started by event {started}: {events:#?}");
        assert_eq!(event_table::count(events, "TaskStarted"), 2, "{events:#?}");
    }
    assert!(counts.drained > 0 && counts.held_back > 0, "{counts:?}");
    figures::tell(format!(
        "races of the program: {rounds} pauses against a claim: {} drained, {} held back",
        counts.drained, counts.held_back
    ));
}
