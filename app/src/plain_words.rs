//! What the words of a definition mean, for people who read a page and not JSON.

/// Words as JSON spells them, each with what it means.
pub type Words = &'static [(&'static str, &'static str)];

/// When a step runs (`run_if`).
pub const RUN_IF: Words = &[
    ("ok", "when everything before it succeeded"),
    ("always", "always, also after a failure"),
    ("failed", "only after a failure"),
];

/// What happens after an attempt of which nobody knows how it ended (`mode`).
pub const MODE: Words = &[
    ("retry", "try again: it may take effect twice"),
    ("once", "fail for good: it takes effect at most once"),
    ("probe", "ask whether it took effect, and try again if not"),
];

/// What becomes of the rest when a step fails (`on_failure`).
pub const ON_FAILURE: Words = &[
    ("finish_branches", "steps that do not depend on it go on"),
    ("stop", "nothing new starts"),
];

/// How an attempt ended (`outcome`).
pub const OUTCOME: Words = &[
    ("timed_out", "timed out"),
    ("lost", "lost when the server went down"),
    ("superseded", "stopped by a recovery"),
    ("late", "ended too late"),
];

/// What the fields of every step are called.
pub const STEP_FIELDS: Words = &[
    ("name", "Name"),
    ("key", "Key"),
    ("task_type", "Step type"),
    ("dependencies", "Runs after"),
    ("max_retries", "Try again"),
    ("timeout", "Stop after"),
    ("estimated_duration", "Usual time"),
    ("run_if", "Runs"),
    ("condition", "Only if"),
    ("max_lost", "May be lost"),
    ("mode", "If its end is unknown"),
];

/// What the fields of a definition are called.
pub const DEFINITION_FIELDS: Words = &[
    ("name", "Name of the workflow"),
    ("parameters", "Parameters"),
    ("on_failure", "When a step fails"),
    ("max_recovery_attempts", "Recoveries"),
    ("steps", "Steps"),
];

/// What a word means; a word that is not among them means itself.
#[must_use]
pub fn meaning(words: Words, word: &str) -> String {
    let known = words.iter().find(|(known, _)| *known == word);
    known.map_or(word, |(_, meaning)| meaning).to_owned()
}

#[cfg(test)]
mod tests {
    use engine::definition::{Mode, OnFailure, RunIf};
    use engine::event::AttemptOutcome;

    use super::*;

    #[test]
    fn every_word_of_the_engine_has_a_meaning() {
        for word in [RunIf::Ok, RunIf::Always, RunIf::Failed] {
            assert_ne!(meaning(RUN_IF, word.as_str()), word.as_str());
        }
        for word in Mode::ALL {
            assert_ne!(meaning(MODE, word.as_str()), word.as_str());
        }
        for word in [OnFailure::FinishBranches, OnFailure::Stop] {
            assert_ne!(meaning(ON_FAILURE, word.as_str()), word.as_str());
        }
        for outcome in AttemptOutcome::ALL {
            let told = meaning(OUTCOME, outcome.as_str());
            assert!(!told.contains('_'), "{told}");
        }
        assert_eq!(meaning(OUTCOME, "lost"), "lost when the server went down");
        assert_eq!(meaning(RUN_IF, "never"), "never");
    }
}
