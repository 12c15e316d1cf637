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

/// Calls `refresh` every `every` while the tab is shown, and at once when it is shown again.
/// Returns whether scripts have taken over.
pub fn use_refresh(every: Duration, refresh: impl Fn() + Clone + 'static) -> ReadSignal<bool> {
    let visible = use_visible();
    let (is_on, set_on) = signal(false);
    Effect::new(move |was_visible: Option<bool>| {
        let is_visible = visible.get();
        set_on.set(true);
        if is_visible {
            if was_visible == Some(false) {
                refresh();
            }
            if let Ok(handle) = set_interval_with_handle(refresh.clone(), every) {
                on_cleanup(move || handle.clear());
            }
        }
        is_visible
    });
    is_on
}
