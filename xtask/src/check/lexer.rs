//! Just enough of Rust's grammar to tell code, strings and comments apart.

/// A file taken apart. Lines count from 1.
#[derive(Debug, Default)]
pub struct Parts {
    /// The text with strings and comments blanked out, line by line.
    pub code: Vec<String>,
    /// The content of every string literal and the line it begins on.
    pub strings: Vec<(usize, String)>,
    /// The text of every `//` comment and its line.
    pub comments: Vec<(usize, String)>,
}

/// Takes `text` apart.
pub fn lex(text: &str) -> Parts {
    let mut lexer = Lexer {
        rest: text,
        parts: Parts {
            code: vec![String::new()],
            ..Parts::default()
        },
    };
    while !lexer.rest.is_empty() {
        lexer.step();
    }
    lexer.parts
}

struct Lexer<'a> {
    rest: &'a str,
    parts: Parts,
}

impl Lexer<'_> {
    fn step(&mut self) {
        if self.rest.starts_with("//") {
            let comment = self.skip(self.rest.find('\n').unwrap_or(self.rest.len()));
            self.parts.comments.push((self.parts.code.len(), comment));
        } else if self.rest.starts_with("/*") {
            let comment = self.skip(block_comment(self.rest));
            self.blank(&comment);
        } else if let Some((opening, hashes)) = raw_string(self.rest).filter(|_| self.starts_word())
        {
            self.skip(opening);
            let end = format!("\"{}", "#".repeat(hashes));
            let length = self.rest.find(&end).unwrap_or(self.rest.len());
            self.string(length, end.len());
        } else if self.rest.starts_with('"') {
            self.skip(1);
            let length = quoted(self.rest, '"');
            self.string(length, 1);
        } else if let Some(length) = character(self.rest) {
            self.skip(length);
            self.code("' '");
        } else {
            let length = self.rest.chars().next().map_or(1, char::len_utf8);
            let text = self.skip(length);
            if text == "\n" {
                self.parts.code.push(String::new())
            } else {
                self.code(&text)
            }
        }
    }

    /// Whether a word may begin here, so that the `r` of `for"` is no raw string.
    fn starts_word(&self) -> bool {
        let last = self.parts.code.last().and_then(|line| line.chars().last());
        !last.is_some_and(|last| last.is_alphanumeric() || last == '_')
    }

    fn string(&mut self, length: usize, closing: usize) {
        let line = self.parts.code.len();
        let text = self.skip(length);
        self.skip(closing.min(self.rest.len()));
        self.code("\"");
        self.blank(&text);
        self.code("\"");
        self.parts.strings.push((line, text));
    }

    /// Keeps only the line ends of `text`.
    fn blank(&mut self, text: &str) {
        for _ in text.matches('\n') {
            self.parts.code.push(String::new());
        }
    }

    fn code(&mut self, text: &str) {
        if let Some(line) = self.parts.code.last_mut() {
            line.push_str(text);
        }
    }

    fn skip(&mut self, length: usize) -> String {
        let (text, rest) = self.rest.split_at(length);
        self.rest = rest;
        text.to_owned()
    }
}

/// The length of the (possibly nested) block comment that `text` begins with.
fn block_comment(text: &str) -> usize {
    let mut depth = 0;
    let mut at = 0;
    while at < text.len() {
        let rest = &text[at..];
        if rest.starts_with("/*") {
            depth += 1;
            at += 2;
        } else if rest.starts_with("*/") {
            depth -= 1;
            at += 2;
            if depth == 0 {
                return at;
            }
        } else {
            at += rest.chars().next().map_or(1, char::len_utf8);
        }
    }
    text.len()
}

/// The length of `r##"` and the number of its hashes.
fn raw_string(text: &str) -> Option<(usize, usize)> {
    let rest = text.strip_prefix("br").or_else(|| text.strip_prefix('r'))?;
    let hashes = rest.len() - rest.trim_start_matches('#').len();
    rest[hashes..]
        .starts_with('"')
        .then_some((text.len() - rest.len() + hashes + 1, hashes))
}

/// How far it is to the closing `quote`, backslashes minded.
fn quoted(text: &str, quote: char) -> usize {
    let mut escaped = false;
    for (at, letter) in text.char_indices() {
        match letter {
            _ if escaped => escaped = false,
            '\\' => escaped = true,
            _ if letter == quote => return at,
            _ => {}
        }
    }
    text.len()
}

/// The length of the character literal that `text` begins with; a lifetime is none.
fn character(text: &str) -> Option<usize> {
    let inside = text.strip_prefix('\'')?;
    let first = inside.chars().next()?;
    if first == '\\' {
        return Some(quoted(inside, '\'') + 2);
    }
    inside[first.len_utf8()..]
        .starts_with('\'')
        .then_some(first.len_utf8() + 2)
}

#[cfg(test)]
mod tests {
    use super::lex;

    #[test]
    fn strings_comments_and_code_come_apart() {
        let text = "let a = \"x // \\\" y\"; // why \"not\"\nlet b = r#\"one\n\"two\"\"#; /* \"c\"\n */ f('\"', '\\'', &'a ());";
        let parts = lex(text);
        assert_eq!(
            parts.strings,
            [
                (1, "x // \\\" y".to_owned()),
                (2, "one\n\"two\"".to_owned())
            ]
        );
        assert_eq!(parts.comments, [(1, "// why \"not\"".to_owned())]);
        assert_eq!(parts.code.len(), 4);
        assert_eq!(parts.code[0], "let a = \"\"; ");
        assert_eq!(parts.code[3], " f(' ', ' ', &'a ());");
    }

    #[test]
    fn a_word_that_ends_in_r_begins_no_raw_string() {
        let parts = lex("bar\"x\\\"y\"");
        assert_eq!(parts.strings, [(1, "x\\\"y".to_owned())]);
    }
}
