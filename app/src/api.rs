//! What context holds for the server functions, and the one error they answer with.
//!
//! The server provides two values in Leptos' context before it runs a page or a server function:
//! `Arc<dyn engine::Service>` and, for a signed-in visitor, `engine::Actor`.

pub mod account;
pub mod command_id;
pub mod definitions;
mod error;
pub mod step_types;
mod text;
pub mod visit;
pub mod workflows;

pub use error::ApiError;
use text::Answer;

#[cfg(feature = "ssr")]
pub use on_server::{answer, current_user, go_back_to, go_back_with, now, service};

#[cfg(feature = "ssr")]
mod on_server {
    use std::sync::Arc;
    use std::time::SystemTime;

    use engine::{Actor, JobOrchestratorError, Service, Timestamp};
    use leptos::prelude::use_context;
    use leptos::server_fn::ServerFn;
    use server_fn::error::ServerFnUrlError;

    use super::ApiError;

    /// The service that does everything.
    ///
    /// # Errors
    /// When the server did not provide it: a fault of ours.
    pub fn service() -> Result<Arc<dyn Service>, ApiError> {
        use_context::<Arc<dyn Service>>()
            .ok_or_else(|| ApiError::Fault("no service".to_owned()).answered())
    }

    /// Who asks. The first line of every server function.
    ///
    /// # Errors
    /// When nobody is signed in.
    pub fn current_user() -> Result<Actor, ApiError> {
        use_context::<Actor>().ok_or_else(|| ApiError::SignedOut.answered())
    }

    /// Turns an answer of the contract into one of a server function, and gives the response its
    /// status.
    ///
    /// # Errors
    /// Those of the contract.
    pub fn answer<T>(result: Result<T, JobOrchestratorError>) -> Result<T, ApiError> {
        result.map_err(|error| ApiError::from(error).answered())
    }

    /// What time it is at the server, sent with each page so that both sides draw the same.
    #[must_use]
    pub fn now() -> Timestamp {
        let since = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH);
        let micros = since.unwrap_or_default().as_micros();
        Timestamp::from_micros(i64::try_from(micros).unwrap_or(i64::MAX))
    }

    /// Sends a form that was posted without scripts back to its page. With scripts the page is
    /// still there and nothing happens.
    pub fn go_back_to(path: &str) {
        if super::error::is_plain_form() {
            leptos_axum::redirect(path);
        }
    }

    /// Sends a form that was posted without scripts to a page of its action that shows the error,
    /// instead of the address that it was posted from.
    pub fn go_back_with<A: ServerFn<Error = ApiError>>(path: &str, error: &ApiError) {
        // Only to put it together: addresses of our own name no host.
        const HOST: &str = "http://localhost";
        let told = ServerFnUrlError::new(A::PATH, error.clone());
        if super::error::is_plain_form()
            && let Ok(url) = told.to_url(&format!("{HOST}{path}"))
        {
            leptos_axum::redirect(url.as_str().trim_start_matches(HOST));
        }
    }
}
