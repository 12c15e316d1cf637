//! Definitions are saved by the same rules as everything else that people change: not while the
//! database is away, and not on a full disk.

use engine::orchestrator::{Hindrance, SavedDefinition};
use engine::{Actor, Definitions, JobOrchestratorError, TroubleKind};
use serde_json::json;

use crate::world::World;

async fn save(world: &World) -> Result<SavedDefinition, JobOrchestratorError> {
    let definition = json!({"name": "Any", "steps": [
        {"name": "One", "task_type": "noop", "config": {}}
    ]});
    let actor = Actor::program();
    world.runtime.save(&actor, None, &definition, None).await
}

#[tokio::test(start_paused = true)]
async fn a_definition_that_finds_no_room_fills_the_disk_and_the_next_one_is_not_tried() {
    let world = World::new(None).await;
    world.store.set_full(true);
    let full = JobOrchestratorError::Hindered(Hindrance::DiskFull);
    assert_eq!(save(&world).await.err(), Some(full.clone()));
    assert_eq!(world.troubles(), [TroubleKind::DiskFull]);
    assert_eq!(save(&world).await.err(), Some(full));
    assert_eq!(world.store.saves(), 1);
    world.store.set_full(false);
    world.until_told(TroubleKind::DiskFull, false).await;
    save(&world).await.unwrap();
    world.runtime.shutdown().await;
}

#[tokio::test(start_paused = true)]
async fn a_definition_is_not_tried_while_the_database_is_away_and_tells_that_it_is() {
    let world = World::new(None).await;
    world.store.set_away(true);
    let away = JobOrchestratorError::Hindered(Hindrance::DatabaseAway);
    assert_eq!(save(&world).await.err(), Some(away.clone()));
    assert_eq!(save(&world).await.err(), Some(away.clone()));
    assert_eq!(world.troubles(), [TroubleKind::DatabaseAway]);
    assert_eq!(save(&world).await.err(), Some(away));
    assert_eq!(world.store.saves(), 2, "two failures are enough");
    world.store.set_away(false);
    world.until_told(TroubleKind::DatabaseAway, false).await;
    save(&world).await.unwrap();
    world.runtime.shutdown().await;
}
