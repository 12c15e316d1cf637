//! `doctor` on real data folders: a sound one, and one with each kind of damage.

use std::fs::Permissions;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;

use serde_json::{Value, json};
use sqlx::sqlite::SqliteConnectOptions;
use sqlx::{AssertSqlSafe, ConnectOptions, Connection};

use crate::examined::Examined;
use crate::fixture::{Server, bound_program, failing, quick, run, waiting};
use crate::quarantine::{change, kill};

/// A folder with a workflow in each of several states: 1 completed, 2 failed, 3 waits, 4 is paused,
/// 5 is pending, 6 was recovered and failed again, 7 gave an output too large for its event.
async fn folder() -> Examined {
    let server = Server::start();
    let api = server.api("editor");
    let completed = api.create(&quick(), true).await;
    let failed = api.create(&failing(), true).await;
    let waits = api.create(&waiting(600.0), true).await;
    let paused = api.create(&waiting(601.0), true).await;
    api.create(&quick(), false).await;
    let recovered = api.create(&failing(), true).await;
    let much = "for i in $(seq 120); do head -c 100 /dev/zero | tr '\\0' x; echo; done";
    let large = json!({"name": "Large", "steps": [{
        "name": "Much", "task_type": "command", "config": {"program": "sh", "args": ["-c", much]},
    }]});
    let large = api.create(&large, true).await;
    api.until(completed, "completed").await;
    api.until(failed, "failed").await;
    api.until(recovered, "failed").await;
    let again = format!("/workflows/{recovered}/recover");
    let body = json!({"from_step": 0});
    api.keyed(&again, "again", &body).await.ok();
    api.until(recovered, "failed").await;
    api.until(waits, "running").await;
    api.verb(paused, "pause").await.ok();
    api.until(large, "completed").await;
    kill(server)
}

struct Diagnosis {
    code: Option<i32>,
    text: String,
    errors: String,
}

fn doctor(folder: &Path, words: &[&str]) -> Diagnosis {
    let words: Vec<_> = ["doctor"].iter().chain(words).copied().collect();
    let output = run(folder, &words, "");
    Diagnosis {
        code: output.status.code(),
        text: String::from_utf8(output.stdout).unwrap(),
        errors: String::from_utf8(output.stderr).unwrap(),
    }
}

fn lines(text: &str) -> Vec<Value> {
    let line = |line| serde_json::from_str(line).unwrap();
    text.lines().map(line).collect()
}

#[tokio::test]
async fn a_sound_folder_is_said_to_be_sound_also_while_a_server_uses_it() {
    let folder = folder().await;
    let sound = doctor(folder.path(), &[]);
    assert_eq!(sound.code, Some(0), "{}{}", sound.text, sound.errors);
    let begins = "Everything is as it should be: 7 workflows";
    assert!(sound.text.starts_with(begins), "{}", sound.text);
    let told = lines(&doctor(folder.path(), &["--json"]).text);
    assert_eq!(told.len(), 1, "{told:?}");
    assert_eq!(told[0]["kind"], "summary");
    assert_eq!(told[0]["workflows"], 7);
    let server = Server::start_with(folder, &[]);
    let sound = doctor(server.folder.path(), &[]);
    assert_eq!(sound.code, Some(0), "{}{}", sound.text, sound.errors);
    let says = sound.errors.contains("A server uses this folder");
    assert!(says, "{}", sound.errors);
    let release = doctor(server.folder.path(), &["--release", "1"]);
    assert_eq!(release.code, Some(3), "{}", release.errors);
}

#[test]
fn a_folder_without_a_database_is_no_patient() {
    let folder = Examined::new();
    let found = doctor(folder.path(), &[]);
    assert_eq!(found.code, Some(1));
    assert!(
        found.errors.contains("there is no database"),
        "{}",
        found.errors
    );
}

