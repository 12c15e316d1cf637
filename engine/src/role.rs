//! Who may do what. Every command names the role it needs, and the service layer asks here.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

/// The four roles; each may do everything the ones before it may.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Role {
    /// Sees everything, changes nothing.
    Viewer,
    /// Starts, pauses, resumes, cancels and recovers workflows.
    Operator,
    /// Also writes definitions.
    Editor,
    /// Also manages people, tokens and what steps may do.
    Owner,
}

impl Role {
    /// All roles, lowest first.
    pub const ALL: [Self; 4] = [Self::Viewer, Self::Operator, Self::Editor, Self::Owner];

    /// The word used in tables, URLs and labels.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Viewer => "viewer",
            Self::Operator => "operator",
            Self::Editor => "editor",
            Self::Owner => "owner",
        }
    }
}

impl fmt::Display for Role {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// The text names no role.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("no such role; the roles are viewer, operator, editor and owner")]
pub struct UnknownRole;

impl FromStr for Role {
    type Err = UnknownRole;

    fn from_str(text: &str) -> Result<Self, UnknownRole> {
        Self::ALL
            .into_iter()
            .find(|role| role.as_str() == text)
            .ok_or(UnknownRole)
    }
}

/// Somebody who asks for something: a signed-in person, a token or the program itself.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Actor {
    /// The name shown in events.
    pub name: String,
    /// What they may do.
    pub role: Role,
}

impl Actor {
    /// The program that embeds the engine; it may do everything.
    #[must_use]
    pub fn program() -> Self {
        Self {
            name: "program".into(),
            role: Role::Owner,
        }
    }

    /// Whether this actor's role is at least `needed`.
    #[must_use]
    pub fn may(&self, needed: Role) -> bool {
        self.role >= needed
    }
}
