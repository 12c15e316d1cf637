//! The shapes that the description of the API names. Each mirrors a type of the engine, which
//! knows nothing of OpenAPI; the words of closed lists are the engine's own. The tests over HTTP
//! hold everything that is sent and answered against them, in both directions.

#![expect(dead_code, reason = "only described, never made")]

mod commands;
mod problem;
mod step_types;
mod words;

use std::collections::HashMap;

use serde::Serialize;
use serde_json::Value;
use utoipa::ToSchema;

pub use commands::{Command, Delete, MarkDone, Pause, RaiseBudget, Recover, Skip};
pub use problem::Problem;
pub use step_types::StepType;
use words::{
    ActorKind, FrameKind, LogStream, Mode, OnFailure, Outcome, RunIf, SkipReason, TaskStatus,
    WaitsFor, WorkflowStatus,
};

/// A workflow, as lists and commands answer it.
#[derive(Serialize, ToSchema)]
pub struct Workflow {
    pub workflow_id: i64,
    pub job_id: i64,
    pub status: WorkflowStatus,
    /// 0 to 100, rounded down; 100 only when completed.
    #[schema(minimum = 0, maximum = 100)]
    pub progress: u8,
    /// The lowest step neither completed nor skipped; the last one when there is none.
    pub current_step: u64,
    /// The steps that are queued, running or retrying.
    pub current_steps: Vec<u64>,
    pub total_steps: u64,
    pub completed_tasks: u64,
    pub failed_tasks: u64,
    pub running_tasks: u64,
    pub total_tasks: u64,
    /// Tasks by state; they add up to `total_tasks`.
    pub counts: HashMap<String, u64>,
    pub recovery_attempts: u32,
    pub max_recovery_attempts: u32,
    #[schema(format = DateTime)]
    pub started_at: Option<String>,
    #[schema(format = DateTime)]
    pub completed_at: Option<String>,
    /// The number of its last event.
    pub events: u64,
    /// Present while it is being cancelled.
    #[schema(required = false)]
    pub cancel_requested: bool,
    /// What is wrong with it, while it is in quarantine: it is shown as failed, and no command is
    /// taken for it.
    #[schema(required = false)]
    pub quarantine: String,
    /// The definition's name.
    pub name: String,
    /// None for a definition that was given inline.
    pub definition_id: Option<i64>,
    pub metadata: HashMap<String, Value>,
    pub parameters: HashMap<String, Value>,
    #[schema(format = DateTime)]
    pub created_at: String,
}

/// How far a workflow is, with its tasks.
#[derive(Serialize, ToSchema)]
pub struct Progress {
    pub workflow_id: i64,
    pub job_id: i64,
    pub status: WorkflowStatus,
    /// 0 to 100, rounded down; 100 only when completed.
    #[schema(minimum = 0, maximum = 100)]
    pub progress: u8,
    pub current_step: u64,
    pub current_steps: Vec<u64>,
    pub total_steps: u64,
    pub completed_tasks: u64,
    pub failed_tasks: u64,
    pub running_tasks: u64,
    pub total_tasks: u64,
    pub counts: HashMap<String, u64>,
    pub recovery_attempts: u32,
    pub max_recovery_attempts: u32,
    #[schema(format = DateTime)]
    pub started_at: Option<String>,
    #[schema(format = DateTime)]
    pub completed_at: Option<String>,
    pub events: u64,
    #[schema(required = false)]
    pub cancel_requested: bool,
    /// What is wrong with it, while it is in quarantine: it is shown as failed, and no command is
    /// taken for it.
    #[schema(required = false)]
    pub quarantine: String,
    /// In the order of the steps.
    pub tasks: Vec<TaskProgress>,
}

/// One task of a workflow.
#[derive(Serialize, ToSchema)]
pub struct TaskProgress {
    pub id: i64,
    pub name: String,
    #[serde(rename = "type")]
    pub task_type: String,
    pub status: TaskStatus,
    pub retry_count: u32,
    pub error_message: Option<String>,
    pub dependencies: Vec<u64>,
    /// Which try this is, from 1; 0 before the first.
    pub attempt: u32,
    #[schema(format = DateTime)]
    pub next_retry_at: Option<String>,
    #[schema(format = DateTime)]
    pub started_at: Option<String>,
    #[schema(format = DateTime)]
    pub ended_at: Option<String>,
    /// The highest share done, 0 to 1.
    pub progress: f64,
    /// Seconds.
    #[schema(required = false)]
    pub estimated_duration: f64,
    #[schema(required = false)]
    pub skip_reason: SkipReason,
    #[schema(required = false, format = DateTime)]
    pub waits_until: String,
    /// What it cannot start without and this server does not have.
    #[schema(required = false)]
    pub waits_for: WaitsFor,
}

/// A definition as it is sent.
#[derive(Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Definition {
    #[schema(min_length = 1, max_length = 200)]
    pub name: String,
    #[schema(required = false, maximum = 100)]
    pub max_recovery_attempts: u32,
    #[schema(required = false)]
    pub on_failure: OnFailure,
    /// Names with their defaults.
    #[schema(required = false)]
    pub parameters: HashMap<String, Value>,
    #[schema(min_items = 1, max_items = 5000)]
    pub steps: Vec<Step>,
}

