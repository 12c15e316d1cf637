//! The page follows a workflow: events come over one stream for each tab and are folded with the
//! engine's own code. On the server all of this does nothing; effects run in the browser only.

mod clock;
#[cfg(any(feature = "hydrate", test))]
mod frame;
mod percent;
#[cfg(feature = "hydrate")]
mod stream;
mod visible;

use engine::{Progress, Timestamp, WorkflowId};
use leptos::prelude::*;

pub use clock::use_clock;
pub use percent::Shown;
pub use visible::{use_refresh, use_visible};

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
