//! A store that refuses rows now and then: memory is rolled back, neighbours are not harmed, and what
//! an attempt reported is kept until it can be written.

use std::time::Duration;

use engine::orchestrator::ActionRequest;
use engine::{
    Action, Actor, JobId, JobOrchestrator, JobOrchestratorError, TroubleKind, WorkflowDefinition,
    WorkflowStatus, Workflows,
};
use runtime::Settings;
use tokio::time::{Instant, sleep, timeout};

use crate::faulty::Faulty;
use crate::witness::{tries, witness};
use crate::world::{MINUTE, World};

/// A world in which the commits that the pattern names are refused.
async fn refusing(refuses: fn(u64) -> bool) -> World {
    World::over(Faulty::refusing(refuses)).await
}

#[tokio::test(start_paused = true)]
async fn a_command_that_cannot_be_written_is_answered_with_a_fault_and_changes_nothing() {
    // Commit 0 creates; 1 is the start.
    let world = refusing(|number| number == 1).await;
    let (only, _) = witness("Only", 0, 0.0, &[]);
    let definition = WorkflowDefinition::new("Refused", &[only]).unwrap();
    let created = world.runtime.create_workflow(JobId(1), definition, None);
    let id = created.await.unwrap().id;
    let answer = world.runtime.start_workflow(id).await;
    assert!(
        matches!(answer, Err(JobOrchestratorError::Fault { .. })),
        "{answer:?}"
    );
    assert_eq!(world.status(id).await, WorkflowStatus::Pending);
    assert_eq!(world.numbers(id).await, [1]);
    world.runtime.start_workflow(id).await.unwrap();
    world.until_completed(id).await;
}

#[tokio::test(start_paused = true)]
async fn an_outcome_that_cannot_be_written_is_kept_until_it_can() {
    // Commit 2 is the report of the step's end.
    let world = refusing(|number| number == 2).await;
    let (first, number) = witness("First", 0, 0.0, &[]);
    let (second, _) = witness("Second", 0, 0.0, &[0]);
    let id = world.start(&[first, second]).await;
    world.until_completed(id).await;
    assert_eq!(tries(number).len(), 1, "the step is not run again for it");
}

#[tokio::test(start_paused = true)]
async fn an_outcome_that_cannot_be_written_for_long_is_not_taken_for_lost() {
    // Each try takes a second, and active workflows are looked through every five.
    let world = refusing(|number| (2..20).contains(&number)).await;
    let (only, number) = witness("Only", 0, 0.0, &[]);
    let id = world.start(&[only]).await;
    world.until_completed(id).await;
    assert_eq!(world.attempts(id, 0).await, 1);
    assert_eq!(tries(number).len(), 1, "run again for it");
}

#[tokio::test(start_paused = true)]
async fn workflows_finish_whole_although_every_third_commit_fails() {
    let world = refusing(|number| number % 3 == 2).await;
    let mut numbers = Vec::new();
    let mut step = |name: &str, after: &[usize]| {
        let (step, number) = witness(name, 0, 0.0, after);
        numbers.push(number);
        step
    };
    let mut ids = Vec::new();
    while ids.len() < 20 {
        let steps = [
            step("A", &[]),
            step("B", &[0]),
            step("C", &[0]),
            step("D", &[1, 2]),
        ];
        let definition = WorkflowDefinition::new("Refused", &steps).unwrap();
        let created = world.runtime.create_workflow(JobId(1), definition, None);
        let Ok(created) = created.await else { continue };
        ids.push(created.id);
    }
    for id in &ids {
        while world.runtime.start_workflow(*id).await.is_err() {}
    }
    for id in ids {
        world.until_completed(id).await;
        for task in 0..4 {
            assert_eq!(world.attempts(id, task).await, 1);
        }
    }
    assert!(numbers.iter().all(|number| tries(*number).len() <= 1));
}

#[tokio::test(start_paused = true)]
async fn a_workflow_that_cannot_be_written_to_its_page_is_put_aside_and_no_other() {
    let world = World::new(None).await;
    let mut ids = Vec::new();
    for _ in 0..3 {
        let (first, _) = witness("First", 0, 5.0, &[]);
        let (second, _) = witness("Second", 0, 0.0, &[0]);
        ids.push(world.start(&[first, second]).await);
    }
    // All of them end in one batch.
    world.store.spoil_writes(ids[1]);
    for id in [ids[0], ids[2]] {
        world.until_over(id).await;
        assert_eq!(world.status(id).await, WorkflowStatus::Completed);
    }
    assert_eq!(world.noted_aside().await, [ids[1]]);
    let (third, _) = witness("Later", 0, 0.0, &[]);
    let later = world.start(&[third]).await;
    world.until_over(later).await;
    assert_eq!(world.runtime.quarantined().len(), 1);
}

