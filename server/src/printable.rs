//! Texts of others on a terminal: what would move the cursor, paint or turn the line around is written
//! out instead.

use std::borrow::Cow;

/// The text with nothing in it that a terminal would obey.
#[must_use]
pub fn printable(text: &str) -> Cow<'_, str> {
    if text.chars().any(is_obeyed) {
        let parts = text.chars().map(|c| {
            if is_obeyed(c) {
                c.escape_default().to_string()
            } else {
                c.to_string()
            }
        });
        Cow::Owned(parts.collect())
    } else {
        Cow::Borrowed(text)
    }
}

/// JSON in which every control character is escaped: JSON itself leaves those above 127 as they are.
#[must_use]
pub fn printable_json(json: String) -> String {
    if !json.contains(char::is_control) {
        return json;
    }
    // They can stand in texts only.
    let parts = json.chars().map(|c| match c {
        c if c.is_control() => format!("\\u{:04x}", u32::from(c)),
        c => c.to_string(),
    });
    parts.collect()
}

/// Control characters, line breaks among them, and those that change the direction of what follows.
fn is_obeyed(c: char) -> bool {
    c.is_control()
        || matches!(c, '\u{200e}' | '\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn json_means_the_same_when_it_is_printable() {
        let value = serde_json::json!({"a\u{9b}": "b\u{7f}\u{1b}ü\n"});
        let text = printable_json(value.to_string());
        assert!(!text.contains(char::is_control), "{text:?}");
        assert_eq!(
            serde_json::from_str::<serde_json::Value>(&text).unwrap(),
            value
        );
    }

    #[test]
    fn what_a_terminal_would_obey_is_written_out_and_the_rest_stays() {
        for (text, told) in [
            ("Größe 10\u{301} ✓ \\n \"x\"", "Größe 10\u{301} ✓ \\n \"x\""),
            ("a\u{1b}[31mb", "a\\u{1b}[31mb"),
            ("a\r\nb\tc", "a\\r\\nb\\tc"),
            ("\u{9b}2J\u{7f}\0", "\\u{9b}2J\\u{7f}\\u{0}"),
            ("\u{202e}gpj.exe", "\\u{202e}gpj.exe"),
        ] {
            assert_eq!(printable(text), told);
        }
    }
}
