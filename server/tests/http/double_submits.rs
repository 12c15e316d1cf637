//! A double click, a proxy that tries again, a back button: whatever an operator may ask for, sent
//! five times at once under one id, has one effect and one answer.
//!
//! Tier A: 500 commands; tier B (`JOB_ORCHESTRATOR_TIER=B`): 10,000.

use std::time::{Duration, Instant};

use futures::StreamExt;
use futures::future::join_all;
use serde_json::{Value, json};

use crate::event_table::{self, EventTable};
use crate::figures;
use crate::fixture::{Answer, Api, PATIENCE, Server, failing};

const AT_ONCE: usize = 5;
/// How many workflows are made ready and asked at a time.
const SIDE_BY_SIDE: usize = 8;

/// What is asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ask {
    Create,
    Start,
    Pause,
    PauseAndInterrupt,
    Resume,
    Cancel,
    Recover,
    RecoverWithForce,
    RecoverWithout,
    Skip,
    MarkDone,
    TryNow,
    RaiseBudget,
}

pub const ALL: [Ask; 13] = [
    Ask::Create,
    Ask::Start,
    Ask::Pause,
    Ask::PauseAndInterrupt,
    Ask::Resume,
    Ask::Cancel,
    Ask::Recover,
    Ask::RecoverWithForce,
    Ask::RecoverWithout,
    Ask::Skip,
    Ask::MarkDone,
    Ask::TryNow,
    Ask::RaiseBudget,
];

/// Its first step waits longer than the test takes. By its estimate it is further in every
/// millisecond, so that an answer that is made up anew differs from the one before.
fn slow() -> Value {
    json!({"name": "Slow", "steps": [
        {"name": "First", "task_type": "delay", "config": {"seconds": 600},
         "estimated_duration": 0.1},
        {"name": "Second", "task_type": "noop", "config": {}, "dependencies": [0],
         "estimated_duration": 0.001},
    ]})
}

/// Its step fails at every try, and is tried again later and later.
fn flaky() -> Value {
    json!({"name": "Flaky", "steps": [{
        "name": "Only", "task_type": "command", "config": {"program": "false", "args": []},
        "max_retries": 20,
    }]})
}

impl Ask {
    /// The path below the workflow's, and what is sent.
    pub fn verb(self) -> (&'static str, Value) {
        match self {
            Self::Create => ("", json!({"definition": slow(), "start": true})),
            Self::Start => ("start", json!({})),
            Self::Pause => ("pause", json!({})),
            Self::PauseAndInterrupt => ("pause", json!({"interrupt": true})),
            Self::Resume => ("resume", json!({})),
            Self::Cancel => ("cancel", json!({"reason": "no longer wanted"})),
            Self::Recover => ("recover", json!({"from_step": 0})),
            Self::RecoverWithForce => ("recover", json!({"from_step": 0, "force": true})),
            Self::RecoverWithout => {
                let body = json!({"from_step": 0, "instead": "skip", "reason": "not wanted"});
                ("recover", body)
            }
            Self::Skip => ("tasks/1/skip", json!({"reason": "not wanted"})),
            Self::MarkDone => {
                let body = json!({"output": {"n": 1}, "reason": "done by hand"});
                ("tasks/1/mark-done", body)
            }
            Self::TryNow => ("tasks/0/try-now", json!({})),
            Self::RaiseBudget => ("raise-budget", json!({"max_recovery_attempts": 50})),
        }
    }

    /// The event that is its effect.
    pub const fn effect(self) -> &'static str {
        match self {
            Self::Create => "WorkflowCreated",
            Self::Start => "WorkflowStarted",
            Self::Pause | Self::PauseAndInterrupt => "WorkflowPaused",
            Self::Resume => "WorkflowResumed",
            Self::Cancel => "CancelRequested",
            Self::Recover | Self::RecoverWithForce | Self::RecoverWithout => "RecoveryStarted",
            Self::Skip => "TaskSkipped",
            Self::MarkDone => "TaskMarkedDone",
            Self::TryNow => "TaskQueued",
            Self::RaiseBudget => "RecoveryBudgetRaised",
        }
    }

    /// A workflow of which it can be asked; none where it is what makes one.
    pub async fn ready(self, api: &Api<'_>) -> Option<i64> {
        let id = match self {
            Self::Create => return None,
            Self::Start => api.create(&slow(), false).await,
            Self::Recover | Self::RecoverWithout => {
                let id = api.create(&failing(), true).await;
                api.until(id, "failed").await;
                id
            }
            Self::TryNow => {
                let id = api.create(&flaky(), true).await;
                until_it_waits_long(api, id).await;
                id
            }
            _ => api.create(&slow(), true).await,
        };
        if self == Self::Resume {
            api.verb(id, "pause").await.ok();
        }
        Some(id)
    }
}

