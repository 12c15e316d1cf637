//! Attempts of which nobody knows how they ended: a broken connection, a panic, a runner that was
//! killed. What follows is the step's mode, and the mode of a step that names none is its type's.

use std::process::Command;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use engine::{FailureKind, JobOrchestrator, Mode, StepDefinition, WorkflowStatus};
use runtime::Runtime;
use runtime::step::{Registry, StepContext, StepError, StepOutput, StepType};
use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::{Value, json};

use crate::examined::Examined;
use crate::server::{Server, answer};
use crate::workbench::{Workbench, define, eventually, shell, step};

/// Breaks the first connection after it has read the whole request, then answers.
async fn breaks_once() -> Server {
    let calls = AtomicUsize::new(0);
    Server::start(move |_| match calls.fetch_add(1, Ordering::SeqCst) {
        0 => Vec::new(),
        _ => answer("200 OK", "", "{}"),
    })
    .await
}

/// How a call with this configuration ended, and how often it came.
async fn called(config: Value) -> (WorkflowStatus, usize) {
    let (bench, server) = (Workbench::new().await, breaks_once().await);
    let mut config = config;
    config["url"] = server.url("/").into();
    let done = bench
        .execute(&define(&[step("Call", "http_request", config, &[])]))
        .await;
    if done.summary.status == WorkflowStatus::Failed {
        let progress = bench.progress(done.id).await;
        let error = progress.tasks[0].error_message.clone().unwrap();
        assert!(error.contains("it may have taken effect"), "{error}");
    }
    (done.summary.status, server.requests().len())
}

#[tokio::test]
async fn a_post_whose_answer_never_came_is_not_sent_again_unless_the_receiver_honours_its_key() {
    for method in ["POST", "PATCH"] {
        let ended = called(json!({ "method": method })).await;
        assert_eq!(ended, (WorkflowStatus::Failed, 1), "{method}");
        let ended = called(json!({"method": method, "honours_key": true})).await;
        assert_eq!(ended, (WorkflowStatus::Completed, 2), "{method}");
    }
}

#[tokio::test]
async fn a_call_that_may_be_made_twice_is_sent_again_when_its_answer_never_came() {
    for method in ["GET", "HEAD", "PUT", "DELETE"] {
        let ended = called(json!({ "method": method })).await;
        assert_eq!(ended, (WorkflowStatus::Completed, 2), "{method}");
    }
}

#[tokio::test]
async fn a_step_that_names_its_mode_keeps_it_whatever_its_type_says() {
    let (bench, server) = (Workbench::new().await, breaks_once().await);
    let config = |method: &str| json!({"method": method, "url": server.url("/")});
    let named = |method, mode| StepDefinition {
        mode: Some(mode),
        ..step("Call", "http_request", config(method), &[])
    };
    let done = bench.execute(&define(&[named("GET", Mode::Once)])).await;
    assert_eq!(done.summary.status, WorkflowStatus::Failed);
    assert_eq!(server.requests().len(), 1);
    let done = bench.execute(&define(&[named("POST", Mode::Retry)])).await;
    assert_eq!(done.summary.status, WorkflowStatus::Completed);
}

static PANICS: AtomicUsize = AtomicUsize::new(0);

/// Panics after it has done its work.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct Panics {}

impl StepType for Panics {
    const TASK_TYPE: &'static str = "panics";
    const TITLE: &'static str = "Panics";
    const OUTPUT: &'static str = "Nothing.";
    const DEFAULT_TIMEOUT: Duration = Duration::from_secs(60);

    fn example() -> Value {
        json!({})
    }

    async fn run(self, _: StepContext) -> Result<StepOutput, StepError> {
        PANICS.fetch_add(1, Ordering::SeqCst);
        panic!("after the work was done");
    }
}

/// How often an order that is placed once is sent, when the receiver answers it in this way first.
async fn placed(first: &'static str, body: &'static str, honours_key: bool) -> usize {
    let calls = AtomicUsize::new(0);
    let server = Server::start(move |_| match calls.fetch_add(1, Ordering::SeqCst) {
        0 => answer(first, "Content-Type: application/json\r\n", body),
        _ => answer("200 OK", "", "{}"),
    })
    .await;
    let bench = Workbench::new().await;
    let config = json!({"method": "POST", "url": server.url("/order"), "honours_key": honours_key});
    let order = StepDefinition {
        max_retries: 1,
        ..step("Order", "http_request", config, &[])
    };
    let done = bench.execute(&define(&[order])).await;
    let is_done = done.summary.status == WorkflowStatus::Completed;
    let sent = server.requests().len();
    assert_eq!(is_done, sent == 2, "{first} {body}");
    if !is_done {
        let failure = bench.failure(done.id, 0).await;
        assert_eq!(failure, FailureKind::OutcomeUnknown, "{first} {body}");
    }
    sent
}

#[tokio::test]
async fn an_order_is_not_placed_again_after_an_answer_that_leaves_open_whether_it_was_taken() {
    for (first, body) in [
        ("500 Broken", "{}"),
        ("502 Bad Gateway", "{}"),
        ("503 Busy", "{}"),
        ("504 Gateway Timeout", "{}"),
        ("200 OK", "{\"order\":"),
    ] {
        assert_eq!(placed(first, body, false).await, 1, "{first} {body}");
        assert_eq!(placed(first, body, true).await, 2, "{first} {body}");
    }
    assert_eq!(
        placed("429 Slower", "{}", false).await,
        2,
        "it was turned away"
    );
}

