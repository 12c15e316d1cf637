//! A workbench for scenarios: a runtime over a fresh folder, and waiting for conditions.

use std::ops::Deref;
use std::path::{Path, PathBuf};
use std::time::Duration;

use engine::orchestrator::StepSwitches;
use engine::progress::{Progress, WorkflowState};
use engine::{
    Actor, Event, EventRecord, FailureKind, JobId, JobOrchestrator, Mode, StepDefinition, Switches,
    WorkflowDefinition, WorkflowId, WorkflowStatus, Workflows,
};
use runtime::process::RunnerProgram;
use runtime::{Runtime, RuntimeBuilder, Settings};
use serde_json::{Value, json};

use crate::examined::{Examined, roomy};

/// The longest a condition may take; far above what any should.
const LIMIT: Duration = Duration::from_secs(60);

pub struct Workbench {
    pub folder: Examined,
    pub runtime: Sound,
}

/// A runtime in which every invariant holds to its end, and the test fails otherwise.
pub struct Sound {
    runtime: Runtime,
    rows_were_broken: bool,
}

impl From<Runtime> for Sound {
    fn from(runtime: Runtime) -> Self {
        Self {
            runtime,
            rows_were_broken: false,
        }
    }
}

impl Deref for Sound {
    type Target = Runtime;

    fn deref(&self) -> &Runtime {
        &self.runtime
    }
}

impl Drop for Sound {
    fn drop(&mut self) {
        if self.rows_were_broken || std::thread::panicking() {
            return;
        }
        let (breaches, aside) = (self.runtime.breaches(), self.runtime.quarantined());
        assert_eq!(breaches, 0, "an invariant did not hold: {aside:#?}");
    }
}

impl Workbench {
    pub async fn new() -> Self {
        Self::with(Settings::default()).await
    }

    pub async fn with(settings: Settings) -> Self {
        let folder = Examined::new();
        let runtime = open(folder.path(), settings).await;
        Self { folder, runtime }
    }

    /// One on which steps may do what its owner allows, and at first everything.
    pub async fn of_its_owner() -> Self {
        let folder = Examined::new();
        let runtime = closed(folder.path(), Settings::default()).start().await;
        let runtime = Sound::from(runtime.unwrap());
        let switches = StepSwitches {
            commands: true,
            private_addresses: true,
        };
        let owner = Actor::program();
        runtime.set_switches(&owner, switches).await.unwrap();
        Self { folder, runtime }
    }

    /// Opens the same data again, once the last runtime has let go of it.
    pub async fn reopen(self) -> Self {
        let Self { folder, runtime } = self;
        drop(runtime);
        let runtime = open(folder.path(), Settings::default()).await;
        Self { folder, runtime }
    }

    /// Lets go of the files until they are opened again.
    pub fn closed(self) -> Closed {
        Closed(self.folder)
    }

    /// The test damages the files, because of this: at its end no doctor is asked.
    pub fn is_damaged(&self, because: &'static str) {
        self.folder.is_damaged(because);
    }

    /// Rows were changed by the test, so that invariants may well not hold.
    pub fn with_broken_rows(mut self) -> Self {
        self.runtime.rows_were_broken = true;
        self.folder.is_damaged("a row is broken");
        self
    }

    pub fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    pub async fn create(&self, definition: &WorkflowDefinition) -> WorkflowState {
        self.runtime
            .create_workflow(JobId(1), definition.clone(), None)
            .await
            .unwrap()
    }

    pub async fn start(&self, definition: &WorkflowDefinition) -> WorkflowId {
        let id = self.create(definition).await.id;
        self.runtime.start_workflow(id).await.unwrap();
        id
    }

    pub async fn execute(&self, definition: &WorkflowDefinition) -> WorkflowState {
        let id = self.create(definition).await.id;
        let executed = self.runtime.execute_workflow(id, definition);
        tokio::time::timeout(LIMIT, executed)
            .await
            .unwrap()
            .unwrap()
    }

    /// How far a workflow is. Unless a row of it was broken on purpose, every invariant held so far.
    pub async fn progress(&self, id: WorkflowId) -> Progress {
        let aside = self.runtime.quarantined();
        let progress = self.runtime.get_workflow_progress(id).await.unwrap();
        let is_aside = aside.iter().any(|one| one.workflow == id);
        assert!(!is_aside, "{aside:#?}");
        progress
    }

    pub async fn until(&self, id: WorkflowId, is_so: impl Fn(&Progress) -> bool) -> Progress {
        let waited = async {
            loop {
                let progress = self.progress(id).await;
                if is_so(&progress) {
                    return progress;
                }
                self.runtime.changed(id, progress.summary.events).await;
            }
        };
        match tokio::time::timeout(LIMIT, waited).await {
            Ok(progress) => progress,
            Err(_) => panic!("the condition never came: {:#?}", self.progress(id).await),
        }
    }

