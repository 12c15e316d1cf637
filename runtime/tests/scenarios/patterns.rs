//! The reference's sequential and parallel patterns, outputs and references.

use engine::WorkflowStatus;
use serde_json::json;

use crate::workbench::{Workbench, define, noop, shell, step};

#[tokio::test]
async fn steps_run_one_after_the_other_when_each_depends_on_the_one_before() {
    let bench = Workbench::new().await;
    let done = bench
        .execute(&define(&[noop("1", &[]), noop("2", &[0]), noop("3", &[1])]))
        .await;
    assert_eq!(done.summary.status, WorkflowStatus::Completed);
    assert_eq!(done.summary.progress, 100);
    let kinds = bench.kinds(done.id).await;
    let started = kinds.iter().filter(|kind| **kind == "TaskStarted").count();
    assert_eq!(started, 3);
    assert_eq!(kinds.last(), Some(&"WorkflowCompleted"));
}

#[tokio::test]
async fn branches_run_side_by_side_and_meet_again() {
    let bench = Workbench::new().await;
    let meet = |own: &str, other: &str| {
        let folder = bench.folder.path().display();
        // Each branch ends only once the other has begun: one after the other would hang.
        format!("touch {folder}/{own}; until [ -e {folder}/{other} ]; do sleep 0.01; done")
    };
    let definition = define(&[
        noop("Download", &[]),
        noop("Validate", &[0]),
        shell("Process A", &meet("a", "b"), &[1]),
        shell("Process B", &meet("b", "a"), &[1]),
        noop("Merge", &[2, 3]),
    ]);
    let done = bench.execute(&definition).await;
    assert_eq!(done.summary.status, WorkflowStatus::Completed);
}

#[tokio::test]
async fn a_step_gets_the_output_of_an_earlier_one_by_reference() {
    let bench = Workbench::new().await;
    let definition = define(&[
        shell("Count", r#"echo counting; echo '{"count": 1000}'"#, &[]),
        shell(
            "Use",
            r#"echo "[{{ steps.count.output.count }}, {{ workflow.id }}]""#,
            &[0],
        ),
    ]);
    let id = bench.execute(&definition).await.id;
    assert_eq!(bench.output(id, 0).await, json!({"count": 1000}));
    assert_eq!(bench.output(id, 1).await, json!([1000, id.0]));
}

#[tokio::test]
async fn a_wait_gives_an_empty_object_as_a_joining_point_does() {
    let bench = Workbench::new().await;
    let steps = [
        step("Wait", "delay", json!({"seconds": 0}), &[]),
        noop("Join", &[0]),
    ];
    let done = bench.execute(&define(&steps)).await;
    assert_eq!(done.summary.status, WorkflowStatus::Completed);
    for task in [0, 1] {
        assert_eq!(bench.output(done.id, task).await, json!({}));
    }
}
