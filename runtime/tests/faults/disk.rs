//! Little room on the disk: nothing new is begun and logs are cut short, until there is room again.

use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use engine::orchestrator::Hindrance;
use engine::{
    Actor, JobId, JobOrchestrator, JobOrchestratorError, StepDefinition, TroubleKind,
    WorkflowDefinition, WorkflowStatus, Workflows,
};
use runtime::Runtime;
use runtime::clock::TestClock;
use runtime::health::{Disk, Space};
use runtime::step::{Registry, StepContext, StepError, StepOutput, StepType};
use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::{Value, json};
use tokio::time::sleep;

const MIB: u64 = 1024 * 1024;

/// A disk of 4 GiB that a test fills.
struct TestDisk(AtomicU64);

impl Disk for TestDisk {
    fn space(&self) -> io::Result<Space> {
        Ok(Space {
            free: self.0.load(Ordering::SeqCst),
            total: 4_096 * MIB,
        })
    }
}

/// Writes 200 lines of 1,000 letters.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct Talker {}

impl StepType for Talker {
    const TASK_TYPE: &'static str = "talker";
    const TITLE: &'static str = "Talker";
    const OUTPUT: &'static str = "An empty object.";
    const DEFAULT_TIMEOUT: Duration = Duration::from_secs(60);

    fn example() -> Value {
        json!({})
    }

    async fn run(self, cx: StepContext) -> Result<StepOutput, StepError> {
        for _ in 0..200 {
            cx.log().stdout(&"x".repeat(1_000));
        }
        Ok(StepOutput::Done(json!({})))
    }
}

struct World {
    disk: Arc<TestDisk>,
    runtime: Runtime,
}

impl World {
    async fn new() -> Self {
        let disk = Arc::new(TestDisk(AtomicU64::new(3_000 * MIB)));
        let mut registry = Registry::builtin().unwrap();
        registry.register::<Talker>().unwrap();
        let builder = Runtime::builder().in_memory().registry(registry);
        let clock = Arc::new(TestClock::at(1_704_067_200_000_000));
        let builder = builder.clock(clock).disk(disk.clone());
        let runtime = builder.start().await.unwrap();
        Self { disk, runtime }
    }

    /// Leaves so much room, and lets the engine see it.
    async fn leave(&self, mib: u64) {
        self.disk.0.store(mib * MIB, Ordering::SeqCst);
        sleep(Duration::from_secs(2)).await;
    }

    /// The lines that a step which writes 200 of them kept.
    async fn lines_kept(&self, job: i64) -> Vec<String> {
        let talker = StepDefinition::new("Talks", "talker");
        let definition = WorkflowDefinition::new("Talk", &[talker]).unwrap();
        let created = self.runtime.create_workflow(JobId(job), definition, None);
        let id = created.await.unwrap().id;
        self.complete(id).await;
        let actor = Actor::program();
        let page = self.runtime.log(&actor, id, 0, 0, 1_000).await.unwrap();
        page.lines.into_iter().map(|line| line.text).collect()
    }

    async fn complete(&self, id: engine::WorkflowId) {
        self.runtime.start_workflow(id).await.unwrap();
        loop {
            let progress = self.runtime.get_workflow_progress(id).await.unwrap();
            if progress.summary.status == WorkflowStatus::Completed {
                return;
            }
            sleep(Duration::from_millis(50)).await;
        }
    }

    fn troubles(&self) -> Vec<TroubleKind> {
        self.runtime.troubles().iter().map(|t| t.kind).collect()
    }
}

#[tokio::test(start_paused = true)]
async fn on_a_disk_that_is_nearly_full_no_workflow_is_created_but_those_there_go_on() {
    let world = World::new().await;
    let definition = WorkflowDefinition::new("Any", &[StepDefinition::new("Any", "noop")]).unwrap();
    let create = async |job| {
        let created = world
            .runtime
            .create_workflow(JobId(job), definition.clone(), None);
        created.await
    };
    let earlier = create(1).await.unwrap();
    world.leave(511).await;
    assert_eq!(world.troubles(), [TroubleKind::DiskNearlyFull]);
    let refused = create(2).await.err();
    let hindrance = JobOrchestratorError::Hindered(Hindrance::DiskNearlyFull);
    assert_eq!(refused, Some(hindrance));
    world.complete(earlier.id).await;
    world.leave(1_000).await;
    assert_eq!(
        world.troubles(),
        [TroubleKind::DiskNearlyFull],
        "not enough yet"
    );
    world.leave(1_100).await;
    assert_eq!(world.troubles(), []);
    create(3).await.unwrap();
    world.runtime.shutdown().await;
}

#[tokio::test(start_paused = true)]
async fn on_a_disk_that_is_nearly_full_an_attempt_keeps_64_kib_of_its_output() {
    let world = World::new().await;
    assert_eq!(world.lines_kept(1).await.len(), 200);
    let talker = StepDefinition::new("Talks", "talker");
    let definition = WorkflowDefinition::new("Talk", &[talker]).unwrap();
    let created = world.runtime.create_workflow(JobId(2), definition, None);
    let id = created.await.unwrap().id;
    world.leave(100).await;
    world.complete(id).await;
    let page = world.runtime.log(&Actor::program(), id, 0, 0, 1_000).await;
    let kept = page.unwrap().lines;
    let bytes: usize = kept.iter().map(|line| line.text.len()).sum();
    assert!(bytes <= 64 * 1024 && kept.len() > 50, "{bytes} bytes");
    let last = &kept.last().unwrap().text;
    assert!(last.starts_with("more than 64 KiB of output"), "{last}");
    world.leave(3_000).await;
    assert_eq!(world.lines_kept(3).await.len(), 200);
    world.runtime.shutdown().await;
}
