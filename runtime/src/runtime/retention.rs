//! What is forgotten after a while.

use std::sync::{Arc, Weak};
use std::time::Duration;

use engine::Timestamp;
use tokio::time::Instant;
use tracing::{debug, warn};

use super::Inner;
use crate::clock::Clock;

/// How long a command's id has the same answer.
const COMMANDS_KEPT: Duration = Duration::from_secs(7 * 24 * 60 * 60);
/// How often old ones are looked for.
const EVERY: Duration = Duration::from_secs(60 * 60);

/// Both clocks when the engine started.
#[derive(Debug, Clone, Copy)]
struct Began {
    wall: Timestamp,
    steady: Instant,
}

impl Began {
    /// The moment by the clock that says less has passed: one that was set forward by a week makes
    /// nothing a week old.
    fn earliest_now(self, clock: &dyn Clock) -> Timestamp {
        let passed = clock.steady().saturating_duration_since(self.steady);
        clock.now().min(self.wall.plus(passed))
    }
}

/// Forgets old commands for as long as the engine is in use.
pub(super) fn start(inner: &Arc<Inner>) {
    let began = Began {
        wall: inner.clock.now(),
        steady: inner.clock.steady(),
    };
    let inner = Arc::downgrade(inner);
    tokio::spawn(async move {
        while forget_commands(&inner, began).await {
            tokio::time::sleep(EVERY).await;
        }
    });
}

/// Whether the engine is still in use.
async fn forget_commands(inner: &Weak<Inner>, began: Began) -> bool {
    let Some(inner) = inner.upgrade() else {
        return false;
    };
    let kept = i64::try_from(COMMANDS_KEPT.as_micros()).unwrap_or(i64::MAX);
    let now = began.earliest_now(&*inner.clock);
    let before = Timestamp::from_micros(now.as_micros().saturating_sub(kept));
    match inner.store.forget_commands(before).await {
        Ok(0) => {}
        Ok(commands) => debug!(commands, "forgot the ids of old commands"),
        Err(fault) => warn!(%fault, "the ids of old commands could not be forgotten"),
    }
    true
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::clock::TestClock;

    const START: i64 = 1_704_067_200_000_000;

    #[tokio::test(start_paused = true)]
    async fn a_clock_that_was_set_forward_or_back_makes_no_command_older() {
        let clock = TestClock::at(START);
        let began = Began {
            wall: clock.now(),
            steady: clock.steady(),
        };
        let day = Duration::from_secs(24 * 60 * 60);
        tokio::time::advance(day).await;
        let tomorrow = began.wall.plus(day);
        assert_eq!(began.earliest_now(&clock), tomorrow);
        let week = i64::try_from(COMMANDS_KEPT.as_micros()).unwrap();
        clock.set_forward(week);
        assert_eq!(began.earliest_now(&clock), tomorrow);
        clock.set_forward(-2 * week);
        assert!(began.earliest_now(&clock) < tomorrow);
    }
}
