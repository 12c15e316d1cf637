//! How long a request may take until its answer begins.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::Poll;
use std::time::Duration;

use axum::body::Body;
use axum::extract::Request;
use axum::middleware::Next;
use axum::response::Response;
use futures::{StreamExt, stream};

use crate::access::Audience;
use crate::problem::ApiProblem;

/// Nothing may take longer until its answer begins; streams go on after that.
const LIMIT: Duration = Duration::from_secs(30);

/// The layer: 408 when the body of the request was still awaited, else 503.
pub async fn layer(request: Request, next: Next) -> Response {
    within(LIMIT, request, next).await
}

async fn within(limit: Duration, request: Request, next: Next) -> Response {
    let audience = Audience::of(request.uri().path());
    let awaits_body = Arc::new(AtomicBool::new(false));
    let request = watched(request, Arc::clone(&awaits_body));
    match tokio::time::timeout(limit, next.run(request)).await {
        Ok(response) => response,
        Err(_) if awaits_body.load(Ordering::Relaxed) => {
            ApiProblem::too_slow(limit).answered_to(audience)
        }
        Err(_) => ApiProblem::unavailable("this took too long").answered_to(audience),
    }
}

/// The request, whose body says in `awaits` whether somebody waits for more of it.
fn watched(request: Request, awaits: Arc<AtomicBool>) -> Request {
    request.map(|body| {
        if axum::body::HttpBody::is_end_stream(&body) {
            return body;
        }
        let mut chunks = body.into_data_stream();
        Body::from_stream(stream::poll_fn(move |cx| {
            let next = chunks.poll_next_unpin(cx);
            awaits.store(matches!(next, Poll::Pending), Ordering::Relaxed);
            next
        }))
    })
}

#[cfg(test)]
mod tests {
    use axum::http::StatusCode;
    use axum::middleware::from_fn;
    use axum::routing::post;
    use axum::{Router, body::Bytes};
    use tower::ServiceExt;

    use super::*;

    async fn status(body: Body) -> StatusCode {
        let read = post(async |_: Bytes| ());
        let hang = post(std::future::pending::<()>);
        let router = Router::new().route("/read", read).route("/hang", hang);
        let soon = Duration::from_millis(100);
        let router = router.layer(from_fn(move |request, next| within(soon, request, next)));
        let path = if axum::body::HttpBody::is_end_stream(&body) {
            "/hang"
        } else {
            "/read"
        };
        let request = Request::post(path).body(body).unwrap();
        router.oneshot(request).await.unwrap().status()
    }

    #[tokio::test]
    async fn a_body_that_never_ends_is_the_senders_fault_and_a_slow_answer_is_ours() {
        let begun = stream::iter([Ok::<_, std::io::Error>(Bytes::from_static(b"{"))]);
        let endless = Body::from_stream(begun.chain(stream::pending()));
        assert_eq!(status(endless).await, StatusCode::REQUEST_TIMEOUT);
        assert_eq!(status(Body::empty()).await, StatusCode::SERVICE_UNAVAILABLE);
        let whole = stream::iter([Ok::<_, std::io::Error>(Bytes::from_static(b"{}"))]);
        assert_eq!(status(Body::from_stream(whole)).await, StatusCode::OK);
    }
}
