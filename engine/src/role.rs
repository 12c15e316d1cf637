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

/// What kind of somebody asks. Names are unique within a kind at most: a token may be called like a
/// person, and is somebody else.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum ActorKind {
    /// Somebody who signs in.
    Person,
    /// A program with an API token.
    Token,
    /// The program that embeds the engine.
    Program,
}

impl ActorKind {
    /// All kinds.
    pub const ALL: [Self; 3] = [Self::Person, Self::Token, Self::Program];

    /// The word used in events and keys.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Person => "person",
            Self::Token => "token",
            Self::Program => "program",
        }
    }
}

/// Somebody who asks for something: a signed-in person, a token or the program itself.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Actor {
    /// What they are.
    pub kind: ActorKind,
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
            kind: ActorKind::Program,
            name: "program".into(),
            role: Role::Owner,
        }
    }

    /// A person who signed in.
    #[must_use]
    pub fn person(name: impl Into<String>, role: Role) -> Self {
        Self {
            kind: ActorKind::Person,
            name: name.into(),
            role,
        }
    }

    /// A program that comes with an API token of this name.
    #[must_use]
    pub fn token(name: impl Into<String>, role: Role) -> Self {
        Self {
            kind: ActorKind::Token,
            name: name.into(),
            role,
        }
    }

    /// Whether this actor's role is at least `needed`.
    #[must_use]
    pub fn may(&self, needed: Role) -> bool {
        self.role >= needed
    }
}
