//! What an attempt is given to do its work.

use std::collections::BTreeMap;
use std::sync::Arc;

use engine::{Attempt, JobId, StepIndex, WorkflowDefinition, WorkflowId};
use serde_json::{Map, Value};
use tokio_util::sync::{CancellationToken, WaitForCancellationFuture};
use uuid::Uuid;

use super::{ProgressReporter, StepError, StepServices, attempt_name};
use crate::log::TaskLog;
use crate::step_ref::StepRef;

/// Everything a [`StepContext`] is made of.
#[derive(Debug, Clone)]
pub struct StepContextParts {
    /// The workflow.
    pub workflow_id: WorkflowId,
    /// Its job.
    pub job_id: JobId,
    /// The step's position, from 0.
    pub task: StepIndex,
    /// Which try this is, from 1.
    pub attempt: Attempt,
    /// The same for every try of the same effect; see
    /// [`Effect::idempotency_key`](super::Effect::idempotency_key).
    pub idempotency_key: Uuid,
    /// Whether an earlier attempt with the same key may have taken effect, and the step's mode says
    /// to ask about it first.
    pub probe_first: bool,
    /// Cancelled when the attempt is to end.
    pub stop: CancellationToken,
    /// The task's log.
    pub log: TaskLog,
    /// Where progress goes.
    pub progress: ProgressReporter,
    /// What the workflow executes.
    pub definition: Arc<WorkflowDefinition>,
    /// The configuration with every reference filled in, for a closure; null for a step type, which
    /// gets it as its struct.
    pub config: Arc<Value>,
    /// The parameters the workflow runs with.
    pub parameters: Arc<Map<String, Value>>,
    /// What the caller wanted to remember with the workflow.
    pub metadata: Arc<Map<String, Value>>,
    /// What the steps above gave, by position.
    pub outputs: Arc<BTreeMap<StepIndex, Arc<Value>>>,
    /// What this server lends to steps.
    pub services: Arc<StepServices>,
}

/// What one attempt knows and may use. Clones are the same attempt.
///
/// ```
/// use runtime::{StepContext, StepError, Value, json};
///
/// async fn label(cx: StepContext) -> Result<Value, StepError> {
///     let images = cx.output("validate")?["images"].as_array().cloned().unwrap_or_default();
///     let mut labels = Vec::new();
///     for (done, image) in images.iter().enumerate() {
///         if cx.is_stopped() {
///             return Err(StepError::Stopped);
///         }
///         // A line of the task's log, and a share that its progress bar shows.
///         cx.log().stdout(&format!("labelling {image}"));
///         cx.report_progress(done as f64 / images.len() as f64);
///         labels.push(json!({ "image": image, "language": cx.parameters().get("language") }));
///     }
///     // The same for every try: whoever keeps the labels can tell a repetition by it.
///     Ok(json!({ "labels": labels, "key": cx.idempotency_key() }))
/// }
/// # let _ = runtime::WorkflowStep::new("Label", "label", label);
/// ```
#[derive(Debug, Clone)]
pub struct StepContext {
    parts: StepContextParts,
}

impl StepContext {
    /// A context for one attempt.
    #[must_use]
    pub const fn new(parts: StepContextParts) -> Self {
        Self { parts }
    }

    /// The workflow.
    #[must_use]
    pub const fn workflow_id(&self) -> WorkflowId {
        self.parts.workflow_id
    }

    /// The workflow's job.
    #[must_use]
    pub const fn job_id(&self) -> JobId {
        self.parts.job_id
    }

    /// The step's position, from 0.
    #[must_use]
    pub const fn task(&self) -> StepIndex {
        self.parts.task
    }

    /// Which try this is, from 1.
    #[must_use]
    pub const fn attempt(&self) -> Attempt {
        self.parts.attempt
    }

    /// A name for this attempt that no other attempt on this database has.
    #[must_use]
    pub fn attempt_name(&self) -> String {
        attempt_name(self.parts.workflow_id, self.parts.task, self.parts.attempt)
    }

    /// The same for every try of the same effect, also after a crash and in a copy of the file. No
    /// other effect has it, neither here nor of another file, also where that one was deleted and made
    /// anew: whoever has seen it may answer that it is done already.
    #[must_use]
    pub const fn idempotency_key(&self) -> Uuid {
        self.parts.idempotency_key
    }

    /// Whether the outside is asked first if an earlier attempt with the same key took effect.
    #[must_use]
    pub const fn probes_first(&self) -> bool {
        self.parts.probe_first
    }

    /// The task's log.
    #[must_use]
    pub const fn log(&self) -> &TaskLog {
        &self.parts.log
    }

    /// What this server lends to steps.
    #[must_use]
    pub fn services(&self) -> &StepServices {
        &self.parts.services
    }

    /// Says how far the attempt is, 0 to 1. Cheap: at most four reports a second go through, and
    /// the latest is never lost.
    pub fn report_progress(&self, share: f64) {
        self.parts.progress.report(share);
    }

    /// Ends when the attempt is to end.
    pub fn stopped(&self) -> WaitForCancellationFuture<'_> {
        self.parts.stop.cancelled()
    }

    /// Whether the attempt is to end.
    #[must_use]
    pub fn is_stopped(&self) -> bool {
        self.parts.stop.is_cancelled()
    }

    /// What a step that this one depends on gave, by its position from 0 or by its key:
    /// `cx.output(0)?`, `cx.output("download")?`.
    ///
    /// # Errors
    /// A permanent failure when that step is none of this step's dependencies, or was skipped.
    pub fn output(&self, step: impl Into<StepRef>) -> Result<&Value, StepError> {
        let step = step.into();
        let position = match &step {
            StepRef::Position(position) => Some(*position),
            StepRef::Key(key) => self.position(key),
        };
        let output = position.and_then(|position| self.parts.outputs.get(&position));
        output.map(AsRef::as_ref).ok_or_else(|| {
            StepError::Permanent(format!(
                "step {step} gave no output: it was skipped, or is none of this step's dependencies"
            ))
        })
    }

    /// The position of a step that gave an output, by its key.
    fn position(&self, key: &str) -> Option<StepIndex> {
        let steps = self.parts.definition.steps();
        let has_key = |position: &StepIndex| steps.get(*position).is_some_and(|s| s.key == key);
        self.parts.outputs.keys().copied().find(has_key)
    }

    /// The configuration of a closure's step with every reference filled in, an object. Null in a
    /// [`StepType`](super::StepType), which gets its configuration as its struct.
    #[must_use]
    pub fn config(&self) -> &Value {
        &self.parts.config
    }

    /// The parameters the workflow runs with: the definition's, with the caller's values in them.
    #[must_use]
    pub fn parameters(&self) -> &Map<String, Value> {
        &self.parts.parameters
    }

    /// What the caller wanted to remember with the workflow.
    #[must_use]
    pub fn metadata(&self) -> &Map<String, Value> {
        &self.parts.metadata
    }
}
