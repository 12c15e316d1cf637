//! One step of a definition, as written.

use serde_json::{Map, Value};

use super::read::Reader;
use super::{Handler, Mode, RunIf, StepDefinition, key, limits};
use crate::depth;

/// A step whose dependencies are not looked up yet.
pub(super) struct RawStep {
    pub(super) step: StepDefinition,
    pub(super) key: Option<String>,
    pub(super) dependencies: Vec<Value>,
    /// Whether its configuration could be read.
    pub(super) has_config: bool,
    /// Whether its list of dependencies could be read.
    pub(super) has_dependencies: bool,
}

pub(super) fn read_step(reader: &mut Reader, index: usize, json: &Value) -> RawStep {
    let at = format!("#/steps/{index}");
    let mut step = StepDefinition::new("", "");
    let Some(object) = json.as_object() else {
        reader.problem(&at, "must be an object with a name and a task_type");
        return RawStep {
            step,
            key: None,
            dependencies: Vec::new(),
            has_config: false,
            has_dependencies: false,
        };
    };
    reader.refuse_unknown(&at, object, &StepDefinition::FIELDS);
    step.name = reader.name(&format!("{at}/name"), object.get("name"));
    step.task_type = task_type(reader, &format!("{at}/task_type"), object.get("task_type"));
    let before = reader.problems.len();
    step.config = config(reader, &format!("{at}/config"), object.get("config"));
    let has_config = reader.problems.len() == before;
    let retries = object.get("max_retries");
    step.max_retries = reader.count(
        &format!("{at}/max_retries"),
        retries,
        0,
        limits::MAX_RETRIES_DEFAULT,
    );
    let lost = object.get("max_lost");
    step.max_lost = reader.count(&format!("{at}/max_lost"), lost, 1, limits::MAX_LOST_DEFAULT);
    step.timeout = reader.seconds(&format!("{at}/timeout"), object.get("timeout"));
    step.estimated_duration = reader.seconds(
        &format!("{at}/estimated_duration"),
        object.get("estimated_duration"),
    );
    let words = [
        ("ok", RunIf::Ok),
        ("always", RunIf::Always),
        ("failed", RunIf::Failed),
    ];
    let run_if = reader.word(&format!("{at}/run_if"), object.get("run_if"), &words);
    step.run_if = run_if.unwrap_or_default();
    step.condition = condition(reader, &format!("{at}/condition"), object.get("condition"));
    if let Some(mode) = object.get("mode").filter(|mode| !mode.is_null()) {
        let words = Mode::ALL.map(|mode| (mode.as_str(), mode));
        step.mode = reader.word(&format!("{at}/mode"), Some(mode), &words);
    }
    step.handler = handler_of(reader, &format!("{at}/handler"), object.get("handler"));
    let key = step_key(reader, &format!("{at}/key"), object.get("key"));
    let before = reader.problems.len();
    let dependencies = match object.get("dependencies") {
        None | Some(Value::Null) => Vec::new(),
        Some(Value::Array(list)) => list.clone(),
        Some(_) => {
            reader.problem(
                &format!("{at}/dependencies"),
                "must be a list of positions or keys",
            );
            Vec::new()
        }
    };
    RawStep {
        step,
        key,
        dependencies,
        has_config,
        has_dependencies: reader.problems.len() == before,
    }
}

fn task_type(reader: &mut Reader, at: &str, value: Option<&Value>) -> String {
    let what = match value {
        Some(Value::String(text)) if !text.trim().is_empty() => return text.clone(),
        Some(Value::String(_)) => "must not be blank",
        None | Some(Value::Null) => "is missing; name a registered step type",
        Some(_) => "must be text",
    };
    reader.problem(at, what);
    String::new()
}

/// An expression as it is written; whether it can be read is judged by whoever evaluates it.
fn condition(reader: &mut Reader, at: &str, value: Option<&Value>) -> Option<String> {
    let value = value.filter(|v| !v.is_null())?;
    let Some(text) = value.as_str() else {
        reader.problem(
            at,
            "must be text: an expression, such as \"parameters.send\"",
        );
        return None;
    };
    let most = limits::EXPRESSION_BYTES_MAX;
    if text.trim().is_empty() {
        reader.problem(
            at,
            "must not be blank; leave it out where the step always runs",
        );
    } else if text.len() > most {
        let bytes = text.len();
        reader.problem(at, format!("has {bytes} bytes; at most {most} are allowed"));
    } else {
        return Some(text.to_owned());
    }
    None
}

fn handler_of(reader: &mut Reader, at: &str, value: Option<&Value>) -> Handler {
    match value {
        None | Some(Value::Null) => Handler::StepType,
        Some(value) if value.as_str() == Handler::Closure.as_str() => Handler::Closure,
        Some(_) => {
            reader.problem(at, "must be closure, or be left out");
            Handler::StepType
        }
    }
}

fn step_key(reader: &mut Reader, at: &str, value: Option<&Value>) -> Option<String> {
    let value = value.filter(|v| !v.is_null())?;
    let text = value
        .as_str()
        .filter(|text| key::is_valid(text) && text.len() <= limits::KEY_CHARACTERS_MAX);
    if text.is_none() {
        reader.problem(
            at,
            "must be 1 to 100 lower-case letters, digits or _, and not start with a digit",
        );
    }
    text.map(str::to_owned)
}

/// What the step type is told.
fn config(reader: &mut Reader, at: &str, value: Option<&Value>) -> Map<String, Value> {
    let config = reader.object(at, value);
    let bytes = serde_json::to_string(&config).map_or(0, |text| text.len());
    if bytes > limits::CONFIG_BYTES_MAX {
        reader.problem(at, "is larger than 256 KiB");
    }
    if depth::has_too_deep(&config) {
        reader.problem(at, depth::TOO_DEEP);
    }
    config
}
