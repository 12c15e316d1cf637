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
