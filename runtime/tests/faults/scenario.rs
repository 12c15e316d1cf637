//! What happens in a scripted scenario, and everything that has to hold when it is over.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use engine::action::{Action, Recovery};
use engine::orchestrator::{ActionRequest, DefinitionSource, NewWorkflowRequest};
use engine::workflow::NewWorkflow;
use engine::{
    Actor, Instead, JobId, JobOrchestratorError, StepDefinition, TaskStatus, Workflow,
    WorkflowDefinition, WorkflowId, WorkflowStatus, Workflows,
};
use runtime::clock::TestClock;
use runtime::database::Database;
use runtime::store::Store;
use runtime::store::memory::MemoryStore;
use runtime::store::sqlite::SqliteStore;
use runtime::{Runtime, Settings};
use serde_json::{Map, json};
use tokio::time::{Instant, sleep};

use crate::faulty::{Faulty, Plan, StandingClock};
use crate::witness::{registry, tries, witness};

/// The longest anything may take once the fault is over, in simulated time.
const LIMIT: Duration = Duration::from_secs(900);
/// How often a condition is looked at, and how long a refused caller waits.
const MOMENT: Duration = Duration::from_millis(100);

/// A step of a scenario: how often it fails, how long it takes, what it depends on, and how many
/// retries it has.
#[derive(Debug, Clone, Copy)]
pub struct Step {
    pub fails: u32,
    pub seconds: f64,
    pub after: &'static [usize],
    pub retries: u32,
}

/// What is done, one after the other.
#[derive(Debug, Clone)]
pub enum Op {
    /// Ask for this, again under the same id until it is answered.
    Ask(Action),
    /// Wait until the task is so.
    Task(usize, TaskStatus),
    /// Wait until the workflow is so.
    Workflow(WorkflowStatus),
    /// Stop the server in order and start it anew.
    Restart,
}

#[derive(Debug, Clone)]
pub struct Scenario {
    pub name: String,
    pub steps: Vec<Step>,
    pub stop: bool,
    /// How many are submitted, one right after the other.
    pub copies: usize,
    /// How many steps may run at once, in all workflows.
    pub slots: usize,
    pub ops: Vec<Op>,
    pub ends: WorkflowStatus,
}

pub fn recover(from_step: usize, force: bool, instead: Option<Instead>) -> Op {
    Op::Ask(Action::Recover(Recovery {
        from_step,
        force,
        instead,
    }))
}

struct World<S> {
    store: Arc<Faulty<S>>,
    slots: usize,
    runtime: Runtime,
    asked: u64,
    /// Which witness writes down the tries of which task.
    witnesses: BTreeMap<(WorkflowId, usize), u64>,
}

async fn open<S: Store + 'static>(store: &Arc<Faulty<S>>, slots: usize) -> Runtime {
    // The wall clock goes on with the simulated one.
    let clock = Arc::new(TestClock::at(1_704_067_200_000_000));
    let settings = Settings {
        others_at_once: slots,
        ..Settings::default()
    };
    loop {
        let builder = Runtime::builder().store(store.clone()).clock(clock.clone());
        let builder = builder.settings(settings);
        match builder.registry(registry()).start().await {
            Ok(runtime) => return runtime,
            // A server that cannot read its database does not start; it is started again.
            Err(_) => sleep(MOMENT).await,
        }
    }
}

/// Whether the caller has to ask again, under the same id.
const fn is_in_the_way(error: &JobOrchestratorError) -> bool {
    use JobOrchestratorError as E;
    matches!(error, E::Fault { .. } | E::Hindered(_))
}

