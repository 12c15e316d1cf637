//! Whether the process is alive, and whether it can work.

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use engine::{Trouble, TroubleKind};
use serde_json::json;

use crate::shared::Shared;

/// 200 as long as the process answers at all.
pub async fn live() -> Response {
    Json(json!({"status": "ok"})).into_response()
}

/// 200 while it works, 503 while it stops or when a database is away, also because it is damaged. What troubles it otherwise is
/// listed, and what was found broken is counted: it still answers, and refuses what it cannot do.
pub async fn ready(State(shared): State<Shared>) -> Response {
    let troubles = shared.service.troubles();
    let has = |kind| {
        troubles
            .iter()
            .any(|trouble: &Trouble| trouble.kind == kind)
    };
    let is_away = has(TroubleKind::DatabaseAway);
    let (status, word) = if shared.stopping.is_cancelled() {
        (StatusCode::SERVICE_UNAVAILABLE, "stopping")
    } else if !shared.service.is_running() {
        (StatusCode::SERVICE_UNAVAILABLE, "engine stopped")
    } else if is_away && has(TroubleKind::DatabaseDamaged) {
        (StatusCode::SERVICE_UNAVAILABLE, "database damaged")
    } else if is_away || shared.accounts.any().await.is_err() {
        (StatusCode::SERVICE_UNAVAILABLE, "database away")
    } else {
        (StatusCode::OK, "ok")
    };
    let troubles: Vec<_> = troubles
        .iter()
        .map(|trouble| trouble.kind.as_str())
        .collect();
    let found = shared.service.findings();
    let body = json!({
        "status": word,
        "troubles": troubles,
        "quarantined": found.quarantined,
        "breaches": found.breaches,
    });
    (status, Json(body)).into_response()
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;
    use std::sync::atomic::{AtomicBool, Ordering};
    use std::time::{Duration, Instant};

    use axum::body::to_bytes;
    use engine::{JobId, JobOrchestrator, Timestamp, WorkflowDefinition, Workflows};
    use runtime::Runtime;
    use runtime::clock::Clock;
    use serde_json::Value;
    use tempfile::TempDir;
    use tokio_util::sync::CancellationToken;

    use super::*;
    use crate::shared::around;

    const LONG: Duration = Duration::from_secs(60);

    async fn readiness(shared: &Shared) -> (u16, Value) {
        let response = ready(State(shared.clone())).await;
        let status = response.status().as_u16();
        let body = to_bytes(response.into_body(), 1_000).await.unwrap();
        let body: Value = serde_json::from_slice(&body).unwrap();
        (status, body["status"].clone())
    }

    async fn until(holds: impl AsyncFn() -> bool, or_else: &str) {
        let begun = Instant::now();
        while !holds().await {
            assert!(begun.elapsed() < LONG, "{or_else}");
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    }

    /// A clock that can break, and what reads it with it.
    #[derive(Default)]
    struct Fragile(AtomicBool);

    impl Clock for Fragile {
        fn now(&self) -> Timestamp {
            assert!(!self.0.load(Ordering::SeqCst), "the clock broke");
            Timestamp::from_micros(1)
        }
    }

    #[tokio::test]
    async fn a_server_whose_engine_broke_is_alive_but_not_ready() {
        let (folder, stopping) = (TempDir::new().unwrap(), CancellationToken::new());
        let clock = Arc::new(Fragile::default());
        let engine = Runtime::builder().in_memory().clock(clock.clone());
        let engine = engine.start().await.unwrap();
        let shared = around(&engine, &folder, &stopping).await;
        assert_eq!(readiness(&shared).await, (200, "ok".into()));
        let waits = json!({"name": "Waits", "steps": [
            {"name": "One", "task_type": "delay", "config": {"seconds": 60}}
        ]});
        let waits = WorkflowDefinition::from_json(&waits).unwrap();
        let created = engine.create_workflow(JobId(1), waits, None).await.unwrap();
        clock.0.store(true, Ordering::SeqCst);
        // The loop that owns the workflows reads the clock to decide this.
        let answer = engine.start_workflow(created.id).await;
        assert!(answer.is_err(), "{answer:?}");
        until(async || !engine.is_running(), "still running").await;
        // Readiness reads the clock itself, to say since when what is.
        clock.0.store(false, Ordering::SeqCst);
        let told = readiness(&shared).await;
        assert_eq!(told, (503, "engine stopped".into()));
        assert_eq!(live().await.status(), StatusCode::OK);
    }

    #[tokio::test]
    async fn a_server_that_stops_is_alive_but_not_ready() {
        let (folder, stopping) = (TempDir::new().unwrap(), CancellationToken::new());
        let engine = Runtime::builder().in_memory().start().await.unwrap();
        let shared = around(&engine, &folder, &stopping).await;
        assert_eq!(readiness(&shared).await, (200, "ok".into()));
        stopping.cancel();
        assert_eq!(readiness(&shared).await, (503, "stopping".into()));
        assert_eq!(live().await.status(), StatusCode::OK);
    }
}
