//! The database is away while steps run: they go on, what they come to is kept and written down when
//! it is back, nothing new starts meanwhile and people are told at once.

use std::time::Duration;

use engine::orchestrator::{ActionRequest, Hindrance};
use engine::{
    Action, Actor, JobId, JobOrchestrator, JobOrchestratorError, TroubleKind, WorkflowDefinition,
    WorkflowStatus, Workflows,
};
use runtime::Settings;
use runtime::store::WorkflowStore;
use tokio::time::{Instant, sleep, timeout};

use crate::faulty::{Kind, Plan};
use crate::witness::{tries, witness};
use crate::world::{MINUTE, World};

#[tokio::test(start_paused = true)]
async fn oban_865_ack_during_outage() {
    let world = World::new(None).await;
    let (long, number) = witness("Long", 0, 5.0, &[]);
    let (after, last) = witness("After", 0, 0.0, &[0]);
    let id = world.start(&[long, after]).await;
    world.store.set_away(true);
    // It ends early in an outage that is longer than any number of tries.
    sleep(60 * MINUTE).await;
    assert_eq!((tries(number).len(), tries(last).len()), (1, 0));
    world.store.set_away(false);
    let back = Instant::now();
    world.until_completed(id).await;
    assert!(
        back.elapsed() <= Duration::from_secs(5),
        "{:?}",
        back.elapsed()
    );
    assert_eq!(
        (tries(number).len(), tries(last).len()),
        (1, 1),
        "each ran once"
    );
    assert_eq!(world.attempts(id, 0).await, 1);
    world.runtime.shutdown().await;
}

#[tokio::test(start_paused = true)]
async fn quartz_282_db_lost_in_completion() {
    for kind in [Kind::AnswerLost, Kind::Away] {
        for count in [1, 2, 3, 30] {
            let mut lost = 0;
            // Whichever call it is, from the start of the step on, until none is left to be lost.
            for first in 0.. {
                let plan = Plan { kind, first, count };
                let world = World::new(None).await;
                let (one, number) = witness("One", 0, 1.0, &[]);
                let id = world.start(&[one]).await;
                world.store.begin(Some(plan));
                world.until_completed(id).await;
                assert_eq!(tries(number).len(), 1, "{plan:?}");
                let (calls, failed) = (world.store.numbered(), world.store.failed_commits());
                world.runtime.shutdown().await;
                lost += u64::from(failed > 0);
                if calls <= first {
                    break;
                }
            }
            assert!(lost > 0, "{kind:?} {count}: no completion met the fault");
        }
    }
}

#[tokio::test(start_paused = true)]
async fn while_the_database_is_away_nothing_starts_and_whoever_wants_a_change_is_told_so_at_once() {
    let world = World::new(None).await;
    let (long, _) = witness("Long", 0, 20.0, &[]);
    let (flaky, number) = witness("Flaky", 3, 0.0, &[]);
    let id = world.start(&[long, flaky]).await;
    world.store.set_away(true);
    sleep(Duration::from_secs(4)).await;
    assert_eq!(world.troubles(), [TroubleKind::DatabaseAway]);
    let tried = tries(number).len();
    let asked = Instant::now();
    let refused = world.runtime.cancel_workflow(id).await;
    let away = JobOrchestratorError::Hindered(Hindrance::DatabaseAway);
    assert_eq!(refused.err(), Some(away));
    assert!(asked.elapsed() < Duration::from_millis(100));
    sleep(MINUTE).await;
    assert_eq!(
        tries(number).len(),
        tried,
        "a retry that is due does not start"
    );
    world.store.set_away(false);
    world.until_completed(id).await;
    assert_eq!(tries(number).len(), 4);
    sleep(Duration::from_secs(3)).await;
    assert_eq!(world.troubles(), []);
    world.runtime.shutdown().await;
}

#[tokio::test(start_paused = true)]
async fn an_outage_is_not_made_worse_by_asking_again_and_again() {
    let world = World::new(None).await;
    let mut ids = Vec::new();
    for _ in 0..200 {
        let (step, _) = witness("Step", 0, 10.0, &[]);
        ids.push(world.start(&[step]).await);
    }
    world.store.set_away(true);
    let before = world.store.calls();
    // All of them end in the outage.
    sleep(10 * MINUTE).await;
    let asked = world.store.calls() - before;
    assert!(
        asked <= 10,
        "{asked} calls besides the probe of every second"
    );
    world.store.set_away(false);
    for id in ids {
        world.until_completed(id).await;
    }
    world.runtime.shutdown().await;
}

#[tokio::test(start_paused = true)]
async fn an_orderly_stop_waits_for_the_database_as_long_as_it_waits_for_steps() {
    let world = World::new(None).await;
    let (step, number) = witness("Step", 0, 1.0, &[]);
    let id = world.start(&[step]).await;
    world.store.set_away(true);
    sleep(Duration::from_secs(3)).await;
    let stopped = tokio::spawn({
        let runtime = world.runtime.clone();
        async move { runtime.shutdown().await }
    });
    sleep(Duration::from_secs(10)).await;
    assert!(
        !stopped.is_finished(),
        "what the step came to is not written down yet"
    );
    world.store.set_away(false);
    stopped.await.unwrap();
    assert_eq!(world.status(id).await, WorkflowStatus::Completed);
    assert_eq!(tries(number).len(), 1);
}