/// Waits until the step's next try is longer away than anything takes here: two minutes; the waits before
/// are cut short.
async fn until_it_waits_long(api: &Api<'_>, id: i64) {
    let begun = Instant::now();
    loop {
        let progress = api.get(&format!("/workflows/{id}/progress")).await.ok();
        let task = &progress["tasks"][0];
        if task["status"] == "retrying" {
            if task["retry_count"].as_u64() >= Some(8) {
                return;
            }
            // It may have come due by now.
            let try_now = format!("/workflows/{id}/tasks/0/try-now");
            api.post(&try_now, &json!({})).await;
        }
        assert!(begun.elapsed() < PATIENCE, "{progress}");
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
}

/// Asks five times at once, and answers the number of the workflow.
async fn ask_five_times(api: &Api<'_>, ask: Ask, key: &str) -> i64 {
    let id = ask.ready(api).await;
    let (verb, body) = ask.verb();
    let path = id.map_or("/workflows".to_owned(), |id| {
        format!("/workflows/{id}/{verb}")
    });
    let answers = join_all((0..AT_ONCE).map(|_| api.keyed(&path, key, &body))).await;
    let told: Vec<Value> = answers.iter().map(Answer::ok).collect();
    assert!(told.iter().all(|one| *one == told[0]), "{ask:?}: {told:#?}");
    told[0]["workflow_id"].as_i64().unwrap()
}

/// One event is the effect, and all that the command brought came in one piece.
fn assert_one_effect(table: &EventTable, ask: Ask, key: &str, id: i64) {
    let of_command = |(_, event): &&(u64, Value)| event["command_id"] == key;
    let found: Vec<_> = table[&id].iter().filter(of_command).collect();
    let effects = found
        .iter()
        .filter(|(_, event)| event["kind"] == ask.effect());
    assert_eq!(effects.count(), 1, "{ask:?}: {found:#?}");
    let (first, last) = (found[0].0, found[found.len() - 1].0);
    assert_eq!(last - first + 1, found.len() as u64, "{ask:?}: {found:#?}");
    let elsewhere = table.iter().filter(|(other, _)| **other != id);
    let elsewhere = elsewhere.flat_map(|(_, events)| events).filter(of_command);
    assert_eq!(elsewhere.count(), 0, "{ask:?} under {key}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn whatever_is_sent_five_times_at_once_under_one_id_has_one_effect_and_one_answer() {
    let is_long = std::env::var("JOB_ORCHESTRATOR_TIER").is_ok_and(|tier| tier == "B");
    let rounds = if is_long { 770 } else { 39 };
    let server = Server::start();
    let api = &server.api("editor");
    let begun = Instant::now();
    let commands = (0..rounds).flat_map(|round| ALL.map(|ask| (ask, format!("{ask:?}-{round}"))));
    let asked = commands.map(|(ask, key)| async move {
        let id = ask_five_times(api, ask, &key).await;
        (ask, key, id)
    });
    let asked = futures::stream::iter(asked).buffer_unordered(SIDE_BY_SIDE);
    let asked: Vec<_> = asked.collect().await;
    let table = event_table::read(&server).await;
    for (ask, key, id) in &asked {
        assert_one_effect(&table, *ask, key, *id);
    }
    figures::tell(format!(
        "double submits: {} commands of {} kinds, each sent {AT_ONCE} times at once: {} effects, one \
         answer each, {:.1} s",
        asked.len(),
        ALL.len(),
        asked.len(),
        begun.elapsed().as_secs_f64()
    ));
}
