//! The events of one workflow as a stream: a snapshot and then every event after it, or every
//! event after the number that the client names. Nothing is lost or doubled, because each round
//! reads the stored events above the last number sent; being woken only makes it sooner.

mod after;
mod crowd;
mod follow;
mod frame;
mod settings;
mod tail;

use axum::body::Body;
use axum::extract::{Request, State};
use axum::http::Version;
use axum::http::header::{CACHE_CONTROL, CONTENT_TYPE, HeaderName};
use axum::response::{IntoResponse, Response};
use engine::WorkflowId;

use crate::api::number::Numbers;
use crate::api::query::Query;
use crate::caller::{Caller, Credential};
use crate::origin;
use crate::problem::ApiProblem;
use crate::shared::Shared;
use follow::{Begin, Follower};

pub use crowd::Crowd;
pub use frame::{CROWDED, RESET, SNAPSHOT};
pub use settings::StreamSettings;
pub use tail::Tails;

/// The stream, for pages by cookie and for programs by token.
///
/// # Errors
/// 400 for a number that is none, 403 for another site, 404 for an unknown workflow, 503 when the
/// server holds as many streams as it may.
pub async fn stream(
    State(shared): State<Shared>,
    version: Version,
    caller: Caller,
    numbers: Numbers,
    query: Query,
    request: Request,
) -> Result<Response, ApiProblem> {
    if origin::is_foreign(&shared.hosts, &request) {
        return Err(ApiProblem::forbidden("streams are only for our own pages"));
    }
    query.only(&["after"])?;
    let id = numbers.of("id", "workflow").map(WorkflowId)?;
    let after = after::asked(request.headers(), &query)?;
    // Answers 403 and 404 before the stream begins.
    let last = shared.service.last_event(&caller.actor, id).await?;
    let is_page = matches!(caller.credential, Credential::Session(_));
    let is_narrow = is_page && version < Version::HTTP_2;
    let seat = shared.streams.enter(caller.credential, is_narrow);
    let seat = seat.map_err(|full| ApiProblem::unavailable(full.to_string()))?;
    let begin = Begin::at(after, last);
    let frames = Follower::new(shared, caller, id, begin, seat).frames();
    let headers: [(HeaderName, &str); 3] = [
        (CONTENT_TYPE, "text/event-stream"),
        (CACHE_CONTROL, "no-store"),
        // Proxies that collect an answer before they pass it on leave this one alone.
        (HeaderName::from_static("x-accel-buffering"), "no"),
    ];
    Ok((headers, Body::from_stream(frames)).into_response())
}