#[tokio::test(start_paused = true)]
async fn a_stop_in_an_outage_that_lasts_waits_once_and_the_next_start_goes_on() {
    // One that has ended by then, and one that has to be told to stop.
    for seconds in [1.0, 600.0] {
        let world = World::new(None).await;
        let (step, number) = witness("Step", 0, seconds, &[]);
        let id = world.start(&[step]).await;
        world.store.set_away(true);
        sleep(Duration::from_secs(3)).await;
        let asked = Instant::now();
        world.runtime.shutdown().await;
        let took = asked.elapsed();
        let drain = Settings::default().drain;
        let most = drain + Duration::from_secs(2);
        assert!(took >= drain && took <= most, "{seconds} s: {took:?}");
        assert_eq!(world.status(id).await, WorkflowStatus::Running);
        world.store.set_away(false);
        let next = World::again(&world.store).await;
        if seconds > 1.0 {
            next.runtime.cancel_workflow(id).await.unwrap();
            next.until_over(id).await;
        } else {
            next.until_completed(id).await;
            let tried = tries(number).len();
            assert_eq!(tried, 2, "nobody knows how the first one ended");
        }
        next.runtime.shutdown().await;
    }
}

/// In simulated time: whoever is woken needs none.
const AT_ONCE: Duration = Duration::from_millis(100);

#[tokio::test(start_paused = true)]
async fn a_quarantine_that_cannot_be_written_is_told_at_once_and_written_as_soon_as_it_can_be() {
    let world = World::new(None).await;
    let (long, _) = witness("Long", 0, 600.0, &[]);
    let definition = WorkflowDefinition::new("Bad", &[long]).unwrap();
    let created = world
        .runtime
        .create_workflow(JobId(1), definition.clone(), None);
    let id = created.await.unwrap().id;
    let rev = world.runtime.start_workflow(id).await.unwrap().events;
    let runtime = world.runtime.clone();
    let waiter = tokio::spawn(async move { runtime.execute_workflow(id, &definition).await });
    let runtime = world.runtime.clone();
    let follower = tokio::spawn(async move { runtime.changed(id, rev).await });
    sleep(Duration::from_secs(1)).await;
    world.store.refuse_quarantine(true);
    world.store.spoil(id);
    let shown = world.runtime.get_workflow(id).await.unwrap().unwrap();
    assert!(shown.quarantine.is_some(), "{shown:?}");
    let told = timeout(AT_ONCE, waiter).await.expect("the waiter is woken");
    assert!(told.unwrap().unwrap().quarantine.is_some());
    timeout(AT_ONCE, follower)
        .await
        .expect("so is a stream")
        .unwrap();
    sleep(MINUTE).await;
    assert_eq!(world.noted_aside().await, []);
    world.store.refuse_quarantine(false);
    sleep(Duration::from_secs(5)).await;
    assert_eq!(world.noted_aside().await, [id]);
    world.runtime.shutdown().await;
}

#[tokio::test(start_paused = true)]
async fn a_deletion_that_the_store_fails_in_is_done_once_and_known_under_its_id() {
    // The look-up of the id, the reading of the workflow, the deletion itself.
    for others in 0..3 {
        for (kind, count) in [
            (Kind::AnswerLost, 1),
            (Kind::AnswerLost, 3),
            (Kind::Away, 2),
        ] {
            let world = World::new(None).await;
            let id = world.start(&[witness("Only", 0, 0.0, &[]).0]).await;
            world.until_completed(id).await;
            let first = others;
            world.store.begin(Some(Plan { kind, first, count }));
            let request = ActionRequest {
                command_id: Some("once".into()),
                ..Action::Delete.into()
            };
            let ask = async || {
                let runtime = &world.runtime;
                runtime.act(&Actor::program(), id, request.clone()).await
            };
            let asked = async {
                loop {
                    match ask().await {
                        Ok(state) => return state,
                        Err(error) => assert_eq!(error, Hindrance::DatabaseAway.into()),
                    }
                    sleep(Duration::from_millis(100)).await;
                }
            };
            let state = timeout(MINUTE, asked).await.unwrap();
            world.store.begin(None);
            assert_eq!(state.summary.status, WorkflowStatus::Completed);
            assert_eq!(ask().await, Ok(state), "{others} {kind:?} {count}");
            let is_there = world.store.inner.load(id).await.unwrap().is_some();
            assert!(!is_there, "{others} {kind:?} {count}");
            let next = world.start(&[witness("Next", 0, 0.0, &[]).0]).await;
            world.until_completed(next).await;
            world.runtime.shutdown().await;
        }
    }
}
