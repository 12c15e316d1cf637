//! Signs in texts of others that nobody sees and that do something where they are shown: they move a
//! cursor, paint, end a line, turn the direction around, or hide what is there. They are written out, the
//! same on pages, on a terminal and in JSON.
//!
//! What people write stays as it is, in every script: letters that run from right to left, joined emoji and
//! letters (U+200D, U+200C), accents and variants that follow what they change.

use std::borrow::Cow;

/// The flag with which the flags of parts of countries begin; what follows it spells which one.
const BLACK_FLAG: char = '\u{1f3f4}';

/// Whether something obeys this sign instead of showing it: control characters, line ends among them, what
/// sets the direction of what follows, and what has no width.
#[must_use]
pub fn is_obeyed(c: char) -> bool {
    c.is_control() || (c >= '\u{ad}' && (is_of_direction(c) || has_no_width(c)))
}

fn is_of_direction(c: char) -> bool {
    matches!(c, '\u{61c}' | '\u{200e}' | '\u{200f}' | '\u{2028}'..='\u{202e}'
        | '\u{2066}'..='\u{2069}')
}

fn has_no_width(c: char) -> bool {
    is_tag(c)
        || matches!(c, '\u{ad}' | '\u{200b}' | '\u{2060}'..='\u{2064}' | '\u{206a}'..='\u{206f}'
            | '\u{feff}' | '\u{fff9}'..='\u{fffb}')
}

/// An invisible copy of a letter.
const fn is_tag(c: char) -> bool {
    matches!(c, '\u{e0000}'..='\u{e007f}')
}

/// The text on one line, as a terminal or a log may have it.
#[must_use]
pub fn on_one_line(text: &str) -> Cow<'_, str> {
    written_out(text, |c| c.escape_default().to_string())
}

/// The text as a page shows it: with its tabs and lines, and the usual pictures of control characters.
#[must_use]
pub fn on_a_page(text: &str) -> Cow<'_, str> {
    written_out(text, |c| match c {
        '\t' | '\n' => c.to_string(),
        // The control pictures stand in the same order.
        '\0'..='\x1f' => {
            char::from_u32(0x2400 + u32::from(c)).map_or_else(String::new, String::from)
        }
        '\x7f' => '␡'.to_string(),
        c => c.escape_default().to_string(),
    })
}

/// JSON that means the same with every such sign escaped: JSON itself leaves those above 127 as they are.
/// Line ends between its parts stay.
#[must_use]
pub fn in_json(json: String) -> String {
    let escaped = written_out(&json, |c| {
        if c == '\n' {
            return c.to_string();
        }
        let mut units = [0; 2];
        let units = c.encode_utf16(&mut units).iter();
        units.map(|unit| format!("\\u{unit:04x}")).collect()
    });
    match escaped {
        Cow::Owned(escaped) => escaped,
        Cow::Borrowed(_) => json,
    }
}

fn written_out(text: &str, told: impl Fn(char) -> String) -> Cow<'_, str> {
    if !text.contains(is_obeyed) {
        return Cow::Borrowed(text);
    }
    let mut out = String::with_capacity(text.len() + 16);
    let mut is_in_flag = false;
    for c in text.chars() {
        is_in_flag = c == BLACK_FLAG || (is_in_flag && is_tag(c));
        if is_obeyed(c) && !is_in_flag {
            out.push_str(&told(c));
        } else {
            out.push(c);
        }
    }
    Cow::Owned(out)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_people_write_stays_as_it_is() {
        for text in [
            "Größe 10\u{301} ✓ \\n \"x\"",
            // Hebrew, Arabic, Persian with its non-joiner, Hindi with a joiner.
            "שלום עולם 5",
            "مرحبا، ١٢",
            "می\u{200c}خواهم",
            "क\u{94d}\u{200d}ष",
            // A family, a heart in colour, a flag of letters, the flag of Scotland.
            "👩\u{200d}👩\u{200d}👧 ❤\u{fe0f} 🇨🇭",
            "🏴\u{e0067}\u{e0062}\u{e0073}\u{e0063}\u{e0074}\u{e007f}!",
        ] {
            assert_eq!(on_a_page(text), text);
            assert_eq!(on_one_line(text), text);
            assert_eq!(in_json(text.to_owned()), text);
        }
    }

    #[test]
    fn what_something_would_obey_is_written_out() {
        for (text, line, page) in [
            ("a\u{1b}[31mb", "a\\u{1b}[31mb", "a␛[31mb"),
            ("a\r\nb\tc", "a\\r\\nb\\tc", "a␍\nb\tc"),
            ("\u{9b}2J\u{7f}\0", "\\u{9b}2J\\u{7f}\\u{0}", "\\u{9b}2J␡␀"),
            ("\u{202e}gpj.exe", "\\u{202e}gpj.exe", "\\u{202e}gpj.exe"),
            (
                "\u{2067}a\u{2069}\u{61c}",
                "\\u{2067}a\\u{2069}\\u{61c}",
                "\\u{2067}a\\u{2069}\\u{61c}",
            ),
            ("ad\u{200b}min", "ad\\u{200b}min", "ad\\u{200b}min"),
            ("\u{feff}id", "\\u{feff}id", "\\u{feff}id"),
            // Letters that nobody sees, without a flag before them.
            ("x\u{e0061}", "x\\u{e0061}", "x\\u{e0061}"),
        ] {
            assert_eq!(on_one_line(text), line);
            assert_eq!(on_a_page(text), page);
        }
    }

    #[test]
    fn json_means_the_same_with_them_written_out() {
        let value =
            serde_json::json!({"a\u{9b}\u{202e}": "b\u{7f}\u{1b}ü\n\u{e0061}\u{feff}", "c": 1});
        for json in [
            value.to_string(),
            serde_json::to_string_pretty(&value).unwrap(),
        ] {
            let text = in_json(json);
            assert!(!text.contains(|c| is_obeyed(c) && c != '\n'), "{text:?}");
            assert_eq!(
                serde_json::from_str::<serde_json::Value>(&text).unwrap(),
                value
            );
        }
    }
}
