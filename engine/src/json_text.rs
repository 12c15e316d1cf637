//! JSON that somebody typed or sent: why it cannot be read, in words for people.

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
        _ => "there is something that does not belong there",
    };
    format!("{why} (line {line}, column {column})")
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
    }
}
