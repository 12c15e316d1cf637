//! The server ends itself at every named place, and once more during the recovery that follows.

use std::fmt;

use serde_json::{Value, json};

use crate::definitions::{Way, call, command, delay, noop};
use crate::folder::Folder;
use crate::life::{Life, log_of};
use crate::verdict::{self, Verdict};
use crate::{figures, is_long, remains, witness};

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

/// The first that a step does which is to ask: it says something.
const IN_QUESTION: &str = "c3";

/// One kind of workflow to be killed.
#[derive(Clone, Copy)]
struct Kind {
    is_command: bool,
    way: Way,
}

impl Kind {
    fn definition(self, folder: &Folder, witness: &str) -> Value {
        let effect = |name, needs: &[usize]| {
            if self.is_command {
                // It says something before its end, for `c3`, and leaves its session.
                let work = "echo under way; setsid sleep 0.01 & wait";
                command(folder.path(), name, work, needs, self.way)
            } else {
                call(witness, name, needs, self.way)
            }
        };
        json!({"name": "Killed", "steps": [
            effect("First", &[]), effect("Second", &[0]), delay("Wait", 0.02, &[1]), noop("Last", &[2]),
        ]})
    }

    /// Asserts that what was found at the end is what the step's mode says.
    fn judge(self, place: &str, found: &Verdict, over: &Value) {
        let about = format!("{place}, {self}: {found:?}, {over}");
        assert_eq!((found.workflows, found.open), (1, 0), "{about}");
        if self.way != Way::Retry {
            assert_eq!((found.repeated, found.poison), (0, 0), "{about}");
        }
        if matches!(self.way, Way::Once | Way::Untold) {
            assert_eq!(found.failed, found.unknown, "{about}");
            // It is given up only where nobody could tell.
            assert_eq!(
                found.untold > 0,
                self.way == Way::Untold && found.failed > 0,
                "{about}"
            );
        } else {
            assert_eq!(over["status"], "completed", "{about}");
        }
        let was_under_way = matches!(place, "c1" | "c2" | "c2-runner" | "c3" | "c4" | "c5");
        if self.way == Way::Untold && was_under_way {
            assert!(found.untold > 0, "{about}");
        }
        if self.way == Way::Probe {
            assert_eq!((found.effects, found.unknown), (2, 0), "{about}");
            match place {
                "c1" | "c2" | "c2-runner" => {
                    assert!(found.absent > 0 && found.found == 0, "{about}")
                }
                "c3" | "c4" | "c5" => assert!(found.found > 0 && found.absent == 0, "{about}"),
                _ => {}
            }
        }
    }
}

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let kind = if self.is_command { "commands" } else { "calls" };
        let way = match self.way {
            Way::Retry => "mode retry",
            Way::Once => "mode once",
            Way::Probe => "mode probe",
            Way::Untold => "mode probe where nobody can tell",
        };
        write!(f, "{kind}, {way}")
    }
}

/// What the server is about when it is killed the second time. Three times would be a loop that the
/// step is blamed for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum During {
    Recovery,
    /// Asking whether the step was done, if there is one to ask about.
    Question,
}

/// Kills at one place, then again, then lets it go on to its end. Answers what was found, and where
/// it was killed again.
async fn kill_at(place: &str, during: During, kind: Kind) -> (Verdict, Option<&'static str>) {
    let folder = &Folder::new();
    let witness = &witness::serve(folder.path());
    let definition = kind.definition(folder, witness);
    let about = format!("{place}, {during:?}, {kind}");
    let mut life = Life::begin(folder, Some(place));
    assert!(life.listens().await, "{about}: {}", log_of(folder));
    // Whether it is answered is chance; it is sent again under the same id.
    let first = folder.create(&life, &definition, "the-only-one").await;
    life.until_killed(&about).await;
    remains::none(folder).await;

    let found = verdict::of(folder).await;
    let again = match (found.under_way, found.open) {
        // The first that a step does in the next life is to ask.
        _ if during == During::Question && found.to_ask > 0 => Some(IN_QUESTION),
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
    let id = folder.create(&life, &definition, "the-only-one").await;
    let id = id.expect(&about);
    assert!(
        first.is_none_or(|first| first == id),
        "{about}: two answers"
    );
    let over = folder.until_over(&life, id).await;
    life.kill();
    remains::none(folder).await;
    let found = verdict::of(folder).await;
    kind.judge(place, &found, &over);
    (found, again)
}

async fn everywhere(is_command: bool, way: Way) {
    let kind = Kind { is_command, way };
    let mut places: Vec<String> = PLACES.iter().map(ToString::to_string).collect();
    if is_command {
        places.extend(OF_RUNNERS.iter().map(ToString::to_string));
    }
    if is_long() {
        for place in ["c5", "c6", "c6-whole", "c7", "c8"] {
            places.extend((1..=9).map(|passage| format!("{place}:{passage}")));
        }
    }
    let (mut kills, mut in_questions, mut asked) = (0, 0, [0; 3]);
    let second: &[During] = match way {
        Way::Retry | Way::Once => &[During::Recovery],
        Way::Probe => &[During::Recovery, During::Question],
        Way::Untold => &[During::Question],
    };
    let cases = places
        .iter()
        .flat_map(|place| second.iter().map(move |during| (place, *during)));
    for (place, during) in cases {
        let (found, again) = kill_at(place, during, kind).await;
        kills += 1 + usize::from(again.is_some());
        in_questions += usize::from(again == Some(IN_QUESTION));
        for (sum, more) in asked
            .iter_mut()
            .zip([found.found, found.absent, found.untold])
        {
            *sum += more;
        }
    }
    let may_ask = second.contains(&During::Question);
    assert_eq!(in_questions > 0, may_ask, "{kind}: killed while asking");
    let [found, absent, untold] = asked;
    let answers = match found + absent + untold {
        0 => String::new(),
        times => format!(
            "; asked {times} times: {found} done and not done again, {absent} not done and done \
             then, {untold} that nobody could tell"
        ),
    };
    figures::tell(format!(
        "crash points: {kind}: {} places, each killed there and once more after it, {kills} kills: 0 \
         lost, 0 doubled or missing, 0 stuck{answers}",
        places.len()
    ));
}

#[tokio::test]
async fn commands_that_are_tried_again_survive_a_kill_at_every_place() {
    everywhere(true, Way::Retry).await;
}

#[tokio::test]
async fn commands_that_run_once_survive_a_kill_at_every_place() {
    everywhere(true, Way::Once).await;
}

#[tokio::test]
async fn commands_that_can_be_asked_survive_a_kill_at_every_place_and_are_not_run_again() {
    everywhere(true, Way::Probe).await;
}

#[tokio::test]
async fn commands_of_which_nobody_can_tell_survive_a_kill_at_every_place_and_are_given_up() {
    everywhere(true, Way::Untold).await;
}

#[tokio::test]
async fn calls_that_are_tried_again_survive_a_kill_at_every_place() {
    everywhere(false, Way::Retry).await;
}

#[tokio::test]
async fn calls_that_are_made_once_survive_a_kill_at_every_place() {
    everywhere(false, Way::Once).await;
}

#[tokio::test]
async fn calls_that_can_be_asked_survive_a_kill_at_every_place_and_are_not_made_again() {
    everywhere(false, Way::Probe).await;
}

#[tokio::test]
async fn calls_of_which_nobody_can_tell_survive_a_kill_at_every_place_and_are_given_up() {
    everywhere(false, Way::Untold).await;
}
