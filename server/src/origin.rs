//! Writes come only from our own pages: the browser says where a request comes from
//! (`Sec-Fetch-Site`, `Origin`), and tower-http's layer judges it. Programs send neither.

use axum::body::Body;
use axum::extract::Request;
use axum::http::StatusCode;
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use tower_http::csrf::{ConfigError, CsrfLayer, ProtectionError};

use crate::access::Audience;
use crate::hosts::Hosts;
use crate::problem::ApiProblem;
use crate::{paths, plain_page};

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

/// Puts words into the answers of the layer inside.
pub async fn explain(request: Request, next: Next) -> Response {
    let audience = Audience::of(request.uri().path());
    let response: Response<Body> = next.run(request).await;
    if response.extensions().get::<ProtectionError>().is_none() {
        return response;
    }
    match audience {
        Audience::Person => plain_page::page(
            StatusCode::FORBIDDEN,
            "Sent from another site",
            "The form was not sent from a page of this server, so nothing was done.",
            (paths::HOME, "Go to the start page"),
        ),
        Audience::Program | Audience::Script => {
            ApiProblem::forbidden("the request was sent from a page of another site")
                .into_response()
        }
    }
}
