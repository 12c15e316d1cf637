//! Thirty small bugs in a copy of the engine: the comparison with the reference model must find each.
//! It shows that the comparison can fail.
//!
//! All are built into one copy, which has the one that it is told of when it runs. `PLANTED_BUGS=epoch`
//! looks for those alone whose names hold that word.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "these are tests"
)]

mod copy;
#[path = "../figures/mod.rs"]
mod figures;
mod mutations;

use std::time::Instant;

use copy::{Copy, Plan, Ran};
use mutations::{MUTATIONS, Mutation};

/// What the schedules that are run on each bug start with: few, as most bugs show at once.
const SCHEDULES: u64 = 3_000;
const SECONDS_MOST: f64 = 60.0;
/// What the copy asks about each bug.
const SWITCH: &str = r#"
pub(crate) fn is_planted(bug: usize) -> bool {
    static ASKED_FOR: std::sync::OnceLock<Option<usize>> = std::sync::OnceLock::new();
    let asked_for = || std::env::var("PLANTED_BUG").ok()?.parse().ok();
    *ASKED_FOR.get_or_init(asked_for) == Some(bug)
}
"#;

/// The engine, and its comparison with the model.
const ENGINE: Plan = Plan {
    crates: &[("engine", &["src", "tests", "benches"])],
    beside: &[],
    test: "model_against_engine",
    case: "the_engine_does_what_the_model_says",
    signs: &["; MODEL_SEED=", "a fault of the engine"],
};

/// Compares the copy, with this bug, with the model.
fn compare(copy: &Copy, bug: Option<usize>) -> Ran {
    copy.ask(&[("MODEL_SCHEDULES", SCHEDULES.to_string())], bug)
}

/// Builds every bug into the copy, each with a switch of its own.
fn plant_all(copy: &Copy) {
    for (number, mutation) in MUTATIONS.iter().enumerate() {
        let source = copy.read(mutation.file);
        let places = source.matches(mutation.find).count();
        assert_eq!(
            places, 1,
            "{}: {} must hold `{}` once, also beside the other bugs",
            mutation.name, mutation.file, mutation.find
        );
        let bug = mutation
            .replace
            .replace("PLANTED", &format!("crate::is_planted({number})"));
        copy.write(mutation.file, &source.replace(mutation.find, &bug));
    }
    copy.write("src/lib.rs", &(copy.read("src/lib.rs") + SWITCH));
}

/// The seconds until a bug was found and how it shows, or why it was not.
fn look_for(copy: &Copy, number: usize) -> Result<(f64, String), String> {
    let began = Instant::now();
    let ran = compare(copy, Some(number));
    let seconds = began.elapsed().as_secs_f64();
    match ran {
        Ran::Differs(_) if seconds > SECONDS_MOST => {
            Err(format!("found only after {seconds:.0} s"))
        }
        Ran::Differs(what) => Ok((seconds, what)),
        Ran::Breaks(why) => Err(format!("the comparison ends without a difference:\n{why}")),
        Ran::Agrees => Err("not found".into()),
    }
}

#[test]
fn every_planted_bug_is_found() {
    let copy = Copy::of(ENGINE, "planted_bugs");
    plant_all(&copy);
    copy.build();
    match compare(&copy, None) {
        Ran::Agrees => {}
        Ran::Differs(why) | Ran::Breaks(why) => {
            panic!("as long as no bug is asked for, the copy must agree with the model:\n{why}")
        }
    }
    let word = std::env::var("PLANTED_BUGS").unwrap_or_default();
    let all = MUTATIONS.iter().enumerate();
    let asked: Vec<_> = all.filter(|(_, bug)| bug.name.contains(&word)).collect();
    let (mut missed, mut slowest) = (Vec::new(), 0.0_f64);
    for (number, mutation) in &asked {
        match look_for(&copy, *number) {
            Ok((seconds, what)) => {
                slowest = slowest.max(seconds);
                println!("found in {seconds:>4.1} s: {} ({what})", mutation.name);
            }
            Err(why) => {
                println!("MISSED: {}: {why}", mutation.name);
                missed.push(mutation.name);
            }
        }
    }
    assert!(missed.is_empty(), "missed: {missed:#?}");
    figures::tell(format!(
        "planted bugs: {0} of {0} found, the slowest in {slowest:.1} s",
        asked.len()
    ));
}

#[test]
fn the_engine_can_be_copied_with_all_that_its_manifest_names() {
    let copy = Copy::of(ENGINE, "planted_bugs_manifest");
    assert_eq!(copy.misfit(), None);
}

#[test]
fn every_planted_bug_still_has_its_place_in_the_source() {
    let root = std::path::Path::new(env!("CARGO_MANIFEST_DIR"));
    assert_eq!(MUTATIONS.len(), 30);
    for Mutation {
        name, file, find, ..
    } in MUTATIONS
    {
        let source = std::fs::read_to_string(root.join(file)).unwrap();
        let places = source.matches(find).count();
        assert_eq!(places, 1, "{name}: {file} must hold `{find}` once");
    }
}
