//! How large a body may be: 1 MiB, 4 MiB where the output of a step may be in it, and 8 MiB where a
//! definition may be.

use std::time::Duration;

use axum::body::{Body, Bytes};
use axum::extract::Request;
use axum::http::StatusCode;
use axum::http::header::CONTENT_LENGTH;
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use engine::definition::limits;
use futures::StreamExt;
use http_body_util::{LengthLimitError, Limited};

use crate::access::Audience;
use crate::problem::ApiProblem;
use crate::{paths, plain_page};

/// For most bodies.
const SMALL: usize = 1024 * 1024;
/// Where the output of a step may be in it: far more than that itself may have, which may be written
/// with spaces and escapes, so that its own limit refuses it and says why.
const MEDIUM: usize = 4 * limits::OUTPUT_BYTES_MAX;
/// Where a definition may be in it.
const LARGE: usize = 8 * 1024 * 1024;
/// A body that is too large is read up to here before the answer, so that a client that sends all
/// of it before it listens sees the answer instead of a broken connection.
const SWALLOWED_MOST: u64 = 64 * 1024 * 1024;
/// And for no longer than this.
const SWALLOWED_FOR: Duration = Duration::from_secs(10);

/// The limit for this path, in bytes.
#[must_use]
pub fn of(path: &str) -> usize {
    let definitions = path.strip_prefix(paths::v1::DEFINITIONS);
    let holds_definition = path == paths::v1::WORKFLOWS
        || definitions.is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
        || path.starts_with(paths::SERVER_FUNCTIONS)
        || app::posted::PostedTo::of_path(path).is_some();
    let holds_output = || {
        let mut routes = [paths::v1::MARK_DONE, paths::v1::RECOVER].into_iter();
        routes.any(|route| is_at(route, path))
    };
    if holds_definition {
        LARGE
    } else if holds_output() {
        MEDIUM
    } else {
        SMALL
    }
}

/// Whether a path is one of a route, whatever stands where the route has a number.
fn is_at(route: &str, path: &str) -> bool {
    let (route, mut path) = (route.split('/'), path.split('/'));
    for wanted in route {
        match path.next() {
            Some(given) if given == wanted || wanted.starts_with('{') => {}
            _ => return false,
        }
    }
    path.next().is_none()
}

/// The layer: 413 at once when the length is known, else when the limit is passed.
pub async fn layer(request: Request, next: Next) -> Response {
    let path = request.uri().path();
    let limit = of(path);
    let audience = Audience::of(path);
    let length = request.headers().get(CONTENT_LENGTH);
    let length = length.and_then(|length| length.to_str().ok()?.parse::<u64>().ok());
    if length.is_some_and(|length| length > limit as u64) {
        swallow(request.into_body()).await;
        return too_large(audience, limit);
    }
    let limited = request.map(|body| Body::new(Limited::new(body, limit)));
    next.run(limited).await
}

fn too_large(audience: Audience, limit: usize) -> Response {
    match audience {
        Audience::Person => plain_page::page(
            StatusCode::PAYLOAD_TOO_LARGE,
            "Too large",
            "What was sent is too large, so nothing was done.",
            (paths::HOME, "Go to the start page"),
        ),
        _ => ApiProblem::too_large(limit).into_response(),
    }
}

async fn swallow(body: Body) {
    let mut chunks = body.into_data_stream();
    let reading = async {
        let mut read = 0;
        while let Some(Ok(chunk)) = chunks.next().await {
            read += chunk.len() as u64;
            if read > SWALLOWED_MOST {
                return;
            }
        }
    };
    // Whether it came to its end does not matter: the answer is the same.
    let _ = tokio::time::timeout(SWALLOWED_FOR, reading).await;
}

/// Reads a whole body.
///
/// # Errors
/// 413 when it passes the path's limit, 400 when the connection breaks.
pub async fn read(path: &str, body: Body) -> Result<Bytes, ApiProblem> {
    axum::body::to_bytes(body, usize::MAX)
        .await
        .map_err(|error| {
            let mut cause: Option<&dyn std::error::Error> = Some(&error);
            while let Some(error) = cause {
                if error.is::<LengthLimitError>() {
                    return ApiProblem::too_large(of(path));
                }
                cause = error.source();
            }
            ApiProblem::unreadable("the body did not arrive whole")
        })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_bodies_with_a_definition_or_an_output_may_be_large() {
        assert_eq!(of("/api/v1/definitions"), LARGE);
        assert_eq!(of("/api/v1/definitions/7"), LARGE);
        assert_eq!(of("/api/v1/workflows"), LARGE);
        assert_eq!(of("/api/v1/workflows/7/start"), SMALL);
        assert_eq!(of("/api/v1/workflows/7/recover"), MEDIUM);
        assert_eq!(of("/api/v1/workflows/7/tasks/0/mark-done"), MEDIUM);
        for other in ["7/recover/", "recover", "7/tasks/0/skip", "7/mark-done"] {
            let path = format!("/api/v1/workflows/{other}");
            assert_eq!(of(&path), SMALL, "{path}");
        }
        assert_eq!(of("/definitions/7/edit"), LARGE);
        assert_eq!(of("/login"), SMALL);
    }
}
