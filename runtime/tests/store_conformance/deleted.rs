//! Deleted workflows: nothing of them is left but that their numbers were given out.

use engine::orchestrator::{WorkflowFilter, WorkflowSelection};
use engine::{JobId, Outcome, WorkflowId};
use runtime::store::{
    AnsweredCommand, Defect, Deletion, LastNumbers, Quarantined, Store, StoreError,
};
use serde_json::json;

use crate::Place;
use crate::workbench::{Workbench, define, moment, step};

/// Completed, with two tasks, two attempts and their events.
fn completed(id: i64, job: i64) -> Workbench {
    let steps = [step("a", &[]), step("b", &[0])];
    let mut bench = Workbench::of_job(id, job, define("Done", &steps));
    bench.act(engine::Action::Start);
    bench.succeed(0, json!({"n": id}));
    bench.succeed(1, json!({"n": id}));
    bench
}

fn failed(id: i64) -> Workbench {
    let mut bench = Workbench::started(id, define("Broken", &[step("a", &[])]));
    bench.run(
        0,
        crate::workbench::failed(engine::FailureKind::Permanent, "no"),
    );
    bench
}

fn of(id: WorkflowId, rev: Option<u64>) -> Deletion {
    Deletion {
        workflow: id,
        rev,
        at: moment(),
        actor: "ada".into(),
        reason: Some("„fertig“ 'n' \u{0}".into()),
    }
}

fn deletion(bench: &Workbench) -> Deletion {
    of(bench.id(), Some(bench.workflow.rev()))
}

fn answered(id: &str) -> AnsweredCommand {
    AnsweredCommand {
        actor: "ada".into(),
        id: id.into(),
        at: moment(),
        content: "2:hash".into(),
        answer: "{}".into(),
    }
}

async fn listed(store: &dyn Store, selection: WorkflowSelection) -> Vec<i64> {
    let filter = WorkflowFilter {
        selection,
        limit: 200,
        ..WorkflowFilter::default()
    };
    let found = store.list(&filter, moment()).await.unwrap();
    found.iter().map(|one| one.id.0).collect()
}

pub async fn nothing_is_left_of_a_deleted_workflow_and_its_neighbours_stay(place: &dyn Place) {
    let store = place.open().await;
    let mut all = [completed(1, 7), completed(2, 7), failed(3)];
    for bench in &mut all {
        bench.write(store.as_ref()).await;
    }
    store.delete(&deletion(&all[1]), None).await.unwrap();
    store.delete(&deletion(&all[2]), None).await.unwrap();
    drop(store);
    let store = place.open().await;
    for gone in [WorkflowId(2), WorkflowId(3)] {
        assert!(store.load(gone).await.unwrap().is_none());
        assert!(store.standing(gone).await.unwrap().is_none());
        assert_eq!(store.state(gone, moment()).await.unwrap(), None);
        assert_eq!(store.remains(gone, "why").await.unwrap(), None);
        assert_eq!(store.rev(gone).await.unwrap(), None);
        assert_eq!(store.events(gone, 0, 100).await.unwrap(), []);
        assert_eq!(store.attempts(gone, 0).await.unwrap(), []);
        assert_eq!(store.attempt(gone, 0, 1).await.unwrap(), None);
    }
    for selection in [WorkflowSelection::Failed, WorkflowSelection::Recoverable] {
        assert_eq!(listed(store.as_ref(), selection).await, [0; 0]);
    }
    assert_eq!(listed(store.as_ref(), WorkflowSelection::All).await, [1]);
    let latest = store.latest_of_job(JobId(7)).await.unwrap();
    assert_eq!(latest, Some(WorkflowId(1)));
    all[0].assert_kept(store.as_ref()).await;
    assert_eq!(store.attempts(WorkflowId(1), 1).await.unwrap().len(), 1);
}

pub async fn the_numbers_of_a_deleted_workflow_stay_given_out(place: &dyn Place) {
    let store = place.open().await;
    let mut bench = completed(5, 70);
    bench.write(store.as_ref()).await;
    let before = store.last_numbers().await.unwrap();
    let last = LastNumbers {
        workflow: 5,
        job: 70,
        task: 501,
    };
    assert_eq!(before, last);
    store.delete(&deletion(&bench), None).await.unwrap();
    drop(store);
    let store = place.open().await;
    assert_eq!(store.last_numbers().await.unwrap(), last);
}

pub async fn a_deletion_that_others_overtook_deletes_nothing(place: &dyn Place) {
    let store = place.open().await;
    let mut bench = completed(1, 1);
    bench.write(store.as_ref()).await;
    let rev = bench.workflow.rev();
    let command = answered("one");
    for wrong in [of(bench.id(), Some(rev - 1)), of(WorkflowId(9), None)] {
        let refused = store.delete(&wrong, Some(&command)).await;
        let refused = refused.unwrap_err();
        assert!(matches!(refused, StoreError::Stale(id) if id == wrong.workflow));
    }
    assert_eq!(store.command("ada", "one").await.unwrap(), None);
    assert_eq!(store.leftovers().await.unwrap(), []);
    bench.assert_kept(store.as_ref()).await;
}

pub async fn an_answer_is_kept_with_its_deletion_or_neither(place: &dyn Place) {
    let store = place.open().await;
    let (mut first, mut second) = (completed(1, 1), completed(2, 2));
    first.write(store.as_ref()).await;
    second.write(store.as_ref()).await;
    let command = answered("one");
    let done = store.delete(&deletion(&first), Some(&command)).await;
    done.unwrap();
    let kept = store.command("ada", "one").await.unwrap();
    assert_eq!(kept.as_ref(), Some(&command));
    let again = store.delete(&deletion(&second), Some(&command)).await;
    assert!(again.unwrap_err().is_contradiction());
    second.assert_kept(store.as_ref()).await;
}

pub async fn what_is_aside_is_deleted_with_what_was_noted_of_it(place: &dyn Place) {
    let store = place.open().await;
    let mut bench = Workbench::started(1, define("Running", &[step("a", &[])]));
    bench.start(0);
    bench.report(0, Outcome::Succeeded(json!(1)));
    bench.write(store.as_ref()).await;
    let aside = Quarantined {
        workflow: bench.id(),
        at: moment(),
        defect: Defect::Invariant,
        cause: "I4".into(),
    };
    store.put_aside(&aside).await.unwrap();
    store.delete(&of(bench.id(), None), None).await.unwrap();
    assert_eq!(store.aside().await.unwrap(), []);
    assert!(store.load(bench.id()).await.unwrap().is_none());
}

pub async fn leftovers_are_told_until_nothing_is_left(place: &dyn Place) {
    let store = place.open().await;
    for id in 1..=3 {
        let mut bench = completed(id, id);
        bench.write(store.as_ref()).await;
        if id > 1 {
            store.delete(&deletion(&bench), None).await.unwrap();
        }
    }
    drop(store);
    let store = place.open().await;
    let (second, third) = (WorkflowId(2), WorkflowId(3));
    assert_eq!(store.leftovers().await.unwrap(), [second, third]);
    store.left_nothing(second).await.unwrap();
    store.left_nothing(second).await.unwrap();
    assert_eq!(store.leftovers().await.unwrap(), [third]);
}
