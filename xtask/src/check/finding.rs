//! One broken rule.

use std::fmt;
use std::path::PathBuf;

/// Where a rule is broken and what mends it.
#[derive(Debug, PartialEq, Eq)]
pub struct Finding {
    /// The file, from the top of the checkout.
    pub file: PathBuf,
    /// The line, from 1.
    pub line: usize,
    /// What is wrong and the mend, in one sentence.
    pub message: String,
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}: {}", self.file.display(), self.line, self.message)
    }
}
