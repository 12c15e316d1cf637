//! JSON into a definition, collecting every problem instead of stopping at the first.

use std::collections::{HashMap, HashSet};

use serde_json::{Map, Value};

use super::read_step::{RawStep, read_step};
use super::reading::{Reading, StepReading};
use super::{OnFailure, RunIf, WorkflowDefinition, key, limits};
use crate::depth;
use crate::graph::{Cycle, Graph};
use crate::problem::{Problem, pointer_part};

/// Most circles that are told at once; each costs a walk over all steps.
const CIRCLES_TOLD: usize = 10;

/// The problems found so far, and how to read one field while adding to them.
#[derive(Default)]
pub(super) struct Reader {
    pub(super) problems: Vec<Problem>,
}

impl Reader {
    pub(super) fn problem(&mut self, pointer: &str, detail: impl Into<String>) {
        self.problems.push(Problem::new(pointer, detail));
    }

    /// Names every field of `object` that is not in `known`.
    pub(super) fn refuse_unknown(&mut self, at: &str, object: &Map<String, Value>, known: &[&str]) {
        for name in object.keys().filter(|name| !known.contains(&name.as_str())) {
            let pointer = format!("{at}/{}", pointer_part(name));
            self.problem(
                &pointer,
                format!("unknown field; the fields are {}", known.join(", ")),
            );
        }
    }

    /// A name of 1 to 200 characters, not blank, without control characters.
    pub(super) fn name(&mut self, at: &str, value: Option<&Value>) -> String {
        let Some(value) = value.filter(|v| !v.is_null()) else {
            self.problem(at, "is missing; give a name of 1 to 200 characters");
            return String::new();
        };
        let Some(text) = value.as_str() else {
            self.problem(at, "must be text");
            return String::new();
        };
        if text.trim().is_empty() {
            self.problem(at, "must not be blank");
        } else if text.chars().count() > limits::NAME_CHARACTERS_MAX {
            self.problem(
                at,
                format!("must be at most {} characters", limits::NAME_CHARACTERS_MAX),
            );
        } else if text.chars().any(char::is_control) {
            self.problem(at, "must not contain control characters");
        }
        text.to_owned()
    }

    /// A whole number from `least` to 100; `default` when the field is absent.
    pub(super) fn count(
        &mut self,
        at: &str,
        value: Option<&Value>,
        least: u32,
        default: u32,
    ) -> u32 {
        let Some(value) = value.filter(|v| !v.is_null()) else {
            return default;
        };
        let number = value.as_u64().and_then(|n| u32::try_from(n).ok());
        match number.filter(|n| (least..=limits::COUNT_MAX).contains(n)) {
            Some(number) => number,
            None => {
                let most = limits::COUNT_MAX;
                self.problem(at, format!("must be a whole number from {least} to {most}"));
                default
            }
        }
    }

    /// Seconds above 0 and at most 365 days; nothing when the field is absent.
    pub(super) fn seconds(&mut self, at: &str, value: Option<&Value>) -> Option<f64> {
        let value = value.filter(|v| !v.is_null())?;
        let seconds = value
            .as_f64()
            .filter(|s| *s > 0.0 && *s <= limits::SECONDS_MAX);
        if seconds.is_none() {
            self.problem(
                at,
                "must be a number of seconds above 0 and at most 31,536,000 (365 days)",
            );
        }
        seconds
    }

    /// One of a few words; the first of them when the field is absent.
    pub(super) fn word<T: Copy>(
        &mut self,
        at: &str,
        value: Option<&Value>,
        of: &[(&str, T)],
    ) -> Option<T> {
        let Some(value) = value.filter(|v| !v.is_null()) else {
            return of.first().map(|(_, meaning)| *meaning);
        };
        let found = of.iter().find(|(word, _)| Some(*word) == value.as_str());
        if found.is_none() {
            let words: Vec<_> = of.iter().map(|(word, _)| *word).collect();
            self.problem(at, format!("must be one of {}", words.join(", ")));
        }
        found.map(|(_, meaning)| *meaning)
    }

    /// An object; empty when the field is absent.
    pub(super) fn object(&mut self, at: &str, value: Option<&Value>) -> Map<String, Value> {
        match value {
            None | Some(Value::Null) => Map::new(),
            Some(Value::Object(object)) => object.clone(),
            Some(_) => {
                self.problem(at, "must be an object");
                Map::new()
            }
        }
    }
}

pub(super) fn definition(json: &Value) -> Reading {
    let mut reader = Reader::default();
    let Some(object) = json.as_object() else {
        reader.problem("#", "must be an object with a name and steps");
        return Reading::broken(reader.problems);
    };
    reader.refuse_unknown("#", object, &WorkflowDefinition::FIELDS);
    let name = reader.name("#/name", object.get("name"));
    let budget = reader.count(
        "#/max_recovery_attempts",
        object.get("max_recovery_attempts"),
        0,
        limits::MAX_RECOVERY_ATTEMPTS_DEFAULT,
    );
    let words = [
        ("finish_branches", OnFailure::FinishBranches),
        ("stop", OnFailure::Stop),
    ];
    let on_failure = reader.word("#/on_failure", object.get("on_failure"), &words);
    let parameters = parameters(&mut reader, object.get("parameters"));
    let raw = raw_steps(&mut reader, object.get("steps"));
    let mut steps = resolve(&mut reader, raw);
    let graph = graph(&mut reader, &mut steps);
    Reading {
        problems: reader.problems,
        name,
        max_recovery_attempts: budget,
        on_failure: on_failure.unwrap_or_default(),
        steps,
        parameters,
        graph,
    }
}

