//! How things are answered.

use axum::http::StatusCode;
use axum::http::header::{CONTENT_TYPE, HeaderValue, LOCATION};
use axum::response::{IntoResponse, Response};
use engine::obeyed::in_json;
use engine::orchestrator::SavedDefinition;
use serde::Serialize;
use serde_json::{Value, json};

use crate::problem::ApiProblem;

/// A thing as JSON. What steps wrote may stand in it, and is looked at in terminals.
pub fn thing(thing: impl Serialize) -> Response {
    match serde_json::to_string(&thing) {
        Ok(json) => {
            let kind = HeaderValue::from_static("application/json");
            ([(CONTENT_TYPE, kind)], in_json(json)).into_response()
        }
        Err(error) => ApiProblem::from_fault(&error).into_response(),
    }
}

/// A part of a list. `next_cursor` is what the next request says to go on.
pub fn list<T: Serialize>(items: &[T], next: Option<String>) -> Response {
    thing(json!({"items": items, "next_cursor": next}))
}

/// A definition as it was sent, with its number and version.
pub fn definition(saved: SavedDefinition) -> Value {
    let mut answer = saved.sent;
    if let Some(fields) = answer.as_object_mut() {
        fields.insert("definition_id".into(), json!(saved.definition_id));
        fields.insert("version".into(), json!(saved.version));
    }
    answer
}

/// 201 with where the new thing is.
pub fn created(pattern: &str, id: i64, new: impl Serialize) -> Response {
    let mut response = thing(new);
    if response.status().is_success() {
        *response.status_mut() = StatusCode::CREATED;
    }
    let place = pattern.replace("{id}", &id.to_string());
    if let Ok(place) = HeaderValue::from_str(&place) {
        response.headers_mut().insert(LOCATION, place);
    }
    response
}
