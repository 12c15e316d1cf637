//! The moments by which decisions are stamped and progress is told. How far a running step is is counted
//! from its start by the wall clock, so a clock that is set back would take progress from it.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

use engine::Timestamp;

use crate::clock::Clock;
use crate::health::CLOCKS_DIFFER_BY;

/// The moments of the wall clock, but that none is earlier than one before it: while that clock is set
/// back, they stand still. Until it comes to where it was, when it was set back by little; else until
/// the committer has noted what was reached and lets them go on. Clones are the same.
#[derive(Clone)]
pub(crate) struct Moments {
    clock: Arc<dyn Clock>,
    /// The latest that was told, in microseconds.
    latest: Arc<AtomicI64>,
}

impl Moments {
    pub(crate) fn of(clock: Arc<dyn Clock>) -> Self {
        let latest = AtomicI64::new(clock.now().as_micros()).into();
        Self { clock, latest }
    }

    /// The clock they are of.
    pub(crate) fn clock(&self) -> Arc<dyn Clock> {
        Arc::clone(&self.clock)
    }

    /// The present moment.
    pub(crate) fn now(&self) -> Timestamp {
        let now = self.clock.now();
        let before = self.latest.fetch_max(now.as_micros(), Ordering::SeqCst);
        now.max(Timestamp::from_micros(before))
    }

    /// Where they stand, and what the wall clock says, when that was set back too far to be waited for.
    pub(crate) fn set_back(&self) -> Option<(Timestamp, Timestamp)> {
        // Read in this order: the clock is behind what it said before only if somebody set it.
        let before = Timestamp::from_micros(self.latest.load(Ordering::SeqCst));
        let now = self.clock.now();
        (before.since(now) > CLOCKS_DIFFER_BY).then_some((before, now))
    }

    /// What was reached by `before` is noted: they go on with the wall clock, unless a later moment was
    /// told meanwhile.
    pub(crate) fn go_on(&self, before: Timestamp) {
        let now = self.clock.now().as_micros();
        let kept = Ordering::SeqCst;
        // Another moment was told: the next look notes what was reached by that one.
        let _ = self
            .latest
            .compare_exchange(before.as_micros(), now, kept, kept);
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::clock::TestClock;

    const SECOND: i64 = 1_000_000;

    #[tokio::test(start_paused = true)]
    async fn moments_stand_still_while_the_clock_is_set_back_until_they_are_let_go_on() {
        let clock = Arc::new(TestClock::at(1_000 * SECOND));
        let moments = Moments::of(clock.clone());
        clock.set_forward(60 * SECOND);
        let latest = moments.now();
        clock.set_forward(-30 * SECOND);
        assert_eq!(moments.clone().now(), latest);
        assert_eq!(moments.set_back(), Some((latest, clock.now())));
        moments.go_on(clock.now());
        assert_eq!(moments.now(), latest, "that was noted for another moment");
        moments.go_on(latest);
        assert_eq!(moments.now(), clock.now());
        assert_eq!(moments.set_back(), None);
    }

    #[tokio::test(start_paused = true)]
    async fn a_clock_set_back_by_little_is_waited_for() {
        let clock = Arc::new(TestClock::at(1_000 * SECOND));
        let moments = Moments::of(clock.clone());
        let latest = moments.now();
        clock.set_forward(-2 * SECOND);
        assert_eq!((moments.now(), moments.set_back()), (latest, None));
        tokio::time::advance(Duration::from_secs(3)).await;
        assert_eq!(moments.now(), clock.now());
        assert!(moments.now() > latest);
    }
}
