//! Steps that are asked first: before a try of which nobody knows how it ended is repeated, the
//! outside says whether it took effect.

use std::collections::HashSet;
use std::path::Path;
use std::process::Command;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use engine::{FailureKind, JobOrchestrator, Mode, StepDefinition, TaskStatus, WorkflowStatus};
use runtime::Settings;
use serde_json::{Value, json};

use crate::server::{Server, answer};
use crate::workbench::{Workbench, define, eventually, noop, step};

fn lines(file: &Path) -> usize {
    std::fs::read_to_string(file).map_or(0, |text| text.lines().count())
}

/// A command that says which runner it has and then runs for a long time at its first try; it is
/// asked by `check`, a piece of shell.
fn asked(bench: &Workbench, effect: &str, check: &str) -> StepDefinition {
    let (witness, runner) = (bench.path("witness"), bench.path("runner"));
    let script = format!(
        "echo x >> {}; {effect}; echo $PPID > {1}.new; mv {1}.new {1}
         test $JOB_ORCHESTRATOR_ATTEMPT_NUMBER != 1 || exec sleep 600",
        witness.display(),
        runner.display()
    );
    let config = json!({
        "program": "sh", "args": ["-c", script],
        "check_program": "sh", "check_args": ["-c", check],
    });
    step("Asked", "command", config, &[])
}

async fn kill_its_runner(bench: &Workbench) {
    let runner = bench.path("runner");
    eventually("it runs", || runner.exists()).await;
    let pid = std::fs::read_to_string(&runner).unwrap();
    let killed = Command::new("kill").args(["-9", pid.trim()]).status();
    assert!(killed.unwrap().success());
}

#[tokio::test]
async fn a_command_that_took_effect_before_it_was_killed_is_not_run_again() {
    let bench = Workbench::new().await;
    let done = bench.path("done").display().to_string();
    let check = format!(
        "test -e {done} && echo \"{{\\\"key\\\": \\\"$JOB_ORCHESTRATOR_IDEMPOTENCY_KEY\\\"}}\""
    );
    let write = format!("echo $JOB_ORCHESTRATOR_IDEMPOTENCY_KEY > {done}");
    let steps = [asked(&bench, &write, &check), noop("Then", &[0])];
    let id = bench.start(&define(&steps)).await;
    kill_its_runner(&bench).await;
    let ended = bench.until_status(id, WorkflowStatus::Completed).await;
    assert_eq!((ended.tasks[0].attempt, ended.tasks[0].retry_count), (2, 1));
    assert_eq!(lines(&bench.path("witness")), 1, "it is not done twice");
    let key = std::fs::read_to_string(bench.path("done")).unwrap();
    assert_eq!(bench.output(id, 0).await, json!({"key": key.trim()}));
}

#[tokio::test]
async fn a_command_that_had_no_effect_is_run_again_after_it_was_asked() {
    let bench = Workbench::new().await;
    let asked_file = bench.path("asked");
    let check = format!("echo x >> {}; exit 1", asked_file.display());
    let id = bench.start(&define(&[asked(&bench, ":", &check)])).await;
    kill_its_runner(&bench).await;
    let ended = bench.until_status(id, WorkflowStatus::Completed).await;
    assert_eq!(ended.tasks[0].attempt, 2);
    assert_eq!(lines(&bench.path("witness")), 2);
    assert_eq!(lines(&asked_file), 1, "only the second try asks");
}

#[tokio::test]
async fn a_command_that_a_stop_of_the_server_interrupted_is_asked_after_the_next_start() {
    let impatient = Settings {
        drain: Duration::ZERO,
        ..Settings::default()
    };
    let bench = Workbench::with(impatient).await;
    let id = bench.start(&define(&[asked(&bench, ":", "echo 7")])).await;
    eventually("it runs", || bench.path("runner").exists()).await;
    bench.runtime.shutdown().await;
    assert_eq!(bench.progress(id).await.tasks[0].status, TaskStatus::Queued);
    let bench = bench.reopen().await;
    bench.until_status(id, WorkflowStatus::Completed).await;
    assert_eq!(bench.output(id, 0).await, json!(7));
    assert_eq!(lines(&bench.path("witness")), 1);
}

#[tokio::test]
async fn a_sure_failure_is_tried_again_without_asking() {
    let bench = Workbench::new().await;
    let check = format!("echo x >> {}", bench.path("asked").display());
    let config = json!({
        "program": "sh", "args": ["-c", "test $JOB_ORCHESTRATOR_ATTEMPT_NUMBER != 1"],
        "check_program": "sh", "check_args": ["-c", check],
    });
    let done = bench
        .execute(&define(&[step("Asked", "command", config, &[])]))
        .await;
    assert_eq!(done.summary.status, WorkflowStatus::Completed);
    assert_eq!(lines(&bench.path("asked")), 0);
}

