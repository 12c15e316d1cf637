//! Workflows moved by hand, and the changes that a committer would write of them.

use std::sync::Arc;
use std::time::Duration;

use engine::workflow::{NewWorkflow, TaskRecord, WorkflowRecord};
use engine::{
    Action, Command, Event, EventRecord, FailureKind, JobId, Outcome, Progress, StepDefinition,
    StepIndex, TaskId, Timestamp, Workflow, WorkflowDefinition, WorkflowId, advance,
};
use runtime::store::{Change, Header, LateOutput, Store, StoredWorkflow};
use serde_json::{Value, json};

pub struct Workbench {
    pub workflow: Workflow,
    pub header: Header,
    pub now: Timestamp,
    events: Vec<EventRecord>,
}

pub fn moment() -> Timestamp {
    "2026-03-04T05:06:07.890123Z".parse().unwrap()
}

pub fn step(name: &str, dependencies: &[usize]) -> StepDefinition {
    let mut step = StepDefinition::new(name, "noop");
    step.dependencies = dependencies.to_vec();
    step
}

pub fn define(name: &str, steps: &[StepDefinition]) -> WorkflowDefinition {
    WorkflowDefinition::new(name, steps).unwrap()
}

pub fn failed(failure: FailureKind, error: &str) -> Outcome {
    let error = error.to_owned();
    Outcome::Failed { failure, error }
}

/// The stored part of a workflow and its tasks.
pub fn rows(workflow: &Workflow) -> (WorkflowRecord, Vec<TaskRecord>) {
    let tasks = workflow.tasks().iter().map(|task| task.record().clone());
    (workflow.record().clone(), tasks.collect())
}

impl Workbench {
    /// Created under the number of its own job, not written yet.
    pub fn new(id: i64, definition: WorkflowDefinition) -> Self {
        Self::of_job(id, id, definition)
    }

    pub fn of_job(id: i64, job: i64, definition: WorkflowDefinition) -> Self {
        let new = NewWorkflow {
            id: WorkflowId(id),
            job_id: JobId(job),
            first_task_id: TaskId(id * 100),
            metadata: json!({"für": "wen", "n": [1, 2.5, null]})
                .as_object()
                .cloned()
                .unwrap(),
            parameters: json!({"url": "https://example.org/?a=1&b='"})
                .as_object()
                .cloned()
                .unwrap(),
            definition: Arc::new(definition),
        };
        let now = moment();
        let header = Header {
            source: None,
            definition_hash: format!("hash of {}", new.definition.to_json()),
        };
        let mut bench = Self {
            workflow: Workflow::new(new, now),
            header,
            now,
            events: Vec::new(),
        };
        bench.command(&Command::Create);
        bench
    }

    pub fn started(id: i64, definition: WorkflowDefinition) -> Self {
        let mut bench = Self::new(id, definition);
        bench.act(Action::Start);
        bench
    }

    pub fn id(&self) -> WorkflowId {
        self.workflow.id()
    }

    pub fn command(&mut self, command: &Command) {
        let events = advance(&mut self.workflow, command, Some("ada"), self.now).unwrap();
        self.events.extend(events);
    }

    pub fn act(&mut self, action: Action) {
        self.command(&Command::Act(action));
    }

    pub fn start(&mut self, task: StepIndex) {
        self.command(&Command::StartTask { task });
    }

    fn attempt(&self, task: StepIndex) -> u32 {
        self.workflow.tasks()[task].record().attempt
    }

    pub fn report(&mut self, task: StepIndex, outcome: Outcome) {
        let attempt = self.attempt(task);
        let report = Command::Report {
            task,
            attempt,
            outcome,
        };
        self.command(&report);
    }

    pub fn run(&mut self, task: StepIndex, outcome: Outcome) {
        self.start(task);
        self.pass(0.125);
        self.report(task, outcome);
    }

    pub fn succeed(&mut self, task: StepIndex, output: Value) {
        self.run(task, Outcome::Succeeded(output));
    }

    pub fn say_progress(&mut self, task: StepIndex, progress: f64) {
        let attempt = self.attempt(task);
        let said = Command::Progress {
            task,
            attempt,
            progress,
        };
        self.command(&said);
    }

    pub fn wait_until(&mut self, task: StepIndex, until: Timestamp) {
        let attempt = self.attempt(task);
        let wait = Command::Wait {
            task,
            attempt,
            until,
        };
        self.command(&wait);
    }

    pub fn due(&mut self, task: StepIndex) {
        let waits_for = self.workflow.tasks()[task].record().due_at;
        let due_at = waits_for.unwrap_or(self.now);
        self.command(&Command::Due { task, due_at });
    }

    pub fn pass(&mut self, seconds: f64) {
        self.now = self.now.plus(Duration::from_secs_f64(seconds));
    }

    /// What happened since the last change, as one change.
    pub fn change(&mut self) -> Change {
        let (record, tasks) = rows(&self.workflow);
        let rests = !self.workflow.status().starts_tasks();
        Change {
            record,
            header: self.header.clone(),
            definition: Arc::clone(self.workflow.definition()),
            summary: rests.then(|| Progress::of(&self.workflow, self.now).summary),
            tasks: tasks.into_iter().enumerate().collect(),
            late_outputs: late_outputs(&self.events),
            events: std::mem::take(&mut self.events),
        }
    }

    pub async fn write(&mut self, store: &dyn Store) {
        store.commit(&[self.change()], &[]).await.unwrap();
    }

    /// What was read is what stands on the bench.
    pub fn assert_is(&self, stored: &StoredWorkflow) {
        assert_eq!(stored.header, self.header);
        assert_eq!(stored.workflow.definition(), self.workflow.definition());
        assert_eq!(rows(&stored.workflow), rows(&self.workflow));
        assert_eq!(stored.workflow.tally(), self.workflow.tally());
    }

    /// What the store holds is what stands on the bench.
    pub async fn assert_kept(&self, store: &dyn Store) {
        self.assert_is(&store.load(self.id()).await.unwrap().unwrap());
        let rev = self.workflow.rev();
        assert_eq!(store.rev(self.id()).await.unwrap(), Some(rev));
        let standing = store.standing(self.id()).await.unwrap().unwrap();
        let record = self.workflow.record();
        let (told, kept) = (standing.status, standing.cancel_requested);
        assert_eq!((told, kept), (record.status, record.cancel_requested));
        assert_eq!((&standing.header, standing.rev), (&self.header, rev));
        let events = store.events(self.id(), 0, 100_000).await.unwrap();
        let numbers: Vec<_> = events.iter().map(|event| event.seq).collect();
        assert_eq!(numbers, (1..=rev).collect::<Vec<_>>());
    }
}

/// What the events say that attempts gave too late.
fn late_outputs(events: &[EventRecord]) -> Vec<LateOutput> {
    let late = |record: &EventRecord| match &record.event {
        Event::AttemptEnded {
            task,
            attempt,
            output: Some(output),
            ..
        } => Some(LateOutput {
            task: *task,
            attempt: *attempt,
            output: output.clone(),
        }),
        _ => None,
    };
    events.iter().filter_map(late).collect()
}
