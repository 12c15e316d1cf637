//! A row that cannot be read, seen from outside: lists go on, its page says why, commands are
//! refused, and a doctor says what differs.

use std::path::Path;

use reqwest::Method;
use reqwest::header::COOKIE;
use sqlx::sqlite::SqliteConnectOptions;
use sqlx::{AssertSqlSafe, ConnectOptions};

use crate::examined::Examined;
use crate::fixture::{Server, ask, quick, run, waiting};
use crate::frames::{Frames, stream};

const PASSWORD: &str = "a long enough pass phrase";

/// Changes rows behind the program's back.
pub async fn change(folder: &Path, statement: &str) {
    let file = SqliteConnectOptions::new().filename(folder.join("job-orchestrator.db"));
    let mut connection = file.foreign_keys(false).connect().await.unwrap();
    let changed = sqlx::query(AssertSqlSafe(statement.to_owned()));
    let changed = changed.execute(&mut connection).await.unwrap();
    assert!(changed.rows_affected() > 0, "{statement}");
}

/// Ends a server at once and gives its folder.
pub fn kill(mut server: Server) -> Examined {
    std::mem::replace(&mut server.folder, Examined::new())
}

#[tokio::test]
async fn a_row_that_cannot_be_read_is_shown_as_failed_with_a_sentence_and_refuses_commands() {
    let server = Server::start();
    let api = server.api("editor");
    let bad = api.create(&waiting(600.0), true).await;
    let good = api.create(&quick(), false).await;
    server.user("ada", "operator", PASSWORD);
    let folder = kill(server);
    let broken = format!("UPDATE workflows SET metadata = '{{\"a\":' WHERE id = {bad}");
    folder.is_damaged("a row is broken");
    change(folder.path(), &broken).await;

    let server = Server::start_with(folder, &[]);
    let counted = server.get("/health/ready").await.ok();
    assert_eq!(
        (&counted["quarantined"], &counted["breaches"]),
        (&1.into(), &0.into())
    );
    let api = server.api("operator");
    let list = api.get("/workflows").await.ok();
    let items = list["items"].as_array().unwrap();
    assert_eq!(items.len(), 2, "{list}");
    let told = api.get(&format!("/workflows/{bad}")).await.ok();
    assert_eq!(told["status"], "failed");
    let cause = told["quarantine"].as_str().unwrap();
    assert!(cause.contains("metadata"), "{cause}");
    let progress = api.get(&format!("/workflows/{bad}/progress")).await.ok();
    assert_eq!(progress["quarantine"], told["quarantine"]);
    for verb in ["start", "pause", "resume", "cancel"] {
        let refused = api.verb(bad, verb).await.problem(409);
        assert_eq!(refused["type"], "urn:job-orchestrator:problem:quarantined");
        assert!(refused["detail"].as_str().unwrap().contains("quarantine"));
    }
    api.recover(bad, 0).await.problem(409);
    api.verb(good, "start").await.ok();
    api.until(good, "completed").await;

    let cookie = server.sign_in("ada", "a+long+enough+pass+phrase").await;
    for path in [format!("/workflows/{bad}"), "/workflows".into(), "/".into()] {
        let page = server.request(Method::GET, &path).header(COOKIE, &cookie);
        let page = ask(page).await;
        assert_eq!(page.status, 200, "{path}");
        assert!(page.text.contains("quarantine"), "{path}: {}", page.text);
    }
}

#[tokio::test]
async fn readiness_counts_what_is_aside_and_how_often_something_did_not_hold() {
    let server = Server::start();
    let api = server.api("editor");
    let mut ids = Vec::new();
    for seconds in [600.0, 601.0, 602.0] {
        ids.push(api.create(&waiting(seconds), true).await);
    }
    let folder = kill(server);
    folder.is_damaged("rows are broken");
    // One cannot be read; of another each row can be, and they contradict each other.
    for broken in [
        format!("UPDATE workflows SET metadata = '{{' WHERE id = {}", ids[0]),
        format!(
            "UPDATE tasks SET share = 7 WHERE workflow_id = {} AND task = 0",
            ids[1]
        ),
    ] {
        change(folder.path(), &broken).await;
    }
    let server = Server::start_with(folder, &[]);
    let counted = server.get("/health/ready").await.ok();
    assert_eq!(counted["status"], "ok");
    let counts = (&counted["quarantined"], &counted["breaches"]);
    assert_eq!(counts, (&2.into(), &1.into()));
}

