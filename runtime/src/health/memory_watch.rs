//! Whether the process uses more memory than it may: over the limit, until it is under 80 % of it.

use engine::Timestamp;

/// See the module.
#[derive(Debug, Default)]
pub(super) struct MemoryWatch {
    since: Option<Timestamp>,
}

impl MemoryWatch {
    /// So many bytes are resident. True when that changes something.
    pub(super) fn measured(&mut self, resident: u64, limit: u64, now: Timestamp) -> bool {
        let was_over = self.since.is_some();
        if was_over && resident < limit / 5 * 4 {
            self.since = None;
        } else if resident > limit {
            self.since.get_or_insert(now);
        }
        was_over != self.since.is_some()
    }

    /// Since when there is too little, while there is.
    pub(super) const fn since(&self) -> Option<Timestamp> {
        self.since
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn too_much_memory_is_too_much_until_a_fifth_below_the_limit() {
        let mut watch = MemoryWatch::default();
        let table = [
            (100, false),
            (101, true),
            (90, true),
            (80, true),
            (79, false),
            (100, false),
        ];
        for (resident, is_over) in table {
            watch.measured(resident, 100, Timestamp::from_micros(1));
            assert_eq!(watch.since().is_some(), is_over, "{resident}");
        }
    }
}
