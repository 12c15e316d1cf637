//! The page follows a workflow: events come over one stream for each tab and are folded with the
//! engine's own code. On the server all of this does nothing; effects run in the browser only.

mod clock;
#[cfg(any(feature = "hydrate", test))]
mod frame;
#[cfg(feature = "hydrate")]
mod list;
mod percent;
#[cfg(feature = "hydrate")]
mod source;
#[cfg(feature = "hydrate")]
mod stream;
mod visible;

use std::time::Duration;

use engine::orchestrator::LogLine;
use engine::{Progress, StepIndex, Timestamp, WorkflowId};
use leptos::prelude::*;

use crate::api::ApiError;

pub use clock::use_clock;
pub use percent::Shown;
pub use visible::use_visible;

/// How a page comes by its data just now.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Link {
    /// As the server drew it; scripts have not taken over.
    Snapshot,
    /// Every event arrives as it is committed.
    Live,
    /// The stream broke and is being opened again.
    Reconnecting,
    /// The stream cannot be opened; the page shows data of this moment.
    Offline(Timestamp),
    /// The page asks every few seconds.
    Asking,
    /// The session is over.
    SignedOut,
    /// The workflow was deleted.
    Gone,
}

/// The log that comes over a page's stream beside the events.
#[derive(Clone, Copy)]
pub struct LogTopic {
    /// The step whose log is wanted, if any is.
    pub wanted: Signal<Option<StepIndex>>,
    /// The number of the last line that the page has of it.
    pub last: Signal<u64>,
    /// Takes lines of a step's log, in order; some may be known.
    pub take: Callback<(StepIndex, Vec<LogLine>)>,
}

/// Keeps `progress` and a log up to date for as long as the owner lives, and says how.
#[must_use]
pub fn use_live(id: WorkflowId, progress: RwSignal<Progress>, log: LogTopic) -> ReadSignal<Link> {
    let (link, set_link) = signal(Link::Snapshot);
    #[cfg(feature = "hydrate")]
    stream::follow(id, progress, log, set_link);
    #[cfg(not(feature = "hydrate"))]
    let _ = (id, progress, log, set_link);
    link
}

/// A list that keeps itself fresh, and how: it looks every few seconds, when the tab is shown again, and soon
/// after something moves.
pub struct LiveList<T: 'static> {
    link: RwSignal<Link>,
    /// What was shown last.
    last: StoredValue<Option<T>>,
}

impl<T> Clone for LiveList<T> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<T> Copy for LiveList<T> {}

impl<T: Clone + Send + Sync + 'static> Default for LiveList<T> {
    fn default() -> Self {
        Self {
            link: RwSignal::new(Link::Snapshot),
            last: StoredValue::new(None),
        }
    }
}

impl<T: Clone + Send + Sync + 'static> LiveList<T> {
    /// Calls `refresh` every `every` and on every occasion, for as long as the owner lives. Once the session
    /// is over it does so only when somebody comes back to the tab, where somebody may have signed in.
    pub fn keep_fresh(self, every: Duration, refresh: impl Fn() + Clone + 'static) {
        let link = self.link;
        #[cfg(feature = "hydrate")]
        list::watch(refresh.clone(), link);
        let shown = refresh.clone();
        let look = move || {
            if link.get_untracked() == Link::SignedOut {
                return;
            }
            link.maybe_update(|link| {
                let is_first = *link == Link::Snapshot;
                if is_first {
                    *link = Link::Asking;
                }
                is_first
            });
            refresh();
        };
        visible::use_refresh(every, look, shown);
    }

    /// How the page comes by its data just now.
    #[must_use]
    pub fn link(self) -> ReadSignal<Link> {
        self.link.read_only()
    }

    /// Takes note of whether an answer says that the session is over.
    ///
    /// # Errors
    /// The answer's own.
    pub fn heard<A>(self, answer: Result<A, ApiError>) -> Result<A, ApiError> {
        let is_over = matches!(answer, Err(ApiError::SignedOut));
        self.link.maybe_update(|link| {
            let was_over = *link == Link::SignedOut;
            if is_over {
                *link = Link::SignedOut;
            } else if was_over {
                *link = Link::Asking;
            }
            was_over != is_over
        });
        answer
    }

    /// What is shown after an answer: once the session is over, what was there before.
    ///
    /// # Errors
    /// The answer's own, where it has to be shown instead.
    pub fn shown(self, answer: Result<T, ApiError>) -> Result<T, ApiError> {
        match answer {
            Ok(found) => {
                self.last.set_value(Some(found.clone()));
                Ok(found)
            }
            Err(ApiError::SignedOut) => self.last.get_value().ok_or(ApiError::SignedOut),
            Err(other) => Err(other),
        }
    }
}