/// What is done to the rows, and a part of the line that has to name it.
#[rustfmt::skip]
const DAMAGE: [(&str, &str); 22] = [
    ("UPDATE workflows SET status = 'paused' WHERE id = 3",
     "workflow 3: I1: status is paused in its row, running by its events"),
    ("UPDATE workflows SET metadata = '{' WHERE id = 1",
     "workflow 1: rows: a workflow's metadata cannot be read"),
    ("UPDATE workflows SET rev = 90 WHERE id = 5",
     "workflow 5: I1: rev is 90 in its row, 1 by its events"),
    ("UPDATE workflows SET recovery_attempts = 7 WHERE id = 6",
     "workflow 6: I9: it was recovered 7 times of 1"),
    ("UPDATE workflows SET created_at = created_at + 1 WHERE id = 1",
     "workflow 1: I1: created_at is"),
    ("UPDATE workflows SET summary = replace(summary, '\"completed_tasks\":2', '\"completed_tasks\":1') WHERE id = 1",
     "workflow 1: I15: what lists show"),
    ("UPDATE workflows SET definition_hash = 'gone' WHERE id = 2",
     "workflow 2: rows: its definition is not there"),
    ("UPDATE frozen_definitions SET body = replace(body, '600', '602')",
     "the definition that workflows execute as"),
    ("UPDATE tasks SET status = 'queued' WHERE workflow_id = 1 AND task = 1",
     "workflow 1: I1: step 1: status is queued in its row, completed by its events"),
    ("UPDATE tasks SET retry_count = 2 WHERE workflow_id = 3 AND task = 0",
     "workflow 3: I1: step 0: retry_count is 2 in its row, 0 by its events"),
    ("UPDATE tasks SET output = '[1]' WHERE workflow_id = 1 AND task = 0",
     "workflow 1: I1: step 0: output is [1] in its row"),
    ("UPDATE tasks SET output = '[1]' WHERE workflow_id = 7 AND task = 0",
     "workflow 7: I1: step 0: output is [1] in its row"),
    ("UPDATE tasks SET output = '[' WHERE workflow_id = 1 AND task = 0",
     "workflow 1: rows: step 0: a task's output cannot be read"),
    ("DELETE FROM tasks WHERE workflow_id = 4 AND task = 1",
     "workflow 4: rows: it has 1 rows of tasks for 2 steps"),
    ("UPDATE attempts SET outcome = 'lost' WHERE workflow_id = 1 AND task = 0",
     "workflow 1: I1: step 0: attempt 1 is (\"lost\""),
    ("DELETE FROM attempts WHERE workflow_id = 1",
     "workflow 1: I1: 0 attempts have a row, 2 have events"),
    ("DELETE FROM events WHERE workflow_id = 1 AND seq = 4",
     "workflow 1: I3: event 5"),
    ("DELETE FROM events WHERE workflow_id = 5",
     "workflow 5: I3: it has no events"),
    ("UPDATE events SET body = '{}' WHERE workflow_id = 2 AND seq = 3",
     "workflow 2: I1: event 3: an event cannot be read"),
    ("INSERT INTO attempts SELECT 99, task, attempt, started_at, ended_at, outcome, error, output FROM attempts WHERE workflow_id = 3",
     "rows in attempts belong to no workflow"),
    ("UPDATE commands SET answer = '{}'",
     "I16: the command again of token tester: the answer cannot be read"),
    ("DELETE FROM workflows WHERE id = 6",
     "I16: the command again of token tester: it was answered with event"),
];

#[tokio::test]
async fn each_kind_of_damage_is_named() {
    let folder = folder().await;
    for (damage, named) in DAMAGE {
        let copy = Examined::new();
        for entry in std::fs::read_dir(folder.path()).unwrap() {
            let entry = entry.unwrap();
            if entry.file_type().unwrap().is_file() {
                std::fs::copy(entry.path(), copy.path().join(entry.file_name())).unwrap();
            }
        }
        copy.is_damaged("for a doctor to find");
        change(copy.path(), damage).await;
        let found = doctor(copy.path(), &[]);
        assert_eq!(
            found.code,
            Some(1),
            "{damage}: {}{}",
            found.text,
            found.errors
        );
        assert!(found.text.contains(named), "{damage}: {}", found.text);
    }
}

