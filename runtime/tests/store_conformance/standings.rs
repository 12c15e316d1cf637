//! How one workflow stands: what its row alone tells, and what a page shows of it at a moment.

use std::time::Duration;

use engine::orchestrator::{WorkflowFilter, WorkflowSelection};
use engine::{Action, DefinitionId, Progress, StepDefinition, WorkflowId};
use runtime::store::Standing;
use serde_json::json;

use crate::Place;
use crate::lists::one_in_each_state;
use crate::workbench::{Workbench, define, moment, step};

/// In each state, and one that is being cancelled.
fn all_ways_to_stand() -> Vec<Workbench> {
    let mut all = one_in_each_state();
    let mut cancelling = Workbench::started(9, define("Cancelling", &[step("a", &[])]));
    cancelling.header.source = Some((DefinitionId(3), 2));
    cancelling.start(0);
    cancelling.act(Action::Cancel);
    all.push(cancelling);
    all
}

pub async fn a_standing_tells_what_its_row_tells(place: &dyn Place) {
    let store = place.open().await;
    let mut all = all_ways_to_stand();
    let changes: Vec<_> = all.iter_mut().map(Workbench::change).collect();
    store.commit(&changes, &[]).await.unwrap();
    for bench in &all {
        let record = bench.workflow.record();
        let expected = Standing {
            header: bench.header.clone(),
            status: record.status,
            cancel_requested: record.cancel_requested,
            rev: record.rev,
        };
        let told = store.standing(bench.id()).await.unwrap();
        assert_eq!(told, Some(expected));
    }
    assert_eq!(store.standing(WorkflowId(10)).await.unwrap(), None);
}

pub async fn a_standing_goes_on_with_every_change(place: &dyn Place) {
    let store = place.open().await;
    let mut bench = Workbench::new(1, define("Goes on", &[step("a", &[]), step("b", &[0])]));
    bench.write(store.as_ref()).await;
    let moves: [fn(&mut Workbench); 6] = [
        |bench| bench.act(Action::Start),
        // Of this one only the number of the row changes.
        |bench| bench.start(0),
        |bench| bench.act(Action::Pause),
        |bench| bench.act(Action::Resume),
        |bench| bench.act(Action::Cancel),
        |bench| bench.report(0, engine::Outcome::Interrupted),
    ];
    for next in moves {
        next(&mut bench);
        bench.write(store.as_ref()).await;
        let told = store.standing(bench.id()).await.unwrap().unwrap();
        let record = bench.workflow.record();
        assert_eq!(
            (told.status, told.cancel_requested, told.rev),
            (record.status, record.cancel_requested, record.rev)
        );
    }
}

pub async fn a_state_is_that_of_the_moment_asked_for_and_the_same_as_in_a_list(place: &dyn Place) {
    let store = place.open().await;
    let mut all = all_ways_to_stand();
    let slow = StepDefinition {
        estimated_duration: Some(100.0),
        ..step("Slow", &[])
    };
    let mut slow = Workbench::started(10, define("Slow", &[slow]));
    slow.start(0);
    all.push(slow);
    let changes: Vec<_> = all.iter_mut().map(Workbench::change).collect();
    store.commit(&changes, &[]).await.unwrap();
    for seconds in [0, 30, 60] {
        let now = moment().plus(Duration::from_secs(seconds));
        let filter = WorkflowFilter {
            selection: WorkflowSelection::All,
            limit: 200,
            ..WorkflowFilter::default()
        };
        let listed = store.list(&filter, now).await.unwrap();
        for (bench, listed) in all.iter().zip(listed.into_iter().rev()) {
            let state = store.state(bench.id(), now).await.unwrap().unwrap();
            assert_eq!(state.summary, Progress::of(&bench.workflow, now).summary);
            assert_eq!(state.definition_id, bench.header.source.map(|(id, _)| id));
            assert_eq!(state, listed);
        }
    }
    let last = store.state(WorkflowId(10), moment().plus(Duration::from_secs(60)));
    assert_eq!(last.await.unwrap().unwrap().summary.progress, 60);
    assert_eq!(store.state(WorkflowId(11), moment()).await.unwrap(), None);
}

pub async fn a_state_of_what_is_over_stays(place: &dyn Place) {
    let store = place.open().await;
    let mut bench = Workbench::started(1, define("Over", &[step("a", &[])]));
    bench.succeed(0, json!(1));
    bench.write(store.as_ref()).await;
    let at_once = store.state(bench.id(), bench.now).await.unwrap().unwrap();
    let later = bench.now.plus(Duration::from_secs(3_600));
    assert_eq!(store.state(bench.id(), later).await.unwrap(), Some(at_once));
}
