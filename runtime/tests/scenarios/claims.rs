//! A place to run becomes free, and somebody does not want the step in the queue to have it any more:
//! either the claim came first, or it is never made.

use std::sync::Arc;
use std::time::Duration;

use engine::progress::Progress;
use engine::{Actor, Event, JobOrchestrator, TaskStatus, WorkflowId, WorkflowStatus, Workflows};
use runtime::{JobId, Settings, StepError, WorkflowDefinition, WorkflowStep};
use serde_json::json;
use tokio::sync::Semaphore;

use crate::examined::{Examined, roomy};
use crate::figures;
use crate::workbench::Sound;

const ROUNDS: usize = 100;
const LIMIT: Duration = Duration::from_secs(60);
/// So many turns are one thing after the other on this thread. A longer head start is time, in which the
/// threads beneath it come to their turn as well, however busy the machine is.
const TURNS_MAX: u32 = 10_000;

/// A runtime with one place to run, a step that holds it, and one that waits for it.
struct Queue {
    _folder: Examined,
    runtime: Sound,
    holder: WorkflowDefinition,
    waiter: WorkflowDefinition,
    /// Lets the step that holds the place end.
    holds: Arc<Semaphore>,
    /// Lets the other one end, once it runs.
    waits: Arc<Semaphore>,
    /// How often the one who wants to stop it waits for its turn before it acts, so that both come
    /// first about as often.
    turns: u32,
}

fn behind(name: &str, gate: &Arc<Semaphore>) -> WorkflowDefinition {
    let gate = Arc::clone(gate);
    let step = WorkflowStep::new(name, "gate", move |cx| {
        let gate = Arc::clone(&gate);
        async move {
            tokio::select! {
                () = cx.stopped() => Err(StepError::Stopped),
                permit = gate.acquire() => {
                    permit.unwrap().forget();
                    Ok(json!({}))
                }
            }
        }
    });
    WorkflowDefinition::new(name).step(step)
}

impl Queue {
    async fn new() -> Self {
        let folder = Examined::new();
        let settings = Settings {
            others_at_once: 1,
            ..Settings::default()
        };
        let builder = roomy().sqlite(folder.path().join("jobs.db"));
        let (holds, waits) = (Arc::new(Semaphore::new(0)), Arc::new(Semaphore::new(0)));
        Self {
            runtime: builder.settings(settings).start().await.unwrap().into(),
            _folder: folder,
            holder: behind("Holds", &holds),
            waiter: behind("Waits", &waits),
            holds,
            waits,
            turns: 0,
        }
    }

    async fn start(&self, definition: &WorkflowDefinition) -> WorkflowId {
        let created = self.runtime.create_workflow(JobId(1), definition, None);
        let id = created.await.unwrap().id;
        self.runtime.start_workflow(id).await.unwrap();
        id
    }

    async fn until(&self, id: WorkflowId, is_so: impl Fn(&Progress) -> bool) -> Progress {
        let waited = async {
            loop {
                let progress = self.runtime.get_workflow_progress(id).await.unwrap();
                if is_so(&progress) {
                    return progress;
                }
                self.runtime.changed(id, progress.summary.events).await;
            }
        };
        tokio::time::timeout(LIMIT, waited).await.unwrap()
    }

    async fn until_status(&self, id: WorkflowId, status: WorkflowStatus) {
        self.until(id, |progress| progress.summary.status == status)
            .await;
    }

    /// A workflow that holds the only place, and one that waits for it.
    async fn fill(&self) -> (WorkflowId, WorkflowId) {
        let held = self.start(&self.holder).await;
        let runs = |progress: &Progress| progress.tasks[0].status == TaskStatus::Running;
        self.until(held, runs).await;
        let waiting = self.start(&self.waiter).await;
        let progress = self.runtime.get_workflow_progress(waiting).await.unwrap();
        assert_eq!(progress.tasks[0].status, TaskStatus::Queued);
        (held, waiting)
    }

