//! Thirty small bugs, planted one after another into a copy of the engine: the comparison with the
//! reference model must find each. It shows that the comparison can fail.
//!
//! Each bug is a build, so this runs in tier B (`JOB_ORCHESTRATOR_TIER=B`), or when asked for by
//! name: `PLANTED_BUGS=epoch` plants those whose names hold that word, `PLANTED_BUGS=` all of them.

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

use copy::{Copy, Ran};
use mutations::{MUTATIONS, Mutation};

/// What the schedules that are run on each bug start with: few, as most bugs show at once.
const SCHEDULES: u64 = 3_000;
const SECONDS_MOST: f64 = 60.0;

/// The word that was asked for; none when nothing is to be planted.
fn asked_for() -> Option<String> {
    let is_b = std::env::var("JOB_ORCHESTRATOR_TIER").is_ok_and(|tier| tier == "B");
    let word = std::env::var("PLANTED_BUGS").ok();
    word.or_else(|| is_b.then(String::new))
}

/// Plants one bug: the seconds until it was found and how it shows, or why it was not.
fn plant(copy: &Copy, mutation: &Mutation) -> Result<(f64, String), String> {
    let original = copy.read(mutation.file);
    let places = original.matches(mutation.find).count();
    if places != 1 {
        return Err(format!(
            "{} holds `{}` {places} times, not once: mend the list of mutations",
            mutation.file, mutation.find
        ));
    }
    let began = Instant::now();
    copy.write(
        mutation.file,
        &original.replace(mutation.find, mutation.replace),
    );
    let ran = copy.compare(SCHEDULES);
    copy.write(mutation.file, &original);
    let seconds = began.elapsed().as_secs_f64();
    match ran {
        Ran::Differs(_) if seconds > SECONDS_MOST => {
            Err(format!("found only after {seconds:.0} s"))
        }
        Ran::Differs(what) => Ok((seconds, what)),
        Ran::Breaks(why) => Err(format!("the comparison ends without a difference:\n{why}")),
        Ran::Agrees => Err("not found".into()),
        Ran::DoesNotBuild(why) => Err(format!("the copy does not build:\n{why}")),
    }
}

#[test]
fn every_planted_bug_is_found() {
    let Some(word) = asked_for() else {
        figures::tell("planted bugs: none here; --nightly plants all 30, each a build");
        return;
    };
    let copy = Copy::of_the_engine("planted_bugs");
    match copy.compare(SCHEDULES) {
        Ran::Agrees => {}
        Ran::Differs(why) | Ran::DoesNotBuild(why) | Ran::Breaks(why) => {
            panic!("without a planted bug the copy must build and agree with the model:\n{why}")
        }
    }
    let asked: Vec<&Mutation> = MUTATIONS
        .iter()
        .filter(|mutation| mutation.name.contains(&word))
        .collect();
    let (mut missed, mut slowest) = (Vec::new(), 0.0_f64);
    for mutation in &asked {
        match plant(&copy, mutation) {
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
        "planted bugs: {0} of {0} found, the slowest in {slowest:.1} s with its build",
        asked.len()
    ));
}

/// In tier A too, where nothing is planted.
#[test]
fn the_engine_can_be_copied_with_all_that_its_manifest_names() {
    let copy = Copy::of_the_engine("planted_bugs_manifest");
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
