//! The server ends itself at every named place, and once more during the recovery that follows.

use serde_json::{Value, json};

use crate::definitions::{call, command, delay, noop};
use crate::folder::Folder;
use crate::life::{Life, log_of};
use crate::{is_long, remains, verdict, witness};

/// Every place of `runtime/src/crash_point.rs` that an attempt passes, at its first passage and at
/// one that belongs to another step or another kind of commit.
const PLACES: [&str; 20] = [
    "c0",
    "c0:2",
    "c1",
    "c1:2",
    "c2",
    "c2:3",
    "c3",
    "c3:2",
    "c4",
    "c4:3",
    "c5",
    "c5:2",
    "c6",
    "c6:2",
    "c6-whole",
    "c6-whole:3",
    "c7",
    "c7:3",
    "c8",
    "c8:2",
];
/// Only passed where a program is started.
const OF_RUNNERS: [&str; 2] = ["c2-runner", "c2-runner:2"];

/// One kind of workflow to be killed.
struct Case<'a> {
    folder: &'a Folder,
    witness: &'a str,
    is_command: bool,
    mode: &'a str,
}

impl Case<'_> {
    fn definition(&self) -> Value {
        let effect = |name, needs: &[usize]| {
            if self.is_command {
                // It says something before its end, for `c3`, and leaves its session.
                let work = "echo under way; setsid sleep 0.01 & wait";
                command(self.folder.path(), name, work, needs, self.mode)
            } else {
                call(self.witness, name, needs, self.mode)
            }
        };
        json!({"name": "Killed", "steps": [
            effect("First", &[]), effect("Second", &[0]), delay("Wait", 0.02, &[1]), noop("Last", &[2]),
        ]})
    }
}

/// Kills at one place, then again while that is recovered from, then lets it go on to its end.
async fn kill_at(place: &str, is_command: bool, mode: &str) {
    let folder = &Folder::new();
    let witness = &witness::serve(folder.path());
    let case = Case {
        folder,
        witness,
        is_command,
        mode,
    };
    let about = format!(
        "{place}, {}, {mode}",
        if is_command { "command" } else { "call" }
    );
    let mut life = Life::begin(folder, Some(place));
    assert!(life.listens().await, "{about}: {}", log_of(folder));
    // Whether it is answered is chance; it is sent again under the same id.
    let first = folder
        .create(&life, &case.definition(), "the-only-one")
        .await;
    life.until_killed(&about).await;
    remains::none(folder).await;

    let found = verdict::of(folder).await;
    let again = match (found.under_way, found.open) {
        (0, 0) => None,
        (0, _) => Some("c9-page"),
        _ => Some("c9"),
    };
    if let Some(again) = again {
        Life::begin(folder, Some(again)).until_killed(&about).await;
        remains::none(folder).await;
        verdict::of(folder).await;
    }

    let mut life = Life::start(folder).await;
    let id = folder
        .create(&life, &case.definition(), "the-only-one")
        .await;
    let id = id.expect(&about);
    assert!(
        first.is_none_or(|first| first == id),
        "{about}: two answers"
    );
    let over = folder.until_over(&life, id).await;
    life.kill();
    remains::none(folder).await;
    let found = verdict::of(folder).await;
    assert_eq!((found.workflows, found.open), (1, 0), "{about}: {found:?}");
    if mode == "once" {
        assert_eq!((found.repeated, found.poison), (0, 0), "{about}: {found:?}");
        assert_eq!(found.failed, found.unknown, "{about}: {over}");
    } else {
        assert_eq!(over["status"], "completed", "{about}: {over}");
    }
}

async fn everywhere(is_command: bool, mode: &str) {
    let mut places: Vec<String> = PLACES.iter().map(ToString::to_string).collect();
    if is_command {
        places.extend(OF_RUNNERS.iter().map(ToString::to_string));
    }
    if is_long() {
        for place in ["c5", "c6", "c6-whole", "c7", "c8"] {
            places.extend((1..=9).map(|passage| format!("{place}:{passage}")));
        }
    }
    for place in &places {
        kill_at(place, is_command, mode).await;
    }
    let kind = if is_command { "commands" } else { "calls" };
    println!(
        "crash points: {kind}, mode {mode}: {} places, each killed once and once more during \
         recovery: 0 lost, 0 doubled, 0 stuck",
        places.len()
    );
}

#[tokio::test]
async fn commands_that_are_tried_again_survive_a_kill_at_every_place() {
    everywhere(true, "retry").await;
}

#[tokio::test]
async fn commands_that_run_once_survive_a_kill_at_every_place() {
    everywhere(true, "once").await;
}

#[tokio::test]
async fn calls_that_are_tried_again_survive_a_kill_at_every_place() {
    everywhere(false, "retry").await;
}

#[tokio::test]
async fn calls_that_are_made_once_survive_a_kill_at_every_place() {
    everywhere(false, "once").await;
}
