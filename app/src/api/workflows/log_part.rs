//! Which lines of a step's log a page shows.

use serde::{Deserialize, Serialize};

use super::{LOG_LINES, LOG_LINES_MAX};
use crate::paths::LOG_BEFORE;

/// A part of a log; in the query of a page it is the word behind `log=`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub enum LogPart {
    /// The latest lines.
    #[default]
    Latest,
    /// All lines, as far as a page can hold them.
    Whole,
    /// As many lines as a page can hold before the one with this number.
    Before(u64),
}

impl LogPart {
    /// The part that a query asks for.
    #[must_use]
    pub fn of(word: Option<&str>) -> Self {
        let Some(word) = word else {
            return Self::Latest;
        };
        let line = word
            .strip_prefix(LOG_BEFORE)
            .and_then(|text| text.parse().ok());
        line.map_or(Self::Whole, Self::Before)
    }

    /// How many lines it has at most.
    #[must_use]
    pub const fn most(self) -> usize {
        match self {
            Self::Latest => LOG_LINES,
            Self::Whole | Self::Before(_) => LOG_LINES_MAX,
        }
    }

    /// Whether lines that are written now belong to it.
    #[must_use]
    pub const fn grows(self) -> bool {
        !matches!(self, Self::Before(_))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_query_names_a_part_of_the_log() {
        assert_eq!(LogPart::of(None), LogPart::Latest);
        assert_eq!(LogPart::of(Some("all")), LogPart::Whole);
        assert_eq!(LogPart::of(Some("before-11")), LogPart::Before(11));
        assert_eq!(LogPart::of(Some("before-x")), LogPart::Whole);
    }
}
