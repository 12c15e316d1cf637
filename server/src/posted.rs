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

#[cfg(test)]
mod tests {
    use std::net::{Ipv4Addr, SocketAddr};
    use std::time::{Duration, Instant};

    use axum::Router;
    use axum::body::to_bytes;
    use axum::extract::ConnectInfo;
    use axum::http::header::{AUTHORIZATION, COOKIE, LOCATION, ORIGIN, SET_COOKIE};
    use axum::http::request::Builder;
    use engine::Role;
    use runtime::Runtime;
    use runtime::database::Database;
    use runtime::store::sqlite::SqliteStore;
    use serde_json::{Value, json};
    use std::sync::Arc;
    use tempfile::TempDir;
    use tokio_util::sync::CancellationToken;
    use tower::ServiceExt;

    use super::*;
    use crate::moment::now;
    use crate::shared::around;
    use crate::{router, secret};

    const PASSWORD: &str = "correct horse";
    const FORM: &str = "application/x-www-form-urlencoded";
    const LONG: Duration = Duration::from_secs(60);

    async fn ask(app: &Router, request: Builder, body: String) -> (StatusCode, HeaderMap, String) {
        let peer = ConnectInfo(SocketAddr::from((Ipv4Addr::LOCALHOST, 4000)));
        let request = request.header(HOST, "localhost:3000").extension(peer);
        let request = request.body(Body::from(body)).unwrap();
        let response = app.clone().oneshot(request).await.unwrap();
        let (head, body) = response.into_parts();
        let body = to_bytes(body, usize::MAX).await.unwrap();
        (
            head.status,
            head.headers,
            String::from_utf8(body.into()).unwrap(),
        )
    }

    async fn post(
        app: &Router,
        path: &str,
        cookie: &str,
        body: &str,
    ) -> (StatusCode, HeaderMap, String) {
        let request = Request::post(path)
            .header(ORIGIN, "http://localhost:3000")
            .header(COOKIE, cookie)
            .header(CONTENT_TYPE, FORM);
        ask(app, request, body.to_owned()).await
    }

    /// What the page of a new definition posts when it is saved.
    fn form() -> String {
        let step = json!({
            "name": "Typed step", "key": "", "task_type": "noop", "config": {},
            "dependencies": [], "max_retries": "3", "timeout": "", "estimated_duration": "",
            "run_if": "ok", "max_lost": "3",
        });
        let draft = json!({
            "name": "Typed name", "max_recovery_attempts": "3", "on_failure": "stop",
            "parameters": format!("typed={}", "x".repeat(20_000)), "steps": [step],
        });
        let mut form = url::form_urlencoded::Serializer::new(String::new());
        form.append_pair("draft", &draft.to_string());
        form.append_pair("press", "save").finish()
    }

    #[tokio::test]
    async fn a_definition_that_a_full_disk_has_no_room_for_is_refused_and_stays_in_its_form() {
        let (folder, stopping) = (TempDir::new().unwrap(), CancellationToken::new());
        let database = Database::open(&folder.path().join("jobs.db"))
            .await
            .unwrap();
        let store = Arc::new(SqliteStore::new(database));
        let engine = Runtime::builder().store(store.clone());
        let engine = engine.start().await.unwrap();
        let shared = around(&engine, &folder, &stopping).await;
        let hash = shared.passwords.hash(PASSWORD).await.unwrap();
        shared
            .accounts
            .create_first("ada", &hash, now())
            .await
            .unwrap()
            .unwrap();
        let token = secret::hash("jo_token");
        shared
            .accounts
            .add_token(&token, "ci", Role::Editor, now())
            .await
            .unwrap();
        let app = router::build(&shared).unwrap();
        let (_, headers, _) = post(&app, paths::LOGIN, "", "name=ada&password=correct+horse").await;
        let cookie = headers[SET_COOKIE].to_str().unwrap();
        let cookie = cookie.split(';').next().unwrap().to_owned();

        // To SQLite a file that may not grow is a full disk.
        store.limit_pages(Some(1)).await.unwrap();
        let large = json!({"name": "Large", "parameters": {"x": "x".repeat(20_000)}, "steps": [
            {"name": "One", "task_type": "noop", "config": {}},
        ]});
        let begun = Instant::now();
        let problem = loop {
            let request = Request::post("/api/v1/definitions")
                .header(AUTHORIZATION, "Bearer jo_token")
                .header(CONTENT_TYPE, "application/json");
            let (status, _, body) = ask(&app, request, large.to_string()).await;
            // Pages that are free already may hold one more.
            if status != StatusCode::CREATED {
                assert_eq!(status, StatusCode::INSUFFICIENT_STORAGE, "{body}");
                break serde_json::from_str::<Value>(&body).unwrap();
            }
            assert!(begun.elapsed() < LONG, "the disk is never full");
        };
        assert_eq!(problem["type"], "urn:job-orchestrator:problem:disk_full");
        let page = loop {
            // The limit is gone with the connection that met it.
            store.limit_pages(Some(1)).await.unwrap();
            let (status, _, page) = post(&app, paths::NEW_DEFINITION, &cookie, &form()).await;
            if status != StatusCode::SEE_OTHER {
                assert_eq!(status, StatusCode::INSUFFICIENT_STORAGE, "{page}");
                break page;
            }
            assert!(begun.elapsed() < LONG, "the disk is never full");
        };
        for typed in ["Typed name", "Typed step", &"x".repeat(20_000)] {
            assert!(page.contains(typed), "{page}");
        }
        assert!(page.contains("disk of the server is full"), "{page}");

        store.limit_pages(None).await.unwrap();
        let begun = Instant::now();
        loop {
            let (status, headers, page) = post(&app, paths::NEW_DEFINITION, &cookie, &form()).await;
            if status == StatusCode::SEE_OTHER {
                let to = headers[LOCATION].to_str().unwrap();
                assert!(to.starts_with("/definitions/"), "{to}");
                break;
            }
            assert_eq!(status, StatusCode::INSUFFICIENT_STORAGE, "{page}");
            assert!(begun.elapsed() < LONG, "it never goes on");
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    }
}
