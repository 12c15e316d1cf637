//! A definition that is made in Rust, with closures as handlers.

use std::sync::{Arc, OnceLock};

use engine::definition::Reading;
use engine::{OnFailure, Problem};
use serde_json::{Map, Value};
use sha2::{Digest, Sha256};

use crate::step_fn::StepFn;
use crate::workflow_step::WorkflowStep;

/// A named list of steps, as the reference has it, with closures or registered step types as their
/// handlers.
///
/// ```
/// use runtime::{OnFailure, WorkflowDefinition, WorkflowStep, json};
///
/// let definition = WorkflowDefinition::new("Dataset Build")
///     .step(WorkflowStep::new("Download", "download", |cx| async move {
///         Ok(json!({ "from": cx.parameters()["url"] }))
///     }))
///     .step(WorkflowStep::new("Validate", "validate", |cx| async move {
///         Ok(json!({ "valid": cx.output(0)?["from"].is_string() }))
///     })
///     .dependencies([0]))
///     .parameter("url", "https://example.org/images.tar")
///     .on_failure(OnFailure::Stop)
///     .max_recovery_attempts(3);
/// assert_eq!(definition.problems(), []);
///
/// let wrong = definition.step(WorkflowStep::new("Label", "label", |_cx| async { Ok(()) })
///     .dependencies(["nothing"]).max_retries(1_000));
/// let told: Vec<_> = wrong.problems().iter().map(ToString::to_string).collect();
/// assert_eq!(told, [
///     "#/steps/2/max_retries: must be a whole number from 0 to 100",
///     "#/steps/2/dependencies/0: there is no step \"nothing\"",
/// ]);
/// ```
///
/// Clones are cheap and share the closures. Two definitions that differ in nothing but their
/// closures are the same definition: of those registered in one program the last counts.
#[derive(Debug, Clone)]
pub struct WorkflowDefinition {
    source: Source,
    frozen: Arc<OnceLock<Result<Frozen, Vec<Problem>>>>,
}

#[derive(Debug, Clone)]
enum Source {
    /// Built here, step by step.
    Built {
        fields: Map<String, Value>,
        steps: Arc<Vec<WorkflowStep>>,
    },
    /// Made elsewhere; it has no closures.
    Given(Arc<engine::WorkflowDefinition>),
}

/// A definition that can no longer change, with what carries its steps out.
#[derive(Debug, Clone)]
pub(crate) struct Frozen {
    pub(crate) definition: Arc<engine::WorkflowDefinition>,
    pub(crate) hash: String,
    /// The closure of each step that has one.
    pub(crate) handlers: Arc<[Option<StepFn>]>,
}

impl Frozen {
    pub(crate) fn new(
        definition: Arc<engine::WorkflowDefinition>,
        handlers: Arc<[Option<StepFn>]>,
    ) -> Self {
        Self {
            hash: hash(&definition),
            definition,
            handlers,
        }
    }
}

impl WorkflowDefinition {
    /// A definition without steps, of 1 to 200 characters.
    pub fn new(name: impl Into<String>) -> Self {
        let mut fields = Map::new();
        fields.insert("name".into(), name.into().into());
        Self::of(Source::Built {
            fields,
            steps: Arc::default(),
        })
    }

    fn of(source: Source) -> Self {
        Self {
            source,
            frozen: Arc::default(),
        }
    }

    /// Adds a step; its position is the number of steps before it.
    #[must_use]
    pub fn step(self, step: WorkflowStep) -> Self {
        self.steps([step])
    }

    /// Adds steps in their order.
    #[must_use]
    pub fn steps(self, more: impl IntoIterator<Item = WorkflowStep>) -> Self {
        let (fields, mut steps) = self.into_parts();
        Arc::make_mut(&mut steps).extend(more);
        Self::of(Source::Built { fields, steps })
    }

    /// How often a workflow of it may be recovered, 0 to 100; 3 unless given.
    #[must_use]
    pub fn max_recovery_attempts(self, times: u32) -> Self {
        self.with("max_recovery_attempts", times.into())
    }

    /// What happens to the rest when a step fails for good; [`OnFailure::FinishBranches`] unless
    /// given.
    #[must_use]
    pub fn on_failure(self, on_failure: OnFailure) -> Self {
        self.with("on_failure", on_failure.as_str().into())
    }

