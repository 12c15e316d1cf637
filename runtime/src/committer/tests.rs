//! The loop from inside: what is in one batch is decided here, and what is kept in memory is seen.

use std::sync::Arc;
use std::time::Duration;

use engine::definition::limits;
use engine::orchestrator::ActionRequest;
use engine::progress::WorkflowState;
use engine::{
    Action, Actor, Command, Handler, JobOrchestratorError, Outcome, Role, StepDefinition,
    TaskStatus, WorkflowDefinition, WorkflowId, WorkflowStatus,
};
use serde_json::{Map, json};
use tokio::sync::{mpsc, oneshot};
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

use super::*;
use crate::attempts::Surroundings;
use crate::clock::TestClock;
use crate::handlers::Handlers;
use crate::health::{Ballast, Health, Room};
use crate::log::LogWriter;
use crate::step::{Registry, SharedSwitches, StepServices};
use crate::store::WorkflowStore;
use crate::store::log_memory::MemoryLogStore;
use crate::store::memory::MemoryStore;

/// A committer whose loop does not run by itself.
struct Bench {
    committer: Committer,
}

impl Bench {
    fn over(store: &Arc<MemoryStore>) -> Self {
        let clock = Arc::new(TestClock::at(1_704_067_200_000_000));
        let (reports, inbox) = mpsc::unbounded_channel();
        let folder = std::env::temp_dir().join("never-made");
        let settings = Settings {
            others_at_once: 1,
            ..Settings::default()
        };
        let health = Health::new(Arc::clone(&clock) as _, Ballast::default());
        let surroundings = Surroundings {
            handlers: Handlers::new(Arc::new(Registry::builtin().unwrap())),
            services: Arc::new(StepServices::new(None, SharedSwitches::default(), folder)),
            log: LogWriter::start(Arc::<MemoryLogStore>::default(), Arc::clone(&clock) as _),
            clock: Arc::clone(&clock) as _,
            installation: String::new(),
            reports,
            stop_limit: settings.stop,
            stopping: CancellationToken::new(),
            health: health.clone(),
            room: Room::default(),
        };
        let committer = Committer::new(Parts {
            store: Arc::clone(store) as _,
            moments: Moments::of(Arc::clone(&clock) as _),
            feed: Feed::default(),
            attempts: Attempts::new(surroundings),
            inbox,
            numbers: LastNumbers::default(),
            commits: Arc::default(),
            settings,
            health,
            quarantine: Quarantine::default(),
        });
        Self { committer }
    }

    /// A workflow of one step, started.
    async fn started(&mut self) -> WorkflowId {
        self.started_with(StepDefinition::new("Only", "noop")).await
    }

    /// A workflow of this step alone, started.
    async fn started_with(&mut self, step: StepDefinition) -> WorkflowId {
        let definition = WorkflowDefinition::new("W", &[step]).unwrap();
        let creation = Creation {
            job_id: None,
            definition: definition.into(),
            source: None,
            definition_hash: "a hash".into(),
            parameters: Map::new(),
            metadata: Map::new(),
            start: true,
            command: None,
        };
        let (reply, answer) = oneshot::channel();
        let create = Message::Create {
            creation: Box::new(creation),
            actor: Actor::person("ada", Role::Owner),
            reply,
        };
        self.committer.process(vec![create]).await;
        answer.await.unwrap().unwrap().id
    }

    async fn act(
        &mut self,
        id: WorkflowId,
        request: ActionRequest,
    ) -> Result<WorkflowState, JobOrchestratorError> {
        let (message, answer) = act(id, request);
        self.committer.process(vec![message]).await;
        answer.await.unwrap()
    }

    /// The only step of the workflow ends well.
    async fn end(&mut self, id: WorkflowId) {
        self.committer.process(vec![ended(id)]).await;
    }

    async fn status(&self, id: WorkflowId) -> (WorkflowStatus, TaskStatus) {
        let stored = self.committer.store.load(id).await.unwrap().unwrap();
        let task = stored.workflow.tasks()[0].status();
        (stored.workflow.status(), task)
    }

    fn is_kept(&self, id: WorkflowId) -> bool {
        self.committer.active.contains_key(&id)
    }
}

type Answered = oneshot::Receiver<Result<WorkflowState, JobOrchestratorError>>;

fn act(id: WorkflowId, request: ActionRequest) -> (Message, Answered) {
    let (reply, answer) = oneshot::channel();
    let message = Message::Act {
        id,
        request: Box::new(request),
        actor: Actor::person("ada", Role::Owner),
        reply,
    };
    (message, answer)
}

