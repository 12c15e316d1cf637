//! The server ends itself while it deletes a workflow: afterwards all of it is there or nothing, the
//! same command has the same answer, and what its steps wrote goes at the next start.

use std::time::{Duration, Instant};

use reqwest::{Method, StatusCode};
use serde_json::{Value, json};
use sqlx::sqlite::SqliteConnectOptions;
use sqlx::{ConnectOptions, Connection, Row};

use crate::figures;
use crate::folder::{Folder, PATIENCE};
use crate::life::{Life, log_of};

/// Where it ends, and whether the workflow is deleted then.
const PLACES: [(&str, bool); 6] = [
    ("c6", false),
    ("c6:3", false),
    ("c6:5", false),
    ("c6-whole", false),
    ("c7", true),
    ("c8", true),
];

async fn delete(folder: &Folder, life: &Life, id: i64) -> Option<(StatusCode, Value)> {
    let path = format!("/workflows/{id}");
    let body = json!({"reason": "done"});
    let asked = folder.ask(life, Method::DELETE, &path, Some(&body), Some("once"));
    asked.await
}

/// How many rows the workflow has in each table, while no server uses the file.
async fn rows(folder: &Folder, id: i64) -> Vec<i64> {
    let options = SqliteConnectOptions::new().filename(folder.file("job-orchestrator.db"));
    let mut connection = options.connect().await.unwrap();
    let counts = sqlx::query(
        "SELECT (SELECT count(*) FROM workflows WHERE id = $1),
             (SELECT count(*) FROM tasks WHERE workflow_id = $1),
             (SELECT count(*) FROM attempts WHERE workflow_id = $1),
             (SELECT count(*) FROM events WHERE workflow_id = $1)",
    )
    .bind(id)
    .fetch_one(&mut connection)
    .await
    .unwrap();
    connection.close().await.unwrap();
    (0..4).map(|column| counts.get(column)).collect()
}

async fn lines(folder: &Folder) -> i64 {
    let options = SqliteConnectOptions::new().filename(folder.file("logs.db"));
    let mut connection = options.read_only(true).connect().await.unwrap();
    let count = sqlx::query("SELECT count(*) FROM log_lines").fetch_one(&mut connection);
    count.await.unwrap().get(0)
}

/// Asks until the log of the step has a line.
async fn until_it_spoke(folder: &Folder, life: &Life, id: i64) {
    let (path, begun) = (format!("/workflows/{id}/tasks/0/log"), Instant::now());
    while folder.get(life, &path).await["items"] == json!([]) {
        assert!(begun.elapsed() < PATIENCE, "it never spoke");
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
}

async fn kill_at(place: &str, is_deleted: bool) {
    let folder = &Folder::new();
    let step = json!({"name": "Speaks", "task_type": "command",
                      "config": {"program": "echo", "args": ["something"]}});
    let definition = json!({"name": "Deleted", "steps": [step]});
    let mut life = Life::start(folder).await;
    let id = folder.create(&life, &definition, "made").await.unwrap();
    let before = folder.until_over(&life, id).await;
    until_it_spoke(folder, &life, id).await;
    life.stop().await;

    let mut life = Life::begin(folder, Some(place));
    assert!(life.listens().await, "{place}: {}", log_of(folder));
    // Whether it is answered is chance; it is sent again under the same id.
    let first = delete(folder, &life, id).await;
    life.until_killed(place).await;
    let rows = rows(folder, id).await;
    let is_all = rows.iter().all(|count| (*count == 0) == is_deleted);
    assert!(is_all, "{place}: {rows:?}");

    let life = Life::start(folder).await;
    let second = delete(folder, &life, id).await.unwrap();
    assert_eq!(second, (StatusCode::OK, before), "{place}");
    assert!(first.is_none_or(|first| first == second), "{place}");
    let path = format!("/workflows/{id}");
    let gone = folder.ask(&life, Method::GET, &path, None, None).await;
    assert_eq!(gone.unwrap().0, StatusCode::NOT_FOUND, "{place}");
    let begun = Instant::now();
    while lines(folder).await > 0 {
        assert!(begun.elapsed() < PATIENCE, "{place}: its log stays");
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    let next = folder.create(&life, &definition, "next").await;
    assert_eq!(next, Some(id + 1), "{place}");
    folder.until_over(&life, id + 1).await;
}

#[tokio::test]
async fn a_server_that_ends_while_it_deletes_leaves_all_of_a_workflow_or_nothing() {
    for (place, is_deleted) in PLACES {
        kill_at(place, is_deleted).await;
    }
    figures::tell(format!(
        "crash points: {} kills within deletions (c6 to c8): all of the workflow or nothing, one answer, \
         no log left",
        PLACES.len()
    ));
}