#[tokio::test]
async fn a_command_that_cannot_be_asked_fails_and_is_asked_first_when_it_is_recovered() {
    let bench = Workbench::new().await;
    let check = bench.path("check.sh");
    let mut asked = asked(&bench, ":", "");
    asked.config["check_program"] = json!(check);
    asked.config["check_args"] = json!([]);
    asked.max_retries = 1;
    let id = bench.start(&define(&[asked])).await;
    kill_its_runner(&bench).await;
    let failed = bench.until_status(id, WorkflowStatus::Failed).await;
    assert_eq!(bench.failure(id, 0).await, FailureKind::OutcomeUnknown);
    let error = failed.tasks[0].error_message.clone().unwrap();
    assert!(
        error.starts_with("whether an earlier try took effect cannot be told")
            && error.contains("it may have taken effect"),
        "{error}"
    );
    assert_eq!(lines(&bench.path("witness")), 1, "it is never run unasked");

    std::fs::write(&check, "#!/bin/sh\necho '\"it was\"'\n").unwrap();
    let mode = std::os::unix::fs::PermissionsExt::from_mode(0o755);
    std::fs::set_permissions(&check, mode).unwrap();
    bench.runtime.recover_workflow(id, 0).await.unwrap();
    bench.until_status(id, WorkflowStatus::Completed).await;
    assert_eq!(bench.output(id, 0).await, json!("it was"));
    assert_eq!(lines(&bench.path("witness")), 1);
}

/// What a receiver of orders does with the first one.
#[derive(Clone, Copy, PartialEq)]
enum First {
    TakenButNotAnswered,
    Dropped,
}

/// Takes an order once for each key and tells which it knows.
async fn receiver(first: First, check: &'static str) -> Server {
    let (orders, known) = (AtomicUsize::new(0), Mutex::new(HashSet::new()));
    Server::start(move |request| {
        let lower = request.to_ascii_lowercase();
        let key = lower
            .lines()
            .find_map(|line| line.strip_prefix("idempotency-key: "))
            .unwrap()
            .to_owned();
        if request.starts_with("GET") {
            return match known.lock().unwrap().contains(&key) {
                _ if check != "200 OK" => answer(check, "", ""),
                true => answer("200 OK", "", "{\"order\": 5}"),
                false => answer("404 Not Found", "", ""),
            };
        }
        let number = orders.fetch_add(1, Ordering::SeqCst);
        if number == 0 && first == First::Dropped {
            return Vec::new();
        }
        assert!(known.lock().unwrap().insert(key), "taken twice");
        match number {
            0 => Vec::new(),
            _ => answer("201 Created", "", "{\"order\": 6}"),
        }
    })
    .await
}

fn order(server: &Server) -> StepDefinition {
    let config = json!({
        "method": "POST", "url": server.url("/orders"), "check_url": server.url("/orders"),
    });
    step("Order", "http_request", config, &[])
}

fn of_method(server: &Server, method: &str) -> usize {
    let requests = server.requests();
    requests.iter().filter(|r| r.starts_with(method)).count()
}

async fn ordered(first: First) -> (Value, usize, usize) {
    let (bench, server) = (Workbench::new().await, receiver(first, "200 OK").await);
    let done = bench.execute(&define(&[order(&server)])).await;
    assert_eq!(done.summary.status, WorkflowStatus::Completed);
    let output = bench.output(done.id, 0).await;
    (
        output,
        of_method(&server, "POST"),
        of_method(&server, "GET"),
    )
}

#[tokio::test]
async fn an_order_that_was_taken_but_not_answered_is_not_placed_again() {
    let ended = ordered(First::TakenButNotAnswered).await;
    assert_eq!(ended, (json!({"order": 5}), 1, 1));
}

#[tokio::test]
async fn an_order_that_the_receiver_does_not_know_is_placed_again() {
    assert_eq!(ordered(First::Dropped).await, (json!({"order": 6}), 2, 1));
}

#[tokio::test]
async fn an_order_is_not_placed_again_while_the_receiver_does_not_say() {
    let bench = Workbench::new().await;
    let server = receiver(First::TakenButNotAnswered, "503 Busy").await;
    let once_more = StepDefinition {
        max_retries: 1,
        ..order(&server)
    };
    let done = bench.execute(&define(&[once_more])).await;
    assert_eq!(done.summary.status, WorkflowStatus::Failed);
    let id = done.id;
    assert_eq!(bench.failure(id, 0).await, FailureKind::OutcomeUnknown);
    assert_eq!(
        (of_method(&server, "POST"), of_method(&server, "GET")),
        (1, 1)
    );
    let task = bench.runtime.get_workflow_progress(id).await.unwrap();
    assert_eq!(task.tasks[0].attempt, 2);
    assert_eq!(bench.mode(id, 0).await, Mode::Probe, "a check is asked");
}
