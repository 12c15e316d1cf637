//! The id a client gives to a command: the header `Idempotency-Key`.

use axum::extract::FromRequestParts;
use axum::http::request::Parts;
use engine::command_id;

use crate::problem::ApiProblem;

/// The name of the header.
pub const HEADER: &str = "idempotency-key";

/// The command's id, when the client gave one. The same id has one effect and the same answer for
/// seven days.
#[derive(Debug, Clone)]
pub struct CommandId(pub Option<String>);

impl<S: Send + Sync> FromRequestParts<S> for CommandId {
    type Rejection = ApiProblem;

    async fn from_request_parts(parts: &mut Parts, _state: &S) -> Result<Self, ApiProblem> {
        let mut given = parts.headers.get_all(HEADER).into_iter();
        let Some(first) = given.next() else {
            return Ok(Self(None));
        };
        // Draft 7 of the header writes it as a string in quotes; plain values are common.
        let text = first.to_str().unwrap_or_default().trim().trim_matches('"');
        if given.next().is_some() || !command_id::is_usable(text) {
            let rule = command_id::RULE;
            return Err(ApiProblem::unreadable(format!(
                "the header Idempotency-Key must be one value of {rule}"
            )));
        }
        Ok(Self(Some(text.to_owned())))
    }
}
