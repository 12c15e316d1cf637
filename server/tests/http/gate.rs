//! Doors that steps stand before: calls whose answers come when a test says so.

use std::collections::HashMap;
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Mutex};

use axum::Router;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::routing::get;
use serde_json::{Value, json};
use tokio::net::TcpListener;
use tokio::sync::Notify;
use tokio::time::timeout;

use crate::fixture::PATIENCE;

#[derive(Default)]
struct Door {
    calls: AtomicU32,
    called: Notify,
    opened: Notify,
}

type Doors = Arc<Mutex<HashMap<String, Arc<Door>>>>;

/// A server of such answers. It ends with the test.
pub struct Gate {
    address: String,
    doors: Doors,
}

impl Gate {
    pub async fn start() -> Self {
        let doors = Doors::default();
        let routes = Router::new()
            .route("/{door}", get(stand))
            .route("/fails-first/{door}", get(fail_first))
            .with_state(Arc::clone(&doors));
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = format!("http://{}", listener.local_addr().unwrap());
        tokio::spawn(async move { axum::serve(listener, routes).await });
        Self { address, doors }
    }

    /// A step that stands before a door until it is opened.
    pub fn step(&self, door: &str, dependencies: &[usize]) -> Value {
        let url = format!("{}/{door}", self.address);
        json!({
            "name": door, "task_type": "http_request", "config": {"method": "GET", "url": url},
            "dependencies": dependencies, "max_retries": 0,
        })
    }

    /// A step that fails at its first try, and stands before a door at every later one.
    pub fn failing_first(&self, door: &str) -> Value {
        let mut step = self.step(door, &[]);
        step["config"]["url"] = json!(format!("{}/fails-first/{door}", self.address));
        step
    }

    /// Waits until one more step stands before the door.
    pub async fn until_called(&self, door: &str) {
        let door = find(&self.doors, door);
        let called = timeout(PATIENCE, door.called.notified()).await;
        assert!(called.is_ok(), "no step came");
    }

    pub fn open(&self, door: &str) {
        find(&self.doors, door).opened.notify_one();
    }
}

fn find(doors: &Doors, name: &str) -> Arc<Door> {
    let mut doors = doors.lock().unwrap();
    Arc::clone(doors.entry(name.to_owned()).or_default())
}

async fn stand(State(doors): State<Doors>, Path(name): Path<String>) -> &'static str {
    let door = find(&doors, &name);
    door.called.notify_one();
    door.opened.notified().await;
    "{}"
}

async fn fail_first(
    State(doors): State<Doors>,
    Path(name): Path<String>,
) -> Result<&'static str, StatusCode> {
    let earlier = find(&doors, &name).calls.fetch_add(1, Ordering::SeqCst);
    if earlier == 0 {
        return Err(StatusCode::INTERNAL_SERVER_ERROR);
    }
    Ok(stand(State(doors), Path(name)).await)
}
