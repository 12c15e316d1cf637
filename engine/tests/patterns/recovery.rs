//! What a recovery does again, what it keeps, and when it is refused.

use engine::definition::RunIf;
use engine::{
    Action, Command, FailureKind, Instead, Outcome, Recovery, Refusal, SkipReason, TaskStatus,
    WorkflowStatus,
};
use serde_json::Value;

use crate::workbench::{Workbench, define, failed, step, step_if};

fn recover(from_step: usize) -> Action {
    Action::recover(from_step)
}

#[test]
fn a_second_broken_branch_is_done_again_too() {
    let steps = [
        step("Bad 1", &[]),
        step("Bad 2", &[]),
        step("Good", &[]),
        step("Join", &[0, 1, 2]),
    ];
    let mut bench = Workbench::started(define(&steps));
    bench.succeed(2);
    bench.fail(0);
    bench.fail(1);
    bench.act(recover(0));
    assert_eq!(bench.workflow.startable().collect::<Vec<_>>(), [0, 1]);
    assert_eq!(bench.task(2), TaskStatus::Completed);
    bench.succeed(0);
    bench.succeed(1);
    bench.succeed(3);
    assert_eq!(bench.status(), WorkflowStatus::Completed);
}

#[test]
fn going_further_back_does_completed_steps_again_with_a_new_key() {
    let mut bench = Workbench::started(define(&[step("a", &[]), step("b", &[0]), step("c", &[1])]));
    bench.succeed(0);
    bench.succeed(1);
    bench.fail(2);
    bench.act(recover(1));
    let redo: Vec<_> = bench
        .workflow
        .tasks()
        .iter()
        .map(|t| t.record().redo)
        .collect();
    assert_eq!(redo, [0, 1, 0], "only what had completed is wanted anew");
    let record = bench.workflow.tasks()[1].record();
    assert_eq!(
        (record.status, record.generation, record.attempt),
        (TaskStatus::Queued, 1, 1)
    );
    assert_eq!(record.output, None);
}

#[test]
fn what_was_skipped_for_good_is_kept_when_nothing_above_it_is_reset() {
    let steps = [
        step("a", &[]),
        step_if("Alarm", RunIf::Failed, &[0]),
        step("Bad", &[]),
    ];
    let mut bench = Workbench::started(define(&steps));
    bench.succeed(0);
    bench.fail(2);
    bench.act(recover(2));
    assert_eq!(bench.skipped(1), Some(SkipReason::NotNeeded));
    bench.succeed(2);
    assert_eq!(bench.status(), WorkflowStatus::Completed);
}

#[test]
fn retries_and_losses_are_counted_anew() {
    let mut flaky = step("a", &[]);
    flaky.max_retries = 1;
    let mut bench = Workbench::started(define(&[flaky]));
    bench.run(0, Outcome::Lost);
    bench.run(0, failed(FailureKind::Error));
    bench.pass(1.0);
    bench.due(0).unwrap();
    bench.run(0, failed(FailureKind::Error));
    bench.act(recover(0));
    let record = bench.workflow.tasks()[0].record();
    assert_eq!(
        (record.retry_count, record.lost_count, record.attempt),
        (0, 0, 3)
    );
    assert_eq!(record.error_message, None);
}

#[test]
fn a_recovery_that_fails_again_uses_up_the_budget() {
    let mut bench = Workbench::started(define(&[step("a", &[])]).with_max_recovery_attempts(1));
    bench.fail(0);
    bench.act(recover(0));
    bench.fail(0);
    assert_eq!(bench.status(), WorkflowStatus::Failed);
    assert!(!bench.progress().summary.is_recoverable());
    let spent = Refusal::BudgetSpent { used: 1, budget: 1 };
    assert_eq!(bench.command(&Command::Act(recover(0))), Err(spent));
}

#[test]
fn a_step_that_does_not_exist_is_named() {
    let mut bench = Workbench::started(define(&[step("a", &[])]));
    bench.fail(0);
    let (task, last) = (1, 0);
    let unknown = Refusal::NoSuchStep { task, last };
    assert_eq!(bench.command(&Command::Act(recover(1))), Err(unknown));
}

#[test]
fn a_cancelled_workflow_is_recovered_like_a_failed_one() {
    let mut bench = Workbench::started(define(&[step("a", &[]), step("b", &[0])]));
    bench.succeed(0);
    bench.act(Action::Cancel);
    bench.act(recover(1));
    assert_eq!(bench.tasks(), [TaskStatus::Completed, TaskStatus::Queued]);
    bench.succeed(1);
    assert_eq!(bench.status(), WorkflowStatus::Completed);
}

#[test]
fn a_paused_recovery_goes_on_as_running() {
    let mut bench = Workbench::started(define(&[step("a", &[]), step("b", &[0])]));
    bench.fail(0);
    bench.act(recover(0));
    bench.start(0);
    bench.act(Action::Pause);
    bench.act(Action::Resume);
    assert_eq!(bench.status(), WorkflowStatus::Running);
    bench.report(0, Outcome::Succeeded(Value::Null));
    bench.succeed(1);
    assert_eq!(bench.status(), WorkflowStatus::Completed);
}

#[test]
fn a_recovery_that_settles_what_runs_ends_the_workflow_only_once_it_is_dead() {
    let instead = [Instead::Skip, Instead::Output(Value::Null)];
    for instead in instead {
        let mut bench = Workbench::started(define(&[step("a", &[])]));
        bench.start(0);
        bench.act(Action::Recover(Recovery {
            from_step: 0,
            force: true,
            instead: Some(instead),
        }));
        assert_eq!(bench.status(), WorkflowStatus::Recovering);
        let ended = Command::Report {
            task: 0,
            attempt: 1,
            outcome: Outcome::Interrupted,
        };
        bench.command(&ended).unwrap();
        assert_eq!(bench.last_kinds(2), ["AttemptEnded", "WorkflowCompleted"]);
    }
}

#[test]
fn a_step_skipped_by_hand_beside_one_that_dies_does_not_end_the_workflow_before_it() {
    let mut bench = Workbench::started(define(&[step("a", &[]), step("b", &[])]));
    bench.start(0);
    bench.act(Action::Recover(Recovery {
        from_step: 0,
        force: true,
        instead: None,
    }));
    bench.act(Action::Skip { task: 0 });
    bench.act(Action::Skip { task: 1 });
    assert!(bench.status().is_active(), "{}", bench.status());
    let ended = Command::Report {
        task: 0,
        attempt: 1,
        outcome: Outcome::Lost,
    };
    bench.command(&ended).unwrap();
    assert_eq!(bench.status(), WorkflowStatus::Completed);
}

#[test]
fn recovering_the_last_step_that_is_missing_completes_without_a_stop_in_between() {
    let mut bench = Workbench::started(define(&[step("a", &[])]));
    bench.fail(0);
    bench.act(recover(0));
    bench.succeed(0);
    assert_eq!(bench.last_kinds(2), ["TaskCompleted", "WorkflowCompleted"]);
}
