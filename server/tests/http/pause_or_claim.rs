//! A pause against a claim: the step that is about to start is one of those that drain, or does not
//! start before the resume.

use serde_json::{Value, json};

use crate::event_table::{count, first};
use crate::race::{self, Race};

async fn until_task(race: &Race<'_>, id: i64, task: usize, status: &str) -> Value {
    let api = &race.api;
    api.until_progress(id, |progress| progress["tasks"][task]["status"] == status)
        .await
}

/// The first step's end, with which the second one starts, and a pause. Says whether the second one
/// had started.
async fn round(race: &Race<'_>, number: usize) -> (i64, bool) {
    let (api, gate) = (&race.api, &race.gate);
    let (door, next) = (format!("first-{number}"), format!("second-{number}"));
    let steps = [gate.step(&door, &[]), gate.step(&next, &[0])];
    let id = api
        .create(&json!({"name": "Two", "steps": steps}), true)
        .await;
    gate.until_called(&door).await;
    let paused = race.of(&door, api.verb(id, "pause")).await.ok();
    assert_eq!(paused["status"], "paused");
    let progress = until_task(race, id, 0, "completed").await;
    let drains = match progress["tasks"][1]["status"].as_str() {
        Some("running") => true,
        // Queued when the pause was committed between the end of the first and the claim.
        Some("pending" | "queued") => false,
        _ => panic!("neither of the two: {progress}"),
    };
    gate.open(&next);
    if drains {
        let drained = until_task(race, id, 1, "completed").await;
        assert_eq!(drained["status"], "paused", "only a command ends a pause");
    }
    api.verb(id, "resume").await.ok();
    api.until(id, "completed").await;
    (id, drains)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_step_that_a_pause_meets_at_its_start_drains_or_waits_for_the_resume() {
    let ended = race::rounds("pauses against a claim", round).await;
    for one in ended {
        let events = &one.events;
        let started = first(events, "TaskStarted", Some(1)).unwrap();
        let paused = first(events, "WorkflowPaused", None).unwrap();
        let resumed = first(events, "WorkflowResumed", None).unwrap();
        let held = if one.step_first {
            started < paused
        } else {
            started > resumed
        };
        assert!(held, "started by event {started}: {events:#?}");
        assert_eq!(count(events, "TaskStarted"), 2, "{events:#?}");
    }
}
