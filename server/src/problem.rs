//! How the HTTP API says no: RFC 9457 problem JSON, with the fields that are wrong.

use std::time::Duration;

use axum::http::header::{ALLOW, CONTENT_TYPE, HeaderName, HeaderValue, RETRY_AFTER};
use axum::http::{Method, StatusCode};
use axum::response::{IntoResponse, Response};
use engine::obeyed::in_json;
use engine::orchestrator::Hindrance;
use engine::problem::counted;
use engine::{JobOrchestratorError, Problem, Refusal};
use serde_json::{Map, Value, json};

use crate::access::Audience;
use crate::{paths, plain_page};

/// The media type of every answer that says no.
pub const PROBLEM_JSON: &str = "application/problem+json";

const TO_START: (&str, &str) = (paths::HOME, "Go to the start page");

/// One answer that says no. Boxed: it is the rare half of many results.
#[derive(Debug, Clone)]
pub struct ApiProblem(Box<Parts>);

#[derive(Debug, Clone)]
struct Parts {
    status: StatusCode,
    kind: &'static str,
    title: &'static str,
    detail: String,
    errors: Vec<Problem>,
    members: Map<String, Value>,
    headers: Vec<(HeaderName, HeaderValue)>,
}

impl ApiProblem {
    fn new(
        status: StatusCode,
        kind: &'static str,
        title: &'static str,
        detail: impl Into<String>,
    ) -> Self {
        Self(Box::new(Parts {
            status,
            kind,
            title,
            detail: detail.into(),
            errors: Vec::new(),
            members: Map::new(),
            headers: Vec::new(),
        }))
    }

    /// 400: it cannot be read at all.
    pub fn unreadable(detail: impl Into<String>) -> Self {
        Self::new(
            StatusCode::BAD_REQUEST,
            "unreadable",
            "Cannot be read",
            detail,
        )
    }

    /// 401: no session and no token, or none that is valid.
    pub fn unauthorized(detail: impl Into<String>) -> Self {
        let problem = Self::new(
            StatusCode::UNAUTHORIZED,
            "unauthorized",
            "Not signed in",
            detail,
        );
        problem.header(
            axum::http::header::WWW_AUTHENTICATE,
            HeaderValue::from_static("Bearer"),
        )
    }

    /// 403: the role is too low, or another site asked.
    pub fn forbidden(detail: impl Into<String>) -> Self {
        Self::new(StatusCode::FORBIDDEN, "forbidden", "Not allowed", detail)
    }

    /// 404: there is no such thing.
    pub fn not_found(detail: impl Into<String>) -> Self {
        Self::new(StatusCode::NOT_FOUND, "not-found", "Not found", detail)
    }

    /// 405: the path exists, but not with this method.
    pub fn wrong_method(method: &Method) -> Self {
        Self::new(
            StatusCode::METHOD_NOT_ALLOWED,
            "wrong-method",
            "Wrong method",
            format!("{method} is not possible here; the header Allow names what is"),
        )
    }

    /// 408: the body did not come within `limit`.
    pub fn too_slow(limit: Duration) -> Self {
        Self::new(
            StatusCode::REQUEST_TIMEOUT,
            "too-slow",
            "Too slow",
            format!("the body did not arrive within {} s", limit.as_secs()),
        )
    }

    /// 413: the body is larger than `limit` bytes.
    pub fn too_large(limit: usize) -> Self {
        let mib = limit / (1024 * 1024);
        Self::new(
            StatusCode::PAYLOAD_TOO_LARGE,
            "too-large",
            "Too large",
            format!("the body is larger than {mib} MiB"),
        )
    }

    /// 415: the body says that it is no JSON.
    pub fn wrong_media() -> Self {
        Self::new(
            StatusCode::UNSUPPORTED_MEDIA_TYPE,
            "wrong-media-type",
            "Not JSON",
            "the body has to be JSON; send it with `Content-Type: application/json`",
        )
    }

