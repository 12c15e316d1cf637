//! The forms that are posted to the URL of their own page: the builder and the start form. The
//! application says what comes of them; here the body is read and the answer is sent.

use app::posted::{Pairs, PostedAnswer, PostedTo, answer};
use axum::body::Body;
use axum::extract::{Extension, Request, State};
use axum::http::header::{CONTENT_TYPE, HOST, HeaderMap};
use axum::http::{Method, StatusCode};
use axum::response::{IntoResponse, Redirect, Response};
use engine::Actor;

use crate::shared::Shared;
use crate::{body_limit, pages, paths, plain_page};

/// `POST` of a form to the page it is on.
pub async fn take(
    State(shared): State<Shared>,
    Extension(actor): Extension<Actor>,
    request: Request<Body>,
) -> Response {
    let path = request.uri().path().to_owned();
    let Some(to) = PostedTo::of_path(&path) else {
        return pages::draw(&shared, pages::as_get(&request), None).await;
    };
    let blank = pages::as_get(&request);
    let host = text(request.headers(), HOST.as_str());
    let pairs = match pairs(&path, request).await {
        Ok(pairs) => pairs,
        Err(response) => return response,
    };
    match answer(shared.service.as_ref(), &actor, to, &pairs, &host).await {
        PostedAnswer::SeeOther(path) => Redirect::to(&path).into_response(),
        PostedAnswer::Draw(page) => pages::draw(&shared, blank, Some(*page)).await,
        PostedAnswer::DrawAsGet => pages::draw(&shared, blank, None).await,
        PostedAnswer::Unreadable(why) => {
            tracing::info!(%why, "a posted form cannot be read");
            unreadable()
        }
    }
}

/// Whether somebody who is not known posts such a form.
#[must_use]
pub fn is_one(request: &Request) -> bool {
    request.method() == Method::POST
        && PostedTo::of_path(request.uri().path()).is_some()
        && is_form(request.headers())
}

fn is_form(headers: &HeaderMap) -> bool {
    text(headers, CONTENT_TYPE.as_str()).starts_with("application/x-www-form-urlencoded")
}

/// Keeps what somebody typed whose session has ended: the answer holds it all, to be posted again
/// after signing in elsewhere.
pub async fn keep(request: Request) -> Response {
    let path = request.uri().path().to_owned();
    match pairs(&path, request).await {
        Ok(pairs) => plain_page::keep_form(&path, &paths::login(paths::HOME), &pairs),
        Err(response) => response,
    }
}

async fn pairs(path: &str, request: Request<Body>) -> Result<Pairs, Response> {
    if !is_form(request.headers()) {
        return Err(unreadable());
    }
    let body = body_limit::read(path, request.into_body()).await;
    let body = body.map_err(|problem| match problem.into_response().status() {
        StatusCode::PAYLOAD_TOO_LARGE => plain_page::page(
            StatusCode::PAYLOAD_TOO_LARGE,
            "Too large",
            "What was sent is too large, so nothing was done. Go back to change it.",
            (paths::HOME, "Go to the start page"),
        ),
        _ => unreadable(),
    })?;
    Ok(url::form_urlencoded::parse(&body).into_owned().collect())
}

fn text(headers: &HeaderMap, name: &str) -> String {
    let value = headers.get(name).and_then(|value| value.to_str().ok());
    value.unwrap_or_default().to_owned()
}

fn unreadable() -> Response {
    plain_page::page(
        StatusCode::BAD_REQUEST,
        "Cannot be read",
        "What was sent is not the form of this page, so nothing was done. Go back to try again.",
        (paths::HOME, "Go to the start page"),
    )
}
