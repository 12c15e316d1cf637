//! Pausing: what runs drains, nothing new starts, waiting stands still.

use std::time::Duration;

use engine::{Action, FailureKind, Outcome, Refusal, StepDefinition, TaskStatus, WorkflowStatus};
use serde_json::Value;

use crate::workbench::{Workbench, define, failed, step};

#[test]
fn a_step_that_runs_may_end_and_nothing_new_starts() {
    let mut bench = Workbench::started(define(&[step("a", &[]), step("b", &[]), step("c", &[0])]));
    bench.start(0);
    bench.act(Action::Pause);
    assert_eq!(bench.try_start(1), Err(Refusal::NotStartable { task: 1 }));
    bench.report(0, Outcome::Succeeded(Value::Null));
    assert_eq!(bench.status(), WorkflowStatus::Paused);
    assert_eq!(
        bench.task(2),
        TaskStatus::Pending,
        "it is queued by the resume"
    );
    bench.act(Action::Resume);
    assert_eq!(bench.workflow.startable().collect::<Vec<_>>(), [1, 2]);
}

#[test]
fn a_paused_workflow_whose_last_step_ends_completes_in_the_commit_of_the_resume() {
    let mut bench = Workbench::started(define(&[step("a", &[])]));
    bench.start(0);
    bench.act(Action::Pause);
    bench.report(0, Outcome::Succeeded(Value::Null));
    assert_eq!(
        (bench.status(), bench.percent()),
        (WorkflowStatus::Paused, 99)
    );
    bench.act(Action::Start);
    assert_eq!(
        bench.last_kinds(2),
        ["WorkflowResumed", "WorkflowCompleted"]
    );
}

#[test]
fn a_paused_workflow_whose_last_step_fails_fails_in_the_commit_of_the_resume() {
    let mut bench = Workbench::started(define(&[step("a", &[]), step("b", &[0])]));
    bench.start(0);
    bench.act(Action::Pause);
    bench.report(0, failed(FailureKind::Permanent));
    assert_eq!(bench.status(), WorkflowStatus::Paused);
    assert_eq!(bench.task(1), TaskStatus::Pending);
    bench.act(Action::Resume);
    let kinds = ["WorkflowResumed", "TaskSkipped", "WorkflowFailed"];
    assert_eq!(bench.last_kinds(3), kinds);
}

#[test]
fn waiting_before_a_retry_stands_still_while_paused() {
    let flaky = StepDefinition {
        max_retries: 3,
        ..step("Flaky", &[])
    };
    let mut bench = Workbench::started(define(&[flaky]));
    bench.run(0, failed(FailureKind::Error));
    bench.pass(0.25);
    bench.act(Action::Pause);
    bench.pass(100.0);
    assert_eq!(
        bench.due(0),
        Err(Refusal::NotDue { task: 0 }),
        "nothing moves while paused"
    );
    bench.act(Action::Resume);
    let due = bench.progress().tasks[0].next_retry_at.unwrap();
    assert_eq!(
        due.since(bench.now),
        Duration::from_millis(750),
        "a quarter had passed"
    );
}

#[test]
fn waiting_that_begins_during_a_pause_begins_at_the_resume() {
    let flaky = StepDefinition {
        max_retries: 3,
        ..step("Flaky", &[])
    };
    let mut bench = Workbench::started(define(&[flaky]));
    bench.start(0);
    bench.act(Action::Pause);
    bench.pass(50.0);
    bench.report(0, failed(FailureKind::Error));
    bench.pass(50.0);
    bench.act(Action::Resume);
    let due = bench.progress().tasks[0].next_retry_at.unwrap();
    assert_eq!(due.since(bench.now), Duration::from_secs(1));
}

#[test]
fn an_answer_that_comes_while_paused_settles_the_wait_and_starts_nothing() {
    let mut bench = Workbench::started(define(&[step("Wait", &[]), step("After", &[0])]));
    bench.start(0);
    bench.wait_until(0, bench.now.plus(Duration::from_secs(5)));
    bench.act(Action::Pause);
    bench.pass(5.0);
    bench.due(0).unwrap();
    assert_eq!(bench.tasks(), [TaskStatus::Completed, TaskStatus::Pending]);
    assert_eq!(bench.status(), WorkflowStatus::Paused);
}

#[test]
fn pausing_or_resuming_twice_changes_nothing() {
    let mut bench = Workbench::started(define(&[step("a", &[])]));
    bench.act(Action::Pause);
    let count = bench.events.len();
    bench.act(Action::Pause);
    assert_eq!(bench.events.len(), count);
    bench.act(Action::Resume);
    bench.act(Action::Resume);
    assert_eq!(bench.events.len(), count + 1);
}

#[test]
fn what_still_runs_after_a_pause_is_interrupted_when_asked_and_the_wait_stands_still_since_the_first()
 {
    let flaky = StepDefinition {
        max_retries: 3,
        ..step("Flaky", &[])
    };
    let mut bench = Workbench::started(define(&[flaky, step("Long", &[]), step("Wait", &[])]));
    bench.start(1);
    bench.start(2);
    bench.wait_until(2, bench.now.plus(Duration::from_secs(3600)));
    bench.run(0, failed(FailureKind::Error));
    bench.pass(0.25);
    bench.act(Action::Pause);
    bench.pass(100.0);
    bench.act(Action::PauseAndInterrupt);
    assert_eq!(bench.last_kinds(2), ["WorkflowPaused", "WorkflowPaused"]);
    bench.report(1, Outcome::Interrupted);
    assert_eq!(bench.task(1), TaskStatus::Queued);
    assert_eq!(bench.status(), WorkflowStatus::Paused);
    // What waits for a moment holds nothing that could be interrupted.
    let count = bench.events.len();
    bench.act(Action::PauseAndInterrupt);
    assert_eq!(bench.events.len(), count);
    bench.act(Action::Resume);
    let due = bench.progress().tasks[0].next_retry_at.unwrap();
    assert_eq!(due.since(bench.now), Duration::from_millis(750));
}
