//! Whether the process is alive, and whether it can work.

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use serde_json::json;

use crate::shared::Shared;

/// 200 as long as the process answers at all.
pub async fn live() -> Response {
    Json(json!({"status": "ok"})).into_response()
}

/// 200 while it works, 503 while it stops or when the accounts cannot be read.
pub async fn ready(State(shared): State<Shared>) -> Response {
    let (status, word) = if shared.stopping.is_cancelled() {
        (StatusCode::SERVICE_UNAVAILABLE, "stopping")
    } else if !shared.service.is_running() {
        (StatusCode::SERVICE_UNAVAILABLE, "engine stopped")
    } else if shared.accounts.any().await.is_err() {
        (StatusCode::SERVICE_UNAVAILABLE, "database away")
    } else {
        (StatusCode::OK, "ok")
    };
    (status, Json(json!({"status": word}))).into_response()
}
