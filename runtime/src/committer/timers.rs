//! When the committer has to look at a task again. An entry may be out of date: the decision says
//! whether the task is really due.

use std::cmp::Reverse;
use std::collections::BinaryHeap;

use engine::{StepIndex, Timestamp, WorkflowId};

/// Due tasks, earliest first.
#[derive(Default)]
pub(super) struct Timers {
    heap: BinaryHeap<Reverse<(Timestamp, WorkflowId, StepIndex)>>,
}

impl Timers {
    pub(super) fn add(&mut self, due: Timestamp, id: WorkflowId, task: StepIndex) {
        self.heap.push(Reverse((due, id, task)));
    }

    /// Waits until the earliest entry is due; for ever when there is none.
    pub(super) async fn wait(&self, now: Timestamp) {
        match self.heap.peek() {
            // A moment more, so that the clock has surely passed it.
            Some(Reverse((due, _, _))) => {
                let wait = due.since(now) + std::time::Duration::from_millis(1);
                tokio::time::sleep(wait).await;
            }
            None => std::future::pending().await,
        }
    }

    pub(super) fn take_due(&mut self, now: Timestamp) -> Vec<(WorkflowId, StepIndex)> {
        let mut due = Vec::new();
        while let Some(Reverse((at, id, task))) = self.heap.peek().copied() {
            if at > now {
                break;
            }
            self.heap.pop();
            due.push((id, task));
        }
        due
    }
}
