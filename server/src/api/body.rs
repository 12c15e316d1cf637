//! Bodies. They are read as JSON first, so that what cannot be read (400) and what has wrong
//! fields (422) are told apart. Where a body has to be there, one that says it is something else than
//! JSON is not read at all (415).

use axum::body::Body;
use axum::extract::{FromRequest, Request};
use axum::http::header::{CONTENT_TYPE, HeaderValue};
use engine::Problem;
use engine::problem::{PROBLEMS_MAX, and_more, pointer_part};
use serde_json::{Map, Value};

use super::strict_json::Strict;
use crate::body_limit;
use crate::problem::ApiProblem;

/// A body that has to be there.
#[derive(Debug)]
pub struct Json(pub Value);

/// A body that may be left out; then there are no fields.
#[derive(Debug)]
pub struct OptionalFields(pub Fields);

/// The fields of an object, taken out one by one; what is left at the end is unknown.
#[derive(Debug, Default)]
pub struct Fields {
    left: Map<String, Value>,
    known: Vec<&'static str>,
    problems: Vec<Problem>,
}

impl Fields {
    /// The fields of `value`.
    ///
    /// # Errors
    /// 422 when it is no object.
    pub fn new(value: Value) -> Result<Self, ApiProblem> {
        match value {
            Value::Object(left) => Ok(Self {
                left,
                ..Self::default()
            }),
            _ => Err(ApiProblem::invalid_field("#", "must be an object")),
        }
    }

    /// Takes a field out; `null` counts as left out.
    pub fn take(&mut self, name: &'static str) -> Option<Value> {
        self.known.push(name);
        self.left.remove(name).filter(|value| !value.is_null())
    }

    /// The value of a field in which null is one.
    pub fn given(&mut self, name: &'static str) -> Option<Value> {
        self.known.push(name);
        self.left.remove(name)
    }

    /// Takes an object out; empty when it is left out.
    pub fn object(&mut self, name: &'static str) -> Map<String, Value> {
        match self.take(name) {
            None => Map::new(),
            Some(Value::Object(object)) => object,
            Some(_) => {
                self.wrong(name, "must be an object");
                Map::new()
            }
        }
    }

    /// Takes `true` or `false` out; `false` when it is left out.
    pub fn truth(&mut self, name: &'static str) -> bool {
        match self.take(name) {
            None => false,
            Some(Value::Bool(truth)) => truth,
            Some(_) => {
                self.wrong(name, "must be true or false");
                false
            }
        }
    }

    /// Takes a text out.
    pub fn text(&mut self, name: &'static str) -> Option<String> {
        match self.take(name)? {
            Value::String(text) => Some(text),
            _ => {
                self.wrong(name, "must be a text");
                None
            }
        }
    }

    /// Takes a whole number from `least` out.
    pub fn whole(&mut self, name: &'static str, least: i64) -> Option<i64> {
        let value = self.take(name)?;
        let number = value.as_i64().filter(|number| *number >= least);
        if number.is_none() {
            self.wrong(name, format!("must be a whole number from {least}"));
        }
        number
    }

    /// Notes what is wrong with a field.
    pub fn wrong(&mut self, name: &str, detail: impl Into<String>) {
        let pointer = format!("#/{}", pointer_part(name));
        self.problems.push(Problem::new(pointer, detail));
    }

    /// Notes a problem, unless something else is wrong with the same field.
    pub fn note(&mut self, problem: Problem) {
        if !self
            .problems
            .iter()
            .any(|known| known.pointer == problem.pointer)
        {
            self.problems.push(problem);
        }
    }

    /// What was not taken, for somebody else to judge.
    ///
    /// # Errors
    /// 422 with everything that was noted.
    pub fn rest(self) -> Result<Value, ApiProblem> {
        if self.problems.is_empty() {
            Ok(Value::Object(self.left))
        } else {
            Err(ApiProblem::invalid(self.problems))
        }
    }

    /// Ends the reading.
    ///
    /// # Errors
    /// 422 with everything that was noted and the unknown fields, up to [`PROBLEMS_MAX`] together:
    /// whoever sends a million fields is not answered with a million sentences.
    pub fn end(mut self) -> Result<(), ApiProblem> {
        let mut detail = match self.known.as_slice() {
            [] => "unknown field; there are none here".to_owned(),
            known => format!("unknown field; the fields are {}", known.join(", ")),
        };
        let room = PROBLEMS_MAX.saturating_sub(self.problems.len());
        let more = self.left.len().saturating_sub(room);
        for (name, _) in std::mem::take(&mut self.left).into_iter().take(room) {
            self.wrong(
                &name,
                std::mem::replace(&mut detail, "unknown field".to_owned()),
            );
        }
        self.problems.extend(and_more(more));
        self.rest().map(|_| ())
    }
}

impl<S: Send + Sync> FromRequest<S> for Json {
    type Rejection = ApiProblem;

    async fn from_request(request: Request<Body>, _state: &S) -> Result<Self, ApiProblem> {
        let kind = request.headers().get(CONTENT_TYPE);
        if kind.is_some_and(|kind| !is_json(kind)) {
            return Err(ApiProblem::wrong_media());
        }
        read(request)
            .await?
            .map(Self)
            .ok_or_else(|| ApiProblem::unreadable("the body is empty; it has to be a JSON object"))
    }
}

impl<S: Send + Sync> FromRequest<S> for OptionalFields {
    type Rejection = ApiProblem;

    async fn from_request(request: Request<Body>, _state: &S) -> Result<Self, ApiProblem> {
        match read(request).await? {
            Some(value) => Fields::new(value).map(Self),
            None => Ok(Self(Fields::default())),
        }
    }
}

fn is_json(kind: &HeaderValue) -> bool {
    let kind = kind.to_str().unwrap_or_default();
    let kind = kind.split(';').next().unwrap_or_default().trim();
    let kind = kind.to_ascii_lowercase();
    kind == "application/json" || kind.ends_with("+json")
}

async fn read(request: Request<Body>) -> Result<Option<Value>, ApiProblem> {
    let path = request.uri().path().to_owned();
    let bytes = body_limit::read(&path, request.into_body()).await?;
    if bytes.iter().all(u8::is_ascii_whitespace) {
        return Ok(None);
    }
    let value = serde_json::from_slice(&bytes);
    value.map(|Strict(value)| Some(value)).map_err(|error| {
        let why = engine::json_text::why_unreadable(&error);
        ApiProblem::unreadable(format!("the body is not JSON: {why}"))
    })
}
