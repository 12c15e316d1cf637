//! Whether the log of steps can be read and kept.

use engine::Timestamp;

/// See the module.
#[derive(Debug, Default)]
pub(super) struct LogWatch {
    /// Since when its file is not where it was.
    gone: Option<Timestamp>,
    /// Since when it could not be read.
    unread: Option<Timestamp>,
}

impl LogWatch {
    /// Whether its file is there. True when it is gone and was not before.
    pub(super) fn is_there(&mut self, is_there: bool, now: Timestamp) -> bool {
        let is_new = !is_there && self.gone.is_none();
        self.gone = (!is_there).then(|| self.gone.unwrap_or(now));
        is_new
    }

    /// It was read, or could not be. True when it could not and could before.
    pub(super) fn was_read(&mut self, well: bool, now: Timestamp) -> bool {
        let is_new = !well && self.unread.is_none();
        self.unread = (!well).then(|| self.unread.unwrap_or(now));
        is_new
    }

    /// Since when anything is wrong with it.
    pub(super) fn since(&self) -> Option<Timestamp> {
        self.gone.or(self.unread)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_is_told_once_and_until_both_are_well_again() {
        let at = Timestamp::from_micros;
        let mut watch = LogWatch::default();
        assert!(watch.was_read(false, at(1)) && !watch.was_read(false, at(2)));
        assert!(watch.is_there(false, at(3)) && !watch.is_there(false, at(4)));
        assert_eq!(watch.since(), Some(at(3)));
        watch.is_there(true, at(5));
        assert_eq!(watch.since(), Some(at(1)));
        watch.was_read(true, at(6));
        assert_eq!(watch.since(), None);
    }
}
