//! What of a configuration is known before anything is filled in.

use serde_json::{Map, Value};

use super::template;

/// The configuration with null in place of every text that holds a reference. Everything else
/// keeps its place.
#[must_use]
pub fn without(config: &Map<String, Value>) -> Map<String, Value> {
    let entries = config.iter();
    entries
        .map(|(name, value)| (name.clone(), known(value)))
        .collect()
}

fn known(value: &Value) -> Value {
    match value {
        Value::String(text) if template::is_template(text) => Value::Null,
        Value::Array(list) => list.iter().map(known).collect(),
        Value::Object(map) => Value::Object(without(map)),
        other => other.clone(),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn texts_with_references_become_null_and_the_rest_keeps_its_place() {
        let config =
            json!({"a": "x {{ y }}", "b": [1, "{{ y }}", "z"], "c": {"{{ k }}": "{{ y }}"}});
        let wanted = json!({"a": null, "b": [1, null, "z"], "c": {"{{ k }}": null}});
        assert_eq!(Value::Object(without(config.as_object().unwrap())), wanted);
    }
}
