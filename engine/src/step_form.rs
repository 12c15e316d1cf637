//! A step type described as data: what a form shows, and how a configuration is checked.
//!
//! The description comes from the step type's configuration struct (in the runtime); it travels to
//! the browser, where one renderer draws every form from it.

mod check;
mod fits;
mod mode;
mod number;
mod parse;
mod seconds;
mod show;

use serde::{Deserialize, Serialize};
use serde_json::Value;

pub use mode::ModeRule;
pub use parse::is_reference;
pub use seconds::{seconds_from_text, seconds_to_text};

/// What a person sees of one registered step type.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct StepSpec {
    /// The `task_type` that definitions name.
    pub task_type: String,
    /// What people call it.
    pub title: String,
    /// What it does, in a sentence or two.
    pub help: String,
    /// What it gives to later steps.
    pub output_help: String,
    /// Timeout of a step that names none, in seconds.
    pub default_timeout: f64,
    /// Whether it only waits, which no timeout stops.
    #[serde(default)]
    pub only_waits: bool,
    /// Why none of its steps may run on this server now, in a sentence without its full stop.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub switched_off: Option<String>,
    /// A filled configuration to start from.
    pub example: Value,
    /// Its fields, in the order they are shown.
    pub fields: Vec<FieldSpec>,
    /// The mode of a step that names none: that of the first rule that applies, else `retry`.
    #[serde(default)]
    pub modes: Vec<ModeRule>,
    /// The field that has to be filled for the mode `probe`; none when no step can have it.
    #[serde(default)]
    pub probe_field: Option<String>,
}

/// One field of a step type's configuration.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct FieldSpec {
    /// The name in JSON.
    pub name: String,
    /// The label.
    pub label: String,
    /// A sentence under the field.
    pub help: String,
    /// Whether it must be given.
    pub required: bool,
    /// What stands in for it when it is left out.
    pub default: Option<Value>,
    /// The unit of a number: `s`, `MiB` …
    pub unit: Option<String>,
    /// What may be entered.
    pub kind: FieldKind,
}

/// What may be entered into a field; closed and small, so that one renderer can draw them all.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum FieldKind {
    /// One line of text.
    Text,
    /// Several lines of text.
    LongText,
    /// A number.
    Number {
        /// The least allowed.
        min: Option<f64>,
        /// The most allowed.
        max: Option<f64>,
        /// Whether only whole numbers are allowed.
        whole: bool,
    },
    /// Yes or no.
    Toggle,
    /// One of a few words.
    Choice {
        /// The words.
        options: Vec<String>,
    },
    /// A list of texts, one on each line.
    Lines,
    /// A list of whole numbers, separated by commas.
    Numbers {
        /// The least allowed.
        min: Option<f64>,
        /// The most allowed.
        max: Option<f64>,
    },
    /// Names with texts, one `NAME=text` on each line.
    KeyValues,
    /// Anything, as JSON.
    Json,
}