fn ended(id: WorkflowId) -> Message {
    let command = Command::Report {
        task: 0,
        attempt: 1,
        outcome: Outcome::Succeeded(json!({})),
    };
    Message::small(id, command)
}

#[tokio::test]
async fn whatever_is_asked_of_a_workflow_that_has_ended_leaves_it_out_of_memory() {
    let mut bench = Bench::over(&Arc::default());
    let id = bench.started().await;
    assert!(bench.is_kept(id));
    let pause = ActionRequest {
        command_id: Some("once".into()),
        ..Action::Pause.into()
    };
    bench.act(id, pause.clone()).await.unwrap();
    bench.act(id, Action::Resume.into()).await.unwrap();
    bench.end(id).await;
    assert_eq!(bench.status(id).await.0, WorkflowStatus::Completed);
    assert!(!bench.is_kept(id), "its end");
    bench.act(id, Action::Start.into()).await.unwrap_err();
    assert!(!bench.is_kept(id), "a command that is refused");
    bench.act(id, pause).await.unwrap();
    assert!(!bench.is_kept(id), "a command that is known");
    bench.end(id).await;
    assert!(!bench.is_kept(id), "a report that comes too late");
    let raise = Action::RaiseBudget {
        max_recovery_attempts: limits::COUNT_MAX,
    };
    bench.act(id, raise.into()).await.unwrap_err();
    assert!(!bench.is_kept(id), "a budget that is not raised");
}

#[tokio::test(start_paused = true)]
async fn a_step_whose_claim_was_rolled_back_with_a_neighbour_starts_by_itself() {
    let store = Arc::<MemoryStore>::default();
    let mut bench = Bench::over(&store);
    // The first has the only place, the others wait for it.
    let first = bench.started().await;
    let (second, third) = (bench.started().await, bench.started().await);
    let running = (WorkflowStatus::Running, TaskStatus::Running);
    let queued = (WorkflowStatus::Running, TaskStatus::Queued);
    assert_eq!(bench.status(first).await, running);
    assert_eq!(bench.status(second).await, queued);
    // Behind this committer's back the third moves on, so that what it writes of it is stale.
    let paused = Bench::over(&store).act(third, Action::Pause.into()).await;
    assert_eq!(paused.unwrap().summary.status, WorkflowStatus::Paused);
    let (stale, answer) = act(third, Action::Pause.into());
    bench.committer.process(vec![ended(first), stale]).await;
    assert_eq!(
        answer.await.unwrap().unwrap().summary.status,
        WorkflowStatus::Paused
    );
    assert_eq!(bench.status(first).await.0, WorkflowStatus::Completed);
    // The claim was tried again without the neighbour.
    assert_eq!(bench.status(second).await, running);
    // Nobody sends anything any more; only time passes.
    tokio::spawn(bench.committer.run());
    let begun = Instant::now();
    while store.load(second).await.unwrap().unwrap().workflow.status() != WorkflowStatus::Completed
    {
        assert!(begun.elapsed() < Duration::from_secs(60), "it never starts");
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
}

#[tokio::test]
async fn workflows_whose_definition_was_brought_in_copies_hold_it_once() {
    let store = Arc::<MemoryStore>::default();
    let mut bench = Bench::over(&store);
    let first = bench.started().await;
    let second = bench.started().await;
    let held = [first, second].map(|id| {
        let active = &bench.committer.active[&id];
        Arc::clone(active.workflow.definition())
    });
    assert!(Arc::ptr_eq(&held[0], &held[1]));
}

#[tokio::test]
async fn what_waits_for_its_handler_is_forgotten_with_its_workflow() {
    let mut bench = Bench::over(&Arc::default());
    let mut closure = StepDefinition::new("Only", "anything");
    closure.handler = Handler::Closure;
    let ids = [
        bench.started_with(closure.clone()).await,
        bench.started_with(closure).await,
    ];
    assert_eq!(bench.committer.parked.count(), 2);
    for (left, id) in [(1, ids[0]), (0, ids[1])] {
        bench.act(id, Action::Cancel.into()).await.unwrap();
        assert_eq!(bench.committer.parked.count(), left);
    }
}

#[tokio::test]
async fn what_waits_for_a_disabled_step_type_is_forgotten_with_its_workflow() {
    let mut bench = Bench::over(&Arc::default());
    for _ in 0..3 {
        bench.committer.health.panicked("noop");
    }
    let id = bench.started().await;
    assert_eq!(bench.committer.disabled, BTreeSet::from([(id, 0)]));
    bench.act(id, Action::Cancel.into()).await.unwrap();
    assert_eq!(bench.committer.disabled, BTreeSet::new());
}
