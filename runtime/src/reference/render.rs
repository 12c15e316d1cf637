//! Filling references in when a step starts.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use engine::{JobId, WorkflowId};
use serde_json::{Map, Value, json};

use super::expression::{self, Compiled};
use super::path::{self, Part};
use super::template::{self, Piece};

/// What references of one attempt may name.
#[derive(Debug, Clone, Copy)]
pub struct RenderContext<'a> {
    /// What the steps above gave, by key. Only those that [`steps_named`] lists are needed.
    pub outputs: &'a BTreeMap<String, Arc<Value>>,
    /// The workflow's parameters.
    pub parameters: &'a Map<String, Value>,
    /// The workflow.
    pub workflow_id: WorkflowId,
    /// Its job.
    pub job_id: JobId,
    /// The workflow's metadata.
    pub metadata: &'a Map<String, Value>,
}

/// The configuration with every reference filled in. What was filled in is never read as a
/// reference again.
///
/// # Errors
/// A sentence that names the reference and what is missing.
pub fn render(config: &Map<String, Value>, cx: &RenderContext<'_>) -> Result<Value, String> {
    let mut filled = Map::new();
    for (name, value) in config {
        let value = fill(value, cx).map_err(|why| format!("{name}: {why}"))?;
        filled.insert(name.clone(), value);
    }
    Ok(Value::Object(filled))
}

/// The keys of the steps whose outputs a configuration refers to.
#[must_use]
pub fn steps_named(config: &Map<String, Value>) -> BTreeSet<String> {
    let mut keys = BTreeSet::new();
    for value in config.values() {
        collect(value, &mut keys);
    }
    keys
}

fn collect(value: &Value, keys: &mut BTreeSet<String>) {
    match value {
        Value::String(text) if template::is_template(text) => {
            for piece in template::pieces(text).unwrap_or_default() {
                let Piece::Expression { source, .. } = piece else {
                    continue;
                };
                let names = expression::compile(source)
                    .map(|c| c.names())
                    .unwrap_or_default();
                let named = names.iter().filter_map(|name| name.strip_prefix("steps."));
                keys.extend(
                    named
                        .filter_map(|rest| rest.split('.').next())
                        .map(str::to_owned),
                );
            }
        }
        Value::Array(list) => list.iter().for_each(|value| collect(value, keys)),
        Value::Object(map) => map.values().for_each(|value| collect(value, keys)),
        _ => {}
    }
}

fn fill(value: &Value, cx: &RenderContext<'_>) -> Result<Value, String> {
    match value {
        Value::String(text) if template::is_template(text) => fill_text(text, cx),
        Value::Array(list) => list.iter().map(|value| fill(value, cx)).collect(),
        Value::Object(map) => map
            .iter()
            .map(|(name, value)| Ok((name.clone(), fill(value, cx)?)))
            .collect::<Result<Map<_, _>, String>>()
            .map(Value::Object),
        other => Ok(other.clone()),
    }
}

fn fill_text(text: &str, cx: &RenderContext<'_>) -> Result<Value, String> {
    let pieces = template::pieces(text).map_err(|_| "`{{` is never closed".to_owned())?;
    if let [Piece::Expression { source, .. }] = pieces.as_slice() {
        return evaluate(source, cx);
    }
    let mut filled = String::new();
    for piece in pieces {
        match piece {
            Piece::Text(text) => filled.push_str(text),
            Piece::Expression { source, .. } => match evaluate(source, cx)? {
                Value::String(text) => filled.push_str(&text),
                other => filled.push_str(&other.to_string()),
            },
        }
    }
    Ok(Value::String(filled))
}

fn evaluate(source: &str, cx: &RenderContext<'_>) -> Result<Value, String> {
    if let Some(parts) = path::parse(source)
        && let Some(value) = plain(&parts, cx)
    {
        return value;
    }
    let told = |why: String| format!("{{{{ {} }}}}: {why}", source.trim());
    let compiled = expression::compile(source).map_err(|fault| told(fault.detail))?;
    compiled.evaluate(names(&compiled, cx)).map_err(told)
}