    pub async fn until_status(&self, id: WorkflowId, status: WorkflowStatus) -> Progress {
        self.until(id, |progress| progress.summary.status == status)
            .await
    }

    pub async fn events(&self, id: WorkflowId) -> Vec<EventRecord> {
        let events = self
            .runtime
            .events(&Actor::program(), id, 0, 100_000)
            .await
            .unwrap();
        let numbers: Vec<_> = events.iter().map(|event| event.seq).collect();
        let expected: Vec<_> = (1..=events.len() as u64).collect();
        assert_eq!(numbers, expected, "event numbers have no holes");
        events
    }

    pub async fn kinds(&self, id: WorkflowId) -> Vec<&'static str> {
        self.events(id)
            .await
            .iter()
            .map(|record| record.event.kind())
            .collect()
    }

    /// Why the task failed, as its last event about it says.
    pub async fn failure(&self, id: WorkflowId, task: usize) -> FailureKind {
        let events = self.events(id).await;
        let failure = events.iter().rev().find_map(|record| match record.event {
            Event::TaskFailed {
                task: failed,
                failure,
                ..
            } if failed == task => Some(failure),
            _ => None,
        });
        failure.unwrap()
    }

    /// The mode that applies to the task.
    pub async fn mode(&self, id: WorkflowId, task: usize) -> Mode {
        let task = self.runtime.task(&Actor::program(), id, task).await;
        task.unwrap().mode
    }

    pub async fn output(&self, id: WorkflowId, task: usize) -> Value {
        let task = self
            .runtime
            .task(&Actor::program(), id, task)
            .await
            .unwrap();
        task.output.unwrap()
    }
}

/// The files of a runtime that is over.
pub struct Closed(Examined);

impl Closed {
    /// The test damages the files, because of this: at its end no doctor is asked.
    pub fn is_damaged(&self, because: &'static str) {
        self.0.is_damaged(because);
    }

    pub fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    pub async fn open(self) -> Workbench {
        let runtime = open(self.0.path(), Settings::default()).await;
        Workbench {
            folder: self.0,
            runtime,
        }
    }
}

/// The runtime over the folder's files, as a server would open it.
async fn open(folder: &Path, settings: Settings) -> Sound {
    let builder = closed(folder, settings).commands(true);
    let runtime = builder.private_addresses(true).start().await;
    runtime.unwrap().into()
}

/// What opens them, with nothing allowed at the start.
fn closed(folder: &Path, settings: Settings) -> RuntimeBuilder {
    let runner = RunnerProgram {
        program: env!("CARGO_BIN_EXE_job-orchestrator-runner").into(),
        args: Vec::new(),
    };
    let builder = roomy().sqlite(folder.join("jobs.db"));
    builder.runner(runner).settings(settings)
}

/// Waits for something outside the engine.
pub async fn eventually(what: &str, is_so: impl Fn() -> bool) {
    let deadline = tokio::time::Instant::now() + LIMIT;
    while !is_so() {
        assert!(tokio::time::Instant::now() < deadline, "never: {what}");
        tokio::task::yield_now().await;
    }
}

pub fn step(name: &str, task_type: &str, config: Value, dependencies: &[usize]) -> StepDefinition {
    let mut step = StepDefinition::new(name, task_type);
    step.config = config.as_object().cloned().unwrap();
    step.dependencies = dependencies.to_vec();
    step
}

pub fn noop(name: &str, dependencies: &[usize]) -> StepDefinition {
    step(name, "noop", json!({}), dependencies)
}

/// A step that runs a piece of shell.
pub fn shell(name: &str, script: &str, dependencies: &[usize]) -> StepDefinition {
    step(
        name,
        "command",
        json!({"program": "sh", "args": ["-c", script]}),
        dependencies,
    )
}

pub fn define(steps: &[StepDefinition]) -> WorkflowDefinition {
    WorkflowDefinition::new("Scenario", steps).unwrap()
}

/// Waits until the workflow is as it should be.
pub async fn until(runtime: &Runtime, id: WorkflowId, is_so: impl Fn(&Progress) -> bool) {
    let waited = async {
        loop {
            let progress = runtime.get_workflow_progress(id).await.unwrap();
            if is_so(&progress) {
                return;
            }
            runtime.changed(id, progress.summary.events).await;
        }
    };
    tokio::time::timeout(LIMIT, waited).await.unwrap();
}
