//! How many streams are open, and whose: who opens one too many ends their own oldest, and a server
//! that is short of memory ends the oldest of all.

use std::collections::{BTreeMap, HashMap, VecDeque};
use std::future::pending;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::sync::{Notify, watch};
use tokio::time::{Duration, timeout};

use super::settings::StreamSettings;
use crate::caller::Credential;

/// The server holds as many streams as it may.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the server holds as many streams as it may")]
pub struct Full;

/// A page that opens its stream anew closes the one before in the same moment, and which of the two the
/// server hears first is chance: whoever has as many as they may is given this long before one is ended.
const GRACE: Duration = Duration::from_millis(250);
/// Of all streams, this share is ended at once while memory is short: one in so many.
const SHED_SHARE: usize = 10;

/// Why a stream was told to end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Why {
    /// Its caller opened others since.
    Crowded,
    /// The server is short of memory.
    Shed,
}

/// All open streams.
#[derive(Debug)]
pub struct Crowd {
    settings: StreamSettings,
    open: Mutex<Open>,
    /// Wakes whoever waits for a place to be free.
    left: Notify,
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
    tell: watch::Sender<Option<Why>>,
}

/// The place of one stream; dropped, it is free again.
#[derive(Debug)]
pub struct Seat {
    crowd: Arc<Crowd>,
    credential: Credential,
    number: u64,
    told: watch::Receiver<Option<Why>>,
}

impl Crowd {
    /// Nobody yet.
    #[must_use]
    pub fn new(settings: StreamSettings) -> Self {
        Self {
            settings,
            open: Mutex::default(),
            left: Notify::new(),
        }
    }

    /// How streams are kept.
    #[must_use]
    pub const fn settings(&self) -> &StreamSettings {
        &self.settings
    }

    /// Waits a moment while `credential` has as many streams as it may.
    pub async fn settle(&self, credential: &Credential, is_narrow: bool) {
        let has_room = async {
            loop {
                let left = self.left.notified();
                if self.has_room(credential, is_narrow) {
                    return;
                }
                left.await;
            }
        };
        // After that one of them is ended.
        let _ = timeout(GRACE, has_room).await;
    }

    fn has_room(&self, credential: &Credential, is_narrow: bool) -> bool {
        let open = self.open();
        open.of.get(credential).is_none_or(|entries| {
            let narrow = entries.iter().filter(|entry| entry.is_narrow).count();
            entries.len() < self.settings.per_caller
                && (!is_narrow || narrow < self.settings.per_browser)
        })
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
        let (tell, told) = watch::channel(None);
        let entries = open.of.entry(credential).or_default();
        entries.push_back(Entry {
            number,
            is_narrow,
            tell,
        });
        end_oldest(entries, self.settings.per_browser, |entry| entry.is_narrow);
        end_oldest(entries, self.settings.per_caller, |_| true);
        Ok(Seat {
            crowd: self.clone(),
            credential,
            number,
            told,
        })
    }

    /// Tells the oldest of all streams to end, at least one and a tenth of them, and says how many
    /// it told.
    pub fn shed(&self) -> usize {
        let mut open = self.open();
        let by_age: BTreeMap<_, _> = open
            .of
            .iter()
            .flat_map(|(credential, entries)| {
                entries.iter().map(|entry| (entry.number, *credential))
            })
            .collect();
        let many = by_age.len().div_ceil(SHED_SHARE);
        for credential in by_age.into_values().take(many) {
            // Each caller's entries are in the order of their age.
            if let Some(entry) = open.of.get_mut(&credential).and_then(VecDeque::pop_front) {
                entry.tell.send_replace(Some(Why::Shed));
            }
        }
        many
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
        self.left.notify_waiters();
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
            entry.tell.send_replace(Some(Why::Crowded));
        }
    }
}

impl Seat {
    /// Why it has to end, if it has to.
    #[must_use]
    pub fn told(&self) -> Option<Why> {
        *self.told.borrow()
    }

    /// Waits until it has to.
    pub async fn until_told(&self) {
        let mut told = self.told.clone();
        // Nobody is left to tell it anything: it goes on.
        if told.wait_for(Option::is_some).await.is_err() {
            pending::<()>().await;
        }
    }
}

impl Drop for Seat {
    fn drop(&mut self) {
        self.crowd.leave(&self.credential, self.number);
    }
}

