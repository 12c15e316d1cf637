//! The database answers slowly: half as many steps start at once, until it is quick again.

use std::time::Duration;

use engine::{StepDefinition, TroubleKind};
use runtime::Settings;
use tokio::time::Instant;

use crate::faulty::Faulty;
use crate::witness::{tries, witness};
use crate::world::World;

const SLOTS: usize = 4;
const STEP: Duration = Duration::from_secs(2);

/// Twice as many steps as there are slots, none of which waits for another, and their numbers.
fn many() -> (Vec<StepDefinition>, Vec<u64>) {
    (0..2 * SLOTS)
        .map(|number| witness(&format!("Step {number}"), 0, STEP.as_secs_f64(), &[]))
        .unzip()
}

/// How many steps were under way together at most.
fn most_at_once(numbers: &[u64]) -> usize {
    let begun: Vec<Instant> = numbers
        .iter()
        .flat_map(|number| tries(*number))
        .map(|(_, begun)| begun)
        .collect();
    assert_eq!(begun.len(), numbers.len(), "each once");
    let at = |moment: &Instant| {
        let run = |begun: &&Instant| *begun <= moment && *moment < **begun + STEP;
        begun.iter().filter(run).count()
    };
    begun.iter().map(at).max().unwrap_or_default()
}

#[tokio::test(start_paused = true)]
async fn while_the_database_is_slow_half_as_many_steps_run_at_once() {
    let settings = Settings {
        others_at_once: SLOTS,
        ..Settings::default()
    };
    let world = World::set(Faulty::default(), settings).await;
    let (steps, numbers) = many();
    let id = world.start(&steps).await;
    world.until_completed(id).await;
    assert_eq!(most_at_once(&numbers), SLOTS);

    world.store.set_commit_takes(Duration::from_millis(300));
    for _ in 0..3 {
        let (step, _) = witness("Slow", 0, 0.0, &[]);
        let id = world.start(&[step]).await;
        world.until_completed(id).await;
    }
    world.until_told(TroubleKind::DatabaseSlow, true).await;
    world.store.set_commit_takes(Duration::ZERO);
    let (steps, numbers) = many();
    let id = world.start(&steps).await;
    world.until_completed(id).await;
    assert_eq!(most_at_once(&numbers), SLOTS / 2);

    world.until_told(TroubleKind::DatabaseSlow, false).await;
    let (steps, numbers) = many();
    let id = world.start(&steps).await;
    world.until_completed(id).await;
    assert_eq!(most_at_once(&numbers), SLOTS);
    world.runtime.shutdown().await;
}
