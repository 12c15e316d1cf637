//! The client of all HTTP steps: names are resolved once, and the connection goes to an address
//! that was checked.

use std::net::SocketAddr;
use std::time::Duration;

use reqwest::dns::{Addrs, Name, Resolve, Resolving};
use reqwest::redirect::Policy;

use super::address::is_public;
use super::target;
use crate::step::SharedSwitches;

const CONNECT_TIMEOUT: Duration = Duration::from_secs(30);

/// Makes the client. Where the system has no root certificates it calls http only: that every
/// https call fails for want of a known issuer is better than that none works.
///
/// # Errors
/// The client cannot be made at all.
pub(super) fn build(switches: &SharedSwitches) -> Result<reqwest::Client, reqwest::Error> {
    // An embedding program may have chosen a provider already; that one is used then.
    let _ = rustls::crypto::ring::default_provider().install_default();
    builder(switches).build().or_else(|fault| {
        let without = builder(switches).tls_certs_only([]).build()?;
        tracing::warn!(%fault, "no root certificates: https calls of steps fail until a restart with them");
        Ok(without)
    })
}

fn builder(switches: &SharedSwitches) -> reqwest::ClientBuilder {
    let resolver = Checked {
        switches: switches.clone(),
    };
    reqwest::Client::builder()
        .user_agent(concat!("job-orchestrator/", env!("CARGO_PKG_VERSION")))
        .dns_resolver(resolver)
        // A proxy would connect to addresses that nobody here has checked.
        .no_proxy()
        .redirect(Policy::none())
        // A kept connection would outlive the owner's change of mind.
        .pool_max_idle_per_host(0)
        .connect_timeout(CONNECT_TIMEOUT)
}

/// A name that leads to no address that may be called.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub(super) struct Refused(String);

impl Refused {
    /// The refusal somewhere among the causes of an error.
    pub(super) fn among<'a>(error: &'a (dyn std::error::Error + 'static)) -> Option<&'a Self> {
        let mut cause = Some(error);
        while let Some(error) = cause {
            if let Some(refused) = error.downcast_ref::<Self>() {
                return Some(refused);
            }
            cause = error.source();
        }
        None
    }
}

struct Checked {
    switches: SharedSwitches,
}

impl Resolve for Checked {
    fn resolve(&self, name: Name) -> Resolving {
        let private_allowed = self.switches.get().private_addresses;
        Box::pin(async move {
            let found = tokio::net::lookup_host((name.as_str(), 0)).await?;
            let found: Vec<SocketAddr> = found.collect();
            let may = |address: &SocketAddr| private_allowed || is_public(address.ip());
            let allowed: Vec<SocketAddr> = found.iter().copied().filter(may).collect();
            if let (true, Some(first)) = (allowed.is_empty(), found.first()) {
                let why = format!("{}: {}", name.as_str(), target::refusal(first.ip()));
                return Err(Refused(why).into());
            }
            Ok(Box::new(allowed.into_iter()) as Addrs)
        })
    }
}
