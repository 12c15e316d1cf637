//! The tries of a task, read off the events.

use engine::definition::OnFailure;
use engine::event::{EVENT_OUTPUT_BYTES_MAX, stands_for};
use engine::orchestrator::AttemptRecord;
use engine::{Action, Command, FailureKind, Outcome, Recovery};
use serde_json::json;

use crate::Place;
use crate::workbench::{Workbench, define, failed, step};

fn told(attempts: &[AttemptRecord]) -> Vec<(u32, &str, Option<&str>, bool)> {
    let told = |a: &'_ AttemptRecord| a.ended_at.is_some();
    attempts
        .iter()
        .map(|a| (a.attempt, a.outcome.as_str(), a.error.as_deref(), told(a)))
        .collect()
}

pub async fn each_try_is_told_with_its_end(place: &dyn Place) {
    let store = place.open().await;
    let mut bench = Workbench::started(1, define("Tries", &[step("a", &[]), step("b", &[])]));
    bench.write(store.as_ref()).await;
    bench.run(0, failed(FailureKind::Error, "no luck"));
    bench.write(store.as_ref()).await;
    bench.pass(1.0);
    bench.due(0);
    // The start and the end of a try may come in different commits, or in one.
    bench.start(0);
    bench.write(store.as_ref()).await;
    let started_at = bench.now;
    bench.pass(2.0);
    bench.report(0, failed(FailureKind::TimedOut, "timed out after 2 s"));
    bench.write(store.as_ref()).await;
    bench.pass(2.0);
    bench.due(0);
    bench.run(0, Outcome::Lost);
    bench.run(0, Outcome::Interrupted);
    bench.succeed(0, json!(1));
    bench.write(store.as_ref()).await;
    let attempts = store.attempts(bench.id(), 0).await.unwrap();
    let expected = [
        (1, "failed", Some("no luck"), true),
        (2, "timed_out", Some("timed out after 2 s"), true),
        (3, "lost", None, true),
        (4, "interrupted", None, true),
        (5, "succeeded", None, true),
    ];
    assert_eq!(told(&attempts), expected);
    let ended = started_at.plus(std::time::Duration::from_secs(2));
    assert_eq!(
        (attempts[1].started_at, attempts[1].ended_at),
        (started_at, Some(ended))
    );
    assert_eq!(store.attempts(bench.id(), 1).await.unwrap(), []);
}

pub async fn a_try_under_way_has_no_end(place: &dyn Place) {
    let store = place.open().await;
    let mut bench = Workbench::started(1, define("Runs", &[step("a", &[])]));
    bench.start(0);
    bench.write(store.as_ref()).await;
    let attempts = store.attempts(bench.id(), 0).await.unwrap();
    assert_eq!(told(&attempts), [(1, "running", None, false)]);
}

pub async fn a_retry_that_is_given_up_keeps_the_end_of_its_try(place: &dyn Place) {
    let store = place.open().await;
    let mut bad = step("Bad", &[]);
    bad.max_retries = 0;
    let definition = define("Stop", &[bad, step("Flaky", &[])]).with_on_failure(OnFailure::Stop);
    let mut bench = Workbench::started(1, definition);
    bench.start(1);
    bench.run(0, failed(FailureKind::Error, "bad"));
    // The retry is scheduled and given up in the same moment, because nothing new starts.
    bench.report(1, failed(FailureKind::Error, "flaky"));
    bench.write(store.as_ref()).await;
    let attempts = store.attempts(bench.id(), 1).await.unwrap();
    assert_eq!(told(&attempts), [(1, "failed", Some("flaky"), true)]);
}

pub async fn a_try_that_a_cancel_ended_keeps_its_end_when_a_recovery_comes_with_it(
    place: &dyn Place,
) {
    let store = place.open().await;
    let mut bench = Workbench::started(1, define("Cancel", &[step("a", &[])]));
    bench.start(0);
    bench.write(store.as_ref()).await;
    bench.act(Action::Cancel);
    bench.pass(1.0);
    bench.report(0, Outcome::Interrupted);
    bench.act(Action::recover(0));
    bench.start(0);
    bench.write(store.as_ref()).await;
    let attempts = store.attempts(bench.id(), 0).await.unwrap();
    let expected = [(1, "cancelled", None, true), (2, "running", None, false)];
    assert_eq!(told(&attempts), expected);
}

