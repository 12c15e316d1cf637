//! All or nothing, in order, and never over what somebody else wrote.

use engine::{Action, FailureKind, WorkflowStatus};
use runtime::store::StoreError;
use serde_json::json;

use crate::Place;
use crate::workbench::{Workbench, define, failed, step};

fn chain(id: i64) -> Workbench {
    Workbench::started(id, define("Chain", &[step("a", &[]), step("b", &[0])]))
}

pub async fn events_are_read_in_order_and_in_pages(place: &dyn Place) {
    let store = place.open().await;
    let mut bench = chain(1);
    bench.write(store.as_ref()).await;
    bench.succeed(0, json!({"n": 0.1}));
    bench.pass(1.0);
    bench.succeed(1, json!(null));
    let change = bench.change();
    store
        .commit(std::slice::from_ref(&change), &[])
        .await
        .unwrap();
    let all = store.events(bench.id(), 0, 1_000).await.unwrap();
    assert_eq!(all.len() as u64, bench.workflow.rev());
    assert_eq!(all[all.len() - change.events.len()..], change.events);
    let mut paged = Vec::new();
    loop {
        let after = paged
            .last()
            .map_or(0, |event: &engine::EventRecord| event.seq);
        let page = store.events(bench.id(), after, 2).await.unwrap();
        assert!(page.len() <= 2);
        if page.is_empty() {
            break;
        }
        paged.extend(page);
        assert!(paged.len() <= all.len(), "a page comes again");
    }
    assert_eq!(paged, all);
    assert_eq!(store.events(bench.id(), u64::MAX, 5).await.unwrap(), []);
}

pub async fn a_commit_that_others_overtook_is_refused_and_writes_nothing(place: &dyn Place) {
    let store = place.open().await;
    let mut fast = chain(1);
    fast.write(store.as_ref()).await;
    fast.succeed(0, json!("fast"));
    fast.write(store.as_ref()).await;
    // Fewer events than the other wrote, as many, and more: none fits.
    for steps in 0..3 {
        let mut slow = chain(1);
        slow.change();
        match steps {
            0 => slow.start(0),
            1 => slow.succeed(0, json!("slow")),
            _ => {
                slow.succeed(0, json!("slow"));
                slow.succeed(1, json!("slow"));
            }
        }
        let refused = store.commit(&[slow.change()], &[]).await;
        let id = slow.id();
        assert!(
            matches!(refused, Err(StoreError::Stale(stale)) if stale == id),
            "{refused:?}"
        );
        fast.assert_kept(store.as_ref()).await;
        assert_eq!(store.attempts(id, 0).await.unwrap().len(), 1);
        assert_eq!(store.attempts(id, 1).await.unwrap(), []);
    }
}

pub async fn an_epoch_that_is_over_writes_nothing(place: &dyn Place) {
    let store = place.open().await;
    let mut bench = chain(1);
    bench.run(0, failed(FailureKind::Permanent, "no"));
    bench.act(Action::recover(0));
    bench.start(0);
    bench.write(store.as_ref()).await;
    let kept = bench.workflow.clone();
    let id = bench.id();
    // One change moves the number alone, the other writes the state as well.
    for pauses in [false, true] {
        bench.say_progress(0, 0.5);
        if pauses {
            bench.act(Action::Pause);
        }
        let mut old = bench.change();
        old.record.epoch -= 1;
        let refused = store.commit(&[old], &[]).await;
        assert!(
            matches!(refused, Err(StoreError::Stale(stale)) if stale == id),
            "{refused:?}"
        );
        bench.workflow = kept.clone();
        bench.assert_kept(store.as_ref()).await;
    }
}

pub async fn a_number_that_is_taken_is_not_created_again(place: &dyn Place) {
    let store = place.open().await;
    let mut first = Workbench::new(1, define("First", &[step("a", &[])]));
    first.write(store.as_ref()).await;
    let mut second = Workbench::started(1, define("Second", &[step("b", &[]), step("c", &[])]));
    let refused = store.commit(&[second.change()], &[]).await;
    assert!(matches!(refused, Err(StoreError::Stale(_))), "{refused:?}");
    first.assert_kept(store.as_ref()).await;
}

pub async fn one_bad_change_keeps_its_neighbours_from_being_written(place: &dyn Place) {
    let store = place.open().await;
    let (mut one, mut two, mut three) = (chain(1), chain(2), chain(3));
    store
        .commit(&[one.change(), two.change()], &[])
        .await
        .unwrap();
    let (was_one, was_two) = (one.workflow.clone(), two.workflow.clone());
    one.succeed(0, json!(1));
    two.succeed(0, json!(2));
    let mut bad = two.change();
    bad.record.rev += 5;
    let refused = store
        .commit(&[one.change(), bad, three.change()], &[])
        .await;
    assert!(
        matches!(refused, Err(StoreError::Stale(id)) if id == two.id()),
        "the one that does not fit is named: {refused:?}"
    );
    one.workflow = was_one;
    two.workflow = was_two;
    one.assert_kept(store.as_ref()).await;
    two.assert_kept(store.as_ref()).await;
    assert!(store.load(three.id()).await.unwrap().is_none());
    assert_eq!(store.attempts(one.id(), 0).await.unwrap(), []);
}

pub async fn many_workflows_are_written_in_one_commit(place: &dyn Place) {
    let store = place.open().await;
    let mut all: Vec<_> = (1..=50).map(chain).collect();
    for bench in all.iter_mut().step_by(2) {
        bench.succeed(0, json!({"n": bench.id()}));
        bench.succeed(1, json!(null));
    }
    let changes: Vec<_> = all.iter_mut().map(Workbench::change).collect();
    store.commit(&changes, &[]).await.unwrap();
    for bench in &all {
        bench.assert_kept(store.as_ref()).await;
    }
    let active = store.active().await.unwrap();
    let expected = all
        .iter()
        .filter(|b| b.workflow.status() == WorkflowStatus::Running);
    assert_eq!(active, expected.map(Workbench::id).collect::<Vec<_>>());
}
