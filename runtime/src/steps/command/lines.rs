//! Lines out of pieces of text.

/// Most bytes of one line that are kept; the rest of it is dropped.
pub(super) const LINE_MAX: usize = engine::definition::limits::OUTPUT_BYTES_MAX + 1;

/// Puts lines together that come in pieces.
#[derive(Debug, Default)]
pub(super) struct Lines {
    open: String,
}

impl Lines {
    /// Takes a piece; answers the lines it completes, without their ends.
    pub(super) fn take(&mut self, text: &str) -> Vec<String> {
        let mut whole = Vec::new();
        let mut rest = text;
        while let Some((before, after)) = rest.split_once('\n') {
            self.grow(before);
            whole.extend(self.close());
            rest = after;
        }
        self.grow(rest);
        whole
    }

    /// What was begun and not ended, at the end of the stream.
    pub(super) fn finish(&mut self) -> Option<String> {
        if self.open.is_empty() {
            None
        } else {
            self.close()
        }
    }

    fn close(&mut self) -> Option<String> {
        if self.open.ends_with('\r') {
            self.open.pop();
        }
        Some(std::mem::take(&mut self.open))
    }

    fn grow(&mut self, text: &str) {
        let room = LINE_MAX.saturating_sub(self.open.len());
        self.open.push_str(&text[..text.floor_char_boundary(room)]);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_are_put_together_across_pieces() {
        let mut lines = Lines::default();
        assert_eq!(lines.take("on"), Vec::<String>::new());
        assert_eq!(lines.take("e\r\n\ntwo\nth"), ["one", "", "two"]);
        assert_eq!(lines.finish().as_deref(), Some("th"));
        assert_eq!(lines.finish(), None);
    }

    #[test]
    fn a_line_without_end_does_not_fill_the_memory() {
        let mut lines = Lines::default();
        for _ in 0..40 {
            lines.take(&"ä".repeat(64 * 1024));
        }
        let kept = lines.finish().unwrap().len();
        assert!(kept <= LINE_MAX && kept > LINE_MAX - 4, "{kept}");
    }
}
