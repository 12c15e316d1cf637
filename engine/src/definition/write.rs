//! A definition as JSON.

use serde_json::{Map, Value, json};

use super::{StepDefinition, WorkflowDefinition};

pub(super) fn to_json(definition: &WorkflowDefinition) -> Value {
    json!({
        "name": definition.name,
        "max_recovery_attempts": definition.max_recovery_attempts,
        "on_failure": definition.on_failure.as_str(),
        "parameters": definition.parameters,
        "steps": definition.steps.iter().map(step_to_json).collect::<Vec<_>>(),
    })
}

/// One step; fields that hold nothing are left out, as a person would.
pub(super) fn step_to_json(step: &StepDefinition) -> Value {
    let mut json = Map::new();
    json.insert("name".into(), json!(step.name));
    if !step.key.is_empty() {
        json.insert("key".into(), json!(step.key));
    }
    json.insert("task_type".into(), json!(step.task_type));
    json.insert("config".into(), Value::Object(step.config.clone()));
    json.insert("dependencies".into(), json!(step.dependencies));
    json.insert("max_retries".into(), json!(step.max_retries));
    if let Some(seconds) = step.timeout {
        json.insert("timeout".into(), json!(seconds));
    }
    if let Some(seconds) = step.estimated_duration {
        json.insert("estimated_duration".into(), json!(seconds));
    }
    json.insert("run_if".into(), json!(step.run_if.as_str()));
    if let Some(condition) = &step.condition {
        json.insert("condition".into(), json!(condition));
    }
    json.insert("max_lost".into(), json!(step.max_lost));
    if let Some(mode) = step.mode {
        json.insert("mode".into(), json!(mode.as_str()));
    }
    if let Some(word) = step.handler.as_str() {
        json.insert("handler".into(), json!(word));
    }
    Value::Object(json)
}
