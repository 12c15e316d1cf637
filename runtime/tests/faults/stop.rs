//! An orderly stop has an end, whatever runs, and leaves the most time to steps that must not be done
//! twice.

use std::sync::Arc;
use std::time::Duration;

use engine::{JobId, JobOrchestrator, Mode, TaskStatus, WorkflowId, WorkflowStatus};
use runtime::clock::TestClock;
use runtime::store::WorkflowStore;
use runtime::{Runtime, Settings, WorkflowDefinition, WorkflowStep, json};
use tokio::time::{Instant, sleep};

use crate::faulty::Faulty;
use crate::witness::witness;
use crate::world::{MINUTE, World};

/// The promise: a stop is over after so long.
const OVER_WITHIN: Duration = Duration::from_secs(45);

/// Waits until so many steps run.
async fn until_running(runtime: &Runtime, id: WorkflowId, steps: usize) {
    let begun = Instant::now();
    loop {
        let progress = runtime.get_workflow_progress(id).await.unwrap();
        if progress.summary.running_tasks as usize == steps {
            return;
        }
        assert!(begun.elapsed() < MINUTE, "{progress:?}");
        sleep(Duration::from_millis(10)).await;
    }
}

#[tokio::test(start_paused = true)]
async fn a_stop_interrupts_what_can_be_done_again_first_and_waits_for_once_steps_longest() {
    let world = World::over(Faulty::default()).await;
    let (mut once, _) = witness("Once", 0, 29.0, &[]);
    once.mode = Some(Mode::Once);
    let (again, _) = witness("Again", 0, 24.0, &[]);
    let id = world.start(&[once, again]).await;
    until_running(&world.runtime, id, 2).await;
    let begun = Instant::now();
    world.runtime.shutdown().await;
    let took = begun.elapsed();
    let stored = world.store.inner.load(id).await.unwrap().unwrap().workflow;
    let statuses: Vec<_> = stored.tasks().iter().map(|task| task.status()).collect();
    assert_eq!(
        statuses,
        [TaskStatus::Completed, TaskStatus::Queued],
        "{took:?}"
    );
    assert_eq!(stored.tasks()[1].record().retry_count, 0, "not charged");
    assert!(took < Duration::from_secs(30), "{took:?}");
}

#[tokio::test(start_paused = true)]
async fn without_a_once_step_a_stop_leaves_all_of_its_time_to_what_runs() {
    let world = World::over(Faulty::default()).await;
    let (again, _) = witness("Again", 0, 29.0, &[]);
    let id = world.start(&[again]).await;
    until_running(&world.runtime, id, 1).await;
    world.runtime.shutdown().await;
    assert_eq!(world.status(id).await, WorkflowStatus::Completed);
}

#[tokio::test(start_paused = true)]
async fn a_stop_is_over_in_time_although_a_step_never_listens() {
    let clock = Arc::new(TestClock::at(1_704_067_200_000_000));
    let runtime = Runtime::builder().in_memory().clock(clock);
    let runtime = runtime.start().await.unwrap();
    let deaf = WorkflowStep::new("Deaf", "deaf", |_cx| async {
        sleep(10 * MINUTE).await;
        Ok(json!({}))
    });
    let definition = WorkflowDefinition::new("Deaf").step(deaf);
    let created = runtime.create_workflow(JobId(1), definition, None);
    let id = created.await.unwrap().id;
    runtime.start_workflow(id).await.unwrap();
    until_running(&runtime, id, 1).await;
    let begun = Instant::now();
    runtime.shutdown().await;
    let took = begun.elapsed();
    let drain = Settings::default().drain;
    assert!((drain..OVER_WITHIN).contains(&took), "{took:?}");
}

#[tokio::test(start_paused = true)]
async fn the_time_of_a_stop_begins_where_it_is_noted() {
    let world = World::over(Faulty::default()).await;
    let (again, _) = witness("Again", 0, 60.0, &[]);
    let id = world.start(&[again]).await;
    until_running(&world.runtime, id, 1).await;
    let begun = Instant::now();
    world.runtime.note_stop().await;
    // What a program ends of its own meanwhile.
    sleep(Duration::from_secs(10)).await;
    world.runtime.shutdown().await;
    let took = begun.elapsed();
    let drain = Settings::default().drain;
    let wanted = drain..drain + Duration::from_secs(2);
    assert!(wanted.contains(&took), "{took:?}");
}
