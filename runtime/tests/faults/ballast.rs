//! The room that is kept for it: on a full disk it is given up, and what a running step comes to is
//! written down at once.

use std::sync::Arc;
use std::time::Duration;

use engine::{JobId, JobOrchestrator, TaskStatus, WorkflowDefinition};
use runtime::clock::TestClock;
use runtime::settings::DiskLimits;
use runtime::store::WorkflowStore;
use runtime::{Runtime, Settings};
use tokio::time::sleep;

use crate::faulty::Faulty;
use crate::witness::{registry, witness};

const BALLAST: u64 = 64 * 1024;

#[tokio::test(start_paused = true)]
async fn what_a_running_step_comes_to_on_a_full_disk_is_written_in_the_room_of_the_ballast() {
    let folder = tempfile::tempdir().unwrap();
    let store = Arc::new(Faulty::default());
    let settings = Settings {
        disk: DiskLimits {
            ballast: BALLAST,
            ..DiskLimits::default()
        },
        ..Settings::default()
    };
    let clock = Arc::new(TestClock::at(1_704_067_200_000_000));
    let builder = Runtime::builder().sqlite(folder.path().join("jobs.db"));
    let builder = builder.store(store.clone()).registry(registry());
    let runtime = builder.clock(clock).settings(settings).start().await;
    let runtime = runtime.unwrap();
    let ballast = folder.path().join("jobs.ballast");
    assert_eq!(ballast.metadata().unwrap().len(), BALLAST);

    let (step, _) = witness("Step", 0, 5.0, &[]);
    let definition = WorkflowDefinition::new("Runs", &[step]).unwrap();
    let created = runtime.create_workflow(JobId(1), definition, None);
    let id = created.await.unwrap().id;
    runtime.start_workflow(id).await.unwrap();
    sleep(Duration::from_millis(4_900)).await;
    store.set_full_while(ballast);
    // Sooner than anything that is kept would be tried again.
    sleep(Duration::from_millis(400)).await;
    let stored = store.inner.load(id).await.unwrap().unwrap().workflow;
    assert_eq!(stored.tasks()[0].status(), TaskStatus::Completed);
    runtime.shutdown().await;
}
