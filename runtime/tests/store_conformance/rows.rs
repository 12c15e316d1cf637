//! What is written is read back, field by field.

use engine::definition::RunIf;
use engine::{Action, DefinitionId, FailureKind, JobId, Outcome, StepDefinition, WorkflowId};
use serde_json::json;

use crate::Place;
use crate::workbench::{Workbench, define, failed, step};

pub async fn a_new_workflow_is_read_as_it_was_written(place: &dyn Place) {
    let store = place.open().await;
    let steps = [step("Größe „messen“ 🚀", &[]), step("b", &[0])];
    let mut bench = Workbench::new(7, define("Mess'ung", &steps));
    bench.header.source = Some((DefinitionId(3), 2));
    bench.write(store.as_ref()).await;
    bench.assert_kept(store.as_ref()).await;
}

pub async fn every_field_of_every_task_is_read_as_it_was_written(place: &dyn Place) {
    let store = place.open().await;
    let alarm = StepDefinition {
        run_if: RunIf::Failed,
        ..step("Alarm", &[0])
    };
    let steps = [
        step("Output", &[]),
        step("Retrying", &[]),
        step("Lost", &[]),
        step("Waiting", &[]),
        step("Part done", &[]),
        step("Pending", &[1]),
        alarm,
        step("Nothing to do", &[]),
    ];
    let mut bench = Workbench::started(1, define("Fields", &steps));
    bench.write(store.as_ref()).await;
    // Numbers that only an exact reader reads back, and text that looks like other things.
    let output = json!({"n": 0.249_899_999_999_999_98, "big": 9_007_199_254_740_993_i64,
        "text": "null", "nul": "\u{0}", "quote": "'\"\\", "list": [[], {}]});
    bench.succeed(0, output);
    bench.write(store.as_ref()).await;
    bench.run(
        1,
        failed(
            FailureKind::TimedOut,
            "timed out after 1 s: \"ü\" 'x' \\n\n2 \u{0} 3",
        ),
    );
    bench.run(2, Outcome::Lost);
    bench.start(3);
    bench.wait_until(3, bench.now);
    bench.start(4);
    bench.say_progress(4, 0.458_999_999_999_999_96);
    bench.run(7, Outcome::NothingToDo);
    bench.write(store.as_ref()).await;
    bench.assert_kept(store.as_ref()).await;

    bench.act(Action::Pause);
    bench.write(store.as_ref()).await;
    bench.assert_kept(store.as_ref()).await;
    bench.pass(3.0);
    bench.act(Action::Resume);
    bench.act(Action::Cancel);
    bench.write(store.as_ref()).await;
    bench.assert_kept(store.as_ref()).await;
    bench.report(4, failed(FailureKind::Error, ""));
    bench.act(Action::recover(0));
    bench.write(store.as_ref()).await;
    bench.assert_kept(store.as_ref()).await;
}

pub async fn what_is_not_there_is_answered_with_nothing(place: &dyn Place) {
    let store = place.open().await;
    let id = WorkflowId(9);
    assert!(store.load(id).await.unwrap().is_none());
    assert_eq!(store.rev(id).await.unwrap(), None);
    assert_eq!(store.events(id, 0, 10).await.unwrap(), []);
    assert_eq!(store.attempts(id, 0).await.unwrap(), []);
    assert_eq!(store.active().await.unwrap(), []);
    assert_eq!(store.latest_of_job(JobId(9)).await.unwrap(), None);
    assert!(
        store.commit(&[], &[]).await.is_ok(),
        "nothing to write is fine"
    );
}

pub async fn many_are_read_at_once_as_each_is_by_itself(place: &dyn Place) {
    let store = place.open().await;
    let one = || define("One", &[step("a", &[])]);
    let three = define("Three", &[step("a", &[]), step("b", &[0]), step("c", &[])]);
    let mut benches = [
        Workbench::started(2, one()),
        Workbench::started(3, three),
        Workbench::new(7, one()),
        Workbench::started(8, one()),
    ];
    benches[1].succeed(2, json!({"n": 1}));
    benches[3].start(0);
    for bench in &mut benches {
        bench.write(store.as_ref()).await;
    }
    let ids = [8, 1, 3, 7, 9].map(WorkflowId);
    let mut read = store.load_all(&ids).await.unwrap();
    read.sort_by_key(|(id, _)| *id);
    let found: Vec<_> = read.iter().map(|(id, _)| id.0).collect();
    assert_eq!(found, [3, 7, 8], "only what is asked for and is there");
    for ((_, stored), bench) in read.into_iter().zip(&benches[1..]) {
        bench.assert_is(&stored.unwrap());
    }
    assert!(store.load_all(&[]).await.unwrap().is_empty());
}

pub async fn what_was_written_is_there_after_opening_again(place: &dyn Place) {
    let store = place.open().await;
    let mut bench = Workbench::started(1, define("Kept", &[step("a", &[]), step("b", &[0])]));
    bench.succeed(0, json!({"n": 1}));
    bench.start(1);
    bench.write(store.as_ref()).await;
    let before = store.events(bench.id(), 0, 100).await.unwrap();
    let tries = store.attempts(bench.id(), 1).await.unwrap();
    drop(store);

    let store = place.open().await;
    bench.assert_kept(store.as_ref()).await;
    assert_eq!(store.events(bench.id(), 0, 100).await.unwrap(), before);
    assert_eq!(store.attempts(bench.id(), 1).await.unwrap(), tries);
    assert_eq!(store.active().await.unwrap(), [bench.id()]);
    bench.report(1, Outcome::Succeeded(json!(2)));
    bench.write(store.as_ref()).await;
    bench.assert_kept(store.as_ref()).await;
}
