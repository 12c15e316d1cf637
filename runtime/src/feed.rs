//! Wakes whoever waits for a workflow's next event. It carries no data: readers look into the
//! store, so a missed wake-up can delay them but never lose them an event.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use engine::{Seq, WorkflowId};
use tokio::sync::watch;

/// The last event number of each workflow that somebody watches.
#[derive(Clone, Default)]
pub struct Feed {
    watched: Arc<Mutex<HashMap<WorkflowId, watch::Sender<Seq>>>>,
}

impl Feed {
    fn watched(&self) -> MutexGuard<'_, HashMap<WorkflowId, watch::Sender<Seq>>> {
        self.watched.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Starts to watch a workflow. What was published before is not told.
    pub(crate) fn subscribe(&self, id: WorkflowId) -> watch::Receiver<Seq> {
        self.watched()
            .entry(id)
            .or_insert_with(|| watch::channel(0).0)
            .subscribe()
    }

    /// Tells that the workflow's last event is `rev` now, and forgets it when nobody listens.
    pub(crate) fn publish(&self, id: WorkflowId, rev: Seq) {
        let mut watched = self.watched();
        let Some(sender) = watched.get(&id) else {
            return;
        };
        if sender.receiver_count() == 0 {
            watched.remove(&id);
        } else {
            sender.send_replace(rev);
        }
    }
}
