//! The contract over one workflow that is made from JSON. What no page asks for is answered with
//! "there is no such thing".

use async_trait::async_trait;
use engine::orchestrator::{
    ActionRequest, Answer, AttemptRecord, FixedSwitches, Hindrance, LogLine, LogPage, LogStream,
    Moves, NewWorkflowRequest, Page, SavedDefinition, StepSwitches, TaskDetail, WorkflowDetail,
    WorkflowFilter,
};
use engine::step_form::StepSpec;
use engine::{
    Actor, DefinitionId, Definitions, EventRecord, JobId, JobOrchestrator, JobOrchestratorError,
    Problem, Progress, Seq, StepIndex, StepTypes, Switches, Timestamp, WorkflowDefinition,
    WorkflowId, WorkflowState, Workflows,
};
use serde_json::{Map, Value, json};

/// One workflow of two steps, `Download` and `Validate`.
#[derive(Clone)]
pub struct Fake {
    is_listed: bool,
    is_away: bool,
    specs: Vec<StepSpec>,
    detail: WorkflowDetail,
    log: Vec<LogLine>,
    /// Why its page is not answered.
    refusal: Option<String>,
    /// What the first try of each step gave too late.
    late_output: Option<Value>,
    /// The definition that is kept.
    saved: Option<SavedDefinition>,
}

fn at(second: u32) -> Timestamp {
    format!("2024-01-01T00:00:{second:02}Z").parse().unwrap()
}

impl Fake {
    /// A workflow in `status` whose second step is in `task_status`, with this error.
    pub fn new(status: &str, task_status: &str, error: &str) -> Self {
        let is_over = ["failed", "completed", "cancelled"].contains(&status);
        let count =
            |wanted: &str| usize::from(wanted == "completed") + usize::from(wanted == task_status);
        let mut progress = json!({
            "workflow_id": 7, "job_id": 3, "status": status, "progress": 50,
            "current_step": 1, "current_steps": if is_over { json!([]) } else { json!([1]) },
            "total_steps": 2, "completed_tasks": count("completed"),
            "failed_tasks": usize::from(task_status == "failed"),
            "running_tasks": usize::from(task_status == "running"), "total_tasks": 2,
            "counts": {
                "pending": 0, "queued": 0, "running": 0, "completed": 0,
                "failed": 0, "retrying": 0, "skipped": 0, "cancelled": 0
            },
            "recovery_attempts": 1, "max_recovery_attempts": 3,
            "started_at": at(0), "completed_at": is_over.then(|| at(12)), "events": 9,
            "tasks": [
                task(1, "Download", "completed", Value::Null, &[]),
                task(2, "Validate", task_status, json!(error), &[0]),
            ]
        });
        progress["counts"]["completed"] = json!(1);
        progress["counts"][task_status] = json!(count(task_status));
        let mut state = progress.clone();
        for (name, value) in [
            ("name", json!("Dataset Build")),
            ("definition_id", Value::Null),
            ("metadata", json!({})),
            ("parameters", json!({})),
            ("created_at", json!(at(0))),
        ] {
            state[name] = value;
        }
        let definition = json!({"steps": [
            {"key": "download", "max_retries": 3, "config": {}},
            {"key": "validate", "max_retries": 3, "config": {"program": "check"}},
        ]});
        Self {
            is_listed: true,
            is_away: false,
            specs: Vec::new(),
            detail: WorkflowDetail {
                state: serde_json::from_value(state).unwrap(),
                progress: serde_json::from_value(progress).unwrap(),
                definition,
            },
            log: Vec::new(),
            refusal: None,
            late_output: None,
            saved: None,
        }
    }

    /// Its definition names this mode for the step at `step`.
    pub fn with_mode(mut self, step: usize, mode: &str) -> Self {
        self.detail.definition["steps"][step]["mode"] = json!(mode);
        self
    }

    /// A failed workflow with a saved definition, in which this text stands wherever somebody else writes.
    pub fn full_of(text: &str) -> Self {
        let mut fake = Self::new("failed", "failed", text).with_log(&[text]);
        let values = json!({ text: text }).as_object().cloned().unwrap();
        let step = |key: &str, after: &[usize]| {
            json!({
                "key": key, "name": text, "task_type": text, "dependencies": after, "max_retries": 3,
                "condition": text, "config": values
            })
        };
        let definition = json!({
            "name": text, "max_recovery_attempts": 3, "parameters": values,
            "steps": [step("download", &[]), step("validate", &[0])]
        });
        fake.late_output = Some(json!({ text: [text] }));
        fake.detail.definition = definition.clone();
        let state = &mut fake.detail.state;
        state.name = text.to_owned();
        (state.parameters, state.metadata) = (values.clone(), values);
        for task in &mut fake.detail.progress.tasks {
            task.name = text.to_owned();
            task.task_type = text.to_owned();
        }
        fake.saved = Some(SavedDefinition {
            definition_id: DefinitionId(1),
            version: 1,
            saved_at: at(0),
            saved_by: text.to_owned(),
            sent: definition.clone(),
            definition,
        });
        fake
    }

