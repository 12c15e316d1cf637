//! What carries steps out: closures, found by the frozen definition that they belong to, and step
//! types, found by name.

use std::collections::HashMap;
use std::sync::{Arc, PoisonError, RwLock};
use std::time::Duration;

use engine::{Handler, StepDefinition, StepIndex, WaitsFor, Workflow};

use crate::step::Registry;
use crate::step_fn::StepFn;
use crate::workflow_definition::Frozen;

/// The closures of one definition: one place for each step.
type OfDefinition = Arc<[Option<StepFn>]>;

/// The step types, and the closures by the hash of their definition. Clones share both.
#[derive(Debug, Clone)]
pub(crate) struct Handlers {
    registry: Arc<Registry>,
    closures: Arc<RwLock<HashMap<String, OfDefinition>>>,
}

impl Handlers {
    pub(crate) fn new(registry: Arc<Registry>) -> Self {
        Self {
            registry,
            closures: Arc::default(),
        }
    }

    pub(crate) fn registry(&self) -> &Registry {
        &self.registry
    }

    /// The definition as workflows are made of it: with the modes that the step types say.
    pub(crate) fn settle(&self, frozen: Frozen) -> Frozen {
        match self.registry.with_modes(&frozen.definition) {
            None => frozen,
            Some(definition) => Frozen::new(Arc::new(definition), frozen.handlers),
        }
    }

    /// Each form in which workflows of the definition may stand in a file: as they are made now, and
    /// as they were before the modes of their steps were written into it.
    pub(crate) fn as_created(&self, given: Frozen) -> Vec<Frozen> {
        let settled = self.settle(given.clone());
        if settled.hash == given.hash {
            vec![settled]
        } else {
            vec![settled, given]
        }
    }

    /// Keeps the definition's closures in place of earlier ones; whether it has any.
    pub(crate) fn register(&self, frozen: &Frozen) -> bool {
        if frozen.handlers.iter().all(Option::is_none) {
            return false;
        }
        let mut closures = self
            .closures
            .write()
            .unwrap_or_else(PoisonError::into_inner);
        closures.insert(frozen.hash.clone(), Arc::clone(&frozen.handlers));
        true
    }

    /// Lets go of the closures of a definition.
    pub(crate) fn unregister(&self, definition_hash: &str) {
        let mut closures = self
            .closures
            .write()
            .unwrap_or_else(PoisonError::into_inner);
        closures.remove(definition_hash);
    }

    /// Lets go of all closures: one may hold the runtime, which holds them.
    pub(crate) fn clear(&self) {
        let mut closures = self
            .closures
            .write()
            .unwrap_or_else(PoisonError::into_inner);
        closures.clear();
    }

    /// The closure of one task, if that is what carries it out.
    pub(crate) fn closure_of(
        &self,
        workflow: &Workflow,
        definition_hash: &str,
        task: StepIndex,
    ) -> Option<StepFn> {
        let step = workflow.definition().steps().get(task)?;
        match step.handler {
            Handler::Closure => self.closure(definition_hash, task),
            Handler::StepType => None,
        }
    }

    fn closure(&self, definition_hash: &str, step: StepIndex) -> Option<StepFn> {
        let closures = self.closures.read().unwrap_or_else(PoisonError::into_inner);
        closures.get(definition_hash)?.get(step)?.clone()
    }

    /// What one task cannot start without and this program does not have.
    pub(crate) fn missing(
        &self,
        workflow: &Workflow,
        definition_hash: &str,
        task: StepIndex,
    ) -> Option<WaitsFor> {
        let step = workflow.definition().steps().get(task)?;
        match step.handler {
            Handler::Closure if self.closure(definition_hash, task).is_none() => {
                Some(WaitsFor::Handler)
            }
            Handler::StepType if self.registry.get(&step.task_type).is_none() => {
                Some(WaitsFor::StepType)
            }
            _ => None,
        }
    }

    /// How long an attempt may take when the step names no timeout.
    pub(crate) fn default_timeout(&self, step: &StepDefinition) -> Option<Duration> {
        match step.handler {
            Handler::Closure => None,
            Handler::StepType => self.registry.default_timeout(&step.task_type),
        }
    }

    /// Whether an attempt starts a program on this machine.
    pub(crate) fn starts_program(&self, step: &StepDefinition) -> bool {
        step.handler == Handler::StepType && self.registry.starts_program(&step.task_type)
    }
}
