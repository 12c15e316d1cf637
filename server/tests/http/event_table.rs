//! The events as the file of a running server holds them.

use std::collections::BTreeMap;

use serde_json::Value;
use sqlx::sqlite::SqliteConnectOptions;
use sqlx::{ConnectOptions, Row};

use crate::fixture::Server;

/// Each event with its number, by workflow.
pub type EventTable = BTreeMap<i64, Vec<(u64, Value)>>;

pub async fn read(server: &Server) -> EventTable {
    let file =
        SqliteConnectOptions::new().filename(server.folder.path().join("job-orchestrator.db"));
    let mut connection = file.read_only(true).connect().await.unwrap();
    let rows = sqlx::query("SELECT workflow_id, seq, body FROM events ORDER BY workflow_id, seq")
        .fetch_all(&mut connection)
        .await
        .unwrap();
    let mut table = EventTable::new();
    for row in rows {
        let (seq, body): (i64, String) = (row.get("seq"), row.get("body"));
        let event = (seq.unsigned_abs(), serde_json::from_str(&body).unwrap());
        table.entry(row.get("workflow_id")).or_default().push(event);
    }
    table
}

/// How many of these events are of this kind.
pub fn count(events: &[(u64, Value)], kind: &str) -> usize {
    events
        .iter()
        .filter(|(_, event)| event["kind"] == kind)
        .count()
}

/// The number of the first event of this kind, about this step when one is named.
pub fn first(events: &[(u64, Value)], kind: &str, task: Option<usize>) -> Option<u64> {
    let fits = |event: &Value| {
        event["kind"] == kind && task.is_none_or(|task| event["task"].as_u64() == Some(task as u64))
    };
    let found = events.iter().find(|(_, event)| fits(event));
    found.map(|(number, _)| *number)
}
