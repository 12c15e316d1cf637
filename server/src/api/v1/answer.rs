//! How things are answered.

use axum::Json;
use axum::http::StatusCode;
use axum::http::header::{HeaderValue, LOCATION};
use axum::response::{IntoResponse, Response};
use engine::orchestrator::SavedDefinition;
use serde::Serialize;
use serde_json::{Value, json};

/// A part of a list. `next_cursor` is what the next request says to go on.
pub fn list<T: Serialize>(items: &[T], next: Option<String>) -> Response {
    Json(json!({"items": items, "next_cursor": next})).into_response()
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
pub fn created(pattern: &str, id: i64, thing: impl Serialize) -> Response {
    let mut response = (StatusCode::CREATED, Json(thing)).into_response();
    let place = pattern.replace("{id}", &id.to_string());
    if let Ok(place) = HeaderValue::from_str(&place) {
        response.headers_mut().insert(LOCATION, place);
    }
    response
}
