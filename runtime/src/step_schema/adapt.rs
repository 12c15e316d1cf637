//! Fitting values that references gave into the fields they stand in.

use engine::step_form::{FieldKind, StepSpec};
use serde_json::{Map, Number, Value};

/// Turns what stands where a text belongs into its text, and a text that reads as a number or as
/// yes or no into that where one belongs. So `{{ steps.count.output.n }}` may be an argument of a
/// command, and a text put together from two references may be a number. A field that is null is
/// left out. What does not fit stays as it is, for the check to name.
pub(crate) fn adapt(spec: &StepSpec, config: &mut Map<String, Value>) {
    for field in &spec.fields {
        if field.kind != FieldKind::Json && config.get(&field.name) == Some(&Value::Null) {
            config.remove(&field.name);
        }
        let Some(value) = config.get_mut(&field.name) else {
            continue;
        };
        match (&field.kind, value) {
            (FieldKind::Text | FieldKind::LongText | FieldKind::Choice { .. }, value) => {
                to_text(value);
            }
            (FieldKind::Number { .. }, value) => to_number(value),
            (FieldKind::Toggle, Value::String(text)) => {
                if let Ok(yes) = text.trim().parse::<bool>() {
                    config.insert(field.name.clone(), Value::Bool(yes));
                }
            }
            (FieldKind::Lines, Value::Array(list)) => list.iter_mut().for_each(to_text),
            (FieldKind::Numbers { .. }, Value::Array(list)) => list.iter_mut().for_each(to_number),
            (FieldKind::KeyValues, Value::Object(map)) => map.values_mut().for_each(to_text),
            _ => {}
        }
    }
}

fn to_text(value: &mut Value) {
    if !value.is_string() {
        *value = Value::String(value.to_string());
    }
}

fn to_number(value: &mut Value) {
    let Value::String(text) = &*value else { return };
    let number = text.trim().parse::<Number>();
    if let Ok(number) = number {
        *value = Value::Number(number);
    }
}