#[cfg(test)]
mod tests {
    use std::pin::pin;

    use futures::FutureExt;

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

    fn is_crowded(seat: &Seat) -> bool {
        seat.told() == Some(Why::Crowded)
    }

    fn crowded(seats: &[Seat]) -> Vec<bool> {
        seats.iter().map(is_crowded).collect()
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
        assert!(!is_crowded(&fourth) && !is_crowded(&other));
    }

    #[test]
    fn the_narrow_ones_are_counted_among_themselves() {
        let crowd = crowd(2, 4, 100);
        let wide = crowd.enter(ADA, false).unwrap();
        let enter = || crowd.enter(ADA, true).unwrap();
        let seats = [enter(), enter(), enter()];
        assert_eq!(crowded(&seats), [true, false, false]);
        assert!(!is_crowded(&wide));
        let last = [
            crowd.enter(ADA, false).unwrap(),
            crowd.enter(ADA, false).unwrap(),
        ];
        assert!(is_crowded(&wide), "the fifth of four");
        assert_eq!(crowded(&last), [false, false]);
    }

    #[tokio::test]
    async fn who_has_as_many_as_they_may_is_given_a_moment_to_close_one() {
        let crowd = crowd(2, 3, 100);
        let narrow = [(); 2].map(|()| crowd.enter(ADA, true).unwrap());
        assert!(crowd.settle(&ADA, false).now_or_never().is_some());
        assert!(crowd.settle(&BOB, true).now_or_never().is_some());
        let mut waits = pin!(crowd.settle(&ADA, true));
        assert!(waits.as_mut().now_or_never().is_none(), "there is no room");
        drop(narrow);
        assert!(waits.as_mut().now_or_never().is_some(), "it is told");
        let all = [(); 3].map(|()| crowd.enter(ADA, false).unwrap());
        assert!(crowd.settle(&ADA, false).now_or_never().is_none());
        // One that nobody closes is ended for the next.
        crowd.settle(&ADA, false).await;
        let next = crowd.enter(ADA, false).unwrap();
        assert_eq!(crowded(&all), [true, false, false]);
        assert!(!is_crowded(&next));
    }

    #[test]
    fn a_full_server_takes_nobody_until_somebody_is_gone() {
        let crowd = crowd(1, 1, 2);
        let first = crowd.enter(ADA, false).unwrap();
        let second = crowd.enter(ADA, false).unwrap();
        assert!(is_crowded(&first));
        // The first was told to end, but its connection is still there.
        assert_eq!(crowd.enter(BOB, false).unwrap_err(), Full);
        drop(first);
        let third = crowd.enter(BOB, false).unwrap();
        drop((second, third));
        assert!(crowd.open().of.is_empty());
        assert_eq!(crowd.open().total, 0);
    }

    #[test]
    fn of_all_streams_a_tenth_is_shed_the_oldest_first_whosever_they_are() {
        let crowd = crowd(100, 100, 100);
        assert_eq!(crowd.shed(), 0);
        let seats: Vec<_> = (0..21)
            .map(|number| if number % 2 == 0 { ADA } else { BOB })
            .map(|credential| crowd.enter(credential, false).unwrap())
            .collect();
        let shed = || {
            let shed = seats.iter().enumerate();
            let shed = shed.filter(|(_, seat)| seat.told() == Some(Why::Shed));
            shed.map(|(number, _)| number).collect::<Vec<_>>()
        };
        assert_eq!(crowd.shed(), 3);
        assert_eq!(shed(), [0, 1, 2]);
        assert_eq!(crowd.shed(), 2, "those that were told already do not count");
        assert_eq!(shed(), [0, 1, 2, 3, 4]);
        while crowd.shed() > 0 {}
        assert_eq!(shed().len(), 21);
        drop(seats);
        assert_eq!(crowd.open().total, 0);
        assert!(crowd.open().of.is_empty());
    }

    #[tokio::test]
    async fn a_stream_that_is_told_while_it_waits_hears_it() {
        let crowd = crowd(1, 1, 10);
        let seat = crowd.enter(ADA, false).unwrap();
        let waits = tokio::spawn(async move {
            seat.until_told().await;
            seat.told()
        });
        tokio::task::yield_now().await;
        crowd.shed();
        assert_eq!(waits.await.unwrap(), Some(Why::Shed));
    }
}