#[tokio::test]
async fn what_stands_in_rows_does_nothing_to_the_terminal_of_a_doctor() {
    let folder = folder().await;
    let evil = "json_quote('x' || char(27) || '[2J' || char(155) || '1m')";
    let output = format!("UPDATE tasks SET output = {evil} WHERE workflow_id = 1");
    folder.is_damaged("for a doctor to find");
    change(folder.path(), &output).await;
    for (words, told) in [
        (&[][..], "output is x\\u{1b}[2J\\u{9b}1m in its row"),
        (&["--json"], "output is x\\u001b[2J\\u009b1m in its row"),
    ] {
        let text = doctor(folder.path(), words).text;
        let is_obeyed = |c: char| c.is_control() && c != '\n';
        assert!(!text.contains(is_obeyed), "{text:?}");
        assert!(text.contains(told), "{text}");
    }
}

/// Has the indices of lists leave out what they are there for, which no row tells.
async fn empty_the_indices(folder: &Path) {
    let file = SqliteConnectOptions::new().filename(folder.join("job-orchestrator.db"));
    let indices = ["by_status", "active", "recoverable"].map(|list| format!("workflows_{list}"));
    let of_nothing = "UPDATE sqlite_schema SET sql = iif(instr(sql, 'WHERE'),
        replace(sql, 'WHERE', 'WHERE 1 = 0 AND'), sql || ' WHERE 1 = 0') WHERE name = ";
    let as_before = "UPDATE sqlite_schema SET sql = replace(replace(sql,
        'WHERE 1 = 0 AND', 'WHERE'), ' WHERE 1 = 0', '') WHERE name = ";
    for (statement, is_name) in [(of_nothing, true), ("REINDEX ", false), (as_before, true)] {
        // Each reads the description of the tables anew.
        let mut connection = file.clone().connect().await.unwrap();
        let writable = sqlx::query("PRAGMA writable_schema = ON");
        writable.execute(&mut connection).await.unwrap();
        for index in &indices {
            let index = if is_name {
                format!("'{index}'")
            } else {
                index.clone()
            };
            let done = sqlx::query(AssertSqlSafe(format!("{statement}{index}")));
            done.execute(&mut connection).await.unwrap();
        }
        connection.close().await.unwrap();
    }
}

#[tokio::test]
async fn a_list_that_leaves_out_what_belongs_in_it_is_named() {
    let folder = folder().await;
    folder.is_damaged("for a doctor to find");
    empty_the_indices(folder.path()).await;
    let found = doctor(folder.path(), &[]);
    assert_eq!(found.code, Some(1), "{}{}", found.text, found.errors);
    for list in [
        "active workflows is wrong about 2 of them, such as [3, 4]",
        "failed workflows is wrong about 2 of them, such as [2, 6]",
        "recoverable workflows is wrong about 1 of them, such as [2]",
    ] {
        let named = format!("I18: the list of {list}");
        assert!(found.text.contains(&named), "{}", found.text);
    }
}

#[tokio::test]
async fn a_file_that_is_damaged_as_a_file_is_named() {
    let folder = folder().await;
    folder.is_damaged("a file beside it is no database");
    // What a killed server left beside it would bring the file back.
    std::fs::remove_file(folder.path().join("logs.db-wal")).unwrap();
    std::fs::write(folder.path().join("logs.db"), "not a database at all").unwrap();
    let found = doctor(folder.path(), &[]);
    assert_eq!(found.code, Some(1), "{}", found.errors);
    assert!(found.text.contains("logs.db"), "{}", found.text);
}

