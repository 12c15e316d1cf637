//! A cancel against the last success: whichever is committed first decides, and nothing is between
//! the two.
//!
//! Tier A: 100 rounds; tier B (`JOB_ORCHESTRATOR_TIER=B`): 1,000.

use serde_json::json;
use tempfile::TempDir;

use crate::event_table;
use crate::figures;
use crate::fixture::{Api, Server};
use crate::gate::Gate;
use crate::head_start::HeadStart;

#[derive(Debug, Default)]
struct Counts {
    success_first: usize,
    cancel_first_and_stopped: usize,
    cancel_first_and_finished: usize,
}

/// Lets both loose; says whether the success came first.
async fn race(api: &Api<'_>, gate: &Gate, head_start: &HeadStart, door: &str) -> (i64, bool) {
    let definition = json!({"name": "Last", "steps": [gate.step(door, &[])]});
    let id = api.create(&definition, true).await;
    gate.until_called(door).await;
    let success = async {
        head_start.of_the_other().await;
        gate.open(door);
    };
    let cancel = async {
        head_start.of_one().await;
        api.verb(id, "cancel").await
    };
    let ((), answer) = tokio::join!(success, cancel);
    if answer.status.is_success() {
        api.until(id, "cancelled").await;
        return (id, false);
    }
    let refused = answer.problem(409);
    assert_eq!(
        (&refused["state"], &refused["trigger"]),
        (&json!("completed"), &json!("cancel"))
    );
    api.until(id, "completed").await;
    (id, true)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_cancel_and_the_last_success_end_as_whichever_came_first_says() {
    let is_long = std::env::var("JOB_ORCHESTRATOR_TIER").is_ok_and(|tier| tier == "B");
    let rounds = if is_long { 1_000 } else { 100 };
    let gate = Gate::start().await;
    let server = Server::start_with(TempDir::new().unwrap(), &["--allow-private-addresses"]);
    let api = &server.api("editor");
    let mut head_start = HeadStart::default();
    let (mut counts, mut ended) = (Counts::default(), Vec::new());
    for round in 0..rounds {
        let door = format!("door-{round}");
        let (id, success_first) = race(api, &gate, &head_start, &door).await;
        head_start.change(success_first);
        let progress = api.get(&format!("/workflows/{id}/progress")).await.ok();
        let task = progress["tasks"][0]["status"].as_str().unwrap().to_owned();
        match (success_first, task.as_str()) {
            (true, "completed") => counts.success_first += 1,
            (false, "cancelled") => counts.cancel_first_and_stopped += 1,
            (false, "completed") => counts.cancel_first_and_finished += 1,
            other => panic!("neither of the two: {other:?} {progress}"),
        }
        ended.push((id, success_first));
    }
    let table = event_table::read(&server).await;
    for (id, success_first) in ended {
        let events = &table[&id];
        let asked = event_table::count(events, "CancelRequested");
        let completed = event_table::count(events, "WorkflowCompleted");
        let cancelled = event_table::count(events, "WorkflowCancelled");
        let expected = if success_first { (0, 1, 0) } else { (1, 0, 1) };
        assert_eq!((asked, completed, cancelled), expected, "{events:#?}");
    }
    let cancel_first = counts.cancel_first_and_stopped + counts.cancel_first_and_finished;
    assert!(counts.success_first > 0 && cancel_first > 0, "{counts:?}");
    figures::tell(format!(
        "races of the program: {rounds} cancels against the last success: {} success first, {} cancel \
         first, of these {} finished all the same",
        counts.success_first, cancel_first, counts.cancel_first_and_finished
    ));
}