/// The value of a path that begins with one of the three roots.
fn plain(parts: &[Part<'_>], cx: &RenderContext<'_>) -> Option<Result<Value, String>> {
    let name = |at: usize| match parts.get(at) {
        Some(Part::Name(name)) => Some(name.as_ref()),
        _ => None,
    };
    let follow = |value: &Value, walked: &str, rest: usize| {
        path::follow(value, walked, &parts[rest..]).cloned()
    };
    match (name(0)?, name(1), name(2)) {
        ("steps", Some(key), Some("output")) => {
            let Some(output) = cx.outputs.get(key) else {
                return Some(Err(format!(
                    "steps.{key}.output is not there: the step gave none"
                )));
            };
            Some(follow(output, &format!("steps.{key}.output"), 3))
        }
        ("parameters", Some(parameter), _) => Some(match cx.parameters.get(parameter) {
            Some(value) => follow(value, &format!("parameters.{parameter}"), 2),
            None => Err(format!("parameters.{parameter} is not there")),
        }),
        ("workflow", Some("metadata"), Some(entry)) => Some(match cx.metadata.get(entry) {
            Some(value) => follow(value, &format!("workflow.metadata.{entry}"), 3),
            None => Err(format!("workflow.metadata.{entry} is not there")),
        }),
        ("workflow", Some("id"), None) if parts.len() == 2 => Some(Ok(cx.workflow_id.0.into())),
        ("workflow", Some("job_id"), None) if parts.len() == 2 => Some(Ok(cx.job_id.0.into())),
        _ => None,
    }
}

/// What an expression may name, no more than it does name.
fn names(compiled: &Compiled, cx: &RenderContext<'_>) -> Value {
    let used = compiled.names();
    let mut steps = Map::new();
    for key in used
        .iter()
        .filter_map(|name| name.strip_prefix("steps.")?.split('.').next())
    {
        let entry = match cx.outputs.get(key) {
            Some(output) => json!({ "output": output.as_ref() }),
            None => json!({}),
        };
        steps.insert(key.to_owned(), entry);
    }
    let uses = |root: &str| used.iter().any(|name| name.split('.').next() == Some(root));
    let mut names = Map::new();
    names.insert("steps".to_owned(), Value::Object(steps));
    if uses("parameters") {
        names.insert(
            "parameters".to_owned(),
            Value::Object(cx.parameters.clone()),
        );
    }
    if uses("workflow") {
        let workflow =
            json!({ "id": cx.workflow_id, "job_id": cx.job_id, "metadata": cx.metadata });
        names.insert("workflow".to_owned(), workflow);
    }
    Value::Object(names)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rendered(config: Value) -> Result<Value, String> {
        let output = json!({
            "count": 3, "ratio": 0.5, "name": "a'b\"; rm -rf / {{ parameters.secret }}",
            "files": ["x.png", "y z.png"], "empty": null,
        });
        let outputs = BTreeMap::from([("scan".to_owned(), Arc::new(output))]);
        let parameters = json!({"folder": "/data", "limit": 10});
        let metadata = json!({"team": "blue"});
        let cx = RenderContext {
            outputs: &outputs,
            parameters: parameters.as_object().unwrap(),
            workflow_id: WorkflowId(7),
            job_id: JobId(9),
            metadata: metadata.as_object().unwrap(),
        };
        render(config.as_object().unwrap(), &cx)
    }

    #[test]
    fn one_reference_alone_gives_the_value_with_its_type() {
        let config = json!({
            "count": "{{ steps.scan.output.count }}", "files": "{{steps.scan.output.files}}",
            "id": "{{ workflow.id }}", "job": "{{ workflow.job_id }}",
            "null": "{{ steps.scan.output.empty }}", "sum": "{{ parameters.limit + 1 }}",
            "nested": {"deep": ["{{ parameters.folder }}", 4]},
        });
        let wanted = json!({
            "count": 3, "files": ["x.png", "y z.png"], "id": 7, "job": 9, "null": null, "sum": 11,
            "nested": {"deep": ["/data", 4]},
        });
        assert_eq!(rendered(config), Ok(wanted));
    }

    #[test]
    fn references_in_a_text_become_part_of_it() {
        let config = json!({
            "path": "{{ parameters.folder }}/{{ steps.scan.output.files[1] }}",
            "json": "<{{ steps.scan.output.files }}> {{ steps.scan.output.ratio }}",
            "team": "team {{ workflow.metadata.team }}", "shell": "${#x} {% {a}",
            "braces": "{{ '{{' }}.Name}}",
        });
        let wanted = json!({
            "path": "/data/y z.png", "json": "<[\"x.png\",\"y z.png\"]> 0.5", "team": "team blue",
            "shell": "${#x} {% {a}", "braces": "{{.Name}}",
        });
        assert_eq!(rendered(config), Ok(wanted));
    }

    #[test]
    fn a_hostile_value_arrives_as_it_is_and_is_not_read_again() {
        let filled = rendered(json!({"args": ["{{ steps.scan.output.name }}"]})).unwrap();
        assert_eq!(
            filled,
            json!({"args": ["a'b\"; rm -rf / {{ parameters.secret }}"]})
        );
    }

    #[test]
    fn what_is_missing_is_named() {
        let told = |text: &str| rendered(json!({ "field": text })).unwrap_err();
        assert_eq!(
            told("{{ steps.scan.output.size }}"),
            "field: steps.scan.output.size is not there: steps.scan.output is an object with \
             count, empty, files, name, ratio"
        );
        assert_eq!(
            told("{{ steps.other.output.n }}"),
            "field: steps.other.output is not there: the step gave none"
        );
        assert_eq!(
            told("{{ workflow.metadata.x }}"),
            "field: workflow.metadata.x is not there"
        );
        let inside = told("{{ steps.scan.output.size + 1 }}");
        assert!(
            inside.starts_with("field: {{ steps.scan.output.size + 1 }}: "),
            "{inside}"
        );
    }

    #[test]
    fn a_default_stands_in_for_what_is_missing() {
        let config = json!({
            "a": "{{ steps.scan.output.size | default(5) }}",
            "b": "{{ steps.other.output | default('none') }}",
        });
        assert_eq!(rendered(config), Ok(json!({"a": 5, "b": "none"})));
    }

    #[test]
    fn the_steps_a_configuration_names_are_found_wherever_they_stand() {
        let config = json!({
            "a": "{{ steps.one.output }} {{ steps.two.output.x | default(parameters.p) }}",
            "b": [{"c": "{{ steps.three.output[0] }}"}, "steps.four.output"],
        });
        let found: Vec<_> = steps_named(config.as_object().unwrap())
            .into_iter()
            .collect();
        assert_eq!(found, ["one", "three", "two"]);
    }
}
