//! What the server may use is said when it is started, and what happens beyond that.

use std::time::{Duration, Instant};

use reqwest::Method;
use serde_json::json;
use sqlx::sqlite::SqliteConnectOptions;
use sqlx::{ConnectOptions, Connection, SqliteConnection};
use tokio::time::sleep;

use crate::event_table;
use crate::examined::Examined;
use crate::fixture::{Api, PATIENCE, Server, ask, failing, quick, run, waiting};
use crate::frames::{Frames, stream};

async fn until_troubled(server: &Server, trouble: &str) {
    let begun = Instant::now();
    loop {
        let body = server.get("/health/ready").await.json();
        let told = body["troubles"].as_array().unwrap();
        if told.iter().any(|told| told == trouble) {
            return;
        }
        assert!(begun.elapsed() < PATIENCE, "{body}");
        sleep(Duration::from_millis(20)).await;
    }
}

#[tokio::test]
async fn a_server_over_its_memory_limit_starts_no_step_and_ends_streams_that_come_back() {
    let folder = Examined::new();
    let server = Server::start_with(folder, &["--memory-limit-mib", "1"]);
    until_troubled(&server, "memory").await;
    let api = server.api("editor");
    let id = api.create(&quick(), true).await;
    let mut frames = Frames::open(stream(&api, id, "")).await;
    assert_eq!(frames.next().await.unwrap().event, "snapshot");
    let mut last = String::new();
    while let Some(block) = frames.block().await {
        last = block;
    }
    let said = last.strip_prefix(": the server is short of memory\nretry: ");
    let retry: u64 = said.expect(&last).trim().parse().unwrap();
    assert!((15_000..30_000).contains(&retry), "{last}");
    // Its client comes back, and goes on where it was.
    let mut again = Frames::open(stream(&api, id, "?after=1")).await;
    assert_eq!(again.next().await.unwrap().id, 2);

    let progress = api.get(&format!("/workflows/{id}/progress")).await.ok();
    let tasks = progress["tasks"].as_array().unwrap();
    let statuses: Vec<_> = tasks.iter().map(|task| &task["status"]).collect();
    assert_eq!(statuses, ["queued", "pending"]);
    api.verb(id, "cancel").await.ok();
    api.until(id, "cancelled").await;
}

#[tokio::test]
async fn no_more_steps_run_at_once_than_the_file_of_settings_says() {
    let server = Server::start_set("commands_at_once = 1");
    let api = server.api("editor");
    let step = |name: &str| {
        json!({"name": name, "task_type": "command",
            "config": {"program": "sleep", "args": ["0.1"]}})
    };
    let two = json!({"name": "Two", "steps": [step("One"), step("Two")]});
    let id = api.create(&two, true).await;
    api.until(id, "completed").await;
    let table = event_table::read(&server).await;
    let moves = table[&id].iter().filter_map(|(_, event)| {
        let kind = event["kind"].as_str()?;
        matches!(kind, "TaskStarted" | "TaskCompleted").then_some(kind)
    });
    let one_by_one = [
        "TaskStarted",
        "TaskCompleted",
        "TaskStarted",
        "TaskCompleted",
    ];
    assert_eq!(moves.collect::<Vec<_>>(), one_by_one);
}

#[test]
fn a_limit_that_is_none_is_refused_before_anything_starts() {
    let folder = Examined::new();
    let words = [
        "serve",
        "--listen",
        "127.0.0.1:0",
        "--memory-limit-mib",
        "2 GiB",
    ];
    let output = run(folder.path(), &words, "");
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert_eq!(output.status.code(), Some(2), "{said}");
    let wanted = "the setting memory_limit_mib (--memory-limit-mib) must be a whole number of MiB";
    assert!(said.contains(wanted), "{said}");
}

/// A file of the server's that others can write to as well.
async fn open(server: &Server) -> SqliteConnection {
    let file = server.folder.path().join("job-orchestrator.db");
    let options = SqliteConnectOptions::new().filename(file);
    options.connect().await.unwrap()
}

