//! From a configuration struct to the description of its form.
//!
//! The struct's JSON Schema gives names, types, ranges, choices and defaults; its doc comments give
//! the help. Only shapes that a field can draw are accepted.

mod adapt;
mod order;
mod shape;

use engine::step_form::{FieldSpec, StepSpec};
use schemars::generate::SchemaSettings;
use serde_json::{Map, Value};

use crate::step::StepType;

pub(crate) use adapt::adapt;

/// No form can be drawn for a configuration struct.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("no form can be drawn for {rust_type}{}: {detail}", at(.field))]
pub struct ShapeError {
    /// The Rust type.
    pub rust_type: &'static str,
    /// The field, unless the whole struct is meant.
    pub field: Option<String>,
    /// What is in the way and what would do.
    pub detail: String,
}

fn at(field: &Option<String>) -> String {
    field
        .as_ref()
        .map(|name| format!(", field `{name}`"))
        .unwrap_or_default()
}

/// Describes a step type.
///
/// # Errors
/// Its configuration has a shape that no field can draw.
pub fn describe<T: StepType>() -> Result<StepSpec, ShapeError> {
    let rust_type = std::any::type_name::<T>();
    let error = |field: Option<&str>, detail: &str| ShapeError {
        rust_type,
        field: field.map(str::to_owned),
        detail: detail.to_owned(),
    };
    let settings = SchemaSettings::draft2020_12().with(|s| s.inline_subschemas = true);
    let schema = settings
        .into_generator()
        .into_root_schema_for::<T>()
        .to_value();
    let empty = Map::new();
    let schema = schema.as_object().unwrap_or(&empty);
    if schema.get("type") != Some(&Value::from("object")) {
        return Err(error(None, "it must be a struct with named fields"));
    }
    if schema.get("additionalProperties") != Some(&Value::Bool(false)) {
        return Err(error(None, "it must say #[serde(deny_unknown_fields)]"));
    }
    let help = text(schema, "description");
    if help.is_empty() {
        return Err(error(None, "it needs a doc comment that says what it does"));
    }
    let properties = schema
        .get("properties")
        .and_then(Value::as_object)
        .unwrap_or(&empty);
    let required = schema.get("required").and_then(Value::as_array);
    let mut fields = Vec::with_capacity(properties.len());
    for name in order::names::<T>(properties) {
        let property = properties
            .get(&name)
            .and_then(Value::as_object)
            .unwrap_or(&empty);
        let needed = required.is_some_and(|list| list.iter().any(|r| *r == name.as_str()));
        let field = field(&name, property, needed).map_err(|why| error(Some(&name), &why))?;
        fields.push(field);
    }
    Ok(StepSpec {
        task_type: T::TASK_TYPE.to_owned(),
        title: T::TITLE.to_owned(),
        help,
        output_help: T::OUTPUT.to_owned(),
        default_timeout: T::DEFAULT_TIMEOUT.as_secs_f64(),
        only_waits: T::ONLY_WAITS,
        switched_off: None,
        example: T::example(),
        fields,
        modes: T::modes(),
        probe_field: T::PROBE_FIELD.map(str::to_owned),
    })
}

fn field(name: &str, schema: &Map<String, Value>, required: bool) -> Result<FieldSpec, String> {
    let help = text(schema, "description");
    if help.is_empty() {
        return Err("it needs a doc comment that helps who fills it in".to_owned());
    }
    let default = schema.get("default").filter(|value| !value.is_null());
    let label = match text(schema, "title") {
        title if title.is_empty() => words(name),
        title => title,
    };
    Ok(FieldSpec {
        name: name.to_owned(),
        label,
        help,
        required,
        default: default.cloned(),
        unit: schema
            .get("unit")
            .and_then(Value::as_str)
            .map(str::to_owned),
        kind: shape::kind(schema)?,
    })
}

/// A text of the schema on one line.
fn text(schema: &Map<String, Value>, name: &str) -> String {
    let text = schema.get(name).and_then(Value::as_str).unwrap_or_default();
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// `working_dir` as a label: `Working dir`.
fn words(name: &str) -> String {
    let mut label = name.replace('_', " ");
    if let Some(first) = label.get_mut(0..1) {
        first.make_ascii_uppercase();
    }
    label
}

#[cfg(test)]
mod tests;
