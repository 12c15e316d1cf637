//! The percentage and the numbers beside it.

use engine::{Action, FailureKind, StepDefinition};

use crate::bench::{Bench, define, failed, step};

fn estimated(name: &str, seconds: f64, dependencies: &[usize]) -> StepDefinition {
    StepDefinition {
        estimated_duration: Some(seconds),
        ..step(name, dependencies)
    }
}

#[test]
fn the_references_sample_gives_fifty() {
    let mut bench = Bench::started(define(&[step("1", &[]), step("2", &[0]), step("3", &[1])]));
    bench.succeed(0);
    bench.start(1);
    let summary = bench.progress().summary;
    assert_eq!((summary.progress, summary.current_step), (50, 1));
    assert_eq!((summary.completed_tasks, summary.running_tasks), (1, 1));
    assert_eq!(
        (
            summary.failed_tasks,
            summary.total_tasks,
            summary.total_steps
        ),
        (0, 3, 3)
    );
}

#[test]
fn estimates_weigh_the_steps_and_time_counts_up_to_nineteen_twentieths() {
    let mut bench = Bench::started(define(&[
        estimated("a", 30.0, &[]),
        estimated("b", 70.0, &[0]),
    ]));
    bench.succeed(0);
    assert_eq!(bench.percent(), 30);
    bench.start(1);
    bench.pass(35.0);
    assert_eq!(bench.percent(), 65);
    bench.pass(1_000.0);
    assert_eq!(bench.percent(), 96, "30 + 0.95 × 70, rounded down");
}

#[test]
fn a_step_that_says_how_far_it_is_counts_for_that() {
    let mut bench = Bench::started(define(&[step("a", &[])]));
    bench.start(0);
    bench.say_progress(0, 0.8);
    assert_eq!(bench.percent(), 80);
    bench.say_progress(0, 0.6);
    assert_eq!(
        bench.percent(),
        80,
        "the highest share that was reached stays"
    );
    bench.say_progress(0, 1.0);
    assert_eq!(bench.percent(), 99, "only the end is the whole");
}

#[test]
fn a_first_report_below_the_half_that_was_assumed_takes_nothing_back() {
    let mut bench = Bench::started(define(&[step("a", &[])]));
    bench.start(0);
    assert_eq!(bench.percent(), 50);
    bench.say_progress(0, 0.1);
    assert_eq!(bench.percent(), 50);
}

#[test]
fn what_was_reached_stays_while_a_step_is_tried_again_and_goes_with_a_recovery() {
    let flaky = StepDefinition {
        max_retries: 1,
        ..step("a", &[])
    };
    let mut bench = Bench::started(define(&[flaky]));
    bench.start(0);
    bench.say_progress(0, 0.7);
    bench.report(0, failed(FailureKind::Error));
    assert_eq!(bench.percent(), 70);
    bench.pass(1.0);
    bench.due(0).unwrap();
    bench.run(0, failed(FailureKind::Error));
    assert_eq!(bench.percent(), 70);
    bench.act(Action::recover(0));
    assert_eq!(bench.percent(), 0);
}

#[test]
fn progress_stands_still_once_a_workflow_is_over() {
    let mut bench = Bench::started(define(&[
        estimated("a", 10.0, &[]),
        estimated("b", 10.0, &[]),
    ]));
    bench.start(0);
    bench.start(1);
    bench.pass(5.0);
    bench.act(Action::Cancel);
    bench.report(0, engine::Outcome::Interrupted);
    bench.report(1, engine::Outcome::Interrupted);
    let at_the_end = bench.percent();
    bench.pass(1_000.0);
    assert_eq!((bench.percent(), at_the_end), (50, 50));
}

#[test]
fn the_counters_of_every_state_add_up() {
    let mut bench = Bench::started(define(&[step("a", &[]), step("b", &[]), step("c", &[0])]));
    bench.start(0);
    bench.fail(1);
    let summary = bench.progress().summary;
    let counts = summary.counts;
    assert_eq!((counts.running, counts.failed, counts.pending), (1, 1, 1));
    assert_eq!(counts.total(), summary.total_tasks);
}
