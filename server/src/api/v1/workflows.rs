//! `/workflows`

use axum::extract::State;
use axum::response::Response;
use engine::orchestrator::{
    DefinitionSource, NewWorkflowRequest, WorkflowFilter, WorkflowSelection,
};
use engine::{DefinitionId, JobId, WorkflowId};
use serde_json::Value;

use super::answer;
use crate::api::body::{Fields, Json};
use crate::api::command_id::CommandId;
use crate::api::number::Numbers;
use crate::api::query::{Query, wrong};
use crate::caller::Caller;
use crate::paths::v1 as at;
use crate::problem::ApiProblem;
use crate::shared::Shared;

/// Workflows, newest first.
pub async fn list(
    State(shared): State<Shared>,
    caller: Caller,
    query: Query,
) -> Result<Response, ApiProblem> {
    query.only(&["status", "q", "definition", "limit", "cursor"])?;
    let selection = match query.get("status") {
        None => WorkflowSelection::All,
        Some(word) => WorkflowSelection::from_word(word).ok_or_else(|| {
            wrong(
                "status",
                "must be active, failed, recoverable or a workflow's state",
            )
        })?,
    };
    let text = query
        .get("q")
        .map(str::trim)
        .filter(|text| !text.is_empty());
    let filter = WorkflowFilter {
        selection,
        query: text.map(str::to_owned),
        definition: query.whole("definition", "from 1")?.map(DefinitionId),
        limit: query.limit()?,
        before: query.cursor()?.map(WorkflowId),
    };
    let page = shared.service.list(&caller.actor, &filter).await?;
    Ok(answer::list(
        &page.items,
        page.next.map(|next| next.to_string()),
    ))
}

/// Creates one, and starts it if asked to.
pub async fn create(
    State(shared): State<Shared>,
    caller: Caller,
    CommandId(command_id): CommandId,
    Json(body): Json,
) -> Result<Response, ApiProblem> {
    let request = NewWorkflowRequest {
        command_id,
        ..read(body)?
    };
    let state = shared.service.submit(&caller.actor, request).await?;
    Ok(answer::created(at::WORKFLOW, state.id.0, state))
}

fn read(body: Value) -> Result<NewWorkflowRequest, ApiProblem> {
    let mut fields = Fields::new(body)?;
    let definition = match fields.take("definition") {
        Some(Value::Number(number)) if number.is_i64() => number
            .as_i64()
            .map(|id| DefinitionSource::Saved(DefinitionId(id))),
        Some(inline @ Value::Object(_)) => Some(DefinitionSource::Inline(inline)),
        other => {
            let must = "the number of a saved definition or a definition";
            let detail = match other {
                None => format!("is missing; give {must}"),
                Some(_) => format!("must be {must}"),
            };
            fields.wrong("definition", detail);
            None
        }
    };
    let job_id = fields.whole("job_id", 1).map(JobId);
    let parameters = fields.object("parameters");
    let metadata = fields.object("metadata");
    let start = fields.truth("start");
    fields.end()?;
    // Without a definition the reading has ended above.
    let definition = definition.ok_or_else(|| ApiProblem::invalid(Vec::new()))?;
    Ok(NewWorkflowRequest {
        definition,
        job_id,
        parameters,
        metadata,
        start,
        command_id: None,
    })
}

/// One workflow.
pub async fn get(
    State(shared): State<Shared>,
    caller: Caller,
    numbers: Numbers,
) -> Result<Response, ApiProblem> {
    let id = numbers.of("id", "workflow").map(WorkflowId)?;
    let state = shared.service.workflow(&caller.actor, id).await?;
    Ok(answer::thing(state))
}

/// How far one is, in the reference's shape.
pub async fn progress(
    State(shared): State<Shared>,
    caller: Caller,
    numbers: Numbers,
) -> Result<Response, ApiProblem> {
    let id = numbers.of("id", "workflow").map(WorkflowId)?;
    let progress = shared.service.progress(&caller.actor, id).await?;
    Ok(answer::thing(progress))
}
