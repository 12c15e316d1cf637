//! Forms as browsers post them without scripts.

use axum::body::Body;
use axum::extract::{Form, FromRequest, Request};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};

use crate::{paths, plain_page};

/// The fields of a posted form, in order. Of a field that comes twice the first counts.
#[derive(Debug)]
pub struct Fields(Vec<(String, String)>);

impl Fields {
    /// The text of a field; empty when it was not sent.
    #[must_use]
    pub fn text(&self, name: &str) -> &str {
        let found = self.0.iter().find(|(field, _)| field == name);
        found.map_or("", |(_, text)| text)
    }

    /// Whether a box was ticked.
    #[must_use]
    pub fn is_ticked(&self, name: &str) -> bool {
        matches!(self.text(name), "on" | "true" | "1")
    }
}

impl<S: Send + Sync> FromRequest<S> for Fields {
    type Rejection = Response;

    async fn from_request(request: Request<Body>, state: &S) -> Result<Self, Response> {
        let form = Form::<Vec<(String, String)>>::from_request(request, state).await;
        form.map(|Form(fields)| Self(fields)).map_err(|error| {
            let status = match error.into_response().status() {
                StatusCode::PAYLOAD_TOO_LARGE => StatusCode::PAYLOAD_TOO_LARGE,
                _ => StatusCode::BAD_REQUEST,
            };
            plain_page::page(
                status,
                "Cannot be read",
                "What was sent is not the form of this page, so nothing was done.",
                (paths::HOME, "Go to the start page"),
            )
        })
    }
}

/// A path with a query of these names and texts.
#[must_use]
pub fn with_query(path: &str, query: &[(&str, &str)]) -> String {
    let pairs: Vec<String> = query
        .iter()
        .map(|(name, text)| format!("{name}={}", paths::encoded(text)))
        .collect();
    format!("{path}?{}", pairs.join("&"))
}
