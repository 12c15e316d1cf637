//! Who may come in. Everything is closed but an exact list of public paths, compared as they were
//! sent: nothing is decoded, no slash added or removed, no letter changed.

use std::net::{IpAddr, SocketAddr};

use app::api::ApiError;
use app::api::account::NobodyYet;
use axum::Json;
use axum::extract::{ConnectInfo, Request, State};
use axum::http::header::{ACCEPT, AUTHORIZATION, HeaderMap, REFERER};
use axum::http::{Method, StatusCode, Uri};
use axum::middleware::Next;
use axum::response::{IntoResponse, Redirect, Response};

use crate::caller::{Caller, Credential};
use crate::problem::ApiProblem;
use crate::shared::Shared;
use crate::{next_page, paths, plain_page, posted, secret, session, site};

/// The paths that anybody may ask for. Static files of the site are public too.
pub const PUBLIC: [&str; 6] = [
    paths::LOGIN,
    paths::SETUP,
    paths::LIVE,
    paths::READY,
    paths::ICON,
    paths::OLD_ICON,
];

/// Whether anybody may ask for this path.
#[must_use]
pub fn is_public(path: &str) -> bool {
    PUBLIC.contains(&path) || site::has_file(paths::FILES, path)
}

/// What kind of answer a visitor of this path understands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Audience {
    /// A program: problem JSON, never a redirect.
    Program,
    /// A page's script or form: a status.
    Script,
    /// A person: a page or a redirect.
    Person,
}

impl Audience {
    /// By the path as it was sent.
    #[must_use]
    pub fn of(path: &str) -> Self {
        let within = |prefix: &str| {
            let rest = path.strip_prefix(prefix);
            rest.is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
        };
        if within(paths::API) {
            Self::Program
        } else if within(paths::SERVER_FUNCTIONS) || within(paths::STREAMS) {
            Self::Script
        } else {
            Self::Person
        }
    }
}

/// The layer: lets in who is known, and answers everybody else.
pub async fn layer(State(shared): State<Shared>, mut request: Request, next: Next) -> Response {
    let (shown, peer) = (shown(&request), peer(&request));
    match identify(&shared, shown, peer).await {
        Ok(Some(_)) if asks_for(&request, paths::LOGIN) => {
            Redirect::to(&next_of(&request)).into_response()
        }
        Ok(Some(caller)) => {
            request.extensions_mut().insert(caller.actor.clone());
            request.extensions_mut().insert(caller);
            next.run(request).await
        }
        Ok(None) if asks_for(&request, paths::LOGIN) => match shared.accounts.any().await {
            Ok(any) => {
                request.extensions_mut().insert(NobodyYet(!any));
                next.run(request).await
            }
            Err(error) => ApiProblem::from(error).answered_to(Audience::Person),
        },
        Ok(None) if is_public(request.uri().path()) => next.run(request).await,
        Ok(None) if posted::is_one(&request) => posted::keep(request).await,
        Ok(None) => turn_away(&request),
        Err(problem) => problem.answered_to(Audience::of(request.uri().path())),
    }
}

/// Whether somebody wants to see the page at `path`.
fn asks_for(request: &Request, path: &str) -> bool {
    matches!(*request.method(), Method::GET | Method::HEAD) && request.uri().path() == path
}

/// Where the sign-in page would have led.
fn next_of(request: &Request) -> String {
    let query = request.uri().query().unwrap_or_default();
    let mut pairs = url::form_urlencoded::parse(query.as_bytes());
    let next = pairs.find(|(name, _)| name == paths::NEXT);
    let next = next.map(|(_, value)| value.into_owned());
    next_page::local(next.as_deref().unwrap_or(paths::HOME)).to_owned()
}

/// What the request shows: a token where programs go, else the session's cookie.
fn shown(request: &Request) -> Option<Credential> {
    let is_program = Audience::of(request.uri().path()) == Audience::Program;
    match request.headers().get(AUTHORIZATION) {
        Some(header) if is_program => {
            let token = header.to_str().ok().and_then(bearer);
            Some(Credential::Token(secret::hash(token.unwrap_or(""))))
        }
        _ => session::hash_of(request).map(Credential::Session),
    }
}

