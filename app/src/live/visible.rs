//! Whether anybody can see the page: what is hidden neither asks nor ticks.

use std::time::Duration;

use leptos::prelude::*;

/// Whether the tab is shown; follows the browser.
#[must_use]
pub fn use_visible() -> ReadSignal<bool> {
    let (visible, set_visible) = signal(true);
    Effect::new(move |_| {
        set_visible.set(!document().hidden());
        let handle = window_event_listener_untyped("visibilitychange", move |_| {
            set_visible.set(!document().hidden());
        });
        on_cleanup(move || handle.remove());
    });
    visible
}

/// Calls `act` whenever somebody turns to the page, which may have been shown all the time: its window
/// gets the focus.
#[cfg(feature = "hydrate")]
pub(super) fn on_turned_to(act: impl Fn() + 'static) {
    let handle = window_event_listener_untyped("focus", move |_| act());
    on_cleanup(move || handle.remove());
}

/// Calls `refresh` every `every` while the tab is shown, and `shown` at once when it is shown again.
pub(super) fn use_refresh(
    every: Duration,
    refresh: impl Fn() + Clone + 'static,
    shown: impl Fn() + 'static,
) {
    let visible = use_visible();
    Effect::new(move |was_visible: Option<bool>| {
        let is_visible = visible.get();
        if is_visible {
            if was_visible == Some(false) {
                shown();
            }
            if let Ok(handle) = set_interval_with_handle(refresh.clone(), every) {
                on_cleanup(move || handle.clear());
            }
        }
        is_visible
    });
}
