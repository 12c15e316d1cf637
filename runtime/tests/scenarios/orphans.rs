//! Attempts that nobody carries out any more: found at the start and later, given up when they end
//! one server after the other, and never tried again beside what still lives.

use std::sync::Arc;
use std::time::Duration;

use engine::{
    Actor, JobId, JobOrchestrator, StepDefinition, TaskStatus, WorkflowDefinition, WorkflowId,
    WorkflowStatus, Workflows,
};
use runtime::step::{Registry, StepContext, StepError, StepOutput, StepType};
use runtime::store::memory::MemoryStore;
use runtime::{Runtime, Settings};
use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::{Value, json};

use crate::folded::Folded;
use crate::workbench::{Sound, Workbench, define, eventually, shell, step};

/// A step during which servers vanish: it never ends, and takes no notice of anything.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct Endless {}

/// The same step on a server on which it ends at once.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct Short {}

macro_rules! step_type {
    ($name:ident, $cx:ident => $run:expr) => {
        impl StepType for $name {
            const TASK_TYPE: &'static str = "visit";
            const TITLE: &'static str = "Visit";
            const OUTPUT: &'static str = "Nothing.";
            const DEFAULT_TIMEOUT: Duration = Duration::from_secs(3600);

            fn example() -> Value {
                json!({})
            }

            async fn run(self, $cx: StepContext) -> Result<StepOutput, StepError> {
                $run
            }
        }
    };
}

step_type!(Endless, _cx => std::future::pending().await);
step_type!(Short, _cx => Ok(StepOutput::Done(json!({}))));

/// A server over what is kept in memory; forgetting it is its sudden end.
async fn server<T: StepType>(store: &Arc<MemoryStore>) -> Sound {
    let mut registry = Registry::default();
    registry.register::<T>().unwrap();
    let builder = Runtime::builder().store(Arc::clone(store) as Arc<_>);
    builder.registry(registry).start().await.unwrap().into()
}

fn visit() -> StepDefinition {
    let mut visit = step("Visit", "visit", json!({}), &[]);
    visit.max_lost = 100;
    visit
}

async fn begin(server: &Runtime, definition: &WorkflowDefinition) -> WorkflowId {
    let created = server.create_workflow(JobId(1), definition.clone(), None);
    let id = created.await.unwrap().id;
    server.start_workflow(id).await.unwrap();
    id
}

async fn until_attempt(server: &Sound, id: WorkflowId, attempt: u32) {
    loop {
        let progress = server.get_workflow_progress(id).await.unwrap();
        let task = &progress.tasks[0];
        if (task.status, task.attempt) == (TaskStatus::Running, attempt) {
            return;
        }
        tokio::task::yield_now().await;
    }
}

