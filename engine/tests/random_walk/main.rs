//! Ten thousand random workflows under random commands, checked against the invariants of the
//! design after every one of them. `WALK_SEED=n` walks one again and prints its events.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "these are tests"
)]

#[path = "../figures/mod.rs"]
mod figures;
mod invariants;
mod oracle;
mod scenario;
mod walk;

use std::collections::BTreeMap;

use engine::{Action, Command, Event, WorkflowStatus};

use invariants::hold;
use walk::Walk;

const WALKS: u64 = 10_000;

/// Kinds of events that only an operator's commands lead to; those are walked against the model.
const NOT_REACHED: [&str; 3] = ["RecoveryBudgetRaised", "TaskMarkedDone", "AttemptEnded"];

type Kinds = BTreeMap<&'static str, usize>;

/// Walks at random, then drives to an end, then recovers and drives to the end again.
fn walk(seed: u64, kinds: &mut Kinds) -> Result<(), String> {
    let mut walk = Walk::new(seed)?;
    let walked = stages(&mut walk);
    for record in &walk.events {
        *kinds.entry(record.event.kind()).or_default() += 1;
    }
    if std::env::var_os("WALK_SEED").is_some() {
        walk.events.iter().for_each(|record| println!("{record:?}"));
    }
    walked
}

fn stages(walk: &mut Walk) -> Result<(), String> {
    walk.stroll()?;
    let (failed, cancelling, was) = (walk.has_failed_task(), walk.is_cancelling(), walk.status());
    walk.drive()?;
    let end = walk.status();
    if !was.is_terminal() {
        let expected = match (cancelling, failed) {
            (true, _) => WorkflowStatus::Cancelled,
            (false, true) => WorkflowStatus::Failed,
            (false, false) => WorkflowStatus::Completed,
        };
        hold!(
            end == expected,
            "driven on without faults it is {end}, not {expected}"
        );
    }
    if walk.may_recover() {
        let from_step = walk.current_step();
        walk.do_it(&Command::Act(Action::recover(from_step)))?;
        walk.drive()?;
        let end = walk.status();
        let completed = WorkflowStatus::Completed;
        hold!(
            end == completed,
            "recovered from {from_step} and driven on it is {end}"
        );
    }
    walk.fold_again()
}

/// Walks a share of the seeds, up to the first that breaks something.
fn stretch(seeds: impl Iterator<Item = u64>) -> Result<Kinds, String> {
    let mut kinds = Kinds::new();
    for seed in seeds {
        walk(seed, &mut kinds)
            .map_err(|broken| format!("WALK_SEED={seed} walks it again: {broken}"))?;
    }
    Ok(kinds)
}

#[test]
fn random_walks_keep_every_invariant_and_always_reach_an_end() {
    if let Ok(seed) = std::env::var("WALK_SEED") {
        let walked = stretch(std::iter::once(seed.parse().unwrap()));
        assert_eq!(walked.err(), None);
        return;
    }
    let lanes = std::thread::available_parallelism().map_or(2, usize::from);
    let lane = |first: usize| stretch((first as u64..WALKS).step_by(lanes));
    let walked: Vec<Result<Kinds, String>> = std::thread::scope(|scope| {
        let started: Vec<_> = (0..lanes)
            .map(|first| scope.spawn(move || lane(first)))
            .collect();
        let walked = started.into_iter().map(|lane| lane.join().unwrap());
        walked.collect()
    });
    let broken: Vec<_> = walked
        .iter()
        .filter_map(|lane| lane.as_ref().err())
        .collect();
    assert!(broken.is_empty(), "{broken:#?}");
    let is_reached = |kind: &&str| {
        walked
            .iter()
            .flatten()
            .any(|kinds| kinds.contains_key(*kind))
    };
    let missing: Vec<_> = Event::KINDS
        .into_iter()
        .filter(|kind| !is_reached(kind))
        .collect();
    assert_eq!(
        missing, NOT_REACHED,
        "every row that a command leads to is reached"
    );
    figures::tell(format!(
        "random walks: {WALKS}, 0 invariant breaches, each comes to an end"
    ));
}
