//! The steps of a saved definition, to read.

use engine::Mode;
use engine::step_form::StepSpec;
use leptos::prelude::*;
use serde_json::{Map, Value};

use super::dependency_picture::PictureNode;
use crate::format;
use crate::plain_words::{MODE, RUN_IF, meaning};

fn steps(definition: &Value) -> &[Value] {
    definition["steps"].as_array().map_or(&[], Vec::as_slice)
}

fn after(step: &Value) -> Vec<usize> {
    let list = step["dependencies"].as_array();
    list.into_iter()
        .flatten()
        .filter_map(|index| usize::try_from(index.as_u64()?).ok())
        .collect()
}

fn text(step: &Value, field: &str) -> String {
    step[field].as_str().unwrap_or_default().to_owned()
}

fn title(step: &Value, specs: &[StepSpec]) -> String {
    let kind = text(step, "task_type");
    let spec = specs.iter().find(|spec| spec.task_type == kind);
    format::visible(spec.map_or(&kind, |spec| &spec.title))
}

/// The nodes of the picture; each leads to its step in the list.
#[must_use]
pub fn picture_nodes(definition: &Value, specs: &[StepSpec]) -> Vec<PictureNode> {
    steps(definition)
        .iter()
        .enumerate()
        .map(|(index, step)| PictureNode {
            name: text(step, "name"),
            note: title(step, specs),
            state: None,
            dependencies: after(step),
            href: format!("#step-{index}"),
            problems: 0,
        })
        .collect()
}

/// The steps with their types, what they run after and their settings.
#[component]
pub fn DefinitionSteps(
    /// The definition with its defaults written out.
    definition: Value,
    /// The step types, for titles and labels.
    specs: Vec<StepSpec>,
) -> impl IntoView {
    let list = steps(&definition);
    let names: Vec<_> = list
        .iter()
        .map(|step| format::visible(&text(step, "name")))
        .collect();
    let rows = list
        .iter()
        .enumerate()
        .map(|(index, step)| {
            let after: Vec<_> = after(step)
                .into_iter()
                .filter_map(|index| names.get(index).cloned())
                .collect();
            let after = if after.is_empty() { "nothing, it starts at once".to_owned() } else { after.join(", ") };
            let spec = specs.iter().find(|spec| step["task_type"] == spec.task_type);
            let settings = settings(step, spec);
            let limits = limits(step, spec);
            view! {
                <tr id=format!("step-{index}") tabindex="-1">
                    <td>{index + 1}</td>
                    <th scope="row">{names[index].clone()}<div class="muted">{title(step, &specs)}</div></th>
                    <td>{after}</td>
                    <td>{settings}</td>
                    <td>{limits}</td>
                </tr>
            }
        })
        .collect_view();
    view! {
        <div class="table-scroll">
            <table class="table definition-steps">
                <thead><tr>
                    <th scope="col">"No."</th><th scope="col">"Step"</th><th scope="col">"Runs after"</th>
                    <th scope="col">"Settings"</th><th scope="col">"Limits"</th>
                </tr></thead>
                <tbody>{rows}</tbody>
            </table>
        </div>
    }
}

fn settings(step: &Value, spec: Option<&StepSpec>) -> impl IntoView + use<> {
    let none = Map::new();
    let config = step["config"].as_object().unwrap_or(&none);
    let fields = spec.map_or(&[][..], |spec| &spec.fields);
    let place = |name: &str| fields.iter().position(|field| field.name == name);
    let mut given: Vec<_> = config
        .iter()
        .filter(|(_, value)| !is_empty(value))
        .collect();
    // In the order of the form; what it does not have comes last.
    given.sort_by_key(|(name, _)| place(name).unwrap_or(usize::MAX));
    let lines = given
        .into_iter()
        .map(|(name, value)| {
            let field = fields.iter().find(|field| field.name == *name);
            let (label, text) = match field {
                Some(field) => (field.label.clone(), field.to_text(value)),
                None => (name.clone(), value.to_string()),
            };
            view! { <dt>{format::visible(&label)}</dt><dd class="pairs-code">{format::visible(&text)}</dd> }
        })
        .collect_view();
    (!config.is_empty()).then(|| view! { <dl class="pairs">{lines}</dl> })
}

/// Whether a setting says nothing.
fn is_empty(value: &Value) -> bool {
    match value {
        Value::Null => true,
        Value::String(text) => text.is_empty(),
        Value::Array(list) => list.is_empty(),
        Value::Object(map) => map.is_empty(),
        Value::Bool(_) | Value::Number(_) => false,
    }
}

fn limits(step: &Value, spec: Option<&StepSpec>) -> String {
    let mut parts = Vec::new();
    if let Some(tries) = step["max_retries"].as_u64() {
        parts.push(match tries {
            0 => "not tried again".to_owned(),
            1 => "tried again once".to_owned(),
            tries => format!("tried again {tries} times"),
        });
    }
    for (field, words) in [
        ("timeout", "stopped after"),
        ("estimated_duration", "usually"),
    ] {
        if let Some(seconds) = step[field].as_f64() {
            let length = std::time::Duration::try_from_secs_f64(seconds).unwrap_or_default();
            parts.push(format!("{words} {}", format::duration(length)));
        }
    }
    if let Some(word) = step["run_if"].as_str().filter(|word| *word != "ok") {
        parts.push(format!("runs {}", meaning(RUN_IF, word)));
    }
    if let Some(condition) = step["condition"].as_str() {
        parts.push(format!("only if {}", format::visible(condition)));
    }
    if let Some(mode) = unusual_mode(step, spec) {
        let follows = meaning(MODE, mode);
        parts.push(format!("if its end is unknown, {follows}"));
    }
    parts.join(", ")
}

/// What follows when nobody knows how a try ended, unless it is simply tried again.
fn unusual_mode<'a>(step: &'a Value, spec: Option<&StepSpec>) -> Option<&'a str> {
    let named = step["mode"].as_str();
    let default = || {
        let config = step["config"].as_object()?;
        Some(spec?.default_mode(config).as_str())
    };
    let mode = named.or_else(default)?;
    (mode != Mode::Retry.as_str()).then_some(mode)
}