#[tokio::test]
async fn a_row_that_goes_bad_while_its_workflow_runs_is_told_the_same_everywhere() {
    let server = Server::start();
    let api = server.api("operator");
    let bad = server.api("editor").create(&waiting(600.0), true).await;
    let path = format!("/workflows/{bad}");
    let mut frames = Frames::open(stream(&api, bad, "")).await;
    frames.until("snapshot").await;
    let broken = format!("UPDATE workflows SET metadata = '{{' WHERE id = {bad}");
    server.folder.is_damaged("a row is broken");
    change(server.folder.path(), &broken).await;
    let told = api.get(&path).await.ok();
    assert_eq!(told["status"], "failed");
    assert!(told["quarantine"].is_string(), "{told}");

    let streamed = frames.until("snapshot").await.pop().unwrap();
    let streamed = &streamed.data["progress"];
    let listed = &api.get("/workflows").await.ok()["items"][0];
    for other in [streamed, listed] {
        assert_eq!(other["status"], "failed", "{other}");
        assert_eq!(other["quarantine"], told["quarantine"]);
    }
    let refused = api.verb(bad, "cancel").await.problem(409);
    assert_eq!(refused["type"], "urn:job-orchestrator:problem:quarantined");
    server.user("ada", "operator", PASSWORD);
    let cookie = server.sign_in("ada", "a+long+enough+pass+phrase").await;
    let page = server.request(Method::GET, &path).header(COOKIE, &cookie);
    assert!(ask(page).await.text.contains("is in quarantine"));
    let said = run(server.folder.path(), &["doctor", "--json"], "");
    let said = String::from_utf8(said.stdout).unwrap();
    let is_it = |line: &str| line.contains("quarantin") && line.contains(&format!(":{bad}"));
    assert!(said.lines().any(is_it), "{said}");
}

#[tokio::test]
async fn a_stream_goes_on_behind_the_last_number_when_what_remains_tells_none() {
    let server = Server::start_set("stream_heartbeat_seconds = 1");
    let api = server.api("operator");
    server
        .folder
        .is_damaged("a row is broken, and events are gone");
    // The row alone tells no number; and the events are gone as well.
    for events_are_gone in [false, true] {
        let bad = server.api("editor").create(&waiting(600.0), true).await;
        let mut frames = Frames::open(stream(&api, bad, "?after=0")).await;
        let told = frames.until("TaskWaiting").await;
        let last = told.last().unwrap().id;
        let folder = server.folder.path();
        if events_are_gone {
            change(
                folder,
                &format!("DELETE FROM events WHERE workflow_id = {bad}"),
            )
            .await;
        }
        let broken = format!("UPDATE workflows SET rev = -1 WHERE id = {bad}");
        change(folder, &broken).await;
        let shown = api.get(&format!("/workflows/{bad}")).await.ok();
        assert!(shown["quarantine"].is_string(), "{shown}");
        let snapshot = frames.next().await.unwrap();
        assert_eq!((snapshot.event.as_str(), snapshot.id), ("snapshot", last));
        assert_eq!(snapshot.data["progress"]["events"], last);
        // Also for who comes back with it.
        let again = stream(&api, bad, &format!("?after={last}"));
        let mut again = Frames::open(again).await;
        let snapshot = again.next().await.unwrap();
        assert_eq!((snapshot.event.as_str(), snapshot.id), ("snapshot", last));
        for mut frames in [frames, again] {
            let next = frames.block().await.unwrap();
            assert_eq!(next, ": heartbeat\n\n", "nothing comes twice");
        }
    }
}