/// Holds the file up for so long that the server's commits are slow.
async fn make_slow(api: &Api<'_>, file: &mut SqliteConnection) {
    for _ in 0..4 {
        let mut held = file.begin_with("BEGIN IMMEDIATE").await.unwrap();
        sqlx::query("UPDATE workflows SET rev = rev")
            .execute(&mut *held)
            .await
            .unwrap();
        let hold = async {
            sleep(Duration::from_millis(400)).await;
            held.rollback().await.unwrap();
        };
        let waiting = waiting(600.0);
        tokio::join!(hold, api.create(&waiting, false));
    }
}

/// Adds an event to what is stored, of which nobody is woken.
async fn add_event(file: &mut SqliteConnection, id: i64, seq: i64) {
    let copied = sqlx::query(
        "INSERT INTO events SELECT workflow_id, $2, json_set(body, '$.seq', $2) \
         FROM events WHERE workflow_id = $1 AND seq = 1",
    );
    copied.bind(id).bind(seq).execute(file).await.unwrap();
}

#[tokio::test]
async fn while_the_database_is_slow_streams_look_by_themselves_every_five_seconds_only() {
    let server = Server::start();
    let api = server.api("editor");
    server
        .folder
        .is_damaged("events are added that nothing follows from");
    let mut file = open(&server).await;
    let id = api.create(&quick(), false).await;
    let mut frames = Frames::open(stream(&api, id, "?after=1")).await;
    let mut seq = 1;
    // A machine that is busy makes any wait longer, and one after a look that was seen late shorter: so
    // each is measured until it was undisturbed once.
    let begun = Instant::now();
    while waited(&mut frames, &mut file, id, &mut seq).await > Duration::from_secs(2) {
        assert!(begun.elapsed() < PATIENCE, "streams never look soon");
    }
    let begun = Instant::now();
    loop {
        make_slow(&api, &mut file).await;
        until_troubled(&server, "database_slow").await;
        if waited(&mut frames, &mut file, id, &mut seq).await > Duration::from_secs(3) {
            break;
        }
        assert!(begun.elapsed() < PATIENCE, "streams go on to look soon");
    }
}

/// How long an event waits until a stream finds it that comes right after a look that found another.
async fn waited(
    frames: &mut Frames,
    file: &mut SqliteConnection,
    id: i64,
    seq: &mut i64,
) -> Duration {
    let mut wait = Duration::ZERO;
    for _ in 0..2 {
        *seq += 1;
        let added = Instant::now();
        add_event(file, id, *seq).await;
        assert_eq!(frames.next().await.unwrap().id, seq.unsigned_abs());
        wait = added.elapsed();
    }
    wait
}

/// What stands around an output, and how it is written, does not count.
#[tokio::test]
async fn an_output_of_the_whole_size_is_taken_and_a_larger_one_is_refused_for_its_size() {
    const MOST: usize = 1024 * 1024;
    let server = Server::start();
    let api = &server.api("editor");
    let waits = api.create(&waiting(600.0), true).await;
    let failed = api.create(&failing(), true).await;
    api.until(failed, "failed").await;
    // Each letter has two bytes, six as it is sent, and the quotes have two more.
    let escaped = |bytes: usize| format!("\"{}\"", "\\u00e4".repeat((bytes - 2) / 2));
    for (id, verb, step, body) in [
        (
            waits,
            "tasks/1/mark-done",
            1,
            r#"{"output": OUTPUT, "reason": "by hand"}"#,
        ),
        (
            failed,
            "recover",
            0,
            r#"{"from_step": 0, "instead": {"output": OUTPUT}, "reason": "by hand"}"#,
        ),
    ] {
        let path = &format!("/workflows/{id}/{verb}");
        let send = async |bytes: usize| {
            let body = body.replace("OUTPUT", &escaped(bytes));
            let request = api.request(Method::POST, path).body(body);
            ask(request.header("content-type", "application/json")).await
        };
        let refused = send(MOST + 2).await;
        assert_eq!(refused.status, 422, "{verb}: {refused:?}");
        let told = &refused.json()["errors"][0]["detail"];
        assert_eq!(told, "has 1048578 bytes; at most 1 MiB is kept", "{verb}");
        assert_eq!(send(2 * MOST).await.status, 413, "{verb}");
        send(MOST).await.ok();
        let task = api.get(&format!("/workflows/{id}/tasks/{step}")).await.ok();
        let kept = task["output"].as_str().map(str::len);
        assert_eq!(kept, Some(MOST - 2), "{verb}");
    }
}
