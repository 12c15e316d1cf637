//! What contradicts what is there is refused whole, by each store: an attempt that starts twice, a task
//! without a row, an event that is there, a state that no arrow leads to.

use engine::{Event, Outcome, TaskStatus, WorkflowStatus};
use runtime::store::{Change, Store, StoreError};
use serde_json::json;

use crate::Place;
use crate::workbench::{Workbench, define, step};

fn two() -> Workbench {
    Workbench::started(1, define("Two", &[step("a", &[]), step("b", &[])]))
}

/// Commits a change that has to be refused, beside one that has nothing wrong with it. Neither is
/// written.
async fn refused(store: &dyn Store, change: Change) -> StoreError {
    let id = change.record.id;
    let (rev, events) = (
        store.rev(id).await.unwrap(),
        store.events(id, 0, 1_000).await.unwrap(),
    );
    let attempts = store.attempts(id, 0).await.unwrap();
    let mut other = Workbench::new(9, define("Other", &[step("a", &[])]));
    let fault = store
        .commit(&[other.change(), change], &[])
        .await
        .unwrap_err();
    assert!(store.load(other.id()).await.unwrap().is_none());
    assert_eq!(store.rev(id).await.unwrap(), rev);
    assert_eq!(store.events(id, 0, 1_000).await.unwrap(), events);
    assert_eq!(store.attempts(id, 0).await.unwrap(), attempts);
    fault
}

pub async fn an_attempt_does_not_start_twice(place: &dyn Place) {
    let store = place.open().await;
    let mut bench = two();
    bench.run(0, Outcome::Lost);
    bench.write(store.as_ref()).await;
    bench.start(0);
    let mut again = bench.change();
    for record in &mut again.events {
        if let Event::TaskStarted { attempt, .. } = &mut record.event {
            *attempt = 1;
        }
    }
    let fault = refused(store.as_ref(), again).await;
    assert!(fault.is_contradiction(), "{fault:?}");
}

pub async fn a_task_that_has_no_row_is_not_written(place: &dyn Place) {
    let store = place.open().await;
    let mut bench = two();
    let mut short = bench.change();
    short.tasks.pop();
    store.commit(&[short], &[]).await.unwrap();
    bench.start(1);
    let change = bench.change();
    let id = change.record.id;
    let fault = store.commit(&[change], &[]).await.unwrap_err();
    assert!(fault.is_of_a_row(), "{fault:?}");
    assert!(
        fault.to_string().contains("task 1 of workflow 1"),
        "{fault}"
    );
    assert_eq!(store.attempts(id, 1).await.unwrap(), []);
}

pub async fn an_event_that_is_there_is_not_written_again(place: &dyn Place) {
    let store = place.open().await;
    let mut bench = two();
    bench.write(store.as_ref()).await;
    bench.start(0);
    bench.start(1);
    let change = bench.change();
    for seq in [change.events[0].seq, 1] {
        let mut twice = change.clone();
        twice.events[1].seq = seq;
        let fault = refused(store.as_ref(), twice).await;
        assert!(fault.is_contradiction(), "{fault:?}");
    }
    store.commit(&[change], &[]).await.unwrap();
    bench.assert_kept(store.as_ref()).await;
}

/// Only of a store that was built for tests: elsewhere the core alone sees to it.
pub async fn a_state_that_no_arrow_leads_to_is_not_written(place: &dyn Place) {
    let store = place.open().await;
    let mut bench = two();
    bench.succeed(0, json!(1));
    bench.write(store.as_ref()).await;
    bench.start(1);
    let change = bench.change();
    let wrong: [fn(&mut Change); 4] = [
        |change| change.tasks[0].1.status = TaskStatus::Running,
        |change| change.tasks[0].1.attempt = 0,
        |change| {
            change.record.status = WorkflowStatus::Pending;
            // A row of which only the number is written would not tell.
            change.events[0].event = Event::CancelRequested;
        },
        |change| {
            change
                .tasks
                .iter_mut()
                .for_each(|task| task.1.status = TaskStatus::Queued)
        },
    ];
    for spoil in wrong {
        let mut spoilt = change.clone();
        spoil(&mut spoilt);
        let fault = refused(store.as_ref(), spoilt).await;
        assert!(fault.is_contradiction(), "{fault:?}");
    }
    store.commit(&[change], &[]).await.unwrap();
    bench.assert_kept(store.as_ref()).await;
}

pub async fn two_changes_of_one_workflow_are_written_in_their_order(place: &dyn Place) {
    let store = place.open().await;
    let mut bench = two();
    let new = bench.change();
    bench.succeed(0, json!(1));
    let first = bench.change();
    bench.start(1);
    let second = bench.change();
    let turned = store
        .commit(&[new.clone(), second.clone(), first.clone()], &[])
        .await;
    assert!(matches!(turned, Err(StoreError::Stale(_))), "{turned:?}");
    assert!(store.load(bench.id()).await.unwrap().is_none());
    store.commit(&[new, first, second], &[]).await.unwrap();
    bench.assert_kept(store.as_ref()).await;
    assert_eq!(store.attempts(bench.id(), 1).await.unwrap().len(), 1);
}
