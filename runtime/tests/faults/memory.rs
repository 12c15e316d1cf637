//! The process uses more memory than it may: what runs goes on, nothing new starts, until there is
//! plenty again.

use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use engine::{
    JobId, JobOrchestrator, StepDefinition, TaskStatus, TroubleKind, WorkflowDefinition,
    WorkflowId, WorkflowStatus, Workflows,
};
use runtime::clock::TestClock;
use runtime::health::Memory;
use runtime::{Runtime, Settings};
use tokio::time::{sleep, timeout};

use crate::witness::{registry, tries, witness};
use crate::world::MINUTE;

const LIMIT: u64 = 1_000_000;

/// As many bytes as a test says.
struct Used(AtomicU64);

impl Memory for Used {
    fn resident(&self) -> io::Result<u64> {
        Ok(self.0.load(Ordering::SeqCst))
    }
}

struct World {
    used: Arc<Used>,
    runtime: Runtime,
}

impl World {
    async fn new() -> Self {
        let used = Arc::new(Used(AtomicU64::new(LIMIT)));
        let settings = Settings {
            memory: Some(LIMIT),
            ..Settings::default()
        };
        let clock = Arc::new(TestClock::at(1_704_067_200_000_000));
        let builder = Runtime::builder().in_memory().registry(registry());
        let builder = builder.clock(clock).settings(settings);
        let runtime = builder.memory_use(used.clone()).start().await.unwrap();
        Self { used, runtime }
    }

    /// Uses so much, and lets the engine see it.
    async fn uses(&self, bytes: u64) {
        self.used.0.store(bytes, Ordering::SeqCst);
        sleep(Duration::from_secs(2)).await;
    }

    async fn start(&self, steps: &[StepDefinition]) -> WorkflowId {
        let definition = WorkflowDefinition::new("Heavy", steps).unwrap();
        let created = self.runtime.create_workflow(JobId(1), definition, None);
        let id = created.await.unwrap().id;
        self.runtime.start_workflow(id).await.unwrap();
        id
    }

    async fn tasks(&self, id: WorkflowId) -> Vec<TaskStatus> {
        let progress = self.runtime.get_workflow_progress(id).await.unwrap();
        progress.tasks.iter().map(|task| task.status).collect()
    }

    fn is_short(&self) -> bool {
        let troubles = self.runtime.troubles();
        troubles
            .iter()
            .any(|trouble| trouble.kind == TroubleKind::Memory)
    }

    async fn until_completed(&self, id: WorkflowId) {
        let completed = async {
            while self
                .runtime
                .get_workflow(id)
                .await
                .unwrap()
                .unwrap()
                .summary
                .status
                != WorkflowStatus::Completed
            {
                sleep(Duration::from_millis(50)).await;
            }
        };
        timeout(10 * MINUTE, completed).await.expect("it completes");
    }
}

#[tokio::test(start_paused = true)]
async fn over_the_memory_limit_what_runs_ends_and_nothing_starts_until_a_fifth_below_it() {
    let world = World::new().await;
    let (first, _) = witness("First", 0, 10.0, &[]);
    let (second, number) = witness("Second", 0, 0.0, &[0]);
    let runs = world.start(&[first, second]).await;
    assert!(!world.is_short(), "the limit itself may be used");

    world.uses(LIMIT + 1).await;
    assert!(world.is_short());
    let (other, other_number) = witness("Other", 0, 0.0, &[]);
    let waits = world.start(&[other]).await;
    sleep(MINUTE).await;
    let told = world.tasks(runs).await;
    assert_eq!(told, [TaskStatus::Completed, TaskStatus::Queued]);
    assert_eq!(world.tasks(waits).await, [TaskStatus::Queued]);
    world.uses(LIMIT / 10 * 9).await;
    assert!(world.is_short(), "not by a hair's breadth");
    assert_eq!((tries(number).len(), tries(other_number).len()), (0, 0));

    world.uses(LIMIT / 10 * 7).await;
    assert!(!world.is_short());
    world.until_completed(runs).await;
    world.until_completed(waits).await;
    world.runtime.shutdown().await;
}
