//! A step type that panics again and again is not started any more, until an owner says so.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use engine::{
    Actor, JobId, JobOrchestrator, JobOrchestratorError, StepDefinition, Switches, TaskStatus,
    TroubleKind, WorkflowDefinition, WorkflowStatus, Workflows,
};
use runtime::Runtime;
use runtime::clock::TestClock;
use runtime::step::{Registry, StepContext, StepError, StepOutput, StepType};
use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::{Value, json};
use tokio::time::{sleep, timeout};

static RUNS: AtomicU32 = AtomicU32::new(0);

/// Panics the first three times.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct Fragile {}

impl StepType for Fragile {
    const TASK_TYPE: &'static str = "fragile";
    const TITLE: &'static str = "Fragile";
    const OUTPUT: &'static str = "An empty object.";
    const DEFAULT_TIMEOUT: Duration = Duration::from_secs(60);

    fn example() -> Value {
        json!({})
    }

    async fn run(self, _cx: StepContext) -> Result<StepOutput, StepError> {
        let runs = RUNS.fetch_add(1, Ordering::SeqCst);
        assert!(runs >= 3, "fragile");
        Ok(StepOutput::Done(json!({})))
    }
}

#[tokio::test(start_paused = true)]
async fn three_panics_within_a_minute_disable_the_step_type_until_an_owner_allows_it_again() {
    let mut registry = Registry::builtin().unwrap();
    registry.register::<Fragile>().unwrap();
    let clock = Arc::new(TestClock::at(1_704_067_200_000_000));
    let builder = Runtime::builder()
        .in_memory()
        .registry(registry)
        .clock(clock);
    let runtime = builder.start().await.unwrap();
    let mut step = StepDefinition::new("Breaks", "fragile");
    step.max_retries = 9;
    let definition = WorkflowDefinition::new("Fragile", &[step]).unwrap();
    let created = runtime.create_workflow(JobId(1), definition.clone(), None);
    let id = created.await.unwrap().id;
    runtime.start_workflow(id).await.unwrap();

    sleep(Duration::from_secs(600)).await;
    assert_eq!(RUNS.load(Ordering::SeqCst), 3);
    let progress = runtime.get_workflow_progress(id).await.unwrap();
    assert_eq!(progress.tasks[0].status, TaskStatus::Queued, "it waits");
    let troubles = runtime.troubles();
    assert_eq!(troubles[0].kind, TroubleKind::StepTypeDisabled);
    assert!(troubles[0].text.contains("fragile"), "{}", troubles[0].text);
    let another = runtime.create_workflow(JobId(2), definition, None);
    let refused = runtime.start_workflow(another.await.unwrap().id).await;
    assert!(
        matches!(refused, Err(JobOrchestratorError::SwitchedOff(_))),
        "{refused:?}"
    );

    let owner = Actor::program();
    let switches = runtime.switches(&owner).await.unwrap();
    runtime.set_switches(&owner, switches).await.unwrap();
    let completed = async {
        loop {
            let progress = runtime.get_workflow_progress(id).await.unwrap();
            if progress.summary.status == WorkflowStatus::Completed {
                return;
            }
            sleep(Duration::from_millis(50)).await;
        }
    };
    timeout(Duration::from_secs(60), completed).await.unwrap();
    assert_eq!(runtime.troubles(), []);
    runtime.shutdown().await;
}
