//! A workflow as written: named steps, what each depends on, and the limits of each.
//!
//! A [`WorkflowDefinition`] that exists is valid. It comes from JSON through
//! [`WorkflowDefinition::from_json`], which lists every problem at its field.

mod handler;
pub(crate) mod key;
mod mode;
mod read;
mod read_step;
mod reading;
mod write;

use serde_json::{Map, Value};

use crate::graph::Graph;
use crate::id::StepIndex;
use crate::problem::Problem;

pub use handler::Handler;
pub use mode::Mode;

pub use reading::{Reading, StepReading};

/// The limits of a definition, from the project's decisions.
pub mod limits {
    /// Most steps in one definition.
    pub const STEPS_MAX: usize = 5_000;
    /// Most characters in a name.
    pub const NAME_CHARACTERS_MAX: usize = 200;
    /// Most characters in a step's key.
    pub const KEY_CHARACTERS_MAX: usize = 100;
    /// Largest `max_retries`, `max_recovery_attempts` and `max_lost`.
    pub const COUNT_MAX: u32 = 100;
    /// Tries after the first unless the definition says otherwise.
    pub const MAX_RETRIES_DEFAULT: u32 = 3;
    /// Recoveries unless the definition says otherwise.
    pub const MAX_RECOVERY_ATTEMPTS_DEFAULT: u32 = 3;
    /// How often a step's attempt may be lost to a dying server before the step fails.
    pub const MAX_LOST_DEFAULT: u32 = 3;
    /// Longest timeout and longest wait, in seconds: 365 days.
    pub const SECONDS_MAX: f64 = 31_536_000.0;
    /// Timeout of a step that names none, in seconds: 24 hours.
    pub const TIMEOUT_SECONDS_DEFAULT: f64 = 86_400.0;
    /// Largest configuration of one step, in bytes of JSON.
    pub const CONFIG_BYTES_MAX: usize = 256 * 1024;
    /// Largest parameters of a definition or a workflow and largest metadata of a workflow, each
    /// counted together, in bytes of JSON.
    pub const GIVEN_BYTES_MAX: usize = 256 * 1024;
    /// Largest output of one step, in bytes of JSON.
    pub const OUTPUT_BYTES_MAX: usize = 1024 * 1024;
    /// Longest expression, such as a step's condition, in bytes.
    pub const EXPRESSION_BYTES_MAX: usize = 2_048;
    /// How many objects and lists may lie in each other, in any value that somebody gives.
    pub const DEPTH_MAX: usize = 100;
}

/// What happens to the rest when a step fails for good.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum OnFailure {
    /// Independent branches go on; then the workflow fails.
    #[default]
    FinishBranches,
    /// Nothing new starts but steps that run always or on failure.
    Stop,
}

/// When a step runs, judged by what it depends on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum RunIf {
    /// Everything it depends on ended well.
    #[default]
    Ok,
    /// Everything it depends on ended, well or not.
    Always,
    /// Something it depends on failed.
    Failed,
}

impl OnFailure {
    /// The word used in JSON and forms.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::FinishBranches => "finish_branches",
            Self::Stop => "stop",
        }
    }
}

impl RunIf {
    /// The word used in JSON and forms.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Ok => "ok",
            Self::Always => "always",
            Self::Failed => "failed",
        }
    }
}

/// One step of a definition.
#[derive(Debug, Clone, PartialEq)]
pub struct StepDefinition {
    /// What people read; 1 to 200 characters.
    pub name: String,
    /// What references use (`{{ steps.<key>.output }}`); unique in the definition.
    pub key: String,
    /// The registered kind of work; a label where a closure does it.
    pub task_type: String,
    /// The kind's own settings.
    pub config: Map<String, Value>,
    /// Positions of the steps it depends on, ascending, each once.
    pub dependencies: Vec<StepIndex>,
    /// Tries after the first, 0 to 100.
    pub max_retries: u32,
    /// Longest an attempt may take, in seconds; none means the step type's default.
    pub timeout: Option<f64>,
    /// How long it usually takes, in seconds; weighs the progress.
    pub estimated_duration: Option<f64>,
    /// When it runs.
    pub run_if: RunIf,
    /// An expression over parameters and outputs, without braces: where it is false when an attempt
    /// starts, the step is skipped. None means it always has something to do.
    pub condition: Option<String>,
    /// How often an attempt may be lost to a dying server before the step fails, 1 to 100.
    pub max_lost: u32,
    /// What an attempt with an unknown end means; none means what its type says.
    pub mode: Option<Mode>,
    /// Who carries it out.
    pub handler: Handler,
}

impl StepDefinition {
    /// The fields a step may have, in the order they are written and shown.
    pub const FIELDS: [&str; 13] = [
        "name",
        "key",
        "task_type",
        "config",
        "dependencies",
        "max_retries",
        "timeout",
        "estimated_duration",
        "run_if",
        "condition",
        "max_lost",
        "mode",
        "handler",
    ];

