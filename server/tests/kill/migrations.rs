//! Killed while the tables are made or changed, and started by an older program.

use std::process::Stdio;
use std::time::{Duration, Instant};

use reqwest::Method;
use serde_json::{Value, json};
use sqlx::sqlite::SqliteConnectOptions;
use sqlx::{ConnectOptions, Connection};

use crate::folder::{Folder, PATIENCE, program};
use crate::life::Life;
use crate::{figures, is_long, verdict};

/// Kills within the migrations, ever later, until a start gets through them; each start finds what
/// the one before it left.
#[tokio::test]
async fn a_kill_within_a_migration_leaves_all_of_it_or_nothing() {
    let mut kills = 0;
    for step in [61, if is_long() { 7 } else { 509 }] {
        let folder = Folder::new();
        for instruction in (1..).map(|n| n * step) {
            let mut life = Life::begin(&folder, Some(&format!("c10:{instruction}")));
            if life.listens().await {
                break;
            }
            kills += 1;
            // Opening it again by another program migrates it to the end.
            if instruction % 5 == 0 {
                verdict::of(&folder).await;
                break;
            }
        }
        let mut life = Life::start(&folder).await;
        let made = folder.create(&life, &quick(), "one").await.unwrap();
        folder.until_over(&life, made).await;
        life.stop().await;
        assert_eq!(verdict::of(&folder).await.completed, 1);
    }
    figures::tell(format!(
        "crash points: {kills} kills within migrations (c10): 0 half-migrated files"
    ));
}

/// The file as an older version left it: what it did not keep stands at its default, and the second
/// workflow ended while an attempt of it was still dying.
async fn made_older(folder: &Folder) {
    let file = folder.file("job-orchestrator.db");
    let options = SqliteConnectOptions::new().filename(&file);
    let mut connection = options.connect().await.unwrap();
    for statement in [
        "DELETE FROM events WHERE workflow_id = 2
         AND seq = (SELECT rev - 1 FROM workflows WHERE id = 2) AND instr(body, 'AttemptEnded')",
        "UPDATE events SET seq = seq - 1, body = json_set(body, '$.seq', seq - 1)
         WHERE workflow_id = 2 AND seq = (SELECT rev FROM workflows WHERE id = 2)",
        "UPDATE workflows SET rev = rev - 1 WHERE id = 2",
        "UPDATE tasks SET superseded = 1 WHERE workflow_id = 2",
        "UPDATE tasks SET in_doubt = 0 WHERE in_doubt = 1",
        "DELETE FROM _sqlx_migrations WHERE version IN (10, 11)",
    ] {
        let changed = sqlx::query(statement).execute(&mut connection);
        assert!(changed.await.unwrap().rows_affected() > 0, "{statement}");
    }
    connection.close().await.unwrap();
}

/// A workflow whose only step was skipped while it ran, with what it ran stopped.
async fn skip_what_runs(folder: &Folder, life: &Life) {
    let step = json!({"name": "Long", "task_type": "command",
                      "config": {"program": "sleep", "args": ["600"]}});
    let definition = json!({"name": "Skipped", "steps": [step]});
    let id = folder.create(life, &definition, "two").await.unwrap();
    assert_eq!(id, 2);
    let begun = Instant::now();
    while folder.get(life, "/workflows/2").await["running_tasks"] != 1 {
        assert!(begun.elapsed() < PATIENCE, "the step never began");
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    let body = json!({"from_step": 0, "force": true, "instead": "skip", "reason": "in the way"});
    let recover = "/workflows/2/recover";
    let asked = folder.ask(life, Method::POST, recover, Some(&body), None);
    let (status, answer) = asked.await.unwrap();
    assert!(status.is_success(), "{answer}");
    let over = folder.until_over(life, id).await;
    assert_eq!(over["status"], "completed");
}

#[tokio::test]
async fn a_kill_while_older_rows_are_filled_in_is_made_up_for_by_the_next_start() {
    let folder = Folder::new();
    // Its only step is under way when the server dies, so that nobody knows if it took effect.
    let mut life = Life::begin(&folder, Some("c1"));
    assert!(life.listens().await);
    folder.create(&life, &quick(), "one").await;
    life.until_killed("c1").await;
    let mut life = Life::start(&folder).await;
    folder.until_over(&life, 1).await;
    skip_what_runs(&folder, &life).await;
    life.stop().await;
    made_older(&folder).await;
    let mut kills = 0;
    for instruction in (1..).map(|n| n * if is_long() { 7 } else { 97 }) {
        let mut life = Life::begin(&folder, Some(&format!("c10:{instruction}")));
        if life.listens().await {
            life.kill();
            break;
        }
        kills += 1;
    }
    assert!(kills > 2, "{kills} kills");
    // Compares the rows with what the events give.
    assert_eq!(verdict::of(&folder).await.completed, 2);
}

fn quick() -> Value {
    json!({"name": "Quick", "steps": [crate::definitions::noop("Only", &[])]})
}

#[tokio::test]
async fn a_file_of_a_newer_version_is_refused_in_a_sentence() {
    let folder = Folder::new();
    Life::start(&folder).await.stop().await;
    folder.is_damaged("its tables are said to be of a newer version");
    let file = folder.file("job-orchestrator.db");
    let mut newer = SqliteConnectOptions::new()
        .filename(&file)
        .connect()
        .await
        .unwrap();
    sqlx::query(
        "INSERT INTO _sqlx_migrations (version, description, success, checksum, execution_time)
         VALUES (9999, 'from the future', 1, x'00', 0)",
    )
    .execute(&mut newer)
    .await
    .unwrap();
    newer.close().await.unwrap();
    let refused = program()
        .args(["serve", "--listen", "127.0.0.1:0", "--data"])
        .arg(folder.path())
        .stdin(Stdio::null())
        .output()
        .unwrap();
    assert_eq!(refused.status.code(), Some(1));
    let said = String::from_utf8(refused.stderr).unwrap();
    assert!(
        said.contains("was made by a newer version of this program"),
        "{said}"
    );
    assert!(said.contains("9999"), "{said}");
}
