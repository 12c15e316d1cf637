//! Whether the database answers slowly: slow when more than one commit in a hundred of the last 30 s
//! took over 250 ms (its p99), no longer when at most one in a hundred took 100 ms.

use std::time::Duration;

use engine::Timestamp;
use tokio::time::Instant;

const WINDOW_SECONDS: usize = 30;
const SLOW: Duration = Duration::from_millis(250);
const QUICK: Duration = Duration::from_millis(100);
/// One long commit among few says nothing about the database.
const SLOW_AT_LEAST: u32 = 3;

/// The commits of one second.
#[derive(Debug, Clone, Copy, Default)]
struct Second {
    /// Which, counted from the first commit.
    number: u64,
    all: u32,
    not_quick: u32,
    slow: u32,
}

/// See the module.
#[derive(Debug, Default)]
pub(super) struct Slowness {
    begun: Option<Instant>,
    seconds: [Second; WINDOW_SECONDS],
    since: Option<Timestamp>,
}

impl Slowness {
    /// A commit took so long.
    pub(super) fn took(&mut self, length: Duration, steady: Instant) {
        let number = self.number(steady);
        let second = &mut self.seconds[place(number)];
        if second.number != number {
            *second = Second {
                number,
                ..Second::default()
            };
        }
        second.all += 1;
        second.not_quick += u32::from(length >= QUICK);
        second.slow += u32::from(length > SLOW);
    }

    /// Looks at the last 30 s. True when that changes something.
    pub(super) fn judge(&mut self, steady: Instant, now: Timestamp) -> bool {
        let number = self.number(steady);
        let recent = self.seconds.iter().filter(|second| {
            second.number <= number && number - second.number < WINDOW_SECONDS as u64
        });
        let sum = recent.fold(Second::default(), |sum, second| Second {
            all: sum.all + second.all,
            not_quick: sum.not_quick + second.not_quick,
            slow: sum.slow + second.slow,
            ..sum
        });
        let was_slow = self.since.is_some();
        if was_slow && u64::from(sum.not_quick) * 100 <= u64::from(sum.all) {
            self.since = None;
        } else if sum.slow >= SLOW_AT_LEAST && u64::from(sum.slow) * 100 > u64::from(sum.all) {
            self.since.get_or_insert(now);
        }
        was_slow != self.since.is_some()
    }

    /// Since when it is slow, while it is.
    pub(super) const fn since(&self) -> Option<Timestamp> {
        self.since
    }

    fn number(&mut self, steady: Instant) -> u64 {
        let begun = *self.begun.get_or_insert(steady);
        steady.saturating_duration_since(begun).as_secs()
    }
}

fn place(number: u64) -> usize {
    usize::try_from(number).unwrap_or(0) % WINDOW_SECONDS
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: Timestamp = Timestamp::from_micros(7);

    fn commits(slowness: &mut Slowness, count: u32, millis: u64, at: Instant) {
        for _ in 0..count {
            slowness.took(Duration::from_millis(millis), at);
        }
    }

    #[tokio::test(start_paused = true)]
    async fn the_slowest_commit_in_a_hundred_of_the_last_thirty_seconds_decides() {
        let begun = Instant::now();
        let after = |seconds| begun + Duration::from_secs(seconds);
        let mut slowness = Slowness::default();
        commits(&mut slowness, 297, 1, begun);
        commits(&mut slowness, 3, 251, after(1));
        assert!(!slowness.judge(after(2), NOW), "one in a hundred is no p99");
        commits(&mut slowness, 1, 251, after(3));
        assert!(slowness.judge(after(3), NOW));
        assert_eq!(slowness.since(), Some(NOW));
        assert!(!slowness.judge(after(4), NOW), "told once");
        // It stays slow until commits are quick again, not only quicker.
        commits(&mut slowness, 100, 120, after(20));
        assert!(!slowness.judge(after(40), NOW));
        commits(&mut slowness, 1, 1, after(60));
        assert!(slowness.judge(after(60), NOW));
        assert_eq!(slowness.since(), None);
    }

    #[tokio::test(start_paused = true)]
    async fn a_database_that_nobody_writes_to_is_not_slow() {
        let begun = Instant::now();
        let mut slowness = Slowness::default();
        commits(&mut slowness, 2, 10_000, begun);
        assert!(!slowness.judge(begun, NOW), "two commits say nothing");
        commits(&mut slowness, 1, 10_000, begun);
        assert!(slowness.judge(begun, NOW));
        assert!(slowness.judge(begun + Duration::from_secs(31), NOW));
    }
}
