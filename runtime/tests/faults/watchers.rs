//! How often the store is asked: by many who wait for one workflow, and by a start with many of them.

use std::sync::Arc;
use std::time::Duration;

use engine::{
    Action, Actor, JobId, JobOrchestrator, StepDefinition, WorkflowDefinition, Workflows,
};
use futures::FutureExt;
use futures::future::join_all;
use runtime::Runtime;
use serde_json::json;
use tokio::time::{sleep, timeout};

use crate::faulty::Faulty;
use crate::folded::Folded;
use crate::world::World;

const LIMIT: Duration = Duration::from_secs(30);

#[tokio::test]
async fn whoever_waits_beside_others_need_not_ask_the_store() {
    let store = Arc::new(Faulty::default());
    let _folded = Folded::of(&store.inner);
    let builder = Runtime::builder().store(store.clone());
    let runtime = builder.start().await.unwrap();
    let mut wait = StepDefinition::new("Wait", "delay");
    wait.config = json!({"seconds": 3_600}).as_object().cloned().unwrap();
    let definition = WorkflowDefinition::new("Watched", &[wait]).unwrap();
    let created = runtime.create_workflow(JobId(1), definition, None);
    let id = created.await.unwrap().id;
    runtime.start_workflow(id).await.unwrap();
    let waits = async {
        loop {
            let progress = runtime.get_workflow_progress(id).await.unwrap();
            if progress.tasks[0].waits_until.is_some() {
                return progress.summary.events;
            }
            sleep(Duration::from_millis(5)).await;
        }
    };
    let last = timeout(LIMIT, waits).await.unwrap();

    let before = store.calls();
    let mut waiting: Vec<_> = (0..100).map(|_| runtime.changed(id, last)).collect();
    for waits in &mut waiting {
        assert!(waits.now_or_never().is_none());
    }
    assert_eq!(store.calls() - before, 1, "only the first one asks");
    let known = runtime.changed(id, last - 1).now_or_never();
    assert!(known.is_some(), "what came before is told at once");

    let actor = Actor::program();
    runtime
        .act(&actor, id, Action::Cancel.into())
        .await
        .unwrap();
    timeout(LIMIT, join_all(waiting)).await.unwrap();
}

#[tokio::test(start_paused = true)]
async fn a_start_reads_active_workflows_together_and_not_one_by_one() {
    const WORKFLOWS: u64 = 100;
    let world = World::new(None).await;
    let mut wait = StepDefinition::new("Wait", "delay");
    wait.config = json!({"seconds": 3_600}).as_object().cloned().unwrap();
    let mut ids = Vec::new();
    for _ in 0..WORKFLOWS {
        ids.push(world.start(std::slice::from_ref(&wait)).await);
    }
    world.runtime.shutdown().await;
    let before = world.store.calls();
    let next = World::again(&world.store).await;
    let asked = world.store.calls() - before;
    assert!(asked < 10, "{asked} calls for {WORKFLOWS} workflows");
    // They are in memory: an end takes its commit, and none is read for it.
    let before = world.store.calls();
    for id in ids {
        next.runtime.cancel_workflow(id).await.unwrap();
    }
    let asked = world.store.calls() - before;
    let most = WORKFLOWS + WORKFLOWS / 10;
    assert!(asked < most, "{asked} calls for {WORKFLOWS} ends");
    next.runtime.shutdown().await;
}
