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

use engine::{Progress, Timestamp, WorkflowId};
use leptos::prelude::*;

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
}

/// Keeps `progress` up to date for as long as the owner lives, and says how.
#[must_use]
pub fn use_live(id: WorkflowId, progress: RwSignal<Progress>) -> ReadSignal<Link> {
    let (link, set_link) = signal(Link::Snapshot);
    #[cfg(feature = "hydrate")]
    stream::follow(id, progress, set_link);
    #[cfg(not(feature = "hydrate"))]
    let _ = (id, progress, set_link);
    link
}

/// Keeps a list fresh for as long as the owner lives, and says how: `refresh` is called every `every`, when
/// the tab is shown again, and soon after something moves.
#[must_use]
pub fn use_list(every: Duration, refresh: impl Fn() + Clone + 'static) -> ReadSignal<Link> {
    let (link, set_link) = signal(Link::Snapshot);
    #[cfg(feature = "hydrate")]
    list::watch(refresh.clone(), set_link);
    visible::use_refresh(every, move || {
        set_link.maybe_update(|link| {
            let is_first = *link == Link::Snapshot;
            if is_first {
                *link = Link::Asking;
            }
            is_first
        });
        refresh();
    });
    link
}