/// Who that is.
async fn identify(
    shared: &Shared,
    shown: Option<Credential>,
    peer: Option<IpAddr>,
) -> Result<Option<Caller>, ApiProblem> {
    let Some(credential) = shown else {
        return Ok(None);
    };
    match (credential.actor(shared, true).await?, credential) {
        (Some(actor), _) => Ok(Some(Caller { actor, credential })),
        (None, Credential::Token(_)) => Err(bad_token(shared, peer)),
        (None, Credential::Session(_)) => Ok(None),
    }
}

fn bearer(header: &str) -> Option<&str> {
    let (scheme, token) = header.split_once(' ')?;
    scheme
        .eq_ignore_ascii_case("bearer")
        .then(|| token.trim())
        .filter(|token| !token.is_empty())
}

fn bad_token(shared: &Shared, peer: Option<IpAddr>) -> ApiProblem {
    match peer.map(|peer| shared.limit.failed(peer)) {
        Some(Err(wait)) => ApiProblem::too_many_attempts(wait.0),
        _ => {
            ApiProblem::unauthorized("the token is not valid, or the header is not `Bearer TOKEN`")
        }
    }
}

/// The address at the other end of the connection. Headers of proxies are not believed.
fn peer(request: &Request) -> Option<IpAddr> {
    let info = request.extensions().get::<ConnectInfo<SocketAddr>>();
    info.map(|ConnectInfo(address)| address.ip())
}

/// The answer to somebody who is not known.
fn turn_away(request: &Request) -> Response {
    let detail = "sign in, or send a token as `Authorization: Bearer TOKEN`";
    match Audience::of(request.uri().path()) {
        Audience::Program => ApiProblem::unauthorized(detail).into_response(),
        Audience::Script if wants_a_page(request.headers()) => {
            let back = referring_page(request.headers());
            plain_page::signed_out(StatusCode::UNAUTHORIZED, &paths::login(&back))
        }
        // The page that called reads the one error of its server functions.
        Audience::Script => (StatusCode::UNAUTHORIZED, Json(ApiError::SignedOut)).into_response(),
        Audience::Person => Redirect::to(&paths::login(&wanted_page(request))).into_response(),
    }
}

fn wants_a_page(headers: &HeaderMap) -> bool {
    let accept = headers.get(ACCEPT).and_then(|value| value.to_str().ok());
    accept.is_some_and(|accept| accept.contains("text/html"))
}

/// The page that somebody wanted to see; after signing in they are led there.
fn wanted_page(request: &Request) -> String {
    let is_read = matches!(*request.method(), Method::GET | Method::HEAD);
    let wanted = request.uri().path_and_query().map(|wanted| wanted.as_str());
    next_page::local(wanted.filter(|_| is_read).unwrap_or(paths::HOME)).to_owned()
}

/// The page that a form was on.
fn referring_page(headers: &HeaderMap) -> String {
    let referer = headers.get(REFERER).and_then(|value| value.to_str().ok());
    let page = referer.and_then(|text| text.parse::<Uri>().ok());
    let path = page.as_ref().and_then(|uri| uri.path_and_query());
    next_page::local(path.map_or(paths::HOME, |path| path.as_str())).to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_near_miss_of_a_public_path_is_not_public() {
        for path in PUBLIC {
            assert!(is_public(path));
            for miss in [
                format!("{path}/"),
                format!("/{path}"),
                format!("{path};x"),
                format!("{path}%20"),
                format!("{path}."),
                path.to_uppercase(),
                path.replacen('/', "/%2e/", 1),
                path.replacen('l', "%6c", 1) + "%00",
                format!("/x/..{path}"),
                format!("{path}?"),
            ] {
                assert!(!is_public(&miss), "{miss}");
            }
        }
    }

    #[test]
    fn only_paths_below_the_prefix_are_for_programs() {
        assert_eq!(Audience::of("/api/v1/workflows"), Audience::Program);
        assert_eq!(Audience::of("/api"), Audience::Program);
        assert_eq!(Audience::of("/apix"), Audience::Person);
        assert_eq!(Audience::of("//api/v1"), Audience::Person);
        assert_eq!(Audience::of("/fn/start"), Audience::Script);
        assert_eq!(Audience::of("/events/workflows/1"), Audience::Script);
    }

    #[test]
    fn a_token_comes_behind_the_word_bearer() {
        assert_eq!(bearer("Bearer abc"), Some("abc"));
        assert_eq!(bearer("bearer  abc "), Some("abc"));
        for wrong in ["abc", "Bearer", "Bearer ", "Basic abc"] {
            assert_eq!(bearer(wrong), None, "{wrong}");
        }
    }
}
