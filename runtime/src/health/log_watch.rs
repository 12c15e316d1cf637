//! Whether the log of steps can be written, read and kept.

use engine::Timestamp;

/// See the module.
#[derive(Debug, Default)]
pub(super) struct LogWatch {
    /// Since when its file is not where it was.
    gone: Option<Timestamp>,
    /// Since when it could not be read.
    unread: Option<Timestamp>,
    /// Since when it could not be written.
    unwritten: Option<Timestamp>,
}

/// What is wrong with it, the worst first.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum LogTrouble {
    /// Its file is not where it was, so that the next start does not find it.
    Gone,
    /// It cannot be written or read just now.
    Stuck,
}

impl LogWatch {
    /// Whether its file is there. True when it is gone and was not before.
    pub(super) fn is_there(&mut self, is_there: bool, now: Timestamp) -> bool {
        note(&mut self.gone, is_there, now) == Some(false)
    }

    /// It was read, or could not be; says which, when that is new.
    pub(super) fn was_read(&mut self, well: bool, now: Timestamp) -> Option<bool> {
        note(&mut self.unread, well, now)
    }

    /// It was written, or could not be; says which, when that is new.
    pub(super) fn was_written(&mut self, well: bool, now: Timestamp) -> Option<bool> {
        note(&mut self.unwritten, well, now)
    }

    /// Whether the last one who read it could not.
    pub(super) const fn is_unread(&self) -> bool {
        self.unread.is_some()
    }

    /// What is wrong with it, and since when.
    pub(super) fn known(&self) -> Option<(LogTrouble, Timestamp)> {
        let stuck = self.unread.into_iter().chain(self.unwritten).min();
        let gone = self.gone.map(|since| (LogTrouble::Gone, since));
        gone.or_else(|| stuck.map(|since| (LogTrouble::Stuck, since)))
    }
}

/// Keeps since when something does not go well; says how it goes, when that is new.
fn note(bad_since: &mut Option<Timestamp>, well: bool, now: Timestamp) -> Option<bool> {
    let is_new = bad_since.is_some() == well;
    *bad_since = (!well).then(|| bad_since.unwrap_or(now));
    is_new.then_some(well)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_is_told_once_and_until_all_are_well_again() {
        let at = Timestamp::from_micros;
        let mut watch = LogWatch::default();
        assert_eq!(watch.was_written(true, at(0)), None);
        assert_eq!(watch.was_read(false, at(1)), Some(false));
        assert_eq!(watch.was_read(false, at(2)), None);
        assert_eq!(watch.was_written(false, at(3)), Some(false));
        assert_eq!(watch.known(), Some((LogTrouble::Stuck, at(1))));
        assert!(watch.is_there(false, at(4)) && !watch.is_there(false, at(5)));
        assert_eq!(watch.known(), Some((LogTrouble::Gone, at(4))));
        assert!(!watch.is_there(true, at(6)));
        assert_eq!(watch.was_read(true, at(7)), Some(true));
        assert_eq!(watch.known(), Some((LogTrouble::Stuck, at(3))));
        assert_eq!(watch.was_written(true, at(8)), Some(true));
        assert_eq!(watch.known(), None);
    }
}
