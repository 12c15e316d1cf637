//! Opening the data again: after an orderly stop and after a second server tried.

use std::time::Duration;

use engine::{TaskStatus, WorkflowStatus};
use runtime::{Runtime, Settings};

use crate::quarantine::all_wait;
use crate::workbench::{Workbench, define, eventually, noop, shell};

#[tokio::test]
async fn a_second_server_on_the_same_file_is_refused() {
    let bench = Workbench::new().await;
    let second = Runtime::builder()
        .sqlite(bench.path("jobs.db"))
        .start()
        .await;
    let error = second.err().unwrap();
    assert!(error.is_in_use(), "{error}");
}

#[tokio::test]
async fn what_was_interrupted_by_an_orderly_stop_goes_on_and_is_not_charged() {
    let impatient = Settings {
        drain: Duration::ZERO,
        ..Settings::default()
    };
    let bench = Workbench::with(impatient).await;
    let mark = bench.path("mark");
    let script = format!("[ -e {0} ] || {{ touch {0}; sleep 600; }}", mark.display());
    let id = bench
        .start(&define(&[shell("Long", &script, &[]), noop("Next", &[0])]))
        .await;
    eventually("it began", || mark.exists()).await;
    bench.runtime.shutdown().await;
    assert_eq!(bench.progress(id).await.tasks[0].status, TaskStatus::Queued);

    let bench = bench.reopen().await;
    let done = bench.until_status(id, WorkflowStatus::Completed).await;
    assert_eq!((done.tasks[0].attempt, done.tasks[0].retry_count), (2, 0));
}

#[tokio::test]
async fn a_wait_outlives_the_server() {
    let (bench, ids) = all_wait().await;
    let bench = bench.reopen().await;
    for id in ids {
        let done = bench.until_status(id, WorkflowStatus::Completed).await;
        assert_eq!(done.tasks[0].attempt, 1);
    }
}
