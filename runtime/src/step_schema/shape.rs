//! Which field can hold what a schema describes.

use engine::step_form::FieldKind;
use serde_json::{Map, Value};

type Schema = Map<String, Value>;

const WHAT_WOULD_DO: &str = "use a text, a number, bool, an enum of words, Vec<String>, a Vec of \
                             whole numbers, BTreeMap<String, String> or serde_json::Value";

/// The kind of field for a property.
pub(super) fn kind(schema: &Schema) -> Result<FieldKind, String> {
    if let Some(options) = choice(schema) {
        return Ok(FieldKind::Choice { options });
    }
    for word in ["anyOf", "oneOf"] {
        let Some(list) = schema.get(word).and_then(Value::as_array) else {
            continue;
        };
        // An optional value is written as "this or null".
        let mut real = list.iter().filter(|s| !is_null(s));
        return match (real.next().and_then(Value::as_object), real.next()) {
            (Some(only), None) => kind(only),
            _ => Err(format!("it is one of several shapes; {WHAT_WOULD_DO}")),
        };
    }
    match single_type(schema)? {
        None if schema.contains_key("$ref") => Err(format!("it refers to itself; {WHAT_WOULD_DO}")),
        None => Ok(FieldKind::Json),
        Some("string") if schema.get("multiline") == Some(&Value::Bool(true)) => {
            Ok(FieldKind::LongText)
        }
        Some("string") => Ok(FieldKind::Text),
        Some("boolean") => Ok(FieldKind::Toggle),
        Some(word @ ("integer" | "number")) => Ok(FieldKind::Number {
            min: bound(schema, "minimum"),
            max: bound(schema, "maximum"),
            whole: word == "integer",
        }),
        Some("array") => list(schema),
        Some("object") if value_type(schema) == Some("string") => Ok(FieldKind::KeyValues),
        Some(other) => Err(format!(
            "{other} cannot be drawn like this; {WHAT_WOULD_DO}"
        )),
    }
}

fn list(schema: &Schema) -> Result<FieldKind, String> {
    let empty = Schema::new();
    let items = schema
        .get("items")
        .and_then(Value::as_object)
        .unwrap_or(&empty);
    match single_type(items)? {
        Some("string") if choice(items).is_none() => Ok(FieldKind::Lines),
        Some("integer") => Ok(FieldKind::Numbers {
            min: bound(items, "minimum"),
            max: bound(items, "maximum"),
        }),
        _ => Err(format!("it is a list of something else; {WHAT_WOULD_DO}")),
    }
}

/// The words of an enum without data, if that is what it is.
fn choice(schema: &Schema) -> Option<Vec<String>> {
    if let Some(words) = schema.get("enum").and_then(Value::as_array) {
        return words.iter().filter(|w| !w.is_null()).map(word).collect();
    }
    // With a doc comment on a word, each is written as a constant of its own.
    let list = schema.get("oneOf").and_then(Value::as_array)?;
    let real = list.iter().filter(|s| !is_null(s));
    real.map(|s| s.get("const").or_else(|| only(s)).and_then(word))
        .collect()
}

fn only(schema: &Value) -> Option<&Value> {
    match schema
        .get("enum")
        .and_then(Value::as_array)
        .map(Vec::as_slice)
    {
        Some([one]) => Some(one),
        _ => None,
    }
}

fn word(value: &Value) -> Option<String> {
    value.as_str().map(str::to_owned)
}

fn is_null(schema: &Value) -> bool {
    schema.get("type") == Some(&Value::from("null"))
}

/// The one type beside null; none when anything is allowed.
fn single_type(schema: &Schema) -> Result<Option<&str>, String> {
    match schema.get("type") {
        None => Ok(None),
        Some(Value::String(one)) => Ok(Some(one)),
        Some(Value::Array(list)) => {
            let mut real = list
                .iter()
                .filter_map(Value::as_str)
                .filter(|t| *t != "null");
            match (real.next(), real.next()) {
                (first, None) => Ok(first),
                _ => Err(format!("it has several types; {WHAT_WOULD_DO}")),
            }
        }
        Some(other) => Err(format!("its type is {other}; {WHAT_WOULD_DO}")),
    }
}

fn value_type(schema: &Schema) -> Option<&str> {
    schema.get("additionalProperties")?.get("type")?.as_str()
}

fn bound(schema: &Schema, name: &str) -> Option<f64> {
    schema.get(name).and_then(Value::as_f64)
}
