//! Naming a step of the same definition.

use std::fmt;

use engine::StepIndex;
use serde_json::Value;

/// A step of the same definition: its position from 0, or its key. Numbers and texts turn into one:
/// `.dependencies([0, 1])`, `.dependencies(["download"])`, `cx.output("download")`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum StepRef {
    /// Its position, from 0.
    Position(StepIndex),
    /// Its key: the one it was given, or its name in lower case with `_` for what is no letter and
    /// no digit.
    Key(String),
}

impl StepRef {
    pub(crate) fn to_json(&self) -> Value {
        match self {
            Self::Position(position) => Value::from(*position),
            Self::Key(key) => Value::from(key.as_str()),
        }
    }
}

impl From<StepIndex> for StepRef {
    fn from(position: StepIndex) -> Self {
        Self::Position(position)
    }
}

impl From<&str> for StepRef {
    fn from(key: &str) -> Self {
        Self::Key(key.to_owned())
    }
}

impl From<String> for StepRef {
    fn from(key: String) -> Self {
        Self::Key(key)
    }
}

impl fmt::Display for StepRef {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Position(position) => position.fmt(f),
            Self::Key(key) => write!(f, "\"{key}\""),
        }
    }
}
