//! Room for what attempts came to while it cannot be written down. It is bounded: where it is used
//! up, an attempt is held at its end until there is room again, and nothing is dropped.

use std::sync::Arc;

use tokio::sync::{OwnedSemaphorePermit, Semaphore};

/// Outcomes that may wait.
const OUTCOMES: usize = 10_000;
/// Their bytes in all: 64 MiB.
const BYTES: usize = 64 * 1024 * 1024;
/// Room is given out in parts of this size, so that one count keeps both bounds.
const PART: usize = BYTES / OUTCOMES;

/// The room there is. Clones share it.
#[derive(Debug, Clone)]
pub(crate) struct Room(Arc<Semaphore>);

/// The room that one outcome takes up until it is written down.
pub(crate) type Place = OwnedSemaphorePermit;

impl Default for Room {
    fn default() -> Self {
        Self(Arc::new(Semaphore::new(OUTCOMES)))
    }
}

impl Room {
    /// Room for an outcome of so many bytes, once there is some. None only when the room is closed,
    /// which it never is.
    pub(crate) async fn take(&self, bytes: usize) -> Option<Place> {
        let parts = bytes.div_ceil(PART).clamp(1, OUTCOMES);
        let parts = u32::try_from(parts).unwrap_or(u32::MAX);
        Arc::clone(&self.0).acquire_many_owned(parts).await.ok()
    }
}

#[cfg(test)]
mod tests {
    use futures::FutureExt;

    use super::*;

    /// Whether there is room at once.
    fn at_once(room: &Room, bytes: usize) -> Option<Place> {
        tokio::task::unconstrained(room.take(bytes))
            .now_or_never()
            .flatten()
    }

    #[tokio::test]
    async fn ten_thousand_small_outcomes_find_room_and_the_next_waits_for_one_to_go() {
        let room = Room::default();
        let mut places: Vec<_> = (0..OUTCOMES).map(|_| at_once(&room, 10).unwrap()).collect();
        assert!(at_once(&room, 10).is_none());
        places.pop();
        assert!(at_once(&room, 10).is_some());
    }

    #[tokio::test]
    async fn sixty_four_mebibytes_of_outcomes_find_room_and_the_next_waits() {
        let (room, mib) = (Room::default(), 1024 * 1024);
        let places: Vec<_> = (0..63).map(|_| at_once(&room, mib).unwrap()).collect();
        assert!(at_once(&room, mib).is_none());
        drop(places);
        assert!(at_once(&room, mib).is_some());
    }

    #[tokio::test]
    async fn an_outcome_larger_than_the_room_takes_all_of_it() {
        let room = Room::default();
        let place = at_once(&room, usize::MAX / 2);
        assert!(place.is_some() && at_once(&room, 1).is_none());
    }
}