impl<S: Store + 'static> World<S> {
    fn next_id(&mut self) -> String {
        self.asked += 1;
        format!("command-{}", self.asked)
    }

    async fn submit(&mut self, scenario: &Scenario) -> Result<WorkflowId, String> {
        let mut numbers = Vec::new();
        let steps: Vec<StepDefinition> = (0..)
            .zip(&scenario.steps)
            .map(|(index, told)| {
                let name = format!("Step {index}");
                let (mut step, number) = witness(&name, told.fails, told.seconds, told.after);
                step.max_retries = told.retries;
                numbers.push(number);
                step
            })
            .collect();
        let definition = WorkflowDefinition::new("Scenario", &steps).unwrap();
        let mut definition = definition.to_json();
        if scenario.stop {
            definition["on_failure"] = json!("stop");
        }
        let request = NewWorkflowRequest {
            definition: DefinitionSource::Inline(definition),
            job_id: Some(JobId(1)),
            parameters: Map::new(),
            metadata: Map::new(),
            start: true,
            command_id: Some(self.next_id()),
        };
        loop {
            match self
                .runtime
                .submit(&Actor::program(), request.clone())
                .await
            {
                Ok(state) => {
                    let id = state.id;
                    for (task, number) in numbers.into_iter().enumerate() {
                        self.witnesses.insert((id, task), number);
                    }
                    return Ok(id);
                }
                Err(error) if is_in_the_way(&error) => sleep(MOMENT).await,
                Err(error) => return Err(format!("submit: {error:?}")),
            }
        }
    }

    async fn ask(&mut self, id: WorkflowId, action: &Action) -> Result<(), String> {
        let request = ActionRequest {
            command_id: Some(self.next_id()),
            ..action.clone().because("the scenario says so")
        };
        loop {
            match self
                .runtime
                .act(&Actor::program(), id, request.clone())
                .await
            {
                Ok(_) => return Ok(()),
                Err(error) if is_in_the_way(&error) => sleep(MOMENT).await,
                Err(error) => return Err(format!("{action:?}: {error:?}")),
            }
        }
    }

    /// As it is stored; the fault does not reach this reading.
    async fn stored(&self, id: WorkflowId) -> Workflow {
        let _still = self.store.still();
        let stored = self.store.inner.load(id).await.unwrap();
        stored.unwrap().workflow
    }

    async fn until(&self, id: WorkflowId, is_so: impl Fn(&Workflow) -> bool) -> Result<(), String> {
        let begun = Instant::now();
        loop {
            let workflow = self.stored(id).await;
            if is_so(&workflow) {
                return Ok(());
            }
            if begun.elapsed() > LIMIT {
                let tasks: Vec<_> = workflow.tasks().iter().map(|task| task.status()).collect();
                let (status, troubles) = (workflow.status(), self.runtime.troubles());
                return Err(format!("stuck {status}: {tasks:?}, troubles {troubles:?}"));
            }
            sleep(MOMENT).await;
        }
    }

    async fn carry_out(&mut self, ids: &[WorkflowId], op: &Op) -> Result<(), String> {
        if let Op::Restart = op {
            self.runtime.shutdown().await;
            self.runtime = open(&self.store, self.slots).await;
            return Ok(());
        }
        for id in ids {
            match op {
                Op::Ask(action) => self.ask(*id, action).await?,
                Op::Task(task, status) => {
                    let is_so = |workflow: &Workflow| workflow.tasks()[*task].status() == *status;
                    self.until(*id, is_so).await?;
                }
                Op::Workflow(status) => {
                    self.until(*id, |workflow| workflow.status() == *status)
                        .await?;
                }
                Op::Restart => {}
            }
        }
        Ok(())
    }
}

/// Runs a scenario with a fault, or without one, on a store in memory. Says how many calls there were,
/// or what is wrong.
pub async fn run(scenario: &Scenario, plan: Option<Plan>) -> Result<u64, String> {
    let store = Arc::new(Faulty::<MemoryStore>::default());
    run_on(scenario, &store, plan).await
}

/// The same on a file.
pub async fn run_in_a_file(
    scenario: &Scenario,
    file: &Path,
    plan: Option<Plan>,
) -> Result<u64, String> {
    let still = StandingClock::new();
    let database = Database::open(file).await.unwrap();
    drop(still);
    let store = Arc::new(Faulty::in_a_file(Arc::new(SqliteStore::new(database))));
    run_on(scenario, &store, plan).await
}

