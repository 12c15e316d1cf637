//! Workflows that were put aside: known by number, shown as failed, otherwise left as they are.

use std::time::Duration;

use engine::orchestrator::{WorkflowFilter, WorkflowSelection};
use engine::{Timestamp, WorkflowId, WorkflowStatus};
use runtime::store::{Defect, Quarantined, Store};
use serde_json::json;

use crate::Place;
use crate::workbench::{Workbench, define, moment, step};

fn aside(id: i64, defect: Defect, cause: &str, at: Timestamp) -> Quarantined {
    Quarantined {
        workflow: WorkflowId(id),
        at,
        defect,
        cause: cause.to_owned(),
    }
}

fn broken(id: i64) -> Quarantined {
    aside(id, Defect::Invariant, "I4: step 0 is queued", moment())
}

fn running(id: i64) -> Workbench {
    let mut bench = Workbench::started(id, define("Running", &[step("a", &[]), step("b", &[0])]));
    bench.succeed(0, json!({"n": 1}));
    bench.start(1);
    bench
}

async fn listed(store: &dyn Store, selection: WorkflowSelection) -> Vec<(i64, WorkflowStatus)> {
    let filter = WorkflowFilter {
        selection,
        limit: 200,
        ..WorkflowFilter::default()
    };
    let found = store.list(&filter, moment()).await.unwrap();
    let shown = found.iter().map(|one| (one.id.0, one.summary.status));
    shown.collect()
}

pub async fn what_is_put_aside_is_known_by_number_also_after_opening_again(place: &dyn Place) {
    let store = place.open().await;
    assert_eq!(store.aside().await.unwrap(), []);
    let later = moment().plus(Duration::from_micros(1_500_001));
    let all = [
        aside(
            1,
            Defect::Unreadable,
            "„größer“ 'als' {\"json\"}\n\u{0}",
            moment(),
        ),
        aside(2, Defect::Unwritable, "", later),
        aside(
            3,
            Defect::Invariant,
            "I1: status is failed in its row",
            later,
        ),
        aside(4, Defect::Panic, "it broke", moment()),
    ];
    for id in 1..=4 {
        running(id).write(store.as_ref()).await;
    }
    for one in [2, 0, 3, 1] {
        store.put_aside(&all[one]).await.unwrap();
    }
    assert_eq!(store.aside().await.unwrap(), all);
    drop(store);
    let store = place.open().await;
    assert_eq!(store.aside().await.unwrap(), all);
}

pub async fn what_is_aside_already_stays_as_it_is(place: &dyn Place) {
    let store = place.open().await;
    running(1).write(store.as_ref()).await;
    store.put_aside(&broken(1)).await.unwrap();
    let later = moment().plus(Duration::from_secs(5));
    let again = aside(1, Defect::Panic, "something else", later);
    store.put_aside(&again).await.unwrap();
    assert_eq!(store.aside().await.unwrap(), [broken(1)]);
}

pub async fn what_is_aside_is_listed_as_failed_and_not_taken_up(place: &dyn Place) {
    use WorkflowSelection as S;
    use WorkflowStatus::{Failed, Running};
    let store = place.open().await;
    for id in 1..=3 {
        running(id).write(store.as_ref()).await;
    }
    store.put_aside(&broken(2)).await.unwrap();
    let (one, two, three) = ((1, Running), (2, Failed), (3, Running));
    assert_eq!(
        store.active().await.unwrap(),
        [WorkflowId(1), WorkflowId(3)]
    );
    let store = store.as_ref();
    assert_eq!(listed(store, S::All).await, [three, two, one]);
    assert_eq!(listed(store, S::Active).await, [three, one]);
    assert_eq!(listed(store, S::Status(Running)).await, [three, one]);
    assert_eq!(listed(store, S::Failed).await, [two]);
    let state = store.state(WorkflowId(2), moment()).await.unwrap();
    assert_eq!(state.unwrap().summary.status, Failed);
    let standing = store.standing(WorkflowId(2)).await.unwrap();
    assert_eq!(standing.unwrap().status, Failed);
}

pub async fn what_happened_to_it_stays_and_so_do_its_neighbours(place: &dyn Place) {
    let store = place.open().await;
    let (mut bad, mut good) = (running(1), running(2));
    bad.write(store.as_ref()).await;
    good.write(store.as_ref()).await;
    let (id, rev) = (bad.id(), bad.workflow.rev());
    let events = store.events(id, 0, 1_000).await.unwrap();
    let tries = store.attempts(id, 1).await.unwrap();
    store.put_aside(&broken(1)).await.unwrap();
    assert_eq!(store.events(id, 0, 1_000).await.unwrap(), events);
    assert_eq!(store.attempts(id, 1).await.unwrap(), tries);
    assert_eq!(store.rev(id).await.unwrap(), Some(rev));
    good.assert_kept(store.as_ref()).await;
    good.report(1, engine::Outcome::Succeeded(json!(2)));
    good.write(store.as_ref()).await;
    good.assert_kept(store.as_ref()).await;
}

pub async fn a_list_can_show_what_remains_of_a_workflow(place: &dyn Place) {
    let store = place.open().await;
    let mut bench = running(7);
    bench.write(store.as_ref()).await;
    let cause = "its metadata is no JSON";
    let shown = store.remains(bench.id(), cause).await.unwrap().unwrap();
    assert_eq!(shown.id, bench.id());
    assert_eq!(shown.name, "Running");
    assert_eq!(shown.created_at, bench.workflow.record().created_at);
    assert_eq!(shown.summary.job_id, bench.workflow.record().job_id);
    assert_eq!(shown.summary.status, WorkflowStatus::Failed);
    assert_eq!(shown.summary.events, bench.workflow.rev());
    assert_eq!(shown.summary.quarantine.as_deref(), Some(cause));
    assert!(shown.summary.current_steps.is_empty());
    assert!(!shown.summary.is_recoverable());
    assert_eq!(store.remains(WorkflowId(9), cause).await.unwrap(), None);
    assert_eq!(
        store.aside().await.unwrap(),
        [],
        "looking puts nothing aside"
    );
}

pub async fn a_workflow_without_a_row_can_be_put_aside(place: &dyn Place) {
    let store = place.open().await;
    store.put_aside(&broken(5)).await.unwrap();
    assert_eq!(store.aside().await.unwrap(), [broken(5)]);
    assert!(store.load(WorkflowId(5)).await.unwrap().is_none());
    assert_eq!(listed(store.as_ref(), WorkflowSelection::All).await, []);
}