/// The parameters; none when they are no object, so that nobody can say which there are.
fn parameters(reader: &mut Reader, value: Option<&Value>) -> Option<Map<String, Value>> {
    let before = reader.problems.len();
    let parameters = reader.object("#/parameters", value);
    if reader.problems.len() > before {
        return None;
    }
    if depth::has_too_deep(&parameters) {
        reader.problem("#/parameters", depth::TOO_DEEP);
    }
    for name in parameters
        .keys()
        .filter(|name| !key::is_valid(&name.to_ascii_lowercase()))
    {
        let pointer = format!("#/parameters/{}", pointer_part(name));
        reader.problem(
            &pointer,
            "a parameter's name has letters, digits and _ only",
        );
    }
    Some(parameters)
}

/// Who depends on whom. The steps of a circle are told and then taken for independent, so that
/// whatever else is wrong can be told as well.
fn graph(reader: &mut Reader, steps: &mut [StepReading]) -> Graph {
    let mut lists: Vec<_> = steps.iter().map(|s| s.step.dependencies.clone()).collect();
    for _ in 0..CIRCLES_TOLD {
        let circle = match Graph::new(&lists) {
            Ok(graph) => return graph,
            Err(Cycle(circle)) => circle,
        };
        let names: Vec<_> = circle
            .iter()
            .map(|i| steps[*i].step.name.as_str())
            .collect();
        let pointer = format!("#/steps/{}/dependencies", circle[0]);
        reader.problem(&pointer, format!("closes a circle: {}", names.join(" → ")));
        for index in circle {
            lists[index].clear();
            steps[index].has_dependencies = false;
        }
    }
    for step in steps {
        step.has_dependencies = false;
    }
    Graph::default()
}

fn raw_steps(reader: &mut Reader, value: Option<&Value>) -> Vec<RawStep> {
    let Some(Value::Array(list)) = value else {
        reader.problem("#/steps", "must be a list of 1 to 5,000 steps");
        return Vec::new();
    };
    if list.is_empty() {
        reader.problem("#/steps", "must hold at least one step");
    }
    if list.len() > limits::STEPS_MAX {
        reader.problem(
            "#/steps",
            format!("holds {} steps; at most 5,000 are allowed", list.len()),
        );
        return Vec::new();
    }
    list.iter()
        .enumerate()
        .map(|(index, json)| read_step(reader, index, json))
        .collect()
}

/// Gives every step its key, then turns dependencies by key or position into positions.
fn resolve(reader: &mut Reader, raw: Vec<RawStep>) -> Vec<StepReading> {
    let mut taken = key::Taken::default();
    for (index, step) in raw.iter().enumerate() {
        let Some(key) = &step.key else { continue };
        if !taken.take(key) {
            let pointer = format!("#/steps/{index}/key");
            reader.problem(
                &pointer,
                format!("another step already has the key \"{key}\""),
            );
        }
    }
    let mut keys: HashMap<String, usize> = HashMap::new();
    let mut named: Vec<String> = Vec::with_capacity(raw.len());
    for (index, step) in raw.iter().enumerate() {
        let key = step
            .key
            .clone()
            .unwrap_or_else(|| taken.make(&step.step.name));
        keys.entry(key.clone()).or_insert(index);
        named.push(key);
    }
    let count = raw.len();
    let mut steps = Vec::with_capacity(count);
    for (index, (raw, key)) in raw.into_iter().zip(named).enumerate() {
        let mut step = raw.step;
        step.key = key;
        let before = reader.problems.len();
        step.dependencies = dependencies(reader, index, &raw.dependencies, &keys, count);
        let all_found = reader.problems.len() == before;
        if step.run_if == RunIf::Failed && raw.has_dependencies && raw.dependencies.is_empty() {
            let pointer = format!("#/steps/{index}/run_if");
            reader.problem(
                &pointer,
                "\"failed\" needs at least one dependency to watch",
            );
        }
        steps.push(StepReading {
            step,
            has_config: raw.has_config,
            has_dependencies: raw.has_dependencies && all_found,
        });
    }
    steps
}

fn dependencies(
    reader: &mut Reader,
    index: usize,
    raw: &[Value],
    keys: &HashMap<String, usize>,
    count: usize,
) -> Vec<usize> {
    let mut found = Vec::with_capacity(raw.len());
    let mut seen = HashSet::new();
    for (position, value) in raw.iter().enumerate() {
        let at = format!("#/steps/{index}/dependencies/{position}");
        let target = match value {
            Value::String(key) => keys.get(key).copied(),
            other => other
                .as_u64()
                .and_then(|n| usize::try_from(n).ok())
                .filter(|n| *n < count),
        };
        match target {
            None if value.is_string() || value.is_u64() => {
                reader.problem(&at, format!("there is no step {value}"));
            }
            None => reader.problem(&at, "must be a step's position from 0 or its key"),
            Some(target) if target == index => {
                reader.problem(&at, "a step cannot depend on itself");
            }
            Some(target) if !seen.insert(target) => {
                reader.problem(&at, format!("step {value} is named twice"));
            }
            Some(target) => found.push(target),
        }
    }
    found.sort_unstable();
    found
}
