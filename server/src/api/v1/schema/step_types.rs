//! What a step type is, and what a form of it shows.

use serde::Serialize;
use serde_json::Value;
use utoipa::ToSchema;

use super::words::Mode;

/// What a step type is.
#[derive(Serialize, ToSchema)]
pub struct StepType {
    pub task_type: String,
    pub title: String,
    pub help: String,
    pub output_help: String,
    /// Seconds.
    pub default_timeout: f64,
    /// It does nothing but wait, and what a step waits does not count against its timeout.
    pub only_waits: bool,
    /// Why none of its steps may run on this server now.
    #[schema(required = false)]
    pub switched_off: Option<String>,
    pub example: Value,
    pub fields: Vec<Field>,
    /// The mode of a step that names none: that of the first rule that applies, else `retry`.
    pub modes: Vec<ModeRule>,
    /// The field that has to be filled for the mode `probe`; null when no step can have it.
    pub probe_field: Option<String>,
}

/// A rule about steps that name no mode.
#[derive(Serialize, ToSchema)]
pub struct ModeRule {
    pub mode: Mode,
    /// The field it looks at; without one it always applies.
    #[schema(required = false)]
    pub field: String,
    /// The values with which it applies; without them the field need only be filled.
    #[schema(required = false)]
    pub is: Vec<Value>,
}

/// One field of a step type's configuration.
#[derive(Serialize, ToSchema)]
pub struct Field {
    pub name: String,
    pub label: String,
    pub help: String,
    pub required: bool,
    pub default: Option<Value>,
    pub unit: Option<String>,
    pub kind: FieldKind,
}

/// What may be entered into a field.
#[derive(Serialize, ToSchema)]
pub struct FieldKind {
    /// `text`, `long_text`, `number`, `toggle`, `choice`, `lines`, `numbers`, `key_values` or
    /// `json`.
    pub kind: String,
    /// The least number allowed.
    #[schema(required = false)]
    pub min: Option<f64>,
    /// The most allowed.
    #[schema(required = false)]
    pub max: Option<f64>,
    /// Whether only whole numbers are allowed.
    #[schema(required = false)]
    pub whole: bool,
    /// The words to choose from.
    #[schema(required = false)]
    pub options: Vec<String>,
}
