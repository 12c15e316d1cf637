//! Retries, back-off, timeouts, and what is not charged.

use std::time::Duration;

use engine::{
    Command, Event, FailureKind, Mode, Outcome, Refusal, StepDefinition, TaskStatus, Timestamp,
    WorkflowStatus,
};

use crate::workbench::{Workbench, define, failed, step};

fn with_retries(max_retries: u32) -> Workbench {
    let flaky = StepDefinition {
        max_retries,
        ..step("Flaky", &[])
    };
    Workbench::started(define(&[flaky]))
}

#[test]
fn waits_before_the_next_try_double() {
    let mut bench = with_retries(4);
    for seconds in [1.0, 2.0, 4.0, 8.0] {
        bench.run(0, failed(FailureKind::Error));
        let due = bench.progress().tasks[0].next_retry_at.unwrap();
        assert_eq!(due.since(bench.now), Duration::from_secs_f64(seconds));
        bench.pass(seconds);
        bench.due(0).unwrap();
    }
    bench.run(0, failed(FailureKind::Error));
    assert_eq!(bench.status(), WorkflowStatus::Failed);
    let record = bench.workflow.tasks()[0].record();
    assert_eq!((record.retry_count, record.attempt), (4, 5));
}

#[test]
fn only_the_moment_a_task_waits_for_is_its_moment() {
    let mut bench = with_retries(4);
    bench.run(0, failed(FailureKind::Error));
    let first = bench.workflow.tasks()[0].record().due_at.unwrap();
    bench.pass(1.0);
    bench.due(0).unwrap();
    bench.run(0, failed(FailureKind::Error));
    let of_first = Command::Due {
        task: 0,
        due_at: first,
    };
    assert_eq!(bench.command(&of_first), Err(Refusal::NotDue { task: 0 }));
    bench.due(0).unwrap();
    assert_eq!(bench.due(0), Err(Refusal::NotDue { task: 0 }), "only once");
}

#[test]
fn a_clock_that_was_set_back_does_not_keep_a_retry_waiting() {
    let mut bench = with_retries(4);
    bench.run(0, failed(FailureKind::Error));
    bench.now = Timestamp::from_micros(bench.now.as_micros() - 12 * 3_600_000_000);
    bench.due(0).unwrap();
    assert_eq!(bench.task(0), TaskStatus::Queued);
}

#[test]
fn a_timeout_is_charged_like_a_failure() {
    let mut bench = with_retries(1);
    bench.run(0, failed(FailureKind::TimedOut));
    assert_eq!(bench.task(0), TaskStatus::Retrying);
    bench.pass(1.0);
    bench.due(0).unwrap();
    bench.run(0, failed(FailureKind::TimedOut));
    assert_eq!(bench.task(0), TaskStatus::Failed);
}

#[test]
fn a_permanent_failure_is_not_tried_again() {
    let mut bench = with_retries(5);
    bench.run(0, failed(FailureKind::Permanent));
    assert_eq!(bench.task(0), TaskStatus::Failed);
}

#[test]
fn what_our_own_stop_interrupts_is_queued_again_and_charged_nothing() {
    let mut bench = with_retries(0);
    for _ in 0..10 {
        bench.run(0, Outcome::Interrupted);
        let record = bench.workflow.tasks()[0].record();
        assert_eq!(record.status, TaskStatus::Queued);
        assert_eq!((record.retry_count, record.lost_count), (0, 0));
    }
}

#[test]
fn what_is_lost_too_often_is_poison() {
    let mut bench = with_retries(5);
    bench.run(0, Outcome::Lost);
    bench.run(0, Outcome::Lost);
    let record = bench.workflow.tasks()[0].record();
    assert_eq!(
        (record.status, record.lost_count, record.retry_count),
        (TaskStatus::Queued, 2, 0)
    );
    bench.run(0, Outcome::Lost);
    let record = bench.workflow.tasks()[0].record();
    assert_eq!(
        (record.status, record.failure),
        (TaskStatus::Failed, Some(FailureKind::Poison))
    );
    assert!(record.error_message.as_deref().unwrap().contains("3 times"));
}

#[test]
fn what_the_server_knows_to_be_poison_is_failed_whatever_its_limits_say() {
    let often = StepDefinition {
        max_lost: 100,
        max_retries: 5,
        ..step("Often", &[])
    };
    let mut once = often.clone();
    once.mode = Some(Mode::Once);
    for (step, failure) in [
        (often, FailureKind::Poison),
        (once, FailureKind::OutcomeUnknown),
    ] {
        let mut bench = Workbench::started(define(&[step]));
        bench.run(0, failed(FailureKind::Poison));
        let record = bench.workflow.tasks()[0].record();
        assert_eq!(
            (record.status, record.failure),
            (TaskStatus::Failed, Some(failure))
        );
        let error = record.error_message.as_deref().unwrap();
        assert!(error.contains("it is not tried again"), "{error}");
    }
}

#[test]
fn the_poison_limit_is_the_steps_own() {
    let fragile = StepDefinition {
        max_lost: 1,
        ..step("Fragile", &[])
    };
    let mut bench = Workbench::started(define(&[fragile]));
    bench.run(0, Outcome::Lost);
    assert_eq!(bench.task(0), TaskStatus::Failed);
}

#[test]
fn a_wait_ends_by_itself_and_holds_the_task_until_then() {
    let mut bench = Workbench::started(define(&[step("Wait", &[]), step("After", &[0])]));
    bench.start(0);
    let until = bench.now.plus(Duration::from_secs(60));
    bench.wait_until(0, until);
    assert_eq!(bench.progress().tasks[0].waits_until, Some(until));
    bench.pass(60.0);
    bench.due(0).unwrap();
    assert_eq!(bench.tasks(), [TaskStatus::Completed, TaskStatus::Queued]);
}

#[test]
fn a_success_after_failures_forgets_the_error() {
    let mut bench = with_retries(1);
    bench.run(0, failed(FailureKind::Error));
    assert_eq!(
        bench.progress().tasks[0].error_message.as_deref(),
        Some("no luck")
    );
    bench.pass(1.0);
    bench.due(0).unwrap();
    bench.succeed(0);
    let shown = &bench.progress().tasks[0];
    assert_eq!(
        (shown.error_message.as_deref(), shown.retry_count),
        (None, 1)
    );
    assert!(matches!(
        bench.events[bench.events.len() - 2].event,
        Event::TaskCompleted { .. }
    ));
}
