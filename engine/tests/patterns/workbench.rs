//! A workflow on the workbench, moved by hand.

use std::sync::Arc;
use std::time::Duration;

use engine::definition::{OnFailure, RunIf};
use engine::workflow::NewWorkflow;
use engine::{
    Action, Command, Event, EventRecord, FailureKind, JobId, Outcome, Progress, Refusal,
    SkipReason, StepDefinition, StepIndex, TaskId, TaskStatus, Timestamp, Workflow,
    WorkflowDefinition, WorkflowId, WorkflowStatus, advance,
};
use serde_json::{Map, json};

pub struct Workbench {
    pub workflow: Workflow,
    pub now: Timestamp,
    pub events: Vec<EventRecord>,
}

/// A step without retries.
pub fn step(name: &str, dependencies: &[usize]) -> StepDefinition {
    let mut step = StepDefinition::new(name, "noop");
    step.dependencies = dependencies.to_vec();
    step.max_retries = 0;
    step
}

/// A step that does not run on the ordinary condition.
pub fn step_if(name: &str, run_if: RunIf, dependencies: &[usize]) -> StepDefinition {
    StepDefinition {
        run_if,
        ..step(name, dependencies)
    }
}

pub fn define(steps: &[StepDefinition]) -> WorkflowDefinition {
    WorkflowDefinition::new("Pattern", steps).unwrap()
}

pub fn failed(failure: FailureKind) -> Outcome {
    let error = "no luck".to_owned();
    Outcome::Failed { failure, error }
}

impl Workbench {
    /// Created, not started.
    pub fn created(definition: WorkflowDefinition) -> Self {
        let new = NewWorkflow {
            id: WorkflowId(1),
            job_id: JobId(1),
            first_task_id: TaskId(1),
            definition: Arc::new(definition),
            metadata: Map::new(),
            parameters: Map::new(),
        };
        let now = "2024-01-01T00:00:00Z".parse().unwrap();
        let mut bench = Self {
            workflow: Workflow::new(new, now),
            now,
            events: Vec::new(),
        };
        bench.command(&Command::Create).unwrap();
        bench
    }

    pub fn started(definition: WorkflowDefinition) -> Self {
        let mut bench = Self::created(definition);
        bench.act(Action::Start);
        bench
    }

    pub fn started_with_stop(steps: &[StepDefinition]) -> Self {
        Self::started(define(steps).with_on_failure(OnFailure::Stop))
    }

    pub fn command(&mut self, command: &Command) -> Result<Vec<EventRecord>, Refusal> {
        let events = advance(&mut self.workflow, command, Some("ada"), self.now)?;
        self.events.extend(events.iter().cloned());
        Ok(events)
    }

    pub fn act(&mut self, action: Action) {
        self.command(&Command::Act(action)).unwrap();
    }

    /// Starts the task's next attempt.
    pub fn start(&mut self, task: StepIndex) {
        self.command(&Command::StartTask { task }).unwrap();
    }

    pub fn try_start(&mut self, task: StepIndex) -> Result<Vec<EventRecord>, Refusal> {
        self.command(&Command::StartTask { task })
    }

    /// Reports how the task's present attempt ended.
    pub fn report(&mut self, task: StepIndex, outcome: Outcome) {
        let attempt = self.workflow.tasks()[task].record().attempt;
        let report = Command::Report {
            task,
            attempt,
            outcome,
        };
        self.command(&report).unwrap();
    }

    /// Starts the task and reports at once.
    pub fn run(&mut self, task: StepIndex, outcome: Outcome) {
        self.start(task);
        self.report(task, outcome);
    }

    pub fn succeed(&mut self, task: StepIndex) {
        self.run(task, Outcome::Succeeded(json!(task)));
    }

    pub fn fail(&mut self, task: StepIndex) {
        self.run(task, failed(FailureKind::Permanent));
    }

    pub fn wait_until(&mut self, task: StepIndex, until: Timestamp) {
        let attempt = self.workflow.tasks()[task].record().attempt;
        let wait = Command::Wait {
            task,
            attempt,
            until,
        };
        self.command(&wait).unwrap();
    }

    pub fn say_progress(&mut self, task: StepIndex, progress: f64) {
        let attempt = self.workflow.tasks()[task].record().attempt;
        let said = Command::Progress {
            task,
            attempt,
            progress,
        };
        self.command(&said).unwrap();
    }

    pub fn due(&mut self, task: StepIndex) -> Result<Vec<EventRecord>, Refusal> {
        let waits_for = self.workflow.tasks()[task].record().due_at;
        let due_at = waits_for.unwrap_or(self.now);
        self.command(&Command::Due { task, due_at })
    }

    pub fn pass(&mut self, seconds: f64) {
        self.now = self.now.plus(Duration::from_secs_f64(seconds));
    }

    pub fn status(&self) -> WorkflowStatus {
        self.workflow.status()
    }

    pub fn tasks(&self) -> Vec<TaskStatus> {
        let tasks = self.workflow.tasks().iter();
        tasks.map(engine::workflow::Task::status).collect()
    }

    pub fn task(&self, index: StepIndex) -> TaskStatus {
        self.workflow.tasks()[index].status()
    }

    pub fn skipped(&self, index: StepIndex) -> Option<SkipReason> {
        self.workflow.tasks()[index].record().skip_reason
    }

    pub fn progress(&self) -> Progress {
        Progress::of(&self.workflow, self.now)
    }

    pub fn percent(&self) -> u8 {
        self.progress().summary.progress
    }

    /// The names of the last `count` events.
    pub fn last_kinds(&self, count: usize) -> Vec<&'static str> {
        let last = &self.events[self.events.len() - count..];
        last.iter().map(|record| record.event.kind()).collect()
    }

    pub fn last_event(&self) -> &Event {
        &self.events.last().unwrap().event
    }
}
