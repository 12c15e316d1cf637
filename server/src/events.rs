//! The events of one workflow as a stream: a snapshot and then every event after it, or every
//! event after the number that the client names. Nothing is lost or doubled, because each round
//! reads the stored events above the last number sent; being woken only makes it sooner.

mod after;
mod follow;
mod frame;

use axum::extract::State;
use axum::http::HeaderMap;
use axum::http::header::{CACHE_CONTROL, HeaderName, HeaderValue};
use axum::response::sse::{KeepAlive, Sse};
use axum::response::{IntoResponse, Response};
use engine::WorkflowId;

use crate::api::number::Numbers;
use crate::api::query::Query;
use crate::caller::Caller;
use crate::problem::ApiProblem;
use crate::shared::Shared;

/// How often a quiet stream says that it is alive.
const HEARTBEAT: std::time::Duration = std::time::Duration::from_secs(15);

/// The stream, for pages by cookie and for programs by token.
///
/// # Errors
/// 400 for a number that is none, 403 for another site, 404 for an unknown workflow.
pub async fn stream(
    State(shared): State<Shared>,
    caller: Caller,
    headers: HeaderMap,
    numbers: Numbers,
    query: Query,
) -> Result<Response, ApiProblem> {
    refuse_other_sites(&headers)?;
    let id = numbers.of("id", "workflow").map(WorkflowId)?;
    let after = after::asked(&headers, &query)?;
    // Answers 403 and 404 before the stream begins.
    shared.service.workflow(&caller.actor, id).await?;
    let frames = follow::frames(shared, caller, id, after);
    let alive = KeepAlive::new().interval(HEARTBEAT).text("heartbeat");
    let mut response = Sse::new(frames).keep_alive(alive).into_response();
    let answer = response.headers_mut();
    answer.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    answer.insert(
        HeaderName::from_static("x-accel-buffering"),
        HeaderValue::from_static("no"),
    );
    Ok(response)
}

fn refuse_other_sites(headers: &HeaderMap) -> Result<(), ApiProblem> {
    let site = headers.get("sec-fetch-site").map(HeaderValue::as_bytes);
    match site {
        None | Some(b"same-origin" | b"none") => Ok(()),
        Some(_) => Err(ApiProblem::forbidden("streams are only for our own pages")),
    }
}