/// One before its task is done again, one in the commit of a timeout; the second is too large for an
/// event.
pub async fn what_comes_too_late_is_kept_with_its_try(place: &dyn Place) {
    let store = place.open().await;
    let mut bench = Workbench::started(1, define("Late", &[step("a", &[])]));
    bench.start(0);
    bench.write(store.as_ref()).await;
    bench.act(Action::Recover(Recovery {
        from_step: 0,
        force: true,
        instead: None,
    }));
    bench.write(store.as_ref()).await;
    let (task, attempt) = (0, 1);
    let outcome = Outcome::Succeeded(json!({"n": 1}));
    bench.command(&Command::Report {
        task,
        attempt,
        outcome,
    });
    bench.write(store.as_ref()).await;
    let large = json!("x".repeat(EVENT_OUTPUT_BYTES_MAX));
    bench.start(0);
    bench.report(
        0,
        Outcome::Late {
            error: "timed out after 2 s".into(),
            output: large.clone(),
        },
    );
    bench.write(store.as_ref()).await;
    bench.assert_kept(store.as_ref()).await;
    let attempts = store.attempts(bench.id(), 0).await.unwrap();
    let expected = [
        (1, "late", None, true),
        (2, "late", Some("timed out after 2 s"), true),
    ];
    assert_eq!(told(&attempts), expected);
    assert_eq!(attempts[0].output, Some(json!({"n": 1})));
    let in_a_list = attempts[1].output.as_ref().and_then(stands_for);
    assert_eq!(in_a_list, Some(large.to_string().len()));
    for (number, output) in [(1, json!({"n": 1})), (2, large)] {
        let alone = store.attempt(bench.id(), 0, number).await.unwrap();
        assert_eq!(alone.unwrap().output, Some(output));
    }
    assert_eq!(store.attempt(bench.id(), 0, 3).await.unwrap(), None);
}

/// It is too large for an event, so nothing else would know it any more.
pub async fn what_a_try_gave_is_kept_with_it_when_its_task_is_done_again(place: &dyn Place) {
    let store = place.open().await;
    let steps = [step("a", &[]), step("b", &[0]), step("c", &[0])];
    let mut bench = Workbench::started(1, define("Again", &steps));
    let large = json!("x".repeat(9 * 1024));
    bench.succeed(0, large.clone());
    bench.write(store.as_ref()).await;
    bench.run(1, failed(FailureKind::Permanent, "no luck"));
    bench.succeed(2, json!({"n": 2}));
    bench.write(store.as_ref()).await;
    let id = bench.id();
    let kept = async |task, attempt| {
        let attempt = store.attempt(id, task, attempt).await.unwrap().unwrap();
        (attempt.outcome, attempt.output)
    };
    let succeeded = |output| ("succeeded".to_owned(), output);
    // As long as the task has it, once is enough.
    assert_eq!(kept(0, 1).await, succeeded(None));
    bench.act(Action::recover(0));
    bench.write(store.as_ref()).await;
    assert_eq!(kept(0, 1).await, succeeded(Some(large.clone())));
    assert_eq!(kept(1, 1).await, ("failed".to_owned(), None));
    assert_eq!(kept(2, 1).await, succeeded(Some(json!({"n": 2}))));
    let listed = store.attempts(id, 0).await.unwrap();
    let bytes = listed[0].output.as_ref().and_then(stands_for);
    assert_eq!(bytes, Some(large.to_string().len()));
    bench.succeed(0, json!(2));
    bench.write(store.as_ref()).await;
    assert_eq!(kept(0, 1).await, succeeded(Some(large)));
    assert_eq!(kept(0, 2).await, succeeded(None));
    bench.assert_kept(store.as_ref()).await;
}
