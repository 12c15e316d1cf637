//! A draft as the JSON that is sent, with the problems of text that does not parse.

use serde_json::{Map, Value, json};

use super::{DefinitionDraft, StepDraft, merged, parameters};
use crate::definition::{Mode, WorkflowDefinition};
use crate::problem::{Problem, pointer_part};
use crate::step_form::{StepSpec, seconds_from_text};

impl DefinitionDraft {
    /// The definition as JSON, and every field whose text does not parse. Such text stands in the
    /// JSON as it was typed.
    #[must_use]
    pub fn to_json(&self, specs: &[StepSpec]) -> (Value, Vec<Problem>) {
        let mut problems = Vec::new();
        let mut json = Map::new();
        json.insert("name".into(), json!(self.name.trim()));
        let budget = ("max_recovery_attempts", self.max_recovery_attempts.as_str());
        count(&mut json, &mut problems, "#", budget);
        if !self.on_failure.is_empty() {
            json.insert("on_failure".into(), json!(self.on_failure));
        }
        match parameters::from_text(&self.parameters) {
            Ok(parameters) => {
                json.insert("parameters".into(), Value::Object(parameters));
            }
            Err(detail) => problems.push(Problem::new("#/parameters", detail)),
        }
        let steps: Vec<_> = self
            .steps
            .iter()
            .enumerate()
            .map(|(index, step)| step_to_json(step, index, specs, &mut problems))
            .collect();
        json.insert("steps".into(), Value::Array(steps));
        (Value::Object(json), problems)
    }

    /// Everything that can be said about the draft without asking the server: what does not
    /// parse, names, numbers, dependencies, what does not fit a step's kind.
    #[must_use]
    pub fn check(&self, specs: &[StepSpec]) -> Vec<Problem> {
        let (json, unreadable) = self.to_json(specs);
        let more = WorkflowDefinition::from_json(&json).err();
        let known = merged(unreadable, more.unwrap_or_default());
        merged(known, self.misfits(&json, specs))
    }

    /// The mode that a step has while none is chosen for it.
    #[must_use]
    pub fn default_mode(&self, index: usize, specs: &[StepSpec]) -> Mode {
        let step = self.steps.get(index);
        let spec = step.and_then(|step| specs.iter().find(|s| s.task_type == step.task_type));
        match (step, spec) {
            (Some(step), Some(spec)) => {
                spec.default_mode(&config(step, Some(spec), "#", &mut Vec::new()))
            }
            _ => Mode::default(),
        }
    }

    /// What does not fit the kinds of the steps, also while something else is wrong.
    fn misfits(&self, json: &Value, specs: &[StepSpec]) -> Vec<Problem> {
        let mut problems = Vec::new();
        for (index, step) in self.steps.iter().enumerate() {
            let spec = specs.iter().find(|spec| spec.task_type == step.task_type);
            let config = json["steps"][index]["config"].as_object();
            if let (Some(spec), Some(config)) = (spec, config) {
                let prefix = format!("/steps/{index}/config");
                let found = spec.check(config).into_iter();
                problems.extend(found.map(|problem| problem.under(&prefix)));
                if step.mode == Mode::Probe.as_str()
                    && let Some(why) = spec.cannot_probe(config)
                {
                    problems.push(Problem::new(format!("#/steps/{index}/mode"), why));
                }
            }
        }
        problems
    }
}

fn step_to_json(
    step: &StepDraft,
    index: usize,
    specs: &[StepSpec],
    problems: &mut Vec<Problem>,
) -> Value {
    let at = format!("#/steps/{index}");
    let mut json = Map::new();
    json.insert("name".into(), json!(step.name.trim()));
    if !step.key.trim().is_empty() {
        json.insert("key".into(), json!(step.key.trim()));
    }
    json.insert("task_type".into(), json!(step.task_type));
    let spec = specs.iter().find(|spec| spec.task_type == step.task_type);
    let config = config(step, spec, &at, problems);
    json.insert("config".into(), Value::Object(config));
    json.insert("dependencies".into(), json!(step.dependencies));
    count(&mut json, problems, &at, ("max_retries", &step.max_retries));
    seconds(&mut json, problems, &at, ("timeout", &step.timeout));
    let estimate = ("estimated_duration", step.estimated_duration.as_str());
    seconds(&mut json, problems, &at, estimate);
    if !step.run_if.is_empty() {
        json.insert("run_if".into(), json!(step.run_if));
    }
    if !step.condition.trim().is_empty() {
        json.insert("condition".into(), json!(step.condition.trim()));
    }
    count(&mut json, problems, &at, ("max_lost", &step.max_lost));
    if !step.mode.is_empty() {
        json.insert("mode".into(), json!(step.mode));
    }
    Value::Object(json)
}

fn config(
    step: &StepDraft,
    spec: Option<&StepSpec>,
    at: &str,
    problems: &mut Vec<Problem>,
) -> Map<String, Value> {
    let mut config = Map::new();
    let fields = spec.map_or(&[][..], |spec| spec.fields.as_slice());
    for field in fields {
        let typed = step.field(&field.name);
        match field.parse(typed) {
            Ok(Some(value)) => {
                config.insert(field.name.clone(), value);
            }
            Ok(None) => {}
            Err(detail) => {
                let pointer = format!("{at}/config/{}", pointer_part(&field.name));
                problems.push(Problem::new(pointer, detail));
                if !typed.is_empty() {
                    config.insert(field.name.clone(), json!(typed));
                }
            }
        }
    }
    // Fields that the kind does not have were given in JSON; they are sent, so that the check
    // names them instead of dropping them. Emptied, they are left out.
    for (name, text) in step.config.iter().filter(|(_, text)| !text.is_empty()) {
        if !fields.iter().any(|field| field.name == *name) {
            let value = serde_json::from_str(text).unwrap_or_else(|_| json!(text));
            config.insert(name.clone(), value);
        }
    }
    config
}

/// A whole number, left out when nothing was typed.
fn count(
    json: &mut Map<String, Value>,
    problems: &mut Vec<Problem>,
    at: &str,
    (name, text): (&str, &str),
) {
    let text = text.trim();
    if text.is_empty() {
        return;
    }
    let value = if let Ok(number) = text.parse::<i64>() {
        json!(number)
    } else {
        let detail = "must be a whole number from 0 to 100";
        problems.push(Problem::new(format!("{at}/{name}"), detail));
        json!(text)
    };
    json.insert(name.into(), value);
}

/// A duration, left out when nothing was typed.
fn seconds(
    json: &mut Map<String, Value>,
    problems: &mut Vec<Problem>,
    at: &str,
    (name, text): (&str, &str),
) {
    let text = text.trim();
    if text.is_empty() {
        return;
    }
    let value = if let Ok(number) = text.parse::<i64>() {
        json!(number)
    } else if let Some(seconds) = seconds_from_text(text).filter(|seconds| seconds.is_finite()) {
        json!(seconds)
    } else {
        let detail = "must be seconds, or a number with a unit such as 5 m or 2 h";
        problems.push(Problem::new(format!("{at}/{name}"), detail));
        json!(text)
    };
    json.insert(name.into(), value);
}
