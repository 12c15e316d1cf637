//! Which hosts the server answers for. A page of another name that points at a loopback address
//! (DNS rebinding) is refused.

use std::net::{IpAddr, SocketAddr};

use axum::extract::{Request, State};
use axum::http::Uri;
use axum::http::header::HOST;
use axum::http::uri::Authority;
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};

use crate::problem::ApiProblem;
use crate::shared::Shared;

/// Where the server listens, and how it is reached from outside.
#[derive(Debug, Clone)]
pub struct Hosts {
    listen: SocketAddr,
    public: Option<PublicAddress>,
}

/// How people reach the server through a proxy: `https://jobs.example.org`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PublicAddress {
    scheme: &'static str,
    authority: Authority,
}

impl std::str::FromStr for PublicAddress {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        const WRONG: &str = "must be like https://jobs.example.org, without a path";
        let uri: Uri = text.trim_end_matches('/').parse().map_err(|_| WRONG)?;
        let scheme = match uri.scheme_str() {
            Some("https") => "https",
            Some("http") => "http",
            _ => return Err(WRONG),
        };
        let bare = uri.path().trim_matches('/').is_empty() && uri.query().is_none();
        match uri.authority() {
            Some(authority) if bare && !authority.as_str().contains('@') => Ok(Self {
                scheme,
                authority: authority.clone(),
            }),
            _ => Err(WRONG),
        }
    }
}

impl std::fmt::Display for PublicAddress {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}://{}", self.scheme, self.authority)
    }
}

impl Hosts {
    /// `listen` is the address that is really listened on.
    #[must_use]
    pub fn new(listen: SocketAddr, public: Option<PublicAddress>) -> Self {
        Self { listen, public }
    }

    /// The address to print: the public one, or the one listened on.
    #[must_use]
    pub fn address(&self) -> String {
        match &self.public {
            Some(public) => public.to_string(),
            None => format!("http://{}", self.listen),
        }
    }

    /// Whether only this machine can reach it.
    #[must_use]
    pub fn is_loopback(&self) -> bool {
        self.listen.ip().is_loopback()
    }

    /// Whether people reach it by https.
    #[must_use]
    pub fn is_https(&self) -> bool {
        self.public.as_ref().is_some_and(|p| p.scheme == "https")
    }

    /// The origin that pages behind a proxy have.
    #[must_use]
    pub fn public_origin(&self) -> Option<String> {
        self.public.as_ref().map(ToString::to_string)
    }

    /// Whether the server answers for this host. Listening on other addresses than loopback it
    /// cannot know its names unless it was told.
    #[must_use]
    pub fn allows(&self, host: &str) -> bool {
        if !self.is_loopback() {
            return true;
        }
        let Ok(authority) = host.parse::<Authority>() else {
            return false;
        };
        let name = authority.host();
        let bare = name.trim_start_matches('[').trim_end_matches(']');
        let loopback = bare.parse().is_ok_and(|ip: IpAddr| ip.is_loopback());
        let public = self.public.as_ref();
        loopback
            || name.eq_ignore_ascii_case("localhost")
            || public.is_some_and(|p| p.authority.host().eq_ignore_ascii_case(name))
    }
}

/// The layer: 421 for another host's name, also in an absolute URI.
pub async fn layer(State(shared): State<Shared>, request: Request, next: Next) -> Response {
    let named = request.uri().authority().map(Authority::as_str);
    let header = request.headers().get(HOST).map(|host| host.to_str());
    let host = match (named, header) {
        (Some(host), _) | (None, Some(Ok(host))) => host,
        (None, Some(Err(_))) => return ApiProblem::misdirected("?").into_response(),
        // Only HTTP/1.0 may leave it out, and no browser does.
        (None, None) => return next.run(request).await,
    };
    if shared.hosts.allows(host) {
        next.run(request).await
    } else {
        ApiProblem::misdirected(host).into_response()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn hosts(listen: &str, public: Option<&str>) -> Hosts {
        Hosts::new(listen.parse().unwrap(), public.map(|p| p.parse().unwrap()))
    }

    #[test]
    fn a_loopback_server_answers_for_loopback_names_and_its_public_one() {
        let hosts = hosts("127.0.0.1:3000", Some("https://jobs.example.org"));
        for host in [
            "127.0.0.1:3000",
            "localhost:3000",
            "LOCALHOST",
            "[::1]:3000",
            "Jobs.example.org",
        ] {
            assert!(hosts.allows(host), "{host}");
        }
        for host in [
            "evil.example",
            "127.0.0.1.evil.example",
            "localhost.evil.example",
            "10.0.0.1",
            "",
            "a b",
        ] {
            assert!(!hosts.allows(host), "{host}");
        }
        assert!(hosts.is_https());
        assert_eq!(hosts.address(), "https://jobs.example.org");
    }

    #[test]
    fn a_server_for_others_answers_for_any_name() {
        assert!(hosts("0.0.0.0:3000", None).allows("jobs.example.org"));
    }

    #[test]
    fn a_public_address_is_a_scheme_and_a_host() {
        for wrong in [
            "jobs.example.org",
            "ftp://a",
            "https://a/b",
            "https://a?b",
            "https://u@a",
            "",
        ] {
            assert!(wrong.parse::<PublicAddress>().is_err(), "{wrong}");
        }
        let right: PublicAddress = "https://jobs.example.org/".parse().unwrap();
        assert_eq!(right.to_string(), "https://jobs.example.org");
    }
}
