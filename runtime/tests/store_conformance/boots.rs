//! Starts of the engine, and what each left under way.

use std::time::Duration;

use engine::action::{Action, Recovery};
use engine::{Outcome, WorkflowId};
use runtime::store::{BOOTS_KEPT, Boot, BootMark, LeftBehind};
use serde_json::json;
use uuid::Uuid;

use crate::Place;
use crate::workbench::{Workbench, define, moment, step};

const fn left(workflow: i64, task: usize, generation: u32, attempt: u32) -> LeftBehind {
    LeftBehind {
        workflow_id: WorkflowId(workflow),
        task,
        generation,
        attempt,
    }
}

pub async fn a_start_is_told_how_the_ones_before_it_ended(place: &dyn Place) {
    let names = [Uuid::new_v4(), Uuid::new_v4(), Uuid::new_v4()];
    let store = place.open().await;
    assert_eq!(store.begin_boot(names[0], moment()).await.unwrap(), []);
    store.mark_boot(names[0], BootMark::Lasted).await.unwrap();
    drop(store);
    let store = place.open().await;
    let later = moment().plus(Duration::from_secs(1));
    store.begin_boot(names[1], later).await.unwrap();
    store.mark_boot(names[1], BootMark::Stopped).await.unwrap();
    // One that is not known changes nothing.
    store
        .mark_boot(Uuid::new_v4(), BootMark::Lasted)
        .await
        .unwrap();
    drop(store);

    let store = place.open().await;
    let before = store.begin_boot(names[2], moment()).await.unwrap();
    let boot = |incarnation, started_at, lasted, was_stopped| Boot {
        incarnation,
        started_at,
        lasted,
        was_stopped,
        left_behind: Vec::new(),
    };
    let first = boot(names[0], moment(), true, false);
    assert_eq!(before, [boot(names[1], later, false, true), first]);
}

pub async fn a_start_finds_what_the_last_one_left_under_way(place: &dyn Place) {
    let store = place.open().await;
    store.begin_boot(Uuid::new_v4(), moment()).await.unwrap();
    // Under way are: a plain attempt, its second try, and one that a recovery stopped.
    let two = [step("a", &[]), step("b", &[])];
    let mut first = Workbench::started(1, define("One", &two));
    first.start(1);
    first.write(store.as_ref()).await;
    let mut second = Workbench::started(2, define("Two", &two));
    second.run(0, Outcome::Lost);
    second.start(0);
    second.act(Action::Pause);
    second.write(store.as_ref()).await;
    let mut third = Workbench::started(3, define("Three", &two));
    third.start(0);
    third.act(Action::Recover(Recovery {
        from_step: 0,
        force: true,
        instead: None,
    }));
    third.write(store.as_ref()).await;
    // Not under way: what waits, what is done, and what is over.
    let mut fourth = Workbench::started(4, define("Four", &two));
    fourth.start(0);
    fourth.wait_until(0, moment().plus(Duration::from_secs(60)));
    fourth.succeed(1, json!(1));
    fourth.write(store.as_ref()).await;
    Workbench::new(5, define("Five", &two))
        .write(store.as_ref())
        .await;

    let before = store.begin_boot(Uuid::new_v4(), moment()).await.unwrap();
    let found = [left(1, 1, 0, 1), left(2, 0, 0, 2), left(3, 0, 1, 1)];
    assert_eq!(before[0].left_behind, found);
    first.report(1, Outcome::Lost);
    first.write(store.as_ref()).await;
    let before = store.begin_boot(Uuid::new_v4(), moment()).await.unwrap();
    assert_eq!(before[0].left_behind, found[1..]);
    assert_eq!(before[1].left_behind, found);
}

pub async fn only_the_last_starts_are_remembered(place: &dyn Place) {
    let store = place.open().await;
    let names: Vec<_> = (0..BOOTS_KEPT + 5).map(|_| Uuid::new_v4()).collect();
    for name in &names {
        store.begin_boot(*name, moment()).await.unwrap();
    }
    let before = store.begin_boot(Uuid::new_v4(), moment()).await.unwrap();
    let before: Vec<_> = before.iter().map(|boot| boot.incarnation).collect();
    let newest: Vec<_> = names.iter().rev().copied().take(BOOTS_KEPT).collect();
    assert_eq!(before, newest);
}