#[tokio::test]
async fn a_workflow_leaves_quarantine_once_its_rows_are_mended() {
    let folder = folder().await;
    change(
        folder.path(),
        "UPDATE workflows SET metadata = '{' WHERE id = 4",
    )
    .await;
    let server = Server::start_with(folder, &[]);
    let told = server.api("viewer").get("/workflows/4").await.ok();
    assert_eq!(told["status"], "failed");
    let folder = kill(server);

    let found = doctor(folder.path(), &[]);
    assert_eq!(found.code, Some(1));
    let is_told = found.text.contains("workflow 4 is in quarantine since");
    assert!(is_told, "{}", found.text);
    let not_aside = doctor(folder.path(), &["--release", "1"]);
    assert_eq!(not_aside.code, Some(1));
    let is_refused = not_aside.errors.contains("not in quarantine");
    assert!(is_refused, "{}", not_aside.errors);
    let refused = doctor(folder.path(), &["--release", "4"]);
    assert_eq!(refused.code, Some(1), "{}", refused.errors);
    let says_why = refused.text.contains("metadata cannot be read");
    assert!(says_why, "{}", refused.text);

    change(
        folder.path(),
        "UPDATE workflows SET metadata = '{}' WHERE id = 4",
    )
    .await;
    let released = doctor(folder.path(), &["--release", "4"]);
    assert_eq!(
        released.code,
        Some(0),
        "{}{}",
        released.text,
        released.errors
    );
    let sound = doctor(folder.path(), &[]);
    assert_eq!(sound.code, Some(0), "{}", sound.text);
    let server = Server::start_with(folder, &[]);
    let api = server.api("operator");
    assert_eq!(api.get("/workflows/4").await.ok()["status"], "paused");
    api.verb(4, "cancel").await.ok();
    api.until(4, "cancelled").await;
}

/// `doctor` by somebody who may read the folder and write nothing in it.
fn doctor_of_a_reader(folder: &Path) -> Diagnosis {
    let mode = |bits| std::fs::set_permissions(folder, Permissions::from_mode(bits)).unwrap();
    mode(0o555);
    let files = std::fs::read_dir(folder).unwrap().map(Result::unwrap);
    for file in files.filter(|file| file.file_type().unwrap().is_file()) {
        std::fs::set_permissions(file.path(), Permissions::from_mode(0o444)).unwrap();
    }
    let mut command = bound_program();
    let output = command.arg("--data").arg(folder).arg("doctor").output();
    let output = output.unwrap();
    mode(0o755);
    Diagnosis {
        code: output.status.code(),
        text: String::from_utf8(output.stdout).unwrap(),
        errors: String::from_utf8(output.stderr).unwrap(),
    }
}

fn remove(folder: &Path, end: &str) {
    for file in ["job-orchestrator.db", "logs.db", "accounts.db"] {
        // Not each of them has it.
        let _ = std::fs::remove_file(folder.join(format!("{file}{end}")));
    }
}

