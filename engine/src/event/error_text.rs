//! What is kept of the words of a failure: a handler may say anything of any length.

use std::borrow::Cow;

/// Most that an event, a task and an attempt keep of why something failed, in bytes of JSON.
pub const EVENT_ERROR_BYTES_MAX: usize = 4 * 1024;

/// The words as they are kept: where they are cut off, it is said how much is missing.
#[must_use]
pub fn kept(error: &str) -> Cow<'_, str> {
    let mut bytes = 0;
    let end = error.char_indices().find_map(|(at, character)| {
        bytes += bytes_in_json(character);
        (bytes > EVENT_ERROR_BYTES_MAX).then_some(at)
    });
    match end {
        None => Cow::Borrowed(error),
        Some(end) => {
            let missing = error.len() - end;
            let begin = &error[..end];
            Cow::Owned(format!("{begin}… ({missing} more bytes are not kept)"))
        }
    }
}

/// How many bytes a character takes up between the quotes of a JSON text.
const fn bytes_in_json(character: char) -> usize {
    match character {
        '"' | '\\' | '\n' | '\r' | '\t' | '\u{8}' | '\u{c}' => 2,
        '\0'..='\u{1f}' => 6,
        _ => character.len_utf8(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_cut_between_two_characters_and_what_is_missing_is_counted() {
        let fits = "x".repeat(EVENT_ERROR_BYTES_MAX);
        assert_eq!(kept(&fits), fits);
        // The first character that does not fit has three bytes.
        let long = format!("{}€ and more", &fits[1..]);
        let wanted = format!("{}… (12 more bytes are not kept)", &fits[1..]);
        assert_eq!(kept(&long), wanted);
    }

    #[test]
    fn a_character_counts_for_what_it_is_in_json() {
        for character in [
            'x', '"', '\\', '/', '\n', '\0', '\u{1b}', '\u{7f}', 'ü', '€', '🚀', '\u{2028}',
        ] {
            let text = serde_json::to_string(&character).unwrap();
            assert_eq!(bytes_in_json(character), text.len() - 2, "{text}");
        }
        let escaped = kept(&"\0".repeat(100_000)).into_owned();
        let bytes = serde_json::to_string(&escaped).unwrap().len();
        assert!(bytes < EVENT_ERROR_BYTES_MAX + 100, "{bytes}");
    }
}
