//! What ticks: how long something has been going on, when the next try is due.

use std::time::Duration;

use engine::Timestamp;
use leptos::prelude::*;

use super::use_visible;

/// A browser's clock this far from the server's is set wrong, and the page keeps the difference.
#[cfg(feature = "hydrate")]
const WRONG_MICROS: i64 = 10_000_000;

/// The present moment, starting at what the server said it is. It moves each second in the
/// browser while `ticks` holds and the tab is shown.
#[must_use]
pub fn use_clock(
    server_now: Timestamp,
    ticks: impl Fn() -> bool + 'static,
) -> ReadSignal<Timestamp> {
    let (now, set_now) = signal(server_now);
    let visible = use_visible();
    Effect::new(move |offset: Option<i64>| {
        let offset = offset.unwrap_or_else(|| offset_of(server_now));
        if visible.get() && ticks() {
            let tick = move || set_now.set(present(server_now, offset));
            tick();
            if let Ok(handle) = set_interval_with_handle(tick, Duration::from_secs(1)) {
                on_cleanup(move || handle.clear());
            }
        }
        offset
    });
    now
}

/// What has to be added to the browser's clock to get the server's, in microseconds.
#[cfg(feature = "hydrate")]
fn offset_of(server_now: Timestamp) -> i64 {
    let difference = server_now.as_micros() - browser_micros();
    if difference.abs() > WRONG_MICROS {
        difference
    } else {
        0
    }
}

#[cfg(feature = "hydrate")]
fn present(server_now: Timestamp, offset: i64) -> Timestamp {
    // Time never runs backwards on a page.
    Timestamp::from_micros(browser_micros() + offset).max(server_now)
}

#[cfg(feature = "hydrate")]
fn browser_micros() -> i64 {
    // Milliseconds since 1970 as a float hold microseconds exactly enough.
    (js_sys::Date::now() * 1_000.0) as i64
}

#[cfg(not(feature = "hydrate"))]
fn offset_of(_server_now: Timestamp) -> i64 {
    0
}

#[cfg(not(feature = "hydrate"))]
fn present(server_now: Timestamp, _offset: i64) -> Timestamp {
    server_now
}
