//! The events of one workflow as a stream: a snapshot and then every event after it, or every
//! event after the number that the client names. Nothing is lost or doubled, because each round
//! reads the stored events above the last number sent; being woken only makes it sooner. The log of one of
//! its steps comes with them where a client asks for it. Beside it [what moves in a list](list) and
//! [the log of a step](log) by itself.

mod after;
mod crowd;
mod follow;
mod frame;
mod life;
pub mod list;
pub mod log;
mod settings;
mod tail;
mod topic;

use std::convert::Infallible;

use axum::body::{Body, Bytes};
use axum::extract::{Request, State};
use axum::http::Version;
use axum::http::header::{CACHE_CONTROL, CONTENT_TYPE, HeaderName};
use axum::response::{IntoResponse, Response};
use engine::WorkflowId;
use futures::Stream;

use crate::api::number::Numbers;
use crate::api::query::Query;
use crate::caller::{Caller, Credential};
use crate::origin;
use crate::problem::ApiProblem;
use crate::shared::Shared;
use follow::{Begin, Follower};
use life::{Life, Says};
use topic::{Place, Topic};

pub use crowd::Crowd;
pub use frame::{CROWDED, GONE, RESET, SNAPSHOT};
pub use settings::StreamSettings;
pub use tail::Tails;

/// The stream, for pages by cookie and for programs by token.
///
/// # Errors
/// 400 for a number that is none, 403 for another site, 404 for an unknown workflow or step, 503 when the
/// server holds as many streams as it may.
pub async fn stream(
    State(shared): State<Shared>,
    version: Version,
    caller: Caller,
    numbers: Numbers,
    query: Query,
    request: Request,
) -> Result<Response, ApiProblem> {
    refuse_foreign(&shared, &request)?;
    query.only(&["after", topic::LOG_OF, topic::LOG_AFTER])?;
    let id = numbers.of("id", "workflow").map(WorkflowId)?;
    let after = after::asked(request.headers(), &query)?;
    let place = Place::asked(id, &query)?;
    // Answers 403 and 404 before the stream begins.
    let last = shared.service.last_event(&caller.actor, id).await?;
    let topic = match place {
        Some(place) => Some(Topic::begin(&*shared.service, &caller.actor, place).await?),
        None => None,
    };
    let life = begin(shared, version, caller).await?;
    let follower = Follower::new(life, id, Begin::at(after, last), topic);
    Ok(answer(follower.frames()))
}

/// Refuses a request that another site's page makes, before anything is told.
fn refuse_foreign(shared: &Shared, request: &Request) -> Result<(), ApiProblem> {
    if origin::is_foreign(&shared.hosts, request) {
        return Err(ApiProblem::forbidden("streams are only for our own pages"));
    }
    Ok(())
}

/// The life of a stream that is asked for now.
async fn begin(shared: Shared, version: Version, caller: Caller) -> Result<Life, ApiProblem> {
    let is_page = matches!(caller.credential, Credential::Session(_));
    let is_narrow = is_page && version < Version::HTTP_2;
    shared.streams.settle(&caller.credential, is_narrow).await;
    let seat = shared.streams.enter(caller.credential, is_narrow);
    let seat = seat.map_err(|full| ApiProblem::unavailable(full.to_string()))?;
    Ok(Life::new(shared, caller, seat))
}

fn answer(frames: impl Stream<Item = Result<Bytes, Infallible>> + Send + 'static) -> Response {
    let headers: [(HeaderName, &str); 3] = [
        (CONTENT_TYPE, "text/event-stream"),
        (CACHE_CONTROL, "no-store"),
        // Proxies that collect an answer before they pass it on leave this one alone.
        (HeaderName::from_static("x-accel-buffering"), "no"),
    ];
    (headers, Body::from_stream(frames)).into_response()
}