#[tokio::test]
async fn a_doctor_who_may_only_read_the_folder_looks_at_it_or_says_what_to_do() {
    let killed = folder().await;
    let copy = || {
        let copy = Examined::new();
        let files = std::fs::read_dir(killed.path())
            .unwrap()
            .map(Result::unwrap);
        for file in files.filter(|file| file.file_type().unwrap().is_file()) {
            std::fs::copy(file.path(), copy.path().join(file.file_name())).unwrap();
        }
        copy
    };
    // As a server leaves it that was killed.
    let whole = copy();
    assert!(whole.path().join("job-orchestrator.db-wal").exists());
    let looked = doctor_of_a_reader(whole.path());
    assert_eq!(looked.code, Some(0), "{}{}", looked.text, looked.errors);
    assert!(looked.text.contains(": 7 workflows"), "{}", looked.text);
    // Copied without the index of what was written last.
    let without = copy();
    remove(without.path(), "-shm");
    let looked = doctor_of_a_reader(without.path());
    assert_eq!(looked.code, Some(1), "{}{}", looked.text, looked.errors);
    let advice = "or on a copy of the folder that may be written";
    assert!(looked.errors.contains(advice), "{}", looked.errors);
    // As one leaves it that was stopped: everything is in the file.
    let stopped = copy();
    for file in ["job-orchestrator.db", "logs.db", "accounts.db"] {
        let file = SqliteConnectOptions::new().filename(stopped.path().join(file));
        let mut connection = file.connect().await.unwrap();
        let fold = sqlx::query("PRAGMA wal_checkpoint(TRUNCATE)");
        fold.execute(&mut connection).await.unwrap();
        connection.close().await.unwrap();
    }
    remove(stopped.path(), "-wal");
    remove(stopped.path(), "-shm");
    let looked = doctor_of_a_reader(stopped.path());
    assert_eq!(looked.code, Some(0), "{}{}", looked.text, looked.errors);
    assert!(looked.text.contains(": 7 workflows"), "{}", looked.text);
}

#[tokio::test]
async fn a_log_of_writes_that_was_taken_away_is_named_with_what_is_lost_and_what_to_do() {
    let folder = folder().await;
    folder.is_damaged("what was written last is taken away");
    remove(folder.path(), "-shm");
    let file = folder.path().join("job-orchestrator.db");
    let log = folder.path().join("job-orchestrator.db-wal");
    let kept = std::fs::read(&log).unwrap();
    std::fs::remove_file(&log).unwrap();
    // All that was ever written lay there.
    let found = doctor(folder.path(), &[]);
    assert_eq!(found.code, Some(1), "{}", found.text);
    for told in [
        "holds no tables",
        "job-orchestrator.db-wal",
        "restore a copy",
    ] {
        assert!(found.errors.contains(told), "{}", found.errors);
    }
    // Its first half is folded into the file; with an index, as a killed server leaves it.
    remove(folder.path(), "-wal");
    remove(folder.path(), "-shm");
    std::fs::write(&log, kept).unwrap();
    let mut connection = SqliteConnectOptions::new()
        .filename(&file)
        .connect()
        .await
        .unwrap();
    let fold = sqlx::query("PRAGMA wal_checkpoint(TRUNCATE)");
    fold.execute(&mut connection).await.unwrap();
    connection.close().await.unwrap();
    remove(folder.path(), "-wal");
    std::fs::write(folder.path().join("job-orchestrator.db-shm"), "").unwrap();
    // The first one leaves it as it is.
    for _ in 0..2 {
        let found = doctor(folder.path(), &[]);
        assert_eq!(found.code, Some(1), "{}{}", found.text, found.errors);
        for told in [
            "job-orchestrator.db-wal is not there",
            "written last is lost",
            "Put it back",
            "1 finding in 0 of 7 workflows",
        ] {
            assert!(found.text.contains(told), "{}", found.text);
        }
    }
}

#[tokio::test]
async fn a_row_that_cannot_be_read_is_told_alone_with_what_is_lost_and_what_a_server_does() {
    let folder = folder().await;
    folder.is_damaged("for a doctor to find");
    change(
        folder.path(),
        "UPDATE tasks SET status = 'dancing' WHERE workflow_id = 3 AND task = 0",
    )
    .await;
    let found = doctor(folder.path(), &[]);
    assert_eq!(found.code, Some(1), "{}", found.errors);
    let lines: Vec<_> = found.text.lines().collect();
    assert!(
        lines[0].starts_with("workflow 3: rows: step 0: "),
        "{}",
        found.text
    );
    assert!(
        lines[1].starts_with("1 finding in 1 of 7 workflows"),
        "{}",
        found.text
    );
    let told = "unless its workflow's events tell it or a copy of the folder has it";
    assert!(
        lines[2].contains(told) && lines[2].contains("into quarantine"),
        "{}",
        found.text
    );
}
