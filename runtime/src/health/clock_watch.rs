//! Notices that somebody set the wall clock, by holding it against the clock that nobody can set.

use std::time::Duration;

use engine::Timestamp;
use tokio::time::Instant;

/// The clocks may drift apart by this much before it is called a jump.
pub(crate) const CLOCKS_DIFFER_BY: Duration = Duration::from_secs(2);

/// Both clocks at one moment.
#[derive(Debug, Clone, Copy)]
pub(crate) struct ClockWatch {
    wall: Timestamp,
    steady: Instant,
}

impl ClockWatch {
    /// Both clocks as they agree now.
    pub(crate) const fn new(wall: Timestamp, steady: Instant) -> Self {
        Self { wall, steady }
    }

    /// By how many microseconds the wall clock was set forward since the clocks last agreed, or back
    /// when it is negative; none while they agree. After a jump they agree as they are now.
    pub(crate) fn compare(&mut self, wall: Timestamp, steady: Instant) -> Option<i64> {
        let passed = steady.saturating_duration_since(self.steady);
        let expected = self.wall.plus(passed);
        let jump = wall.as_micros().saturating_sub(expected.as_micros());
        if u128::from(jump.unsigned_abs()) <= CLOCKS_DIFFER_BY.as_micros() {
            return None;
        }
        *self = Self::new(wall, steady);
        Some(jump)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECOND: i64 = 1_000_000;

    #[tokio::test(start_paused = true)]
    async fn only_a_difference_of_more_than_two_seconds_is_a_jump_and_it_is_told_once() {
        let start = Instant::now();
        let at = |seconds: i64| Timestamp::from_micros(seconds * SECOND);
        let after = |seconds: u64| start + Duration::from_secs(seconds);
        let mut watch = ClockWatch::new(at(1_000), start);
        assert_eq!(watch.compare(at(1_010), after(10)), None);
        assert_eq!(
            watch.compare(at(1_022), after(20)),
            None,
            "two seconds are no jump"
        );
        assert_eq!(watch.compare(at(44_230), after(30)), Some(43_200 * SECOND));
        assert_eq!(watch.compare(at(44_240), after(40)), None, "told once");
        assert_eq!(watch.compare(at(1_040), after(40)), Some(-43_200 * SECOND));
        assert_eq!(watch.compare(at(1_050), after(50)), None);
    }

    #[tokio::test(start_paused = true)]
    async fn many_small_steps_in_one_direction_are_noticed_too() {
        let start = Instant::now();
        let mut watch = ClockWatch::new(Timestamp::from_micros(0), start);
        let told = (1..=10).find_map(|second| {
            let wall = Timestamp::from_micros(second * SECOND * 3 / 2);
            let steady = start + Duration::from_secs(second.unsigned_abs());
            watch.compare(wall, steady).map(|jump| (second, jump))
        });
        assert_eq!(told, Some((5, 5 * SECOND / 2)));
    }
}
