//! Whether the database is there: away after two failures in a row, back after two good answers in a
//! row, so that one hiccup changes nothing.

use engine::Timestamp;

/// So many in a row count.
const IN_A_ROW: u32 = 2;

/// See the module.
#[derive(Debug, Default)]
pub(super) struct DatabaseWatch {
    failed: u32,
    worked: u32,
    away: Option<Away>,
}

/// Since when, and what it said.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Away {
    pub(super) since: Timestamp,
    pub(super) cause: String,
}

impl DatabaseWatch {
    /// It failed. True when it counts as away from now on.
    pub(super) fn failed(&mut self, now: Timestamp, cause: &str) -> bool {
        self.worked = 0;
        self.failed = self.failed.saturating_add(1);
        if self.failed < IN_A_ROW || self.away.is_some() {
            return false;
        }
        let cause = cause.to_owned();
        self.away = Some(Away { since: now, cause });
        true
    }

    /// It did what it was asked. True when it counts as back from now on.
    pub(super) fn worked(&mut self) -> bool {
        self.worked = self.worked.saturating_add(1);
        if self.away.is_some() && self.worked < IN_A_ROW {
            return false;
        }
        self.failed = 0;
        self.away.take().is_some()
    }

    /// What is known about it while it is away.
    pub(super) const fn away(&self) -> Option<&Away> {
        self.away.as_ref()
    }

    /// Whether the last answer was a failure, so that only writing something shows more.
    pub(super) const fn is_suspect(&self) -> bool {
        self.failed > 0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const THEN: Timestamp = Timestamp::from_micros(1);
    const LATER: Timestamp = Timestamp::from_micros(2);

    #[test]
    fn it_is_away_after_two_failures_in_a_row_and_back_after_two_good_answers_in_a_row() {
        let mut watch = DatabaseWatch::default();
        assert!(!watch.failed(THEN, "once"));
        assert!(watch.is_suspect());
        assert!(!watch.worked(), "it was never away");
        assert!(!watch.failed(THEN, "once more"), "not in a row");
        assert!(watch.failed(LATER, "locked"));
        let away = watch.away().unwrap();
        assert_eq!((away.since, away.cause.as_str()), (LATER, "locked"));
        assert!(!watch.failed(LATER, "still"), "told once");
        assert!(!watch.worked());
        assert!(!watch.failed(LATER, "again"), "told once");
        assert!(!watch.worked());
        assert!(watch.away().is_some(), "two in a row");
        assert!(watch.worked());
        assert_eq!(watch.away(), None);
        assert!(!watch.is_suspect());
    }
}
