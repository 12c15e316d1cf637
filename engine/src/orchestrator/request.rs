//! What the calls of the contract take and give.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::action::Action;
use crate::definition::Mode;
use crate::id::{Attempt, DefinitionId, JobId, Seq, StepIndex, WorkflowId};
use crate::problem::Problem;
use crate::progress::{Progress, WorkflowState};
use crate::time::Timestamp;
use crate::workflow_status::WorkflowStatus;

/// Most characters of a reason.
const REASON_MAX: usize = 1_000;

/// What a new workflow executes.
#[derive(Debug, Clone, PartialEq)]
pub enum DefinitionSource {
    /// The latest version of a saved definition.
    Saved(DefinitionId),
    /// One given with the request; it is kept with its workflow and not listed.
    Inline(Value),
}

/// A workflow that is asked for.
#[derive(Debug, Clone, PartialEq)]
pub struct NewWorkflowRequest {
    /// What it executes.
    pub definition: DefinitionSource,
    /// Its job; none means the next free number.
    pub job_id: Option<JobId>,
    /// Values for the definition's parameters; the others keep their defaults.
    pub parameters: Map<String, Value>,
    /// What the caller wants to remember with it.
    pub metadata: Map<String, Value>,
    /// Whether it starts at once.
    pub start: bool,
    /// The caller's id of this command, 1 to 200 characters: the same id has one effect and the
    /// same answer for seven days.
    pub command_id: Option<String>,
}

/// Something asked of a workflow.
#[derive(Debug, Clone, PartialEq)]
pub struct ActionRequest {
    /// What.
    pub action: Action,
    /// Why, in the caller's words, up to 1,000 characters; kept in the events. Some actions
    /// [need one](Action::needs_reason).
    pub reason: Option<String>,
    /// The number of the last event that the caller knew: a workflow that moved on refuses.
    pub expected_rev: Option<Seq>,
    /// The caller's id of this command, 1 to 200 characters: the same id has one effect and the
    /// same answer for seven days.
    pub command_id: Option<String>,
}

impl From<Action> for ActionRequest {
    fn from(action: Action) -> Self {
        Self {
            action,
            reason: None,
            expected_rev: None,
            command_id: None,
        }
    }
}

impl Action {
    /// The request for it that says why.
    ///
    /// ```
    /// use engine::Action;
    ///
    /// let skip = Action::Skip { task: 1 }.because("the second mirror was given up");
    /// assert_eq!(skip.reason.as_deref(), Some("the second mirror was given up"));
    /// ```
    #[must_use]
    pub fn because(self, reason: impl Into<String>) -> ActionRequest {
        ActionRequest {
            reason: Some(reason.into()),
            ..self.into()
        }
    }
}

impl ActionRequest {
    /// What is wrong with the reason, at `#/reason`: the one rule for programs, the HTTP API and pages.
    #[must_use]
    pub fn problem_of_reason(&self) -> Option<Problem> {
        let detail = match &self.reason {
            None if self.action.needs_reason() => {
                "is missing; say why, for whoever reads the history"
            }
            Some(reason) if reason.trim().is_empty() || reason.chars().count() > REASON_MAX => {
                "must be 1 to 1,000 characters, and not blank"
            }
            _ => return None,
        };
        Some(Problem::new("#/reason", detail))
    }
}

/// Which workflows a list shows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum WorkflowSelection {
    /// All of them.
    #[default]
    All,
    /// Running, paused or recovering.
    Active,
    /// Failed.
    Failed,
    /// Failed with budget left.
    Recoverable,
    /// In one state.
    Status(WorkflowStatus),
}

impl WorkflowSelection {
    /// Reads `active`, `failed`, `recoverable` or a state.
    #[must_use]
    pub fn from_word(word: &str) -> Option<Self> {
        match word {
            "active" => Some(Self::Active),
            "failed" => Some(Self::Failed),
            "recoverable" => Some(Self::Recoverable),
            state => state.parse().ok().map(Self::Status),
        }
    }
}

/// Which workflows a list shows, and from where.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct WorkflowFilter {
    /// By state.
    pub selection: WorkflowSelection,
    /// Text that the name contains (any case), or the number of the workflow or its job.
    pub query: Option<String>,
    /// Only workflows of this saved definition, of any of its versions.
    pub definition: Option<DefinitionId>,
    /// At most this many, 1 to 200.
    pub limit: usize,
    /// Only workflows with a lower number than this: the last one of the page before.
    pub before: Option<WorkflowId>,
}

/// A part of a list, newest first.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Page<T> {
    /// The entries.
    pub items: Vec<T>,
    /// The number to go on from; none at the end.
    pub next: Option<i64>,
}

/// A version of a definition as it is kept.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct SavedDefinition {
    /// Its number.
    pub definition_id: DefinitionId,
    /// Its version, from 1.
    pub version: u32,
    /// When this version was saved.
    pub saved_at: Timestamp,
    /// Who saved it.
    pub saved_by: String,
    /// The definition with every default written out.
    pub definition: Value,
    /// The definition as it was sent.
    pub sent: Value,
}

/// A workflow with its tasks and what it executes.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct WorkflowDetail {
    /// What lists show of it.
    pub state: WorkflowState,
    /// Its progress with all tasks.
    pub progress: Progress,
    /// The frozen definition with every default written out.
    pub definition: Value,
}

/// One try of a task, as it is stored.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct AttemptRecord {
    /// Which try, from 1.
    pub attempt: Attempt,
    /// When it started.
    pub started_at: Timestamp,
    /// When it ended.
    pub ended_at: Option<Timestamp>,
    /// The word of an [`AttemptOutcome`](crate::AttemptOutcome).
    pub outcome: String,
    /// Why it failed, in words.
    pub error: Option<String>,
    /// What it gave when that came too late (`late`) and was used nowhere, or when its step was done
    /// again after it. In a list, what [stands for it](crate::event::stand_in) where it is larger than
    /// 8 KiB.
    pub output: Option<Value>,
}

/// What is stored about one task beside its progress.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct TaskDetail {
    /// The step's position.
    pub task: StepIndex,
    /// What an attempt with an unknown end means for it.
    pub mode: Mode,
    /// What it gave to later steps.
    pub output: Option<Value>,
    /// Its tries, oldest first.
    pub attempts: Vec<AttemptRecord>,
}

/// What steps may do on this server.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct StepSwitches {
    /// Whether steps may start programs on this machine.
    pub commands: bool,
    /// Whether HTTP steps may reach loopback and private addresses.
    pub private_addresses: bool,
}

/// Why what steps may do on this server cannot be changed while it runs, when that is so.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct FixedSwitches {
    /// Why steps may start programs whatever the owner says.
    pub commands: Option<&'static str>,
    /// Why HTTP steps may reach loopback and private addresses whatever the owner says.
    pub private_addresses: Option<&'static str>,
}

/// Who wrote a log line.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum LogStream {
    /// The step's ordinary output.
    Stdout,
    /// The step's error output.
    Stderr,
    /// The engine.
    Engine,
}

/// One line of a task's log.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct LogLine {
    /// 1, 2, 3 … over all attempts of the task.
    pub number: u64,
    /// When it was written.
    pub at: Timestamp,
    /// Which try wrote it.
    pub attempt: Attempt,
    /// Who wrote it.
    pub stream: LogStream,
    /// The text, without its line end.
    pub text: String,
}

/// A part of a task's log.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct LogPage {
    /// The lines, in order.
    pub lines: Vec<LogLine>,
    /// The number of the last line there is, 0 when there is none.
    pub last: u64,
}
