//! Definitions, versioned, and the catalogue of step types.

mod judge;
mod order;

use std::panic::{AssertUnwindSafe, catch_unwind};

use async_trait::async_trait;
use engine::definition::Reading;
use engine::orchestrator::{Answer, Page, SavedDefinition};
use engine::step_form::StepSpec;
use engine::{
    Actor, DefinitionId, Definitions, JobOrchestratorError, Problem, Refusal, Role, StepTypes,
    WorkflowDefinition,
};
use serde_json::Value;

use self::judge::Maker;
use super::{Runtime, asked, read_fault, require};
use crate::fault;
use crate::health::Ask;
use crate::step::Registry;
use crate::store::{NewVersion, SaveError, command_key};

/// Definitions of more steps are judged on a thread of their own, so that large ones hold nobody up.
const STEPS_AT_ONCE: usize = 100;
/// What is done, in the log.
const JUDGING: &str = "judging a definition";

fn checked_by(registry: &Registry, json: &Value) -> Answer<WorkflowDefinition> {
    let reading = WorkflowDefinition::read(json);
    let problems = judge::problems(registry, &reading, Maker::Sender);
    if !problems.is_empty() {
        return Err(JobOrchestratorError::Invalid(problems));
    }
    reading
        .into_definition()
        .map_err(JobOrchestratorError::Invalid)
}

/// The same, where a step type that breaks over a configuration is a fault of ours.
fn judged(registry: &Registry, json: &Value) -> Answer<WorkflowDefinition> {
    let judged = catch_unwind(AssertUnwindSafe(|| checked_by(registry, json)));
    judged.unwrap_or_else(|panic| Err(fault::log(JUDGING, &fault::text_of(&*panic))))
}

impl Runtime {
    /// Reads and checks a definition that was sent: its own rules, its step types and
    /// configurations, its references. Every problem is listed.
    pub(super) async fn checked(&self, json: &Value) -> Answer<WorkflowDefinition> {
        let handlers = self.inner.handlers.clone();
        let steps = json.get("steps").and_then(Value::as_array);
        if steps.is_none_or(|steps| steps.len() <= STEPS_AT_ONCE) {
            return judged(handlers.registry(), json);
        }
        let json = json.clone();
        let judging = tokio::task::spawn_blocking(move || judged(handlers.registry(), &json));
        let judged = judging.await;
        judged.unwrap_or_else(|broke| Err(fault::log(JUDGING, &broke)))
    }

    /// The same of one that the program made, which may bring closures.
    pub(super) fn problems_of(&self, reading: &Reading) -> Vec<Problem> {
        judge::problems(self.inner.handlers.registry(), reading, Maker::Program)
    }

    pub(super) async fn saved(
        &self,
        id: DefinitionId,
        version: Option<u32>,
    ) -> Answer<SavedDefinition> {
        let found = self.inner.store.definition(id, version).await;
        let found = found.map_err(|cause| read_fault(&cause))?;
        found.ok_or(JobOrchestratorError::NotFound {
            what: "definition",
            id: id.0,
        })
    }
}

#[async_trait]
impl Definitions for Runtime {
    async fn check(&self, definition: &Value) -> Answer<Vec<Problem>> {
        match self.checked(definition).await {
            Ok(_) => Ok(Vec::new()),
            Err(JobOrchestratorError::Invalid(problems)) => Ok(problems),
            Err(error) => Err(error),
        }
    }

    async fn save(
        &self,
        actor: &Actor,
        replaces: Option<(DefinitionId, u32)>,
        definition: &Value,
        command_id: Option<&str>,
    ) -> Answer<SavedDefinition> {
        require(actor, Role::Editor)?;
        asked::check_command_id(command_id)?;
        let sent = definition;
        let definition = self.checked(sent).await?;
        // On a full disk it would take the room that is kept for what steps come to.
        self.is_possible(Ask::Change)?;
        let now = self.inner.clock.now();
        let command_id = command_id.map(|id| command_key::of(actor.kind, id));
        let saved = self
            .inner
            .store
            .save(NewVersion {
                replaces,
                definition: &definition,
                sent,
                by: &actor.name,
                now,
                command_id: command_id.as_deref(),
            })
            .await;
        if let Ok(saved) = &saved {
            self.inner.latest.saved(saved.definition_id);
        }
        saved.map_err(|error| match error {
            SaveError::Unknown(id) => JobOrchestratorError::NotFound {
                what: "definition",
                id: id.0,
            },
            outdated @ SaveError::Outdated { .. } => {
                JobOrchestratorError::Conflict(format!("{outdated}; save yours based on that one"))
            }
            SaveError::CommandIdReused => Refusal::CommandIdReused.into(),
            SaveError::Store(cause) => {
                self.inner.health.store_failed(&cause);
                fault::of_store("saving a definition", &cause)
            }
        })
    }

    async fn definition(
        &self,
        actor: &Actor,
        id: DefinitionId,
        version: Option<u32>,
    ) -> Answer<SavedDefinition> {
        require(actor, Role::Viewer)?;
        self.saved(id, version).await
    }

    async fn definitions(
        &self,
        actor: &Actor,
        limit: usize,
        cursor: Option<DefinitionId>,
    ) -> Answer<Page<SavedDefinition>> {
        require(actor, Role::Viewer)?;
        let found = self.inner.store.definitions(limit + 1, cursor).await;
        let mut items = found.map_err(|cause| read_fault(&cause))?;
        let has_more = items.len() > limit;
        items.truncate(limit);
        let next = items
            .last()
            .filter(|_| has_more)
            .map(|last| last.definition_id.0);
        Ok(Page { items, next })
    }
}

#[async_trait]
impl StepTypes for Runtime {
    async fn step_types(&self, actor: &Actor) -> Answer<Vec<StepSpec>> {
        require(actor, Role::Viewer)?;
        let switches = self.inner.switches.get();
        let registry = self.inner.handlers.registry();
        let mut specs = registry.specs();
        for spec in &mut specs {
            let why = registry.switched_off(&spec.task_type, switches);
            spec.switched_off = why.map(str::to_owned);
        }
        Ok(specs)
    }
}
