//! `/workflows/{id}/tasks`

use axum::extract::State;
use axum::response::Response;
use engine::{JobOrchestratorError, WorkflowId};

use super::answer;
use crate::api::number::Numbers;
use crate::api::query::Query;
use crate::caller::Caller;
use crate::problem::ApiProblem;
use crate::shared::Shared;

/// One task's output and tries.
pub async fn get(
    State(shared): State<Shared>,
    caller: Caller,
    numbers: Numbers,
) -> Result<Response, ApiProblem> {
    let id = numbers.of("id", "workflow").map(WorkflowId)?;
    let task = numbers.index("index", "step")?;
    let detail = shared.service.task(&caller.actor, id, task).await?;
    Ok(answer::thing(detail))
}

/// One try of a task, with all that it gave too late.
pub async fn attempt(
    State(shared): State<Shared>,
    caller: Caller,
    numbers: Numbers,
) -> Result<Response, ApiProblem> {
    let id = numbers.of("id", "workflow").map(WorkflowId)?;
    let task = numbers.index("index", "step")?;
    let number = numbers.of("attempt", "attempt")?;
    let unknown = |_| JobOrchestratorError::NotFound {
        what: "attempt",
        id: number,
    };
    let attempt = u32::try_from(number).map_err(unknown)?;
    let found = shared.service.attempt(&caller.actor, id, task, attempt);
    Ok(answer::thing(found.await?))
}

/// Lines of one task's log after line number `after` (or `cursor`, the `next_cursor` of the page
/// before), in order.
pub async fn log(
    State(shared): State<Shared>,
    caller: Caller,
    numbers: Numbers,
    query: Query,
) -> Result<Response, ApiProblem> {
    let id = numbers.of("id", "workflow").map(WorkflowId)?;
    let task = numbers.index("index", "step")?;
    query.only(&["after", "limit", "cursor"])?;
    let limit = query.limit()?;
    let cursor = query
        .cursor()?
        .and_then(|cursor| u64::try_from(cursor).ok());
    let after = query.whole("after", "from 0")?;
    let after = cursor.or(after).unwrap_or(0);
    let page = shared
        .service
        .log(&caller.actor, id, task, after, limit)
        .await?;
    let sent = page.lines.last().map(|line| line.number);
    let next = sent.filter(|sent| *sent < page.last);
    Ok(answer::list(&page.lines, next.map(|next| next.to_string())))
}
