//! Definitions, versioned, and the catalogue of step types.

use async_trait::async_trait;
use engine::definition::limits;
use engine::orchestrator::{Answer, Page, SavedDefinition};
use engine::step_form::StepSpec;
use engine::{
    Actor, DefinitionId, Definitions, JobOrchestratorError, Problem, Role, StepTypes,
    WorkflowDefinition,
};
use serde_json::{Map, Value};

use super::{Runtime, read_fault, require};
use crate::fault;
use crate::reference;
use crate::step::Registry;
use crate::store::{NewVersion, SaveError};

impl Runtime {
    /// Reads and checks a definition: its own rules, its configurations, its references. Every
    /// problem is listed; references are only looked at once the rest is right.
    pub(super) fn checked(&self, json: &Value) -> Answer<WorkflowDefinition> {
        let registry = &self.inner.registry;
        let problems = match WorkflowDefinition::from_json(json) {
            Ok(definition) => {
                let problems = reference::full_check(registry, &definition);
                if problems.is_empty() {
                    return Ok(definition);
                }
                problems
            }
            Err(mut problems) => {
                problems.extend(configurations(registry, json));
                problems
            }
        };
        Err(JobOrchestratorError::Invalid(problems))
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

/// What is wrong with the configurations of a definition that is wrong in other ways as well.
fn configurations(registry: &Registry, json: &Value) -> Vec<Problem> {
    let steps = json
        .get("steps")
        .and_then(Value::as_array)
        .into_iter()
        .flatten();
    let mut problems = Vec::new();
    for (index, step) in steps.take(limits::STEPS_MAX).enumerate() {
        let task_type = step.get("task_type").and_then(Value::as_str);
        let Some(task_type) = task_type.filter(|name| !name.trim().is_empty()) else {
            continue;
        };
        let config = match step.get("config") {
            None | Some(Value::Null) => Map::new(),
            Some(Value::Object(config)) => config.clone(),
            Some(_) => continue,
        };
        let field = if registry.get(task_type).is_some() {
            "config"
        } else {
            "task_type"
        };
        let under = format!("/steps/{index}/{field}");
        problems.extend(
            registry
                .check(task_type, &config)
                .into_iter()
                .map(|p| p.under(&under)),
        );
    }
    problems
}

#[async_trait]
impl Definitions for Runtime {
    async fn check(&self, definition: &Value) -> Vec<Problem> {
        match self.checked(definition) {
            Err(JobOrchestratorError::Invalid(problems)) => problems,
            _ => Vec::new(),
        }
    }

    async fn save(
        &self,
        actor: &Actor,
        replaces: Option<(DefinitionId, u32)>,
        definition: &Value,
    ) -> Answer<SavedDefinition> {
        require(actor, Role::Editor)?;
        let sent = definition;
        let definition = self.checked(sent)?;
        let now = self.inner.clock.now();
        let saved = self
            .inner
            .store
            .save(NewVersion {
                replaces,
                definition: &definition,
                sent,
                by: &actor.name,
                now,
            })
            .await;
        saved.map_err(|error| match error {
            SaveError::Unknown(id) => JobOrchestratorError::NotFound {
                what: "definition",
                id: id.0,
            },
            outdated @ SaveError::Outdated { .. } => {
                JobOrchestratorError::Conflict(format!("{outdated}; save yours based on that one"))
            }
            SaveError::Store(cause) => fault::log("saving a definition", &cause),
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
        Ok(self.inner.registry.specs())
    }
}
