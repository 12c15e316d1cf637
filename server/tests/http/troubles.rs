//! The database is taken away under the running program: it says so everywhere, and goes on by
//! itself once it is back.

use std::fs;
use std::os::unix::fs::FileExt;
use std::path::Path;
use std::time::Instant;

use reqwest::Method;
use serde_json::{Value, json};
use sqlx::sqlite::SqliteConnectOptions;
use sqlx::{ConnectOptions, Connection, Row};

use crate::examined::Examined;
use crate::fixture::{PATIENCE, Server, ask, failing, quick, run, waiting};
use crate::frames::{Frames, stream};
use crate::quarantine::kill;

const FILE: &str = "job-orchestrator.db";
const PASSWORD: &str = "correct horse";

async fn until_ready_says(server: &Server, status: u16, word: &str) -> Value {
    let begun = Instant::now();
    loop {
        let answer = server.get("/health/ready").await;
        if answer.status.as_u16() == status && answer.json()["status"] == word {
            return answer.json();
        }
        assert!(begun.elapsed() < PATIENCE, "{answer:?}");
    }
}

/// What readiness says is wrong, but for a machine that is slow just now.
fn troubles(readiness: &Value) -> Vec<&str> {
    let told = readiness["troubles"].as_array().unwrap().iter();
    let told = told.map(|trouble| trouble.as_str().unwrap());
    told.filter(|trouble| *trouble != "database_slow").collect()
}

#[tokio::test]
async fn a_database_that_is_taken_away_makes_the_server_unready_and_changes_are_answered_503() {
    let server = Server::start();
    server.user("ada", "owner", PASSWORD);
    let cookie = server.sign_in("ada", "correct+horse").await;
    let api = server.api("editor");
    let id = api.create(&quick(), false).await;
    let (file, away) = (
        server.folder.path().join(FILE),
        server.folder.path().join("away"),
    );
    fs::rename(&file, &away).unwrap();
    let body = until_ready_says(&server, 503, "database away").await;
    assert_eq!(troubles(&body), ["database_away"]);
    assert_eq!(server.get("/health/live").await.json()["status"], "ok");

    let body = json!({"definition": quick(), "start": true});
    let refused = api.post("/workflows", &body).await;
    assert_eq!(refused.header("retry-after"), "5");
    let problem = refused.problem(503);
    assert_eq!(
        problem["type"],
        "urn:job-orchestrator:problem:database_away"
    );
    api.verb(id, "start").await.problem(503);
    api.get(&format!("/workflows/{id}")).await.ok();
    let page = server.request(Method::GET, "/").header("cookie", cookie);
    let page = ask(page).await.text;
    assert!(
        page.contains("The database cannot be written to."),
        "{page}"
    );

    fs::rename(&away, &file).unwrap();
    until_ready_says(&server, 200, "ok").await;
    api.verb(id, "start").await.ok();
    api.create(&quick(), true).await;
}

/// Overwrites the first page of a table that no server uses just now.
async fn damage(folder: &Path, table: &str) {
    let file = SqliteConnectOptions::new().filename(folder.join(FILE));
    let mut connection = file.connect().await.unwrap();
    let truncate = sqlx::query("PRAGMA wal_checkpoint(TRUNCATE)");
    truncate.execute(&mut connection).await.unwrap();
    let page = sqlx::query("SELECT rootpage FROM sqlite_schema WHERE name = $1");
    let page = page.bind(table).fetch_one(&mut connection).await.unwrap();
    let page: u32 = page.get(0);
    connection.close().await.unwrap();
    let file = fs::File::options().write(true).open(folder.join(FILE));
    let at = u64::from(page - 1) * 4096;
    file.unwrap().write_all_at(&[0xff; 4096], at).unwrap();
}

#[tokio::test]
async fn damage_that_is_found_in_the_background_is_told_and_everything_goes_on() {
    let server = Server::start();
    server.user("ada", "owner", PASSWORD);
    let folder = kill(server);
    folder.is_damaged("a page is overwritten");
    damage(folder.path(), "definitions").await;
    let server = Server::start_with(folder, &[]);
    let begun = Instant::now();
    loop {
        let body = until_ready_says(&server, 200, "ok").await;
        if troubles(&body) == ["database_damaged"] {
            break;
        }
        assert!(begun.elapsed() < PATIENCE, "{body}");
    }
    let cookie = server.sign_in("ada", "correct+horse").await;
    let page = server.request(Method::GET, "/").header("cookie", cookie);
    let page = ask(page).await.text;
    assert!(
        page.contains("The database is damaged in some places."),
        "{page}"
    );
    let api = server.api("editor");
    let id = api.create(&quick(), true).await;
    api.until(id, "completed").await;
}

