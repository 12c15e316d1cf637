//! However long a step takes, its age alone says nothing about it.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use engine::Workflows;
use runtime::clock::TestClock;
use runtime::{Actor, JobId, Runtime, WorkflowDefinition, WorkflowStatus, WorkflowStep, json};

const BEGINNING: i64 = 1_704_067_200_000_000;
const HOUR: Duration = Duration::from_secs(3_600);

/// A step that works for so long, and the count of its tries.
fn long(name: &str, length: Duration) -> (WorkflowStep, Arc<AtomicU32>) {
    let tries = Arc::new(AtomicU32::new(0));
    let count = Arc::clone(&tries);
    let step = WorkflowStep::new(name, "work", move |_cx| {
        count.fetch_add(1, Ordering::SeqCst);
        async move {
            tokio::time::sleep(length).await;
            Ok(json!({}))
        }
    });
    (step, tries)
}

/// There, jobs that were allowed to run as long as they liked were taken for stuck after an hour,
/// and done a second time beside themselves. Here the search for what nobody carries out goes by
/// every five seconds, and the wall clock is set on by another year.
#[tokio::test(start_paused = true)]
async fn river_1287_no_timeout_not_rescued() {
    let clock = Arc::new(TestClock::at(BEGINNING));
    let builder = Runtime::builder().in_memory().clock(clock.clone());
    let runtime = builder.start().await.unwrap();
    let (without, tries) = long("Without a timeout", HOUR * 23);
    let (with, other_tries) = long("With a long one", HOUR * 47);
    let definition = WorkflowDefinition::new("Long")
        .step(without)
        .step(with.timeout(HOUR * 48));
    let created = runtime.create_workflow(JobId(1), &definition, None).await;
    let id = created.unwrap().id;
    let executed = runtime.execute_workflow(id, &definition);
    tokio::pin!(executed);
    let early = tokio::time::timeout(HOUR * 2, &mut executed).await;
    assert!(early.is_err(), "it is over: {early:?}");
    clock.set_forward(365 * 24 * 3_600 * 1_000_000);
    let done = executed.await.unwrap();
    assert_eq!(done.status, WorkflowStatus::Completed);
    let counts = [&tries, &other_tries].map(|tries| tries.load(Ordering::SeqCst));
    assert_eq!(counts, [1, 1]);
    for task in 0..2 {
        let detail = runtime.task(&Actor::program(), id, task).await.unwrap();
        let outcomes: Vec<_> = detail.attempts.iter().map(|a| a.outcome.as_str()).collect();
        assert_eq!(outcomes, ["succeeded"]);
    }
}