#[tokio::test(start_paused = true)]
async fn a_start_that_is_sent_again_is_answered_as_before_although_its_workflow_is_aside_by_now() {
    let world = World::new(None).await;
    let (long, _) = witness("Long", 0, 5.0, &[]);
    let definition = WorkflowDefinition::new("Again", &[long]).unwrap();
    let created = world.runtime.create_workflow(JobId(1), definition, None);
    let id = created.await.unwrap().id;
    let start = ActionRequest {
        command_id: Some("once".into()),
        ..Action::Start.into()
    };
    let actor = Actor::program();
    let first = world.runtime.act(&actor, id, start.clone()).await;
    world.store.spoil_writes(id);
    world.until_over(id).await;
    assert_eq!(world.noted_aside().await, [id]);
    let second = world.runtime.act(&actor, id, start.clone()).await;
    assert_eq!(second.unwrap(), first.unwrap());
    let another = ActionRequest {
        command_id: Some("another".into()),
        ..start
    };
    let refused = world.runtime.act(&actor, id, another).await;
    assert!(
        matches!(refused, Err(JobOrchestratorError::Refused(_))),
        "{refused:?}"
    );
}

#[tokio::test(start_paused = true)]
async fn an_end_is_written_at_once_although_the_one_that_would_start_with_it_cannot_be() {
    let settings = Settings {
        others_at_once: 1,
        ..Settings::default()
    };
    let world = World::set(Faulty::default(), settings).await;
    let (first, _) = witness("First", 0, 5.0, &[]);
    let first = world.start(&[first]).await;
    let (second, number) = witness("Second", 0, 0.0, &[]);
    let second = world.start(&[second]).await;
    world.store.spoil_writes(second);
    // The end of the first and the start of the second are one batch.
    sleep(Duration::from_millis(5_500)).await;
    assert_eq!(world.status(first).await, WorkflowStatus::Completed);
    sleep(Duration::from_secs(2)).await;
    assert_eq!(world.noted_aside().await, [second]);
    assert_eq!(tries(number).len(), 0);
}

#[tokio::test(start_paused = true)]
async fn a_start_that_cannot_be_written_is_found_out_at_once_beside_what_others_report() {
    let settings = Settings {
        others_at_once: 2,
        ..Settings::default()
    };
    let world = World::set(Faulty::default(), settings).await;
    let mut ids = Vec::new();
    let mut numbers = Vec::new();
    for seconds in [5.0, 5.0, 0.0, 0.0, 0.0] {
        let (step, number) = witness("Only", 0, seconds, &[]);
        ids.push(world.start(&[step]).await);
        numbers.push(number);
    }
    world.store.spoil_writes(ids[2]);
    // The first two end in one batch, in which the third would start beside another one.
    sleep(Duration::from_millis(5_500)).await;
    assert_eq!(world.noted_aside().await, [ids[2]]);
    assert_eq!(tries(numbers[2]).len(), 0);
    for place in [0, 1, 3, 4] {
        let status = world.status(ids[place]).await;
        assert_eq!(status, WorkflowStatus::Completed, "{place}");
    }
}

#[tokio::test(start_paused = true)]
async fn what_is_read_back_while_the_disk_is_full_is_read_together() {
    let world = World::new(None).await;
    let mut ids = Vec::new();
    for _ in 0..20 {
        let (only, _) = witness("Only", 0, 5.0, &[]);
        ids.push(world.start(&[only]).await);
    }
    world.store.set_full(true);
    // All of them end, which is tried to be written every second.
    sleep(Duration::from_millis(5_500)).await;
    let before = world.store.calls();
    sleep(Duration::from_secs(3)).await;
    let asked = world.store.calls() - before;
    assert!((3..20).contains(&asked), "asked {asked} times");
    world.store.set_full(false);
    for id in ids {
        world.until_completed(id).await;
    }
}

/// In real time: a loop that does not rest would keep simulated time from passing.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_retry_that_comes_due_on_a_full_disk_is_tried_about_once_a_second() {
    let world = World::new(None).await;
    let (flaky, number) = witness("Flaky", 1, 0.0, &[]);
    let id = world.start(&[flaky]).await;
    let tried = async || tries(number).len() == 1 && world.numbers(id).await.len() >= 5;
    until("the retry waits", tried).await;
    world.store.set_full(true);
    let asked = || world.store.commits() + world.store.calls();
    let is_full = async || world.troubles() == [TroubleKind::DiskFull];
    until("it comes due", is_full).await;
    let (before, begun) = (asked(), Instant::now());
    until("it is tried again", async || asked() >= before + 12).await;
    assert!(
        begun.elapsed() > Duration::from_secs(2),
        "{:?}",
        begun.elapsed()
    );
    world.store.set_full(false);
    let is_over = async || world.status(id).await == WorkflowStatus::Completed;
    until("it goes on", is_over).await;
}

async fn until(what: &str, is_so: impl AsyncFn() -> bool) {
    let waited = async {
        while !is_so().await {
            sleep(Duration::from_millis(5)).await;
        }
    };
    assert!(timeout(MINUTE, waited).await.is_ok(), "never: {what}");
}
