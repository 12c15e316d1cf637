//! Closures that keep a thread: everything else goes on, and they are waited for.

use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Condvar, Mutex};
use std::time::Duration;

use runtime::{
    JobId, JobOrchestrator, Runtime, Settings, StepContext, StepError, TaskStatus,
    WorkflowDefinition, WorkflowStatus, WorkflowStep, json,
};
use tokio::runtime::Handle;
use tokio::time::timeout;

use crate::workbench::{execute, failure, start, until, within};

/// How long a thread waits for the test at most, so that a test fails instead of hanging.
const HELD_AT_MOST: Duration = Duration::from_secs(20);

/// Keeps threads until it is opened.
#[derive(Clone, Default)]
struct Gate {
    is_open: Arc<(Mutex<bool>, Condvar)>,
    waiting: Arc<AtomicUsize>,
}

impl Gate {
    fn open(&self) {
        *self.is_open.0.lock().unwrap() = true;
        self.is_open.1.notify_all();
    }

    /// Keeps this thread.
    fn pass(&self) -> Result<(), StepError> {
        self.waiting.fetch_add(1, Ordering::SeqCst);
        let (is_open, opened) = &*self.is_open;
        let guard = is_open.lock().unwrap();
        let shut = |is_open: &mut bool| !*is_open;
        let (guard, _) = opened
            .wait_timeout_while(guard, HELD_AT_MOST, shut)
            .unwrap();
        match *guard {
            true => Ok(()),
            false => Err(StepError::permanent("nobody opened the gate")),
        }
    }

    /// A step that keeps a thread until the gate is open, whatever it is told.
    fn step(&self) -> WorkflowStep {
        let gate = self.clone();
        WorkflowStep::blocking("Held", "held", move |_cx| {
            gate.pass()?;
            Ok(json!("passed"))
        })
    }
}

fn held(name: &str, gate: &Gate) -> WorkflowDefinition {
    WorkflowDefinition::new(name).step(gate.step().max_retries(0))
}

async fn others_go_on_beside_two_threads_that_are_kept() {
    let engine = Runtime::builder().in_memory().start().await.unwrap();
    let gate = Gate::default();
    let kept = [
        start(&engine, &held("A", &gate)).await,
        start(&engine, &held("B", &gate)).await,
    ];
    for id in kept {
        until(&engine, id, |p| p.running_tasks == 1).await;
    }
    let waiting = async {
        while gate.waiting.load(Ordering::SeqCst) < 2 {
            tokio::task::yield_now().await;
        }
    };
    within(waiting).await;
    let chain = WorkflowDefinition::new("Beside")
        .step(WorkflowStep::new("A", "a", |_cx| async { Ok(json!(1)) }))
        .step(WorkflowStep::new("B", "b", |_cx| async { Ok(json!(2)) }).dependencies([0]));
    let done = execute(&engine, &chain).await;
    assert_eq!(done.status, WorkflowStatus::Completed);
    let paused = engine.pause_workflow(kept[0]).await.unwrap();
    assert_eq!(paused.status, WorkflowStatus::Paused);
    engine.resume_workflow(kept[0]).await.unwrap();
    for id in kept {
        let progress = engine.get_workflow_progress(id).await.unwrap();
        assert_eq!(progress.tasks[0].status, TaskStatus::Running);
    }
    gate.open();
    for id in kept {
        until(&engine, id, |p| p.status == WorkflowStatus::Completed).await;
    }
}

