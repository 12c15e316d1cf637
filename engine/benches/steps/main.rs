//! What the core costs at 10, 1,000 and 5,000 steps, without a store: `cargo xtask bench --micro`.
//!
//! Each number is for a whole workflow. What grows with the steps alone takes about five times as
//! long at 5,000 as at 1,000; twenty-five times would be the square.
#![expect(
    clippy::unwrap_used,
    reason = "a measurement of what fails would say nothing"
)]

mod life;

use std::time::Duration;

use divan::Bencher;
use engine::graph::Graph;
use engine::invariant::{Kept, Steady, of_change};
use engine::{Progress, Timestamp, WorkflowDefinition};
use life::Shape;

/// Steps of a workflow.
const STEPS: [usize; 3] = [10, 1_000, 5_000];
/// Some moment.
const NOW: Timestamp = Timestamp::from_micros(1_790_000_000_000_000);

fn main() {
    divan::main();
}

/// From the first command to the end, every attempt started and reported.
#[divan::bench(args = STEPS)]
fn advance_a_chain(bencher: Bencher, steps: usize) {
    let definition = life::definition(Shape::Chain, steps);
    bencher.bench(|| life::run(&definition).events.len());
}

#[divan::bench(args = STEPS)]
fn advance_a_fan(bencher: Bencher, steps: usize) {
    let definition = life::definition(Shape::Fan, steps);
    bencher.bench(|| life::run(&definition).events.len());
}

/// Everything that happened, folded again.
#[divan::bench(args = STEPS)]
fn apply_all_events(bencher: Bencher, steps: usize) {
    let life = life::run(&life::definition(Shape::Fan, steps));
    bencher
        .with_inputs(|| life.before.clone())
        .bench_values(|mut workflow| {
            for event in &life.events {
                workflow.apply(event).unwrap();
            }
            workflow
        });
}

/// One attempt's report at the join: all that its commit decides.
#[divan::bench(args = STEPS)]
fn decide_the_last_report_of_a_fan(bencher: Bencher, steps: usize) {
    let life = life::run(&life::definition(Shape::Fan, steps));
    let (workflow, report) = life.before_the_join();
    bencher
        .with_inputs(|| workflow.clone())
        .bench_values(|mut workflow| {
            engine::advance(&mut workflow, &report, None, NOW).unwrap();
            workflow
        });
}

#[divan::bench(args = STEPS)]
fn graph_of_a_chain(bencher: Bencher, steps: usize) {
    let lists = life::dependencies(Shape::Chain, steps);
    bencher.bench(|| Graph::new(divan::black_box(&lists)).unwrap());
}

#[divan::bench(args = STEPS)]
fn graph_of_a_fan(bencher: Bencher, steps: usize) {
    let lists = life::dependencies(Shape::Fan, steps);
    bencher.bench(|| Graph::new(divan::black_box(&lists)).unwrap());
}

#[divan::bench(args = STEPS)]
fn read_a_definition(bencher: Bencher, steps: usize) {
    let json = life::definition(Shape::Fan, steps).to_json();
    bencher.bench(|| WorkflowDefinition::from_json(divan::black_box(&json)).unwrap());
}

#[divan::bench(args = STEPS)]
fn progress_of_a_workflow(bencher: Bencher, steps: usize) {
    let life = life::run(&life::definition(Shape::Fan, steps));
    bencher.bench(|| Progress::of(divan::black_box(&life.after), NOW));
}

/// What a page folds while a workflow runs from its beginning to its end.
#[divan::bench(args = STEPS, sample_count = 10)]
fn progress_follows_all_events(bencher: Bencher, steps: usize) {
    let life = life::run(&life::definition(Shape::Fan, steps));
    let before = Progress::of(&life.before, NOW);
    bencher
        .with_inputs(|| before.clone())
        .bench_values(|mut progress| {
            for event in &life.events {
                progress.apply(event).unwrap();
            }
            progress
        });
}

/// What is judged of all that happens to a workflow, if it were written at once.
#[divan::bench(args = STEPS, sample_count = 10)]
fn judge_a_change(bencher: Bencher, steps: usize) {
    let life = life::run(&life::definition(Shape::Fan, steps));
    bencher.bench(|| of_change(&life.after, divan::black_box(&life.events)));
}

/// The same against what was written before.
#[divan::bench(args = STEPS, sample_count = 10)]
fn judge_a_change_by_those_before(bencher: Bencher, steps: usize) {
    let life = life::run(&life::definition(Shape::Fan, steps));
    let at = Duration::from_secs(1);
    let steady = Steady {
        before: at,
        after: at,
    };
    bencher
        .with_inputs(Kept::default)
        .bench_values(|mut kept| kept.follow(&life.after, &life.events, steady));
}
