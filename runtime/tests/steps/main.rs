//! The built-in step types on real programs and a real HTTP server.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "these are tests"
)]

mod command;
mod http_request;
mod server;

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use engine::orchestrator::{LogStream, StepSwitches};
use engine::{JobId, StepDefinition, WorkflowDefinition, WorkflowId};
use runtime::clock::SystemClock;
use runtime::log::LogWriter;
use runtime::process::{ProcessRunner, RunnerProgram};
use runtime::step::{
    ProgressReporter, Registry, SharedSwitches, StepContext, StepContextParts, StepError,
    StepOutput, StepServices,
};
use runtime::store::log_memory::MemoryLogStore;
use serde_json::{Value, json};
use tempfile::TempDir;
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

const LIMIT: Duration = Duration::from_secs(30);
const WORKFLOW: WorkflowId = WorkflowId(12);

/// Everything an attempt needs, on a folder of its own.
struct Bench {
    folder: TempDir,
    switches: SharedSwitches,
    services: Arc<StepServices>,
    log: LogWriter,
    stop: CancellationToken,
    /// Whether attempts ask first if an earlier one took effect.
    probe_first: bool,
}

impl Bench {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let runner = RunnerProgram {
            program: PathBuf::from(env!("CARGO_BIN_EXE_job-orchestrator-runner")),
            args: Vec::new(),
        };
        let processes = ProcessRunner::new(runner, folder.path().join("locks"));
        let switches = SharedSwitches::new(StepSwitches {
            commands: true,
            private_addresses: true,
        });
        let work_dir = folder.path().join("work");
        Self {
            services: Arc::new(StepServices::new(
                Some(processes),
                switches.clone(),
                work_dir,
            )),
            switches,
            folder,
            log: LogWriter::start(Arc::<MemoryLogStore>::default(), Arc::new(SystemClock)),
            stop: CancellationToken::new(),
            probe_first: false,
        }
    }

    fn context(&self) -> StepContext {
        StepContext::new(StepContextParts {
            workflow_id: WORKFLOW,
            job_id: JobId(34),
            task: 5,
            attempt: 2,
            idempotency_key: Uuid::from_u128(7),
            probe_first: self.probe_first,
            stop: self.stop.clone(),
            log: self.log.task_log(WORKFLOW, 5, 2),
            progress: ProgressReporter::silent(),
            definition: Arc::new(definition()),
            config: Arc::default(),
            parameters: Arc::default(),
            metadata: Arc::default(),
            outputs: Arc::new(BTreeMap::new()),
            services: Arc::clone(&self.services),
        })
    }

    /// Runs one attempt to its end.
    async fn run(&self, task_type: &str, config: Value) -> Result<StepOutput, StepError> {
        let registry = Registry::builtin().unwrap();
        let attempt = registry.run(task_type, config, self.context());
        tokio::time::timeout(LIMIT, attempt)
            .await
            .expect("the step ends in time")
    }

    /// The output of an attempt that ends well.
    async fn output(&self, task_type: &str, config: Value) -> Value {
        match self.run(task_type, config).await {
            Ok(StepOutput::Done(output)) => output,
            other => panic!("no output but {other:?}; log: {:?}", self.lines().await),
        }
    }

    /// The log so far, each line with who wrote it.
    async fn lines(&self) -> Vec<(LogStream, String)> {
        self.log.flush().await;
        let page = self.log.read(WORKFLOW, 5, 0, 10_000).await.unwrap();
        page.lines
            .into_iter()
            .map(|line| (line.stream, line.text))
            .collect()
    }

    /// Waits until the log holds this line.
    async fn until_line(&self, wanted: &str) {
        let seen = async {
            while !self.lines().await.iter().any(|(_, text)| text == wanted) {
                tokio::task::yield_now().await;
            }
        };
        tokio::time::timeout(LIMIT, seen)
            .await
            .expect("the line comes in time");
    }
}

fn definition() -> WorkflowDefinition {
    WorkflowDefinition::new("Steps", &[StepDefinition::new("Step", "any")]).unwrap()
}

fn transient(text: &str) -> Result<StepOutput, StepError> {
    Err(StepError::Transient(text.to_owned()))
}

fn unknown(text: &str) -> Result<StepOutput, StepError> {
    Err(StepError::Unknown(text.to_owned()))
}

fn permanent(text: &str) -> Result<StepOutput, StepError> {
    Err(StepError::Permanent(text.to_owned()))
}

#[tokio::test]
async fn a_joining_point_gives_an_empty_object() {
    assert_eq!(Bench::new().output("noop", json!({})).await, json!({}));
}

#[tokio::test]
async fn a_delay_hands_over_to_a_moment_at_once() {
    let bench = Bench::new();
    let waits = |seconds| Ok(StepOutput::Wait(Duration::from_secs_f64(seconds)));
    assert_eq!(
        bench.run("delay", json!({"seconds": 31_536_000})).await,
        waits(31_536_000.0)
    );
    assert_eq!(bench.run("delay", json!({"seconds": 0})).await, waits(0.0));
    // What a reference gave in a text is still a number.
    assert_eq!(
        bench.run("delay", json!({"seconds": "1.5"})).await,
        waits(1.5)
    );
}

#[tokio::test]
async fn a_configuration_that_does_not_fit_when_it_is_filled_in_fails_for_good() {
    let bench = Bench::new();
    for config in [json!({"seconds": "soon"}), json!({"seconds": "{{ x }}"})] {
        let told = "the configuration is wrong: #/seconds: must be a number from 0 to 31536000 (s)";
        assert_eq!(bench.run("delay", config).await, permanent(told));
    }
    let Err(StepError::Permanent(told)) = bench.run("teleport", json!({})).await else {
        panic!("an unknown step type must fail for good")
    };
    assert!(
        told.contains("there is no step type \"teleport\"; there are command, "),
        "{told}"
    );
}