    /// Its page is refused with this text.
    pub fn with_refusal(mut self, text: &str) -> Self {
        self.refusal = Some(text.to_owned());
        self
    }

    /// Each step gave this at its first try, after its time had run out.
    pub fn with_late_output(mut self, output: Value) -> Self {
        self.late_output = Some(output);
        self
    }

    /// With these lines in the second step's log.
    pub fn with_log(mut self, lines: &[&str]) -> Self {
        self.log = (1..)
            .zip(lines)
            .map(|(number, text)| LogLine {
                number,
                at: at(5),
                attempt: 1,
                stream: LogStream::Stdout,
                text: (*text).to_owned(),
            })
            .collect();
        self
    }

    /// Nothing was started yet.
    pub fn nothing() -> Self {
        Self {
            is_listed: false,
            ..Self::new("pending", "pending", "")
        }
    }

    /// Its database cannot be reached just now.
    pub fn away(mut self) -> Self {
        self.is_away = true;
        self
    }

    /// Somebody asked to cancel it, and it still runs.
    pub fn with_cancel_requested(mut self) -> Self {
        self.detail.progress.summary.cancel_requested = true;
        self.detail.state.summary.cancel_requested = true;
        self
    }

    /// With a registered step type.
    pub fn with_titled_type(mut self, task_type: &str, title: &str) -> Self {
        self.specs.push(StepSpec {
            task_type: task_type.into(),
            title: title.into(),
            help: "What it does.".into(),
            output_help: "What it gives.".into(),
            default_timeout: 60.0,
            only_waits: false,
            switched_off: None,
            example: json!({}),
            fields: Vec::new(),
            modes: Vec::new(),
            probe_field: None,
        });
        self
    }

    /// With all recoveries used up.
    pub fn with_budget_spent(mut self) -> Self {
        self.detail.progress.summary.recovery_attempts = 3;
        self.detail.state.summary.recovery_attempts = 3;
        self
    }

    fn known(&self, id: WorkflowId) -> Answer<&WorkflowDetail> {
        if self.is_away {
            return Err(JobOrchestratorError::Hindered(Hindrance::DatabaseAway));
        }
        if id == WorkflowId(7) {
            Ok(&self.detail)
        } else {
            absent("workflow", id.0)
        }
    }
}

fn task(id: i64, name: &str, status: &str, error: Value, dependencies: &[usize]) -> Value {
    json!({
        "id": id, "name": name, "type": "check", "status": status,
        "retry_count": if status == "retrying" { 1 } else { 0 },
        "error_message": error, "dependencies": dependencies, "attempt": 1,
        "next_retry_at": (status == "retrying").then(|| at(59)),
        "started_at": at(1), "ended_at": (status != "running").then(|| at(12)), "progress": 0.0
    })
}

fn absent<T>(what: &'static str, id: i64) -> Answer<T> {
    Err(JobOrchestratorError::NotFound { what, id })
}

#[async_trait]
impl JobOrchestrator for Fake {
    async fn create_workflow(
        &self,
        job_id: JobId,
        _definition: WorkflowDefinition,
        _metadata: Option<Map<String, Value>>,
    ) -> Answer<WorkflowState> {
        absent("job", job_id.0)
    }
    async fn get_workflow(&self, _id: WorkflowId) -> Answer<Option<WorkflowState>> {
        Ok(None)
    }
    async fn get_workflow_by_job(&self, _job_id: JobId) -> Answer<Option<WorkflowState>> {
        Ok(None)
    }
    async fn execute_workflow(
        &self,
        id: WorkflowId,
        _definition: &WorkflowDefinition,
    ) -> Answer<WorkflowState> {
        absent("workflow", id.0)
    }
    async fn start_workflow(&self, id: WorkflowId) -> Answer<WorkflowState> {
        absent("workflow", id.0)
    }
    async fn pause_workflow(&self, id: WorkflowId) -> Answer<WorkflowState> {
        absent("workflow", id.0)
    }
    async fn resume_workflow(&self, id: WorkflowId) -> Answer<WorkflowState> {
        absent("workflow", id.0)
    }
    async fn cancel_workflow(&self, id: WorkflowId) -> Answer<WorkflowState> {
        absent("workflow", id.0)
    }
    async fn recover_workflow(&self, id: WorkflowId, _from: StepIndex) -> Answer<WorkflowState> {
        absent("workflow", id.0)
    }
    async fn get_workflow_progress(&self, id: WorkflowId) -> Answer<Progress> {
        Ok(self.known(id)?.progress.clone())
    }
    async fn get_active_workflows(&self) -> Answer<Vec<WorkflowState>> {
        Ok(Vec::new())
    }
    async fn get_failed_workflows(&self) -> Answer<Vec<WorkflowState>> {
        Ok(Vec::new())
    }
    async fn get_recoverable_workflows(&self) -> Answer<Vec<WorkflowState>> {
        Ok(Vec::new())
    }
}