    /// 421: the name of another host.
    pub fn misdirected(host: &str) -> Self {
        Self::new(
            StatusCode::MISDIRECTED_REQUEST,
            "wrong-host",
            "Wrong host",
            format!(
                "this server does not answer for \"{}\"",
                host.escape_debug()
            ),
        )
    }

    /// 422: read, but some fields are wrong; each stands in the list beside the sentence.
    pub fn invalid(errors: Vec<Problem>) -> Self {
        let detail = format!("{} in what was sent", counted(errors.len()));
        let mut problem = Self::new(
            StatusCode::UNPROCESSABLE_ENTITY,
            "invalid",
            "Not valid",
            detail,
        );
        problem.0.errors = errors;
        problem
    }

    /// 422 with one field.
    pub fn invalid_field(pointer: &str, detail: impl Into<String>) -> Self {
        Self::invalid(vec![Problem::new(pointer, detail)])
    }

    /// 429: too many failed attempts; the next one may be made in `seconds`.
    pub fn too_many_attempts(seconds: u64) -> Self {
        let problem = Self::new(
            StatusCode::TOO_MANY_REQUESTS,
            "too-many-attempts",
            "Too many attempts",
            format!("too many failed attempts from this address; try again in {seconds} s"),
        );
        problem.header(RETRY_AFTER, HeaderValue::from(seconds))
    }

    /// 500: a fault of ours that the log has under `code`.
    pub fn fault(code: &str) -> Self {
        let problem = Self::new(
            StatusCode::INTERNAL_SERVER_ERROR,
            "fault",
            "Something went wrong here",
            format!("something went wrong here; the log has it under {code}"),
        );
        problem.member("code", code)
    }

    /// 503: not now.
    pub fn unavailable(detail: impl Into<String>) -> Self {
        let problem = Self::new(
            StatusCode::SERVICE_UNAVAILABLE,
            "unavailable",
            "Not now",
            detail,
        );
        problem.header(RETRY_AFTER, HeaderValue::from_static("5"))
    }

    /// 503 while the database is away, 507 while the disk has no room for it.
    pub fn hindered(hindrance: Hindrance) -> Self {
        let (status, title) = match hindrance {
            Hindrance::DatabaseAway => (StatusCode::SERVICE_UNAVAILABLE, "Database away"),
            Hindrance::DatabaseDamaged => (StatusCode::SERVICE_UNAVAILABLE, "Database damaged"),
            Hindrance::LogAway => (StatusCode::SERVICE_UNAVAILABLE, "Log away"),
            Hindrance::DiskFull | Hindrance::DiskNearlyFull => {
                (StatusCode::INSUFFICIENT_STORAGE, "No room on the disk")
            }
        };
        let problem = Self::new(status, hindrance.as_str(), title, hindrance.to_string());
        problem.header(RETRY_AFTER, HeaderValue::from_static("5"))
    }

    /// A refusal of `trigger` in the state `state`, when that is known.
    pub fn refused(refusal: &Refusal, state: Option<&str>, trigger: &str) -> Self {
        match refusal {
            Refusal::NoSuchStep { .. } if trigger == "recover" => {
                Self::invalid_field("#/from_step", refusal.to_string())
            }
            Refusal::NoSuchStep { .. } => Self::not_found(refusal.to_string()),
            Refusal::CommandIdReused => Self::new(
                StatusCode::UNPROCESSABLE_ENTITY,
                "command_id_reused",
                "Command id used before",
                refusal.to_string(),
            ),
            Refusal::Fault(_) => Self::from_fault(refusal),
            _ => {
                let kind = match refusal {
                    Refusal::StaleView { .. } => "stale_view",
                    Refusal::Quarantined { .. } => "quarantined",
                    _ => "state",
                };
                let problem = Self::conflict(kind, refusal.to_string());
                let problem = problem.member("trigger", trigger);
                match state {
                    Some(state) => problem.member("state", state),
                    None => problem,
                }
            }
        }
    }

    fn conflict(kind: &'static str, detail: impl Into<String>) -> Self {
        Self::new(StatusCode::CONFLICT, kind, "Does not fit", detail)
    }