async fn run_on<S: Store + 'static>(
    scenario: &Scenario,
    store: &Arc<Faulty<S>>,
    plan: Option<Plan>,
) -> Result<u64, String> {
    store.begin(plan);
    let mut world = World {
        runtime: open(store, scenario.slots).await,
        store: Arc::clone(store),
        slots: scenario.slots,
        asked: 0,
        witnesses: BTreeMap::new(),
    };
    let mut ids = Vec::new();
    for _ in 0..scenario.copies {
        ids.push(world.submit(scenario).await?);
    }
    for op in &scenario.ops {
        world.carry_out(&ids, op).await?;
    }
    for id in &ids {
        let ends = scenario.ends;
        world
            .until(*id, |workflow| workflow.status() == ends)
            .await?;
    }
    let still = store.still();
    for id in &ids {
        world.holds(*id).await?;
    }
    let last = world.store.inner.last_numbers().await.unwrap();
    let kept = world.kept(last.workflow).await;
    ensure(kept == ids.len(), || {
        format!("{kept} workflows for {} commands", ids.len())
    })?;
    drop(still);
    let calls = world.store.numbered();
    world.runtime.shutdown().await;
    Ok(calls)
}

fn ensure(holds: bool, or_else: impl FnOnce() -> String) -> Result<(), String> {
    if holds { Ok(()) } else { Err(or_else()) }
}

impl<S: Store + 'static> World<S> {
    async fn kept(&self, last: i64) -> usize {
        let mut kept = 0;
        for id in 1..=last {
            let found = self.store.inner.load(WorkflowId(id)).await.unwrap();
            kept += usize::from(found.is_some());
        }
        kept
    }

    /// Everything that has to hold of a workflow that is over.
    async fn holds(&self, id: WorkflowId) -> Result<(), String> {
        let workflow = self.stored(id).await;
        let events = self.store.inner.events(id, 0, usize::MAX).await.unwrap();
        let numbers: Vec<_> = events.iter().map(|record| record.seq).collect();
        ensure(numbers == (1..=workflow.rev()).collect::<Vec<_>>(), || {
            format!("the numbers have holes: {numbers:?}")
        })?;
        let record = workflow.record();
        let new = NewWorkflow {
            id,
            job_id: record.job_id,
            first_task_id: workflow.tasks()[0].record().id,
            definition: Arc::clone(workflow.definition()),
            metadata: record.metadata.clone(),
            parameters: record.parameters.clone(),
        };
        let mut folded = Workflow::new(new, record.created_at);
        for event in &events {
            folded.apply(event).map_err(|why| why.to_string())?;
        }
        let rows = |workflow: &Workflow| {
            let tasks: Vec<_> = workflow
                .tasks()
                .iter()
                .map(|t| t.record().clone())
                .collect();
            (workflow.record().clone(), tasks)
        };
        ensure(rows(&folded) == rows(&workflow), || {
            format!(
                "the rows differ from the fold: {:#?} {:#?}",
                rows(&folded),
                rows(&workflow)
            )
        })?;
        self.commands_have_one_effect(&events)?;
        for task in 0..workflow.tasks().len() {
            self.attempts_hold(&workflow, task).await?;
        }
        Ok(())
    }

    /// All events of one command were written at one moment.
    fn commands_have_one_effect(&self, events: &[engine::EventRecord]) -> Result<(), String> {
        let mut moments = BTreeMap::new();
        for record in events {
            let Some(id) = &record.command_id else {
                continue;
            };
            let first = *moments.entry(id.clone()).or_insert(record.at);
            ensure(first == record.at, || {
                format!("{id} has two effects: {events:#?}")
            })?;
        }
        Ok(())
    }

    async fn attempts_hold(&self, workflow: &Workflow, task: usize) -> Result<(), String> {
        let (id, record) = (workflow.id(), workflow.tasks()[task].record());
        let attempts = self.store.inner.attempts(id, task).await.unwrap();
        let numbers: Vec<_> = attempts.iter().map(|attempt| attempt.attempt).collect();
        ensure(numbers == (1..=record.attempt).collect::<Vec<_>>(), || {
            format!("task {task} has the attempts {numbers:?}")
        })?;
        let open = attempts.iter().find(|attempt| attempt.ended_at.is_none());
        ensure(open.is_none(), || {
            format!("an attempt has no end: {open:?}")
        })?;
        let tries = tries(self.witnesses[&(id, task)]);
        let ran: Vec<_> = tries.iter().map(|(attempt, _)| *attempt).collect();
        ensure(ran == numbers, || {
            format!("task {task}: the tries {ran:?} ran, {numbers:?} are written down")
        })
    }
}
