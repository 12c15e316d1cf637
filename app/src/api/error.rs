//! The one error of all server functions.

use super::text::JsonText;
use engine::orchestrator::Hindrance;
use engine::problem::counted;
use engine::{JobOrchestratorError, Problem, Role};
use serde::{Deserialize, Serialize};
use server_fn::error::{FromServerFnError, ServerFnErrorErr};

/// Why a server function did not do what was asked. Nothing was changed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, thiserror::Error)]
pub enum ApiError {
    /// Nobody is signed in, or the session is over.
    #[error("you are signed out; sign in to go on")]
    SignedOut,
    /// The role is too low.
    #[error("this needs the role {needs}; an owner can give it to you")]
    Forbidden {
        /// The role it needs.
        needs: Role,
    },
    /// There is no such thing.
    #[error("there is no {what} {id}")]
    NotFound {
        /// What was looked for: `workflow`, `definition`, `step`.
        what: String,
        /// Its number.
        id: i64,
    },
    /// It does not fit the state; the sentence says which and what would be possible.
    #[error("{0}")]
    Refused(String),
    /// It clashes with what somebody else did in the meantime.
    #[error("{0}")]
    Conflict(String),
    /// What was sent is wrong, field by field.
    #[error("{} in what was sent", counted(.0.len()))]
    Invalid(Vec<Problem>),
    /// What was sent cannot be read at all. What stands in it is for programs: a page reads such an
    /// error from its own address, where anybody may have put it.
    #[error("what was sent cannot be read; load the page again and try once more")]
    Unreadable(String),
    /// Something beneath the service stands in the way just now.
    #[error("{}", hindered(*.0))]
    Hindered(#[from] Hindrance),
    /// The service is stopping.
    #[error("the service is stopping; try again in a moment")]
    Stopping,
    /// The server cannot be reached from here.
    #[error("the server cannot be reached; try again in a moment")]
    Unreachable,
    /// A fault of ours; the log has it under this code.
    #[error("something went wrong here; the log has it under {0}")]
    Fault(String),
}

/// What stands in the way, for people: how a command is sent again is the page's matter, not theirs.
fn hindered(hindrance: Hindrance) -> String {
    match hindrance {
        Hindrance::DatabaseAway => {
            "the server cannot reach its database just now; what runs goes on. Try again in a moment: \
             what is sent twice from one page is done once"
                .to_owned()
        }
        Hindrance::DatabaseDamaged => {
            "a part of the server's database that this needs is damaged, so nothing was done; whoever \
             runs the server has to restore it from a copy"
                .to_owned()
        }
        Hindrance::DiskFull | Hindrance::DiskNearlyFull | Hindrance::LogAway => {
            hindrance.to_string()
        }
    }
}

impl ApiError {
    /// The HTTP status that says the same: the only place where the two are matched.
    #[must_use]
    pub const fn status(&self) -> u16 {
        match self {
            Self::SignedOut => 401,
            Self::Forbidden { .. } => 403,
            Self::NotFound { .. } => 404,
            Self::Refused(_) | Self::Conflict(_) => 409,
            Self::Invalid(_) => 422,
            Self::Unreadable(_) => 400,
            Self::Stopping
            | Self::Unreachable
            | Self::Hindered(
                Hindrance::DatabaseAway | Hindrance::DatabaseDamaged | Hindrance::LogAway,
            ) => 503,
            Self::Hindered(Hindrance::DiskFull | Hindrance::DiskNearlyFull) => 507,
            Self::Fault(_) => 500,
        }
    }

