//! Wakes whoever waits for a workflow's next event. It carries no data but the number of the last
//! one: readers look into the store, so a missed wake-up can delay them but never lose them an event.

mod moved;

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use engine::orchestrator::Moves;
use engine::{Seq, WorkflowId};
use tokio::sync::{Notify, watch};

use moved::Moved;

/// How a workflow stands: a hint, the store has the truth.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct News {
    /// The number of its last event; 0 while nothing was told of it.
    pub(crate) rev: Seq,
    /// Whether it is over.
    pub(crate) is_over: bool,
    /// Whether it was put into quarantine: no event tells of that.
    pub(crate) is_aside: bool,
}

/// How each workflow stands that somebody watches.
#[derive(Clone, Default)]
pub struct Feed {
    watched: Arc<Mutex<Watched>>,
    moved: Arc<Moved>,
    deleted: Arc<Notify>,
}

#[derive(Default)]
struct Watched {
    of: HashMap<WorkflowId, watch::Sender<News>>,
    /// At so many entries those that nobody listens to are removed.
    swept_at: usize,
}

/// Fewer entries than these are not worth a look.
const SWEPT_AT_LEAST: usize = 64;

impl Watched {
    /// Nothing is published of a workflow that is over, so whoever listened last leaves an entry.
    fn sweep(&mut self) {
        if self.of.len() < self.swept_at.max(SWEPT_AT_LEAST) {
            return;
        }
        self.of.retain(|_, sender| sender.receiver_count() > 0);
        self.swept_at = 2 * self.of.len();
    }
}

impl Feed {
    fn watched(&self) -> MutexGuard<'_, Watched> {
        self.watched.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Starts to watch a workflow. What was published before is told as long as somebody watched
    /// without a break since.
    pub(crate) fn subscribe(&self, id: WorkflowId) -> watch::Receiver<News> {
        let mut watched = self.watched();
        watched.sweep();
        watched
            .of
            .entry(id)
            .or_insert_with(|| watch::channel(News::default()).0)
            .subscribe()
    }

    /// Tells those who watch what one of them read: that the last event has this number. Commits that
    /// were published since count more.
    pub(crate) fn was_read(&self, id: WorkflowId, rev: Seq) {
        if let Some(sender) = self.watched().of.get(&id) {
            sender.send_if_modified(|news| {
                let is_newer = news.rev < rev;
                news.rev = news.rev.max(rev);
                is_newer
            });
        }
    }

    /// Tells how the workflow stands now, and forgets it when nobody listens.
    pub(crate) fn publish(&self, id: WorkflowId, news: News) {
        self.moved.note(id, news.rev);
        let mut watched = self.watched();
        let Some(sender) = watched.of.get(&id) else {
            return;
        };
        if sender.receiver_count() == 0 {
            watched.of.remove(&id);
        } else {
            sender.send_replace(news);
        }
    }
}

impl Feed {
    /// Tells that a workflow was deleted, to whoever removes what it left.
    pub(crate) fn tell_deleted(&self) {
        self.deleted.notify_one();
    }

    /// Returns once a workflow was deleted since this was asked last. One task asks.
    pub(crate) async fn deleted(&self) {
        self.deleted.notified().await;
    }

    /// Which workflows moved after this place, as soon as there is one.
    pub(crate) async fn moved(&self, after: Option<u64>) -> Moves {
        self.moved.after(after).await
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_nobody_listens_to_any_more_is_not_kept_for_ever() {
        let feed = Feed::default();
        let kept = feed.subscribe(WorkflowId(1));
        for id in 2..10_000 {
            drop(feed.subscribe(WorkflowId(id)));
        }
        assert!(feed.watched().of.len() <= SWEPT_AT_LEAST + 1);
        feed.publish(WorkflowId(1), News::default());
        assert!(kept.has_changed().unwrap());
    }
}
