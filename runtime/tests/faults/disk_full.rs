//! The disk is full at moments of chance while workflows run, on real files: no file is damaged,
//! nothing that was answered is lost, and it goes on by itself when there is room again.

use std::sync::Arc;
use std::time::Duration;

use engine::orchestrator::Hindrance;
use engine::{
    Action, Actor, JobId, JobOrchestrator, JobOrchestratorError, TroubleKind, WorkflowDefinition,
    WorkflowId, WorkflowStatus, Workflows,
};
use futures::future::join_all;
use runtime::Runtime;
use runtime::database::Database;
use runtime::store::sqlite::SqliteStore;
use serde_json::{Map, json};
use tokio::time::{Instant, sleep, timeout};

use crate::dice::Dice;
use crate::examined::Examined;
use crate::figures;
use crate::seeds;
use crate::witness::{registry, witness};

/// The promise: back at work so soon after there is room again.
const BACK_WITHIN: Duration = Duration::from_secs(10);
const FILLS: u64 = 10;

struct World {
    /// Looked through at the end: the file is sound.
    _folder: Examined,
    store: Arc<SqliteStore>,
    runtime: Runtime,
    dice: Dice,
    /// The workflows whose creation and start were answered.
    answered: Vec<WorkflowId>,
}

impl World {
    async fn new(seed: u64) -> Self {
        let folder = Examined::new();
        let database = Database::open(&folder.path().join("jobs.db"))
            .await
            .unwrap();
        let store = Arc::new(SqliteStore::new(database));
        let builder = Runtime::builder().store(store.clone()).registry(registry());
        let runtime = builder.start().await.unwrap();
        Self {
            _folder: folder,
            store,
            runtime,
            dice: Dice::new(seed),
            answered: Vec::new(),
        }
    }

    /// A few kilobytes of everything, so that the file has to grow.
    async fn submit(&mut self) -> Result<(), JobOrchestratorError> {
        let (first, _) = witness("First", 0, 0.02, &[]);
        let (second, _) = witness("Second", 0, 0.0, &[0]);
        let definition = WorkflowDefinition::new("Fills the disk", &[first, second]).unwrap();
        let padding = ("padding".to_owned(), json!("x".repeat(9_000)));
        let metadata = Map::from_iter([padding]);
        let created = self
            .runtime
            .create_workflow(JobId(1), definition, Some(metadata));
        let id = created.await?.id;
        self.runtime.start_workflow(id).await?;
        self.answered.push(id);
        Ok(())
    }

    fn has_trouble(&self, kind: TroubleKind) -> bool {
        self.runtime
            .troubles()
            .iter()
            .any(|trouble| trouble.kind == kind)
    }

    /// Fills the disk at some moment and holds it full for a while.
    async fn fill(&mut self, seed: u64) {
        for _ in 0..self.dice.roll(12) {
            self.submit().await.unwrap();
        }
        sleep(Duration::from_millis(self.dice.roll(40))).await;
        self.store.limit_pages(Some(1)).await.unwrap();
        let begun = Instant::now();
        let refused = loop {
            if let Err(error) = self.submit().await {
                break error;
            }
            assert!(
                begun.elapsed() < BACK_WITHIN,
                "FAULT_SEED={seed}: never full"
            );
        };
        let full = JobOrchestratorError::Hindered(Hindrance::DiskFull);
        assert_eq!(refused, full, "FAULT_SEED={seed}");
        assert!(self.has_trouble(TroubleKind::DiskFull));
        sleep(Duration::from_millis(self.dice.roll(1_500))).await;
        self.store.limit_pages(None).await.unwrap();
        let back = async {
            while self.has_trouble(TroubleKind::DiskFull) || self.submit().await.is_err() {
                sleep(Duration::from_millis(20)).await;
            }
        };
        let came_back = timeout(BACK_WITHIN, back).await;
        assert!(came_back.is_ok(), "FAULT_SEED={seed}: not back in time");
    }

    async fn all_completed(&self, seed: u64) {
        for id in &self.answered {
            let completed = async {
                while self.status(*id).await != WorkflowStatus::Completed {
                    sleep(Duration::from_millis(20)).await;
                }
            };
            let is_over = timeout(Duration::from_secs(60), completed).await.is_ok();
            assert!(
                is_over,
                "FAULT_SEED={seed}: workflow {id} does not complete"
            );
        }
    }

    async fn status(&self, id: WorkflowId) -> WorkflowStatus {
        let progress = self.runtime.get_workflow_progress(id).await.unwrap();
        progress.summary.status
    }
}

async fn fill_again_and_again(seed: u64) {
    let mut world = World::new(seed).await;
    for _ in 0..FILLS {
        world.fill(seed).await;
    }
    world.all_completed(seed).await;
    world.runtime.shutdown().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_disk_that_fills_up_at_fifty_moments_costs_nothing_that_was_answered() {
    let seeds = seeds(5, 50);
    let fills = seeds.len() as u64 * FILLS;
    join_all(seeds.into_iter().map(fill_again_and_again)).await;
    figures::tell(format!(
        "disk full at moments of chance: {fills}, 0 damaged files, 0 answers lost, back within \
         {BACK_WITHIN:?} each time"
    ));
}

#[tokio::test]
async fn on_a_full_disk_a_workflow_can_be_cancelled_and_nothing_else() {
    let mut world = World::new(0).await;
    let (long, _) = witness("Long", 0, 600.0, &[]);
    let definition = WorkflowDefinition::new("Long", &[long]).unwrap();
    let created = world.runtime.create_workflow(JobId(9), definition, None);
    let id = created.await.unwrap().id;
    world.runtime.start_workflow(id).await.unwrap();
    world.store.limit_pages(Some(1)).await.unwrap();
    while world.submit().await.is_ok() {}
    let pause = world
        .runtime
        .act(&Actor::program(), id, Action::Pause.into())
        .await;
    let full = JobOrchestratorError::Hindered(Hindrance::DiskFull);
    assert_eq!(pause.err(), Some(full.clone()));
    // It is tried; whether it finds room in the file is another matter.
    let cancel = world
        .runtime
        .act(&Actor::program(), id, Action::Cancel.into())
        .await;
    assert!(
        cancel.is_ok() || cancel.as_ref().err() == Some(&full),
        "{cancel:?}"
    );
    let looked_at = world.runtime.get_workflow_progress(id).await;
    assert!(looked_at.is_ok(), "pages can be looked at: {looked_at:?}");
    world.store.limit_pages(None).await.unwrap();
    let cancelled = async {
        while world.status(id).await != WorkflowStatus::Cancelled {
            drop(world.runtime.cancel_workflow(id).await);
            sleep(Duration::from_millis(20)).await;
        }
    };
    timeout(BACK_WITHIN, cancelled).await.unwrap();
    world.runtime.shutdown().await;
}
