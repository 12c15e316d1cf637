//! What the sign-in and set-up pages are told by the routes that take their forms.

use leptos::prelude::{SharedValue, use_context};
use serde::{Deserialize, Serialize};

/// Why the sign-in page is shown again: the value of `problem` in its query.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SignInProblem {
    /// Name and password do not go together.
    Wrong,
    /// Too many tries; wait.
    TooMany,
}

/// Why the set-up page is shown again: the value of `problem` in its query.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SetUpProblem {
    /// The code is not the one that was printed, or it is too old.
    Code,
    /// The name cannot be used.
    Name,
    /// The password is too short or too common.
    Password,
    /// Too many tries; wait.
    TooMany,
}

impl SignInProblem {
    /// All of them.
    pub const ALL: [Self; 2] = [Self::Wrong, Self::TooMany];

    /// The word in the query.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Wrong => "wrong",
            Self::TooMany => "too-many",
        }
    }

    /// The sentence people read. It never says which part was wrong.
    #[must_use]
    pub const fn sentence(self) -> &'static str {
        match self {
            Self::Wrong => "That name and password do not go together.",
            Self::TooMany => "Too many tries. Wait a minute, then try again.",
        }
    }
}

impl SetUpProblem {
    /// All of them.
    pub const ALL: [Self; 4] = [Self::Code, Self::Name, Self::Password, Self::TooMany];

    /// The word in the query.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Code => "code",
            Self::Name => "name",
            Self::Password => "password",
            Self::TooMany => "too-many",
        }
    }

    /// The sentence people read.
    #[must_use]
    pub const fn sentence(self) -> &'static str {
        match self {
            Self::Code => {
                "The code is not right, or it is older than 30 minutes. The server prints it when it starts."
            }
            Self::Name => "The name needs 1 to 100 characters and no control characters.",
            Self::Password => {
                "The password needs at least 12 characters and must not be one that everybody uses."
            }
            Self::TooMany => "Too many tries. Start the server again to get a new code.",
        }
    }
}

/// Whether the server listens on this machine only; the server provides it in context for the
/// set-up page. There the page offers command steps, ticked.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct ListensOnLoopback(pub bool);

/// The same on both sides.
#[must_use]
pub fn listens_on_loopback() -> ListensOnLoopback {
    SharedValue::new(|| use_context::<ListensOnLoopback>().unwrap_or_default()).into_inner()
}
