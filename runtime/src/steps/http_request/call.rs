//! One call, with the redirects it leads through.

use std::collections::BTreeMap;
use std::time::Instant;

use reqwest::header::{
    AUTHORIZATION, CONTENT_TYPE, COOKIE, HeaderMap, HeaderName, HeaderValue, LOCATION,
};
use reqwest::{Method, StatusCode};
use serde_json::Value;
use url::Url;

use super::client::{self, Refused};
use super::{header, target};
use crate::crash_point;
use crate::step::{StepContext, StepError};

/// Redirects that are followed.
const HOPS_MAX: usize = 3;
/// Most bytes of an answer that are read.
const BODY_MAX: usize = 10 * 1024 * 1024;

/// An answer.
#[derive(Debug)]
pub(super) struct Reply {
    pub(super) status: u16,
    pub(super) content_type: String,
    pub(super) body: Vec<u8>,
}

/// What a step asks for.
pub(super) struct Request<'a> {
    pub(super) method: Method,
    pub(super) url: &'a str,
    pub(super) headers: Option<&'a BTreeMap<String, String>>,
    /// A text is sent as it is, anything else as JSON.
    pub(super) body: Option<&'a Value>,
}

/// What is sent, to wherever it leads.
struct Message {
    method: Method,
    url: Url,
    headers: HeaderMap,
    body: Option<Vec<u8>>,
}

/// Calls, follows at most three redirects, each checked like the first address, and reads the
/// answer.
pub(super) async fn call(asked: &Request<'_>, cx: &StepContext) -> Result<Reply, StepError> {
    let switches = &cx.services().switches;
    let mut message = Message {
        method: asked.method.clone(),
        url: target::parse(asked.url, switches).map_err(StepError::Permanent)?,
        headers: headers(asked, cx)?,
        body: asked.body.map(bytes),
    };
    let client = cx
        .services()
        .http(client::build)
        .map_err(|fault| StepError::Permanent(fault.to_string()))?;
    for _ in 0..=HOPS_MAX {
        let begun = Instant::now();
        let shown = format!("{} {}", message.method, target::shown(&message.url));
        let response = message.send(&client).await.map_err(|error| {
            let error = told(&shown, &error);
            cx.log().note(&error.to_string());
            error
        })?;
        crash_point::reach("c3");
        let status = response.status();
        if let Some(next) = redirect(&message.url, &response) {
            let next = next.map_err(StepError::Permanent)?;
            cx.log().note(&format!(
                "{shown} → {} to {}",
                status.as_u16(),
                target::shown(&next)
            ));
            target::check(&next, switches).map_err(StepError::Permanent)?;
            message.turn_to(next, status);
            continue;
        }
        let reply = read(response, &shown).await?;
        let (milliseconds, length) = (begun.elapsed().as_millis(), reply.body.len());
        cx.log().note(&format!(
            "{shown} → {} in {milliseconds} ms, {length} bytes",
            reply.status
        ));
        return Ok(reply);
    }
    Err(StepError::Permanent(format!(
        "more than {HOPS_MAX} redirects"
    )))
}

fn headers(asked: &Request<'_>, cx: &StepContext) -> Result<HeaderMap, StepError> {
    let mut headers = HeaderMap::new();
    for (name, value) in asked.headers.into_iter().flatten() {
        let wrong = |what: &str| StepError::Permanent(format!("header \"{name}\": {what}"));
        let value = header::value(value).map_err(wrong)?;
        headers.insert(header::name(name).map_err(wrong)?, value);
    }
    let key = HeaderName::from_static("idempotency-key");
    if !headers.contains_key(&key)
        && let Ok(value) = cx.idempotency_key().to_string().parse()
    {
        headers.insert(key, value);
    }
    if let Some(body) = asked.body
        && !headers.contains_key(CONTENT_TYPE)
    {
        let kind = if body.is_string() {
            "text/plain; charset=utf-8"
        } else {
            "application/json"
        };
        headers.insert(CONTENT_TYPE, HeaderValue::from_static(kind));
    }
    Ok(headers)
}

fn bytes(body: &Value) -> Vec<u8> {
    match body {
        Value::String(text) => text.clone().into_bytes(),
        other => other.to_string().into_bytes(),
    }
}

impl Message {
    async fn send(&self, client: &reqwest::Client) -> Result<reqwest::Response, reqwest::Error> {
        let request = client.request(self.method.clone(), self.url.clone());
        let request = request.headers(self.headers.clone());
        match &self.body {
            Some(body) => request.body(body.clone()).send().await,
            None => request.send().await,
        }
    }

    /// Goes on at another address, as browsers do. What may be secret stays with its origin.
    fn turn_to(&mut self, next: Url, status: StatusCode) {
        let becomes_get = match status {
            StatusCode::SEE_OTHER => self.method != Method::HEAD,
            StatusCode::MOVED_PERMANENTLY | StatusCode::FOUND => self.method == Method::POST,
            _ => false,
        };
        if becomes_get {
            self.method = Method::GET;
            self.body = None;
            self.headers.remove(CONTENT_TYPE);
        }
        if next.origin() != self.url.origin() {
            // A header of our own invention may be a key as well as a well-known one.
            let harmless = ["accept", "content-type", "idempotency-key", "user-agent"];
            let names: Vec<HeaderName> = self.headers.keys().cloned().collect();
            for name in names {
                let secret = [AUTHORIZATION, COOKIE].contains(&name);
                if secret || !harmless.contains(&name.as_str()) {
                    self.headers.remove(name);
                }
            }
        }
        self.url = next;
    }
}

/// Where an answer redirects to, if it does.
fn redirect(from: &Url, response: &reqwest::Response) -> Option<Result<Url, String>> {
    if !matches!(response.status().as_u16(), 301 | 302 | 303 | 307 | 308) {
        return None;
    }
    let location = response.headers().get(LOCATION)?;
    let readable = location.to_str().ok().and_then(|text| from.join(text).ok());
    Some(readable.ok_or_else(|| "the redirect leads to no readable address".to_owned()))
}

async fn read(mut response: reqwest::Response, shown: &str) -> Result<Reply, StepError> {
    let content_type = response.headers().get(CONTENT_TYPE);
    let content_type = content_type
        .and_then(|value| value.to_str().ok())
        .unwrap_or_default();
    let mut reply = Reply {
        status: response.status().as_u16(),
        content_type: content_type.to_ascii_lowercase(),
        body: Vec::new(),
    };
    while let Some(chunk) = response
        .chunk()
        .await
        .map_err(|error| told(shown, &error))?
    {
        if reply.body.len() + chunk.len() > BODY_MAX {
            let refusal = format!("{shown}: the answer is larger than 10 MiB");
            return Err(StepError::Permanent(refusal));
        }
        reply.body.extend_from_slice(&chunk);
    }
    Ok(reply)
}

/// A failed call in a sentence, without the URL's query.
fn told(shown: &str, error: &reqwest::Error) -> StepError {
    if let Some(refused) = Refused::among(error) {
        return StepError::Permanent(refused.to_string());
    }
    // The last cause says what happened; the others only that something did.
    let mut cause: &dyn std::error::Error = error;
    while let Some(deeper) = cause.source() {
        cause = deeper;
    }
    let text = format!("{shown}: {cause}");
    if error.is_connect() || error.is_builder() {
        return StepError::Transient(text);
    }
    // It was sent, at least in part: the receiver may have taken it.
    StepError::Unknown(text)
}
