//! A step that may go on and a command, let loose at once, again and again, so that each comes first
//! about as often.
//!
//! Tier A: 100 rounds; tier B (`JOB_ORCHESTRATOR_TIER=B`): 1,000.

use std::time::Duration;

use serde_json::Value;

use crate::event_table;
use crate::examined::Examined;
use crate::figures;
use crate::fixture::{Api, PATIENCE, Server};
use crate::gate::Gate;

/// Where the races are run.
pub struct Race<'a> {
    pub api: Api<'a>,
    pub gate: Gate,
    /// The head start of the command; below zero it is the step's.
    head_start_millis: i64,
    /// By how much that changes after the next race.
    stride_millis: i64,
    /// Whether the step came first the last time.
    step_was_first: bool,
}

/// What came of one race.
pub struct Ended {
    /// Whether the step came first.
    pub step_first: bool,
    /// How its workflow is shown at the end.
    pub progress: Value,
    /// The events of its workflow, each with its number.
    pub events: Vec<(u64, Value)>,
}

impl Race<'_> {
    /// Opens the door that a step stands before, and gives the command, each when its turn comes.
    pub async fn of<T>(&self, door: &str, command: impl Future<Output = T>) -> T {
        let open = async {
            wait(self.head_start_millis).await;
            self.gate.open(door);
        };
        let command = async {
            wait(-self.head_start_millis).await;
            command.await
        };
        tokio::join!(open, command).1
    }

    /// Whoever came second is let loose a little earlier the next time, and ever more so while it is the
    /// same one: on a slow machine a moment is no head start.
    fn learn(&mut self, step_first: bool) {
        self.stride_millis = if step_first == self.step_was_first {
            self.stride_millis * 2
        } else {
            1
        };
        self.step_was_first = step_first;
        let change = if step_first {
            self.stride_millis
        } else {
            -self.stride_millis
        };
        self.head_start_millis += change;
        let head_start = Duration::from_millis(self.head_start_millis.unsigned_abs());
        assert!(head_start < PATIENCE, "the same one always comes first");
    }
}

async fn wait(millis: i64) {
    if let Ok(millis) = u64::try_from(millis) {
        tokio::time::sleep(Duration::from_millis(millis)).await;
    }
}

/// Runs round after round, each of which answers its workflow and whether the step came first. Both
/// have to come first now and then.
pub async fn rounds(
    what: &str,
    round: impl AsyncFn(&Race<'_>, usize) -> (i64, bool),
) -> Vec<Ended> {
    let is_long = std::env::var("JOB_ORCHESTRATOR_TIER").is_ok_and(|tier| tier == "B");
    let rounds = if is_long { 1_000 } else { 100 };
    let server = Server::start_with(Examined::new(), &["--allow-private-addresses"]);
    let mut race = Race {
        api: server.api("editor"),
        gate: Gate::start().await,
        head_start_millis: 0,
        stride_millis: 1,
        step_was_first: false,
    };
    let mut ended = Vec::new();
    for number in 0..rounds {
        let (id, step_first) = round(&race, number).await;
        race.learn(step_first);
        let progress = race.api.get(&format!("/workflows/{id}/progress")).await;
        ended.push((id, step_first, progress.ok()));
    }
    let won = ended
        .iter()
        .filter(|(_, step_first, _)| *step_first)
        .count();
    assert!(won > 0 && won < rounds, "the same one always came first");
    figures::tell(format!(
        "races of the program: {rounds} {what}: the step first {won} times, the command {}",
        rounds - won
    ));
    let mut table = event_table::read(&server).await;
    let ended = ended.into_iter().map(|(id, step_first, progress)| Ended {
        step_first,
        progress,
        events: table.remove(&id).unwrap(),
    });
    ended.collect()
}
