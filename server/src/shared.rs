//! What every request may need: the service, the accounts, what is switched on.

use std::ops::Deref;
use std::sync::Arc;

use axum::extract::FromRef;
use engine::Service;
use leptos::config::LeptosOptions;
use tokio_util::sync::CancellationToken;

use crate::events::{Crowd, Tails};
use crate::hosts::Hosts;
use crate::password::Passwords;
use crate::setup_code::SetupCode;
use crate::sign_in_limit::SignInLimit;
use crate::store::{Accounts, Sessions};

/// The parts of a running server.
pub struct Parts {
    /// Does everything that has to do with workflows.
    pub service: Arc<dyn Service>,
    /// People and tokens.
    pub accounts: Accounts,
    /// Who is signed in.
    pub sessions: Sessions,
    /// Hashes and checks passwords.
    pub passwords: Passwords,
    /// Counts failed sign-ins and tokens.
    pub limit: SignInLimit,
    /// Guards the making of the first owner.
    pub setup_code: SetupCode,
    /// Which hosts it answers for, and how it is reached from outside.
    pub hosts: Hosts,
    /// How long a sign-in lasts at most.
    pub session_limit: std::time::Duration,
    /// The open streams.
    pub streams: Arc<Crowd>,
    /// The latest events of what they follow.
    pub tails: Tails,
    /// Ends the streams, then the server.
    pub stopping: CancellationToken,
}

/// The parts, for handlers and layers.
#[derive(Clone)]
pub struct Shared {
    parts: Arc<Parts>,
    leptos: LeptosOptions,
}

impl Shared {
    /// Shares the parts.
    #[must_use]
    pub fn new(parts: Parts) -> Self {
        let leptos = LeptosOptions::builder()
            .output_name(crate::site::SiteNames::read().output_name)
            .site_pkg_dir(crate::paths::FILES.trim_start_matches('/'))
            .build();
        Self {
            parts: Arc::new(parts),
            leptos,
        }
    }
}

impl Deref for Shared {
    type Target = Parts;

    fn deref(&self) -> &Parts {
        &self.parts
    }
}

impl FromRef<Shared> for LeptosOptions {
    fn from_ref(shared: &Shared) -> Self {
        shared.leptos.clone()
    }
}

/// A server around this engine, with accounts in `folder`, for tests that need no program.
#[cfg(test)]
pub use sample::around;

#[cfg(test)]
mod sample {
    use std::net::{Ipv4Addr, SocketAddr};
    use std::time::Duration;

    use runtime::Runtime;
    use tempfile::TempDir;

    use super::*;
    use crate::events::StreamSettings;
    use crate::store::{self, SessionLimits};

    const LONG: Duration = Duration::from_secs(60);

    pub async fn around(
        engine: &Runtime,
        folder: &TempDir,
        stopping: &CancellationToken,
    ) -> Shared {
        let database = store::open(&folder.path().join("accounts.db"))
            .await
            .unwrap();
        let limits = SessionLimits {
            idle: LONG,
            absolute: LONG,
        };
        let streams = StreamSettings {
            heartbeat: LONG,
            renewal: LONG,
            per_caller: 1,
            per_browser: 1,
            per_server: 1,
        };
        Shared::new(Parts {
            service: Arc::new(engine.clone()),
            accounts: Accounts::new(database.clone()),
            sessions: Sessions::new(database, limits),
            passwords: Passwords::new().await.unwrap(),
            limit: SignInLimit::default(),
            setup_code: SetupCode::default(),
            hosts: Hosts::new(SocketAddr::from((Ipv4Addr::LOCALHOST, 3000)), None),
            session_limit: LONG,
            streams: Arc::new(Crowd::new(streams)),
            tails: Tails::default(),
            stopping: stopping.clone(),
        })
    }
}
