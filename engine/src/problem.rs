//! What is wrong with something a person or program sent, and where.

use std::fmt;

use serde::{Deserialize, Serialize};

/// One problem at one field.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Problem {
    /// JSON pointer in fragment form: `#/steps/0/config/seconds`.
    pub pointer: String,
    /// What is wrong and what would be right, in a sentence without its full stop.
    pub detail: String,
}

impl Problem {
    /// A problem at `pointer`.
    pub fn new(pointer: impl Into<String>, detail: impl Into<String>) -> Self {
        Self {
            pointer: pointer.into(),
            detail: detail.into(),
        }
    }

    /// The same problem seen from a document that holds this one at `prefix` (`/definition`).
    #[must_use]
    pub fn under(self, prefix: &str) -> Self {
        let rest = self.pointer.strip_prefix('#').unwrap_or(&self.pointer);
        Self {
            pointer: format!("#{prefix}{rest}"),
            detail: self.detail,
        }
    }
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.pointer, self.detail)
    }
}

/// One part of a JSON pointer with `~` and `/` escaped as RFC 6901 says.
#[must_use]
pub fn pointer_part(name: &str) -> String {
    name.replace('~', "~0").replace('/', "~1")
}
