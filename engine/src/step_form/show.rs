//! A field's JSON value → the text of it in a form.

use serde_json::{Map, Number, Value};

use super::{FieldKind, FieldSpec, is_reference};

impl FieldSpec {
    /// The text that [`FieldSpec::parse`] reads as `value`, as a person would type it.
    #[must_use]
    pub fn to_text(&self, value: &Value) -> String {
        let plain = match (&self.kind, value) {
            (_, Value::Null) => return String::new(),
            (FieldKind::Json, Value::String(text)) if is_reference(text) => text.clone(),
            (FieldKind::Json, _) => {
                return serde_json::to_string_pretty(value).unwrap_or_default();
            }
            (FieldKind::Text | FieldKind::LongText, Value::String(text)) => return text.clone(),
            (_, Value::Number(number)) => return number_text(number),
            (FieldKind::Toggle, Value::Bool(on)) => return if *on { "on" } else { "off" }.into(),
            (FieldKind::Lines | FieldKind::KeyValues, Value::String(text)) => quoted(text),
            (_, Value::String(text)) => return text.clone(),
            (FieldKind::Lines, Value::Array(items)) => joined(items, "\n"),
            (FieldKind::Numbers { .. }, Value::Array(items)) => joined(items, ", "),
            (FieldKind::KeyValues, Value::Object(entries)) => pairs(entries),
            _ => String::new(),
        };
        // What the plain form cannot say (a line break inside an item) is said in JSON.
        let as_read = self.parse(&plain);
        if as_read == Ok(Some(value.clone())) {
            plain
        } else {
            serde_json::to_string_pretty(value).unwrap_or_default()
        }
    }
}

fn quoted(text: &str) -> String {
    Value::from(text).to_string()
}

fn number_text(number: &Number) -> String {
    match number.as_f64() {
        Some(float) if number.is_f64() && float.fract() == 0.0 && float.abs() < 1e15 => {
            format!("{float:.0}")
        }
        _ => number.to_string(),
    }
}

fn joined(items: &[Value], between: &str) -> String {
    let texts: Vec<_> = items
        .iter()
        .map(|item| match item {
            Value::String(text) => text.clone(),
            other => other.to_string(),
        })
        .collect();
    texts.join(between)
}

fn pairs(entries: &Map<String, Value>) -> String {
    let lines: Vec<_> = entries
        .iter()
        .map(|(name, value)| format!("{name}={}", value.as_str().unwrap_or_default()))
        .collect();
    lines.join("\n")
}
