//! What can be done to a workflow. Each answers the workflow as it is then.

use axum::Json;
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use engine::{Action, JobOrchestratorError, Refusal, WorkflowId};

use crate::api::body::OptionalFields;
use crate::api::number::Numbers;
use crate::caller::Caller;
use crate::problem::ApiProblem;
use crate::shared::Shared;

/// Starts it; a paused one goes on.
pub async fn start(
    shared: State<Shared>,
    caller: Caller,
    numbers: Numbers,
    body: OptionalFields,
) -> Result<Response, ApiProblem> {
    bare(shared, caller, numbers, body, Action::Start).await
}

/// Starts nothing new until it is resumed.
pub async fn pause(
    shared: State<Shared>,
    caller: Caller,
    numbers: Numbers,
    body: OptionalFields,
) -> Result<Response, ApiProblem> {
    bare(shared, caller, numbers, body, Action::Pause).await
}

/// Lets it go on.
pub async fn resume(
    shared: State<Shared>,
    caller: Caller,
    numbers: Numbers,
    body: OptionalFields,
) -> Result<Response, ApiProblem> {
    bare(shared, caller, numbers, body, Action::Resume).await
}

/// Stops it for good. The answer comes at once; the state follows when nothing of it is alive.
pub async fn cancel(
    shared: State<Shared>,
    caller: Caller,
    numbers: Numbers,
    body: OptionalFields,
) -> Result<Response, ApiProblem> {
    bare(shared, caller, numbers, body, Action::Cancel).await
}

/// Does the step `from_step` again, and everything that needs it.
pub async fn recover(
    State(shared): State<Shared>,
    caller: Caller,
    numbers: Numbers,
    OptionalFields(mut fields): OptionalFields,
) -> Result<Response, ApiProblem> {
    let id = numbers.of("id", "workflow").map(WorkflowId)?;
    let from_step = match fields.take("from_step") {
        None => {
            fields.wrong(
                "from_step",
                "is missing; give the position of a step, from 0",
            );
            0
        }
        Some(value) => {
            let step = value.as_u64().and_then(|step| usize::try_from(step).ok());
            step.unwrap_or_else(|| {
                fields.wrong("from_step", "must be the position of a step, from 0");
                0
            })
        }
    };
    fields.end()?;
    carry_out(&shared, &caller, id, Action::Recover { from_step }).await
}

async fn bare(
    State(shared): State<Shared>,
    caller: Caller,
    numbers: Numbers,
    OptionalFields(fields): OptionalFields,
    action: Action,
) -> Result<Response, ApiProblem> {
    let id = numbers.of("id", "workflow").map(WorkflowId)?;
    fields.end()?;
    carry_out(&shared, &caller, id, action).await
}

async fn carry_out(
    shared: &Shared,
    caller: &Caller,
    id: WorkflowId,
    action: Action,
) -> Result<Response, ApiProblem> {
    match shared.service.act(&caller.actor, id, action).await {
        Ok(state) => Ok(Json(state).into_response()),
        Err(JobOrchestratorError::Refused(refusal)) => {
            let state = match &refusal {
                Refusal::State { status, .. } => Some(*status),
                _ => shared
                    .service
                    .workflow(&caller.actor, id)
                    .await
                    .ok()
                    .map(|w| w.summary.status),
            };
            let state = state.map(|state| state.as_str());
            Err(ApiProblem::refused(&refusal, state, action.as_str()))
        }
        Err(error) => Err(error.into()),
    }
}
