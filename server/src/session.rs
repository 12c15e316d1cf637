//! The cookie of a session: its layer, signing in and signing out.

use axum::extract::Request;
use tower_sessions::cookie::SameSite;
use tower_sessions::cookie::time::Duration;
use tower_sessions::session::Error;
use tower_sessions::{Expiry, Session, SessionManagerLayer};

use crate::secret;
use crate::shared::Shared;
use crate::store::{ACCOUNT_KEY, Sessions};

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

/// What is kept of the session whose cookie came with the request.
pub fn hash_of(request: &Request) -> Option<[u8; 32]> {
    let session = request.extensions().get::<Session>()?;
    session.id().map(|id| secret::hash(&id.to_string()))
}

/// Starts a session of this account, with a new id.
///
/// # Errors
/// Those of the store.
pub async fn begin(session: &Session, account: i64) -> Result<(), Error> {
    // A cookie that somebody else put into this browser must not become a session.
    session.clear().await;
    session.cycle_id().await?;
    session.insert(ACCOUNT_KEY, account).await?;
    session.save().await
}

/// Ends the session.
///
/// # Errors
/// Those of the store.
pub async fn end(session: &Session) -> Result<(), Error> {
    session.flush().await
}
