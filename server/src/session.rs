//! The cookie of a session: its layer, signing in and signing out.

use axum::extract::Request;
use axum::http::header::{COOKIE, HeaderMap};
use tower_sessions::cookie::SameSite;
use tower_sessions::cookie::time::Duration;
use tower_sessions::session::Error;
use tower_sessions::{Expiry, Session, SessionManagerLayer};

use crate::problem::ApiProblem;
use crate::secret;
use crate::shared::Shared;
use crate::store::{self, ACCOUNT_KEY, Sessions};

/// The cookie's name over plain http; a browser would drop a `__Host-` one there.
const NAME: &str = "sid";
/// The cookie's name over https.
const SECURE_NAME: &str = "__Host-sid";

/// The layer that reads and sets the cookie.
pub fn layer(shared: &Shared) -> SessionManagerLayer<Sessions> {
    let secure = shared.hosts.is_https();
    let limit = i64::try_from(shared.session_limit.as_secs()).unwrap_or(i64::MAX);
    SessionManagerLayer::new(shared.sessions.clone())
        .with_name(if secure { SECURE_NAME } else { NAME })
        .with_same_site(SameSite::Lax)
        .with_http_only(true)
        .with_secure(secure)
        .with_path("/")
        .with_expiry(Expiry::OnInactivity(Duration::seconds(limit)))
}

/// Whether a cookie of a session came with the request, valid or not.
pub fn is_shown(headers: &HeaderMap) -> bool {
    let cookies = headers.get_all(COOKIE).into_iter();
    let texts = cookies.filter_map(|cookies| cookies.to_str().ok());
    let mut names = texts.flat_map(|text| text.split(';').filter_map(|one| one.split_once('=')));
    names.any(|(name, _)| matches!(name.trim(), NAME | SECURE_NAME))
}

/// What is kept of the session whose cookie came with the request.
pub fn hash_of(request: &Request) -> Option<[u8; 32]> {
    let session = request.extensions().get::<Session>()?;
    session.id().map(|id| secret::hash(&id.to_string()))
}

/// Starts a session of this account, with a new id.
///
/// # Errors
/// 503 or 507 while the store cannot keep it, 500 for a fault.
pub async fn begin(session: &Session, account: i64) -> Result<(), ApiProblem> {
    // A cookie that somebody else put into this browser must not become a session.
    session.clear().await;
    session.cycle_id().await.map_err(problem)?;
    let inserted = session.insert(ACCOUNT_KEY, account).await;
    inserted.map_err(problem)?;
    session.save().await.map_err(problem)
}

/// Ends the session.
///
/// # Errors
/// 503 or 507 while the store cannot note it, 500 for a fault: it goes on then.
pub async fn end(session: &Session) -> Result<(), ApiProblem> {
    session.flush().await.map_err(problem)
}

fn problem(error: Error) -> ApiProblem {
    match store::hindrance_of_session(&error) {
        Some(hindrance) => ApiProblem::hindered(hindrance),
        None => ApiProblem::from_fault(&error),
    }
}
