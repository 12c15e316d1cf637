//! Cancelling: what waits stops at once, what runs is told to and waited for.

use std::time::Duration;

use engine::{Action, Command, FailureKind, Outcome, Refusal, TaskStatus, WorkflowStatus};
use serde_json::json;

use crate::workbench::{Workbench, define, failed, step};

/// One completed, one running, one waiting for a moment, one waiting for its next try, one queued,
/// one pending.
fn one_of_each() -> Workbench {
    let mut flaky = step("Retrying", &[]);
    flaky.max_retries = 1;
    let steps = [
        step("Completed", &[]),
        step("Running", &[]),
        step("Waiting", &[]),
        flaky,
        step("Queued", &[]),
        step("Pending", &[4]),
    ];
    let mut bench = Workbench::started(define(&steps));
    bench.succeed(0);
    bench.start(1);
    bench.start(2);
    bench.wait_until(2, bench.now.plus(Duration::from_secs(600)));
    bench.run(3, failed(FailureKind::Error));
    bench
}

#[test]
fn what_waits_is_cancelled_at_once_and_what_runs_is_waited_for() {
    use TaskStatus::{Cancelled, Completed, Running};
    let mut bench = one_of_each();
    bench.act(Action::Cancel);
    assert_eq!(bench.status(), WorkflowStatus::Running);
    assert!(bench.progress().summary.cancel_requested);
    let expected = [
        Completed, Running, Cancelled, Cancelled, Cancelled, Cancelled,
    ];
    assert_eq!(bench.tasks(), expected);
    bench.report(1, Outcome::Interrupted);
    assert_eq!(bench.task(1), Cancelled);
    assert_eq!(bench.status(), WorkflowStatus::Cancelled);
    assert!(!bench.progress().summary.cancel_requested);
}

#[test]
fn a_step_that_really_finishes_first_is_completed_in_a_cancelled_workflow() {
    let mut bench = one_of_each();
    bench.act(Action::Cancel);
    bench.report(1, Outcome::Succeeded(json!("made it")));
    assert_eq!(bench.task(1), TaskStatus::Completed);
    assert_eq!(bench.status(), WorkflowStatus::Cancelled);
}

#[test]
fn a_failure_or_a_loss_after_the_cancel_is_a_cancelled_task() {
    for outcome in [
        failed(FailureKind::Error),
        Outcome::Lost,
        Outcome::NothingToDo,
    ] {
        let mut bench = one_of_each();
        bench.act(Action::Cancel);
        bench.report(1, outcome);
        assert_eq!(bench.task(1), TaskStatus::Cancelled);
        assert_eq!(bench.status(), WorkflowStatus::Cancelled);
    }
}

#[test]
fn while_cancelling_nothing_starts_and_no_other_command_is_taken() {
    let mut bench = one_of_each();
    bench.act(Action::Cancel);
    let count = bench.events.len();
    bench.act(Action::Cancel);
    assert_eq!(bench.events.len(), count, "asking again changes nothing");
    let others = [
        Action::Start,
        Action::Pause,
        Action::Resume,
        Action::recover(0),
    ];
    for action in others {
        assert_eq!(
            bench.command(&Command::Act(action)),
            Err(Refusal::Cancelling)
        );
    }
    for task in 0..6 {
        assert!(bench.try_start(task).is_err());
        bench.pass(1_000.0);
        assert!(bench.due(task).is_err());
    }
}

#[test]
fn an_attempt_that_wants_to_wait_while_cancelling_is_cancelled() {
    let mut bench = one_of_each();
    bench.act(Action::Cancel);
    bench.wait_until(1, bench.now.plus(Duration::from_secs(5)));
    assert_eq!(bench.task(1), TaskStatus::Cancelled);
    assert_eq!(bench.status(), WorkflowStatus::Cancelled);
}

#[test]
fn a_paused_workflow_is_cancelled_when_its_last_step_has_drained() {
    let mut bench = one_of_each();
    bench.act(Action::Pause);
    bench.act(Action::Cancel);
    assert_eq!(bench.status(), WorkflowStatus::Paused);
    bench.report(1, Outcome::Interrupted);
    assert_eq!(bench.status(), WorkflowStatus::Cancelled);
}

#[test]
fn a_pending_workflow_is_cancelled_at_once() {
    let mut bench = Workbench::created(define(&[step("a", &[]), step("b", &[0])]));
    bench.act(Action::Cancel);
    assert_eq!(bench.status(), WorkflowStatus::Cancelled);
    assert_eq!(bench.tasks(), [TaskStatus::Cancelled; 2]);
    assert_eq!(bench.progress().summary.started_at, None);
}
