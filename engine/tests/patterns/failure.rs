//! What a failure means for the rest: branches, `stop`, and steps that run always or on failure.

use engine::definition::RunIf;
use engine::{Event, Outcome, SkipReason, StepDefinition, TaskStatus, WorkflowStatus};
use serde_json::Value;

use crate::workbench::{Workbench, define, step, step_if};

#[test]
fn other_branches_go_on_before_the_workflow_fails() {
    let steps = [
        step("Bad", &[]),
        step("After bad", &[0]),
        step("Good", &[]),
        step("After good", &[2]),
    ];
    let mut bench = Workbench::started(define(&steps));
    bench.fail(0);
    assert_eq!(bench.status(), WorkflowStatus::Running);
    assert_eq!(
        bench.task(1),
        TaskStatus::Pending,
        "blocked, not skipped yet"
    );
    bench.succeed(2);
    bench.succeed(3);
    assert_eq!(bench.status(), WorkflowStatus::Failed);
    assert_eq!(bench.skipped(1), Some(SkipReason::UpstreamFailed));
    assert_eq!(
        bench.last_event(),
        &Event::WorkflowFailed { failed_step: 0 }
    );
}

#[test]
fn with_stop_nothing_new_starts_and_what_runs_may_end() {
    let steps = [
        step("Bad", &[]),
        step("Runs", &[]),
        step("Queued", &[]),
        step("Later", &[1]),
    ];
    let mut bench = Workbench::started_with_stop(&steps);
    bench.start(1);
    bench.fail(0);
    assert_eq!(
        bench.status(),
        WorkflowStatus::Running,
        "one step still runs"
    );
    assert!(bench.try_start(2).is_err(), "a blocked task does not start");
    bench.report(1, Outcome::Succeeded(Value::Null));
    assert_eq!(bench.status(), WorkflowStatus::Failed);
    assert_eq!(bench.skipped(2), Some(SkipReason::Stopped));
    assert_eq!(bench.skipped(3), Some(SkipReason::Stopped));
}

#[test]
fn a_retry_that_waits_is_given_up_under_stop() {
    let mut flaky = step("Flaky", &[]);
    flaky.max_retries = 3;
    let mut bench = Workbench::started_with_stop(&[flaky, step("Bad", &[])]);
    bench.start(1);
    bench.run(0, crate::workbench::failed(engine::FailureKind::Error));
    bench.report(1, crate::workbench::failed(engine::FailureKind::Permanent));
    assert_eq!(bench.status(), WorkflowStatus::Failed);
    assert_eq!(bench.skipped(0), Some(SkipReason::Stopped));
    assert_eq!(
        bench.workflow.tasks()[0].record().error_message.as_deref(),
        Some("no luck"),
        "why it was being tried again is still told"
    );
}

#[test]
fn a_clean_up_step_runs_behind_a_failed_chain_also_under_stop() {
    let steps = [
        step("Bad", &[]),
        step("Never", &[0]),
        step_if("Clean up", RunIf::Always, &[1]),
        step("Report", &[2]),
    ];
    let mut bench = Workbench::started_with_stop(&steps);
    bench.fail(0);
    assert_eq!(bench.workflow.startable().collect::<Vec<_>>(), [2]);
    bench.succeed(2);
    assert_eq!(
        bench.status(),
        WorkflowStatus::Failed,
        "an answered failure is still one"
    );
    assert_eq!(
        bench.skipped(3),
        Some(SkipReason::Stopped),
        "an ordinary step does not follow it"
    );
}

#[test]
fn a_step_for_failure_runs_when_something_above_it_failed() {
    let steps = [
        step("Bad", &[]),
        step("Never", &[0]),
        step_if("Alarm", RunIf::Failed, &[0, 1]),
    ];
    let mut bench = Workbench::started(define(&steps));
    bench.fail(0);
    bench.succeed(2);
    assert_eq!(bench.status(), WorkflowStatus::Failed);
    assert_eq!(
        bench.tasks(),
        [
            TaskStatus::Failed,
            TaskStatus::Skipped,
            TaskStatus::Completed
        ]
    );
}

#[test]
fn a_step_for_failure_that_is_not_needed_is_skipped_and_so_is_what_only_follows_it() {
    let steps = [
        step("Good", &[]),
        step_if("Alarm", RunIf::Failed, &[0]),
        step("After alarm", &[1]),
    ];
    let mut bench = Workbench::started(define(&steps));
    bench.succeed(0);
    assert_eq!(bench.status(), WorkflowStatus::Completed);
    assert_eq!(bench.skipped(1), Some(SkipReason::NotNeeded));
    assert_eq!(bench.skipped(2), Some(SkipReason::NotNeeded));
    assert_eq!(bench.percent(), 100);
}

#[test]
fn a_step_behind_one_that_completed_and_one_that_was_spared_runs() {
    let mut bench = Workbench::started(define(&[
        step("a", &[]),
        step("b", &[]),
        step("join", &[0, 1]),
    ]));
    bench.succeed(0);
    bench.run(1, Outcome::NothingToDo);
    assert_eq!(bench.skipped(1), Some(SkipReason::NotNeeded));
    bench.succeed(2);
    assert_eq!(bench.status(), WorkflowStatus::Completed);
}

#[test]
fn a_step_whose_condition_is_false_says_so_and_what_follows_goes_on() {
    let conditional = StepDefinition {
        condition: Some("parameters.wanted".into()),
        ..step("b", &[])
    };
    let mut bench = Workbench::started(define(&[
        step("a", &[]),
        conditional,
        step("join", &[0, 1]),
    ]));
    bench.succeed(0);
    bench.run(1, Outcome::ConditionNotMet);
    assert_eq!(bench.skipped(1), Some(SkipReason::ConditionNotMet));
    assert_eq!(engine::invariant::at_rest(&bench.workflow), []);
    let told = bench
        .events
        .iter()
        .rfind(|e| e.event.kind() == "TaskSkipped");
    let json = serde_json::to_value(told.unwrap()).unwrap();
    assert_eq!(json["reason"], "condition_not_met");
    bench.succeed(2);
    assert_eq!(bench.status(), WorkflowStatus::Completed);
    assert_eq!(bench.percent(), 100);
}

#[test]
fn a_late_or_repeated_report_is_refused_and_changes_nothing() {
    let mut bench = Workbench::started(define(&[step("a", &[]), step("b", &[0])]));
    bench.succeed(0);
    let (record, count) = (bench.workflow.record().clone(), bench.events.len());
    for attempt in [0, 1, 2] {
        let late = engine::Command::Report {
            task: 0,
            attempt,
            outcome: Outcome::Lost,
        };
        let refused = engine::Refusal::Superseded { task: 0, attempt };
        assert_eq!(bench.command(&late), Err(refused));
    }
    assert_eq!(
        (bench.workflow.record(), bench.events.len()),
        (&record, count)
    );
}

#[test]
fn a_workflow_is_created_once() {
    let mut bench = Workbench::started(define(&[step("a", &[])]));
    let record = bench.workflow.record().clone();
    assert!(bench.command(&engine::Command::Create).is_err());
    assert_eq!(bench.workflow.record(), &record);
}
