//! Patterns 1 to 3 of the reference.

use engine::{Action, TaskStatus, WorkflowStatus};

use crate::workbench::{Workbench, define, step};

#[test]
fn sequential_steps_become_ready_one_after_the_other() {
    let mut bench = Workbench::started(define(&[
        step("Step 1", &[]),
        step("Step 2", &[0]),
        step("Step 3", &[1]),
    ]));
    for index in 0..3 {
        assert_eq!(bench.workflow.startable().collect::<Vec<_>>(), [index]);
        let summary = bench.progress().summary;
        assert_eq!(
            (summary.current_step, summary.current_steps),
            (index, vec![index])
        );
        bench.succeed(index);
    }
    assert_eq!(bench.status(), WorkflowStatus::Completed);
    assert_eq!(
        bench.last_kinds(2),
        ["TaskCompleted", "WorkflowCompleted"],
        "the end comes in the commit of the last step"
    );
}

#[test]
fn completing_a_step_and_queueing_the_next_is_one_decision() {
    let mut bench = Workbench::started(define(&[step("1", &[]), step("2", &[0])]));
    bench.succeed(0);
    assert_eq!(bench.last_kinds(2), ["TaskCompleted", "TaskQueued"]);
}

#[test]
fn parallel_steps_are_ready_together_and_the_join_waits_for_both() {
    let mut bench = Workbench::started(define(&[
        step("Download", &[]),
        step("Validate", &[0]),
        step("Process A", &[1]),
        step("Process B", &[1]),
        step("Merge", &[2, 3]),
    ]));
    bench.succeed(0);
    bench.succeed(1);
    assert_eq!(bench.workflow.startable().collect::<Vec<_>>(), [2, 3]);
    bench.start(2);
    bench.succeed(3);
    assert_eq!(bench.task(4), TaskStatus::Pending, "Process A still runs");
    let summary = bench.progress().summary;
    assert_eq!((summary.current_step, summary.current_steps), (2, vec![2]));
    bench.report(2, engine::Outcome::Succeeded(serde_json::Value::Null));
    bench.succeed(4);
    assert_eq!(bench.status(), WorkflowStatus::Completed);
}

#[test]
fn a_failed_workflow_is_recovered_from_its_current_step() {
    let mut bench = Workbench::started(define(&[
        step("First", &[]),
        step("Broken", &[0]),
        step("Last", &[1]),
    ]));
    bench.succeed(0);
    bench.fail(1);
    let summary = bench.progress().summary;
    assert_eq!(summary.status, WorkflowStatus::Failed);
    assert_eq!(summary.current_step, 1);
    assert!(summary.is_recoverable());

    let from_step = summary.current_step;
    bench.act(Action::recover(from_step));
    assert_eq!(bench.status(), WorkflowStatus::Recovering);
    assert_eq!(bench.progress().summary.recovery_attempts, 1);
    bench.succeed(1);
    assert_eq!(
        bench.status(),
        WorkflowStatus::Running,
        "past the point that broke"
    );
    bench.succeed(2);
    assert_eq!(bench.status(), WorkflowStatus::Completed);
    assert_eq!(
        bench.workflow.tasks()[0].record().attempt,
        1,
        "what had completed is kept"
    );
}
