//! What ticks: how long something has been going on, when the next try is due.

use std::time::Duration;

use engine::Timestamp;
use leptos::prelude::*;

use super::use_visible;

/// A browser's clock this far from the server's is set wrong, and the page keeps the difference.
const WRONG_MICROS: u64 = 10_000_000;

/// The present moment, starting at what the server said it is. It moves each second in the
/// browser while `ticks` holds and the tab is shown.
#[must_use]
pub fn use_clock(
    server_now: Timestamp,
    ticks: impl Fn() -> bool + 'static,
) -> ReadSignal<Timestamp> {
    let (now, set_now) = signal(server_now);
    let visible = use_visible();
    let time = StoredValue::new(None);
    Effect::new(move |_| {
        if time.with_value(Option::is_none) {
            time.set_value(Some(PageTime::new(server_now, browser_micros())));
        }
        if visible.get() && ticks() {
            let tick = move || {
                let go_on =
                    |time: &mut Option<PageTime>| Some(time.as_mut()?.go_on(browser_micros()));
                if let Some(now) = time.try_update_value(go_on).flatten() {
                    set_now.set(now);
                }
            };
            tick();
            if let Ok(handle) = set_interval_with_handle(tick, Duration::from_secs(1)) {
                on_cleanup(move || handle.clear());
            }
        }
    });
    now
}

/// What time it is on a page. It never runs backwards: where the browser's clock is set back, it goes on
/// from where it stood.
#[derive(Debug, Clone, Copy)]
struct PageTime {
    now: i64,
    /// What the browser's clock said then.
    browser: i64,
}

impl PageTime {
    fn new(server_now: Timestamp, browser: i64) -> Self {
        let server = server_now.as_micros();
        let is_wrong = server.abs_diff(browser) > WRONG_MICROS;
        let now = if is_wrong {
            server
        } else {
            server.max(browser)
        };
        Self { now, browser }
    }

    fn go_on(&mut self, browser: i64) -> Timestamp {
        self.now += (browser - self.browser).max(0);
        self.browser = browser;
        Timestamp::from_micros(self.now)
    }
}

#[cfg(feature = "hydrate")]
fn browser_micros() -> i64 {
    // Milliseconds since 1970 as a float hold microseconds exactly enough.
    (js_sys::Date::now() * 1_000.0) as i64
}

/// Effects run in the browser alone.
#[cfg(not(feature = "hydrate"))]
const fn browser_micros() -> i64 {
    0
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECOND: i64 = 1_000_000;

    #[test]
    fn time_on_a_page_goes_on_when_the_browsers_clock_is_set_back() {
        let server_now = Timestamp::from_micros(1_000 * SECOND);
        let mut time = PageTime::new(server_now, 1_001 * SECOND);
        let mut seconds = |browser| time.go_on(browser * SECOND).as_micros() / SECOND;
        assert_eq!(seconds(1_003), 1_003);
        assert_eq!(seconds(400), 1_003, "set back by ten minutes");
        assert_eq!(seconds(402), 1_005);
    }

    #[test]
    fn a_browsers_clock_that_is_set_wrong_counts_from_what_the_server_says() {
        let server_now = Timestamp::from_micros(1_000 * SECOND);
        let mut time = PageTime::new(server_now, 5_000 * SECOND);
        assert_eq!(time.go_on(5_002 * SECOND).as_micros(), 1_002 * SECOND);
    }
}
