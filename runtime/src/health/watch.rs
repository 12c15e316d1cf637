//! Looks after everything once a second, for as long as the engine is in use.

use std::sync::Weak;
use std::time::Duration;

use tokio::time::{MissedTickBehavior, interval};

use super::clock_watch::ClockWatch;
use crate::committer::Message;
use crate::runtime::Inner;

/// How often it looks.
const EVERY: Duration = Duration::from_secs(1);

/// Watches over the engine until nobody uses it any more.
pub(crate) fn start(inner: &std::sync::Arc<Inner>) {
    let clocks = ClockWatch::new(inner.clock.now(), inner.clock.steady());
    drop(tokio::spawn(watch(
        std::sync::Arc::downgrade(inner),
        clocks,
    )));
}

async fn watch(inner: Weak<Inner>, mut clocks: ClockWatch) {
    let mut ticks = interval(EVERY);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        ticks.tick().await;
        let Some(inner) = inner.upgrade() else { return };
        if inner.outbox.is_closed() {
            return;
        }
        look_at_clocks(&inner, &mut clocks);
    }
}

fn look_at_clocks(inner: &Inner, clocks: &mut ClockWatch) {
    let (now, steady) = (inner.clock.now(), inner.clock.steady());
    if let Some(jump) = clocks.compare(now, steady) {
        inner.health.clock_was_set(jump, now);
        // An engine that is gone has no due times.
        drop(inner.outbox.send(Message::ClockWasSet));
    }
}
