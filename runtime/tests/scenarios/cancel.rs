//! Cancelling: only when nothing of it is alive is a workflow cancelled.

use engine::{JobOrchestrator, TaskStatus, WorkflowStatus};

use crate::workbench::{Workbench, define, eventually, noop, shell};

#[tokio::test]
async fn cancelling_ends_the_whole_process_tree_before_the_workflow_is_cancelled() {
    let bench = Workbench::new().await;
    let pids = bench.path("pids");
    let script = format!(
        "sleep 600 & echo $! >> {0}; setsid sh -c 'echo $$ >> {0}; exec sleep 600' & \
         echo $$ >> {0}; wait",
        pids.display()
    );
    let id = bench
        .start(&define(&[
            shell("Sleep", &script, &[]),
            noop("Never", &[0]),
        ]))
        .await;
    let lines = || std::fs::read_to_string(&pids).unwrap_or_default();
    eventually("all three processes run", || lines().lines().count() == 3).await;
    let asked = bench.runtime.cancel_workflow(id).await.unwrap();
    assert_eq!(asked.summary.status, WorkflowStatus::Running);
    let progress = bench.until_status(id, WorkflowStatus::Cancelled).await;
    for pid in lines().lines() {
        let path = std::path::Path::new("/proc").join(pid);
        assert!(!path.exists(), "process {pid} is still there");
    }
    assert_eq!(progress.tasks[0].status, TaskStatus::Cancelled);
    assert_eq!(progress.tasks[1].status, TaskStatus::Cancelled);
}

#[tokio::test]
async fn a_pending_workflow_is_cancelled_at_once_and_cancelling_again_changes_nothing() {
    let bench = Workbench::new().await;
    let id = bench.create(&define(&[noop("Never", &[])])).await.id;
    let first = bench.runtime.cancel_workflow(id).await.unwrap();
    assert_eq!(first.summary.status, WorkflowStatus::Cancelled);
    let second = bench.runtime.cancel_workflow(id).await.unwrap();
    assert_eq!(first, second);
}