    /// Gives the claim its head start.
    async fn hold_back(&self) {
        if let millis @ 1.. = self.turns / TURNS_MAX {
            tokio::time::sleep(Duration::from_millis(millis.into())).await;
        }
        for _ in 0..self.turns.min(TURNS_MAX) {
            tokio::task::yield_now().await;
        }
    }

    /// After a race: whoever lost gets a better start the next time.
    fn learn(&mut self, claim_was_first: bool) {
        self.turns = if claim_was_first {
            self.turns / 2
        } else {
            self.turns * 2 + 1
        };
        let head_start = Duration::from_millis((self.turns / TURNS_MAX).into());
        assert!(head_start < LIMIT, "the claim never comes first");
    }

    /// The number of the first of such events.
    async fn first(&self, id: WorkflowId, kind: &str) -> Option<u64> {
        let events = self.runtime.events(&Actor::program(), id, 0, 1_000).await;
        let events = events.unwrap();
        let starts = |event: &Event| event.kind() == "TaskStarted";
        assert!(events.iter().filter(|e| starts(&e.event)).count() <= 1);
        let found = events.iter().find(|record| record.event.kind() == kind);
        found.map(|record| record.seq)
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_pause_against_the_claim_of_a_free_place_lets_the_step_drain_or_keeps_it_queued() {
    let mut queue = Queue::new().await;
    let (mut drained, mut held_back) = (0, 0);
    for _ in 0..ROUNDS {
        let (held, waiting) = queue.fill().await;
        queue.holds.add_permits(1);
        queue.hold_back().await;
        queue.runtime.pause_workflow(waiting).await.unwrap();
        queue.until_status(held, WorkflowStatus::Completed).await;
        let paused = queue.first(waiting, "WorkflowPaused").await;
        let claimed = queue.first(waiting, "TaskStarted").await;
        queue.learn(claimed.is_some());
        queue.waits.add_permits(1);
        if claimed.is_some() {
            assert!(claimed < paused, "{claimed:?} {paused:?}");
            drained += 1;
            let completed = |p: &Progress| p.tasks[0].status == TaskStatus::Completed;
            let progress = queue.until(waiting, completed).await;
            assert_eq!(progress.summary.status, WorkflowStatus::Paused);
        } else {
            held_back += 1;
            let progress = queue.until(waiting, |_| true).await;
            assert_eq!(progress.tasks[0].status, TaskStatus::Queued);
        }
        queue.runtime.resume_workflow(waiting).await.unwrap();
        queue.until_status(waiting, WorkflowStatus::Completed).await;
    }
    assert!(drained > 0 && held_back > 0);
    figures::tell(format!(
        "races of the library: {ROUNDS} pauses against a claim: {drained} drained, {held_back} held back"
    ));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_cancel_against_the_claim_of_a_free_place_stops_the_attempt_or_leaves_none() {
    let mut queue = Queue::new().await;
    let (mut stopped, mut never) = (0, 0);
    for _ in 0..ROUNDS {
        let (held, waiting) = queue.fill().await;
        queue.holds.add_permits(1);
        queue.hold_back().await;
        queue.runtime.cancel_workflow(waiting).await.unwrap();
        queue.until_status(held, WorkflowStatus::Completed).await;
        queue.until_status(waiting, WorkflowStatus::Cancelled).await;
        let asked = queue.first(waiting, "CancelRequested").await;
        let claimed = queue.first(waiting, "TaskStarted").await;
        queue.learn(claimed.is_some());
        if claimed.is_some() {
            assert!(claimed < asked, "{claimed:?} {asked:?}");
            stopped += 1;
        } else {
            never += 1;
        }
        let progress = queue.until(waiting, |_| true).await;
        assert_eq!(progress.tasks[0].status, TaskStatus::Cancelled);
    }
    assert!(stopped > 0 && never > 0);
    figures::tell(format!(
        "races of the library: {ROUNDS} cancels against a claim: {stopped} stopped, {never} never started"
    ));
}
