//! Workflows that really came about, and the same with one thing changed.

use std::sync::Arc;
use std::time::Duration;

use engine::definition::RunIf;
use engine::invariant::{Finding, History, Invariant};
use engine::workflow::{NewWorkflow, TaskRecord, WorkflowRecord};
use engine::{
    Action, Command, EventRecord, FailureKind, JobId, Outcome, StepDefinition, StepIndex, TaskId,
    Timestamp, Workflow, WorkflowDefinition, WorkflowId, WorkflowStatus, advance,
};
use serde_json::{Map, json};

/// A workflow that really came about, with its events.
pub struct Life {
    pub workflow: Workflow,
    pub events: Vec<EventRecord>,
    pub now: Timestamp,
}

pub fn step(name: &str, dependencies: &[usize]) -> StepDefinition {
    let mut step = StepDefinition::new(name, "noop");
    step.dependencies = dependencies.to_vec();
    step
}

pub fn new(definition: &WorkflowDefinition) -> NewWorkflow {
    NewWorkflow {
        id: WorkflowId(1),
        job_id: JobId(1),
        first_task_id: TaskId(1),
        definition: Arc::new(definition.clone()),
        metadata: Map::new(),
        parameters: Map::new(),
    }
}

impl Life {
    /// Created and started: two steps in a row, then one that answers a failure.
    pub fn started() -> Self {
        let mut answer = step("Answer", &[1]);
        answer.run_if = RunIf::Failed;
        Self::of(&[step("First", &[]), step("Second", &[0]), answer])
    }

    pub fn of(steps: &[StepDefinition]) -> Self {
        let definition = WorkflowDefinition::new("Life", steps).unwrap();
        let now = Timestamp::from_micros(1_704_067_200_000_000);
        let mut life = Self {
            workflow: Workflow::new(new(&definition), now),
            events: Vec::new(),
            now,
        };
        life.go(&Command::Create);
        life.go(&Command::Act(Action::Start));
        life
    }

    pub fn go(&mut self, command: &Command) {
        if *command != Command::Create {
            self.now = self.now.plus(Duration::from_secs(1));
        }
        let actor = matches!(command, Command::Act(_)).then_some("ada");
        let events = advance(&mut self.workflow, command, actor, self.now).unwrap();
        self.events.extend(events);
    }

    pub fn run(&mut self, task: usize, outcome: Outcome) {
        self.go(&Command::StartTask { task });
        let attempt = self.workflow.tasks()[task].record().attempt;
        self.go(&Command::Report {
            task,
            attempt,
            outcome,
        });
    }

    /// The moment that the task waits for has come.
    pub fn due(&mut self, task: StepIndex) {
        let due_at = self.workflow.tasks()[task].record().due_at.unwrap();
        self.now = due_at;
        self.go(&Command::Due { task, due_at });
    }

    pub fn succeed(&mut self, task: usize) {
        self.run(task, Outcome::Succeeded(json!({"n": task})));
    }

    pub fn fail(&mut self, task: usize, failure: FailureKind) {
        let error = "no".to_owned();
        self.run(task, Outcome::Failed { failure, error });
    }

    pub fn completed() -> Self {
        let mut life = Self::started();
        life.succeed(0);
        life.succeed(1);
        assert_eq!(life.workflow.status(), WorkflowStatus::Completed);
        life
    }

    pub fn rows(&self) -> (WorkflowRecord, Vec<TaskRecord>) {
        let tasks = self.workflow.tasks().iter().map(|t| t.record().clone());
        (self.workflow.record().clone(), tasks.collect())
    }

    /// The same rows with one thing changed.
    pub fn with(&self, change: impl Fn(&mut WorkflowRecord, &mut [TaskRecord])) -> Workflow {
        let (mut record, mut tasks) = self.rows();
        change(&mut record, &mut tasks);
        Workflow::restore(record, self.workflow.definition().clone(), tasks)
    }

    /// What is found in its events after one thing was changed.
    pub fn told(&self, change: impl Fn(&mut Vec<EventRecord>)) -> Vec<Finding> {
        let mut events = self.events.clone();
        change(&mut events);
        let created_at = events.first().unwrap().at;
        let history = History::new(new(self.workflow.definition()), created_at);
        let mut history = history.on_a_true_clock();
        events
            .iter()
            .flat_map(|event| history.follow(event))
            .collect()
    }
}

pub fn find(events: &[EventRecord], kind: &str) -> usize {
    events
        .iter()
        .position(|e| e.event.kind() == kind)
        .unwrap_or_else(|| panic!("no {kind}"))
}

pub fn number_anew(events: &mut [EventRecord]) {
    for (event, seq) in events.iter_mut().zip(1..) {
        event.seq = seq;
    }
}

#[track_caller]
pub fn names(found: &[Finding], invariant: Invariant) {
    let is_named = found.iter().any(|finding| finding.invariant == invariant);
    assert!(is_named, "{invariant} is not named in {found:#?}");
}
