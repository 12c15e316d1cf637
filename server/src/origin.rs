//! Writes come only from our own pages: the browser says where a request comes from
//! (`Sec-Fetch-Site`, `Origin`), and tower-http's layer judges it. Programs send neither, and have
//! tokens: a write with the cookie of a session that says nothing of where it comes from is refused.

use axum::body::Body;
use axum::extract::{Request, State};
use axum::http::header::{AUTHORIZATION, HOST, HeaderValue, ORIGIN, REFERER};
use axum::http::{Method, StatusCode, Uri};
use axum::middleware::Next;
use axum::response::{IntoResponse, Redirect, Response};
use tower_http::csrf::{ConfigError, CsrfLayer, ProtectionError};
use url::form_urlencoded;

use crate::access::Audience;
use crate::hosts::Hosts;
use crate::problem::ApiProblem;
use crate::shared::Shared;
use crate::{next_page, paths, plain_page, session};

/// What a browser says about the page that sends a request.
const SITE: &str = "sec-fetch-site";

/// The layer that judges. Behind a proxy the public address is trusted as well.
///
/// # Errors
/// When the public address is no origin.
pub fn layer(hosts: &Hosts) -> Result<CsrfLayer, ConfigError> {
    let layer = CsrfLayer::new();
    match hosts.public_origin() {
        Some(origin) => layer.add_trusted_origin(origin),
        None => Ok(layer),
    }
}

/// Puts words into the answers of the layer inside, and judges what that leaves open.
pub async fn explain(State(shared): State<Shared>, mut request: Request, next: Next) -> Response {
    let audience = Audience::of(request.uri().path());
    if is_left_open(&shared.hosts, audience, &request) {
        return refused(audience);
    }
    if let (Audience::Person, Some(clean)) = (audience, without_told_error(&request)) {
        return Redirect::to(&clean).into_response();
    }
    forget_foreign_page(&shared.hosts, &mut request);
    let response: Response<Body> = next.run(request).await;
    if response.extensions().get::<ProtectionError>().is_none() {
        return response;
    }
    refused(audience)
}

fn refused(audience: Audience) -> Response {
    match audience {
        Audience::Person => plain_page::page(
            StatusCode::FORBIDDEN,
            "Sent from another site",
            "The form was not sent from a page of this server, so nothing was done.",
            (paths::HOME, "Go to the start page"),
        ),
        Audience::Program | Audience::Script => {
            ApiProblem::forbidden("the request was not sent from a page of this server")
                .into_response()
        }
    }
}

/// Whether it is a write by a session that tower-http lets through, although nothing says that one
/// of our pages sent it. Every browser of today names itself or the origin with a form.
fn is_left_open(hosts: &Hosts, audience: Audience, request: &Request) -> bool {
    let (headers, host) = (request.headers(), host_of(request));
    // Elsewhere the header says nothing: who asks is known by the cookie.
    let has_token = audience == Audience::Program && headers.contains_key(AUTHORIZATION);
    let is_read = matches!(
        *request.method(),
        Method::GET | Method::HEAD | Method::OPTIONS
    );
    if is_read || has_token || !session::is_shown(headers) {
        return false;
    }
    match (headers.get(ORIGIN), headers.get(SITE)) {
        (None, None) => true,
        // Typed or followed from nowhere; then nobody else's origin can be there.
        (Some(origin), Some(site)) if site == "none" => !is_own(hosts, host.as_deref(), origin),
        _ => false,
    }
}

/// The address without the error that a refused form puts into it, when the browser says that no form
/// of ours led there: a link may hold any words.
fn without_told_error(request: &Request) -> Option<String> {
    // However it is written: the page reads the names decoded.
    let is_told = |pair: &&str| {
        let mut read = form_urlencoded::parse(pair.as_bytes());
        read.any(|(name, _)| name == "__err" || name == "__path")
    };
    let query = request.uri().query()?;
    let site = request.headers().get(SITE)?;
    if site == "same-origin" || !query.split('&').any(|pair| is_told(&pair)) {
        return None;
    }
    let rest: Vec<_> = query.split('&').filter(|pair| !is_told(pair)).collect();
    let path = request.uri().path();
    let clean = if rest.is_empty() {
        path.to_owned()
    } else {
        format!("{path}?{}", rest.join("&"))
    };
    Some(next_page::local(&clean).to_owned())
}

/// Server functions lead forms back to the page that the request names: only ever one of ours.
fn forget_foreign_page(hosts: &Hosts, request: &mut Request) {
    let host = host_of(request);
    let page = request.headers().get(REFERER);
    if page.is_some_and(|page| !is_own(hosts, host.as_deref(), page)) {
        request.headers_mut().remove(REFERER);
    }
}

/// Whether the request was sent by a page of another site, as far as it says.
#[must_use]
pub fn is_foreign(hosts: &Hosts, request: &Request) -> bool {
    let headers = request.headers();
    let site = headers.get(SITE).map(HeaderValue::as_bytes);
    let is_other = !matches!(site, None | Some(b"same-origin" | b"none"));
    let host = host_of(request);
    let origin = headers.get(ORIGIN);
    is_other || origin.is_some_and(|origin| !is_own(hosts, host.as_deref(), origin))
}

/// The host that was asked.
fn host_of(request: &Request) -> Option<String> {
    let named = request.uri().authority().map(ToString::to_string);
    let header = request.headers().get(HOST);
    named.or_else(|| header.and_then(|host| Some(host.to_str().ok()?.to_owned())))
}

/// Whether an origin or the address of a page is of this server.
fn is_own(hosts: &Hosts, host: Option<&str>, address: &HeaderValue) -> bool {
    let Some(uri) = address.to_str().ok().and_then(|it| it.parse::<Uri>().ok()) else {
        return false;
    };
    let (Some(scheme @ ("http" | "https")), Some(authority)) = (uri.scheme_str(), uri.authority())
    else {
        return false;
    };
    let is_asked = host.is_some_and(|host| authority.as_str().eq_ignore_ascii_case(host));
    is_asked || hosts.public_origin() == Some(format!("{scheme}://{authority}"))
}

#[cfg(test)]
mod tests {
    use std::net::{Ipv4Addr, SocketAddr};

    use super::*;

    #[test]
    fn only_what_lies_under_the_host_that_was_asked_or_the_public_one_is_own() {
        let listen = SocketAddr::from((Ipv4Addr::LOCALHOST, 3000));
        let hosts = Hosts::new(listen, "https://jobs.example.org".parse().ok());
        let own = |address: &str| {
            let address = HeaderValue::from_str(address).unwrap();
            is_own(&hosts, Some("localhost:3000"), &address)
        };
        for address in [
            "http://localhost:3000",
            "http://LOCALHOST:3000/workflows/1?step=a",
            "https://jobs.example.org",
            "https://jobs.example.org/x",
        ] {
            assert!(own(address), "{address}");
        }
        for address in [
            "null",
            "",
            "/workflows",
            "//localhost:3000",
            "http://localhost",
            "http://localhost:3001",
            "http://localhost:3000@evil.example/",
            "http://jobs.example.org",
            "javascript://localhost:3000/",
            "javascript:1",
            "http://evil.example/x",
        ] {
            assert!(!own(address), "{address}");
        }
    }
}
