//! Filling references in when a step starts.

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use engine::{JobId, WorkflowId};
use serde_json::{Map, Value, json};
use tokio_util::sync::CancellationToken;

use super::bounds::{self, FILLED_BYTES_MAX};
use super::expression::{self, Compiled};
use super::mention;
use super::path::{self, Part};
use super::size;
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
    /// Whether to leave off: nobody waits for the result any more.
    pub stop: &'a CancellationToken,
}

/// The configuration with every reference filled in. What was filled in is never read as a
/// reference again.
///
/// # Errors
/// A sentence that names the reference and what is missing, or says that all of it together is too
/// large.
pub fn render(config: &Map<String, Value>, cx: &RenderContext<'_>) -> Result<Value, String> {
    let mut filling = Filling {
        cx,
        bytes_left: FILLED_BYTES_MAX,
        expressions: 0,
    };
    let mut filled = Map::new();
    for (name, value) in config {
        let value = filling
            .fill(value)
            .map_err(|why| format!("{name}: {why}"))?;
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

/// Whether there is anything to fill in.
#[must_use]
pub fn has_any(config: &Map<String, Value>) -> bool {
    fn one(value: &Value) -> bool {
        match value {
            Value::String(text) => template::is_template(text),
            Value::Array(list) => list.iter().any(one),
            Value::Object(map) => has_any(map),
            _ => false,
        }
    }
    config.values().any(one)
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
                keys.extend(mention::keys(&names));
            }
        }
        Value::Array(list) => list.iter().for_each(|value| collect(value, keys)),
        Value::Object(map) => map.values().for_each(|value| collect(value, keys)),
        _ => {}
    }
}

/// One configuration on its way.
struct Filling<'a> {
    cx: &'a RenderContext<'a>,
    bytes_left: usize,
    expressions: usize,
}

impl Filling<'_> {
    fn fill(&mut self, value: &Value) -> Result<Value, String> {
        match value {
            Value::String(text) if template::is_template(text) => self.text(text),
            Value::Array(list) => list.iter().map(|value| self.fill(value)).collect(),
            Value::Object(map) => map
                .iter()
                .map(|(name, value)| Ok((name.clone(), self.fill(value)?)))
                .collect::<Result<Map<_, _>, String>>()
                .map(Value::Object),
            other => Ok(other.clone()),
        }
    }

    fn text(&mut self, text: &str) -> Result<Value, String> {
        let pieces = template::pieces(text).map_err(|_| "`{{` is never closed".to_owned())?;
        if let [Piece::Expression { source, .. }] = pieces.as_slice() {
            return self.evaluate(source);
        }
        let mut filled = String::new();
        for piece in pieces {
            match piece {
                Piece::Text(text) => filled.push_str(text),
                Piece::Expression { source, .. } => match self.evaluate(source)? {
                    Value::String(text) => filled.push_str(&text),
                    other => filled.push_str(&other.to_string()),
                },
            }
        }
        Ok(Value::String(filled))
    }

    fn evaluate(&mut self, source: &str) -> Result<Value, String> {
        if self.cx.stop.is_cancelled() {
            return Err("told to stop while its references were filled in".to_owned());
        }
        self.expressions += 1;
        if let Some(why) = bounds::too_many(self.expressions) {
            return Err(why);
        }
        let told = |why: String| format!("{{{{ {} }}}}: {why}", bounds::shown(source));
        if let Some(parts) = path::parse(source)
            && let Some(value) = plain(&parts, self.cx)
        {
            let value = value?;
            // Measured before it is copied: thousands of references may name one large output.
            self.spend(value.as_ref()).map_err(told)?;
            return Ok(value.into_owned());
        }
        let compiled = expression::compile(source).map_err(|fault| told(fault.detail))?;
        let value = compiled
            .evaluate(names(&compiled, self.cx), self.bytes_left)
            .map_err(told)?;
        self.spend(&value).map_err(told)?;
        Ok(value)
    }

    fn spend(&mut self, value: &Value) -> Result<(), String> {
        self.bytes_left -= size::within(value, self.bytes_left)?;
        Ok(())
    }
}

/// The value of a path that begins with one of the three roots.
pub(super) fn plain<'v>(
    parts: &[Part<'_>],
    cx: &RenderContext<'v>,
) -> Option<Result<Cow<'v, Value>, String>> {
    let name = |at: usize| match parts.get(at) {
        Some(Part::Name(name)) => Some(name.as_ref()),
        _ => None,
    };
    let follow = |value: &'v Value, walked: &str, rest: usize| {
        path::follow(value, walked, &parts[rest..]).map(Cow::Borrowed)
    };
    let number = |number: i64| Some(Ok(Cow::Owned(number.into())));
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
        ("workflow", Some("id"), None) if parts.len() == 2 => number(cx.workflow_id.0),
        ("workflow", Some("job_id"), None) if parts.len() == 2 => number(cx.job_id.0),
        _ => None,
    }
}

/// What an expression may name, no more than it does name.
pub(super) fn names(compiled: &Compiled, cx: &RenderContext<'_>) -> Value {
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
        rendered_until(config, &CancellationToken::new())
    }

    fn rendered_until(config: Value, stop: &CancellationToken) -> Result<Value, String> {
        let output = json!({
            "count": 3, "ratio": 0.5, "name": "a'b\"; rm -rf / {{ parameters.secret }}",
            "files": ["x.png", "y z.png"], "empty": null, "large": "x".repeat(1_000_000),
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
            stop,
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
             count, empty, files, large, name, ratio"
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
    fn what_is_filled_in_has_a_limit_all_together() {
        for reference in [
            "{{ steps.scan.output.large }}",
            "{{ steps.scan.output.large | upper }}",
        ] {
            let whole = reference.repeat(9);
            let several = vec![reference; 9];
            for config in [
                json!({ "a": whole }),
                json!({ "a": several }),
                json!({"a": [whole]}),
            ] {
                let told = rendered(config).unwrap_err();
                assert!(told.contains("larger than 8388608 bytes"), "{told}");
            }
            assert!(rendered(json!({ "a": reference.repeat(7) })).is_ok());
        }
        let told = rendered(json!({ "a": "{{ 1 }}".repeat(1_001) })).unwrap_err();
        assert!(told.contains("at most 1000"), "{told}");
    }

    #[test]
    fn nothing_more_is_filled_in_once_it_is_told_to_stop() {
        let stop = CancellationToken::new();
        stop.cancel();
        let told = rendered_until(json!({"a": "{{ workflow.id }}"}), &stop).unwrap_err();
        assert!(told.contains("told to stop"), "{told}");
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
