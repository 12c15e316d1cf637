//! A step type that panics again and again is not started any more, until an owner says so. One that
//! panics over a configuration leaves the definition unjudged, which is not the same as sound.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use engine::{
    Actor, Definitions, JobId, JobOrchestrator, JobOrchestratorError, Problem, StepDefinition,
    Switches, TaskStatus, TroubleKind, WorkflowDefinition, WorkflowStatus, Workflows,
};
use runtime::Runtime;
use runtime::clock::TestClock;
use runtime::step::{Registry, StepContext, StepError, StepOutput, StepType};
use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::{Map, Value, json};
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

/// Panics over its configuration when it is told to.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct Brittle {
    /// Whether it does.
    #[expect(dead_code, reason = "read before it runs")]
    breaks: bool,
}

impl StepType for Brittle {
    const TASK_TYPE: &'static str = "brittle";
    const TITLE: &'static str = "Brittle";
    const OUTPUT: &'static str = "An empty object.";
    const DEFAULT_TIMEOUT: Duration = Duration::from_secs(60);

    fn example() -> Value {
        json!({"breaks": false})
    }

    fn check(config: &Map<String, Value>) -> Vec<Problem> {
        assert_ne!(config["breaks"], true, "brittle");
        Vec::new()
    }

    async fn run(self, _cx: StepContext) -> Result<StepOutput, StepError> {
        Ok(StepOutput::Done(json!({})))
    }
}

#[tokio::test]
async fn a_definition_over_which_a_step_type_breaks_is_a_fault_and_never_without_problems() {
    let builder = Runtime::builder().in_memory().step_type::<Brittle>();
    let runtime = builder.start().await.unwrap();
    // A few are judged where they are asked for, many on a thread of their own.
    for steps in [1, 100, 101, 200] {
        let definition = |breaks: bool| {
            let step = |n: usize| {
                let config = json!({"breaks": breaks && n + 1 == steps});
                json!({"name": format!("Step {n}"), "task_type": "brittle", "config": config})
            };
            json!({"name": "Brittle", "steps": (0..steps).map(step).collect::<Vec<_>>()})
        };
        assert_eq!(runtime.check(&definition(false)).await, Ok(Vec::new()));
        let actor = Actor::program();
        let broken = definition(true);
        let checked = runtime.check(&broken).await.err();
        let saved = runtime.save(&actor, None, &broken, None);
        for told in [checked, saved.await.err()] {
            let Some(JobOrchestratorError::Fault { code }) = told else {
                panic!("of {steps} steps: {told:?}");
            };
            assert_eq!(code.len(), 8, "{code}");
        }
    }
    runtime.shutdown().await;
}