/// One step of a definition.
#[derive(Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Step {
    #[schema(min_length = 1, max_length = 200)]
    pub name: String,
    /// Made from the name when it is left out.
    #[schema(required = false)]
    pub key: String,
    pub task_type: String,
    /// See the fields of the step type.
    #[schema(required = false)]
    pub config: HashMap<String, Value>,
    /// Positions from 0, or keys.
    #[schema(required = false)]
    pub dependencies: Vec<Value>,
    #[schema(required = false, maximum = 100)]
    pub max_retries: u32,
    /// Seconds.
    #[schema(required = false)]
    pub timeout: f64,
    /// Seconds.
    #[schema(required = false)]
    pub estimated_duration: f64,
    #[schema(required = false)]
    pub run_if: RunIf,
    /// An expression over parameters and outputs, without braces: where it is false, the step is
    /// skipped (`condition_not_met`).
    #[schema(required = false, min_length = 1, max_length = 2048)]
    pub condition: String,
    #[schema(required = false, minimum = 1, maximum = 100)]
    pub max_lost: u32,
    /// What an attempt with an unknown end means; left out: what the step type's `modes` say.
    #[schema(required = false)]
    pub mode: Mode,
}

/// A version of a definition: what was sent, with its number and version.
#[derive(Serialize, ToSchema)]
pub struct SavedDefinition {
    pub name: String,
    #[schema(required = false)]
    pub max_recovery_attempts: u32,
    #[schema(required = false)]
    pub on_failure: OnFailure,
    #[schema(required = false)]
    pub parameters: HashMap<String, Value>,
    pub steps: Vec<Step>,
    pub definition_id: i64,
    pub version: u32,
}

/// The next version of a definition.
#[derive(Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NextDefinition {
    pub name: String,
    #[schema(required = false)]
    pub max_recovery_attempts: u32,
    #[schema(required = false)]
    pub on_failure: OnFailure,
    #[schema(required = false)]
    pub parameters: HashMap<String, Value>,
    pub steps: Vec<Step>,
    /// The version this one is based on.
    #[schema(minimum = 1)]
    pub version: u32,
    /// As in the path.
    #[schema(required = false)]
    pub definition_id: i64,
}

/// A workflow that is asked for.
#[derive(Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewWorkflow {
    pub definition: DefinitionSource,
    /// None: the next free number.
    #[schema(required = false, minimum = 1)]
    pub job_id: i64,
    #[schema(required = false)]
    pub parameters: HashMap<String, Value>,
    #[schema(required = false)]
    pub metadata: HashMap<String, Value>,
    #[schema(required = false)]
    pub start: bool,
}

/// The number of a saved definition, or a definition.
#[derive(Serialize, ToSchema)]
#[serde(untagged)]
pub enum DefinitionSource {
    Saved(i64),
    Inline(Definition),
}

/// What is stored about one task beside its progress.
#[derive(Serialize, ToSchema)]
pub struct Task {
    pub task: u64,
    pub mode: Mode,
    pub output: Option<Value>,
    pub attempts: Vec<Attempt>,
}

/// One try of a task.
#[derive(Serialize, ToSchema)]
pub struct Attempt {
    pub attempt: u32,
    #[schema(format = DateTime)]
    pub started_at: String,
    #[schema(format = DateTime)]
    pub ended_at: Option<String>,
    pub outcome: Outcome,
    pub error: Option<String>,
    /// What it gave when that came too late (`late`) and was used nowhere. Among the attempts of a
    /// task, `{"not_in_event": true, "bytes": n}` stands for one of more than 8 KiB.
    pub output: Option<Value>,
}

/// One line of a task's log.
#[derive(Serialize, ToSchema)]
pub struct LogLine {
    /// 1, 2, 3 … over all tries of the task.
    pub number: u64,
    #[schema(format = DateTime)]
    pub at: String,
    pub attempt: u32,
    pub stream: LogStream,
    pub text: String,
}

/// The data of a frame of a stream: these and what its kind adds.
#[derive(Serialize, ToSchema)]
pub struct Frame {
    /// The number of the last event that the client knows with it; the frame's `id`.
    pub seq: u64,
    #[schema(format = DateTime)]
    pub at: String,
    /// The frame's `event`.
    pub kind: FrameKind,
    /// The step it is about, by position from 0.
    #[schema(required = false)]
    pub task: u64,
    /// Who asked for it.
    #[schema(required = false)]
    pub actor: String,
    /// What kind of actor that is; not said of events that an older version wrote.
    #[schema(required = false)]
    pub actor_kind: ActorKind,
    /// The `reason` that was given with the command it follows from. It has another name here, because
    /// a skipped task has a `reason` of its own.
    #[schema(required = false)]
    pub because: String,
    /// The `Idempotency-Key` of the command it follows from.
    #[schema(required = false)]
    pub command_id: String,
    /// Everything about the workflow, in a `snapshot`.
    #[schema(required = false)]
    pub progress: Progress,
    #[serde(flatten)]
    pub added: HashMap<String, Value>,
}

/// A part of a list of workflows, newest first.
#[derive(Serialize, ToSchema)]
pub struct WorkflowPage {
    pub items: Vec<Workflow>,
    pub next_cursor: Option<String>,
}

/// A part of a list of definitions, newest first.
#[derive(Serialize, ToSchema)]
pub struct DefinitionPage {
    pub items: Vec<SavedDefinition>,
    pub next_cursor: Option<String>,
}

/// All step types.
#[derive(Serialize, ToSchema)]
pub struct StepTypePage {
    pub items: Vec<StepType>,
    pub next_cursor: Option<String>,
}

/// A part of a task's log, oldest first.
#[derive(Serialize, ToSchema)]
pub struct LogPage {
    pub items: Vec<LogLine>,
    pub next_cursor: Option<String>,
}
