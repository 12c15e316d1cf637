//! JSON that somebody typed or sent: why it cannot be read, in words for people, and what of it
//! cannot be kept.

/// What is wrong with the text, and where.
#[must_use]
pub fn why_unreadable(error: &serde_json::Error) -> String {
    let (line, column) = (error.line(), error.column());
    let why = match error.classify() {
        serde_json::error::Category::Eof if (line, column) == (1, 0) => {
            return "it is empty".to_owned();
        }
        serde_json::error::Category::Eof => "it ends too early",
        serde_json::error::Category::Data => "a key stands twice in an object",
        _ => not_kept(&error.to_string()),
    };
    format!("{why} (line {line}, column {column})")
}

/// What is JSON and yet cannot be kept, by the parser's words for it.
fn not_kept(said: &str) -> &'static str {
    let begins = |words| said.starts_with(words);
    if begins("recursion limit exceeded") {
        "it is nested too deeply"
    } else if begins("number out of range") {
        "a number is larger than can be kept"
    } else if begins("lone leading surrogate") || begins("unexpected end of hex escape") {
        "half a character stands alone"
    } else {
        "there is something that does not belong there"
    }
}

/// The first whole number in a text that is JSON which has more than 64 bits: what is read of it is
/// rounded to the nearest float.
#[must_use]
pub fn first_rounded(json: &str) -> Option<&str> {
    let is_of_number = |byte: u8| byte.is_ascii_digit() || b"+-.eE".contains(&byte);
    let bytes = json.as_bytes();
    let mut at = 0;
    while let Some(&byte) = bytes.get(at) {
        let rest = &bytes[at..];
        let length = match byte {
            b'"' => length_of_text(rest),
            b'-' | b'0'..=b'9' => rest.iter().take_while(|byte| is_of_number(**byte)).count(),
            _ => 1,
        };
        // What is cut off stands between ASCII characters.
        let part = json.get(at..at + length).unwrap_or_default();
        let is_number = byte == b'-' || byte.is_ascii_digit();
        let is_whole = is_number && !part.contains(['.', 'e', 'E']);
        if is_whole && part.parse::<i64>().is_err() && part.parse::<u64>().is_err() {
            return Some(part);
        }
        at += length;
    }
    None
}

/// How long the text in quotes is that begins here, with both of them.
fn length_of_text(json: &[u8]) -> usize {
    let mut is_escaped = false;
    for (at, byte) in json.iter().enumerate().skip(1) {
        match byte {
            b'"' if !is_escaped => return at + 1,
            _ => is_escaped = *byte == b'\\' && !is_escaped,
        }
    }
    json.len()
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, from_str};

    use super::*;

    #[test]
    fn it_is_said_where_and_why_a_text_is_not_json() {
        let why = |text| why_unreadable(&from_str::<Value>(text).unwrap_err());
        assert_eq!(why(""), "it is empty");
        assert_eq!(why("{\"a\": 1,"), "it ends too early (line 1, column 8)");
        assert!(
            why("[1,\n x]").starts_with("there is something that does not belong there (line 2")
        );
        let deep = "[".repeat(200) + &"]".repeat(200);
        assert!(why(&deep).starts_with("it is nested too deeply (line 1"));
        let digits = "9".repeat(400);
        for large in ["1e400", digits.as_str()] {
            assert!(why(large).starts_with("a number is larger than can be kept (line 1"));
        }
        for half in ["\"\\ud800\"", "\"\\ud800x\"", "\"\\ud800\\u0041\""] {
            let said = why(half);
            assert!(
                said.starts_with("half a character stands alone (line 1"),
                "{half}: {said}"
            );
        }
    }

    #[test]
    fn a_whole_number_of_more_than_64_bits_is_found_and_nothing_else() {
        for fine in [
            "",
            "18446744073709551615",
            "[-9223372036854775808, 0, -0]",
            "{\"18446744073709551616\": \"18446744073709551616 \\\" 18446744073709551616\"}",
            "[1e400, 18446744073709551616.0, 18446744073709551616e0]",
            "[\"\\\\\", 7, \"ä18446744073709551616\"]",
            "\"18446744073709551616",
        ] {
            assert_eq!(first_rounded(fine), None, "{fine}");
        }
        for (text, found) in [
            ("18446744073709551616", "18446744073709551616"),
            ("{\"a\": [1, -9223372036854775809]}", "-9223372036854775809"),
            (
                "[\"\\\\\", 99999999999999999999, \"\"]",
                "99999999999999999999",
            ),
        ] {
            assert_eq!(first_rounded(text), Some(found));
            let read: Value = from_str(text).unwrap();
            assert!(!read.to_string().contains(found), "it is rounded");
        }
    }
}
