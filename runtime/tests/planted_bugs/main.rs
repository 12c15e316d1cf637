//! Small bugs in a copy of the runtime, in its committer and its store in memory: the random schedules
//! of `runtime/tests/faults/schedules.rs` must find each. It shows that they can fail.
//!
//! All are built into one copy, which has the one that it is told of when it runs. Building it takes
//! minutes, so that only `cargo xtask test --nightly` does; `PLANTED_BUGS=doubt` looks for those alone
//! whose names hold that word.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "these are tests"
)]

#[path = "../../../engine/tests/planted_bugs/copy.rs"]
mod copy;
#[path = "../../../engine/tests/figures/mod.rs"]
mod figures;
mod mutations;

use copy::{Copy, Plan, Ran};
use mutations::{MUTATIONS, Mutation};

/// The runtime, and its random schedules.
const RUNTIME: Plan = Plan {
    crates: &[
        ("runtime", &["src", "tests", "examples"]),
        ("engine", &["src", "tests", "benches"]),
    ],
    beside: &["migrations"],
    test: "faults",
    case: "whatever_fails_and_whoever_dies",
    signs: &["FAULT_SEED="],
};

/// What the copy asks about each bug.
const SWITCH: &str = r#"
pub(crate) fn is_planted(bug: usize) -> bool {
    static ASKED_FOR: std::sync::OnceLock<Option<usize>> = std::sync::OnceLock::new();
    let asked_for = || std::env::var("PLANTED_BUG").ok()?.parse().ok();
    *ASKED_FOR.get_or_init(asked_for) == Some(bug)
}
"#;

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

#[test]
#[ignore = "builds a copy of the runtime with all it needs, which takes minutes"]
fn every_planted_bug_is_found() {
    let copy = Copy::of(RUNTIME, "planted_bugs_runtime");
    plant_all(&copy);
    copy.build();
    match copy.ask(&[], None) {
        Ran::Agrees => {}
        Ran::Differs(why) | Ran::Breaks(why) => {
            panic!("as long as no bug is asked for, the schedules must hold:\n{why}")
        }
    }
    let word = std::env::var("PLANTED_BUGS").unwrap_or_default();
    let all = MUTATIONS.iter().enumerate();
    let asked: Vec<_> = all.filter(|(_, bug)| bug.name.contains(&word)).collect();
    assert!(!asked.is_empty(), "no planted bug is called `{word}`");
    let mut missed = Vec::new();
    for (number, mutation) in &asked {
        match copy.ask(&[], Some(*number)) {
            Ran::Differs(what) => println!("found: {} ({what})", mutation.name),
            Ran::Agrees => missed.push(format!("{}: not found", mutation.name)),
            Ran::Breaks(why) => missed.push(format!("{}: {why}", mutation.name)),
        }
    }
    assert!(missed.is_empty(), "missed: {missed:#?}");
    figures::tell(format!(
        "planted bugs of the runtime: {0} of {0} found",
        asked.len()
    ));
}

#[test]
fn the_runtime_can_be_copied_with_all_that_its_manifest_names() {
    let copy = Copy::of(RUNTIME, "planted_bugs_runtime_manifest");
    assert_eq!(copy.misfit(), None);
}

#[test]
fn every_planted_bug_still_has_its_place_in_the_source() {
    let root = std::path::Path::new(env!("CARGO_MANIFEST_DIR"));
    for Mutation {
        name, file, find, ..
    } in MUTATIONS
    {
        let source = std::fs::read_to_string(root.join(file)).unwrap();
        let places = source.matches(find).count();
        assert_eq!(places, 1, "{name}: {file} must hold `{find}` once");
    }
}
