//! Wakes whoever waits for a workflow's next event. It carries no data: readers look into the
//! store, so a missed wake-up can delay them but never lose them an event.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use engine::{Seq, WorkflowId};
use tokio::sync::watch;

/// How a workflow stands: a hint, the store has the truth.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct News {
    /// The number of its last event.
    pub(crate) rev: Seq,
    /// Whether it is over.
    pub(crate) is_over: bool,
}

/// How each workflow stands that somebody watches.
#[derive(Clone, Default)]
pub struct Feed {
    watched: Arc<Mutex<HashMap<WorkflowId, watch::Sender<News>>>>,
}

impl Feed {
    fn watched(&self) -> MutexGuard<'_, HashMap<WorkflowId, watch::Sender<News>>> {
        self.watched.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Starts to watch a workflow. What was published before is not told.
    pub(crate) fn subscribe(&self, id: WorkflowId) -> watch::Receiver<News> {
        self.watched()
            .entry(id)
            .or_insert_with(|| watch::channel(News::default()).0)
            .subscribe()
    }

    /// Tells how the workflow stands now, and forgets it when nobody listens.
    pub(crate) fn publish(&self, id: WorkflowId, news: News) {
        let mut watched = self.watched();
        let Some(sender) = watched.get(&id) else {
            return;
        };
        if sender.receiver_count() == 0 {
            watched.remove(&id);
        } else {
            sender.send_replace(news);
        }
    }
}
