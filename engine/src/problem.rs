//! What is wrong with something a person or program sent, and where.

use std::borrow::Cow;
use std::fmt;

use serde::{Deserialize, Serialize};

/// Most problems that are listed at once.
pub const PROBLEMS_MAX: usize = 200;
/// Most problems that a sentence tells.
const TOLD_MAX: usize = 3;
/// Most characters of a problem's place and of its sentence; both may repeat what was sent.
const CHARACTERS_MAX: usize = 600;

/// One problem at one field.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Problem {
    /// JSON pointer in fragment form: `#/steps/0/config/seconds`.
    pub pointer: String,
    /// What is wrong and what would be right, in a sentence without its full stop.
    pub detail: String,
}

impl Problem {
    /// A problem at `pointer`.
    pub fn new(pointer: impl Into<String>, detail: impl Into<String>) -> Self {
        Self {
            pointer: shortened(pointer.into()),
            detail: shortened(detail.into()),
        }
    }

    /// The same problem seen from a document that holds this one at `prefix` (`/definition`).
    #[must_use]
    pub fn under(self, prefix: &str) -> Self {
        let rest = self.pointer.strip_prefix('#').unwrap_or(&self.pointer);
        Self {
            pointer: format!("#{prefix}{rest}"),
            detail: self.detail,
        }
    }
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.pointer, self.detail)
    }
}

/// The first of many problems, and a last one that says how many more there are.
#[must_use]
pub fn first_of(mut problems: Vec<Problem>) -> Vec<Problem> {
    let more = problems.len().saturating_sub(PROBLEMS_MAX);
    problems.truncate(PROBLEMS_MAX);
    problems.extend(and_more(more));
    problems
}

/// The last of a list that leaves out `more` problems; none when it leaves out none.
#[must_use]
pub fn and_more(more: usize) -> Option<Problem> {
    (more > 0).then(|| Problem::new("#", format!("and {more} more problems")))
}

/// How many problems there are, in words.
#[must_use]
pub fn counted(problems: usize) -> String {
    if problems == 1 {
        "one problem".into()
    } else {
        format!("{problems} problems")
    }
}

/// The first few problems at their fields and how many more there are, in a sentence without its full
/// stop.
#[must_use]
pub fn told(problems: &[Problem]) -> String {
    let (first, more) = problems.split_at(problems.len().min(TOLD_MAX));
    let mut parts: Vec<_> = first.iter().map(ToString::to_string).collect();
    if !more.is_empty() {
        parts.push(format!("and {} more", more.len()));
    }
    parts.join("; ")
}

fn shortened(mut text: String) -> String {
    if let Some((end, _)) = text.char_indices().nth(CHARACTERS_MAX) {
        text.truncate(end);
        text.push('…');
    }
    text
}

/// A word of somebody's own as a sentence repeats it: only its beginning when it is long.
#[must_use]
pub fn quoted(word: &str) -> Cow<'_, str> {
    const SHOWN: usize = 100;
    match word.char_indices().nth(SHOWN) {
        Some((end, _)) => Cow::Owned(format!("{}…", &word[..end])),
        None => Cow::Borrowed(word),
    }
}

/// One part of a JSON pointer with `~` and `/` escaped as RFC 6901 says.
#[must_use]
pub fn pointer_part(name: &str) -> String {
    name.replace('~', "~0").replace('/', "~1")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_sentence_tells_the_first_problems_and_how_many_more_there_are() {
        let many: Vec<_> = (0..5)
            .map(|n| Problem::new(format!("#/{n}"), "is wrong"))
            .collect();
        assert_eq!(told(&many[..1]), "#/0: is wrong");
        let three = "#/0: is wrong; #/1: is wrong; #/2: is wrong";
        assert_eq!(told(&many[..3]), three);
        assert_eq!(told(&many), format!("{three}; and 2 more"));
    }

    #[test]
    fn a_long_list_and_a_long_text_are_cut_and_say_so() {
        let many: Vec<_> = (0..5_000)
            .map(|n| Problem::new(format!("#/{n}"), "wrong"))
            .collect();
        let shown = first_of(many.clone());
        assert_eq!(shown[..PROBLEMS_MAX], many[..PROBLEMS_MAX]);
        assert_eq!(
            shown[PROBLEMS_MAX..],
            [Problem::new("#", "and 4800 more problems")]
        );
        assert_eq!(
            first_of(many[..PROBLEMS_MAX].to_vec()),
            many[..PROBLEMS_MAX]
        );
        let long = Problem::new("ä".repeat(10_000), "ä".repeat(10_000));
        assert!(long.pointer.chars().count() < 1_000 && long.pointer.ends_with('…'));
        assert!(long.detail.chars().count() < 1_000 && long.detail.ends_with('…'));
        assert_eq!(quoted("short"), "short");
        assert_eq!(quoted(&"ä".repeat(10_000)).chars().count(), 101);
    }
}
