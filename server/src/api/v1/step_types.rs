//! `/step-types`

use axum::extract::State;
use axum::response::Response;

use super::answer;
use crate::caller::Caller;
use crate::problem::ApiProblem;
use crate::shared::Shared;

/// What each step type is and which fields its configuration has.
pub async fn list(State(shared): State<Shared>, caller: Caller) -> Result<Response, ApiProblem> {
    let types = shared.service.step_types(&caller.actor).await?;
    Ok(answer::list(&types, None))
}
