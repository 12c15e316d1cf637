//! How many streams are open, and whose: who opens one too many ends their own oldest.

use std::collections::{HashMap, VecDeque};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio_util::sync::CancellationToken;

use super::settings::StreamSettings;
use crate::caller::Credential;

/// The server holds as many streams as it may.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the server holds as many streams as it may")]
pub struct Full;

/// All open streams.
#[derive(Debug)]
pub struct Crowd {
    settings: StreamSettings,
    open: Mutex<Open>,
}

#[derive(Debug, Default)]
struct Open {
    /// Those whose connection is not over, also when they were told to end.
    total: usize,
    last_number: u64,
    /// The oldest first; without those that were told to end.
    of: HashMap<Credential, VecDeque<Entry>>,
}

#[derive(Debug)]
struct Entry {
    number: u64,
    is_narrow: bool,
    crowded: CancellationToken,
}

/// The place of one stream; dropped, it is free again.
#[derive(Debug)]
pub struct Seat {
    crowd: Arc<Crowd>,
    credential: Credential,
    number: u64,
    crowded: CancellationToken,
}

impl Crowd {
    /// Nobody yet.
    #[must_use]
    pub fn new(settings: StreamSettings) -> Self {
        Self {
            settings,
            open: Mutex::default(),
        }
    }

    /// How streams are kept.
    #[must_use]
    pub const fn settings(&self) -> &StreamSettings {
        &self.settings
    }

    /// A place for one more stream of `credential`; `is_narrow` says that it takes up one of a
    /// browser's few connections. Where there are too many, the caller's oldest is told to end.
    ///
    /// # Errors
    /// When the server has no place left.
    pub fn enter(self: &Arc<Self>, credential: Credential, is_narrow: bool) -> Result<Seat, Full> {
        let mut open = self.open();
        if open.total >= self.settings.per_server {
            return Err(Full);
        }
        open.total += 1;
        open.last_number += 1;
        let number = open.last_number;
        let crowded = CancellationToken::new();
        let entries = open.of.entry(credential).or_default();
        entries.push_back(Entry {
            number,
            is_narrow,
            crowded: crowded.clone(),
        });
        end_oldest(entries, self.settings.per_browser, |entry| entry.is_narrow);
        end_oldest(entries, self.settings.per_caller, |_| true);
        Ok(Seat {
            crowd: self.clone(),
            credential,
            number,
            crowded,
        })
    }

    fn leave(&self, credential: &Credential, number: u64) {
        let mut open = self.open();
        open.total -= 1;
        if let Some(entries) = open.of.get_mut(credential) {
            entries.retain(|entry| entry.number != number);
            if entries.is_empty() {
                open.of.remove(credential);
            }
        }
    }

    fn open(&self) -> MutexGuard<'_, Open> {
        // Numbers and lists stay whole whatever panicked.
        self.open.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Tells the oldest of those that `counts` to end, until no more than `limit` are left.
fn end_oldest(entries: &mut VecDeque<Entry>, limit: usize, counts: impl Fn(&Entry) -> bool) {
    while entries.iter().filter(|entry| counts(entry)).count() > limit {
        let oldest = entries.iter().position(&counts);
        if let Some(entry) = oldest.and_then(|place| entries.remove(place)) {
            entry.crowded.cancel();
        }
    }
}

impl Seat {
    /// Whether the caller opened others since and this one has to end.
    #[must_use]
    pub fn is_crowded(&self) -> bool {
        self.crowded.is_cancelled()
    }

    /// Waits until it is.
    pub async fn crowded(&self) {
        self.crowded.cancelled().await;
    }
}

impl Drop for Seat {
    fn drop(&mut self) {
        self.crowd.leave(&self.credential, self.number);
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    const ADA: Credential = Credential::Session([1; 32]);
    const BOB: Credential = Credential::Token([1; 32]);

    fn crowd(per_browser: usize, per_caller: usize, per_server: usize) -> Arc<Crowd> {
        Arc::new(Crowd::new(StreamSettings {
            per_caller,
            per_browser,
            per_server,
            heartbeat: Duration::MAX,
            renewal: Duration::MAX,
        }))
    }

    fn crowded(seats: &[Seat]) -> Vec<bool> {
        seats.iter().map(Seat::is_crowded).collect()
    }

    #[test]
    fn one_too_many_ends_the_callers_own_oldest() {
        let crowd = crowd(2, 3, 100);
        let other = crowd.enter(BOB, false).unwrap();
        let enter = || crowd.enter(ADA, false).unwrap();
        let seats = [enter(), enter(), enter()];
        assert_eq!(crowded(&seats), [false, false, false]);
        let fourth = enter();
        assert_eq!(crowded(&seats), [true, false, false]);
        drop(seats);
        let more = [enter(), enter()];
        assert_eq!(crowded(&more), [false, false]);
        assert!(!fourth.is_crowded() && !other.is_crowded());
    }

    #[test]
    fn the_narrow_ones_are_counted_among_themselves() {
        let crowd = crowd(2, 4, 100);
        let wide = crowd.enter(ADA, false).unwrap();
        let enter = || crowd.enter(ADA, true).unwrap();
        let seats = [enter(), enter(), enter()];
        assert_eq!(crowded(&seats), [true, false, false]);
        assert!(!wide.is_crowded());
        let last = [
            crowd.enter(ADA, false).unwrap(),
            crowd.enter(ADA, false).unwrap(),
        ];
        assert!(wide.is_crowded(), "the fifth of four");
        assert_eq!(crowded(&last), [false, false]);
    }

    #[test]
    fn a_full_server_takes_nobody_until_somebody_is_gone() {
        let crowd = crowd(1, 1, 2);
        let first = crowd.enter(ADA, false).unwrap();
        let second = crowd.enter(ADA, false).unwrap();
        assert!(first.is_crowded());
        // The first was told to end, but its connection is still there.
        assert_eq!(crowd.enter(BOB, false).unwrap_err(), Full);
        drop(first);
        let third = crowd.enter(BOB, false).unwrap();
        drop((second, third));
        assert!(crowd.open().of.is_empty());
        assert_eq!(crowd.open().total, 0);
    }
}