    /// A parameter and its value, for closures ([`cx.parameters()`](crate::StepContext::parameters))
    /// and for configurations (`{{ parameters.url }}`). Letters, digits and `_` only.
    #[must_use]
    pub fn parameter(self, name: impl Into<String>, value: impl Into<Value>) -> Self {
        let (mut fields, steps) = self.into_parts();
        let parameters = fields
            .entry("parameters")
            .or_insert_with(|| Value::Object(Map::new()));
        if let Value::Object(parameters) = parameters {
            parameters.insert(name.into(), value.into());
        }
        Self::of(Source::Built { fields, steps })
    }

    /// What is wrong with it as far as can be told without a runtime, each at its field; empty when
    /// nothing is. [`Runtime::create_workflow`](crate::Runtime::create_workflow) also looks at step
    /// types, configurations and references.
    #[must_use]
    pub fn problems(&self) -> Vec<Problem> {
        self.frozen().err().unwrap_or_default()
    }

    /// The definition as data, the closures left out.
    ///
    /// # Errors
    /// Its problems.
    pub fn to_engine(&self) -> Result<Arc<engine::WorkflowDefinition>, Vec<Problem>> {
        self.frozen().map(|frozen| frozen.definition)
    }

    /// As far as it can be read, for checks beyond those of the engine.
    pub(crate) fn reading(&self) -> Reading {
        match &self.source {
            Source::Given(definition) => Reading::from(definition.as_ref()),
            Source::Built { fields, steps } => {
                if let Some(Ok(frozen)) = self.frozen.get() {
                    return Reading::from(frozen.definition.as_ref());
                }
                let mut json = fields.clone();
                let steps = steps.iter().map(WorkflowStep::to_json).collect();
                json.insert("steps".into(), Value::Array(steps));
                engine::WorkflowDefinition::read(&Value::Object(json))
            }
        }
    }

    /// Frozen once, however many workflows are made of it.
    pub(crate) fn frozen(&self) -> Result<Frozen, Vec<Problem>> {
        let frozen = self.frozen.get_or_init(|| {
            let definition = match &self.source {
                Source::Given(definition) => Arc::clone(definition),
                Source::Built { .. } => Arc::new(self.reading().into_definition()?),
            };
            Ok(Frozen::new(definition, self.handlers()))
        });
        frozen.clone()
    }

    fn handlers(&self) -> Arc<[Option<StepFn>]> {
        match &self.source {
            Source::Given(_) => Arc::default(),
            Source::Built { steps, .. } => steps.iter().map(|step| step.handler.clone()).collect(),
        }
    }

    fn with(self, field: &str, value: Value) -> Self {
        let (mut fields, steps) = self.into_parts();
        fields.insert(field.to_owned(), value);
        Self::of(Source::Built { fields, steps })
    }

    /// What it is built of; one that was made elsewhere is taken apart.
    fn into_parts(self) -> (Map<String, Value>, Arc<Vec<WorkflowStep>>) {
        match self.source {
            Source::Built { fields, steps } => (fields, steps),
            Source::Given(definition) => take_apart(&definition),
        }
    }
}

fn take_apart(
    definition: &engine::WorkflowDefinition,
) -> (Map<String, Value>, Arc<Vec<WorkflowStep>>) {
    let Value::Object(mut fields) = definition.to_json() else {
        return Default::default();
    };
    let steps = match fields.remove("steps") {
        Some(Value::Array(steps)) => steps,
        _ => Vec::new(),
    };
    let steps = steps.into_iter().filter_map(|step| match step {
        Value::Object(fields) => Some(WorkflowStep::of_fields(fields)),
        _ => None,
    });
    (fields, Arc::new(steps.collect()))
}

/// The hash under which a definition's text is stored once.
pub(crate) fn hash(definition: &engine::WorkflowDefinition) -> String {
    use std::fmt::Write as _;
    let mut json = definition.to_json();
    // Another crate of the program may make serde_json keep the order in which fields were added.
    json.sort_all_objects();
    let digest = Sha256::digest(json.to_string().as_bytes());
    digest
        .iter()
        .fold(String::with_capacity(64), |mut text, byte| {
            // Writing into a string cannot fail.
            let _ = write!(text, "{byte:02x}");
            text
        })
}

/// One that was read from JSON, say; its steps are carried out by their step types.
impl From<engine::WorkflowDefinition> for WorkflowDefinition {
    fn from(definition: engine::WorkflowDefinition) -> Self {
        Self::of(Source::Given(Arc::new(definition)))
    }
}

impl From<&engine::WorkflowDefinition> for WorkflowDefinition {
    fn from(definition: &engine::WorkflowDefinition) -> Self {
        definition.clone().into()
    }
}

impl From<&Self> for WorkflowDefinition {
    fn from(definition: &Self) -> Self {
        definition.clone()
    }
}