    /// As whoever asked understands it: a person gets a page, everybody else problem JSON.
    pub fn answered_to(self, audience: Audience) -> Response {
        if audience != Audience::Person {
            return self.into_response();
        }
        let Parts {
            status,
            title,
            detail,
            headers,
            ..
        } = *self.0;
        let sentence = match status {
            StatusCode::SERVICE_UNAVAILABLE => {
                "The server cannot do this just now. Try again in a moment.".to_owned()
            }
            StatusCode::INSUFFICIENT_STORAGE => {
                "The disk of the server is full, so this could not be done. Try again when it has \
                 more room."
                    .to_owned()
            }
            _ => format!("This was not done: {detail}."),
        };
        let mut page = plain_page::page(status, title, &sentence, TO_START);
        page.headers_mut().extend(headers);
        page
    }

    /// 500 for something that is only for the log.
    pub fn from_fault(error: &dyn std::error::Error) -> Self {
        let code = crate::fault::log(error);
        Self::fault(&code)
    }

    /// The same with one more member.
    #[must_use]
    pub fn member(mut self, name: &str, value: impl Into<Value>) -> Self {
        self.0.members.insert(name.to_owned(), value.into());
        self
    }

    /// The same with one more header.
    #[must_use]
    pub fn header(mut self, name: HeaderName, value: HeaderValue) -> Self {
        self.0.headers.push((name, value));
        self
    }

    /// The same, keeping the `Allow` header of another answer.
    #[must_use]
    pub fn allowing(self, methods: Option<HeaderValue>) -> Self {
        match methods {
            Some(methods) => self.header(ALLOW, methods),
            None => self,
        }
    }
}

impl From<JobOrchestratorError> for ApiProblem {
    fn from(error: JobOrchestratorError) -> Self {
        let detail = error.to_string();
        match error {
            JobOrchestratorError::Refused(refusal) => {
                let state = match &refusal {
                    Refusal::State { status, .. } => Some(status.as_str()),
                    _ => None,
                };
                Self::refused(&refusal, state, trigger_of(&refusal))
            }
            JobOrchestratorError::SwitchedOff(_) => Self::conflict("switched_off", detail),
            JobOrchestratorError::Conflict(_) => Self::conflict("conflict", detail),
            JobOrchestratorError::Invalid(errors) => Self::invalid(errors),
            JobOrchestratorError::NotFound { .. } => Self::not_found(detail),
            JobOrchestratorError::Forbidden { .. } => Self::forbidden(detail),
            JobOrchestratorError::Fault { code } => Self::fault(&code),
            JobOrchestratorError::Hindered(hindrance) => Self::hindered(hindrance),
            JobOrchestratorError::Stopping => Self::unavailable(detail),
        }
    }
}

/// The word for what was tried, where no command of a URL says it better.
fn trigger_of(refusal: &Refusal) -> &'static str {
    match refusal {
        Refusal::BudgetSpent { .. } | Refusal::NoSuchStep { .. } => "recover",
        _ => "start",
    }
}

impl From<crate::store::StoreError> for ApiProblem {
    fn from(error: crate::store::StoreError) -> Self {
        match crate::store::hindrance(&error) {
            Some(hindrance) => Self::hindered(hindrance),
            None => Self::from_fault(&error),
        }
    }
}

impl IntoResponse for ApiProblem {
    fn into_response(self) -> Response {
        let parts = *self.0;
        let mut body = Map::new();
        body.insert(
            "type".into(),
            json!(format!("urn:job-orchestrator:problem:{}", parts.kind)),
        );
        body.insert("title".into(), json!(parts.title));
        body.insert("status".into(), json!(parts.status.as_u16()));
        body.insert("detail".into(), json!(parts.detail));
        if !parts.errors.is_empty() {
            body.insert("errors".into(), json!(parts.errors));
        }
        body.extend(parts.members);
        let mut response = (parts.status, in_json(Value::Object(body).to_string())).into_response();
        let headers = response.headers_mut();
        headers.insert(CONTENT_TYPE, HeaderValue::from_static(PROBLEM_JSON));
        for (name, value) in parts.headers {
            headers.insert(name, value);
        }
        response
    }
}