#[tokio::test]
async fn a_program_that_runs_once_is_not_repeated_when_it_is_killed_or_what_it_gives_is_unreadable()
{
    let bench = Workbench::new().await;
    for (name, end) in [
        ("killed", "kill -9 $$"),
        ("crashed", "kill -SEGV $$"),
        ("nonsense", "echo nonsense > $JOB_ORCHESTRATOR_OUTPUT"),
        ("folder", "mkdir $JOB_ORCHESTRATOR_OUTPUT"),
    ] {
        for (mode, times) in [(Mode::Once, 1), (Mode::Retry, 2)] {
            let witness = bench.path(&format!("{name} {}", mode.as_str()));
            let script = format!("echo x >> '{}'; {end}", witness.display());
            let step = StepDefinition {
                mode: Some(mode),
                max_retries: 1,
                ..shell("Effect", &script, &[])
            };
            let done = bench.execute(&define(&[step])).await;
            assert_eq!(done.summary.status, WorkflowStatus::Failed);
            let effects = std::fs::read_to_string(&witness).unwrap();
            assert_eq!(effects.lines().count(), times, "{name}, {}", mode.as_str());
        }
    }
}

#[tokio::test]
async fn a_step_that_runs_once_is_not_repeated_after_a_panic() {
    let mut registry = Registry::builtin().unwrap();
    registry.register::<Panics>().unwrap();
    let folder = Examined::new();
    let builder = Runtime::builder().registry(registry);
    let builder = builder.work_dir(folder.path().join("work"));
    let runtime = builder.start().await.unwrap().into();
    let bench = Workbench { folder, runtime };
    let once = StepDefinition {
        mode: Some(Mode::Once),
        ..step("Once", "panics", json!({}), &[])
    };
    let done = bench.execute(&define(&[once])).await;
    assert_eq!(done.summary.status, WorkflowStatus::Failed);
    assert_eq!(PANICS.load(Ordering::SeqCst), 1);
    let failure = bench.failure(done.id, 0).await;
    assert_eq!(failure, FailureKind::OutcomeUnknown);
}

#[tokio::test]
async fn a_step_that_runs_once_is_not_repeated_when_its_runner_is_killed() {
    let bench = Workbench::new().await;
    let (witness, runner) = (bench.path("witness"), bench.path("runner"));
    let script = format!(
        "echo x >> {}; echo $PPID > {1}.new; mv {1}.new {1}; exec sleep 600",
        witness.display(),
        runner.display()
    );
    let once = StepDefinition {
        mode: Some(Mode::Once),
        ..shell("Once", &script, &[])
    };
    let id = bench.start(&define(&[once])).await;
    eventually("it runs", || runner.exists()).await;
    let pid = std::fs::read_to_string(&runner).unwrap();
    let killed = Command::new("kill").args(["-9", pid.trim()]).status();
    assert!(killed.unwrap().success());
    bench.until_status(id, WorkflowStatus::Failed).await;
    assert_eq!(std::fs::read_to_string(&witness).unwrap(), "x\n");
    assert_eq!(bench.failure(id, 0).await, FailureKind::OutcomeUnknown);
    // Somebody looks, and decides that it is to be done again.
    let again = bench.runtime.recover_workflow(id, 0).await.unwrap();
    assert_eq!(again.summary.status, WorkflowStatus::Recovering);
    eventually("it runs again", || {
        std::fs::read_to_string(&witness).unwrap() == "x\nx\n"
    })
    .await;
    bench.runtime.cancel_workflow(id).await.unwrap();
    bench.until_status(id, WorkflowStatus::Cancelled).await;
}

/// A step that says who carries it out, and goes on until somebody ends it.
fn endless(bench: &Workbench) -> StepDefinition {
    let runner = bench.path("runner");
    let script = format!(
        "echo $PPID > {0}.new; mv {0}.new {0}; exec sleep 600",
        runner.display()
    );
    StepDefinition {
        max_retries: 0,
        ..shell("Endless", &script, &[])
    }
}

/// Asks the runner of the step to end, from outside, as soon as it can be found.
async fn ask_runner_to_end(bench: &Workbench) {
    let runner = bench.path("runner");
    eventually("it runs", || runner.exists()).await;
    let pid = std::fs::read_to_string(&runner).unwrap();
    std::fs::remove_file(&runner).unwrap();
    let asked = Command::new("kill").args(["-TERM", pid.trim()]).status();
    assert!(asked.unwrap().success());
}

#[tokio::test]
async fn a_command_whose_runner_somebody_else_asks_to_end_is_charged_for_it() {
    let bench = Workbench::new().await;
    for (mode, kind) in [
        (Mode::Retry, FailureKind::Error),
        (Mode::Once, FailureKind::OutcomeUnknown),
    ] {
        let step = StepDefinition {
            mode: Some(mode),
            ..endless(&bench)
        };
        let id = bench.start(&define(&[step])).await;
        ask_runner_to_end(&bench).await;
        let failed = bench.until_status(id, WorkflowStatus::Failed).await;
        assert_eq!(bench.failure(id, 0).await, kind);
        let told = failed.tasks[0].error_message.clone().unwrap();
        assert!(told.contains("nobody here had told it to"), "{told}");
    }
}

#[tokio::test]
async fn a_command_that_is_signalled_with_the_server_that_stops_is_not_charged_for_it() {
    let bench = Workbench::new().await;
    let id = bench.start(&define(&[endless(&bench)])).await;
    eventually("it runs", || bench.path("runner").exists()).await;
    bench.runtime.note_stop().await;
    ask_runner_to_end(&bench).await;
    bench
        .until(id, |progress| progress.tasks[0].attempt == 2)
        .await;
    assert!(bench.kinds(id).await.contains(&"TaskInterrupted"));
    bench.runtime.cancel_workflow(id).await.unwrap();
    bench.until_status(id, WorkflowStatus::Cancelled).await;
}