#[tokio::test]
async fn a_file_in_which_nothing_can_be_relied_on_makes_the_server_unready() {
    let server = Server::start();
    let id = server.api("editor").create(&waiting(600.0), true).await;
    let folder = kill(server);
    folder.is_damaged("a page is overwritten");
    damage(folder.path(), "tasks").await;
    let server = Server::start_with(folder, &[]);
    let body = until_ready_says(&server, 503, "database damaged").await;
    assert_eq!(troubles(&body), ["database_away", "database_damaged"]);
    let api = server.api("operator");
    api.get(&format!("/workflows/{id}")).await.problem(503);
    api.verb(id, "cancel").await.problem(503);
}

#[tokio::test]
async fn a_log_that_is_taken_away_takes_nothing_else_with_it() {
    let server = Server::start();
    server.user("ada", "owner", PASSWORD);
    let cookie = server.sign_in("ada", "correct+horse").await;
    for file in ["logs.db", "logs.db-wal", "logs.db-shm"] {
        // Not each of them is there.
        let _ = fs::remove_file(server.folder.path().join(file));
    }
    let begun = Instant::now();
    while troubles(&until_ready_says(&server, 200, "ok").await) != ["log_away"] {
        assert!(begun.elapsed() < PATIENCE);
    }
    let api = server.api("editor");
    for definition in [quick(), failing()] {
        let id = api.create(&definition, true).await;
        let (over, ended) = if definition["name"] == "Quick" {
            ("completed", "WorkflowCompleted")
        } else {
            ("failed", "WorkflowFailed")
        };
        api.until(id, over).await;
        let log = api.get(&format!("/workflows/{id}/tasks/0/log")).await;
        let told = log.problem(503);
        assert_eq!(told["type"], "urn:job-orchestrator:problem:log_away");
        // Events come all the same to whoever wants the log with them.
        let mut frames = Frames::open(stream(&api, id, "?after=0&log_of=0")).await;
        frames.until(ended).await;
        let page = server.request(Method::GET, &format!("/workflows/{id}"));
        let page = ask(page.header("cookie", &cookie)).await;
        assert_eq!(page.status.as_u16(), 200);
        assert!(
            page.text.contains("The log cannot be read just now."),
            "{page:?}"
        );
        assert!(
            page.text
                .contains("The log of steps cannot be read or kept.")
        );
    }
}

#[test]
fn a_server_whose_file_is_no_database_says_which_and_does_not_start() {
    let folder = Examined::new();
    folder.is_damaged("it is no database");
    fs::write(folder.path().join(FILE), "my notes ".repeat(1_000)).unwrap();
    let output = run(folder.path(), &["serve", "--listen", "127.0.0.1:0"], "");
    assert_eq!(output.status.code(), Some(1), "{output:?}");
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(said.contains(FILE), "{said}");
    assert!(output.stdout.is_empty(), "it never listens: {output:?}");
}

#[tokio::test]
async fn a_log_that_is_none_keeps_the_server_from_starting_and_is_named_with_what_to_do() {
    let folder = Examined::new();
    let log = folder.path().join("logs.db");
    for (is_folder, away) in [(false, "notes"), (true, "folder")] {
        if is_folder {
            fs::create_dir(&log).unwrap();
        } else {
            fs::write(&log, "my notes ".repeat(1_000)).unwrap();
        }
        let output = run(folder.path(), &["serve", "--listen", "127.0.0.1:0"], "");
        assert_eq!(output.status.code(), Some(1), "{output:?}");
        let said = String::from_utf8_lossy(&output.stderr);
        assert!(said.contains(&log.display().to_string()), "{said}");
        assert!(said.contains("move it away"), "{said}");
        assert!(output.stdout.is_empty(), "it never listens: {output:?}");
        // What it says to do.
        fs::rename(&log, folder.path().join(away)).unwrap();
    }
    let server = Server::start_with(folder, &[]);
    let api = server.api("editor");
    let id = api.create(&quick(), true).await;
    api.until(id, "completed").await;
    assert!(log.is_file());
}
