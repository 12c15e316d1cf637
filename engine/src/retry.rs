//! How long to wait before the next try: 1, 2, 4, 8 … seconds, at most five minutes.

use std::time::Duration;

/// The longest wait between two tries.
pub const LONGEST_BACKOFF: Duration = Duration::from_secs(300);

/// The wait after failure number `failure` (from 1) of a task.
#[must_use]
pub fn backoff(failure: u32) -> Duration {
    let doublings = failure.saturating_sub(1).min(16);
    Duration::from_secs(1_u64 << doublings).min(LONGEST_BACKOFF)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_wait_doubles_from_one_second_up_to_five_minutes() {
        let table: [(u32, u64); 12] = [
            (1, 1),
            (2, 2),
            (3, 4),
            (4, 8),
            (5, 16),
            (6, 32),
            (7, 64),
            (8, 128),
            (9, 256),
            (10, 300),
            (11, 300),
            (u32::MAX, 300),
        ];
        for (failure, seconds) in table {
            assert_eq!(
                backoff(failure),
                Duration::from_secs(seconds),
                "failure {failure}"
            );
        }
    }
}
