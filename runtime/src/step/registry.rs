//! The step types this server knows.

use std::collections::BTreeMap;
use std::fmt;
use std::time::Duration;

use engine::orchestrator::StepSwitches;
use engine::problem::quoted;
use engine::step_form::StepSpec;
use engine::{Handler, Mode, Problem, StepDefinition, WorkflowDefinition};
use futures::future::BoxFuture;
use serde_json::{Map, Value};

use super::{Probed, StepContext, StepError, StepOutput, StepType};
use crate::reference;
use crate::step_schema::{self, ShapeError};
use crate::steps;

type Check = fn(&Map<String, Value>) -> Vec<Problem>;
type SwitchedOff = fn(StepSwitches) -> Option<&'static str>;
type Run = fn(Value, StepContext) -> BoxFuture<'static, Result<StepOutput, StepError>>;

struct Entry {
    spec: StepSpec,
    timeout: Duration,
    starts_program: bool,
    rust_type: &'static str,
    check: Check,
    switched_off: SwitchedOff,
    run: Run,
}

/// The step types, by the `task_type` that definitions name.
#[derive(Default)]
pub struct Registry {
    entries: BTreeMap<&'static str, Entry>,
}

/// A step type cannot be registered; the server does not start with it.
#[derive(Debug, thiserror::Error)]
pub enum RegistryError {
    /// Two step types want the same name.
    #[error("step type \"{task_type}\" is registered twice: by {first} and by {second}")]
    Duplicate {
        /// The name.
        task_type: &'static str,
        /// The Rust type that has it.
        first: &'static str,
        /// The Rust type that wants it too.
        second: &'static str,
    },
    /// No form can be drawn for its configuration.
    #[error(transparent)]
    Shape(#[from] ShapeError),
}

impl Registry {
    /// A registry with all step types of the product.
    ///
    /// # Errors
    /// Two of them share a name, or no form can be drawn for one.
    pub fn builtin() -> Result<Self, RegistryError> {
        let mut registry = Self::default();
        steps::register_all(&mut registry)?;
        Ok(registry)
    }

    /// Adds a step type.
    ///
    /// # Errors
    /// Its name is taken, or no form can be drawn for its configuration.
    pub fn register<T: StepType>(&mut self) -> Result<(), RegistryError> {
        let rust_type = std::any::type_name::<T>();
        if let Some(first) = self.entries.get(T::TASK_TYPE) {
            return Err(RegistryError::Duplicate {
                task_type: T::TASK_TYPE,
                first: first.rust_type,
                second: rust_type,
            });
        }
        let entry = Entry {
            spec: step_schema::describe::<T>()?,
            timeout: T::DEFAULT_TIMEOUT,
            starts_program: T::STARTS_PROGRAM,
            rust_type,
            check: T::check,
            switched_off: T::switched_off,
            run: run::<T>,
        };
        self.entries.insert(T::TASK_TYPE, entry);
        Ok(())
    }

    /// The description of a step type.
    #[must_use]
    pub fn get(&self, task_type: &str) -> Option<&StepSpec> {
        self.entries.get(task_type).map(|entry| &entry.spec)
    }

    /// The names of all step types, in alphabetical order.
    pub fn names(&self) -> impl Iterator<Item = &'static str> {
        self.entries.keys().copied()
    }

    /// The descriptions of all step types, in alphabetical order of their names.
    #[must_use]
    pub fn specs(&self) -> Vec<StepSpec> {
        self.entries.values().map(|e| e.spec.clone()).collect()
    }

    /// How long an attempt may take when the step names no timeout.
    #[must_use]
    pub fn default_timeout(&self, task_type: &str) -> Option<Duration> {
        self.entries.get(task_type).map(|entry| entry.timeout)
    }

    /// Whether a step of this type starts a program on this machine.
    #[must_use]
    pub fn starts_program(&self, task_type: &str) -> bool {
        self.entries
            .get(task_type)
            .is_some_and(|entry| entry.starts_program)
    }

    /// What is wrong with a configuration as written, at pointers from the configuration's top
    /// (`#/seconds`): what its fields tell, then what the step type itself tells of values that
    /// hold no reference. An unknown step type is one problem at `#`.
    #[must_use]
    pub fn check(&self, task_type: &str, config: &Map<String, Value>) -> Vec<Problem> {
        match self.entries.get(task_type) {
            Some(entry) => {
                let mut problems = entry.spec.check(config);
                let own = (entry.check)(&reference::without(config));
                // Of what is empty one need not hear twice why it does not fit.
                problems.extend(new_places(&problems, own));
                problems
            }
            None => vec![Problem::new("#", self.unknown(task_type))],
        }
    }

