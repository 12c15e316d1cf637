//! How long an expression may be. The language reads expressions by calling itself, once for each
//! operator, part of a path or filter: without a bound a long one ends the whole program.

use std::iter::Peekable;
use std::str::CharIndices;

use engine::definition::limits;

/// Bytes of one expression, at most.
pub(super) const BYTES_MAX: usize = limits::EXPRESSION_BYTES_MAX;
/// Words and signs of one expression, at most. A few hundred are read without harm on the stack of
/// a thread of the runtime, also in a debug build.
pub(super) const WORDS_MAX: usize = 128;
/// Expressions in the configuration of one step, at most.
pub(super) const EXPRESSIONS_MAX: usize = 1_000;
/// Bytes that the references of one attempt may be filled in with, at most.
pub(super) const FILLED_BYTES_MAX: usize = 8 << 20;

/// Why an expression is too long to be read, with the byte at which it becomes so.
pub(super) fn too_long(source: &str) -> Option<(usize, String)> {
    if source.len() > BYTES_MAX {
        let detail = format!(
            "it has {} bytes; an expression has at most {BYTES_MAX}",
            source.len()
        );
        return Some((BYTES_MAX, detail));
    }
    let (at, _) = *words(source).get(WORDS_MAX)?;
    let detail = format!("an expression has at most {WORDS_MAX} words and signs");
    Some((at, detail))
}

/// Why a configuration holds more expressions than are filled in.
pub(super) fn too_many(count: usize) -> Option<String> {
    (count > EXPRESSIONS_MAX).then(|| {
        format!(
            "the configuration of a step has at most {EXPRESSIONS_MAX} references; this has more"
        )
    })
}

/// The sentence for references that are filled in with more than [`FILLED_BYTES_MAX`].
pub(super) fn too_large() -> String {
    format!("all that is filled in is larger than {FILLED_BYTES_MAX} bytes together")
}

/// An expression as it is shown in a sentence.
pub(super) fn shown(source: &str) -> String {
    const CHARS_SHOWN: usize = 120;
    let source = source.trim();
    match source.char_indices().nth(CHARS_SHOWN) {
        Some((end, _)) => format!("{}…", &source[..end]),
        None => source.to_owned(),
    }
}

/// Words, single signs and quoted texts, each with its byte.
pub(super) fn words(source: &str) -> Vec<(usize, &str)> {
    let mut found = Vec::new();
    let mut chars = source.char_indices().peekable();
    while let Some((at, c)) = chars.next() {
        if c.is_whitespace() {
            continue;
        }
        let end = match c {
            '\'' | '"' => end_of_quoted(&mut chars, c, source.len()),
            c => end_of_word(&mut chars, at, c),
        };
        found.push((at, &source[at..end]));
    }
    found
}

fn end_of_quoted(chars: &mut Peekable<CharIndices<'_>>, open: char, end: usize) -> usize {
    while let Some((at, c)) = chars.next() {
        match c {
            '\\' => drop(chars.next()),
            c if c == open => return at + c.len_utf8(),
            _ => {}
        }
    }
    end
}

fn end_of_word(chars: &mut Peekable<CharIndices<'_>>, at: usize, first: char) -> usize {
    let is_word = |c: char| c.is_alphanumeric() || c == '_';
    let mut end = at + first.len_utf8();
    while let Some((next, c)) = chars.next_if(|(_, next)| is_word(first) && is_word(*next)) {
        end = next + c.len_utf8();
    }
    end
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_signs_and_quoted_texts_are_told_apart() {
        let found: Vec<_> = words(r#"a.b_1 | d('x | \'y', "ä")"#)
            .into_iter()
            .map(|(_, word)| word)
            .collect();
        let wanted = [
            "a",
            ".",
            "b_1",
            "|",
            "d",
            "(",
            r"'x | \'y'",
            ",",
            "\"ä\"",
            ")",
        ];
        assert_eq!(found, wanted);
        assert_eq!(words("ä'x"), [(0, "ä"), (2, "'x")]);
    }

    #[test]
    fn what_is_too_long_is_told_where_it_becomes_so() {
        assert_eq!(too_long(&"a.".repeat(64)), None);
        assert_eq!(too_long(&"a.".repeat(65)).map(|(at, _)| at), Some(128));
        let text = format!("'{}'", "a".repeat(BYTES_MAX));
        assert_eq!(too_long(&text).map(|(at, _)| at), Some(BYTES_MAX));
    }

    #[test]
    fn only_the_beginning_of_a_long_expression_is_shown() {
        assert_eq!(shown(" a.b "), "a.b");
        assert_eq!(shown(&"ä".repeat(200)).chars().count(), 121);
    }
}
