//! What a server left when it was killed, and what a workflow owes to whoever started it first.

use std::fs;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use engine::WorkflowId;
use engine::orchestrator::AttemptRecord;
use reqwest::{Method, StatusCode};
use runtime::database::Database;
use runtime::store::WorkflowStore;
use runtime::store::sqlite::SqliteStore;
use serde_json::{Value, json};

use crate::definitions::{Way, command, noop};
use crate::folder::{Folder, PATIENCE};
use crate::life::Life;
use crate::{remains, verdict, witness};

fn of(steps: &[Value]) -> Value {
    json!({"name": "Left", "steps": steps})
}

async fn eventually(what: &str, is_so: impl Fn() -> bool) {
    let begun = Instant::now();
    while !is_so() {
        assert!(begun.elapsed() < PATIENCE, "never: {what}");
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
}

/// How the tries of the first workflow's first step ended, while no server uses the folder.
async fn outcomes(folder: &Folder) -> Vec<String> {
    let file = folder.file("job-orchestrator.db");
    let store = SqliteStore::new(Database::open(&file).await.unwrap());
    let attempts = store.attempts(WorkflowId(1), 0).await.unwrap();
    let outcome = |one: AttemptRecord| one.outcome;
    attempts.into_iter().map(outcome).collect()
}

/// The attempts that the steps say began.
fn begun(folder: &Path) -> Vec<u32> {
    let effects = witness::read(folder).into_values();
    effects.flat_map(|effects| effects.begun).collect()
}

/// A step that works until the file `go` is there. It notes its process and its runner.
fn until_go(folder: &Path) -> Value {
    let here = folder.display();
    let work = format!(
        "echo $$ $PPID >{here}/new-$JOB_ORCHESTRATOR_ATTEMPT_NUMBER\n\
         mv {here}/new-$JOB_ORCHESTRATOR_ATTEMPT_NUMBER {here}/pids-$JOB_ORCHESTRATOR_ATTEMPT_NUMBER\n\
         until [ -e {here}/go ]; do sleep 0.05; done"
    );
    command(folder, "Works", &work, &[], Way::Retry)
}

/// The step's process and its runner, once it is under way.
async fn processes(folder: &Folder, attempt: u32) -> (String, String) {
    let file: PathBuf = folder.file(&format!("pids-{attempt}"));
    eventually("the step is under way", || file.exists()).await;
    let text = fs::read_to_string(file).unwrap();
    let (own, runner) = text.trim().split_once(' ').unwrap();
    (own.to_owned(), runner.to_owned())
}

fn signal(name: &str, pid: &str) {
    let mut kill = std::process::Command::new("kill");
    assert!(kill.args([name, pid]).status().unwrap().success());
}

fn lives(pid: &str) -> bool {
    let stat = fs::read_to_string(format!("/proc/{pid}/stat")).unwrap_or_default();
    let state = stat
        .rsplit(')')
        .next()
        .and_then(|rest| rest.trim().chars().next());
    state.is_some_and(|state| state != 'Z' && state != 'X')
}

/// There, a task that outlived its scheduler went on while the next scheduler started it a second
/// time beside itself. Here the runner is stopped and killed first, since it would not let that
/// happen; so the step really is an orphan.
#[tokio::test]
async fn airflow_23520_restart_does_not_duplicate() {
    let folder = Folder::new();
    let mut life = Life::start(&folder).await;
    let definition = of(&[until_go(folder.path())]);
    let id = folder.create(&life, &definition, "one").await.unwrap();
    let (orphan, runner) = processes(&folder, 1).await;
    signal("-STOP", &runner);
    life.kill();
    signal("-KILL", &runner);
    assert!(lives(&orphan), "it outlives its server");

    let mut life = Life::start(&folder).await;
    let (second, _) = processes(&folder, 2).await;
    assert!(!lives(&orphan), "two at a time");
    assert!(lives(&second));
    fs::write(folder.file("go"), "").unwrap();
    let over = folder.until_over(&life, id).await;
    assert_eq!(over["status"], "completed");
    life.stop().await;
    // No two of them had their key at the same time.
    let found = verdict::of(&folder).await;
    assert_eq!((found.lost, found.effects), (1, 2), "{found:?}");
    assert_eq!(outcomes(&folder).await, ["lost", "succeeded"]);
}

/// There, a task whose worker had died before its first sign of life was none of those whose last
/// sign was too old, and so was never given up.
#[tokio::test]
async fn airflow_66773_dead_before_first_heartbeat() {
    for place in ["c1", "c2", "c2-runner"] {
        let folder = Folder::new();
        let mut life = Life::begin(&folder, Some(place));
        assert!(life.listens().await);
        let definition = of(&[command(folder.path(), "Works", ":", &[], Way::Retry)]);
        folder.create(&life, &definition, "one").await;
        life.until_killed(place).await;
        remains::none(&folder).await;
        assert_eq!(begun(folder.path()), [0; 0], "{place}: no sign of life");
        assert_eq!(outcomes(&folder).await, ["running"], "{place}");

        let mut life = Life::start(&folder).await;
        let over = folder.until_over(&life, 1).await;
        assert_eq!(over["status"], "completed", "{place}");
        life.stop().await;
        assert_eq!(outcomes(&folder).await, ["lost", "succeeded"], "{place}");
        assert_eq!(begun(folder.path()), [2], "{place}");
    }
}

/// There, a second start under the id of a workflow that was under way failed with words that
/// nobody understood, and left the first one unable to go on after a crash.
#[tokio::test]
async fn dbos_ts_725_second_start_keeps_first_durable() {
    let folder = Folder::new();
    let mut life = Life::start(&folder).await;
    let first = of(&[until_go(folder.path()), noop("Then", &[0])]);
    let second = of(&[noop("Else", &[])]);
    let id = folder.create(&life, &first, "the-id").await.unwrap();
    processes(&folder, 1).await;

    let body = json!({"definition": second, "start": true});
    let asked = folder.ask(
        &life,
        Method::POST,
        "/workflows",
        Some(&body),
        Some("the-id"),
    );
    let (status, answer) = asked.await.unwrap();
    assert_eq!(status, StatusCode::UNPROCESSABLE_ENTITY, "{answer}");
    let told = answer["detail"].as_str().unwrap();
    assert!(told.contains("already used for another command"), "{told}");
    assert_eq!(folder.create(&life, &first, "the-id").await, Some(id));
    life.kill();
    remains::none(&folder).await;

    let mut life = Life::start(&folder).await;
    fs::write(folder.file("go"), "").unwrap();
    let over = folder.until_over(&life, id).await;
    assert_eq!(over["status"], "completed");
    assert_eq!(folder.create(&life, &first, "the-id").await, Some(id));
    life.stop().await;
    let found = verdict::of(&folder).await;
    assert_eq!((found.workflows, found.completed), (1, 1), "{found:?}");
}
