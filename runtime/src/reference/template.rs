//! Cutting a text into what stands as it is and what is an expression.

/// A part of a text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Piece<'a> {
    /// Stands as it is; never empty.
    Text(&'a str),
    /// What stands between `{{` and `}}`.
    Expression {
        /// The expression.
        source: &'a str,
        /// Its first byte in the text.
        at: usize,
    },
}

/// Two braces open and never close.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Unclosed {
    /// Where they stand: the byte in the text.
    pub(super) at: usize,
}

/// Whether a text may hold an expression.
pub(super) fn is_template(text: &str) -> bool {
    text.contains("{{")
}

/// Cuts a text.
pub(super) fn pieces(text: &str) -> Result<Vec<Piece<'_>>, Unclosed> {
    let mut pieces = Vec::new();
    let mut rest_at = 0;
    while let Some(open) = text[rest_at..].find("{{").map(|found| rest_at + found) {
        if open > rest_at {
            pieces.push(Piece::Text(&text[rest_at..open]));
        }
        let at = open + 2;
        let length = end(&text[at..]).ok_or(Unclosed { at: open })?;
        pieces.push(Piece::Expression {
            source: &text[at..at + length],
            at,
        });
        rest_at = at + length + 2;
    }
    if rest_at < text.len() {
        pieces.push(Piece::Text(&text[rest_at..]));
    }
    Ok(pieces)
}

/// Where the closing braces stand, those inside quotes and of objects left out.
fn end(text: &str) -> Option<usize> {
    let bytes = text.as_bytes();
    let mut open_braces = 0_usize;
    let mut quote = None;
    let mut at = 0;
    while let Some(&byte) = bytes.get(at) {
        match (quote, byte) {
            (Some(_), b'\\') => at += 1,
            (Some(open), byte) if byte == open => quote = None,
            (Some(_), _) => {}
            (None, b'\'' | b'"') => quote = Some(byte),
            (None, b'{') => open_braces += 1,
            (None, b'}') if open_braces > 0 => open_braces -= 1,
            (None, b'}') if bytes.get(at + 1) == Some(&b'}') => return Some(at),
            _ => {}
        }
        at += 1;
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    fn expression(source: &str, at: usize) -> Piece<'_> {
        Piece::Expression { source, at }
    }

    #[test]
    fn only_two_braces_are_special() {
        assert_eq!(
            pieces("${#x} {% y {a}").unwrap(),
            [Piece::Text("${#x} {% y {a}")]
        );
        assert_eq!(pieces("").unwrap(), []);
        let found = pieces("a{{ b }}c{{d}}").unwrap();
        let c = Piece::Text("c");
        assert_eq!(
            found,
            [
                Piece::Text("a"),
                expression(" b ", 3),
                c,
                expression("d", 11)
            ]
        );
    }

    #[test]
    fn braces_in_quotes_and_of_objects_do_not_close() {
        let found = pieces(r#"{{ '}}' ~ "\"}}" }}"#).unwrap();
        assert_eq!(found, [expression(r#" '}}' ~ "\"}}" "#, 2)]);
        assert_eq!(
            pieces("{{ {'a': {}} }}").unwrap(),
            [expression(" {'a': {}} ", 2)]
        );
    }

    #[test]
    fn braces_that_never_close_are_told_where_they_stand() {
        assert_eq!(pieces("ä {{ b }").unwrap_err(), Unclosed { at: 3 });
        assert_eq!(pieces("{{ '}}").unwrap_err(), Unclosed { at: 0 });
    }
}