/// What omicron issue 10911 was about: an instance that vanished, and nobody whose job its sagas
/// were.
#[tokio::test(start_paused = true)]
async fn omicron_10911_orphan_of_vanished_server_is_taken_up_without_a_restart() {
    let store = Arc::new(MemoryStore::default());
    let _folded = Folded::of(&store);
    let stays = server::<Short>(&store).await;
    let vanishes = server::<Endless>(&store).await;
    let id = begin(&vanishes, &define(&[visit()])).await;
    drop(vanishes);
    let waited = async {
        loop {
            let progress = stays.get_workflow_progress(id).await.unwrap();
            if progress.summary.status == WorkflowStatus::Completed {
                return progress;
            }
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
    };
    let done = tokio::time::timeout(Duration::from_secs(60), waited)
        .await
        .unwrap();
    assert_eq!(done.tasks[0].attempt, 2);
}

#[tokio::test]
async fn a_step_that_ends_three_servers_in_a_row_is_poison_whatever_its_limit_of_losses() {
    let store = Arc::new(MemoryStore::default());
    let _folded = Folded::of(&store);
    let first = server::<Endless>(&store).await;
    let id = begin(&first, &define(&[visit()])).await;
    for attempt in 2..=3 {
        until_attempt(&server::<Endless>(&store).await, id, attempt).await;
    }
    let last = server::<Endless>(&store).await;
    let over = last
        .execute_workflow(id, &define(&[visit()]))
        .await
        .unwrap();
    assert_eq!(over.summary.status, WorkflowStatus::Failed);
    let progress = last.get_workflow_progress(id).await.unwrap();
    let task = &progress.tasks[0];
    assert_eq!(task.attempt, 3);
    let error = task.error_message.as_deref().unwrap();
    assert!(error.contains("three times in a row"), "{error}");
    assert!(error.ends_with(", so it is not tried again"), "{error}");
}

#[tokio::test]
async fn an_orderly_stop_among_the_last_three_is_no_loop() {
    let store = Arc::new(MemoryStore::default());
    let _folded = Folded::of(&store);
    let first = server::<Endless>(&store).await;
    let id = begin(&first, &define(&[visit()])).await;
    until_attempt(&server::<Endless>(&store).await, id, 2).await;
    let impatient = Settings {
        drain: Duration::ZERO,
        stop: Duration::ZERO,
        ..Settings::default()
    };
    let mut registry = Registry::default();
    registry.register::<Endless>().unwrap();
    let builder = Runtime::builder().store(Arc::clone(&store) as Arc<_>);
    let builder = builder.registry(registry).settings(impatient);
    let stopped = Sound::from(builder.start().await.unwrap());
    until_attempt(&stopped, id, 3).await;
    stopped.shutdown().await;
    until_attempt(&server::<Endless>(&store).await, id, 4).await;
    let last = server::<Short>(&store).await;
    let over = last
        .execute_workflow(id, &define(&[visit()]))
        .await
        .unwrap();
    assert_eq!(over.summary.status, WorkflowStatus::Completed);
}

/// Its runner is stopped, so that nothing but the proof can end what the handler left behind.
#[tokio::test]
async fn what_a_dropped_handler_left_is_dead_before_the_next_try() {
    let impatient = Settings {
        stop: Duration::from_millis(20),
        ..Settings::default()
    };
    let bench = Workbench::with(impatient).await;
    let first = bench.path("first");
    let script = format!(
        "if [ $JOB_ORCHESTRATOR_ATTEMPT_NUMBER = 1 ]; then \
             trap '' TERM; echo $$ $PPID >{0}.new; mv {0}.new {0}; sleep 600; sleep 600; fi; \
         read pid runner <{0}; state=$(cut -d' ' -f3 /proc/$pid/stat 2>/dev/null); \
         case $state in ''|Z|X) echo '\"dead\"';; *) echo '\"alive\"';; esac",
        first.display()
    );
    let mut deaf = shell("Deaf", &script, &[]);
    deaf.timeout = Some(2.0);
    let id = bench.start(&define(&[deaf])).await;
    eventually("it began", || first.exists()).await;
    let pids = std::fs::read_to_string(&first).unwrap();
    let runner = pids.split_whitespace().last().unwrap();
    let mut kill = std::process::Command::new("kill");
    assert!(kill.args(["-STOP", runner]).status().unwrap().success());
    let done = bench.until_status(id, WorkflowStatus::Completed).await;
    assert_eq!(done.tasks[0].attempt, 2);
    assert_eq!(bench.output(id, 0).await, "dead");
}

#[tokio::test]
async fn a_step_whose_lock_file_cannot_be_made_says_why_and_is_tried_again() {
    let bench = Workbench::new().await;
    std::fs::create_dir_all(bench.path("attempts/w1-t0-a1.lock")).unwrap();
    let id = bench.start(&define(&[shell("Only", "true", &[])])).await;
    bench.until_status(id, WorkflowStatus::Completed).await;
    let actor = Actor::program();
    let first = bench.runtime.attempt(&actor, id, 0, 1).await.unwrap();
    let told = first.error.unwrap();
    assert!(told.contains("a folder lies in its place"), "{told}");
}