    /// The same error, with the response's status set to it. A form posted without scripts keeps
    /// its redirect: the page it goes back to shows the error.
    #[cfg(feature = "ssr")]
    #[must_use]
    pub fn answered(self) -> Self {
        use leptos::prelude::use_context;
        if let Some(response) = use_context::<leptos_axum::ResponseOptions>()
            && !is_plain_form()
            && let Ok(status) = http::StatusCode::from_u16(self.status())
        {
            response.set_status(status);
        }
        self
    }
}

/// Whether the request is a form that was posted without scripts.
#[cfg(feature = "ssr")]
pub(super) fn is_plain_form() -> bool {
    use leptos::prelude::use_context;
    use_context::<http::request::Parts>().is_some_and(|parts| {
        let accept = parts.headers.get(http::header::ACCEPT);
        parts.method == http::Method::POST
            && accept
                .and_then(|value| value.to_str().ok())
                .is_some_and(|value| value.contains("text/html"))
    })
}

impl From<JobOrchestratorError> for ApiError {
    fn from(error: JobOrchestratorError) -> Self {
        let told = error.to_string();
        match error {
            JobOrchestratorError::SwitchedOff(_) => Self::Refused(told),
            JobOrchestratorError::Refused(refusal) => Self::Refused(refusal.to_string()),
            JobOrchestratorError::Conflict(detail) => Self::Conflict(detail),
            JobOrchestratorError::Invalid(problems) => Self::Invalid(problems),
            JobOrchestratorError::NotFound { what, id } => Self::NotFound {
                what: what.to_owned(),
                id,
            },
            JobOrchestratorError::Forbidden { needs } => Self::Forbidden { needs },
            JobOrchestratorError::Fault { code } => Self::Fault(code),
            JobOrchestratorError::Hindered(hindrance) => Self::Hindered(hindrance),
            JobOrchestratorError::Stopping => Self::Stopping,
        }
    }
}

impl FromServerFnError for ApiError {
    type Encoder = JsonText;

    fn from_server_fn_error(error: ServerFnErrorErr) -> Self {
        let own = match error {
            ServerFnErrorErr::Args(detail) | ServerFnErrorErr::MissingArg(detail) => {
                Self::Unreadable(detail)
            }
            ServerFnErrorErr::Request(_) => Self::Unreachable,
            // On the server it is what was sent that cannot be read, in the browser the answer: that
            // was none of ours but a proxy's page, or one of a server of another version.
            ServerFnErrorErr::Deserialization(detail) if cfg!(feature = "ssr") => {
                Self::Unreadable(detail)
            }
            ServerFnErrorErr::Deserialization(_) => Self::Unreachable,
            other => Self::Fault(other.to_string()),
        };
        #[cfg(feature = "ssr")]
        let own = own.answered();
        own
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_answer_of_the_contract_has_its_status() {
        let status = |error: JobOrchestratorError| ApiError::from(error).status();
        let what = "workflow";
        assert_eq!(status(JobOrchestratorError::NotFound { what, id: 7 }), 404);
        let needs = Role::Editor;
        assert_eq!(status(JobOrchestratorError::Forbidden { needs }), 403);
        assert_eq!(status(JobOrchestratorError::Invalid(Vec::new())), 422);
        assert_eq!(status(JobOrchestratorError::Conflict(String::new())), 409);
        assert_eq!(status(JobOrchestratorError::SwitchedOff(Vec::new())), 409);
        for (hindrance, expected) in [
            (Hindrance::DatabaseAway, 503),
            (Hindrance::DatabaseDamaged, 503),
            (Hindrance::LogAway, 503),
            (Hindrance::DiskFull, 507),
            (Hindrance::DiskNearlyFull, 507),
        ] {
            assert_eq!(status(JobOrchestratorError::Hindered(hindrance)), expected);
        }
        assert_eq!(ApiError::SignedOut.status(), 401);
    }

    #[test]
    fn what_stands_in_the_way_is_told_in_the_words_of_people() {
        let of_programs = ["command", " id", "header", "HTTP", "request"];
        for error in [
            JobOrchestratorError::Hindered(Hindrance::DatabaseAway),
            JobOrchestratorError::Hindered(Hindrance::DatabaseDamaged),
            JobOrchestratorError::Hindered(Hindrance::DiskFull),
            JobOrchestratorError::Hindered(Hindrance::DiskNearlyFull),
            JobOrchestratorError::Hindered(Hindrance::LogAway),
            JobOrchestratorError::Stopping,
        ] {
            let said = ApiError::from(error).to_string();
            let found: Vec<_> = of_programs
                .iter()
                .filter(|word| said.contains(**word))
                .collect();
            assert!(found.is_empty(), "{found:?}: {said}");
        }
    }
}