#[tokio::test]
async fn two_closures_that_block_hold_up_nothing_on_a_runtime_with_one_thread() {
    others_go_on_beside_two_threads_that_are_kept().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn two_closures_that_block_hold_up_nothing_on_a_runtime_with_two_threads() {
    others_go_on_beside_two_threads_that_are_kept().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_closure_that_reports_and_then_blocks_its_thread_leaves_the_engine_the_other_one() {
    let engine = Runtime::builder().in_memory().start().await.unwrap();
    let gate = Gate::default();
    let passed = gate.clone();
    let step = WorkflowStep::new("Rude", "rude", move |cx| {
        let gate = passed.clone();
        async move {
            cx.report_progress(0.5);
            gate.pass()?;
            Ok(json!("passed"))
        }
    });
    let rude = WorkflowDefinition::new("Rude").step(step.max_retries(0));
    let id = start(&engine, &rude).await;
    let blocks = async {
        while gate.waiting.load(Ordering::SeqCst) < 1 {
            tokio::task::yield_now().await;
        }
    };
    within(blocks).await;
    let quick = WorkflowDefinition::new("Quick");
    let quick = quick.step(WorkflowStep::new("A", "a", |_cx| async { Ok(json!(1)) }));
    let beside = timeout(HELD_AT_MOST / 2, execute(&engine, &quick)).await;
    gate.open();
    let beside = beside.expect("it goes on beside what blocks");
    assert_eq!(beside.status, WorkflowStatus::Completed);
    until(&engine, id, |p| p.status == WorkflowStatus::Completed).await;
}

#[tokio::test]
async fn a_blocking_closure_is_told_when_its_time_is_over() {
    let engine = Runtime::builder().in_memory().start().await.unwrap();
    let was_told = Arc::<AtomicBool>::default();
    let told = Arc::clone(&was_told);
    let work = move |cx: StepContext| {
        let stopped = timeout(HELD_AT_MOST, cx.stopped());
        let is_awake = Handle::current().block_on(stopped).is_ok();
        told.store(is_awake && cx.is_stopped(), Ordering::SeqCst);
        Err::<(), _>(StepError::Stopped)
    };
    let step = WorkflowStep::blocking("Slow", "slow", work)
        .timeout(Duration::from_millis(20))
        .max_retries(0);
    let definition = WorkflowDefinition::new("Too slow").step(step);
    let done = execute(&engine, &definition).await;
    assert_eq!(done.status, WorkflowStatus::Failed);
    assert_eq!(failure(&engine, done.id, 0).await, "timed out after 0.02 s");
    assert!(was_told.load(Ordering::SeqCst));
}

#[tokio::test]
async fn a_cancel_waits_for_a_blocking_closure_beyond_the_limit_for_others() {
    let limit = Duration::from_millis(10);
    let settings = Settings {
        stop: limit,
        ..Settings::default()
    };
    let builder = Runtime::builder().in_memory().settings(settings);
    let engine = builder.start().await.unwrap();
    let gate = Gate::default();
    let id = start(&engine, &held("Cancelled", &gate)).await;
    until(&engine, id, |p| p.running_tasks == 1).await;
    engine.cancel_workflow(id).await.unwrap();
    // One that can be dropped and is told later: where it is over, the limit was over for both.
    let deaf = |_cx| std::future::pending::<Result<(), StepError>>();
    let other = WorkflowDefinition::new("Deaf").step(WorkflowStep::new("Deaf", "deaf", deaf));
    let other = start(&engine, &other).await;
    until(&engine, other, |p| p.running_tasks == 1).await;
    engine.cancel_workflow(other).await.unwrap();
    until(&engine, other, |p| p.status == WorkflowStatus::Cancelled).await;
    let progress = engine.get_workflow_progress(id).await.unwrap();
    assert_eq!(progress.tasks[0].status, TaskStatus::Running);
    assert!(progress.cancel_requested);
    gate.open();
    until(&engine, id, |p| p.status == WorkflowStatus::Cancelled).await;
}

#[tokio::test]
async fn a_panic_in_a_blocking_closure_fails_its_step_with_the_text() {
    let engine = Runtime::builder().in_memory().start().await.unwrap();
    let step = WorkflowStep::blocking("Panics", "panics", |cx| {
        assert!(cx.workflow_id().0 < 0, "nobody expected this");
        Ok(())
    });
    let definition = WorkflowDefinition::new("Panics").step(step.max_retries(0));
    let made = engine.create_workflow(JobId(1), &definition, None).await;
    let id = made.unwrap().id;
    within(engine.execute_workflow(id, &definition))
        .await
        .unwrap();
    let told = failure(&engine, id, 0).await;
    assert_eq!(told, "panicked: nobody expected this");
}
