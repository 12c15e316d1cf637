//! What a step type is, what it is given, and what it may answer.
//!
//! A step type is a configuration struct: serde reads it, its JSON Schema describes the form, and
//! [`StepType::run`] does the work. It lives in one file under `steps/` and one line of
//! `steps.rs`.

mod context;
mod error;
mod identity;
mod progress;
mod registry;
pub(crate) mod rounded;
mod services;
mod switches;

use std::future::Future;
use std::time::Duration;

use engine::Problem;
use engine::orchestrator::StepSwitches;
use engine::step_form::ModeRule;
use schemars::JsonSchema;
use serde::de::DeserializeOwned;
use serde_json::{Map, Value};

pub use context::{StepContext, StepContextParts};
pub use error::StepError;
pub use identity::{Effect, attempt_name};
pub use progress::ProgressReporter;
pub use registry::{Registry, RegistryError};
pub use services::{ServiceError, StepServices};
pub use switches::SharedSwitches;

/// What an attempt that ended well gives.
#[derive(Debug, Clone, PartialEq)]
pub enum StepOutput {
    /// The work is done; the value is what later steps see as `steps.<key>.output`.
    Done(Value),
    /// The step is over this long after now. Nothing is held until then: the wait survives a
    /// restart of the server. Longer than 365 days is a failure for good.
    Wait(Duration),
    /// There was nothing to do; the task is skipped and what needs it goes on.
    NothingToDo,
}

impl From<Value> for StepOutput {
    fn from(output: Value) -> Self {
        Self::Done(output)
    }
}

/// Done, with nothing to give: an empty object.
impl From<()> for StepOutput {
    fn from((): ()) -> Self {
        Self::Done(Value::Object(Map::new()))
    }
}

/// What the outside says about the effect of an earlier attempt.
#[derive(Debug, Clone, PartialEq)]
pub enum Probed {
    /// It took place, and this is what it gave: the step is not done again.
    Done(Value),
    /// It did not, in words for the log: the step is done now.
    NotDone(String),
}

/// A registered kind of work. The implementing struct is its configuration.
///
/// The struct derives `Deserialize` (with `deny_unknown_fields`) and `JsonSchema`. Its doc comment
/// is the help of the step type, the doc comments of its fields are their help. A field's label is
/// its name in words unless `#[schemars(title = "…")]` gives another; a unit comes from
/// `#[schemars(extend("unit" = "s"))]`, a text of several lines from
/// `#[schemars(extend("multiline" = true))]`.
///
/// ```
/// use std::time::Duration;
///
/// use runtime::{Runtime, StepContext, StepError, StepOutput, StepType, Value, json};
/// use schemars::JsonSchema;
/// use serde::Deserialize;
///
/// /// Counts the words of a text.
/// #[derive(Deserialize, JsonSchema)]
/// #[serde(deny_unknown_fields)]
/// struct CountWords {
///     /// The text to count in.
///     text: String,
/// }
///
/// impl StepType for CountWords {
///     const TASK_TYPE: &'static str = "count_words";
///     const TITLE: &'static str = "Count words";
///     const OUTPUT: &'static str = "The number of words.";
///     const DEFAULT_TIMEOUT: Duration = Duration::from_secs(60);
///
///     fn example() -> Value {
///         json!({ "text": "one two" })
///     }
///
///     async fn run(self, _cx: StepContext) -> Result<StepOutput, StepError> {
///         Ok(StepOutput::Done(json!({ "words": self.text.split_whitespace().count() })))
///     }
/// }
///
/// let engine = Runtime::builder().in_memory().step_type::<CountWords>();
/// # let _ = engine;
/// ```
pub trait StepType: DeserializeOwned + JsonSchema + Send + Sync + 'static {
    /// The `task_type` that definitions name.
    const TASK_TYPE: &'static str;
    /// What people call it.
    const TITLE: &'static str;
    /// What it gives to later steps, in words.
    const OUTPUT: &'static str;
    /// How long an attempt may take when the step names no timeout.
    const DEFAULT_TIMEOUT: Duration;
    /// Whether an attempt starts a program on this machine; only so many run at once.
    const STARTS_PROGRAM: bool = false;
    /// Whether it does nothing but hand over to a moment ([`StepOutput::Wait`]): what a step waits
    /// does not count against its timeout, so pages offer none.
    const ONLY_WAITS: bool = false;
    /// The field that has to be filled so that [`probe`](Self::probe) can ask; none when it never
    /// can.
    const PROBE_FIELD: Option<&'static str> = None;

    /// A filled, valid configuration to start from.
    fn example() -> Value;

    /// The mode of a step that names none, by its configuration: the first rule that applies
    /// counts. Without one it is `retry`: an effect may happen twice.
    #[must_use]
    fn modes() -> Vec<ModeRule> {
        Vec::new()
    }

    /// What is wrong with a configuration beyond what its fields tell, at pointers from its top
    /// (`#/url`). It is asked when a definition is saved and again when an attempt starts, so a
    /// step type says here what [`run`](Self::run) would have to refuse anyway.
    ///
    /// A value that holds a reference which is not filled in yet is null. A value of a shape that
    /// does not fit its field is told elsewhere; pass it over.
    #[must_use]
    fn check(config: &Map<String, Value>) -> Vec<Problem> {
        let _ = config;
        Vec::new()
    }

    /// Why none of its steps may run on this server now: what is switched off and who can switch
    /// it on, in a sentence without its full stop. Asked when a workflow starts, so that it is
    /// refused instead of failing half way, and again when an attempt does.
    #[must_use]
    fn switched_off(switches: StepSwitches) -> Option<&'static str> {
        let _ = switches;
        None
    }

    /// Asks the outside whether the effect of an earlier attempt under the same
    /// [key](StepContext::idempotency_key) took place. It is called before [`run`](Self::run) in a
    /// step of mode `probe` after an attempt of which nobody knows how it ended, and must itself
    /// have no effect.
    ///
    /// # Errors
    /// Nobody can say. The step is not done then: the attempt ends as one with an unknown end.
    fn probe(&self, cx: &StepContext) -> impl Future<Output = Result<Probed, StepError>> + Send {
        let _ = cx;
        let refusal = "this step type cannot ask whether it was done".to_owned();
        async { Err(StepError::Unknown(refusal)) }
    }

    /// Does the work. It watches [`StepContext::stopped`] and, once that is signalled, ends soon
    /// with [`StepError::Stopped`] and leaves nothing alive.
    ///
    /// # Errors
    /// [`StepError`] says whether another try may help.
    fn run(self, cx: StepContext) -> impl Future<Output = Result<StepOutput, StepError>> + Send;
}
