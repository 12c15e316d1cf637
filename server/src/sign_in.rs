//! Signing in and out. The page is the application's; its form is posted here.
//!
//! A refused form leads back to the page with `problem` (`wrong`, `missing`), `name` and `next`
//! in the query, so that nothing typed but the password is lost.

use std::net::{IpAddr, SocketAddr};

use app::api::account::SignInWait;
use axum::extract::{ConnectInfo, Request, State};
use axum::http::header::{HeaderValue, RETRY_AFTER};
use axum::http::request::Parts;
use axum::http::{StatusCode, Uri};
use axum::response::{IntoResponse, Redirect, Response};
use tower_sessions::Session;

use crate::access::Audience;
use crate::form::{Fields, with_query};
use crate::problem::ApiProblem;
use crate::shared::Shared;
use crate::sign_in_limit::Wait;
use crate::store::Account;
use crate::{next_page, pages, paths, session};

/// Bytes of a name that go back into the page's address.
const NAME_BYTES_MAX: usize = 500;

/// What became of a name and a password.
enum Judged {
    Known(Account),
    Unknown,
    Limited(Wait),
}

/// `POST /login` with `name`, `password` and `next`.
pub async fn enter(
    State(shared): State<Shared>,
    ConnectInfo(peer): ConnectInfo<SocketAddr>,
    session: Session,
    parts: Parts,
    fields: Fields,
) -> Response {
    let (name, password) = (fields.text("name").trim(), fields.text("password"));
    let next = next_page::local(fields.text(paths::NEXT));
    // No account has a longer one.
    let shown = name.floor_char_boundary(NAME_BYTES_MAX);
    let shown = name.get(..shown).unwrap_or_default();
    let back = |problem: &str| {
        let query = [("problem", problem), ("name", shown), (paths::NEXT, next)];
        Redirect::to(&with_query(paths::LOGIN, &query)).into_response()
    };
    if name.is_empty() || password.is_empty() {
        return back("missing");
    }
    match judge(&shared, peer.ip(), name, password).await {
        Ok(Judged::Known(account)) => match session::begin(&session, account.id).await {
            Ok(()) => {
                tracing::info!(name = %account.actor.name, "signed in");
                Redirect::to(next).into_response()
            }
            Err(problem) => problem.answered_to(Audience::Person),
        },
        Ok(Judged::Unknown) => {
            tracing::warn!(name = %name, %peer, "a sign-in failed");
            back("wrong")
        }
        Ok(Judged::Limited(wait)) => {
            let page = with_query(paths::LOGIN, &[("name", shown), (paths::NEXT, next)]);
            too_many(&shared, parts, &page, wait).await
        }
        Err(problem) => problem.answered_to(Audience::Person),
    }
}

/// Takes as long, and says the same, whether there is such an account or not.
async fn judge(
    shared: &Shared,
    peer: IpAddr,
    name: &str,
    password: &str,
) -> Result<Judged, ApiProblem> {
    let hashing = |error| ApiProblem::from_fault(&error);
    let turn = shared.passwords.turn().await.map_err(hashing)?;
    // Asked only now: those who waited with us may have failed meanwhile.
    if let Err(wait) = shared.limit.check(peer) {
        return Ok(Judged::Limited(wait));
    }
    let account = shared.accounts.by_name(name).await?;
    let account = account.filter(|account| !account.disabled);
    let kept = account.as_ref().map(|account| account.password.as_str());
    let matches = shared.passwords.matches(&turn, password, kept).await;
    match account.filter(|_| matches.is_ok_and(|matches| matches)) {
        Some(account) => Ok(Judged::Known(account)),
        None => Ok(match shared.limit.failed(peer) {
            Ok(()) => Judged::Unknown,
            Err(wait) => Judged::Limited(wait),
        }),
    }
}

/// The sign-in page with what was typed but the password, which says how long to wait.
async fn too_many(shared: &Shared, parts: Parts, page: &str, wait: Wait) -> Response {
    let Wait(seconds) = wait;
    let mut request = pages::as_get(&Request::from_parts(parts, ()));
    // What was typed is percent-encoded, so the address can always be read.
    *request.uri_mut() = page.parse().unwrap_or(Uri::from_static(paths::LOGIN));
    request.extensions_mut().insert(SignInWait(seconds));
    let mut response = pages::draw(shared, request, None).await;
    *response.status_mut() = StatusCode::TOO_MANY_REQUESTS;
    let headers = response.headers_mut();
    headers.insert(RETRY_AFTER, HeaderValue::from(seconds));
    response
}

/// `POST /logout`
pub async fn leave(session: Session) -> Response {
    match session::end(&session).await {
        Ok(()) => Redirect::to(paths::LOGIN).into_response(),
        Err(problem) => problem.answered_to(Audience::Person),
    }
}