#[async_trait]
impl Workflows for Fake {
    async fn submit(&self, _actor: &Actor, _new: NewWorkflowRequest) -> Answer<WorkflowState> {
        absent("definition", 0)
    }
    async fn act(
        &self,
        _actor: &Actor,
        id: WorkflowId,
        _request: ActionRequest,
    ) -> Answer<WorkflowState> {
        absent("workflow", id.0)
    }
    async fn workflow(&self, _actor: &Actor, id: WorkflowId) -> Answer<WorkflowState> {
        Ok(self.known(id)?.state.clone())
    }
    fn new_command_id(&self) -> String {
        "new".to_owned()
    }
    async fn workflow_of_command(
        &self,
        _actor: &Actor,
        _command_id: &str,
    ) -> Answer<Option<WorkflowId>> {
        Ok(None)
    }
    async fn workflow_of_job(&self, _actor: &Actor, job_id: JobId) -> Answer<WorkflowState> {
        absent("job", job_id.0)
    }
    async fn detail(&self, _actor: &Actor, id: WorkflowId) -> Answer<WorkflowDetail> {
        match &self.refusal {
            Some(text) => Err(JobOrchestratorError::Conflict(text.clone())),
            None => self.known(id).cloned(),
        }
    }
    async fn list(&self, _actor: &Actor, filter: &WorkflowFilter) -> Answer<Page<WorkflowState>> {
        use engine::orchestrator::WorkflowSelection as S;
        let status = self.detail.state.summary.status;
        let fits = self.is_listed
            && match filter.selection {
                S::All => true,
                S::Active => status.is_active(),
                S::Failed => status == engine::WorkflowStatus::Failed,
                S::Recoverable => self.detail.state.summary.is_recoverable(),
                S::Status(wanted) => status == wanted,
            };
        let items = fits.then(|| self.detail.state.clone());
        Ok(Page {
            items: items.into_iter().collect(),
            next: None,
        })
    }
    async fn events(
        &self,
        _actor: &Actor,
        _id: WorkflowId,
        _after: Seq,
        _limit: usize,
    ) -> Answer<Vec<EventRecord>> {
        Ok(Vec::new())
    }
    async fn changed(&self, _id: WorkflowId, _after: Seq) {}
    async fn moved(&self, _after: Option<u64>) -> Moves {
        Moves::default()
    }
    async fn attempt(
        &self,
        _actor: &Actor,
        _id: WorkflowId,
        _task: StepIndex,
        attempt: u32,
    ) -> Answer<AttemptRecord> {
        absent("attempt", i64::from(attempt))
    }

    async fn task(&self, _actor: &Actor, _id: WorkflowId, task: StepIndex) -> Answer<TaskDetail> {
        Ok(TaskDetail {
            task,
            mode: engine::Mode::Once,
            output: self
                .saved
                .is_some()
                .then(|| self.late_output.clone())
                .flatten(),
            attempts: vec![AttemptRecord {
                attempt: 1,
                started_at: at(1),
                ended_at: Some(at(12)),
                outcome: match self.late_output {
                    Some(_) => "late".into(),
                    None => "timed_out".into(),
                },
                error: self.saved.as_ref().map(|saved| saved.saved_by.clone()),
                output: self.late_output.clone(),
            }],
        })
    }
    async fn log(
        &self,
        _actor: &Actor,
        _id: WorkflowId,
        task: StepIndex,
        after: u64,
        limit: usize,
    ) -> Answer<LogPage> {
        let all = self.log.iter().filter(|_| task == 1);
        let lines = all.filter(|line| line.number > after).take(limit);
        Ok(LogPage {
            lines: lines.cloned().collect(),
            last: self.log.last().map_or(0, |line| line.number),
        })
    }
}

#[async_trait]
impl Definitions for Fake {
    async fn check(&self, _definition: &Value) -> Answer<Vec<Problem>> {
        Ok(Vec::new())
    }
    async fn save(
        &self,
        _actor: &Actor,
        _replaces: Option<(DefinitionId, u32)>,
        _definition: &Value,
        _command_id: Option<&str>,
    ) -> Answer<SavedDefinition> {
        absent("definition", 0)
    }
    async fn definition(
        &self,
        _actor: &Actor,
        id: DefinitionId,
        _version: Option<u32>,
    ) -> Answer<SavedDefinition> {
        let known = self.saved.clone();
        known.map_or_else(|| absent("definition", id.0), Ok)
    }
    async fn definitions(
        &self,
        _actor: &Actor,
        _limit: usize,
        _cursor: Option<DefinitionId>,
    ) -> Answer<Page<SavedDefinition>> {
        Ok(Page {
            items: self.saved.iter().cloned().collect(),
            next: None,
        })
    }
}

#[async_trait]
impl StepTypes for Fake {
    async fn step_types(&self, _actor: &Actor) -> Answer<Vec<StepSpec>> {
        Ok(self.specs.clone())
    }
}

#[async_trait]
impl Switches for Fake {
    async fn switches(&self, _actor: &Actor) -> Answer<StepSwitches> {
        Ok(StepSwitches::default())
    }
    async fn fixed_switches(&self, _actor: &Actor) -> Answer<FixedSwitches> {
        Ok(FixedSwitches::default())
    }
    async fn set_switches(&self, _actor: &Actor, _switches: StepSwitches) -> Answer<()> {
        Ok(())
    }
}
