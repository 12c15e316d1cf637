//! What time it is: the one place that reads the wall clock.

use std::sync::atomic::{AtomicI64, Ordering};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use engine::Timestamp;
use tokio::time::Instant;

/// Tells the time, in two ways.
pub trait Clock: Send + Sync {
    /// The present moment, as people set it. It is what is stored and shown; it may jump in either
    /// direction.
    fn now(&self) -> Timestamp;

    /// A reading that only goes forward and that nobody can set. What has to be waited for is
    /// counted on it.
    fn steady(&self) -> Instant {
        Instant::now()
    }
}

/// The machine's own clock.
#[derive(Debug, Clone, Copy, Default)]
pub struct SystemClock;

impl Clock for SystemClock {
    fn now(&self) -> Timestamp {
        let since = SystemTime::now()
            .duration_since(UNIX_EPOCH)
            .unwrap_or(Duration::ZERO);
        Timestamp::from_micros(i64::try_from(since.as_micros()).unwrap_or(i64::MAX))
    }
}

/// A wall clock that a test sets forward and back. Between that it goes on with tokio's clock, which
/// a test can hold still.
#[derive(Debug)]
pub struct TestClock {
    begun: Instant,
    /// What it showed then, and all that it was set forward since, in microseconds.
    set: AtomicI64,
}

impl TestClock {
    /// A clock that stands at `micros` microseconds since 1970 now.
    #[must_use]
    pub fn at(micros: i64) -> Self {
        Self {
            begun: Instant::now(),
            set: AtomicI64::new(micros),
        }
    }

    /// Sets it forward by `micros` microseconds, or back when they are negative.
    pub fn set_forward(&self, micros: i64) {
        self.set.fetch_add(micros, Ordering::SeqCst);
    }
}

impl Clock for TestClock {
    fn now(&self) -> Timestamp {
        Timestamp::from_micros(self.set.load(Ordering::SeqCst)).plus(self.begun.elapsed())
    }
}
