//! An engine over a store that fails as it is told, in simulated time.

use std::sync::Arc;
use std::time::Duration;

use engine::{
    JobId, JobOrchestrator, StepDefinition, TaskStatus, TroubleKind, WorkflowDefinition,
    WorkflowId, WorkflowStatus, Workflows,
};
use runtime::clock::TestClock;
use runtime::health::Memory;
use runtime::store::{QuarantineStore, WorkflowStore};
use runtime::{Runtime, RuntimeBuilder, Settings};
use tokio::time::{sleep, timeout};

use crate::faulty::{Faulty, Plan};
use crate::folded::Folded;
use crate::witness::registry;

pub const MINUTE: Duration = Duration::from_secs(60);

pub struct World {
    /// Looked through at the end.
    _folded: Folded,
    pub store: Arc<Faulty>,
    pub runtime: Runtime,
}

fn builder(store: &Arc<Faulty>, settings: Settings) -> RuntimeBuilder {
    let clock = Arc::new(TestClock::at(1_704_067_200_000_000));
    let builder = Runtime::builder().store(store.clone()).clock(clock);
    builder.registry(registry()).settings(settings)
}

impl World {
    /// Calls fail by the plan from the moment at which the engine has started.
    pub async fn new(plan: Option<Plan>) -> Self {
        let world = Self::over(Faulty::default()).await;
        world.store.begin(plan);
        world
    }

    pub async fn over(store: Faulty) -> Self {
        Self::set(store, Settings::default()).await
    }

    pub async fn set(store: Faulty, settings: Settings) -> Self {
        Self::on(Arc::new(store), settings).await
    }

    /// The next engine on the same store.
    pub async fn again(store: &Arc<Faulty>) -> Self {
        Self::on(Arc::clone(store), Settings::default()).await
    }

    /// On a machine that says how much memory is used.
    pub async fn using(memory: Arc<dyn Memory>, settings: Settings) -> Self {
        let store = Arc::new(Faulty::default());
        let builder = builder(&store, settings).memory_use(memory);
        Self::started(store, builder).await
    }

    async fn on(store: Arc<Faulty>, settings: Settings) -> Self {
        let builder = builder(&store, settings);
        Self::started(store, builder).await
    }

    async fn started(store: Arc<Faulty>, builder: RuntimeBuilder) -> Self {
        let runtime = builder.start().await.unwrap();
        Self {
            _folded: Folded::of(&store.inner),
            store,
            runtime,
        }
    }

    pub async fn start(&self, steps: &[StepDefinition]) -> WorkflowId {
        let definition = WorkflowDefinition::new("Outage", steps).unwrap();
        let created = self.runtime.create_workflow(JobId(1), definition, None);
        let id = created.await.unwrap().id;
        self.runtime.start_workflow(id).await.unwrap();
        id
    }

    /// As it is stored, whatever the fault.
    pub async fn status(&self, id: WorkflowId) -> WorkflowStatus {
        let stored = self.store.inner.load(id).await.unwrap().unwrap();
        stored.workflow.status()
    }

    pub async fn until_over(&self, id: WorkflowId) {
        let over = async {
            while !self.status(id).await.is_terminal() {
                sleep(Duration::from_millis(50)).await;
            }
        };
        timeout(10 * MINUTE, over).await.expect("it ends");
    }

    pub async fn until_completed(&self, id: WorkflowId) {
        self.until_over(id).await;
        assert_eq!(self.status(id).await, WorkflowStatus::Completed);
        assert_eq!(self.runtime.quarantined(), []);
        let numbers = self.numbers(id).await;
        assert_eq!(numbers, (1..=numbers.len() as u64).collect::<Vec<_>>());
    }

    /// The numbers of its events.
    pub async fn numbers(&self, id: WorkflowId) -> Vec<u64> {
        let events = self.store.inner.events(id, 0, usize::MAX).await.unwrap();
        events.iter().map(|record| record.seq).collect()
    }

    /// What the store knows to be in quarantine.
    pub async fn noted_aside(&self) -> Vec<WorkflowId> {
        let aside = self.store.inner.aside().await.unwrap();
        aside.iter().map(|one| one.workflow).collect()
    }

    pub fn troubles(&self) -> Vec<TroubleKind> {
        let troubles = self.runtime.troubles();
        troubles.iter().map(|trouble| trouble.kind).collect()
    }

    /// Waits until this is told, or is not any more.
    pub async fn until_told(&self, trouble: TroubleKind, is_told: bool) {
        let told = async {
            while self.troubles().contains(&trouble) != is_told {
                sleep(Duration::from_millis(50)).await;
            }
        };
        timeout(MINUTE, told).await.expect("it is told");
    }

    pub async fn tasks(&self, id: WorkflowId) -> Vec<TaskStatus> {
        let stored = self.store.inner.load(id).await.unwrap().unwrap();
        let tasks = stored.workflow.tasks().iter();
        tasks.map(|task| task.status()).collect()
    }

    pub async fn attempts(&self, id: WorkflowId, task: usize) -> u32 {
        let stored = self.store.inner.load(id).await.unwrap().unwrap();
        stored.workflow.tasks()[task].record().attempt
    }
}