    /// Why no step of this type may run while the switches stand like this, if that is so.
    #[must_use]
    pub fn switched_off(&self, task_type: &str, switches: StepSwitches) -> Option<&'static str> {
        let entry = self.entries.get(task_type)?;
        (entry.switched_off)(switches)
    }

    /// The definition with the mode in every step whose type has another one for it than `retry`;
    /// nothing when there is no such step. Closures bring no mode along.
    #[must_use]
    pub fn with_modes(&self, definition: &WorkflowDefinition) -> Option<WorkflowDefinition> {
        let default = |step: &StepDefinition| {
            let spec = self.get(&step.task_type)?;
            let is_named = step.mode.is_some() || step.handler == Handler::Closure;
            let mode = spec.default_mode(&step.config);
            (!is_named && mode != Mode::default()).then_some(mode)
        };
        let is_settled = definition
            .steps()
            .iter()
            .all(|step| default(step).is_none());
        (!is_settled).then(|| definition.clone().with_modes(default))
    }

    /// The sentence for a step type that is not registered.
    pub(crate) fn unknown(&self, task_type: &str) -> String {
        let known: Vec<_> = self.names().collect();
        let known = known.join(", ");
        let task_type = quoted(task_type);
        format!("there is no step type \"{task_type}\"; there are {known}")
    }

    /// Runs one attempt of a step with its configuration, references already filled in. A value
    /// that stands where a text belongs becomes its text first, so that a reference to a number
    /// may be an argument.
    pub fn run(
        &self,
        task_type: &str,
        config: Value,
        cx: StepContext,
    ) -> BoxFuture<'static, Result<StepOutput, StepError>> {
        let Some(entry) = self.entries.get(task_type) else {
            let refusal = StepError::Permanent(self.unknown(task_type));
            return Box::pin(async { Err(refusal) });
        };
        if let Some(why) = (entry.switched_off)(cx.services().switches.get()) {
            let refusal = StepError::Permanent(why.to_owned());
            return Box::pin(async { Err(refusal) });
        }
        let mut config = match config {
            Value::Object(config) => config,
            _ => Map::new(),
        };
        step_schema::adapt(&entry.spec, &mut config);
        let misfits = entry.spec.check_filled(&config);
        if let Some(problem) = misfits.first().or((entry.check)(&config).first()) {
            let refusal = StepError::Permanent(format!("the configuration is wrong: {problem}"));
            return Box::pin(async { Err(refusal) });
        }
        (entry.run)(Value::Object(config), cx)
    }
}

/// The problems of `more` at places where `known` has none.
fn new_places(known: &[Problem], more: Vec<Problem>) -> Vec<Problem> {
    let is_new = |problem: &Problem| known.iter().all(|k| k.pointer != problem.pointer);
    more.into_iter().filter(is_new).collect()
}

fn run<T: StepType>(
    config: Value,
    cx: StepContext,
) -> BoxFuture<'static, Result<StepOutput, StepError>> {
    Box::pin(async move {
        let step: T = serde_json::from_value(config).map_err(|fault| {
            StepError::Permanent(format!("the configuration is wrong: {fault}"))
        })?;
        if cx.probes_first()
            && let Some(output) = already_done(&step, &cx).await?
        {
            return Ok(StepOutput::Done(output));
        }
        step.run(cx).await
    })
}

/// What the effect of an earlier attempt gave, when the outside says that it took place.
async fn already_done<T: StepType>(step: &T, cx: &StepContext) -> Result<Option<Value>, StepError> {
    cx.log()
        .note("an earlier try may have taken effect; asking whether it did");
    match step.probe(cx).await {
        Ok(Probed::Done(output)) => {
            cx.log().note("it did, so the step is not done again");
            Ok(Some(output))
        }
        Ok(Probed::NotDone(why)) => {
            cx.log()
                .note(&format!("it did not ({why}), so the step is done now"));
            Ok(None)
        }
        Err(StepError::Stopped) => Err(StepError::Stopped),
        // Whatever is wrong with the question, nothing is known about the effect.
        Err(error) => Err(StepError::Unknown(format!(
            "whether an earlier try took effect cannot be told: {error}"
        ))),
    }
}

impl fmt::Debug for Registry {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_set().entries(self.entries.keys()).finish()
    }
}
