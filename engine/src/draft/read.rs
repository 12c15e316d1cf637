//! A definition in JSON as a draft.

use std::collections::BTreeMap;

use serde_json::Value;

use super::{DefinitionDraft, StepDraft, parameters};
use crate::definition::{StepDefinition, WorkflowDefinition};
use crate::json_text;
use crate::problem::Problem;
use crate::step_form::{StepSpec, seconds_to_text};

impl DefinitionDraft {
    /// The draft of a definition that was typed or pasted as JSON.
    ///
    /// # Errors
    /// What is wrong with the text or, as for [`DefinitionDraft::from_json`], with the definition.
    pub fn from_json_text(text: &str, specs: &[StepSpec]) -> Result<Self, Vec<Problem>> {
        if text.trim().is_empty() {
            return Err(vec![Problem::new(
                "#",
                "is empty; paste a definition first",
            )]);
        }
        let json = serde_json::from_str(text).map_err(|error| {
            let why = json_text::why_unreadable(&error);
            vec![Problem::new("#", format!("is not JSON: {why}"))]
        })?;
        Self::from_json(&json, specs)
    }

    /// The definition as JSON that can be read, kept and pasted back.
    #[must_use]
    pub fn as_json_text(&self, specs: &[StepSpec]) -> String {
        let (json, _) = self.to_json(specs);
        serde_json::to_string_pretty(&json).unwrap_or_default()
    }

    /// The draft of a definition. Settings that no form field shows are kept as JSON text.
    ///
    /// # Errors
    /// What is wrong with the definition as a whole: a form could not show such a one without
    /// dropping part of it. What is wrong inside a step's configuration is no reason.
    pub fn from_json(definition: &Value, specs: &[StepSpec]) -> Result<Self, Vec<Problem>> {
        let definition = WorkflowDefinition::from_json(definition)?;
        Ok(Self {
            name: definition.name().into(),
            max_recovery_attempts: definition.max_recovery_attempts().to_string(),
            on_failure: definition.on_failure().as_str().into(),
            parameters: parameters::to_text(definition.parameters()),
            steps: definition
                .steps()
                .iter()
                .map(|step| step_draft(step, specs))
                .collect(),
            removed: None,
        })
    }
}

fn step_draft(step: &StepDefinition, specs: &[StepSpec]) -> StepDraft {
    let spec = specs.iter().find(|spec| spec.task_type == step.task_type);
    let config: BTreeMap<_, _> = step
        .config
        .iter()
        .map(|(name, value)| {
            let field = spec.and_then(|spec| spec.fields.iter().find(|f| f.name == *name));
            let text = field.map_or_else(|| value.to_string(), |field| field.to_text(value));
            (name.clone(), text)
        })
        .collect();
    StepDraft {
        name: step.name.clone(),
        key: step.key.clone(),
        known_as: step.key.clone(),
        task_type: step.task_type.clone(),
        config,
        kept: BTreeMap::new(),
        dependencies: step.dependencies.clone(),
        max_retries: step.max_retries.to_string(),
        timeout: step.timeout.map(seconds_to_text).unwrap_or_default(),
        estimated_duration: step
            .estimated_duration
            .map(seconds_to_text)
            .unwrap_or_default(),
        run_if: step.run_if.as_str().into(),
        condition: step.condition.clone().unwrap_or_default(),
        max_lost: step.max_lost.to_string(),
        mode: step
            .mode
            .map(|mode| mode.as_str().into())
            .unwrap_or_default(),
    }
}
