//! Steps that run only where their condition is true.

use engine::TaskStatus::{Completed, Failed, Skipped};
use engine::progress::Progress;
use engine::{
    Actor, FailureKind, JobOrchestrator, RunIf, SkipReason, StepDefinition, TaskStatus,
    WorkflowDefinition, WorkflowStatus, Workflows,
};
use serde_json::json;

use crate::workbench::{Workbench, define, noop, shell, step};

fn only_if(condition: &str, step: StepDefinition) -> StepDefinition {
    StepDefinition {
        condition: Some(condition.to_owned()),
        ..step
    }
}

/// A step that gives an object.
fn giving(name: &str, output: &str) -> StepDefinition {
    shell(name, &format!("echo '{output}'"), &[])
}

fn states(progress: &Progress) -> Vec<TaskStatus> {
    progress.tasks.iter().map(|task| task.status).collect()
}

#[tokio::test]
async fn a_step_runs_where_its_condition_is_true_and_is_skipped_where_it_is_false() {
    let bench = Workbench::new().await;
    let ran = bench.path("ran");
    let touch = |name: &str| shell(name, &format!("touch {}", ran.display()), &[0]);
    // What it refers to is not there: it is not even filled in.
    let detail = json!({"program": "echo", "args": ["{{ steps.scan.output.error.text }}"]});
    let report = StepDefinition {
        max_retries: 5,
        ..step("Report", "command", detail, &[0])
    };
    let definition = define(&[
        giving("Scan", r#"{"count": 3}"#),
        only_if("steps.scan.output.count > 2", noop("Many", &[0])),
        only_if("steps.scan.output.count > 3", touch("More")),
        only_if("steps.scan.output.error is defined", report),
        noop("After a skipped one", &[2]),
        noop("After both", &[1, 2]),
        StepDefinition {
            run_if: RunIf::Always,
            ..noop("Always", &[2])
        },
        StepDefinition {
            run_if: RunIf::Failed,
            ..noop("On failure", &[2])
        },
    ]);
    let done = bench.execute(&definition).await;
    assert_eq!(done.summary.status, WorkflowStatus::Completed);
    assert_eq!(done.summary.progress, 100);
    let progress = bench.progress(done.id).await;
    let wanted = [
        Completed, Completed, Skipped, Skipped, Skipped, Completed, Completed, Skipped,
    ];
    assert_eq!(states(&progress), wanted);
    use SkipReason::{ConditionNotMet, NotNeeded};
    let reasons = [
        (2, ConditionNotMet),
        (3, ConditionNotMet),
        (4, NotNeeded),
        (7, NotNeeded),
    ];
    for (skipped, wanted) in reasons {
        let reason = progress.tasks[skipped].skip_reason;
        assert_eq!(reason, Some(wanted), "step {skipped}");
    }
    // It was looked at once, in an attempt, and its log says why nothing came of it.
    assert_eq!((progress.tasks[2].attempt, ran.exists()), (1, false));
    let actor = Actor::program();
    let log = bench.runtime.log(&actor, done.id, 2, 0, 10).await.unwrap();
    let text = &log.lines[0].text;
    let wanted = "skipped, because its condition is false: steps.scan.output.count > 3";
    assert!(text.ends_with(wanted), "{text}");
}

#[tokio::test]
async fn a_condition_may_ask_for_parameters_and_for_what_a_skipped_step_did_not_give() {
    let bench = Workbench::new().await;
    let definition = WorkflowDefinition::from_json(&json!({
        "name": "Asks", "parameters": {"send": false}, "steps": [
            {"name": "Send", "task_type": "noop", "condition": "parameters.send"},
            {"name": "Sent", "task_type": "noop", "dependencies": [0], "run_if": "always",
             "condition": "steps.send.output is defined"},
            {"name": "Not sent", "task_type": "noop", "dependencies": [0], "run_if": "always",
             "condition": "steps.send.output is not defined"},
        ],
    }))
    .unwrap();
    let progress = bench.progress(bench.execute(&definition).await.id).await;
    assert_eq!(states(&progress), [Skipped, Skipped, Completed]);
}

#[tokio::test]
async fn a_condition_that_cannot_be_told_fails_the_step_once_and_says_what_would_mend_it() {
    let bench = Workbench::new().await;
    for (condition, told) in [
        (
            "steps.scan.output.count",
            "it gives a number, and a condition has to be true or false; compare it, such as \
             steps.scan.output.count > 0",
        ),
        (
            "steps.scan.output.size > 0",
            "steps.scan.output.size is not there: steps.scan.output is an object with count; \
             where it may be missing, ask first: steps.scan.output.size is defined and …",
        ),
    ] {
        let ran = bench.path("ran");
        let touch = format!("touch {}", ran.display());
        let asks = only_if(condition, shell("Asks", &touch, &[0]));
        let definition = define(&[giving("Scan", r#"{"count": 3}"#), asks]);
        let done = bench.execute(&definition).await;
        assert_eq!(done.summary.status, WorkflowStatus::Failed);
        let progress = bench.progress(done.id).await;
        assert_eq!(states(&progress), [Completed, Failed]);
        // Another try would find the same.
        assert_eq!(progress.tasks[1].attempt, 1);
        assert_eq!(bench.failure(done.id, 1).await, FailureKind::Permanent);
        let wanted = format!("its condition, {condition}: {told}");
        assert_eq!(progress.tasks[1].error_message, Some(wanted));
        assert!(!ran.exists());
    }
}

#[tokio::test]
async fn after_a_recovery_the_condition_is_asked_anew_of_what_was_given_anew() {
    let bench = Workbench::new().await;
    let found = bench.path("found");
    let scan = format!(
        "[ -e {0} ] && echo '{{\"n\": 1}}' || echo '{{\"n\": 0}}'",
        found.display()
    );
    let mut broken = shell("Broken", &format!("[ -e {} ]", found.display()), &[0]);
    broken.max_retries = 0;
    let definition = define(&[
        shell("Scan", &scan, &[]),
        only_if("steps.scan.output.n > 0", noop("Use", &[0])),
        broken,
    ]);
    let failed = bench.execute(&definition).await;
    assert_eq!(
        states(&bench.progress(failed.id).await),
        [Completed, Skipped, Failed]
    );
    std::fs::write(&found, "").unwrap();
    bench.runtime.recover_workflow(failed.id, 0).await.unwrap();
    let progress = bench
        .until_status(failed.id, WorkflowStatus::Completed)
        .await;
    assert_eq!(states(&progress), [Completed; 3]);
    assert_eq!(
        (progress.tasks[1].attempt, progress.tasks[1].skip_reason),
        (2, None)
    );
}
