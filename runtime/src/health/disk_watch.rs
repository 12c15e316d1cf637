//! How much room the disk has: ample, little, or none.

use engine::Timestamp;

use crate::settings::{DiskLimits, RoomMark};

/// What is left of a disk, in bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Space {
    /// What may still be written.
    pub free: u64,
    /// Its size.
    pub total: u64,
}

impl Space {
    const fn is_below(self, mark: RoomMark) -> bool {
        let share = self.total / 100 * mark.percent;
        let share = if share < mark.share_at_most {
            share
        } else {
            mark.share_at_most
        };
        self.free < mark.bytes || self.free < share
    }
}

/// How much room there is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default)]
pub(crate) enum Room {
    /// Enough.
    #[default]
    Ample,
    /// Too little to begin anything new.
    Little,
    /// A write found none.
    None,
}

/// See the module.
#[derive(Debug, Default)]
pub(super) struct DiskWatch {
    room: Room,
    since: Timestamp,
    is_little: bool,
}

impl DiskWatch {
    /// This much is left. True when that changes the room there is.
    pub(super) fn measured(&mut self, space: Space, limits: &DiskLimits, now: Timestamp) -> bool {
        self.is_little = space.is_below(if self.is_little {
            limits.ample
        } else {
            limits.little
        });
        self.room != Room::None && self.change(now)
    }

    /// A write found no room. True when that is new.
    pub(super) fn ran_out(&mut self, now: Timestamp) -> bool {
        let is_new = self.room != Room::None;
        if is_new {
            (self.room, self.since) = (Room::None, now);
        }
        is_new
    }

    /// A write found room again, and what is kept for such a case was made anew.
    pub(super) fn has_room_again(&mut self, now: Timestamp) -> bool {
        self.room == Room::None && self.change(now)
    }

    fn change(&mut self, now: Timestamp) -> bool {
        let room = if self.is_little {
            Room::Little
        } else {
            Room::Ample
        };
        let changes = self.room != room;
        if changes {
            (self.room, self.since) = (room, now);
        }
        changes
    }

    /// How much room there is, and since when.
    pub(super) const fn room(&self) -> (Room, Timestamp) {
        (self.room, self.since)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const MIB: u64 = 1024 * 1024;
    const GIB: u64 = 1024 * MIB;

    fn at(second: i64) -> Timestamp {
        Timestamp::from_micros(second * 1_000_000)
    }

    #[test]
    fn little_room_begins_below_half_a_gibibyte_and_ends_above_a_whole_one() {
        let limits = DiskLimits::default();
        let mut watch = DiskWatch::default();
        let small = |mib| Space {
            free: mib * MIB,
            total: 4 * GIB,
        };
        let table = [
            (600, Room::Ample),
            (511, Room::Little),
            (600, Room::Little),
            (1_023, Room::Little),
            (1_025, Room::Ample),
            (513, Room::Ample),
        ];
        for (second, (mib, room)) in (0..).zip(table) {
            watch.measured(small(mib), &limits, at(second));
            assert_eq!(watch.room().0, room, "{mib} MiB");
        }
    }

    #[test]
    fn a_share_of_the_disk_counts_too_but_not_on_one_so_large_that_it_means_plenty() {
        let limits = DiskLimits::default();
        let room = |free, total| {
            let mut watch = DiskWatch::default();
            watch.measured(Space { free, total }, &limits, at(0));
            watch.room().0
        };
        assert_eq!(room(4 * GIB, 100 * GIB), Room::Little);
        assert_eq!(room(6 * GIB, 100 * GIB), Room::Ample);
        assert_eq!(room(9 * GIB, 4_000 * GIB), Room::Little);
        assert_eq!(room(40 * GIB, 4_000 * GIB), Room::Ample);
    }

    #[test]
    fn a_full_disk_stays_full_until_a_write_goes_well_whatever_is_measured() {
        let limits = DiskLimits::default();
        let mut watch = DiskWatch::default();
        assert!(watch.ran_out(at(1)));
        assert!(!watch.ran_out(at(2)), "told once");
        let ample = Space {
            free: 90 * GIB,
            total: 100 * GIB,
        };
        assert!(!watch.measured(ample, &limits, at(3)));
        assert_eq!(watch.room(), (Room::None, at(1)));
        assert!(watch.has_room_again(at(4)));
        assert_eq!(watch.room(), (Room::Ample, at(4)));
        assert!(!watch.has_room_again(at(5)));
    }
}
