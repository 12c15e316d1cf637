//! Asks before a tab is closed in which something is typed that is not saved.

use super::state::BuilderState;

/// Lets the browser ask, as long as something would be lost. Nothing is lost on the way to another
/// page of ours, which keeps the draft in the tab.
#[cfg(feature = "hydrate")]
pub fn ask_before(state: BuilderState) {
    use leptos::prelude::{on_cleanup, window_event_listener_untyped};

    let handle = window_event_listener_untyped("beforeunload", move |event| {
        if state.is_unsaved() {
            event.prevent_default();
        }
    });
    on_cleanup(move || handle.remove());
}

/// See the browser's.
#[cfg(not(feature = "hydrate"))]
pub fn ask_before(_: BuilderState) {}