    /// A step with the defaults of everything that is not named here. Its key is made from its
    /// name when the definition is built.
    pub fn new(name: impl Into<String>, task_type: impl Into<String>) -> Self {
        Self {
            name: name.into(),
            key: String::new(),
            task_type: task_type.into(),
            config: Map::new(),
            dependencies: Vec::new(),
            max_retries: limits::MAX_RETRIES_DEFAULT,
            timeout: None,
            estimated_duration: None,
            run_if: RunIf::Ok,
            condition: None,
            max_lost: limits::MAX_LOST_DEFAULT,
            mode: None,
            handler: Handler::StepType,
        }
    }
}

/// A named blueprint of steps, valid by construction.
///
/// ```
/// use engine::WorkflowDefinition;
/// use serde_json::json;
///
/// let definition = WorkflowDefinition::from_json(&json!({
///     "name": "Nightly",
///     "steps": [
///         { "name": "Fetch", "task_type": "http_request", "timeout": 60 },
///         { "name": "Count", "task_type": "command", "dependencies": ["fetch"] },
///     ],
/// })).unwrap();
/// assert_eq!(definition.steps()[1].dependencies, [0]);
/// assert_eq!(definition.max_recovery_attempts(), 3);
///
/// // Every problem is told, each at its field.
/// let problems = WorkflowDefinition::from_json(&json!({
///     "name": "", "steps": [{ "name": "A", "task_type": "x", "max_retries": -1 }],
/// })).unwrap_err();
/// let fields: Vec<_> = problems.iter().map(|problem| problem.pointer.as_str()).collect();
/// assert_eq!(fields, ["#/name", "#/steps/0/max_retries"]);
/// ```
#[derive(Debug, Clone, PartialEq)]
pub struct WorkflowDefinition {
    name: String,
    steps: Vec<StepDefinition>,
    max_recovery_attempts: u32,
    on_failure: OnFailure,
    parameters: Map<String, Value>,
    graph: Graph,
    /// The positions of the steps in the order of their keys.
    by_key: Vec<StepIndex>,
}

impl WorkflowDefinition {
    /// The fields a definition may have, in the order they are written and shown.
    pub const FIELDS: [&str; 5] = [
        "name",
        "max_recovery_attempts",
        "on_failure",
        "parameters",
        "steps",
    ];

    /// Builds a definition from steps made in Rust, with three recoveries and no parameters.
    ///
    /// # Errors
    /// Every problem, at its field: the same checks as [`WorkflowDefinition::from_json`].
    pub fn new(name: &str, steps: &[StepDefinition]) -> Result<Self, Vec<Problem>> {
        let mut json = Map::new();
        json.insert("name".into(), name.into());
        json.insert(
            "steps".into(),
            steps.iter().map(write::step_to_json).collect(),
        );
        Self::from_json(&Value::Object(json))
    }

    /// Reads a definition, listing every problem at its field.
    ///
    /// # Errors
    /// All problems found: unknown or mistyped fields, names, keys, dependencies that do not
    /// exist or close a circle, numbers out of their range.
    pub fn from_json(json: &Value) -> Result<Self, Vec<Problem>> {
        Self::read(json).into_definition()
    }

    /// Reads a definition as far as that goes, for checks beyond those of
    /// [`WorkflowDefinition::from_json`].
    #[must_use]
    pub fn read(json: &Value) -> Reading {
        read::definition(json)
    }

    /// The definition as JSON, with every default written out.
    #[must_use]
    pub fn to_json(&self) -> Value {
        write::to_json(self)
    }

    /// What people read.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The steps in the order they were written.
    #[must_use]
    pub fn steps(&self) -> &[StepDefinition] {
        &self.steps
    }

    /// The position of the step with this key, if there is one.
    #[must_use]
    pub fn step_of_key(&self, key: &str) -> Option<StepIndex> {
        let found = self
            .by_key
            .binary_search_by(|index| self.steps[*index].key.as_str().cmp(key));
        found.ok().map(|place| self.by_key[place])
    }

    /// How often a workflow of it may be recovered.
    #[must_use]
    pub const fn max_recovery_attempts(&self) -> u32 {
        self.max_recovery_attempts
    }

    /// The same definition with another recovery budget, 0 to 100 (larger is cut to 100).
    #[must_use]
    pub fn with_max_recovery_attempts(mut self, attempts: u32) -> Self {
        self.max_recovery_attempts = attempts.min(limits::COUNT_MAX);
        self
    }

    /// The same definition with another answer to failure.
    #[must_use]
    pub fn with_on_failure(mut self, on_failure: OnFailure) -> Self {
        self.on_failure = on_failure;
        self
    }

    /// The same definition in which steps that name no mode have the one that `default` says, if it
    /// says one.
    #[must_use]
    pub fn with_modes(mut self, default: impl Fn(&StepDefinition) -> Option<Mode>) -> Self {
        for step in &mut self.steps {
            step.mode = step.mode.or_else(|| default(step));
        }
        self
    }

    /// What happens to the rest when a step fails.
    #[must_use]
    pub const fn on_failure(&self) -> OnFailure {
        self.on_failure
    }

    /// The parameters a workflow may be started with, and their defaults.
    #[must_use]
    pub const fn parameters(&self) -> &Map<String, Value> {
        &self.parameters
    }

    /// Who depends on whom.
    #[must_use]
    pub const fn graph(&self) -> &Graph {
        &self.graph
    }
}
