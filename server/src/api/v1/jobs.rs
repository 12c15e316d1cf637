//! `/jobs`

use axum::extract::State;
use axum::response::Response;
use engine::JobId;

use super::answer;
use crate::api::number::Numbers;
use crate::caller::Caller;
use crate::problem::ApiProblem;
use crate::shared::Shared;

/// The latest workflow of a job.
pub async fn workflow(
    State(shared): State<Shared>,
    caller: Caller,
    numbers: Numbers,
) -> Result<Response, ApiProblem> {
    let id = numbers.of("job_id", "job").map(JobId)?;
    let state = shared.service.workflow_of_job(&caller.actor, id).await?;
    Ok(answer::thing(state))
}
