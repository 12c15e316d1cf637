//! The reference model against the engine: random workflows under random commands, reports, faults
//! and clocks, compared after every action. `MODEL_SEED=n` runs one schedule again and prints it;
//! `JOB_ORCHESTRATOR_TIER=B` runs ten times as many, `MODEL_SCHEDULES=n` any number.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "these are tests"
)]

mod coverage;
mod definition;
mod engine_side;
mod event_words;
mod invariants;
mod model_side;
mod race;
mod schedule;
mod translate;
mod world;

#[path = "../figures/mod.rs"]
mod figures;

#[path = "../random_walk/scenario.rs"]
#[allow(dead_code, reason = "only its dice are used here")]
mod scenario;

#[path = "../reference_model/mod.rs"]
mod reference_model;

use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Instant;

use coverage::Coverage;
use world::World;

const SCHEDULES_A: u64 = 10_000;
const SCHEDULES_B: u64 = 100_000;
/// How often everything is reached in tier A; ten times as often in tier B.
const REACHED_AT_LEAST: u64 = 100;
const LOGS_A: u64 = 100;

fn number(variable: &str) -> Option<u64> {
    std::env::var(variable).ok()?.parse().ok()
}

fn schedules() -> u64 {
    let is_b = std::env::var("JOB_ORCHESTRATOR_TIER").is_ok_and(|tier| tier == "B");
    number("MODEL_SCHEDULES").unwrap_or(if is_b { SCHEDULES_B } else { SCHEDULES_A })
}

/// Runs every `lanes`-th seed up to the first difference in any lane.
fn lane(first: u64, lanes: usize, over: &AtomicBool) -> Result<Coverage, String> {
    let mut coverage = Coverage::default();
    for seed in (first..schedules()).step_by(lanes) {
        if over.load(Ordering::Relaxed) {
            break;
        }
        let ran = World::new(seed).run(&mut coverage);
        over.fetch_or(ran.is_err(), Ordering::Relaxed);
        ran?;
    }
    Ok(coverage)
}

#[test]
fn the_engine_does_what_the_model_says_under_every_schedule() {
    if let Some(seed) = number("MODEL_SEED") {
        let mut world = World::new(seed);
        let ran = world.run(&mut Coverage::default());
        world.print();
        assert_eq!(ran.err(), None);
        return;
    }
    let began = Instant::now();
    let lanes = std::thread::available_parallelism().map_or(2, usize::from);
    let over = &AtomicBool::new(false);
    let ran: Vec<Result<Coverage, String>> = std::thread::scope(|scope| {
        let started: Vec<_> = (0..lanes as u64)
            .map(|first| scope.spawn(move || lane(first, lanes, over)))
            .collect();
        let ran = started.into_iter().map(|lane| lane.join().unwrap());
        ran.collect()
    });
    let mut coverage = Coverage::default();
    for lane in ran {
        match lane {
            Ok(counted) => coverage.add(&counted),
            Err(difference) => panic!("{difference}"),
        }
    }
    let (schedules, seconds) = (schedules(), began.elapsed().as_secs_f64());
    figures::tell(format!(
        "model against engine: {schedules} schedules, {} actions, {} simulated hours, 0 differences, \
         0 invariant breaches, {seconds:.1} s",
        coverage.actions,
        coverage.simulated_micros / 3_600_000_000
    ));
    for line in coverage.lines() {
        figures::tell(format!("model against engine, times reached, {line}"));
    }
    if schedules >= SCHEDULES_A {
        let least = REACHED_AT_LEAST * schedules / SCHEDULES_A;
        let rare = coverage.reached_less_than(usize::try_from(least).unwrap());
        assert!(rare.is_empty(), "reached too seldom: {rare:#?}");
    }
}

#[test]
fn the_same_seed_gives_the_same_events_byte_by_byte() {
    let logs = LOGS_A * schedules().max(SCHEDULES_A) / SCHEDULES_A;
    for seed in 0..logs {
        let log = || {
            let mut world = World::new(seed);
            world.run(&mut Coverage::default()).unwrap();
            world.log()
        };
        let first = log();
        assert!(first.len() > 100, "seed {seed} has events");
        assert!(
            first == log(),
            "seed {seed} gives other events the second time"
        );
    }
    figures::tell(format!(
        "model against engine: {logs} seeds run twice, byte-equal event logs"
    ));
}
