//! Who asks, and by what that is known. Only the access layer makes these.

use axum::extract::FromRequestParts;
use axum::http::request::Parts;
use engine::Actor;

use crate::problem::ApiProblem;
use crate::shared::Shared;
use crate::store::StoreError;

/// By what somebody is known; kept as a hash only.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Credential {
    /// The cookie of a session.
    Session([u8; 32]),
    /// A token in the header.
    Token([u8; 32]),
}

impl Credential {
    /// Whom it stands for now; nobody when it ended, was taken back or disabled. `used` says that
    /// a person does something with it, which keeps a session from going idle.
    ///
    /// # Errors
    /// Those of the database.
    pub async fn actor(&self, shared: &Shared, used: bool) -> Result<Option<Actor>, StoreError> {
        match self {
            Self::Session(hash) => shared.sessions.actor(hash, used).await,
            Self::Token(hash) => shared.accounts.token_actor(hash).await,
        }
    }
}

/// Somebody who was let in.
#[derive(Debug, Clone)]
pub struct Caller {
    /// Their name and role.
    pub actor: Actor,
    /// By what they are known.
    pub credential: Credential,
}

impl<S: Send + Sync> FromRequestParts<S> for Caller {
    type Rejection = ApiProblem;

    async fn from_request_parts(parts: &mut Parts, _state: &S) -> Result<Self, ApiProblem> {
        let caller = parts.extensions.get::<Self>().cloned();
        caller.ok_or_else(|| ApiProblem::unauthorized("nobody is signed in"))
    }
}
