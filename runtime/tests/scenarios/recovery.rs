//! Failure, retry, recovery, pause and resume.

use std::time::Duration;

use engine::{
    Actor, Event, JobOrchestrator, JobOrchestratorError, TaskStatus, WorkflowDefinition,
    WorkflowStatus, Workflows,
};
use serde_json::json;

use crate::workbench::{Workbench, define, eventually, noop, shell};

#[tokio::test]
async fn a_step_that_fails_twice_then_succeeds_is_tried_again_after_one_and_two_seconds() {
    let bench = Workbench::new().await;
    let count = bench.path("count");
    let script = format!("echo x >> {0}; [ $(wc -l < {0}) -ge 3 ]", count.display());
    let id = bench
        .execute(&define(&[shell("Flaky", &script, &[])]))
        .await
        .id;
    let progress = bench.progress(id).await;
    assert_eq!(progress.summary.status, WorkflowStatus::Completed);
    assert_eq!(
        (progress.tasks[0].retry_count, progress.tasks[0].attempt),
        (2, 3)
    );
    let mut waits = Vec::new();
    for record in bench.events(id).await {
        if let Event::TaskRetryScheduled { due_at, .. } = record.event {
            waits.push(due_at.since(record.at));
        }
    }
    assert_eq!(waits, [Duration::from_secs(1), Duration::from_secs(2)]);
}

#[tokio::test]
async fn a_failed_workflow_is_recovered_from_the_step_that_broke() {
    let bench = Workbench::new().await;
    let mended = bench.path("mended");
    let mut broken = shell("Broken", &format!("[ -e {} ]", mended.display()), &[0]);
    broken.max_retries = 0;
    let definition = define(&[noop("First", &[]), broken, noop("Last", &[1])]);
    let failed = bench.execute(&definition).await;
    let id = failed.id;
    assert_eq!(failed.summary.status, WorkflowStatus::Failed);
    assert_eq!(failed.summary.current_step, 1);
    assert_eq!(
        bench.progress(id).await.tasks[2].status,
        TaskStatus::Skipped
    );

    std::fs::write(&mended, "").unwrap();
    bench
        .runtime
        .recover_workflow(id, failed.summary.current_step)
        .await
        .unwrap();
    let progress = bench.until_status(id, WorkflowStatus::Completed).await;
    assert_eq!(progress.summary.recovery_attempts, 1);
    assert_eq!(progress.tasks[0].attempt, 1, "what had completed is kept");
}

#[tokio::test]
async fn a_spent_recovery_budget_is_refused() {
    let bench = Workbench::new().await;
    let mut broken = shell("Broken", "exit 3", &[]);
    broken.max_retries = 0;
    let definition = define(&[broken]).with_max_recovery_attempts(1);
    let id = bench.execute(&definition).await.id;
    bench.runtime.recover_workflow(id, 0).await.unwrap();
    bench.until_status(id, WorkflowStatus::Failed).await;
    let refused = bench.runtime.recover_workflow(id, 0).await;
    assert!(
        matches!(refused, Err(JobOrchestratorError::Refused(_))),
        "{refused:?}"
    );
}

#[tokio::test]
async fn while_paused_a_running_step_ends_and_nothing_new_starts() {
    let bench = Workbench::new().await;
    let go = bench.path("go");
    let script = format!("until [ -e {} ]; do sleep 0.01; done", go.display());
    let id = bench
        .start(&define(&[shell("Slow", &script, &[]), noop("Next", &[0])]))
        .await;
    bench
        .until(id, |p| p.tasks[0].status == TaskStatus::Running)
        .await;
    bench.runtime.pause_workflow(id).await.unwrap();
    std::fs::write(&go, "").unwrap();
    let paused = bench
        .until(id, |p| p.tasks[0].status == TaskStatus::Completed)
        .await;
    assert_eq!(paused.summary.status, WorkflowStatus::Paused);
    assert_eq!(paused.tasks[1].status, TaskStatus::Pending);
    bench.runtime.resume_workflow(id).await.unwrap();
    bench.until_status(id, WorkflowStatus::Completed).await;
}

#[tokio::test]
async fn a_step_that_takes_too_long_has_timed_out_and_leaves_no_process() {
    let bench = Workbench::new().await;
    let pid = bench.path("pid");
    let mut slow = shell(
        "Slow",
        &format!("echo $$ > {}; exec sleep 600", pid.display()),
        &[],
    );
    slow.timeout = Some(0.5);
    slow.max_retries = 0;
    let definition = define(&[slow]);
    let pid = loop {
        let id = bench.execute(&definition).await.id;
        let error = bench.progress(id).await.tasks[0]
            .error_message
            .clone()
            .unwrap();
        assert!(error.starts_with("timed out after"), "{error}");
        // On a busy machine its time may be over before it has begun.
        if let Ok(pid) = std::fs::read_to_string(&pid)
            && !pid.is_empty()
        {
            break pid;
        }
    };
    eventually("the process is gone", || !process_lives(pid.trim())).await;
}

fn process_lives(pid: &str) -> bool {
    std::path::Path::new("/proc").join(pid).exists()
}

#[tokio::test]
async fn a_delay_waits_without_a_slot_and_ends_by_itself() {
    let bench = Workbench::new().await;
    let wait = crate::workbench::step("Wait", "delay", json!({"seconds": 0.2}), &[]);
    let id = bench
        .execute(&define(&[wait, noop("After", &[0])]))
        .await
        .id;
    assert!(bench.kinds(id).await.contains(&"TaskWaiting"));
}

#[tokio::test]
async fn the_log_says_why_a_failed_step_is_not_tried_again() {
    let bench = Workbench::new().await;
    let fails = |retries: u32| {
        json!({"name": format!("With {retries}"), "task_type": "command", "max_retries": retries,
               "config": {"program": "false"}})
    };
    let permanent = json!({"name": "Permanent", "task_type": "command",
        "config": {"program": "{{ parameters.p }}\u{0}"}});
    let definition = json!({"name": "N", "parameters": {"p": "x"},
        "steps": [fails(0), fails(1), fails(2), permanent]});
    let definition = WorkflowDefinition::from_json(&definition).unwrap();
    let id = bench.execute(&definition).await.id;
    for (task, why) in [
        "the step has no retries",
        "its only retry was used",
        "all 2 retries were used",
        "another try would come to the same",
    ]
    .iter()
    .enumerate()
    {
        let log = bench.runtime.log(&Actor::program(), id, task, 0, 100).await;
        let lines = log.unwrap().lines;
        let last = &lines.last().unwrap().text;
        assert!(
            last.ends_with(&format!("; not tried again: {why}")),
            "{last}"
        );
        let told = lines
            .iter()
            .filter(|line| line.text.contains("not tried again"));
        assert_eq!(told.count(), 1, "{lines:?}");
    }
}
